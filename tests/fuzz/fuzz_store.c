/*
 * A storage of records that the input says, with which a node begins: as a flash would have them
 * after years in a drawer, or under another version's hands.
 *
 * Checked: loading refuses, or makes a node whose state is one that there can be; such a node runs,
 * and stores itself so that the next one is the same.
 */
#include "meshnode.h"

#include "model.h"
#include "records.h"

#include <string.h>

#define RUN_MS 3000u

/* The records of a node, where they are, and one that is none. */
static uint16_t pick_key(unsigned what)
{
    static const uint16_t keys[] = { RECORD_NODE,    RECORD_IV,          RECORD_SETTINGS,
                                     RECORD_SUBNETS, RECORD_SUBNETS + 1, RECORD_APPKEYS,
                                     RECORD_REPLAY,  RECORD_REPLAY + 1,  0x7FFF };
    const unsigned count = sizeof(keys) / sizeof(keys[0]);

    what %= count + MESHNODE_MODELS + 1;
    return what < count ? keys[what] : (uint16_t)(RECORD_MODELS + what - count);
}

/* Key, length and octets of each. */
static void fill(struct kv *kv, struct fuzz_input *in)
{
    while (in->left > 0) {
        uint16_t key = pick_key(fuzz_u8(in));
        size_t len = fuzz_u16(in) % (USHER_RECORD_MAX + 1);
        uint8_t data[USHER_RECORD_MAX] = { 0 };

        fuzz_copy(in, data, len);
        kv_put(kv, key, data, len);
    }
}

/* All of it is written once more, elsewhere. */
static void store_again(struct meshnode *n, struct kv *kv)
{
    struct usher_model *model;

    memset(kv, 0, sizeof(*kv));
    n->wire.end[0].port.kv_ctx = kv;
    for (unsigned i = 0; (model = access_each(&n->mesh, i)) != NULL; i++) {
        model->dirty = true;
    }
    n->mesh.dirty = USHER_DIRTY_NODE | USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS | USHER_DIRTY_IV |
                    USHER_DIRTY_SETTINGS | USHER_DIRTY_MODELS;
    usher_process(&n->wire.end[0].node);
    FUZZ_CHECK(n->mesh.dirty == 0);
}

static void load_again(const struct meshnode *n, struct kv *kv)
{
    static struct meshnode again;

    meshnode_init(&again, kv);
    FUZZ_CHECK(usher_mesh_load(&again.mesh) == USHER_OK);
    meshnode_check(&again);
    meshnode_check_same(n, &again);
    meshnode_leave(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    static struct kv kv, before, copy;
    static struct meshnode node;
    enum usher_err err;

    memset(&kv, 0, sizeof(kv));
    fill(&kv, &in);
    before = kv;
    meshnode_init(&node, &kv);
    err = usher_mesh_load(&node.mesh);
    meshnode_check(&node);
    FUZZ_CHECK((err == USHER_OK) == (usher_mesh_address(&node.mesh) != USHER_ADDR_UNASSIGNED));
    if (err == USHER_OK) {
        meshnode_pass(&node, RUN_MS);
        meshnode_check(&node);
        copy = kv;
        load_again(&node, &copy);
        store_again(&node, &copy);
        load_again(&node, &copy);
    } else if (err == USHER_E_DATA || err == USHER_E_NO_MEM) { /* left as it is */
        FUZZ_CHECK(memcmp(&kv, &before, sizeof(kv)) == 0);
    } else {
        FUZZ_CHECK(err == USHER_E_NOT_FOUND);
    }
    meshnode_leave(&node);
    return 0;
}
