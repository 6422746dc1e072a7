/*
 * Shell completion made from the table of verbs: `usher completion bash|zsh|fish`.
 */
#include "options.h"
#include "out.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

static bool takes_file(const struct option *o)
{
    return o->kind == OPTION_FILE || o->kind == OPTION_FILES;
}

/** Calls @p each for a verb's own and the common options. */
static void options_walk(const struct command *c,
                         void (*each)(const struct command *c, const struct option *o))
{
    const struct option *const *const lists[] = { c->options, common_options };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (const struct option *const *o = lists[i]; o && *o; o++) {
            each(c, *o);
        }
    }
}

/** Whether its operand is a file. */
static bool names_file(const struct command *c)
{
    return c->words && strcmp(c->words, "@files") == 0;
}

static void print_verbs(void)
{
    for (const struct command *c = commands; c->name; c++) {
        printf("%s%s", c == commands ? "" : " ", c->name);
    }
}

static void print_words(const struct command *c)
{
    if (c->words && strcmp(c->words, "@verbs") == 0) {
        print_verbs();
    } else if (c->words && !names_file(c)) {
        fputs(c->words, stdout);
    }
}

static void bash_name(const struct command *c, const struct option *o)
{
    (void)c;
    printf(" --%s", o->name);
}

static void bash_argument(const struct command *c, const struct option *o)
{
    if (takes_file(o)) {
        printf("        %s:--%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", c->name,
               o->name);
    } else if (o->words) {
        printf("        %s:--%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", c->name,
               o->name, o->words);
    } else if (o->kind != OPTION_FLAG && o->kind != OPTION_MAYBE) {
        printf("        %s:--%s) return ;;\n", c->name, o->name);
    }
}

static void complete_bash(void)
{
    printf("_usher() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}"
           " verb=${COMP_WORDS[1]}\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        COMPREPLY=($(compgen -W '");
    print_verbs();
    printf(" --version --help' -- \"$cur\"))\n        return\n    fi\n"
           "    case $verb:$prev in\n");
    for (const struct command *c = commands; c->name; c++) {
        options_walk(c, bash_argument);
    }
    printf("    esac\n    case $verb in\n");
    for (const struct command *c = commands; c->name; c++) {
        printf("        %s) COMPREPLY=($(compgen %s-W '", c->name, names_file(c) ? "-f " : "");
        print_words(c);
        options_walk(c, bash_name);
        printf("' -- \"$cur\")) ;;\n");
    }
    printf("    esac\n}\ncomplete -F _usher usher\n");
}

/** Prints text for a zsh specification inside single quotes. */
static void zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            fputs("'\\''", stdout);
            continue;
        }
        if (strchr(":[]\\", *text)) {
            putchar('\\');
        }
        putchar(*text);
    }
}

static void zsh_option(const struct command *c, const struct option *o)
{
    (void)c;
    printf(" \\\n                '%s--%s[",
           (o->kind == OPTION_LIST && o->max != 1) || o->kind == OPTION_FILES ? "*" : "", o->name);
    zsh_text(o->help);
    putchar(']');
    if (o->argument && o->kind != OPTION_MAYBE) {
        printf(":%s:", o->argument);
        if (takes_file(o)) {
            printf("_files");
        } else if (o->words) {
            printf("(%s)", o->words);
        }
    }
    putchar('\'');
}

static void complete_zsh(void)
{
    printf("#compdef usher\n_usher() {\n    local -a verbs=(\n");
    for (const struct command *c = commands; c->name; c++) {
        printf("        '%s:", c->name);
        zsh_text(c->summary);
        printf("'\n");
    }
    printf("    )\n    if (( CURRENT == 2 )); then\n        _describe verb verbs\n        return\n "
           "   fi\n"
           "    local verb=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $verb in\n");
    for (const struct command *c = commands; c->name; c++) {
        printf("        %s)\n            _arguments", c->name);
        if (names_file(c)) {
            printf(" \\\n                '1: :_files'");
        } else if (c->words) {
            printf(" \\\n                '1: :(");
            print_words(c);
            printf(")'");
        }
        options_walk(c, zsh_option);
        printf(" ;;\n");
    }
    printf("    esac\n}\ncompdef _usher usher\n");
}

/** Prints text inside single quotes of fish. */
static void fish_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
}

static void fish_option(const struct command *c, const struct option *o)
{
    printf("complete -c usher -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
    if (o->words) {
        printf(" -x -a '%s'", o->words);
    } else if (o->argument && o->kind != OPTION_MAYBE) {
        fputs(takes_file(o) ? " -r -F" : " -x", stdout);
    }
    printf(" -d '");
    fish_text(o->help);
    printf("'\n");
}

static void complete_fish(void)
{
    printf("complete -c usher -f\n");
    for (const struct command *c = commands; c->name; c++) {
        printf("complete -c usher -n __fish_use_subcommand -a %s -d '", c->name);
        fish_text(c->summary);
        printf("'\n");
        if (names_file(c)) {
            printf("complete -c usher -n '__fish_seen_subcommand_from %s' -F\n", c->name);
        } else if (c->words) {
            printf("complete -c usher -n '__fish_seen_subcommand_from %s' -a '", c->name);
            print_words(c);
            printf("'\n");
        }
        options_walk(c, fish_option);
    }
}

int verb_completion(const struct args *args)
{
    static const struct {
        const char *shell;
        void (*complete)(void);
    } shells[] = { { "bash", complete_bash }, { "zsh", complete_zsh }, { "fish", complete_fish } };

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(args->operands.item[0], shells[i].shell) == 0) {
            shells[i].complete();
            return EXIT_DONE;
        }
    }
    out_error("completion is for bash, zsh or fish, not \"%s\"", args->operands.item[0]);
    return EXIT_USAGE;
}
