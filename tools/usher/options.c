/*
 * Reads the command line by the table of verbs and options. Called by main.c.
 */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

static const struct option *option_among(const struct option *const *list, const char *name,
                                         size_t len)
{
    for (; list && *list; list++) {
        if (strlen((*list)->name) == len && strncmp((*list)->name, name, len) == 0) {
            return *list;
        }
    }
    return NULL;
}

const struct option *command_option(const struct command *command, const char *name, size_t len)
{
    const struct option *option = option_among(command->options, name, len);
    return option ? option : option_among(common_options, name, len);
}

__attribute__((format(printf, 3, 4))) static bool refuse(char *why, size_t why_len,
                                                         const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(why, why_len, format, list);
    va_end(list);
    return false;
}

/** Reads a whole number from min to max. */
static bool parse_number(const struct option *option, const char *text, long *number)
{
    char *end;
    errno = 0;
    *number = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *number >= option->min &&
           *number <= option->max;
}

static bool is_word(const char *words, const char *text)
{
    size_t len = strlen(text);
    for (const char *w = words; *w; w += strcspn(w, " "), w += strspn(w, " ")) {
        if (strcspn(w, " ") == len && strncmp(w, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool list_add(struct arg_list *list, const char *text)
{
    if (list->count == ARGS_LIST_MAX) {
        return false;
    }
    list->item[list->count++] = text;
    list->item[list->count] = NULL;
    return true;
}

/** Stores an option's argument where its kind says. */
static bool option_take(const struct option *option, const char *text, struct args *args, char *why,
                        size_t why_len)
{
    char *member = (char *)args + option->member;
    long number;

    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)(void *)member = true;
        break;
    case OPTION_NUMBER:
    case OPTION_SIGNED:
        if (!parse_number(option, text, &number)) {
            return refuse(why, why_len, "--%s takes a number from %ld to %ld, not \"%s\"",
                          option->name, option->min, option->max, text);
        }
        if (option->kind == OPTION_SIGNED) {
            *(int *)(void *)member = (int)number;
        } else {
            *(unsigned *)(void *)member = (unsigned)number;
        }
        break;
    case OPTION_TIME:
        if (!parse_time(text, (uint64_t *)(void *)member) || *(uint64_t *)(void *)member == 0) {
            return refuse(why, why_len, "--%s takes a time such as 10s or 500ms, not \"%s\"",
                          option->name, text);
        }
        break;
    case OPTION_WORD:
        if (!is_word(option->words, text)) {
            return refuse(why, why_len, "--%s takes one of: %s; not \"%s\"", option->name,
                          option->words, text);
        }
        *(const char **)(void *)member = text;
        break;
    case OPTION_TEXT:
    case OPTION_FILE:
        if (*text == '\0') {
            return refuse(why, why_len, "--%s is empty", option->name);
        }
        *(const char **)(void *)member = text;
        break;
    case OPTION_MAYBE:
        *(const char **)(void *)member = text ? text : "";
        break;
    case OPTION_LIST:
    case OPTION_FILES:
        if (!list_add((struct arg_list *)(void *)member, text)) {
            return refuse(why, why_len, "--%s is given more than %d times", option->name,
                          ARGS_LIST_MAX);
        }
        break;
    }
    if (option->given) {
        *(bool *)(void *)((char *)args + option->given) = true;
    }
    return true;
}

static bool defaults_take(const struct option *const *list, struct args *args, char *why,
                          size_t why_len)
{
    for (; list && *list; list++) {
        const struct option *o = *list;
        if (o->def) {
            struct option quiet = *o;
            quiet.given = 0;
            if (!option_take(&quiet, o->def, args, why, why_len)) {
                return false;
            }
        }
    }
    return true;
}

/** Whether a list of one has it. */
static bool list_is_full(const struct option *option, const struct args *args)
{
    const char *member = (const char *)args + option->member;
    return option->kind == OPTION_LIST &&
           ((const struct arg_list *)(const void *)member)->count > 0;
}

/** One `--name`, `--name=value` or `--name value`; @p i is left at the last argument used. */
static bool long_option(const struct command *command, int argc, char *const *argv, int *i,
                        struct args *args, char *why, size_t why_len)
{
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    const struct option *option = command_option(command, name, len);

    if (!option) {
        return refuse(why, why_len, "%s has no option --%.*s; see \"usher help %s\"", command->name,
                      (int)len, name, command->name);
    }
    if (option->kind == OPTION_FLAG && value) {
        return refuse(why, why_len, "--%s takes no value", option->name);
    }
    if (option->kind != OPTION_FLAG && option->kind != OPTION_MAYBE && !value) {
        if (*i + 1 >= argc) {
            return refuse(why, why_len, "--%s needs a value: %s", option->name, option->argument);
        }
        value = argv[++*i];
    }
    if (option->max == 1 && list_is_full(option, args)) {
        return refuse(why, why_len, "--%s is given twice, and %s takes one", option->name,
                      command->name);
    }
    return option_take(option, value, args, why, why_len);
}

bool args_parse(const struct command *command, int argc, char *const *argv, struct args *args,
                char *why, size_t why_len)
{
    bool only_operands = false;

    memset(args, 0, sizeof *args);
    if (!defaults_take(command->options, args, why, why_len)) {
        return false;
    }
    for (int i = 0; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && strcmp(argv[i], "-h") == 0) {
            args->help = true;
        } else if (!only_operands && strncmp(argv[i], "--", 2) == 0) {
            if (!long_option(command, argc, argv, &i, args, why, why_len)) {
                return false;
            }
        } else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0') {
            return refuse(why, why_len, "options begin with two dashes; \"%s\" does not", argv[i]);
        } else if (args->operands.count == command->operands_max ||
                   !list_add(&args->operands, argv[i])) {
            return refuse(why, why_len, "\"%s\" is one argument too many for %s", argv[i],
                          command->name);
        }
    }
    if (!args->help && args->operands.count < command->operands_min) {
        return refuse(why, why_len, "%s needs %s", command->name, command->operands);
    }
    return true;
}
