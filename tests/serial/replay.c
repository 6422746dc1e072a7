/*
 * replay FILE: a host's conversation with serial devices (site.h), octet by octet. Lines:
 *
 *     # ...                        nothing
 *     let NAME HEX                 a name for octets
 *     lamp UUID VALUE              a lamp that waits to be provisioned, with static OOB
 *     lit | dark                   the lamp is
 *     A> HEX, B> HEX               a packet to device A or B, length octet and all
 *     A< HEX, B< HEX               ... and from it
 *     wait MS                      time passes
 *     take NAME DEVICE CODE AT LEN octets of the last packet with that event code, for a name
 *
 * In HEX and VALUE, $NAME stands for the octets that have the name. Everything that a device says
 * has to be in the transcript, in its place. `replay --record FILE` prints it with what they really
 * say.
 */
#include "site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 1024
#define NAMES 32
#define FRAME_MAX 256u
#define QUEUE 64u

struct octets {
    size_t len;
    uint8_t data[FRAME_MAX];
};

struct name {
    char name[16];
    struct octets value;
};

struct heard {
    size_t have;
    uint8_t partial[FRAME_MAX];
    unsigned in, out;
    struct octets frames[QUEUE];   /* not yet in the transcript */
    struct octets last[FRAME_MAX]; /* by event code */
};

static struct {
    const char *file;
    unsigned line;
    bool record;
    struct name names[NAMES];
    unsigned name_count;
    struct heard heard[SITE_DEVICES];
} replay;

_Noreturn static void fail(const char *what, const struct octets *got)
{
    (void)fprintf(stderr, "%s:%u: %s", replay.file, replay.line, what);
    for (size_t i = 0; got != NULL && i < got->len; i++) {
        (void)fprintf(stderr, " %02x", got->data[i]);
    }
    (void)fprintf(stderr, "\n");
    exit(1);
}

/* -- names and octets -------------------------------------------------------------------------- */

static struct octets *named(const char *name, bool make)
{
    for (unsigned i = 0; i < replay.name_count; i++) {
        if (strcmp(replay.names[i].name, name) == 0) {
            return &replay.names[i].value;
        }
    }
    if (!make || replay.name_count == NAMES || strlen(name) >= sizeof(replay.names[0].name)) {
        fail("what name is this?", NULL);
    }
    memcpy(replay.names[replay.name_count].name, name, strlen(name) + 1);
    return &replay.names[replay.name_count++].value;
}

static void append(struct octets *o, const uint8_t *data, size_t len)
{
    if (len > sizeof(o->data) - o->len) {
        fail("too long", NULL);
    }
    memcpy(o->data + o->len, data, len);
    o->len += len;
}

static void append_hex(struct octets *o, const char *digits)
{
    size_t len = strlen(digits);

    for (size_t i = 0; i < len; i += 2) {
        char pair[3] = { digits[i], digits[i + 1], '\0' }, *end;
        uint8_t octet = (uint8_t)strtoul(pair, &end, 16);

        if (end != pair + 2) {
            fail("these are no octets", NULL);
        }
        append(o, &octet, 1);
    }
}

/* All words that are left. */
static struct octets read_octets(char **rest)
{
    struct octets o = { 0 };
    char *word;

    while ((word = strtok_r(NULL, " \t\n", rest)) != NULL) {
        if (word[0] == '$') {
            const struct octets *value = named(word + 1, false);

            append(&o, value->data, value->len);
        } else {
            append_hex(&o, word);
        }
    }
    return o;
}

static char *next_word(char **rest)
{
    char *word = strtok_r(NULL, " \t\n", rest);

    if (word == NULL) {
        fail("a word is missing", NULL);
    }
    return word;
}

/* -- what devices say -------------------------------------------------------------------------- */

static void frame_heard(struct heard *h)
{
    struct octets *frame = &h->frames[h->in++ % QUEUE];

    if (h->in - h->out > QUEUE) {
        fail("it says too much", NULL);
    }
    frame->len = h->have;
    memcpy(frame->data, h->partial, h->have);
    h->last[frame->data[1]] = *frame;
    h->have = 0;
}

static void listen_to(unsigned device)
{
    struct heard *h = &replay.heard[device];
    uint8_t octet;

    while (site_read(device, &octet, 1) == 1) {
        h->partial[h->have++] = octet;
        if (h->have >= 2 && h->have == h->partial[0] + 1u) {
            frame_heard(h);
        }
    }
    if (h->have != 0) {
        fail("half a packet", NULL);
    }
}

