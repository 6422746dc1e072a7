/*
 * The sizes that a build may choose, in one place. Each can be set with -D; the values here suit a
 * host and a microcontroller alike. What depends on the number of links is memory of the caller's
 * (struct usher_session), so the number of parallel links is a run-time matter.
 */
#ifndef USHER_CONFIG_H
#define USHER_CONFIG_H

#ifndef USHER_PDU_MAX
#define USHER_PDU_MAX                                                                              \
    65 /**< Longest Provisioning PDU accepted: Public Key, opcode included. 65..1469. */
#endif

#ifndef USHER_ADV_SLOTS
#define USHER_ADV_SLOTS                                                                            \
    16 /**< Most advertisements that an instance keeps on the air at once; 1..32. */
#endif

#ifndef USHER_SCAN_CACHE
#define USHER_SCAN_CACHE                                                                           \
    64 /**< Unprovisioned devices whose repeated beacons are shed; a power of two. */
#endif

#ifndef USHER_URI_MAX
#define USHER_URI_MAX 29 /**< Longest URI of an advertisement: 31 octets less length and type. */
#endif

#ifndef USHER_BINDINGS
#define USHER_BINDINGS 4 /**< AppKeys that can be bound to one model. */
#endif

#ifndef USHER_SUBSCRIPTIONS
#define USHER_SUBSCRIPTIONS 8 /**< Group and virtual addresses that one model can subscribe to. */
#endif

#ifndef USHER_PUBLISH_MAX
#define USHER_PUBLISH_MAX 16 /**< Octets that a model can publish again, with opcode. */
#endif

#ifndef USHER_RECORD_MAX
#define USHER_RECORD_MAX 512 /**< Longest record that a port must be able to store. */
#endif

#ifndef USHER_REMOTE
#define USHER_REMOTE 1 /**< Whether the radio of an instance may be elsewhere; see remote.h. */
#endif

#ifndef USHER_SEQ_BLOCK
#define USHER_SEQ_BLOCK 512 /**< Sequence numbers reserved in storage at a time. */
#endif

#endif
