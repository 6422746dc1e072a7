/*
 * Events as JSON and as text; see report.h.
 */
#include "report.h"

#include "oob.h"
#include "options.h"
#include "out.h"

#include <stdio.h>
#include <string.h>

#define UUID_TEXT (2 * USHER_UUID_SIZE + 1)

static json_t *uuid_json(const uint8_t uuid[USHER_UUID_SIZE])
{
    return out_hex(uuid, USHER_UUID_SIZE);
}

static const char *algorithm_name(uint8_t algorithm)
{
    return algorithm == USHER_ALG_HMAC ? "hmac" : "cmac";
}

bool report_is_secure(const struct usher_start *start)
{
    return start->public_key != 0 ||
           (start->algorithm == USHER_ALG_HMAC && start->method != USHER_OOB_NONE);
}

void report_start_text(const struct usher_start *start, char *text, size_t len)
{
    char action[32] = "";
    if (start->method == USHER_OOB_OUTPUT || start->method == USHER_OOB_INPUT) {
        snprintf(action, sizeof action, " %s %u", oob_action_name(start->method, start->action),
                 (unsigned)start->size);
    }
    snprintf(text, len, "%s%s, %s%s",
             start->method == USHER_OOB_NONE ? "no oob" : oob_method_name(start->method), action,
             algorithm_name(start->algorithm), start->public_key ? ", key oob" : "");
}

void report_heard(const uint8_t uuid[USHER_UUID_SIZE], const struct usher_event *event, bool text)
{
    int8_t rssi = event->params.unprov.rssi;
    unsigned oob_info = event->params.unprov.oob_info;
    bool hashed = event->params.unprov.uri_hash_present;

    if (out_json()) {
        out_event(json_pack("{s:s, s:o, s:o, s:o, s:o}", "event", "heard", "uuid", uuid_json(uuid),
                            "rssi", rssi == 127 ? json_null() : json_integer(rssi), "oob_info",
                            out_address(oob_info), "uri_hash",
                            hashed ? out_hex(event->params.unprov.uri_hash, 4) : json_null()));
    } else if (text) {
        char digits[UUID_TEXT], hash[9] = "", strength[16] = "    ?";
        format_hex(uuid, USHER_UUID_SIZE, digits);
        if (hashed) {
            format_hex(event->params.unprov.uri_hash, 4, hash);
        }
        if (rssi != 127) {
            snprintf(strength, sizeof strength, "%5d", rssi);
        }
        out_text("%s  %s dBm  oob info 0x%04x%s%s", digits, strength, oob_info,
                 hashed ? "  uri hash " : "", hash);
    }
}

void report_link_open(const uint8_t uuid[USHER_UUID_SIZE], unsigned link, const char *radio)
{
    if (out_json()) {
        out_event(json_pack("{s:s, s:o, s:i, s:s}", "event", "link-open", "uuid", uuid_json(uuid),
                            "link", (int)link, "radio", radio));
    }
}

void report_phase(const uint8_t uuid[USHER_UUID_SIZE], enum usher_phase phase, uint64_t ms)
{
    if (out_json()) {
        out_event(json_pack("{s:s, s:o, s:s, s:o}", "event", "phase", "uuid", uuid_json(uuid),
                            "phase", usher_phase_name(phase), "seconds", out_seconds(ms)));
    }
}

static json_t *value_event(const char *name, const uint8_t uuid[USHER_UUID_SIZE], uint8_t method,
                           uint8_t action, uint8_t size)
{
    return json_pack("{s:s, s:o, s:s, s:s, s:i}", "event", name, "uuid", uuid_json(uuid), "method",
                     oob_method_name(method), "action", oob_action_name(method, action), "size",
                     (int)size);
}

void report_show(const uint8_t uuid[USHER_UUID_SIZE], uint8_t method, uint8_t action, uint8_t size,
                 const char *value)
{
    if (out_json()) {
        json_t *event = value_event("show", uuid, method, action, size);
        json_object_set_new(event, "value", json_string(value));
        out_event(event);
    }
}

void report_ask(const uint8_t uuid[USHER_UUID_SIZE], uint8_t method, uint8_t action, uint8_t size)
{
    if (out_json()) {
        out_event(value_event("ask", uuid, method, action, size));
    }
}

