/*
 * What the provisioner alone builds and accepts (Mesh Protocol 1.1, section 5.4.2): Invite, Start
 * and Data go out, Capabilities, Input Complete and Complete come in. Called by the session's table
 * of steps.
 */
#include "choose.h"
#include "pdu.h"
#include "session.h"

static enum usher_err build_data(struct usher_prov *s, struct io *io)
{
    uint8_t plain[PDU_DATA_LEN], sealed[PDU_DATA_LEN + PDU_MIC_LEN];
    struct io w = io_writer(plain, sizeof(plain));
    uint8_t flags = (uint8_t)(s->data.flags.key_refresh | s->data.flags.iv_update << 1);
    enum usher_err err;

    pdu_data_fields(&w, &s->data, &flags);
    err = s->crypto->ccm_encrypt(s->crypto->ctx, s->session_key, s->session_nonce, NULL, 0, plain,
                                 sizeof(plain), sealed, PDU_MIC_LEN);
    io_bytes(io, sealed, sizeof(sealed));
    s->crypto->wipe(plain, sizeof(plain));
    return err;
}

static enum usher_err build(struct usher_prov *s, uint8_t pdu, struct io *io)
{
    switch (pdu) {
    case PDU_INVITE:
        io_u8(io, &s->attention);
        return USHER_OK;
    case PDU_START:
        pdu_start_fields(io, &s->start);
        return USHER_OK;
    case PDU_DATA:
        return build_data(s, io);
    default:
        return USHER_E_INTERNAL;
    }
}

static enum usher_failure accept(struct usher_prov *s, uint8_t pdu, struct io *io)
{
    switch (pdu) {
    case PDU_CAPABILITIES:
        pdu_caps_fields(io, &s->caps);
        if (!choose_caps_ok(&s->caps)) {
            return USHER_FAIL_INVALID_FORMAT;
        }
        session_tell(s, USHER_EVT_CAPS_RECEIVED);
        return USHER_FAIL_NONE;
    case PDU_INPUT_COMPLETE:
    case PDU_COMPLETE:
        return USHER_FAIL_NONE;
    default:
        return USHER_FAIL_UNEXPECTED_PDU;
    }
}

const struct usher_prov_role prov_provisioner = { USHER_ROLE_PROVISIONER, build, accept };
