/* The Provisioning PDUs: names, lengths and fields (Mesh Protocol 1.1, section 5.4.1). */
#include "pdu.h"

static const struct {
    const char *name;
    int8_t len; /* of the parameters; -1: varies, -2: the algorithm's random */
} pdus[PDU_TYPES] = {
    [PDU_INVITE] = { "Invite", 1 },
    [PDU_CAPABILITIES] = { "Capabilities", PDU_CAPS_LEN },
    [PDU_START] = { "Start", PDU_START_LEN },
    [PDU_PUBLIC_KEY] = { "Public Key", USHER_P256_PUBLIC },
    [PDU_INPUT_COMPLETE] = { "Input Complete", 0 },
    [PDU_CONFIRMATION] = { "Confirmation", -2 },
    [PDU_RANDOM] = { "Random", -2 },
    [PDU_DATA] = { "Data", PDU_DATA_LEN + PDU_MIC_LEN },
    [PDU_COMPLETE] = { "Complete", 0 },
    [PDU_FAILED] = { "Failed", 1 },
    [PDU_RECORD_REQUEST] = { "Record Request", 6 },
    [PDU_RECORD_RESPONSE] = { "Record Response", -1 },
    [PDU_RECORDS_GET] = { "Records Get", 0 },
    [PDU_RECORDS_LIST] = { "Records List", -1 },
};

const char *usher_pdu_name(uint8_t type)
{
    return type < PDU_TYPES ? pdus[type].name : "unknown";
}

const char *usher_failure_name(uint8_t code)
{
    static const char *const names[] = {
        "none",
        "Invalid PDU",
        "Invalid Format",
        "Unexpected PDU",
        "Confirmation Failed",
        "Out of Resources",
        "Decryption Failed",
        "Unexpected Error",
        "Cannot Assign Addresses",
        "Invalid Data",
    };

    return code < sizeof(names) / sizeof(names[0]) ? names[code] : "unknown";
}

const char *usher_phase_name(enum usher_phase phase)
{
    static const char *const names[] = {
        "link",  "invite",       "capabilities", "start", "public-key", "ecdh",
        "input", "confirmation", "random",       "data",  "complete",
    };

    return (unsigned)phase < sizeof(names) / sizeof(names[0]) ? names[phase] : "unknown";
}

int pdu_len(uint8_t type, size_t random_len)
{
    if (type >= PDU_TYPES) {
        return -1;
    }
    return pdus[type].len == -2 ? (int)random_len : pdus[type].len;
}

void pdu_caps_fields(struct io *io, struct usher_caps *caps)
{
    io_u8(io, &caps->num_elements);
    io_be16(io, &caps->algorithms);
    io_u8(io, &caps->pubkey_type);
    io_u8(io, &caps->oob_static_types);
    io_u8(io, &caps->oob_output_size);
    io_be16(io, &caps->oob_output_actions);
    io_u8(io, &caps->oob_input_size);
    io_be16(io, &caps->oob_input_actions);
}

void pdu_start_fields(struct io *io, struct usher_start *start)
{
    io_u8(io, &start->algorithm);
    io_u8(io, &start->public_key);
    io_u8(io, &start->method);
    io_u8(io, &start->action);
    io_u8(io, &start->size);
}

void pdu_data_fields(struct io *io, struct usher_prov_data *data, uint8_t *flags)
{
    io_bytes(io, data->netkey, sizeof(data->netkey));
    io_be16(io, &data->netkey_index);
    io_u8(io, flags);
    io_be32(io, &data->iv_index);
    io_be16(io, &data->address);
}
