/*
 * Provisioning through the SDK's API, in one process: a provisioner's stack and devices' stacks on
 * a simulated air. A peer is a context in one of them, with users who answer what they are asked;
 * what its handler was told is kept in order.
 */
#ifndef PROV_SCENE_H
#define PROV_SCENE_H

#include "stack.h"

#include "air.h"
#include "nrf_mesh_prov.h"
#include "nrf_mesh_prov_bearer_adv.h"
#include "simport.h"

#define SCENE_DEVICES 2u
#define SCENE_NODES (1u + SCENE_DEVICES) /* node 0 is the provisioner */
#define SCENE_LOG 24u

/** A context, and who sits before it. */
struct peer {
    struct scene *scene;
    unsigned node;
    nrf_mesh_prov_ctx_t ctx;
    nrf_mesh_prov_bearer_adv_t bearer;
    uint8_t public_key[NRF_MESH_PROV_PUBKEY_SIZE];
    uint8_t private_key[NRF_MESH_PROV_PRIVKEY_SIZE];
    struct peer *other; /* whose display this one's user reads */
    /* what is chosen, by a provisioner */
    nrf_mesh_prov_oob_method_t method;
    uint8_t action, size;
    uint8_t static_oob[16];
    uint32_t withhold; /* events, 1 << type, that nobody answers */
    /* what was told */
    nrf_mesh_prov_evt_type_t log[SCENE_LOG];
    nrf_mesh_prov_state_t state_at[SCENE_LOG]; /* what the context's state was then */
    unsigned logged;
    nrf_mesh_prov_evt_t last[NRF_MESH_PROV_EVT_FAILED + 1]; /* by type */
    uint8_t devkey[16];
    nrf_mesh_prov_provisioning_data_t data;
    uint8_t shown[16]; /* p_data of OUTPUT_REQUEST */
    bool asked;        /* INPUT_REQUEST is to be answered once the other shows */
    /** The test's own look, before the users'; may be NULL. */
    void (*look)(struct peer *peer, const nrf_mesh_prov_evt_t *p_evt);
};

struct scene {
    struct nrf_mesh_stack *before; /* the current one when this was made */
    struct air *air;
    const struct usher_crypto *crypto;
    struct {
        struct nrf_mesh_stack stack;
        struct simport port;
    } node[SCENE_NODES];
    struct peer provisioner[SCENE_DEVICES];
    struct peer device[SCENE_DEVICES];
    nrf_mesh_prov_provisioning_data_t data;
};

/** All nodes on the air, all contexts initialized, with keys and a PB-ADV bearer. The devices offer
 * everything, the provisioner chooses NONE. */
struct scene *scene_new(void);
void scene_free(struct scene *scene);

/** The application of this node runs. */
void scene_enter(struct scene *scene, unsigned node);
/** Lets @p ms of virtual time pass; users type what they see. */
void scene_run(struct scene *scene, unsigned ms);
/** Forgets what was told. */
void scene_forget(struct scene *scene);

/** Device @p n listens, provisioner context @p n opens a link to it. */
void scene_begin(struct scene *scene, unsigned n);
uint32_t scene_listen(struct peer *peer);
uint32_t scene_provision(struct peer *peer, const struct peer *device);
const uint8_t *scene_uuid(struct scene *scene, unsigned node);

/** Whether this event came, and whether a context's handler is called within the right stack. */
bool scene_told(const struct peer *peer, nrf_mesh_prov_evt_type_t type);
/** Answers ECDH_REQUEST, as the user would who was told to withhold it. */
uint32_t scene_answer_ecdh(struct peer *peer);

#endif
