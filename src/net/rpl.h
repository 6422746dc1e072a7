/*
 * The replay protection list (Mesh Protocol 1.1, section 3.9.8). Called by transport; store keeps
 * dirty entries. An entry keeps its place in the table for as long as it is used, so a place can
 * name a record in storage; a place that became free is dirty, too.
 */
#ifndef RPL_H
#define RPL_H

#include <usher/net.h>

enum rpl_answer { RPL_NEW, RPL_REPLAY, RPL_LAST, RPL_FULL };

/** Whether a message from @p src may be accepted. */
enum rpl_answer rpl_check(const struct usher_rpl *r, uint16_t src, uint32_t iv_index, uint32_t seq);
/**
 * Whether a segmented message that begins with @p seq0 may still be accepted, given that
 * rpl_check() lets its newest segment in: a retransmission of what was accepted before has new
 * numbers (3.5.3.4).
 *
 * @retval RPL_LAST    It is the one that was accepted last.
 * @retval RPL_REPLAY  It is older than that one.
 */
enum rpl_answer rpl_check_segmented(const struct usher_rpl *r, uint16_t src, uint32_t iv_index,
                                    uint32_t seq0);
/** As rpl_accept(), a segmented message. @param seq  The newest of its segments received. */
bool rpl_accept_segmented(struct usher_rpl *r, uint16_t src, uint32_t iv_index, uint32_t seq0,
                          uint32_t seq);
/**
 * It was accepted: it, and what is older, never again.
 *
 * @retval false  No room (rpl_check() would have said so).
 */
bool rpl_accept(struct usher_rpl *r, uint16_t src, uint32_t iv_index, uint32_t seq);
/** Forgets the entries of a node that was removed: addresses @p first up to @p count in number. */
void rpl_remove(struct usher_rpl *r, uint16_t first, uint16_t count);
/** Forgets all, and that anything had to be stored. */
void rpl_clear(struct usher_rpl *r);
/** Removes entries too old to be needed: below IV Index - 1 (3.11.5 lets none of those in). */
void rpl_age(struct usher_rpl *r, uint32_t iv_index);

#endif
