/*
 * Flash that outlives the emulator: a file of the machine that runs it, with the manners of NOR
 * flash. On a real board, the driver of its flash is in this place. Called by the images.
 */
#ifndef FLASH_FILE_H
#define FLASH_FILE_H

#include <usher/flashlog.h>

#define FLASH_FILE_SECTOR 4096u
#define FLASH_FILE_SECTORS 4u

/** Opens the file, or makes it, erased. @retval NULL  Not possible. */
const struct usher_flash *flash_file_open(const char *path);

#endif
