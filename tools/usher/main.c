/*
 * usher, the command: finds the verb in the table, reads its arguments, runs it.
 */
#include "options.h"
#include "out.h"
#include "verbs.h"

#include <usher/usher.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static int usage_error(const char *why)
{
    out_error("%s", why);
    return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char *const *argv)
{
    struct args args;
    char why[200];

    if (!args_parse(command, argc, argv, &args, why, sizeof why)) {
        return usage_error(why);
    }
    if (args.help) {
        memset(&args, 0, sizeof args);
        args.operands.item[args.operands.count++] = command->name;
        return verb_help(&args);
    }
    out_init(args.json);
    int code = command->run(&args);
    if (!out_flush()) {
        out_error("the output could not be written whole");
        return code == EXIT_DONE ? EXIT_TRANSPORT : code;
    }
    return code;
}

int main(int argc, char **argv)
{
    /*
     * A reader that went away is seen as an error of write(), on sockets and standard output
     * alike.
     */
    signal(SIGPIPE, SIG_IGN);

    if (argc < 2) {
        return usage_error("no verb is given; see \"usher help\"");
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        printf("usher %s\n", usher_version());
        return EXIT_DONE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    }
    const struct command *command = command_find(name);
    if (!command) {
        char why[120];
        snprintf(why, sizeof why, "there is no verb \"%.60s\"; see \"usher help\"", name);
        return usage_error(why);
    }
    return run(command, argc - 2, argv + 2);
}
