/*
 * Failures in words; see failure.h. Called by the commissioner when a session ends without
 * Complete, and by what asks nodes when they do not do as they are told.
 */
#include "failure.h"

#include <usher/access.h>

#include <stddef.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

const struct failure failure_nothing_common = {
    "the device offers no authentication that is allowed here",
    "allow what it offers with --oob, or give its static value", false, true
};
const struct failure failure_insecure = {
    "the device can only be provisioned insecurely, and --require-secure is given",
    "provision it with its public key (--pubkey-oob), or without --require-secure", false, true
};
const struct failure failure_store = { "its address and key could not be stored",
                                       "see to the state directory, then run again", false, false };
const struct failure failure_no_value = {
    "nobody can type the value that the device shows: standard input has ended",
    "run on a terminal, or pipe the value in", false, false
};
const struct failure failure_start = { "the session could not be begun",
                                       "is there enough memory and randomness on this machine?",
                                       false, false };
const struct failure failure_lost = { "its radio is lost, and no other one hears the device",
                                      "see to the radio, then run again", false, false };
const struct failure failure_silent = { "no answer from the device in time",
                                        "move nearer, or open fewer links at once (--parallel)",
                                        true, false };
const struct failure failure_address = {
    "the address that it is to have is not free, or not those of its further elements",
    "\"usher provision --batch --dry-run\" shows who has it: give it another in the plan", false,
    false
};
const struct failure failure_locked = {
    "locked, since its authentication failed too often in a row",
    "see to its value and to who else may be on the air, then \"usher provision --unlock\" it",
    false, true
};
static const char may_be_node[] =
    "it may be provisioned: \"usher configure\" of its address, which \"usher nodes\" tells, finds "
    "out; the address is not given again";
const struct failure failure_unsure = {
    "no answer to the provisioning data, nor to Link Open after that", may_be_node, false, false
};

/* By the reason in Provisioning Failed (table 5.41). */
static const struct failure by_code[] = {
    [USHER_FAIL_INVALID_PDU] = { "the device does not know a PDU of ours",
                                 "its firmware may be too old for what was chosen", false, false },
    [USHER_FAIL_INVALID_FORMAT] = { "a field was refused as invalid",
                                    "the device may not take the method that was chosen: try "
                                    "another "
                                    "--oob; a key that is echoed or not on the curve is an attack "
                                    "or a defect of the device",
                                    false, false },
    [USHER_FAIL_UNEXPECTED_PDU] = { "a PDU came out of order",
                                    "switch the device off and on, then try again", true, false },
    [USHER_FAIL_CONFIRMATION] = { "the confirmation is wrong: one side has another authentication "
                                  "value",
                                  "compare the value with the device's label or display, and try "
                                  "again",
                                  false, false },
    [USHER_FAIL_RESOURCES] = { "the device is out of resources",
                               "switch the device off and on, then try again", true, false },
    [USHER_FAIL_DECRYPTION] = { "the provisioning data could not be decrypted",
                                "somebody may interfere; try again nearer to the device", true,
                                false },
    [USHER_FAIL_UNEXPECTED_ERROR] = { "the device had an unexpected error",
                                      "switch the device off and on, then try again", true, false },
    [USHER_FAIL_ADDRESS] = { "the device cannot take the address range",
                             "it may be part of a network "
                             "already: reset it",
                             false, false },
    [USHER_FAIL_INVALID_DATA] = { "the device refuses the provisioning data",
                                  "reset the device, then try again", false, false },
};

static const struct failure unknown_code = { "the device gives a reason without a meaning",
                                             "look for newer firmware", false, false };
static const struct failure mistyped = {
    "the confirmation is wrong: the value that was typed is not the one "
    "that was shown",
    "try again, and compare each character", true, false
};
static const struct failure no_link = {
    "no answer to Link Open",
    "is it near, unprovisioned and free of other provisioners? \"usher scan\" shows what is heard",
    true, false
};
static const struct failure no_connection = {
    "no connection to the device, or it does not offer the provisioning service",
    "is it near, unprovisioned and free of other provisioners? \"usher scan\" shows what is heard",
    true, false
};
static const struct failure disconnected = {
    "the device closed the connection, or is out of reach",
    "move nearer and try again; another provisioner may be at work", true, false
};
static const struct failure no_value_in_time = { "no value was entered in time",
                                                 "try again; there is a minute to enter it", true,
                                                 false };
