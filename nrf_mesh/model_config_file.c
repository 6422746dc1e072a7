/*
 * The file that states of models are kept in (model_config_file.h). Its first entry says for how
 * many models of each kind it was written: with other numbers an entry may be another model's.
 * Called by the application.
 */
#include "model_config_file.h"

#include "mesh_config.h"
#include "mesh_config_entry.h"
#include "model_common.h"
#include "stack.h"

#include <string.h>

#define ID MESH_CONFIG_ENTRY_ID(MESH_OPT_MODEL_FILE_ID, MESH_APP_MODEL_CONFIG_ID)

static const struct model_counts here = {
    .onoff = GENERIC_ONOFF_SERVER_INSTANCES_MAX,
    .level = GENERIC_LEVEL_SERVER_INSTANCES_MAX,
    .dtt = GENERIC_DTT_SERVER_INSTANCES_MAX,
    .ponoff = GENERIC_PONOFF_SETUP_SERVER_INSTANCES_MAX,
    .scene = SCENE_SETUP_SERVER_INSTANCES_MAX,
    .lightness = LIGHT_LIGHTNESS_SETUP_SERVER_INSTANCES_MAX,
    .lc = LIGHT_LC_SETUP_SERVER_INSTANCES_MAX,
    .ctl = LIGHT_CTL_SETUP_SERVER_INSTANCES_MAX,
};

static uint32_t setter(mesh_config_entry_id_t id, const void *p_entry)
{
    (void)id;
    memcpy(&layer_stack()->models.counts, p_entry, sizeof(layer_stack()->models.counts));
    return NRF_SUCCESS;
}

static void getter(mesh_config_entry_id_t id, void *p_entry)
{
    (void)id;
    memcpy(p_entry, &layer_stack()->models.counts, sizeof(layer_stack()->models.counts));
}

MESH_CONFIG_FILE(m_model_file, MESH_OPT_MODEL_FILE_ID, MESH_CONFIG_STRATEGY_CONTINUOUS);
MESH_CONFIG_ENTRY(model_counts, ID, 1, sizeof(struct model_counts), setter, getter, NULL, false);

/* Entries are declared where they are defined: there is nothing to be made. */
void model_config_file_init(void)
{
    memset(&layer_stack()->models.counts, 0, sizeof(layer_stack()->models.counts));
}

uint32_t model_config_file_config_apply(void)
{
    struct model_counts stored;
    uint32_t err = mesh_config_entry_get(ID, &stored);

    if (err == NRF_ERROR_INVALID_STATE) {
        return mesh_config_entry_set(ID, &here);
    }
    if (err == NRF_SUCCESS && memcmp(&stored, &here, sizeof(here)) != 0) {
        return NRF_ERROR_INVALID_DATA;
    }
    return err;
}

void model_config_file_clear(void)
{
    mesh_config_file_clear(MESH_OPT_MODEL_FILE_ID);
}
