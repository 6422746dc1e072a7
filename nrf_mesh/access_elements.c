/* Elements and what is on them (access_config.h). Called by the application. */
#include "access_parts.h"

#include "access_config.h"

static bool is_element(uint16_t element_index)
{
    return element_index < ACCESS_ELEMENT_COUNT;
}

uint32_t access_element_location_set(uint16_t element_index, uint16_t location)
{
    struct access_state *s = &layer_stack()->access;

    if (!is_element(element_index)) {
        return NRF_ERROR_NOT_FOUND;
    }
    s->locations[element_index] = location;
    s->elements[element_index].location = location;
    return NRF_SUCCESS;
}

uint32_t access_element_location_get(uint16_t element_index, uint16_t *p_location)
{
    if (p_location == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!is_element(element_index)) {
        return NRF_ERROR_NOT_FOUND;
    }
    *p_location = layer_stack()->access.locations[element_index];
    return NRF_SUCCESS;
}

static uint32_t count_get(uint16_t element_index, bool sig, uint8_t *p_count)
{
    uint8_t count = 0;

    if (p_count == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!is_element(element_index)) {
        return NRF_ERROR_NOT_FOUND;
    }
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        const struct access_model *a = access_at((access_model_handle_t)i);

        if (a != NULL && a->element_index == element_index) {
            count += (a->model->company == USHER_SIG) == sig;
        }
    }
    *p_count = count;
    return NRF_SUCCESS;
}

uint32_t access_element_sig_model_count_get(uint16_t element_index, uint8_t *p_sig_model_count)
{
    return count_get(element_index, true, p_sig_model_count);
}

uint32_t access_element_vendor_model_count_get(uint16_t element_index,
                                               uint8_t *p_vendor_model_count)
{
    return count_get(element_index, false, p_vendor_model_count);
}

uint32_t access_element_models_get(uint16_t element_index, access_model_handle_t *p_models,
                                   uint16_t *p_count)
{
    uint16_t count = 0;

    if (p_models == NULL || p_count == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!is_element(element_index)) {
        return NRF_ERROR_NOT_FOUND;
    }
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        const struct access_model *a = access_at((access_model_handle_t)i);

        if (a == NULL || a->element_index != element_index) {
            continue;
        }
        if (count == *p_count) {
            return NRF_ERROR_INVALID_LENGTH;
        }
        p_models[count++] = (access_model_handle_t)i;
    }
    *p_count = count;
    return NRF_SUCCESS;
}

uint32_t access_handle_get(uint16_t element_index, access_model_id_t model_id,
                           access_model_handle_t *p_handle)
{
    if (p_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        const struct access_model *a = access_at((access_model_handle_t)i);

        if (a != NULL && a->element_index == element_index &&
            a->model->company == model_id.company_id && a->model->id == model_id.model_id) {
            *p_handle = (access_model_handle_t)i;
            return NRF_SUCCESS;
        }
    }
    return NRF_ERROR_NOT_FOUND;
}

uint32_t access_model_id_get(access_model_handle_t handle, access_model_id_t *p_model_id)
{
    const struct access_model *a = access_at(handle);

    if (p_model_id == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    p_model_id->company_id = a->model->company;
    p_model_id->model_id = a->model->id;
    return NRF_SUCCESS;
}

uint32_t access_model_p_args_get(access_model_handle_t handle, void **pp_args)
{
    const struct access_model *a = access_at(handle);

    if (pp_args == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    *pp_args = a->args;
    return NRF_SUCCESS;
}