static const struct failure data_unanswered = { "no answer to the provisioning data", may_be_node,
                                                true, false };
static const struct failure closed = { "the device closed the link",
                                       "try again; another provisioner may be at work", true,
                                       false };

const struct failure *failure_explain(const struct usher_outcome *o)
{
    bool typed = o->start.method == USHER_OOB_OUTPUT || o->start.method == USHER_OOB_INPUT;

    if (o->failure == USHER_FAIL_CONFIRMATION && typed) {
        return &mistyped;
    }
    if (o->failure != USHER_FAIL_NONE) {
        return o->failure < COUNT(by_code) ? &by_code[o->failure] : &unknown_code;
    }
    if (o->phase == USHER_PHASE_LINK) {
        return o->gatt ? &no_connection : &no_link;
    }
    if (o->phase == USHER_PHASE_DATA) {
        return &data_unanswered;
    }
    if (o->close_reason != USHER_CLOSE_TIMEOUT) {
        return o->gatt ? &disconnected : &closed;
    }
    return o->phase == USHER_PHASE_INPUT ? &no_value_in_time : &failure_silent;
}

const char *failure_pdu(const struct usher_outcome *o)
{
    /* The PDU types that the phases wait for (table 5.18). */
    static const uint8_t awaited[] = {
        [USHER_PHASE_INVITE] = 1,       [USHER_PHASE_CAPABILITIES] = 1, [USHER_PHASE_START] = 2,
        [USHER_PHASE_PUBLIC_KEY] = 3,   [USHER_PHASE_ECDH] = 3,         [USHER_PHASE_INPUT] = 4,
        [USHER_PHASE_CONFIRMATION] = 5, [USHER_PHASE_RANDOM] = 6,       [USHER_PHASE_DATA] = 8,
        [USHER_PHASE_COMPLETE] = 8,
    };
    if (o->failure != USHER_FAIL_NONE) {
        return usher_pdu_name(o->pdu);
    }
    if (o->phase == USHER_PHASE_LINK) {
        return o->gatt ? "connection" : "Link Open";
    }
    return (size_t)o->phase < COUNT(awaited) ? usher_pdu_name(awaited[o->phase]) : "unknown";
}

/* Questions to nodes. */

void failure_asked(const char *message, enum usher_err err, struct failure_asking *why)
{
    *why = (struct failure_asking){ .message = message };
    switch (err) {
    case USHER_E_TIMEOUT:
        snprintf(why->reason, sizeof why->reason, "no answer in time");
        why->hint = "is it on, and in reach (TTL, relays)?";
        why->passing = true;
        break;
    case USHER_E_RESOURCES:
        snprintf(why->reason, sizeof why->reason, "no sequence number could be reserved");
        why->hint = "see to the state directory, then run again";
        break;
    default:
        snprintf(why->reason, sizeof why->reason, "it could not be asked (%s)",
                 usher_err_name(err));
        why->hint = "run again; if it stays so, this is a defect of usher";
        break;
    }
}

void failure_status(const char *message, uint8_t status, struct failure_asking *why)
{
    *why = (struct failure_asking){ .message = message,
                                    .code = status,
                                    .passing = status == USHER_STATUS_TEMPORARILY_UNABLE };
    snprintf(why->reason, sizeof why->reason, "the node refuses: %s", usher_status_name(status));
    switch (status) {
    case USHER_STATUS_INSUFFICIENT_RESOURCES:
        why->hint = "its tables are full: take something out of the template, or reset it "
                    "(\"usher remove\") and begin anew";
        break;
    case USHER_STATUS_KEY_INDEX_STORED:
        why->hint = "it has another key of this index: reset it (\"usher remove\")";
        break;
    case USHER_STATUS_STORAGE_FAILURE:
    case USHER_STATUS_TEMPORARILY_UNABLE:
        why->hint = "try again; if it stays so, the node may be worn out";
        break;
    default:
        why->hint =
            "take this out of the template for such nodes; \"usher show\" tells what it has";
        break;
    }
}

void failure_malformed(const char *message, struct failure_asking *why)
{
    *why = (struct failure_asking){ .message = message,
                                    .hint = "look for newer firmware of the node" };
    snprintf(why->reason, sizeof why->reason, "the node's answer cannot be understood");
}
