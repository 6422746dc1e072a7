/*
 * What the files of a GATT link (gatt_link.h) are to each other: gatt_link.c tells PDUs apart and
 * gives them to the roles, gatt_server.c and gatt_client.c, which set what is to be sent and told.
 */
#ifndef GATT_PARTS_H
#define GATT_PARTS_H

#include "att.h"
#include "gatt_link.h"

/* -- gatt_link.c, for the roles -- */

/** The link is over. @param why  One line; the first one is told. */
void gatt_fail(struct gatt_link *l, const char *why);
/** Values can be sent now. l->service, data_in and data_out are set. */
void gatt_open(struct gatt_link *l);
/** A value came, of a characteristic that the link carries. @param value  In l->l2cap. */
void gatt_take_value(struct gatt_link *l, const uint8_t *value, size_t len);
/** The peer has told what it can receive. The first agreement stands (Vol 3, Part F, 3.4.2). */
void gatt_agree_mtu(struct gatt_link *l, uint16_t theirs);

/* -- gatt_server.c -- */

/** A request, @p len octets of it, 1..l->mtu: answered in l->answer. */
void gatt_server_request(struct gatt_link *l, const uint8_t *pdu, size_t len);
/** Answers with an Error Response. */
void gatt_server_refuse(struct gatt_link *l, uint8_t request, uint16_t handle,
                        enum att_error error);
/** A command. @param len  Its octets, of which no more than GATT_MTU_MAX are there. */
void gatt_server_command(struct gatt_link *l, const uint8_t *pdu, size_t len);
/** Service Changed, to be sent. @return octets */
uint16_t gatt_server_indication(uint8_t pdu[GATT_MTU_MAX]);

/* -- gatt_client.c -- */

void gatt_client_begin(struct gatt_link *l, uint64_t now);
/** A response. @param len  As above. */
void gatt_client_response(struct gatt_link *l, uint64_t now, const uint8_t *pdu, size_t len);
/** A notification. @param len  As above. */
void gatt_client_notification(struct gatt_link *l, const uint8_t *pdu, size_t len);
/** What it means that l->deadline has passed. */
const char *gatt_client_timeout(const struct gatt_link *l);

#endif
