/*
 * Types that every layer shares: the error codes, the sizes of keys and identifiers, and the
 * address ranges of Mesh Protocol 1.1, section 3.4.2.
 */
#ifndef USHER_TYPES_H
#define USHER_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a function answers. The numbers are those of nRF5's nrf_error.h, so that a wrapper is one
 * line. */
enum usher_err {
    USHER_OK = 0,            /**< Done. */
    USHER_E_INTERNAL = 3,    /**< A primitive that must not fail has failed. */
    USHER_E_NO_MEM = 4,      /**< No room left in a table or buffer. */
    USHER_E_NOT_FOUND = 5,   /**< Nothing has that name. */
    USHER_E_UNSUPPORTED = 6, /**< Not available here, or its role is not linked. */
    USHER_E_PARAM = 7,       /**< A parameter is out of its range. */
    USHER_E_STATE = 8,       /**< Not possible at this moment. */
    USHER_E_LENGTH = 9,      /**< A length is not the required one. */
    USHER_E_FLAGS = 10,      /**< Flags that do not go together. */
    USHER_E_DATA = 11,       /**< Contents that cannot be accepted. */
    USHER_E_SIZE = 12,       /**< Larger than allowed. */
    USHER_E_TIMEOUT = 13,    /**< Nothing came in time. */
    USHER_E_NULL = 14,       /**< A pointer is NULL that must not be. */
    USHER_E_FORBIDDEN = 15,  /**< Refused by policy. */
    USHER_E_ADDR = 16,       /**< Not an acceptable mesh address. */
    USHER_E_BUSY = 17,       /**< In use; try again later. */
    USHER_E_RESOURCES = 19,  /**< Out of a limited resource. */
};

/** The name of an error, for logs and messages: "USHER_E_DATA"; "unknown error" for other numbers.
 */
const char *usher_err_name(enum usher_err err);

/** Why a link was closed (table 5.7); other numbers can come from a peer. */
enum usher_close_reason {
    USHER_CLOSE_SUCCESS = 0,
    USHER_CLOSE_TIMEOUT = 1,
    USHER_CLOSE_ERROR = 2,
};

#define USHER_KEY_SIZE 16     /**< Octets of a NetKey, AppKey or DevKey. */
#define USHER_UUID_SIZE 16    /**< Octets of a Device UUID. */
#define USHER_P256_PRIVATE 32 /**< Octets of a P-256 private key, most significant first. */
#define USHER_P256_PUBLIC                                                                          \
    64                       /**< Octets of a P-256 public key: X then Y, most significant first.  \
                              */
#define USHER_P256_SECRET 32 /**< Octets of an ECDH shared secret: X of the product. */
#define USHER_AD_MAX 31      /**< Octets of AD structures in a legacy advertising PDU. */

#define USHER_UNICAST_MIN 0x0001u   /**< Lowest unicast address. */
#define USHER_UNICAST_MAX 0x7FFFu   /**< Highest unicast address. */
#define USHER_KEY_INDEX_MAX 0x0FFFu /**< Highest NetKey or AppKey index. */

#define USHER_NEVER UINT64_MAX /**< A deadline that does not come. */

#ifdef __cplusplus
}
#endif

#endif
