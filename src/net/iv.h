/*
 * IV Index and sequence numbers (Mesh Protocol 1.1, sections 3.8.3, 3.11.5 and 3.11.6). Called by
 * net, transport, secbeacon, node; what changes is stored by node, sequence numbers in blocks ahead
 * of their use.
 *
 * When an IV Index to transmit with is new, sequence numbers begin at 0 and none is reserved: the
 * node stores the new IV state and reserves numbers before anything is sent with it.
 */
#ifndef IV_H
#define IV_H

#include <usher/net.h>

/** The IV Index to transmit with. */
uint32_t iv_tx(const struct usher_iv *iv);
/**
 * The IV Index that a received IVI bit stands for.
 *
 * @param ivi  0 or 1.
 */
uint32_t iv_rx(const struct usher_iv *iv, uint8_t ivi);

/**
 * Takes the next sequence number.
 *
 * @retval USHER_E_RESOURCES  None is reserved in storage, or all are used up (an IV Update is
 *                            overdue).
 */
enum usher_err iv_seq(struct usher_iv *iv, uint32_t *seq);
/** Whether the reserve is so low that more numbers should be reserved now. */
bool iv_seq_low(const struct usher_iv *iv);

/**
 * What an authenticated beacon says (3.11.5, 3.11.6): normal update, its end, recovery.
 *
 * @param now      Milliseconds of the clock that the state's times are in.
 * @param primary  It came on the primary subnet, or we are not on that one.
 * @param busy     A segmented message awaits acks: nothing that starts the sequence numbers again
 *                 happens now. The next beacon will say the same.
 *
 * @retval true  The state has changed.
 */
bool iv_beacon(struct usher_iv *iv, uint64_t now, uint32_t index, bool updating, bool primary,
               bool busy);

/**
 * Begins an update. Only a node on the primary subnet may: that is the caller's to know.
 *
 * @retval USHER_E_STATE      In progress, or too early.
 * @retval USHER_E_RESOURCES  There is no higher IV Index.
 */
enum usher_err iv_update(struct usher_iv *iv, uint64_t now);
/**
 * Ends an update when its time has come (or in test mode at once): sequence numbers start again.
 *
 * @retval true  Changed.
 */
bool iv_update_end(struct usher_iv *iv, uint64_t now, bool busy);
/**
 * When iv_update_end() should be called; 0: at once; USHER_NEVER. It stays in the past while a
 * segmented message holds the end up: then the end of that message is the time.
 */
uint64_t iv_deadline(const struct usher_iv *iv);

#endif
