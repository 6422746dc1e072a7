/*
 * Captures of any kind, explained with the keys of a network and without: the input is the file.
 * The corpus was cut from captures of our own, so with these keys much of it can be read.
 *
 * Checked: lines come in order, whole and with their members; every packet that is told of is
 * counted; what is explained twice is explained the same.
 */
#include "decode.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

struct told {
    uint64_t last_at_us;
    uint64_t digest;
    unsigned links;
    bool totals;
};

static void digest(struct told *t, const char *text)
{
    for (; *text != '\0'; text++) {
        t->digest = (t->digest ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    }
}

static void on_line(void *ctx, const struct decode_line *line)
{
    struct told *t = ctx;

    FUZZ_CHECK(line->at_us >= t->last_at_us && line->last_us >= line->at_us && line->count > 0);
    FUZZ_CHECK(t->links == 0 && !t->totals);
    FUZZ_CHECK(json_string_value(json_object_get(line->members, "kind")) != NULL);
    FUZZ_CHECK(line->from[0] != '\0' && strlen(line->from) < DECODE_NAME && line->text[0] != '\0');
    t->last_at_us = line->at_us;
    digest(t, line->text);
}

static void on_link(void *ctx, const struct decode_link *link)
{
    struct told *t = ctx;
    const char *name;
    uint64_t us, sum = 0;

    FUZZ_CHECK(link->to_us >= link->from_us && link->repeated <= link->packets);
    FUZZ_CHECK(link->end != DECODE_CLOSED || link->has_reason);
    for (unsigned n = 0; decode_phase(link, n, &name, &us); n++) {
        FUZZ_CHECK(n < 9 && name[0] != '\0');
        sum += us;
    }
    t->links++;
    t->digest += sum;
}

static void on_totals(void *ctx, const struct decode_totals *totals)
{
    struct told *t = ctx;

    FUZZ_CHECK(totals->links == t->links && totals->opened <= totals->network);
    FUZZ_CHECK(totals->messages <= totals->opened);
    t->totals = true;
}

/* The network of the corpus; all keys are one octet sixteen times. */
static struct keyring *ring(void)
{
    struct keyring *k = keyring_new(fuzz_crypto());
    uint8_t key[USHER_KEY_SIZE];

    FUZZ_CHECK(k != NULL);
    memset(key, 0x11, sizeof(key));
    FUZZ_CHECK(keyring_netkey(k, 0, key, NULL));
    memset(key, 0x22, sizeof(key));
    FUZZ_CHECK(keyring_appkey(k, 0, 0, key, NULL));
    for (uint8_t n = 0; n < 3; n++) {
        memset(key, 0xD0, sizeof(key));
        key[0] = 0;
        key[1] = n;
        FUZZ_CHECK(keyring_node(k, (uint16_t)(1 + 2 * n), 2, key));
    }
    return k;
}

static struct told explain(const uint8_t *data, size_t size, bool with_keys)
{
    struct told told = { 0 };
    struct decode_config config = { .crypto = fuzz_crypto(),
                                    .keys = with_keys ? ring() : NULL,
                                    .show_secrets = with_keys,
                                    .line = on_line,
                                    .link = on_link,
                                    .totals = on_totals,
                                    .ctx = &told };
    char why[100] = "";

    FUZZ_CHECK(decode_run(&config, data, size, why, sizeof(why)) == (why[0] == '\0'));
    FUZZ_CHECK(told.totals == (why[0] == '\0'));
    keyring_free(config.keys);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct told first = explain(data, size, true), second = explain(data, size, true);

    FUZZ_CHECK(first.digest == second.digest);
    (void)explain(data, size, false);
    return 0;
}
