/*
 * What the core costs in flash: programs that do nothing but use it, each for one role, and are
 * linked by themselves, without a board. PROBE says which; the port is unknown to the compiler, so
 * nothing is optimized away. Read by scripts/firmware-sizes.sh.
 */
#include <usher/crypto.h>
#include <usher/usher.h>

#define PROBE_DEVICE 1
#define PROBE_PROVISIONER 2
#define PROBE_CRYPTO 4

const void *volatile given;  /* ports, keys, values: whatever the program is given */
const void *volatile crypto; /* that it is used */
volatile unsigned which;     /* what the program does next */

void probe(void);

#if PROBE & (PROBE_DEVICE | PROBE_PROVISIONER)
static struct usher u;
static struct usher_session session;

static void on_event(void *user, struct usher *node, const struct usher_event *event)
{
    (void)user;
    (void)node;
    given = event;
}

static void either(void)
{
    switch (which) {
    case 0:
        usher_in_adv(&u, given);
        break;
    case 1:
        usher_in_adv_done(&u, (uint8_t)which);
        break;
    case 2:
        usher_process(&u);
        break;
    case 3:
        (void)usher_auth_static(&session, given, 16);
        break;
    case 4:
        (void)usher_auth_number(&session, which);
        break;
    case 5:
        (void)usher_auth_text(&session, given);
        break;
    case 6:
        usher_session_keys_set(&session, given, given);
        break;
    default:
        (void)usher_cancel(&session, USHER_CLOSE_ERROR);
        break;
    }
}
#endif

#if PROBE & PROBE_DEVICE
static void device(void)
{
    (void)usher_listen(&session, given);
    (void)usher_listen_stop(&session);
}
#endif

#if PROBE & PROBE_PROVISIONER
static void provisioner(void)
{
    struct usher_start start;

    (void)usher_scan(&u, true);
    (void)usher_provision(&session, given);
    (void)usher_choose(given, which, which != 0, &start);
    (void)usher_oob_use(&session, &start);
    (void)usher_pubkey_set(&session, given);
    (void)usher_data_set(&session, given);
}
#endif

void probe(void)
{
#if PROBE & PROBE_CRYPTO
    crypto = usher_crypto_bearssl();
#else
    (void)usher_init(&u, given, &(struct usher_config){ .handler = on_event });
    usher_session_init(&u, &session, given, NULL);
    for (;;) {
        either();
#if PROBE & PROBE_DEVICE
        device();
#endif
#if PROBE & PROBE_PROVISIONER
        provisioner();
#endif
    }
#endif
}
