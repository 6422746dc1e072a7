/*
 * Events as JSON and as text; see report.h.
 */
#include "report.h"

#include "oob.h"
#include "oob_weak.h"
#include "out.h"
#include "parse.h"

#include <stdio.h>
#include <string.h>

#define UUID_TEXT (2 * USHER_UUID_SIZE + 1)
#define BLE_ADDR 6

static json_t *uuid_json(const uint8_t uuid[USHER_UUID_SIZE])
{
    return format_hex_json(uuid, USHER_UUID_SIZE);
}

static const char *bearer_name(bool gatt)
{
    return gatt ? "gatt" : "adv";
}

static const char *algorithm_name(uint8_t algorithm)
{
    return algorithm == USHER_ALG_HMAC ? "hmac" : "cmac";
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
    const char *bearer = bearer_name(event->params.unprov.gatt_supported);

    if (out_json()) {
        out_event(json_pack(
            "{s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "event", "heard", "uuid", uuid_json(uuid),
            "rssi", rssi == 127 ? json_null() : json_integer(rssi), "oob_info",
            format_address_json(oob_info), "uri_hash",
            hashed ? format_hex_json(event->params.unprov.uri_hash, 4) : json_null(), "bearer",
            bearer, "address", format_hex_json(event->params.unprov.peer.addr, BLE_ADDR)));
    } else if (text) {
        char digits[UUID_TEXT], address[2 * BLE_ADDR + 1], hash[9] = "", strength[16] = "    ?";
        format_hex(event->params.unprov.peer.addr, BLE_ADDR, address);
        format_hex(uuid, USHER_UUID_SIZE, digits);
        if (hashed) {
            format_hex(event->params.unprov.uri_hash, 4, hash);
        }
        if (rssi != 127) {
            snprintf(strength, sizeof strength, "%5d", rssi);
        }
        out_text("%s  %-4s  %s  %s dBm  oob info 0x%04x%s%s", digits, bearer, address, strength,
                 oob_info, hashed ? "  uri hash " : "", hash);
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

static void complete_json(const struct commission_complete *r)
{
    const struct usher_start *start = r->start;
    json_t *event = json_pack(
        "{s:s, s:o, s:o, s:i, s:s, s:s, s:i, s:s, s:s, s:s, s:o, s:i, s:i, s:b}", "event",
        "complete", "uuid", uuid_json(r->uuid), "address", format_address_json(r->address),
        "elements", (int)r->elements, "method", oob_method_name(start->method), "action",
        oob_action_name(start->method, start->action), "size", (int)start->size, "public_key",
        start->public_key ? "oob" : "in-band", "algorithm", algorithm_name(start->algorithm),
        "bearer", bearer_name(r->gatt), "seconds", out_seconds(r->ms), "retries", (int)r->retries,
        "resent", (int)r->resent, "secure", (int)r->secure);
    if (r->replaces) {
        json_object_set_new(event, "replaces", format_address_json(r->replaces));
    }
    if (oob_weak_start(start)) {
        json_object_set_new(event, "warning", json_string(oob_weak_start(start)));
    }
    if (r->device_key) {
        json_object_set_new(event, "device_key", format_hex_json(r->device_key, USHER_KEY_SIZE));
    }
    out_event(event);
}

void report_complete(const struct commission_complete *r)
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
    out_text("0x%04x  %s  %-32s  %2u element%s %6.1f s  %u retries%s%s", (unsigned)r->address, uuid,
             how, (unsigned)r->elements, r->elements == 1 ? " " : "s", (double)r->ms / 1000.0,
             r->retries, r->gatt ? "  gatt" : "", key);
    if (oob_weak_start(r->start)) {
        out_text("        warning: %s", oob_weak_start(r->start));
    }
    if (r->replaces) {
        out_text("        it was 0x%04x before and came back unprovisioned: it has a new address",
                 (unsigned)r->replaces);
    }
}

void report_failed(const uint8_t uuid[USHER_UUID_SIZE], const struct usher_outcome *outcome,
                   const struct failure *why, unsigned retries, unsigned auth_failures)
{
    if (out_json()) {
        out_event(json_pack("{s:s, s:o, s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:s, s:b}", "event",
                            "failed", "uuid", uuid_json(uuid), "bearer", bearer_name(outcome->gatt),
                            "phase", usher_phase_name(outcome->phase), "pdu", failure_pdu(outcome),
                            "code", (int)outcome->failure, "reason", why->reason, "retries",
                            (int)retries, "auth_failures", (int)auth_failures, "hint", why->hint,
                            "policy", (int)why->policy));
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

void report_unheard(const uint8_t uuid[USHER_UUID_SIZE], uint16_t node)
{
    static const char reason[] = "the device was not heard";
    char digits[UUID_TEXT];
    char hint[100] = "is it on, near, and unprovisioned? \"usher scan\" shows what is heard";
    if (node != 0) {
        snprintf(hint, sizeof hint,
                 "it is the node 0x%04x of this network already; \"usher remove 0x%04x\" resets it",
                 (unsigned)node, (unsigned)node);
    }
    if (out_json()) {
        out_event(json_pack("{s:s, s:o, s:s, s:n, s:i, s:s, s:i, s:s, s:b}", "event", "failed",
                            "uuid", uuid_json(uuid), "phase", "scan", "pdu", "code", 0, "reason",
                            reason, "retries", 0, "hint", hint, "policy", 0));
        return;
    }
    format_hex(uuid, USHER_UUID_SIZE, digits);
    out_text("failed  %s  in phase scan:", digits);
    out_text("        %s; %s", reason, hint);
}

void report_proxy(const struct usher_ble_addr *peer, unsigned value_max)
{
    out_event(json_pack("{s:s, s:o, s:i}", "event", "proxy", "address",
                        format_hex_json(peer->addr, BLE_ADDR), "value_max", (int)value_max));
}

static const char *state_text(const struct registry_node *node)
{
    switch (node->state) {
    case REGISTRY_PROVISIONED:
        return node->configured ? "configured" : "provisioned";
    case REGISTRY_EXCLUDED:
        return "excluded";
    case REGISTRY_REMOVED:
        return "removed";
    default:
        return "unknown";
    }
}

json_t *report_node_json(const struct registry_node *node)
{
    return json_pack("{s:s, s:o, s:i, s:o, s:b, s:o, s:s}", "event", "node", "address",
                     format_address_json(node->address), "elements", (int)node->elements, "name",
                     *node->name ? json_string(node->name) : json_null(), "configured",
                     (int)node->configured, "uuid", uuid_json(node->uuid), "state",
                     state_text(node));
}

void report_node(const struct registry_node *node)
{
    char uuid[UUID_TEXT];
    if (out_json()) {
        out_event(report_node_json(node));
        return;
    }
    format_hex(node->uuid, USHER_UUID_SIZE, uuid);
    out_text("0x%04x  %s  %3u element%s  %-11s%s%s", (unsigned)node->address, uuid,
             (unsigned)node->elements, node->elements == 1 ? " " : "s", state_text(node),
             *node->name ? "  " : "", node->name);
}

void report_configured(const struct registry_node *node, uint64_t ms, unsigned retries)
{
    char uuid[UUID_TEXT];
    if (out_json()) {
        json_t *event = report_node_json(node);
        json_object_set_new(event, "seconds", out_seconds(ms));
        json_object_set_new(event, "retries", json_integer(retries));
        out_event(event);
        return;
    }
    format_hex(node->uuid, USHER_UUID_SIZE, uuid);
    out_text("0x%04x  %s  %-32s  %2u element%s %6.1f s  %u retries", (unsigned)node->address, uuid,
             "configured", (unsigned)node->elements, node->elements == 1 ? " " : "s",
             (double)ms / 1000.0, retries);
}

void report_node_failed(const struct registry_node *node, const char *phase,
                        const struct failure_asking *why, unsigned retries)
{
    char digits[UUID_TEXT];
    if (out_json()) {
        out_event(json_pack("{s:s, s:o, s:o, s:s, s:s, s:i, s:s, s:i, s:s, s:b}", "event", "failed",
                            "uuid", uuid_json(node->uuid), "address",
                            format_address_json(node->address), "phase", phase, "pdu", why->message,
                            "code", why->code, "reason", why->reason, "retries", (int)retries,
                            "hint", why->hint, "policy", 0));
        return;
    }
    format_hex(node->uuid, USHER_UUID_SIZE, digits);
    out_text("failed  0x%04x  %s  in phase %s, at %s, after %u retries:", (unsigned)node->address,
             digits, phase, why->message, retries);
    out_text("        %s; %s", why->reason, why->hint);
}

void report_lamp(uint16_t address, bool on)
{
    out_event(json_pack("{s:s, s:o, s:b}", "event", "lamp", "address", format_address_json(address),
                        "on", (int)on));
    out_text("0x%04x  %s", (unsigned)address, on ? "on" : "off");
}

void report_device(const char *event, const uint8_t uuid[USHER_UUID_SIZE], uint16_t address,
                   int seconds)
{
    json_t *json = json_pack("{s:s, s:o}", "event", event, "uuid", uuid_json(uuid));
    if (address != 0) {
        json_object_set_new(json, "address", format_address_json(address));
    }
    if (seconds >= 0) {
        json_object_set_new(json, "seconds", json_integer(seconds));
    }
    out_event(json);
}

static double per_minute(const struct report_summary *r)
{
    unsigned done = r->provisioning ? r->provisioned : r->configured;
    double minutes = (double)r->ms / 60000.0;
    return minutes > 0 ? (double)(uint64_t)(done / minutes * 10 + 0.5) / 10 : 0.0;
}

static json_t *radios_json(const struct commissioner *c)
{
    json_t *radios = json_array();
    struct commissioner_radio radio;
    for (size_t i = 0; commissioner_radio(c, i, &radio); i++) {
        json_array_append_new(radios,
                              json_pack("{s:s, s:i, s:i}", "radio", radio.name, "provisioned",
                                        (int)radio.provisioned, "failed", (int)radio.failed));
    }
    return radios;
}

/** A line for each radio, if there are several. */
static void radios_text(const struct commissioner *c)
{
    struct commissioner_radio radio;
    if (!commissioner_radio(c, 1, &radio)) {
        return;
    }
    for (size_t i = 0; commissioner_radio(c, i, &radio); i++) {
        out_text("  %s: %u provisioned, %u failed%s", radio.name, radio.provisioned, radio.failed,
                 radio.lost ? "; lost" : "");
    }
}

static void summary_json(const struct report_summary *r)
{
    json_t *event =
        json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "event", "summary", "devices",
                  (int)r->devices, "provisioned", (int)r->provisioned, "failed", (int)r->failed,
                  "refused", (int)r->refused, "interrupted", (int)r->interrupted, "already",
                  (int)r->already, "configured", (int)r->configured);
    if (r->simulated) {
        json_object_set_new(event, "lamps", json_integer(r->lamps));
        json_object_set_new(event, "lamps_on", json_integer(r->lamps_on));
        json_object_set_new(event, "lamps_retried", json_integer(r->lamps_retried));
    }
    json_object_set_new(event, "retries", json_integer(r->retries));
    json_object_set_new(event, "seconds", out_seconds(r->ms));
    json_object_set_new(event, "devices_per_minute", json_real(per_minute(r)));
    json_object_set_new(event, "links", json_integer(r->links));
    if (r->commissioner) {
        json_object_set_new(event, "radios", radios_json(r->commissioner));
    }
    json_object_set_new(event, "loss_pct", r->simulated ? json_integer(r->loss_pct) : json_null());
    json_object_set_new(event, "seed", r->simulated ? json_integer(r->seed) : json_null());
    if (r->simulated) {
        json_object_set_new(event, "virtual", json_true());
    }
    out_event(event);
}

void report_summary(const struct report_summary *r)
{
    if (out_json()) {
        summary_json(r);
        return;
    }
    char also[40] = "";
    if (r->provisioning && r->configuring) {
        snprintf(also, sizeof also, ", %u configured", r->configured);
    }
    out_text("%u of %u devices %s%s in %.1f %sseconds, up to %u at once: %.1f a minute, "
             "%u retries",
             r->provisioning ? r->provisioned : r->configured, r->devices,
             r->provisioning ? "provisioned" : "configured", also, (double)r->ms / 1000.0,
             r->simulated ? "virtual " : "", r->links, per_minute(r), r->retries);
    if (r->simulated) {
        out_text("%u of %u lamps switched by one message to their group, %u one by one",
                 r->lamps_on - r->lamps_retried, r->lamps, r->lamps_retried);
    }
    if (r->commissioner) {
        radios_text(r->commissioner);
    }
    if (r->failed > 0) {
        char refused[40] = "";
        if (r->refused > 0) {
            snprintf(refused, sizeof refused, ", %u of them refused by policy", r->refused);
        }
        out_text("%u failed%s", r->failed, refused);
    }
    if (r->already > 0) {
        out_text("%u were done before", r->already);
    }
    if (r->interrupted > 0) {
        out_text("%u were not finished; run again to go on", r->interrupted);
    }
}

/* For what commissions. */

static void on_heard(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                     const struct usher_event *event)
{
    (void)ctx;
    report_heard(uuid, event, false);
}

static void on_link_open(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], unsigned link,
                         const char *radio)
{
    (void)ctx;
    report_link_open(uuid, link, radio);
}

static void on_phase(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], enum usher_phase phase,
                     uint64_t ms)
{
    (void)ctx;
    report_phase(uuid, phase, ms);
}

