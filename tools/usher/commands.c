/*
 * The table of verbs and options: what the parser, the help, the manual page and the completions
 * know.
 */
#include "commands.h"
#include "verbs.h"

#define MEMBER(m) offsetof(struct args, m)

/* Options that every verb has. */
static const struct option opt_json = {
    "json", OPTION_FLAG, MEMBER(json),
    0,      NULL,        "Print one JSON object a line on standard output.",
    0,      0,           NULL,
    NULL
};
static const struct option opt_help = {
    "help", OPTION_FLAG, MEMBER(help), 0, NULL, "Explain this verb.", 0, 0, NULL, NULL
};
const struct option *const common_options[] = { &opt_json, &opt_help, NULL };

/* Options of several verbs. */
static const struct option opt_radio = {
    "radio",
    OPTION_LIST,
    MEMBER(radios),
    0,
    "RADIO",
    "air:PATH, h4:PATH, h4:tcp:HOST:PORT, h4:/dev/ttyX, hci:N, serial:PATH; see \"usher help\".",
    0,
    1,
    NULL,
    NULL
};
const struct option opt_radios = {
    "radio",
    OPTION_LIST,
    MEMBER(radios),
    0,
    "RADIO",
    "A radio, as \"usher help\" lists them; may be repeated, to work over all of them.",
    0,
    0,
    NULL,
    NULL
};
const struct option opt_mtu = { "mtu",       OPTION_NUMBER,
                                MEMBER(mtu), 0,
                                "N",         "The ATT_MTU of GATT connections, 23 to 247 (247).",
                                23,          247,
                                NULL,        NULL };
static const struct option opt_proxy = {
    "proxy",
    OPTION_MAYBE,
    MEMBER(proxy),
    0,
    "[=ADDR]",
    "Use GATT alone, through the first proxy that is heard, or ADDR by its Node Identity.",
    0,
    0,
    NULL,
    NULL
};
const struct option opt_parallel = {
    "parallel", OPTION_NUMBER, MEMBER(parallel), 0, "N", "Links open at once, 1 to 64 (8).", 1, 64,
    "8",        NULL
};
static const struct option opt_loss = { "loss", OPTION_NUMBER, MEMBER(loss_pct),
                                        0,      "PCT",         "Receptions lost, in percent (0).",
                                        0,      100,           "0",
                                        NULL };
static const struct option opt_seed = {
    "seed",
    OPTION_NUMBER,
    MEMBER(seed),
    MEMBER(seed_given),
    "N",
    "Seed of the simulated air (1). The same seed gives the same air.",
    0,
    2147483647,
    "1",
    NULL
};
const struct option opt_pcap = { "pcap", OPTION_FILE, MEMBER(pcap),
                                 0,      "FILE",      "Write a capture that Wireshark reads.",
                                 0,      0,           NULL,
                                 NULL };
const struct option opt_show_secrets = {
    "show-secrets", OPTION_FLAG, MEMBER(show_secrets), 0, NULL, "Print device keys as well.", 0, 0,
    NULL,           NULL
};

const struct option opt_template = {
    "template",
    OPTION_FILE,
    MEMBER(template),
    0,
    "FILE",
    "What nodes are configured with; without it as lamps. See \"usher help configure\".",
    0,
    0,
    NULL,
    NULL
};

/* demo */
static const struct option opt_devices = {
    "devices", OPTION_NUMBER, MEMBER(devices),
    0,         "N",           "Devices at the site, 1 to 5000 (24).",
    1,         5000,          "24",
    NULL
};
static const struct option opt_demo_loss = {
    "loss", OPTION_NUMBER, MEMBER(loss_pct), 0, "PCT", "Receptions lost, in percent (10).", 0, 100,
    "10",   NULL
};
static const struct option opt_demo_seed = {
    "seed", OPTION_NUMBER, MEMBER(seed),
    0,      "N",           "Seed of everything random (1): the same seed gives the same output.",
    0,      2147483647,    "1",
    NULL
};
static const struct option opt_demo_state = {
    "state",
    OPTION_FILE,
    MEMBER(state),
    0,
    "DIR",
    "Keep the network in DIR as \"usher provision\" does; without it, in memory.",
    0,
    0,
    NULL,
    NULL
};
static const struct option *const demo_options[] = { &opt_devices,      &opt_parallel,
                                                     &opt_demo_loss,    &opt_demo_seed,
                                                     &opt_pcap,         &opt_demo_state,
                                                     &opt_show_secrets, NULL };

