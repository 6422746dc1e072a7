/*
 * The options of "usher network" and what its help says: a part of the table in commands.c.
 */
#include "commands.h"

#define MEMBER(m) offsetof(struct args, m)

static const struct option opt_state = {
    "state", OPTION_FILE, MEMBER(state),
    0,       "DIR",       "The network's directory; required, but for check with a FILE.",
    0,       0,           NULL,
    NULL
};
static const struct option opt_name = {
    "name", OPTION_TEXT, MEMBER(name),
    0,      "NAME",      "create: the network's name. import: that of our provisioner.",
    0,      0,           NULL,
    NULL
};
static const struct option opt_range = {
    "range",
    OPTION_TEXT,
    MEMBER(range),
    0,
    "LOW-HIGH",
    "create, import: the unicast addresses of our provisioner, such as 0100-01ff.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_as = {
    "as", OPTION_TEXT, MEMBER(as),
    0,    "UUID",      "import: be this provisioner of FILE, which no other program is any more.",
    0,    0,           NULL,
    NULL
};
static const struct option opt_out = {
    "out", OPTION_FILE, MEMBER(out),
    0,     "FILE",      "export: write FILE, mode 0600, instead of standard output.",
    0,     0,           NULL,
    NULL
};
static const struct option opt_nodes = {
    "nodes", OPTION_TEXT, MEMBER(nodes),
    0,       "ADDR,...",  "export: these nodes alone, and the keys that they know.",
    0,       0,           NULL,
    NULL
};
static const struct option opt_no_device_keys = {
    "no-device-keys",
    OPTION_FLAG,
    MEMBER(no_device_keys),
    0,
    NULL,
    "export: leave the device keys out, without which nodes cannot be configured.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_show_keys = {
    "show-secrets", OPTION_FLAG, MEMBER(show_secrets), 0, NULL, "show: print keys as well.", 0, 0,
    NULL,           NULL
};

const struct option *const network_options[] = {
    &opt_state, &opt_name,           &opt_range,     &opt_as, &opt_out,
    &opt_nodes, &opt_no_device_keys, &opt_show_keys, NULL,
};

const char network_details[] =
    "create makes a network, which provision would do as well. show tells of its keys,\n"
    "provisioners and nodes.\n"
    "\n"
    "export writes it as a Mesh Configuration Database, the JSON file in which programs\n"
    "hand networks over to each other. It has the network's keys: keep it like them.\n"
    "With --nodes or --no-device-keys it is marked as partial.\n"
    "\n"
    "import reads such a FILE. Where there is no network yet, it becomes one, in which\n"
    "we are a provisioner of our own, with addresses that nobody has; or, with --as,\n"
    "one that is there. Where there is a network, FILE has to be of the same one, and\n"
    "is merged into it: what we have done stays, what others have done is taken over.\n"
    "A FILE that is wrong, or in conflict with what is there, is refused with the place\n"
    "of each fault, and nothing is changed.\n"
    "\n"
    "check reads FILE, or the network of --state, and tells all that is wrong.\n";
