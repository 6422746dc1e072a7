/*
 * Provisioning inside the layer: what prov.c (calls), prov_events.c (events) and prov_bearer.c
 * share. A context's members for applications are kept true by these three; the session at its end
 * is the core's.
 */
#ifndef PROV_INSIDE_H
#define PROV_INSIDE_H

#include "nrf_mesh_prov.h"

/* -- prov_events.c ----------------------------------------------------------------------------- */

/** Where a context is that has asked this question. */
nrf_mesh_prov_state_t prov_state_asking(const nrf_mesh_prov_ctx_t *p_ctx,
                                        nrf_mesh_prov_evt_type_t question);
/** Asks the application: OUTPUT_, INPUT_ or STATIC_REQUEST, of the context's method. */
void prov_ask(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_evt_type_t question);
/** Forgets everything of the session before. */
void prov_wipe(nrf_mesh_prov_ctx_t *p_ctx);

/* -- prov_bearer.c ----------------------------------------------------------------------------- */

/** The bearer of a type that the context has; NULL: none. */
prov_bearer_t *prov_bearer_find(const nrf_mesh_prov_ctx_t *p_ctx, uint32_t type);
/** Starts a bearer listening. @retval NRF_ERROR_NOT_SUPPORTED  It is an application's own. */
uint32_t prov_bearer_listen(prov_bearer_t *p_bearer, const char *p_uri, uint16_t oob_info);
/** Stops all the context's bearers but one from listening. */
void prov_bearer_listen_stop(const nrf_mesh_prov_ctx_t *p_ctx, const prov_bearer_t *p_but);
/** Whether a provisioner can open links on it. */
bool prov_bearer_can_open(const prov_bearer_t *p_bearer);
/** The context's link is open: its bearer is the active one. */
void prov_bearer_opened(nrf_mesh_prov_ctx_t *p_ctx);
/** ... and closed. */
void prov_bearer_closed(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_link_close_reason_t reason);

#endif
