/*
 * What the device (provisionee) alone builds and accepts (Mesh Protocol 1.1, section 5.4.2):
 * Capabilities, Input Complete and Complete go out, Invite, Start and Data come in. Called by the
 * session's table of steps.
 */
#include "choose.h"
#include "pdu.h"
#include "session.h"

static enum usher_err build(struct usher_prov *s, uint8_t pdu, struct io *io)
{
    switch (pdu) {
    case PDU_CAPABILITIES:
        pdu_caps_fields(io, &s->caps);
        return USHER_OK;
    case PDU_INPUT_COMPLETE:
    case PDU_COMPLETE:
        return USHER_OK;
    default:
        return USHER_E_INTERNAL;
    }
}

static enum usher_failure accept_start(struct usher_prov *s, struct io *io)
{
    struct usher_start start = { 0 };

    pdu_start_fields(io, &start);
    if (!choose_valid(&s->caps, &start)) {
        return USHER_FAIL_INVALID_FORMAT;
    }
    s->start = start;
    session_tell(s, USHER_EVT_START_RECEIVED);
    if (start.public_key != 0) {
        session_oob_key_use(s);
        session_tell(s, USHER_EVT_OOB_PUBKEY_REQUEST);
    }
    return USHER_FAIL_NONE;
}

static enum usher_failure accept_data(struct usher_prov *s, struct io *io)
{
    uint8_t sealed[PDU_DATA_LEN + PDU_MIC_LEN], plain[PDU_DATA_LEN], flags = 0;
    struct usher_prov_data data = { 0 };
    enum usher_failure failure = USHER_FAIL_NONE;
    enum usher_err err;

    io_bytes(io, sealed, sizeof(sealed));
    err = s->crypto->ccm_decrypt(s->crypto->ctx, s->session_key, s->session_nonce, NULL, 0, sealed,
                                 sizeof(plain), plain, PDU_MIC_LEN);
    if (err != USHER_OK) {
        return err == USHER_E_DATA ? USHER_FAIL_DECRYPTION : USHER_FAIL_UNEXPECTED_ERROR;
    }
    struct io r = io_reader(plain, sizeof(plain));

    pdu_data_fields(&r, &data, &flags);
    data.flags.key_refresh = flags & 1;
    data.flags.iv_update = flags >> 1 & 1;
    err = session_data_check(&data, s->caps.num_elements);
    if (err == USHER_E_ADDR) {
        failure = USHER_FAIL_ADDRESS;
    } else if (err != USHER_OK || flags > 3) {
        failure = USHER_FAIL_INVALID_DATA;
    } else {
        s->data = data;
        session_tell(s, USHER_EVT_DATA_RECEIVED);
    }
    s->crypto->wipe(plain, sizeof(plain));
    s->crypto->wipe(&data, sizeof(data));
    return failure;
}

static enum usher_failure accept(struct usher_prov *s, uint8_t pdu, struct io *io)
{
    switch (pdu) {
    case PDU_INVITE:
        io_u8(io, &s->attention);
        session_tell(s, USHER_EVT_INVITE_RECEIVED);
        return USHER_FAIL_NONE;
    case PDU_START:
        return accept_start(s, io);
    case PDU_DATA:
        return accept_data(s, io);
    default:
        return USHER_FAIL_UNEXPECTED_PDU;
    }
}

const struct usher_prov_role prov_device = { USHER_ROLE_DEVICE, build, accept };
