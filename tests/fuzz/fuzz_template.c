/*
 * Templates: the input is the file. What is refused is told in a line; what is read is in range,
 * and what it means for a node can be said in Configuration messages and recorded.
 */
#include "fuzz.h"
#include "fuzz_file.h"

#include "config_pdu.h"
#include "plan.h"

#include <string.h>

/* Three elements: the corpus has their models. */
static const uint8_t page0[] = { 0x34, 0x12, 1,    0,    1, 0,  8,    0,    0,    0, /* */
                                 0,    0,    3,    1,    0, 0,  2,    0,    0,    16,
                                 0xC3, 0x05, 0x01, 0x00,        /* */
                                 0,    0,    1,    0,    0, 16, /* */
                                 0,    0,    1,    1,    2, 16, 0xC3, 0x05, 0x02, 0x00 };

static void check_address(const struct template_address *a, bool group)
{
    FUZZ_CHECK(!usher_is_virtual(a->address));
    FUZZ_CHECK(!group || a->address == 0 || usher_is_group(a->address));
}

static void check_model(const struct node_template *t, const struct template_model *m)
{
    FUZZ_CHECK(m->bind_count <= TEMPLATE_BINDINGS && m->subscribe_count <= TEMPLATE_SUBSCRIPTIONS);
    FUZZ_CHECK(m->element >= TEMPLATE_LEAVE && m->element < 255);
    for (size_t i = 0; i < m->subscribe_count; i++) {
        check_address(&m->subscribe[i], true);
    }
    if (m->publishes) {
        size_t keys = 0;

        check_address(&m->publish.to, false);
        for (size_t i = 0; i < t->appkey_count; i++) {
            keys += t->appkeys[i] == m->publish.appkey;
        }
        FUZZ_CHECK(keys > 0 && m->publish.ttl != 1);
    }
}

static void check_step(json_t *settings, struct usher_config_msg *step)
{
    uint8_t octets[USHER_ACCESS_MAX];
    struct usher_config_msg again = { .opcode = step->opcode };
    size_t len = config_pdu_write(step, octets, sizeof(octets));

    FUZZ_CHECK(len != SIZE_MAX && config_pdu_read(step->opcode, octets, len, &again));
    FUZZ_CHECK(plan_record(settings, step));
}

/* The AppKeys of a template are the network's while its plan is made. */
static struct registry *network(const struct node_template *t)
{
    static const struct registry_new new = { .net_key = { 1 } };
    static struct registry *r;
    char why[200];

    if (r == NULL) {
        r = registry_open(NULL, &new, why, sizeof(why));
    }
    FUZZ_CHECK(r != NULL && registry_begin(r) == REGISTRY_OK);
    for (size_t i = 0; i < t->appkey_count; i++) {
        struct registry_appkey key = { .index = t->appkeys[i] };
        FUZZ_CHECK(registry_appkey_put(r, &key) == REGISTRY_OK);
    }
    return r;
}

/* What it means for a node with all models that the corpus names. */
static void check_plan(const struct node_template *t)
{
    struct registry_node node = { .address = 0x0100, .elements = 3 };
    struct registry *r = network(t);
    struct usher_page0 page;
    struct plan plan;
    json_t *settings = json_object();

    FUZZ_CHECK(settings != NULL && usher_page0_read(page0, sizeof(page0), &page));
    FUZZ_CHECK(plan_make(&plan, t, r, &node, &page));
    for (size_t i = 0; i < plan.count; i++) {
        check_step(settings, &plan.steps[i]);
    }
    plan_free(&plan);
    json_decref(settings);
    registry_rollback(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct node_template t;
    char why[200] = "";

    if (!template_read(fuzz_file(data, size), &t, why, sizeof(why))) {
        FUZZ_CHECK(why[0] != '\0' && strchr(why, '\n') == NULL);
        return 0;
    }
    FUZZ_CHECK(t.appkey_count <= TEMPLATE_APPKEYS && t.model_count <= TEMPLATE_MODELS);
    FUZZ_CHECK(t.ttl >= TEMPLATE_LEAVE && t.ttl <= 127 && t.ttl != 1);
    for (size_t i = 0; i < t.model_count; i++) {
        check_model(&t, &t.models[i]);
    }
    check_plan(&t);
    return 0;
}