static void on_complete(void *ctx, const struct commission_complete *complete)
{
    (void)ctx;
    report_complete(complete);
}

static void on_complete_brief(void *ctx, const struct commission_complete *complete)
{
    (void)ctx;
    if (out_json()) {
        report_complete(complete);
    }
}

static void on_failed(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                      const struct usher_outcome *outcome, const struct failure *why,
                      unsigned retries, unsigned auth_failures)
{
    (void)ctx;
    report_failed(uuid, outcome, why, retries, auth_failures);
}

static void on_configured(void *ctx, const struct registry_node *node, uint64_t ms,
                          unsigned retries)
{
    (void)ctx;
    report_configured(node, ms, retries);
}

static void on_configured_brief(void *ctx, const struct registry_node *node, uint64_t ms,
                                unsigned retries)
{
    (void)ctx;
    if (out_json()) {
        report_configured(node, ms, retries);
    }
}

static void on_node_failed(void *ctx, const struct registry_node *node, const char *phase,
                           const struct failure_asking *why, unsigned retries)
{
    (void)ctx;
    report_node_failed(node, phase, why, retries);
}

static void on_error(void *ctx, const char *line)
{
    (void)ctx;
    out_error("%s", line);
}

const struct commission_reports *report_commission(bool list)
{
    static const struct commission_reports listing = { .heard = on_heard,
                                                       .link_open = on_link_open,
                                                       .phase = on_phase,
                                                       .complete = on_complete,
                                                       .failed = on_failed,
                                                       .configured = on_configured,
                                                       .node_failed = on_node_failed,
                                                       .error = on_error };
    static const struct commission_reports brief = { .heard = on_heard,
                                                     .link_open = on_link_open,
                                                     .phase = on_phase,
                                                     .complete = on_complete_brief,
                                                     .failed = on_failed,
                                                     .configured = on_configured_brief,
                                                     .node_failed = on_node_failed,
                                                     .error = on_error };
    return list ? &listing : &brief;
}
