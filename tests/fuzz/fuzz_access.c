/*
 * A whole node that is told messages, as transport tells them: with the device key of either side
 * or an AppKey, to an element or a group, most of them with an opcode that a model has and a length
 * that it takes, some of octets of no meaning; and questions of its clients, to which such messages
 * may be answers. Storage fails now and then.
 *
 * Checked: after each message the node's state is one that there can be; each question ends once;
 * and what storage has in the end is loaded by another node into the same state.
 */
#include "meshnode.h"

#include "model.h"
#include "transport_parts.h"

#include <string.h>

#define REQUESTS 3
#define STORE_MS 3000u     /* what failed is tried again */
#define QUESTION_MS 60000u /* all tries of a question that nobody answers */

struct game {
    struct fuzz_input in;
    struct kv kv;
    struct meshnode node;
    struct usher_request request[REQUESTS];
    bool asked[REQUESTS];
    struct usher_sar_config sar; /* as a node begins with it */
};

/* -- messages ---------------------------------------------------------------------------------- */

static uint16_t pick_dst(struct game *g, unsigned what)
{
    switch (what & 7) {
    case 0:
        return MESHNODE_ADDRESS + 1;
    case 1:
        return USHER_ADDR_ALL_NODES;
    case 2:
        return fuzz_u16(&g->in);
    default:
        return MESHNODE_ADDRESS;
    }
}

static uint16_t pick_key(unsigned what)
{
    switch (what & 7) {
    case 0:
        return MESHNODE_APPKEY + 1;
    case 1:
    case 2:
        return MESHNODE_APPKEY;
    case 3:
        return USHER_KEY_REMOTE_DEVICE;
    default:
        return USHER_KEY_DEVICE;
    }
}

/* A row of some model's table; its opcode, and a length that it takes or just does not. */
static size_t make_message(struct game *g, uint8_t data[USHER_ACCESS_MAX])
{
    uint8_t which = fuzz_u8(&g->in), row = fuzz_u8(&g->in), more = fuzz_u8(&g->in);
    const struct usher_model *model = access_each(&g->node.mesh, which % MESHNODE_MODELS);
    const struct usher_opcode *o = &model->opcodes[row % model->opcode_count];
    size_t opcode_len = access_opcode_write(o->opcode, data), len = o->len_min;

    if ((which & 0x80) != 0) { /* any octets */
        opcode_len = 0;
        len = 1;
    }
    len += (which & 0x40) != 0 ? more : more % (o->len_max - o->len_min + 1u);
    len = len < USHER_ACCESS_MAX - opcode_len ? len : USHER_ACCESS_MAX - opcode_len;
    fuzz_copy(&g->in, data + opcode_len, len);
    return opcode_len + len;
}

/* Where reassembled messages wait: transport tells it in its turn, as if segments had come. */
static void hear(struct game *g)
{
    struct usher_net *net = &g->node.mesh.net;
    struct usher_sar_rx *r = sar_rx_claim(net);
    uint8_t what = fuzz_u8(&g->in), key = fuzz_u8(&g->in);

    FUZZ_CHECK(r != NULL);
    memset(r, 0, sizeof(*r));
    r->src = (key & 0x80) != 0 ? 0x0301 : MESHNODE_PEER;
    r->dst = pick_dst(g, what);
    r->key = pick_key(key);
    r->net_index = what >> 6 & 1;
    r->ttl = what >> 3 & 7;
    if (usher_is_virtual(r->dst)) {
        r->label = net->directory->label(net->directory_ctx, r->dst, 0);
    }
    r->len = (uint16_t)make_message(g, r->data);
    if (r->dst == USHER_ADDR_UNASSIGNED || (usher_is_virtual(r->dst) && r->label == NULL)) {
        return;
    }
    r->complete = true;
    r->ready = true;
    r->used = true;
    usher_process(&g->node.wire.end[0].node);
}

/* -- questions --------------------------------------------------------------------------------- */

static void on_done(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct game *g = user;
    struct usher_config_msg msg;
    bool *asked = &g->asked[request - g->request];

    FUZZ_CHECK(*asked && (answer->err == USHER_OK) == (answer->message != NULL));
    *asked = false;
    if (answer->message != NULL) {
        (void)usher_config_read(answer->message, &msg);
    }
}

