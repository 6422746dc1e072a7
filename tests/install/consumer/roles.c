/* Says which roles are linked. */
#include <usher/usher.h>

#include <stdio.h>

static struct usher_session session;

int main(void)
{
    printf("%s%s\n", usher_provision(&session, NULL) != USHER_E_UNSUPPORTED ? "provisioner " : "",
           usher_listen(&session, NULL) != USHER_E_UNSUPPORTED ? "device " : "");
    return 0;
}
