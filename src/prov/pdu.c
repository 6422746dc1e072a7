/* The Provisioning PDUs: names, lengths and fields (Mesh Protocol 1.1, section 5.4.1). */
#include "pdu.h"

/* Octets of the parameters. */
#define VARIES (-1)
#define RANDOM (-2) /* the algorithm's */
static const int8_t lengths[PDU_TYPES] = {
    [PDU_INVITE] = 1,
    [PDU_CAPABILITIES] = PDU_CAPS_LEN,
    [PDU_START] = PDU_START_LEN,
    [PDU_PUBLIC_KEY] = USHER_P256_PUBLIC,
    [PDU_INPUT_COMPLETE] = 0,
    [PDU_CONFIRMATION] = RANDOM,
    [PDU_RANDOM] = RANDOM,
    [PDU_DATA] = PDU_DATA_LEN + PDU_MIC_LEN,
    [PDU_COMPLETE] = 0,
    [PDU_FAILED] = 1,
    [PDU_RECORD_REQUEST] = 6,
    [PDU_RECORD_RESPONSE] = VARIES,
    [PDU_RECORDS_GET] = 0,
    [PDU_RECORDS_LIST] = VARIES,
};

int pdu_len(uint8_t type, size_t random_len)
{
    if (type >= PDU_TYPES) {
        return VARIES;
    }
    return lengths[type] == RANDOM ? (int)random_len : lengths[type];
}

const char *usher_pdu_name(uint8_t type)
{
    static const char *const names[PDU_TYPES] = {
        [PDU_INVITE] = "Invite",
        [PDU_CAPABILITIES] = "Capabilities",
        [PDU_START] = "Start",
        [PDU_PUBLIC_KEY] = "Public Key",
        [PDU_INPUT_COMPLETE] = "Input Complete",
        [PDU_CONFIRMATION] = "Confirmation",
        [PDU_RANDOM] = "Random",
        [PDU_DATA] = "Data",
        [PDU_COMPLETE] = "Complete",
        [PDU_FAILED] = "Failed",
        [PDU_RECORD_REQUEST] = "Record Request",
        [PDU_RECORD_RESPONSE] = "Record Response",
        [PDU_RECORDS_GET] = "Records Get",
        [PDU_RECORDS_LIST] = "Records List",
    };

    return type < PDU_TYPES ? names[type] : "unknown";
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
