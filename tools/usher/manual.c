/*
 * What the table of verbs says, as text for the terminal (`usher help`) and as a manual page
 * (`usher man`).
 */
#include "options.h"
#include "out.h"
#include "verbs.h"

#include <usher/usher.h>

#include <stdio.h>
#include <string.h>

static const char *const exit_codes[] = {
    [EXIT_DONE] = "all was done",
    [EXIT_USAGE] = "the command line, or a file that it names, is wrong",
    [EXIT_FAILED] = "some devices failed, the device was not found, or a network has faults",
    [EXIT_TRANSPORT] = "the radio, or the network's directory, does not work",
    [EXIT_POLICY] = "a device was refused by the security policy",
};

static const struct {
    const char *form, *what;
} radios[] = {
    { "air:PATH", "the simulated air that \"usher air\" serves at PATH; it has no GATT" },
    { "h4:PATH", "a Bluetooth controller that speaks HCI, H4, on a unix socket" },
    { "h4:tcp:HOST:PORT", "the same over TCP" },
    { "h4:/dev/ttyX[@BAUD[,rtscts]]", "the same on a serial line (115200 baud, no handshake)" },
    { "hci:N", "a controller of this machine, hciN, which has to be down" },
    { "serial:PATH", "a device that runs the serial interface, at a place such as h4:'s" },
};

#define RADIOS (sizeof radios / sizeof *radios)
#define EXIT_CODES (sizeof exit_codes / sizeof *exit_codes)

static void help_options(const struct option *const *list)
{
    for (; list && *list; list++) {
        char left[40];
        const struct option *o = *list;
        bool blank = o->argument && o->kind != OPTION_MAYBE; /* "[=ADDR]" has none */
        snprintf(left, sizeof left, "--%s%s%s", o->name, blank ? " " : "",
                 o->argument ? o->argument : "");
        printf("  %-20s  %s\n", left, o->help);
    }
}

static void help_verb(const struct command *c)
{
    printf("usher %s%s%s%s: %s\n", c->name, c->operands ? " " : "", c->operands ? c->operands : "",
           c->options ? " [OPTION]..." : "", c->summary);
    if (c->details) {
        printf("\n%s", c->details);
    }
    printf("\nOptions:\n");
    help_options(c->options);
    help_options(common_options);
}

static void help_all(void)
{
    printf("usher: provisions and configures Bluetooth Mesh devices.\n\n"
           "usher VERB [OPTION]...\n\nVerbs:\n");
    for (const struct command *c = commands; c->name; c++) {
        printf("  %-13s  %s\n", c->name, c->summary);
    }
    printf("\nRadios:\n");
    for (size_t i = 0; i < RADIOS; i++) {
        printf("  %-28s  %s\n", radios[i].form, radios[i].what);
    }
    printf("\n\"usher help VERB\" explains a verb, \"usher --version\" tells the version.\n\n"
           "Exit codes:\n");
    for (size_t i = 0; i < EXIT_CODES; i++) {
        printf("  %zu  %s\n", i, exit_codes[i]);
    }
}

int verb_help(const struct args *args)
{
    if (args->operands.count == 0) {
        help_all();
        return EXIT_DONE;
    }
    const struct command *c = command_find(args->operands.item[0]);
    if (!c) {
        out_error("there is no verb \"%s\"; see \"usher help\"", args->operands.item[0]);
        return EXIT_USAGE;
    }
    help_verb(c);
    return EXIT_DONE;
}

/** Prints text for roff: dashes that stay dashes, no line taken for a request. */
static void roff_text(const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\'')) {
            fputs("\\&", stdout);
        }
        if (*text == '-') {
            fputs("\\-", stdout);
        } else if (*text == '\\') {
            fputs("\\e", stdout);
        } else {
            putchar(*text);
        }
        line_start = *text == '\n';
    }
}

static void roff_options(const struct option *const *list)
{
    for (; list && *list; list++) {
        const struct option *o = *list;
        printf(".TP\n.B \\-\\-");
        roff_text(o->name);
        if (o->argument) {
            printf("%s\\fI%s\\fR", o->kind == OPTION_MAYBE ? "" : " ", o->argument);
        }
        putchar('\n');
        roff_text(o->help);
        putchar('\n');
    }
}

static void roff_verb(const struct command *c)
{
    printf(".SS usher %s", c->name);
    if (c->operands) {
        putchar(' ');
        roff_text(c->operands);
    }
    putchar('\n');
    roff_text(c->summary);
    puts(".");
    if (c->details) {
        puts(".PP\n.nf");
        roff_text(c->details);
        puts(".fi");
    }
    roff_options(c->options);
}

int verb_man(const struct args *args)
{
    (void)args;
    printf(".TH USHER 1 \"\" \"usher %s\" \"User Commands\"\n", usher_version());
    puts(".SH NAME\nusher \\- provision and configure Bluetooth Mesh devices");
    puts(".SH SYNOPSIS\n.B usher\n.I VERB\n[\\fIOPTION\\fR]...");
    puts(".SH DESCRIPTION\n"
         "Bytes are hexadecimal digits without separators, times are such as 10s or 500ms.\n"
         "Progress and messages go to standard error, results to standard output.\n"
         "Secrets are not printed unless \\fB\\-\\-show\\-secrets\\fR is given.");
    puts(".SH VERBS");
    for (const struct command *c = commands; c->name; c++) {
        roff_verb(c);
    }
    puts(".SH COMMON OPTIONS");
    roff_options(common_options);
    puts(".SH RADIOS");
    for (size_t i = 0; i < RADIOS; i++) {
        printf(".TP\n.B ");
        roff_text(radios[i].form);
        putchar('\n');
        roff_text(radios[i].what);
        putchar('\n');
    }
    puts(".SH EXIT STATUS");
    for (size_t i = 0; i < EXIT_CODES; i++) {
        printf(".TP\n.B %zu\n%s\n", i, exit_codes[i]);
    }
    return EXIT_DONE;
}
