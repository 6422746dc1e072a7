/*
 * The options of "usher provision" and what its help says: a part of the table in commands.c.
 */
#include "commands.h"

#define MEMBER(m) offsetof(struct args, m)

static const struct option opt_state = {
    "state",
    OPTION_FILE,
    MEMBER(state),
    0,
    "DIR",
    "The network's directory: keys, addresses, nodes. Made if missing; required.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_all = { "all", OPTION_FLAG, MEMBER(all),
                                       0,     NULL,        "Provision every device that is heard.",
                                       0,     0,           NULL,
                                       NULL };
static const struct option opt_provision_for = {
    "for", OPTION_TIME, MEMBER(for_ms), 0,   "T", "How long to listen for devices; see above.",
    0,     0,           NULL,           NULL
};
static const struct option opt_oob = {
    "oob",
    OPTION_LIST,
    MEMBER(oob),
    0,
    "KIND",
    "How devices may be authenticated: none, output, input, static:HEX; may be repeated.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_public_key = {
    "pubkey-oob",
    OPTION_FILE,
    MEMBER(pubkey_oob),
    0,
    "FILE",
    "The device's public key, known out of band (PEM, or 128 digits).",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_attention = {
    "attention", OPTION_NUMBER, MEMBER(attention_s),
    0,           "S",           "Let the device attract attention for S seconds (0).",
    0,           255,           "0",
    NULL
};
static const struct option opt_retry = {
    "retry",
    OPTION_NUMBER,
    MEMBER(retries),
    0,
    "N",
    "Further attempts at a device that failed for a reason that may pass (3).",
    0,
    100,
    "3",
    NULL
};
static const struct option opt_require_secure = {
    "require-secure",
    OPTION_FLAG,
    MEMBER(require_secure),
    0,
    NULL,
    "Refuse devices that an attacker on the air could pose as; see above.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_configure = {
    "configure",
    OPTION_FLAG,
    MEMBER(configure),
    0,
    NULL,
    "Configure each device as soon as it is provisioned; --template implies it.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_bearer = {
    "bearer",
    OPTION_WORD,
    MEMBER(bearer),
    0,
    "BEARER",
    "adv, gatt, or auto (auto): PB-GATT for devices that are not heard on PB-ADV.",
    0,
    0,
    NULL,
    "adv gatt auto"
};
static const struct option opt_auto = {
    "auto", OPTION_FLAG, MEMBER(automatic),
    0,      NULL,        "Provision every device that is heard during --for.",
    0,      0,           NULL,
    NULL
};
static const struct option opt_batch = {
    "batch", OPTION_FILE, MEMBER(batch), 0,   "FILE", "Provision the devices of a plan; see above.",
    0,       0,           NULL,          NULL
};
static const struct option opt_dry_run = {
    "dry-run",
    OPTION_FLAG,
    MEMBER(dry_run),
    0,
    NULL,
    "Only print who of the plan would get which address, and what is in the way.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_resume = {
    "resume", OPTION_FLAG, MEMBER(resume),
    0,        NULL,        "Go on with what an earlier run has begun and not finished.",
    0,        0,           NULL,
    NULL
};
static const struct option opt_oob_book = {
    "oob-book",
    OPTION_FILES,
    MEMBER(oob_book),
    0,
    "FILE",
    "Static values and public keys by UUID (CSV); may be repeated.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_qr = {
    "qr",       OPTION_FILES,
    MEMBER(qr), 0,
    "FILE",     "The same from the QR codes of labels, one a line; may be repeated.",
    0,          0,
    NULL,       NULL
};
static const struct option opt_max_failures = {
    "max-failures",
    OPTION_NUMBER,
    MEMBER(max_failures),
    0,
    "N",
    "Failed authentications in a row after which a device is locked (5); 0: never.",
    0,
    1000,
    "5",
    NULL
};
static const struct option opt_unlock = {
    "unlock", OPTION_TEXT, MEMBER(unlock), 0,   "UUID", "Forget how often that device failed.",
    0,        0,           NULL,           NULL
};
const struct option *const provision_options[] = {
    &opt_radios,      &opt_state,          &opt_all,
    &opt_auto,        &opt_batch,          &opt_provision_for,
    &opt_uuid_prefix, &opt_rssi,           &opt_dry_run,
    &opt_resume,      &opt_parallel,       &opt_oob,
    &opt_public_key,  &opt_oob_book,       &opt_qr,
    &opt_attention,   &opt_retry,          &opt_max_failures,
    &opt_unlock,      &opt_require_secure, &opt_configure,
    &opt_template,    &opt_bearer,         &opt_mtu,
    &opt_pcap,        &opt_show_secrets,   NULL
};

const char provision_details[] =
    "With a UUID, the device is looked for during --for (30s). With --all, devices\n"
    "are taken as they are heard, until nothing new was heard for ten seconds and\n"
    "none is under way; with --for, for that long, and then those under way are\n"
    "finished. --auto is --all with a --for that has to be given. It is no failure if\n"
    "they hear no device. --uuid-prefix and --rssi narrow both down. After a run that\n"
    "was killed, all listen for 70s at least: the devices that it was in the middle of\n"
    "wait for it for a minute before they can be heard again.\n"
    "\n"
    "With --batch, the devices of a plan are taken. It is CSV, or JSON: a list of\n"
    "objects with the same names. Only uuid has to be there:\n"
    "\n"
    "  uuid,address,elements,name,oob,template\n"
    "  00112233445547788899aabbccddee01,0x0100,2,\"Hall, left\",static:0f3a...,lamp.json\n"
    "  00112233-4455-4778-8899-aabbccddee02,,,Stairs,output none,\n"
    "  fe01*,,,,,sensor.json\n"
    "\n"
    "A UUID that ends with * is for all devices that begin so, and have no line of\n"
    "their own. A device without an address gets the next free one, and none of the\n"
    "plan's. elements helps to find overlaps; without it, one is counted. oob is as\n"
    "the option, with blanks between several. A template is a file, relative to the\n"
    "plan; devices without one are configured only with --configure or --template.\n"
    "--dry-run prints who would get which address, and all that is wrong, without a\n"
    "radio. The run ends when all of the plan are done, or nothing new was heard for\n"
    "30s (70s with --resume); who was not heard has failed.\n"
    "\n"
    "A plan can be run again: what it has done is passed over. --resume also goes on\n"
    "with what was begun: nodes that are not configured are, and those of which it is\n"
    "not known whether they took their address are asked. A device that is a node with\n"
    "another address than the plan's keeps it.\n"
    "\n"
    "--oob-book is CSV with the columns uuid, static and public_key, in hexadecimal\n"
    "digits. --qr has what is in the QR codes of labels, one a line, as one of\n"
    "\n"
    "  https://example.com/any?uuid=HEX&oob=HEX     the query of a URI\n"
    "  {\"uuid\": \"HEX\", \"oob\": \"HEX\"}\n"
    "  UUID:HEX;OOB:HEX;\n"
    "  HEX HEX                                      the UUID, the static value\n"
    "\n"
    "where oob may be called static or static_oob as well, and a public key is\n"
    "public_key, pubkey or pk. Values that are no secret are warned of: all zero, made\n"
    "from the UUID, the same for several devices, counting, text, or short ones.\n"
    "\n"
    "The state directory has the network key, every address that was given and every\n"
    "device key, written before a device is told them. No two nodes have an address,\n"
    "however a run ended: a device that comes back unprovisioned gets a new one, and\n"
    "the old one is out of use for two IV updates. After Ctrl-C, or worse, another\n"
    "run goes on with the rest; with --all and --configure it also configures the\n"
    "nodes that the first one did not come to, and asks those first of which it is\n"
    "not known whether they took their data.\n"
    "\n"
    "Without --oob, devices may be authenticated by output, by input or not at all,\n"
    "and what a device can do best is taken. A value that a device shows is asked\n"
    "for: type VALUE while one is asked for, UUIDPREFIX VALUE else.\n"
    "\n"
    "A device whose authentication fails is left alone for a second, then two, four\n"
    "and so on up to a minute; after --max-failures in a row it is locked, in later\n"
    "runs as well. To unlock it takes --unlock UUID, with --state and no radio. A new\n"
    "value alone does not, since an attacker cannot be told from a wrong label.\n"
    "\n"
    "A radio with GATT hears devices on two bearers. With --bearer auto, one that is\n"
    "heard on PB-GATT is waited for on PB-ADV for a few seconds, which is quicker with\n"
    "many links at once.\n"
    "\n"
    "With several --radio, which may be of different kinds, links are spread over all\n"
    "of them: --parallel is the total, and each radio has an equal share. A device is\n"
    "taken by the radio that hears it best; one with a free link that hears it up to\n"
    "12 dB weaker goes before a busy one. A further attempt may be over another radio.\n"
    "When a radio is lost, its devices go on over the others, once they are heard\n"
    "there. The provisioner's own node, which configures, is on the first radio.\n"
    "\n"
    "--require-secure takes a device only if its public key is known out of band, or\n"
    "if it is authenticated with the HMAC-SHA-256 algorithm. (The older CMAC\n"
    "algorithm lets an attacker guess short values, and alter long ones.)\n";