static enum usher_err ask_config(struct game *g, struct usher_request *request)
{
    const struct usher_model *server = &g->node.config_server.model;
    struct usher_config_msg msg = {
        .opcode = server->opcodes[fuzz_u8(&g->in) % server->opcode_count].opcode,
        .element = MESHNODE_PEER,
        .company = USHER_SIG,
        .model = fuzz_u16(&g->in),
        .net_index = fuzz_u8(&g->in) & 1,
        .address = fuzz_u16(&g->in),
        .state = fuzz_u8(&g->in),
    };

    return usher_config_ask(&g->node.config_client, request, MESHNODE_PEER, 0, &msg);
}

static void ask(struct game *g, unsigned n)
{
    unsigned i = n % REQUESTS;
    struct usher_target target = { .dst = MESHNODE_PEER, .key = MESHNODE_APPKEY, .ttl = 255 };
    uint8_t value = fuzz_u8(&g->in);
    enum usher_err err;

    if (g->asked[i]) {
        return;
    }
    g->request[i] = (struct usher_request){ .done = on_done, .user = g };
    switch (n >> 2) {
    case 0:
        err = usher_onoff_set(&g->node.onoff_client, &g->request[i], &target, value & 1, value, 1);
        break;
    case 1:
        err = usher_health_fault_test(&g->node.health_client, &g->request[i], &target, value, 1);
        break;
    default:
        err = ask_config(g, &g->request[i]);
        break;
    }
    g->asked[i] = err == USHER_OK;
}

/* All that wait get an end, unless a SAR state was set: then it may take hours. */
static void end_questions(struct game *g)
{
    bool patient = memcmp(&g->node.mesh.net.sar, &g->sar, sizeof(g->sar)) != 0;

    for (unsigned i = 0; i < REQUESTS && !patient; i++) {
        meshnode_pass(&g->node, g->asked[i] ? QUESTION_MS : 0);
        FUZZ_CHECK(!g->asked[i] || usher_mesh_address(&g->node.mesh) == USHER_ADDR_UNASSIGNED);
    }
}

/* -- the run ----------------------------------------------------------------------------------- */

static void act(struct game *g, unsigned n)
{
    switch (n & 3) {
    case 0:
        usher_onoff_server_set(&g->node.onoff_server, (n & 4) != 0);
        break;
    case 1:
        usher_health_fault_set(&g->node.health_server, fuzz_u8(&g->in) | 1, (n & 4) != 0);
        break;
    case 2:
        usher_iv_test_mode(&g->node.mesh, true);
        (void)usher_iv_update(&g->node.mesh);
        break;
    default:
        g->kv.failures = n;
        break;
    }
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in), n = operation >> 4;

    if (usher_mesh_address(&g->node.mesh) == USHER_ADDR_UNASSIGNED) {
        memset(g->asked, 0, sizeof(g->asked)); /* a reset forgets questions */
        meshnode_provision(&g->node);
        if (usher_mesh_address(&g->node.mesh) == USHER_ADDR_UNASSIGNED) {
            return;
        }
    }
    switch (operation & 7) {
    case 0:
        meshnode_pass(&g->node, (uint64_t)n * n * n); /* up to 3.4 s */
        break;
    case 1:
        ask(g, n);
        break;
    case 2:
        act(g, n);
        break;
    default:
        hear(g);
        break;
    }
    meshnode_check(&g->node);
}

/* Storage has no more failures, and time to be tried again. */
static void finish(struct game *g)
{
    static struct meshnode loaded;
    static struct kv kv;
    bool node;

    g->kv.failures = 0;
    meshnode_pass(&g->node, STORE_MS);
    end_questions(g);
    node = usher_mesh_address(&g->node.mesh) != USHER_ADDR_UNASSIGNED;
    meshnode_check(&g->node);
    kv = g->kv;
    meshnode_init(&loaded, &kv);
    FUZZ_CHECK(usher_mesh_load(&loaded.mesh) == (node ? USHER_OK : USHER_E_NOT_FOUND));
    meshnode_check(&loaded);
    if (node) {
        meshnode_check_same(&g->node, &loaded);
    }
    meshnode_leave(&loaded);
    meshnode_leave(&g->node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    meshnode_init(&g->node, &g->kv);
    g->sar = g->node.mesh.net.sar;
    while (g->in.left > 0) {
        operate(g);
    }
    finish(g);
    return 0;
}