/* air */
static const struct option opt_listen = {
    "listen", OPTION_FILE, MEMBER(listen),
    0,        "PATH",      "The socket at which radios join; required.",
    0,        0,           NULL,
    NULL
};
static const struct option opt_dup = {
    "dup", OPTION_NUMBER, MEMBER(dup_pct),
    0,     "PCT",         "Receptions delivered twice, in percent (0).",
    0,     100,           "0",
    NULL
};
static const struct option opt_reorder = {
    "reorder",
    OPTION_NUMBER,
    MEMBER(reorder_pct),
    0,
    "PCT",
    "Receptions held back so that later ones overtake them, in percent (0).",
    0,
    100,
    "0",
    NULL
};
static const struct option opt_delay = {
    "delay", OPTION_NUMBER, MEMBER(delay_ms),
    0,       "MS",          "Delay of receptions, at random up to MS milliseconds (0).",
    0,       10000,         "0",
    NULL
};
static const struct option opt_meshd = {
    "meshd",
    OPTION_FILES,
    MEMBER(meshd),
    0,
    "PATH",
    "Join a bluetooth-meshd that runs with --io unit:PATH. May be repeated.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_hci = {
    "hci",
    OPTION_FILES,
    MEMBER(hci),
    0,
    "PLACE",
    "Bluetooth controllers for hosts, at PATH, tcp:HOST:PORT, pty or pty:LINK. May be repeated.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_hci_legacy = { "hci-legacy",
                                              OPTION_FLAG,
                                              MEMBER(hci_legacy),
                                              0,
                                              NULL,
                                              "These controllers have no extended advertising.",
                                              0,
                                              0,
                                              NULL,
                                              NULL };
static const struct option *const air_options[] = { &opt_listen,     &opt_loss,  &opt_dup,
                                                    &opt_reorder,    &opt_delay, &opt_seed,
                                                    &opt_pcap,       &opt_meshd, &opt_hci,
                                                    &opt_hci_legacy, NULL };

/* device */
static const struct option opt_uuid = {
    "uuid", OPTION_TEXT, MEMBER(uuid),
    0,      "HEX",       "The device's UUID, 32 digits; without it a random one.",
    0,      0,           NULL,
    NULL
};
static const struct option opt_count = {
    "count", OPTION_NUMBER, MEMBER(count), 0,   "N", "Devices in this process, 1 to 1000 (1).",
    1,       1000,          "1",           NULL
};
static const struct option opt_device_seed = {
    "seed",
    OPTION_NUMBER,
    MEMBER(seed),
    MEMBER(seed_given),
    "N",
    "Make the random UUIDs from this number, so that another run has the same.",
    0,
    2147483647,
    NULL,
    NULL
};
static const struct option opt_device_oob = {
    "oob", OPTION_LIST, MEMBER(oob),
    0,     "KIND",      "What the device can do to authenticate; may be repeated. KIND: see above.",
    0,     0,           NULL,
    NULL
};
static const struct option opt_private_key = {
    "pubkey-oob",
    OPTION_FILE,
    MEMBER(pubkey_oob),
    0,
    "FILE",
    "The private key (PEM, or 64 digits) of a public key known out of band; made if missing.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_alg = { "alg",
                                       OPTION_WORD,
                                       MEMBER(algorithm),
                                       0,
                                       "ALGORITHM",
                                       "Algorithms offered: cmac, hmac or both (both).",
                                       0,
                                       0,
                                       "both",
                                       "cmac hmac both" };
