/* Provisioning PDUs in words (Mesh Protocol 1.1, section 5.4.1); see links.h. */
#include "links.h"
#include "pdu.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define START_OF_KEY 8u /* octets of a coordinate that are told in text */

static const char *const algorithms[] = { "BTM_ECDH_P256_CMAC_AES128_AES_CCM",
                                          "BTM_ECDH_P256_HMAC_SHA256_AES_CCM" };
static const char *const static_types[] = { "static OOB available", "OOB authentication only" };
static const char *const output_actions[] = { "blink", "beep", "vibrate", "number", "text" };
static const char *const input_actions[] = { "push", "twist", "number", "text" };
static const char *const methods[] = { "no OOB", "static OOB", "output OOB", "input OOB" };

static const char *pick(const char *const *names, size_t count, uint8_t n)
{
    return n < count ? names[n] : "reserved";
}

static void capabilities(struct words *w, struct io *io)
{
    struct usher_caps caps = { 0 };

    pdu_caps_fields(io, &caps);
    words_say(w, "%u element%s, algorithms: ", caps.num_elements,
              caps.num_elements == 1 ? "" : "s");
    words_say_bits(w, caps.algorithms, algorithms, COUNT(algorithms));
    words_say(w, "; public key %s; static OOB: ",
              (caps.pubkey_type & USHER_PUBKEY_OOB) != 0 ? "also out of band" : "in band");
    words_say_bits(w, caps.oob_static_types, static_types, COUNT(static_types));
    words_say(w, "; output of %u: ", caps.oob_output_size);
    words_say_bits(w, caps.oob_output_actions, output_actions, COUNT(output_actions));
    words_say(w, "; input of %u: ", caps.oob_input_size);
    words_say_bits(w, caps.oob_input_actions, input_actions, COUNT(input_actions));
    words_number(w, "elements", caps.num_elements);
    words_number(w, "algorithms", caps.algorithms);
    words_number(w, "public_key_type", caps.pubkey_type);
    words_number(w, "static_types", caps.oob_static_types);
    words_number(w, "output_size", caps.oob_output_size);
    words_number(w, "output_actions", caps.oob_output_actions);
    words_number(w, "input_size", caps.oob_input_size);
    words_number(w, "input_actions", caps.oob_input_actions);
}

static void start(struct words *w, struct io *io, size_t *random_len)
{
    struct usher_start s = { 0 };

    pdu_start_fields(io, &s);
    *random_len = s.algorithm == USHER_ALG_HMAC ? 32 : 16;
    words_say(w, "%s, public key %s, %s", pick(algorithms, COUNT(algorithms), s.algorithm),
              s.public_key != 0 ? "out of band" : "in band",
              pick(methods, COUNT(methods), s.method));
    if (s.method == USHER_OOB_OUTPUT) {
        words_say(w, ": %s of size %u", pick(output_actions, COUNT(output_actions), s.action),
                  s.size);
    } else if (s.method == USHER_OOB_INPUT) {
        words_say(w, ": %s of size %u", pick(input_actions, COUNT(input_actions), s.action),
                  s.size);
    }
    words_number(w, "algorithm", s.algorithm);
    words_number(w, "public_key", s.public_key);
    words_number(w, "method", s.method);
    words_number(w, "action", s.action);
    words_number(w, "size", s.size);
}

static void public_key(struct words *w, const uint8_t *key, size_t len)
{
    size_t half = len / 2;

    if (len == USHER_P256_PUBLIC) {
        words_say(w, "X ");
        words_say_hex(w, key, START_OF_KEY);
        words_say(w, "..., Y ");
        words_say_hex(w, key + half, START_OF_KEY);
        words_say(w, "...");
    }
    words_hex(w, "value", key, len);
}

static void parameters(struct words *w, uint8_t type, const uint8_t *data, size_t len,
                       size_t *random_len)
{
    struct io io = io_reader(data, len);

    switch (type) {
    case PDU_INVITE:
        words_say(w, "attention for %u s", data[0]);
        words_number(w, "attention", data[0]);
        break;
    case PDU_CAPABILITIES:
        capabilities(w, &io);
        break;
    case PDU_START:
        start(w, &io, random_len);
        break;
    case PDU_PUBLIC_KEY:
        public_key(w, data, len);
        break;
    case PDU_FAILED:
        words_say(w, "%s", usher_failure_name(data[0]));
        words_number(w, "code", data[0]);
        words_text(w, "reason", usher_failure_name(data[0]));
        break;
    case PDU_DATA:
        words_say(w, "encrypted with the session's key");
        words_hex(w, "value", data, len);
        break;
    default:
        words_say_hex(w, data, len);
        words_hex(w, "value", data, len);
        break;
    }
}

void prov_words(struct words *w, const uint8_t *pdu, size_t len, size_t *random_len)
{
    uint8_t type = len != 0 ? pdu[0] : PDU_TYPES;
    int fixed = pdu_len(type, *random_len);

    words_say(w, "Provisioning %s", usher_pdu_name(type));
    words_text(w, "pdu", usher_pdu_name(type));
    if (len == 0 || (fixed >= 0 && len - 1 != (size_t)fixed)) {
        words_say(w, ", malformed: %zu octets", len);
        words_truth(w, "malformed", true);
        return;
    }
    if (len > 1) {
        words_say(w, ": ");
        parameters(w, type, pdu + 1, len - 1, random_len);
    }
}
