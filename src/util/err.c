/* The names of the error codes. */
#include <usher/types.h>

const char *usher_err_name(enum usher_err err)
{
    switch (err) {
    case USHER_OK:
        return "USHER_OK";
    case USHER_E_INTERNAL:
        return "USHER_E_INTERNAL";
    case USHER_E_NO_MEM:
        return "USHER_E_NO_MEM";
    case USHER_E_NOT_FOUND:
        return "USHER_E_NOT_FOUND";
    case USHER_E_UNSUPPORTED:
        return "USHER_E_UNSUPPORTED";
    case USHER_E_PARAM:
        return "USHER_E_PARAM";
    case USHER_E_STATE:
        return "USHER_E_STATE";
    case USHER_E_LENGTH:
        return "USHER_E_LENGTH";
    case USHER_E_FLAGS:
        return "USHER_E_FLAGS";
    case USHER_E_DATA:
        return "USHER_E_DATA";
    case USHER_E_SIZE:
        return "USHER_E_SIZE";
    case USHER_E_TIMEOUT:
        return "USHER_E_TIMEOUT";
    case USHER_E_NULL:
        return "USHER_E_NULL";
    case USHER_E_FORBIDDEN:
        return "USHER_E_FORBIDDEN";
    case USHER_E_ADDR:
        return "USHER_E_ADDR";
    case USHER_E_BUSY:
        return "USHER_E_BUSY";
    case USHER_E_RESOURCES:
        return "USHER_E_RESOURCES";
    }
    return "unknown error";
}