static const struct option opt_uri = {
    "uri",
    OPTION_TEXT,
    MEMBER(uri),
    0,
    "URI",
    "A URI to advertise beside the beacon, such as https://example.com/a1; 28 octets at most.",
    0,
    0,
    NULL,
    NULL
};
static const struct option opt_device_state = {
    "state", OPTION_FILE, MEMBER(state),
    0,       "DIR",       "Keep each device's node in DIR/UUID, so that it survives a restart.",
    0,       0,           NULL,
    NULL
};
static const struct option opt_elements = {
    "elements", OPTION_NUMBER, MEMBER(elements),
    0,          "N",           "Elements of each device, 1 to 255 (1).",
    1,          255,           "1",
    NULL
};
static const struct option opt_exit = {
    "exit", OPTION_FLAG, MEMBER(exit_when_done),
    0,      NULL,        "End when all devices are provisioned, instead of at Ctrl-C.",
    0,      0,           NULL,
    NULL
};
static const struct option opt_device_bearer = {
    "bearer",
    OPTION_WORD,
    MEMBER(bearer),
    0,
    "BEARER",
    "Where it can be provisioned: adv, gatt or both (both, if the radio has GATT).",
    0,
    0,
    NULL,
    "adv gatt both"
};
static const struct option *const device_options[] = {
    &opt_radio,       &opt_uuid,          &opt_count, &opt_device_seed,  &opt_device_oob,
    &opt_private_key, &opt_alg,           &opt_uri,   &opt_device_state, &opt_elements,
    &opt_exit,        &opt_device_bearer, &opt_mtu,   &opt_show_secrets, NULL
};

/* serial */
static const struct option opt_tty = {
    "tty", OPTION_TEXT, MEMBER(tty),
    0,     "PLACE",     "/dev/ttyX[@BAUD[,rtscts]], a pty or a socket; 115200 baud without BAUD.",
    0,     0,           NULL,
    NULL
};
static const struct option opt_serial_for = {
    "for", OPTION_TIME, MEMBER(for_ms),
    0,     "T",         "Print events for this long after the answer to raw (300ms).",
    0,     0,           NULL,
    NULL
};
static const struct option *const serial_options[] = { &opt_tty, &opt_serial_for, &opt_show_secrets,
                                                       NULL };

/* serial-device */
static const struct option opt_line = {
    "line", OPTION_TEXT, MEMBER(line),
    0,      "LINE",      "The line to the host: pty, pty:LINK, unix:PATH or /dev/ttyX.",
    0,      0,           NULL,
    NULL
};
static const struct option *const serial_device_options[] = { &opt_radio, &opt_line, NULL };

/* scan */
static const struct option opt_scan_for = {
    "for", OPTION_TIME, MEMBER(for_ms),
    0,     "T",         "Listen for this long, such as 10s; without it until Ctrl-C.",
    0,     0,           NULL,
    NULL
};
const struct option opt_uuid_prefix = { "uuid-prefix",
                                        OPTION_TEXT,
                                        MEMBER(uuid_prefix),
                                        0,
                                        "HEX",
                                        "Only devices whose UUID begins so.",
                                        0,
                                        0,
                                        NULL,
                                        NULL };
const struct option opt_rssi = {
    "rssi",       OPTION_SIGNED,
    MEMBER(rssi), 0,
    "DBM",        "Only beacons that are at least this strong, such as --rssi -70.",
    -127,         20,
    "-127",       NULL
};
static const struct option *const scan_options[] = { &opt_radios, &opt_scan_for, &opt_uuid_prefix,
                                                     &opt_rssi, NULL };

/* configure, and what is done with nodes */
static const struct option opt_network = {
    "state", OPTION_FILE, MEMBER(state), 0,   "DIR", "The network's directory; required.",
    0,       0,           NULL,          NULL
};
static const struct option opt_all_nodes = {
    "all", OPTION_FLAG, MEMBER(all), 0, NULL, "All nodes that are provisioned.", 0, 0, NULL, NULL
};
static const struct option opt_at_once = { "parallel",
                                           OPTION_NUMBER,
                                           MEMBER(parallel),
                                           0,
                                           "N",
                                           "Nodes at work at once, 1 to 64 (8).",
                                           1,
                                           64,
                                           "8",
                                           NULL };
static const struct option opt_node_retry = {
    "retry", OPTION_NUMBER, MEMBER(retries),
    0,       "N",           "Further attempts at a node that does not answer (3).",
    0,       100,           "3",
    NULL
};
static const struct option opt_name = {
    "name", OPTION_TEXT, MEMBER(name), 0, "NAME", "Name the node in the registry.", 0, 0, NULL, NULL
};
static const struct option *const configure_options[] = {
    &opt_radio, &opt_network, &opt_all_nodes, &opt_template, &opt_at_once, &opt_node_retry,
    &opt_name,  &opt_proxy,   &opt_mtu,       &opt_pcap,     NULL
};

