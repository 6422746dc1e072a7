/*
 * Reads KINDs of authentication; see oob.h. Called by the verbs that take the option --oob, by
 * batch.c, and by report.c for the names.
 */
#include "oob.h"

#include "parse.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const methods[] = { "none", "static", "output", "input" };
static const char *const outputs[] = { "blink", "beep", "vibrate", "numeric", "alphanumeric" };
static const char *const inputs[] = { "push", "twist", "numeric", "alphanumeric" };

const char *oob_method_name(uint8_t method)
{
    return method < COUNT(methods) ? methods[method] : "unknown";
}

const char *oob_action_name(uint8_t method, uint8_t action)
{
    if (method == USHER_OOB_OUTPUT) {
        return action < COUNT(outputs) ? outputs[action] : "unknown";
    }
    if (method == USHER_OOB_INPUT) {
        return action < COUNT(inputs) ? inputs[action] : "unknown";
    }
    return "none";
}

static bool add_static(struct oob *oob, const char *hex, char *why, size_t why_len)
{
    if (oob->static_len > 0) {
        snprintf(why, why_len, "a static value is given twice");
        return false;
    }
    size_t len = sizeof oob->static_value;
    if (!parse_hex(hex, oob->static_value, &len)) {
        snprintf(why, why_len, "static:HEX takes 1 to 32 octets as pairs of hexadecimal digits");
        return false;
    }
    oob->static_len = len;
    oob->methods |= 1u << USHER_OOB_STATIC;
    return true;
}

/** Reads ACTION:SIZE. Actions of one method share one size, as in Capabilities. */
static bool add_action(const char *const *names, size_t count, const char *text, uint16_t *actions,
                       uint8_t *size, char *why, size_t why_len)
{
    size_t len = strcspn(text, ":");
    size_t action = 0;
    while (action < count &&
           (strlen(names[action]) != len || strncmp(names[action], text, len) != 0)) {
        action++;
    }
    if (action == count) {
        snprintf(why, why_len, "there is no such action: \"%.*s\"", (int)(len > 40 ? 40 : len),
                 text);
        return false;
    }
    const char *digit = text + len + (text[len] == ':');
    if (text[len] != ':' || digit[0] < '1' || digit[0] > '8' || digit[1] != '\0') {
        snprintf(why, why_len, "a size from 1 to 8 is needed after the action, such as %s:4",
                 names[action]);
        return false;
    }
    uint8_t wanted = (uint8_t)(digit[0] - '0');
    if (*size != 0 && *size != wanted) {
        snprintf(why, why_len, "all actions of one method have one size; %u and %u are given",
                 (unsigned)*size, (unsigned)wanted);
        return false;
    }
    *size = wanted;
    *actions |= (uint16_t)(1u << action);
    return true;
}

bool oob_add_offered(struct oob *oob, const char *kind, char *why, size_t why_len)
{
    if (strcmp(kind, "none") == 0) {
        oob->methods |= 1u << USHER_OOB_NONE;
        return true;
    }
    if (strncmp(kind, "static:", 7) == 0) {
        return add_static(oob, kind + 7, why, why_len);
    }
    if (strncmp(kind, "output:", 7) == 0) {
        oob->methods |= 1u << USHER_OOB_OUTPUT;
        return add_action(outputs, COUNT(outputs), kind + 7, &oob->output_actions,
                          &oob->output_size, why, why_len);
    }
    if (strncmp(kind, "input:", 6) == 0) {
        oob->methods |= 1u << USHER_OOB_INPUT;
        return add_action(inputs, COUNT(inputs), kind + 6, &oob->input_actions, &oob->input_size,
                          why, why_len);
    }
    snprintf(
        why, why_len,
        "possible are none, static:HEX, output:ACTION:SIZE or input:ACTION:SIZE, not \"%.40s\"",
        kind);
    return false;
}

bool oob_add_allowed(struct oob *oob, const char *kind, char *why, size_t why_len)
{
    static const uint8_t plain[] = { USHER_OOB_NONE, USHER_OOB_OUTPUT, USHER_OOB_INPUT };
    for (size_t i = 0; i < COUNT(plain); i++) {
        if (strcmp(kind, methods[plain[i]]) == 0) {
            oob->methods |= 1u << plain[i];
            return true;
        }
    }
    if (strncmp(kind, "static:", 7) == 0) {
        return add_static(oob, kind + 7, why, why_len);
    }
    snprintf(why, why_len, "possible are none, output, input or static:HEX, not \"%.40s\"", kind);
    return false;
}

void oob_caps(const struct oob *oob, struct usher_caps *caps)
{
    caps->oob_static_types = oob->static_len > 0 ? USHER_STATIC_AVAILABLE : 0;
    caps->oob_output_size = oob->output_size;
    caps->oob_output_actions = oob->output_actions;
    caps->oob_input_size = oob->input_size;
    caps->oob_input_actions = oob->input_actions;
}
