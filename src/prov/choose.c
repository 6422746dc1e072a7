/* Choosing an algorithm and a method, and checking a choice (Mesh Protocol 1.1, sections 5.4.1.2
 * and 5.4.1.3). */
#include "choose.h"

#include "suite.h"

#include <usher/usher.h>

#define ALGORITHMS (USHER_ALG_BIT(USHER_ALG_CMAC) | USHER_ALG_BIT(USHER_ALG_HMAC))
#define OUTPUT_ACTIONS 5
#define INPUT_ACTIONS 4

/* A size without an action or the reverse is inconsistent, and stands for "not supported". */
static uint16_t actions_of(uint16_t actions, uint8_t size, unsigned known)
{
    return size >= 1 && size <= USHER_OOB_SIZE_MAX ? actions & (uint16_t)((1u << known) - 1) : 0;
}

static uint16_t output_actions(const struct usher_caps *caps)
{
    return actions_of(caps->oob_output_actions, caps->oob_output_size, OUTPUT_ACTIONS);
}

static uint16_t input_actions(const struct usher_caps *caps)
{
    return actions_of(caps->oob_input_actions, caps->oob_input_size, INPUT_ACTIONS);
}

bool choose_caps_ok(const struct usher_caps *caps)
{
    return caps->num_elements != 0 && (caps->algorithms & ALGORITHMS) != 0;
}

bool choose_offer_ok(const struct usher_caps *caps)
{
    bool only_oob = (caps->oob_static_types & USHER_OOB_ONLY) != 0;
    bool some_oob = (caps->oob_static_types & USHER_STATIC_AVAILABLE) != 0 ||
                    output_actions(caps) != 0 || input_actions(caps) != 0;

    return choose_caps_ok(caps) &&
           (!only_oob || (some_oob && (caps->algorithms & USHER_ALG_BIT(USHER_ALG_CMAC)) == 0));
}

static bool action_valid(uint16_t actions, uint8_t max_size, const struct usher_start *start)
{
    return start->action < 16 && (actions >> start->action & 1) != 0 && start->size >= 1 &&
           start->size <= max_size;
}

bool choose_valid(const struct usher_caps *caps, const struct usher_start *start)
{
    if (suite_get(start->algorithm) == NULL ||
        (caps->algorithms & USHER_ALG_BIT(start->algorithm)) == 0) {
        return false;
    }
    if (start->public_key > 1 ||
        (start->public_key == 1 && (caps->pubkey_type & USHER_PUBKEY_OOB) == 0)) {
        return false;
    }
    if ((caps->oob_static_types & USHER_OOB_ONLY) != 0 &&
        (start->algorithm == USHER_ALG_CMAC || start->method == USHER_OOB_NONE)) {
        return false;
    }
    switch (start->method) {
    case USHER_OOB_NONE:
        return start->action == 0 && start->size == 0;
    case USHER_OOB_STATIC:
        return start->action == 0 && start->size == 0 &&
               (caps->oob_static_types & USHER_STATIC_AVAILABLE) != 0;
    case USHER_OOB_OUTPUT:
        return action_valid(output_actions(caps), caps->oob_output_size, start);
    case USHER_OOB_INPUT:
        return action_valid(input_actions(caps), caps->oob_input_size, start);
    default:
        return false;
    }
}

/* Alphanumeric, numeric and then the counting actions: the more a value can be, the harder it is to
 * guess. */
static uint8_t strongest(uint16_t actions)
{
    uint8_t action = 0;

    while (actions >> (action + 1) != 0) {
        action++;
    }
    return action;
}

enum usher_err usher_choose(const struct usher_caps *caps, unsigned methods, bool pubkey_known,
                            struct usher_start *choice)
{
    struct usher_start c = { 0 };

    if (caps == NULL || choice == NULL) {
        return USHER_E_NULL;
    }
    if (!choose_caps_ok(caps)) {
        return USHER_E_UNSUPPORTED;
    }
    c.algorithm =
        (caps->algorithms & USHER_ALG_BIT(USHER_ALG_HMAC)) != 0 ? USHER_ALG_HMAC : USHER_ALG_CMAC;
    c.public_key = pubkey_known && (caps->pubkey_type & USHER_PUBKEY_OOB) != 0;
    if ((methods & 1u << USHER_OOB_STATIC) != 0 &&
        (caps->oob_static_types & USHER_STATIC_AVAILABLE) != 0) {
        c.method = USHER_OOB_STATIC;
    } else if ((methods & 1u << USHER_OOB_OUTPUT) != 0 && output_actions(caps) != 0) {
        c.method = USHER_OOB_OUTPUT;
        c.action = strongest(output_actions(caps));
        c.size = c.action <= USHER_OUTPUT_VIBRATE ? 1 : caps->oob_output_size;
    } else if ((methods & 1u << USHER_OOB_INPUT) != 0 && input_actions(caps) != 0) {
        c.method = USHER_OOB_INPUT;
        c.action = strongest(input_actions(caps));
        c.size = c.action <= USHER_INPUT_TWIST ? 1 : caps->oob_input_size;
    } else if ((methods & 1u << USHER_OOB_NONE) == 0) {
        return USHER_E_UNSUPPORTED;
    }
    if (!choose_valid(caps, &c)) {
        return USHER_E_UNSUPPORTED;
    }
    *choice = c;
    return USHER_OK;
}