static const struct option opt_all_records = {
    "all", OPTION_FLAG, MEMBER(all),
    0,     NULL,        "Also those that have left, and whose addresses stay out of use.",
    0,     0,           NULL,
    NULL
};
static const struct option *const nodes_options[] = { &opt_network, &opt_all_records, NULL };
static const struct option *const show_options[] = { &opt_network, NULL };

static const struct option opt_appkey = {
    "appkey",
    OPTION_NUMBER,
    MEMBER(appkey),
    MEMBER(appkey_given),
    "INDEX",
    "The AppKey to ask with; without it the first that the model was bound to, or 0 for a group.",
    0,
    4095,
    NULL,
    NULL
};
static const struct option opt_seconds = {
    "attention", OPTION_NUMBER, MEMBER(attention_s),
    0,           "S",           "For how many seconds, 0 to 255 (10); 0 ends it.",
    0,           255,           "10",
    NULL
};
static const struct option *const identify_options[] = { &opt_radio,  &opt_network, &opt_seconds,
                                                         &opt_appkey, &opt_proxy,   &opt_mtu,
                                                         &opt_pcap,   NULL };
static const struct option *const onoff_options[] = { &opt_radio, &opt_network, &opt_appkey,
                                                      &opt_proxy, &opt_mtu,     &opt_pcap,
                                                      NULL };

static const struct option opt_force = {
    "force", OPTION_FLAG, MEMBER(force),
    0,       NULL,        "Record it as removed even if it does not answer.",
    0,       0,           NULL,
    NULL
};
static const struct option *const remove_options[] = { &opt_radio, &opt_network, &opt_force,
                                                       &opt_proxy, &opt_mtu,     &opt_pcap,
                                                       NULL };

static const struct option opt_watch_for = {
    "for", OPTION_TIME, MEMBER(for_ms),
    0,     "T",         "Watch for this long, such as 10s; without it until Ctrl-C.",
    0,     0,           NULL,
    NULL
};
static const struct option *const watch_options[] = { &opt_radio, &opt_network, &opt_watch_for,
                                                      &opt_proxy, &opt_mtu,     &opt_pcap,
                                                      NULL };

/* decode */
static const struct option opt_keys = {
    "keys", OPTION_FILE, MEMBER(keys),
    0,      "FILE",      "The network's keys: a Configuration Database, or the like; see above.",
    0,      0,           NULL,
    NULL
};
static const struct option opt_decode_secrets = { "show-secrets",
                                                  OPTION_FLAG,
                                                  MEMBER(show_secrets),
                                                  0,
                                                  NULL,
                                                  "Print the keys in messages as well.",
                                                  0,
                                                  0,
                                                  NULL,
                                                  NULL };
static const struct option opt_decode_state = {
    "state", OPTION_FILE, MEMBER(state), 0,   "DIR", "The network's directory, for its keys.",
    0,       0,           NULL,          NULL
};
static const struct option *const decode_options[] = { &opt_keys, &opt_decode_state,
                                                       &opt_decode_secrets, NULL };

/* doctor */
static const struct option opt_doctor_state = {
    "state",
    OPTION_FILE,
    MEMBER(state),
    0,
    "DIR",
    "Look at a network's directory: whether it can be written to, and who can read it.",
    0,
    0,
    NULL,
    NULL
};
static const struct option *const doctor_options[] = { &opt_radios, &opt_mtu, &opt_doctor_state,
                                                       NULL };

