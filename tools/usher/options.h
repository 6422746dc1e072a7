/*
 * The command line as a table: each verb with its options, from which the parser, `usher help`,
 * the manual page and the shell completions are all made (options.c, manual.c, completion.c).
 * The table itself is in commands.c.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGS_LIST_MAX 16 /* times that an option which may be repeated is taken */

/** Arguments of an option that may be repeated, in their order; ends with NULL. */
struct arg_list {
    const char *item[ARGS_LIST_MAX + 1];
    size_t count;
};

/**
 * What was given on the command line; members of options that a verb does not have keep their
 * zeros.
 */
struct args {
    bool json;
    bool show_secrets;
    bool help;
    bool all;
    bool automatic;
    bool dry_run;
    bool resume;
    bool require_secure;
    bool exit_when_done;
    bool configure;
    bool force;
    bool appkey_given;
    bool hci_legacy;
    bool no_device_keys;
    unsigned devices;
    unsigned parallel;
    unsigned loss_pct;
    unsigned dup_pct;
    unsigned reorder_pct;
    unsigned delay_ms;
    unsigned seed;
    bool seed_given;
    unsigned count;
    unsigned elements;
    unsigned retries;
    unsigned max_failures;
    unsigned attention_s;
    unsigned appkey;
    unsigned mtu; /* 0: not given */
    int rssi;
    uint64_t for_ms; /* 0: not given */
    const char *listen;
    const char *line;
    const char *tty;
    const char *state;
    const char *keys;
    const char *pcap;
    const char *uuid;
    const char *uuid_prefix;
    const char *batch;
    const char *unlock;
    const char *pubkey_oob;
    const char *algorithm;
    const char *uri;
    const char *template;
    const char *name;
    const char *range;
    const char *as;
    const char *out;
    const char *nodes;
    const char *bearer;
    const char *proxy; /* NULL: not given; "": without an address */
    struct arg_list radios;
    struct arg_list hci;
    struct arg_list oob;
    struct arg_list oob_book;
    struct arg_list qr;
    struct arg_list meshd;
    struct arg_list operands;
};

enum option_kind {
    OPTION_FLAG,   /* bool, no argument */
    OPTION_NUMBER, /* unsigned, min..max */
    OPTION_SIGNED, /* int, min..max */
    OPTION_TIME,   /* uint64_t ms, from "10s", "500ms", "2m" */
    OPTION_TEXT,   /* const char * */
    OPTION_MAYBE,  /* const char *, "" if it is given without "=" and a value */
    OPTION_WORD,   /* const char *, one of `words` */
    OPTION_FILE,   /* const char *, completed as a file name */
    OPTION_LIST,   /* struct arg_list */
    OPTION_FILES,  /* struct arg_list, completed as file names */
};

struct option {
    const char *name; /* without the dashes */
    enum option_kind kind;
    size_t member;        /* offset in struct args */
    size_t given;         /* offset of a bool that says that it was given; 0: none */
    const char *argument; /* its name in help; NULL for flags */
    const char *help;
    long min, max;     /* of a number; max 1: a list that is none, for this verb */
    const char *def;   /* as if it had been given; NULL: zeros */
    const char *words; /* separated by blanks */
};

struct command {
    const char *name;
    const char *operands; /* in help; NULL: none are taken */
    size_t operands_min, operands_max;
    const char *words;   /* what an operand can be, for completion; "@verbs", "@files"; or NULL */
    const char *summary; /* one line */
    const char *details; /* paragraphs for the help and the manual page; lines of 76 */
    const struct option *const *options; /* ends with NULL; NULL: none but --help */
    int (*run)(const struct args *args);
};

/** All verbs; ends with a row whose name is NULL. */
extern const struct command commands[];

/** The options that every verb understands; ends with NULL. */
extern const struct option *const common_options[];

/** The verb of that name, or NULL. */
const struct command *command_find(const char *name);

/**
 * The option of that name (@p len characters of it), of the verb's own or the common ones, or
 * NULL.
 */
const struct option *command_option(const struct command *command, const char *name, size_t len);

/**
 * Reads a verb's arguments.
 *
 * @param argv  What follows the verb; the texts are pointed at, not copied.
 * @param why   Gets one line if they are refused.
 *
 * @retval false  Refused.
 */
bool args_parse(const struct command *command, int argc, char *const *argv, struct args *args,
                char *why, size_t why_len);

#endif