static void print_all(unsigned device)
{
    struct heard *h = &replay.heard[device];

    while (h->out != h->in) {
        const struct octets *frame = &h->frames[h->out++ % QUEUE];

        (void)printf("%c<", 'A' + (int)device);
        for (size_t i = 0; i < frame->len; i++) {
            (void)printf(" %02x", frame->data[i]);
        }
        (void)printf("\n");
    }
}

/* Before anything else happens, all that was said must have been expected. */
static void all_heard(void)
{
    for (unsigned d = 0; d < SITE_DEVICES; d++) {
        struct heard *h = &replay.heard[d];

        listen_to(d);
        if (replay.record) {
            print_all(d);
        } else if (h->out != h->in) {
            fail("it also said", &h->frames[h->out % QUEUE]);
        }
    }
}

static void expect(unsigned device, const struct octets *expected)
{
    struct heard *h = &replay.heard[device];
    const struct octets *got;

    listen_to(device);
    if (h->out == h->in) {
        fail("it said nothing", NULL);
    }
    got = &h->frames[h->out++ % QUEUE];
    if (got->len != expected->len || memcmp(got->data, expected->data, got->len) != 0) {
        fail("it said", got);
    }
}

/* -- lines ------------------------------------------------------------------------------------- */

static void do_take(char **rest)
{
    struct octets *value = named(next_word(rest), true);
    unsigned device = (unsigned)(next_word(rest)[0] - 'A');
    unsigned code = (unsigned)strtoul(next_word(rest), NULL, 16);
    unsigned at = (unsigned)strtoul(next_word(rest), NULL, 10);
    unsigned len = (unsigned)strtoul(next_word(rest), NULL, 10);

    if (device >= SITE_DEVICES || code >= FRAME_MAX ||
        at + len > replay.heard[device].last[code].len) {
        fail("there are no such octets", NULL);
    }
    value->len = 0;
    append(value, replay.heard[device].last[code].data + at, len);
}

static void do_lamp(char **rest)
{
    struct octets o = read_octets(rest);

    if (o.len != 32) {
        fail("a UUID and a value have 16 octets each", NULL);
    }
    site_lamp(o.data, o.data + 16);
}

static void do_packet(const char *word, char **rest)
{
    unsigned device = (unsigned)(word[0] - 'A');
    struct octets o = read_octets(rest);

    if (device >= SITE_DEVICES) {
        fail("what is this?", NULL);
    } else if (word[1] == '>') {
        site_write(device, o.data, o.len);
    } else if (!replay.record) {
        expect(device, &o);
    }
}

static void do_words(const char *word, char **rest)
{
    if (word[0] != '\0' && (word[1] == '>' || word[1] == '<')) {
        do_packet(word, rest);
    } else if (strcmp(word, "wait") == 0) {
        site_run_ms(strtoul(next_word(rest), NULL, 10));
    } else if (strcmp(word, "let") == 0) {
        struct octets *value = named(next_word(rest), true);

        *value = read_octets(rest);
    } else if (strcmp(word, "take") == 0) {
        do_take(rest);
    } else if (strcmp(word, "lamp") == 0) {
        do_lamp(rest);
    } else if (strcmp(word, "lit") == 0 || strcmp(word, "dark") == 0) {
        if (site_lit() != (word[0] == 'l')) {
            fail("the lamp is not so", NULL);
        }
    } else {
        fail("what is this?", NULL);
    }
}

static void do_line(char *line)
{
    char copy[LINE_SIZE];
    char *rest, *word;
    bool said = line[0] != '\0' && line[1] == '<';

    memcpy(copy, line, sizeof(copy));
    word = strtok_r(line, " \t\n", &rest);
    if (!said && word != NULL && word[0] != '#') {
        all_heard();
    }
    if (replay.record && !said) {
        (void)fputs(copy, stdout);
    }
    if (word != NULL && word[0] != '#') {
        do_words(word, &rest);
    }
}

int main(int argc, char *argv[])
{
    char line[LINE_SIZE] = { 0 };
    FILE *file;

    if (argc < 2) {
        (void)fprintf(stderr, "usage: replay [--record] FILE\n");
        return 2;
    }
    replay.record = strcmp(argv[1], "--record") == 0;
    replay.file = argv[argc - 1];
    file = fopen(replay.file, "r");
    if (file == NULL) {
        perror(replay.file);
        return 2;
    }
    site_new();
    while (fgets(line, sizeof(line), file) != NULL) {
        replay.line++;
        do_line(line);
    }
    all_heard();
    (void)fclose(file);
    site_free();
    return 0;
}