const struct command commands[] = {
    { "demo", NULL, 0, 0, NULL, "commission a simulated site in one process",
      "A site of lamps with mixed means of authentication is commissioned over the\n"
      "simulated air, in virtual time: no radio is needed, and seconds are\n"
      "simulated. What a person would do at the site (read a display, count the\n"
      "blinks of a lamp, push a button) the demo does itself, after half a second\n"
      "to two seconds. Each lamp is configured as soon as it is provisioned, while\n"
      "others are being provisioned. In the end the device key of each device is\n"
      "compared with the provisioner's, and the group of all lamps is switched on.\n",
      demo_options, verb_demo },
    { "air", NULL, 0, 0, NULL, "serve a simulated air that processes share",
      "Other verbs join it with --radio air:PATH. Time is real. Ctrl-C ends it.\n"
      "\n"
      "--hci serves simulated Bluetooth controllers that are on this air, for any host\n"
      "that speaks HCI (H4), such as --radio h4:PATH: each connection to a socket is a\n"
      "controller of its own, and a pty is one for whoever opens it. With port 0, or a\n"
      "pty, what it got is printed.\n",
      air_options, verb_air },
    { "device", NULL, 0, 0, NULL, "be one or many devices",
      "Each device is a lamp. It beacons, lets itself be provisioned, and lives on as a\n"
      "node with a Configuration Server, a Health Server and, on each element, a\n"
      "Generic OnOff Server, until Ctrl-C; after a Node Reset it beacons again. With\n"
      "--state, the next run goes on with the node that it was. KIND of --oob is one of\n"
      "\n"
      "  none                  no authentication\n"
      "  static:HEX            1 to 32 octets that the provisioner knows\n"
      "  output:ACTION:SIZE    the device shows a value: ACTION is blink, beep,\n"
      "                        vibrate, numeric or alphanumeric\n"
      "  input:ACTION:SIZE     the device asks for a value: ACTION is push, twist,\n"
      "                        numeric or alphanumeric\n"
      "\n"
      "with a SIZE of 1 to 8 digits or characters. Values that a device asks for are\n"
      "read from standard input: VALUE while one is asked for, UUIDPREFIX VALUE else.\n",
      device_options, verb_device },
    { "serial", "version|echo|reset|raw ...", 1, ARGS_LIST_MAX, "version echo reset raw",
      "ask a device with the serial interface",
      "version tells whether it has our extensions, and how many sessions at once; echo\n"
      "sends TEXT there and back; reset restarts it; raw HEX... sends an opcode and its\n"
      "parameters, and prints the answer and the events that follow. To provision with\n"
      "it, give it to the other verbs: --radio serial:PLACE. With ,ecdh=device at the end\n"
      "of PLACE the device computes the ECDH itself, with ,slip the line is SLIP's.\n",
      serial_options, verb_serial },
    { "serial-device", NULL, 0, 0, NULL, "be a radio for a host on a serial line",
      "The serial interface of the nRF5 SDK for Mesh, version 10, with additions: a host\n"
      "provisions devices through it, speaks with nodes, or has it provisioned. It stores\n"
      "nothing; the host keeps what it is told to, and restores it. The line is a pseudo\n"
      "terminal, to which a link can be made, a socket for one host at a time, or a\n"
      "serial device, at 115200 baud with RTS and CTS. Where it is, is printed.\n",
      serial_device_options, verb_serial_device },
    { "scan", NULL, 0, 0, NULL, "list unprovisioned devices as they are heard",
      "Each device is printed once for each bearer, when it is first heard there.\n", scan_options,
      verb_scan },
    { "provision", "UUID, --all, --auto or --batch", 0, 1, NULL,
      "provision one device, all that are heard, or a plan", provision_details, provision_options,
      verb_provision },
    { "configure", "ADDR or --all", 0, 1, NULL, "configure nodes by a template",
      "Each node is asked for its composition, then given keys, bindings,\n"
      "subscriptions and publication, several nodes at once. What a node has\n"
      "acknowledged is recorded. To run it again does no harm: it tells the nodes the\n"
      "same once more. --all leaves out nodes of which it is not known whether they\n"
      "took their address.\n"
      "\n"
      "A template is JSON. All of it is optional, but for what has no sense without:\n"
      "\n"
      "  { \"appkeys\": [0],\n"
      "    \"ttl\": 5,\n"
      "    \"beacon\": true,\n"
      "    \"relay\": {\"state\": true, \"count\": 2, \"interval\": \"20ms\"},\n"
      "    \"network_transmit\": {\"count\": 2, \"interval\": \"20ms\"},\n"
      "    \"models\": [\n"
      "      { \"model\": \"1000\", \"element\": 0, \"bind\": [0],\n"
      "        \"publish\": {\"address\": \"c000\", \"appkey\": 0, \"ttl\": 5,\n"
      "                    \"period\": \"10s\",\n"
      "                    \"retransmit\": {\"count\": 2, \"interval\": \"50ms\"}},\n"
      "        \"subscribe\": [\"c000\"] } ] }\n"
      "\n"
      "AppKeys that the network does not have are made. A model is its id, or company\n"
      "and id (\"05c30001\"); it is configured on every element that has it, or on\n"
      "\"element\" alone, counted from 0, and left out on nodes without it. An address\n"
      "has 4 digits; 32 digits are the label of a virtual address. Without --template,\n"
      "AppKey 0 is bound to the Health Server and to every Generic OnOff Server, and\n"
      "the latter are subscribed to the group 0xc000.\n",
      configure_options, verb_configure },
    { "network", "create, show, export, import FILE or check [FILE]", 1, 2,
      "create show export import check", "make a network, show it, export and import it",
      network_details, network_options, verb_network },
    { "nodes", NULL, 0, 0, NULL, "list the network's nodes", NULL, nodes_options, verb_nodes },
    { "show", "ADDR", 1, 1, NULL, "tell what is known of a node",
      "Its elements and models, and what it has acknowledged of its configuration.\n", show_options,
      verb_show },
    { "identify", "ADDR", 1, 1, NULL, "let a node attract attention",
      "By its Health Server: the node blinks, beeps, or whatever it can.\n", identify_options,
      verb_identify },
    { "onoff", "ADDR on, off or get", 2, 2, "on off get", "switch a lamp or a group, or ask it",
      "ADDR is that of an element or of a group. A lamp is asked until it answers. A\n"
      "message to a group is repeated, and nobody answers it; with get, the lamps that\n"
      "answer within three seconds are listed, 64 at most.\n",
      onoff_options, verb_onoff },
    { "watch", "[GROUP]...", 0, ARGS_LIST_MAX, NULL, "tell what nodes publish",
      "Lamps (Generic OnOff Status) and faults (Health Current Status), published to\n"
      "the provisioner's own address or to a GROUP.\n",
      watch_options, verb_watch },
    { "remove", "ADDR", 1, 1, NULL, "reset a node, so that it leaves the network",
      "Its addresses are out of use for two IV updates. Who took the node away may\n"
      "still have the network's keys.\n",
      remove_options, verb_remove },
    { "decode", "FILE", 1, 1, "@files", "explain a capture in words",
      "FILE is a capture (pcap or pcapng) of what is on the air, or of what a host and\n"
      "its controller tell each other, such as --pcap writes; - is standard input. One\n"
      "line says when a packet was there, how strong, from whom, and what it is;\n"
      "repeats of ten seconds are counted in the line of the first. In the end comes\n"
      "how each provisioning went: its end, the time of each phase, repeats.\n"
      "\n"
      "Messages of a network are read with its keys. --state takes them from where the\n"
      "network is kept, --keys from a Configuration Database, which is JSON, or a file\n"
      "with some of its members, such as\n"
      "\n"
      "  { \"netKeys\": [ {\"index\": 0, \"key\": \"7dd7364cd842ad18c17c2b820c84c3d6\"} ],\n"
      "    \"appKeys\": [ {\"index\": 0, \"boundNetKey\": 0, \"key\": \"63964771...\"} ],\n"
      "    \"nodes\": [ {\"unicastAddress\": \"0002\", \"elements\": 1,\n"
      "                 \"deviceKey\": \"9d6dd0e9...\"} ],\n"
      "    \"groups\": [ {\"address\": \"the 32 digits of a label\"} ],\n"
      "    \"ivIndex\": 0 }\n",
      decode_options, verb_decode },
    { "doctor", NULL, 0, 0, NULL, "tell what this machine offers, and what is in the way",
      "Libraries, Bluetooth controllers and who holds them, serial ports, randomness and\n"
      "clock, programs for captures; each with what to do. With --radio the radio is\n"
      "opened, to see whether it can be used; with --state the directory of a network is\n"
      "looked at. It fails if what was named cannot be used.\n",
      doctor_options, verb_doctor },
    { "help", "[VERB]", 0, 1, "@verbs", "explain the tool or a verb", NULL, NULL, verb_help },
    { "completion", "bash, zsh or fish", 1, 1, "bash zsh fish", "print completion for a shell",
      "For bash: . <(usher completion bash). For zsh: usher completion zsh into a\n"
      "file _usher of a directory in fpath. For fish: usher completion fish | source.\n",
      NULL, verb_completion },
    { "man", NULL, 0, 0, NULL, "print the manual page", NULL, NULL, verb_man },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
