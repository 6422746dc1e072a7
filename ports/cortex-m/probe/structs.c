/* What the core costs in memory: the sizes of these are those of what a program has of each. Read
 * by scripts/firmware-sizes.sh. */
#include <usher/mesh.h>
#include <usher/serial.h>
#include <usher/usher.h>

extern const char size_usher[], size_usher_session[], size_usher_mesh[], size_usher_serial[];

const char size_usher[sizeof(struct usher)];
const char size_usher_session[sizeof(struct usher_session)];
const char size_usher_mesh[sizeof(struct usher_mesh)];
const char size_usher_serial[sizeof(struct usher_serial)];
