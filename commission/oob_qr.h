/*
 * What labels in the field carry in their QR codes, decoded to text by whatever reads them. One
 * payload is one of
 *
 *   https://example.com/d?uuid=HEX&oob=HEX    a URI of any scheme, by its query
 *   {"uuid": "HEX", "oob": "HEX"}             a JSON object
 *   UUID:HEX;OOB:HEX;                         fields, with a semicolon behind or between them
 *   HEX HEX                                   UUID and static value, a blank or a comma between
 *                                             them; after a further one, the public key
 *
 * The static value is called "oob", "static" or "static_oob", the public key "public_key",
 * "pubkey" or "pk", in letters of either case. Other names are passed over: labels also have
 * models and serial numbers. Each name may be there once. The UUID has to be there, and a static
 * value (1 to 32 octets) or a public key (64 octets), or both.
 */
#ifndef COMMISSION_OOB_QR_H
#define COMMISSION_OOB_QR_H

#include "oob_book.h"

#define OOB_QR_MAX 1024u /* characters of a payload */

/**
 * Reads a payload.
 *
 * @param text   One line; it is changed.
 * @param known  Made anew.
 * @param why    Gets what is wrong with it; none of its values.
 *
 * @retval false  It is not one of these.
 */
bool oob_qr_parse(char *text, struct oob_known *known, char *why, size_t why_len);

#endif
