/* IV Index and sequence numbers; see iv.h. */
#include "iv.h"

#define HOUR_MS (60u * 60u * 1000u)
#define STATE_MS (96ull * HOUR_MS)     /* least time in either state */
#define RECOVERY_MS (192ull * HOUR_MS) /* least time between recoveries */
#define RECOVERY_AHEAD 42u             /* how far a recovery may go */

uint32_t iv_tx(const struct usher_iv *iv)
{
    return iv->updating && iv->index > 0 ? iv->index - 1 : iv->index;
}

uint32_t iv_rx(const struct usher_iv *iv, uint8_t ivi)
{
    return (iv->index & 1) != ivi && iv->index > 0 ? iv->index - 1 : iv->index;
}

enum usher_err iv_seq(struct usher_iv *iv, uint32_t *seq)
{
    if (iv->seq >= iv->seq_reserved || iv->seq > USHER_SEQ_MAX) {
        return USHER_E_RESOURCES;
    }
    *seq = iv->seq++;
    return USHER_OK;
}

bool iv_seq_low(const struct usher_iv *iv)
{
    uint32_t left = iv->seq_reserved > iv->seq ? iv->seq_reserved - iv->seq : 0;

    return iv->seq_reserved <= USHER_SEQ_MAX && left < USHER_SEQ_BLOCK / 2;
}

/* Enters a state. Sequence numbers start again if it transmits with another IV Index. */
static void enter(struct usher_iv *iv, uint64_t now, uint32_t index, bool updating)
{
    uint32_t before = iv_tx(iv);

    iv->index = index;
    iv->updating = updating;
    iv->since = now;
    iv->fresh = false;
    if (iv_tx(iv) != before) {
        iv->seq = 0;
        iv->seq_reserved = 0;
    }
}

static bool state_old(const struct usher_iv *iv, uint64_t now)
{
    return iv->test_mode || now - iv->since >= STATE_MS;
}

/* What a node does that missed an update, or more than one: it takes over what the beacon says. */
static bool recover(struct usher_iv *iv, uint64_t now, uint32_t index, bool updating)
{
    if (iv->recovered_at != 0 && now - iv->recovered_at < RECOVERY_MS) {
        return false;
    }
    enter(iv, now, index, updating);
    iv->recovered_at = now > 0 ? now : 1; /* 0 means never */
    return true;
}

bool iv_beacon(struct usher_iv *iv, uint64_t now, uint32_t index, bool updating, bool primary,
               bool busy)
{
    bool in_time = iv->fresh || state_old(iv, now);
    bool same_tx; /* goes on with the IV Index that it transmits with */

    if (index < iv->index || index - iv->index > RECOVERY_AHEAD ||
        (index > iv->index && !primary)) {
        return false;
    }
    same_tx = !iv->updating && updating && index - iv->index == 1;
    if (busy && !same_tx) {
        return false;
    }
    if (index == iv->index) {
        if (!iv->updating || updating || !in_time) {
            return false;
        }
        enter(iv, now, index, false);
        return true;
    }
    if (same_tx && in_time) {
        enter(iv, now, index, true);
        return true;
    }
    return recover(iv, now, index, updating);
}

enum usher_err iv_update(struct usher_iv *iv, uint64_t now)
{
    if (iv->updating || !state_old(iv, now)) {
        return USHER_E_STATE;
    }
    if (iv->index == UINT32_MAX) {
        return USHER_E_RESOURCES;
    }
    enter(iv, now, iv->index + 1, true);
    return USHER_OK;
}

bool iv_update_end(struct usher_iv *iv, uint64_t now, bool busy)
{
    if (!iv->updating || busy || !state_old(iv, now)) {
        return false;
    }
    enter(iv, now, iv->index, false);
    return true;
}

uint64_t iv_deadline(const struct usher_iv *iv)
{
    uint64_t at = iv->since + STATE_MS;

    if (!iv->updating) {
        return USHER_NEVER;
    }
    return at <= INT64_MAX ? at : 0; /* before the clock began */
}