static void complete_json(const struct report_complete *r)
{
    const struct usher_start *start = r->start;
    json_t *event =
        json_pack("{s:s, s:o, s:o, s:i, s:s, s:s, s:i, s:s, s:s, s:o, s:i, s:i, s:b}", "event",
                  "complete", "uuid", uuid_json(r->uuid), "address", out_address(r->address),
                  "elements", (int)r->elements, "method", oob_method_name(start->method), "action",
                  oob_action_name(start->method, start->action), "size", (int)start->size,
                  "public_key", start->public_key ? "oob" : "in-band", "algorithm",
                  algorithm_name(start->algorithm), "seconds", out_seconds(r->ms), "retries",
                  (int)r->retries, "resent", (int)r->resent, "secure", (int)r->secure);
    if (r->replaces) {
        json_object_set_new(event, "replaces", out_address(r->replaces));
    }
    if (r->device_key) {
        json_object_set_new(event, "device_key", out_hex(r->device_key, USHER_KEY_SIZE));
    }
    out_event(event);
}

void report_complete(const struct report_complete *r)
{
    if (out_json()) {
        complete_json(r);
        return;
    }
    char uuid[UUID_TEXT], how[64], key[2 * USHER_KEY_SIZE + 8] = "";
    format_hex(r->uuid, USHER_UUID_SIZE, uuid);
    report_start_text(r->start, how, sizeof how);
    if (r->device_key) {
        int at = snprintf(key, sizeof key, "  key ");
        format_hex(r->device_key, USHER_KEY_SIZE, key + at);
    }
    out_text("0x%04x  %s  %-32s  %2u element%s %6.1f s  %u retries%s", (unsigned)r->address, uuid,
             how, (unsigned)r->elements, r->elements == 1 ? " " : "s", (double)r->ms / 1000.0,
             r->retries, key);
    if (r->replaces) {
        out_text("        it was 0x%04x before and came back unprovisioned: it has a new address",
                 (unsigned)r->replaces);
    }
}

void report_failed(const uint8_t uuid[USHER_UUID_SIZE], const struct usher_outcome *outcome,
                   const struct failure *why, unsigned retries)
{
    if (out_json()) {
        out_event(json_pack("{s:s, s:o, s:s, s:s, s:i, s:s, s:i, s:s, s:b}", "event", "failed",
                            "uuid", uuid_json(uuid), "phase", usher_phase_name(outcome->phase),
                            "pdu", failure_pdu(outcome), "code", (int)outcome->failure, "reason",
                            why->reason, "retries", (int)retries, "hint", why->hint, "policy",
                            (int)why->policy));
        return;
    }
    char digits[UUID_TEXT], code[48] = "";
    format_hex(uuid, USHER_UUID_SIZE, digits);
    if (outcome->failure != USHER_FAIL_NONE) {
        snprintf(code, sizeof code, " (0x%02x %s)", (unsigned)outcome->failure,
                 usher_failure_name(outcome->failure));
    }
    out_text("failed  %s  in phase %s, at %s%s, after %u retries:", digits,
             usher_phase_name(outcome->phase), failure_pdu(outcome), code, retries);
    out_text("        %s; %s", why->reason, why->hint);
}

void report_unheard(const uint8_t uuid[USHER_UUID_SIZE])
{
    static const char reason[] = "the device was not heard";
    static const char hint[] =
        "is it on, near, and unprovisioned? \"usher scan\" shows what is heard";
    if (out_json()) {
        out_event(json_pack("{s:s, s:o, s:s, s:n, s:i, s:s, s:i, s:s, s:b}", "event", "failed",
                            "uuid", uuid_json(uuid), "phase", "scan", "pdu", "code", 0, "reason",
                            reason, "retries", 0, "hint", hint, "policy", 0));
        return;
    }
    out_text("%s; %s", reason, hint);
}

void report_summary(const struct report_summary *r)
{
    double minutes = (double)r->ms / 60000.0;
    double rate = minutes > 0 ? (double)(uint64_t)(r->provisioned / minutes * 10 + 0.5) / 10 : 0.0;

    if (out_json()) {
        json_t *event =
            json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:f, s:i}", "event", "summary",
                      "devices", (int)r->devices, "provisioned", (int)r->provisioned, "failed",
                      (int)r->failed, "refused", (int)r->refused, "interrupted",
                      (int)r->interrupted, "retries", (int)r->retries, "seconds",
                      out_seconds(r->ms), "devices_per_minute", rate, "links", (int)r->links);
        if (r->simulated) {
            json_object_set_new(event, "loss_pct", json_integer(r->loss_pct));
            json_object_set_new(event, "seed", json_integer(r->seed));
            json_object_set_new(event, "virtual", json_true());
        }
        out_event(event);
        return;
    }
    out_text("%u of %u devices provisioned in %.1f %sseconds over up to %u links: %.1f a minute, "
             "%u retries",
             r->provisioned, r->devices, (double)r->ms / 1000.0, r->simulated ? "virtual " : "",
             r->links, rate, r->retries);
    if (r->failed > 0) {
        out_text("%u failed, of which %u were refused by policy", r->failed, r->refused);
    }
    if (r->interrupted > 0) {
        out_text("%u were not finished; run again to go on", r->interrupted);
    }
}
