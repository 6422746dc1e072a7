/* The people and programs beside two devices; see people.h. */
#include "people.h"

#include <string.h>

#define READ_AGAIN_MS 100 /* nothing is shown yet */

static const uint8_t static_oob[16] = "an old secret..";

const struct usher_caps people_caps = {
    .num_elements = 3,
    .algorithms = 0x3,
    .pubkey_type = USHER_PUBKEY_OOB,
    .oob_static_types = USHER_STATIC_AVAILABLE,
    .oob_output_size = 8,
    .oob_output_actions = 0x1F,
    .oob_input_size = 8,
    .oob_input_actions = 0xF,
};

struct usher_start people_choice(unsigned n)
{
    static const struct usher_start choices[PEOPLE_CHOICES] = {
        { .method = USHER_OOB_NONE },
        { .method = USHER_OOB_STATIC },
        { .method = USHER_OOB_OUTPUT, .action = USHER_OUTPUT_BLINK, .size = 1 },
        { .method = USHER_OOB_OUTPUT, .action = USHER_OUTPUT_BEEP, .size = 2 },
        { .method = USHER_OOB_OUTPUT, .action = USHER_OUTPUT_VIBRATE, .size = 3 },
        { .method = USHER_OOB_OUTPUT, .action = USHER_OUTPUT_NUMERIC, .size = 4 },
        { .method = USHER_OOB_OUTPUT, .action = USHER_OUTPUT_ALPHANUMERIC, .size = 5 },
        { .method = USHER_OOB_INPUT, .action = USHER_INPUT_PUSH, .size = 1 },
        { .method = USHER_OOB_INPUT, .action = USHER_INPUT_TWIST, .size = 6 },
        { .method = USHER_OOB_INPUT, .action = USHER_INPUT_NUMERIC, .size = 7 },
        { .method = USHER_OOB_INPUT, .action = USHER_INPUT_ALPHANUMERIC, .size = 8 },
    };

    return choices[n % PEOPLE_CHOICES];
}

void person_reset(struct person *p)
{
    for (unsigned task = 0; task < PERSON_TASKS; task++) {
        p->at[task] = USHER_NEVER;
    }
    p->wrong = false;
    memset(p->shown, 0, sizeof(p->shown));
}

static enum person_task task_of(const struct person *p, enum usher_event_type event)
{
    switch (event) {
    case USHER_EVT_CAPS_RECEIVED:
        return PERSON_CHOOSES;
    case USHER_EVT_OOB_PUBKEY_REQUEST: /* a device is told of it for information only */
        return p->role == USHER_ROLE_PROVISIONER ? PERSON_SCANS_KEY : PERSON_TASKS;
    case USHER_EVT_STATIC_REQUEST:
    case USHER_EVT_INPUT_REQUEST:
        return PERSON_AUTHENTICATES;
    case USHER_EVT_ECDH_REQUEST:
        return PERSON_COMPUTES;
    case USHER_EVT_DATA_REQUEST:
        return PERSON_GIVES_DATA;
    default:
        return PERSON_TASKS;
    }
}

bool person_asked(const struct person *p, const struct usher_event *e)
{
    return task_of(p, e->type) != PERSON_TASKS;
}

void person_told(struct person *p, const struct usher_event *e, uint64_t at, bool wrong)
{
    enum person_task task = task_of(p, e->type);

    if (e->type == USHER_EVT_OUTPUT_REQUEST) {
        memcpy(p->shown, e->params.output_request.text, sizeof(p->shown));
    }
    if (task == PERSON_TASKS) {
        return;
    }
    p->at[task] = at;
    if (task == PERSON_AUTHENTICATES) {
        p->wrong = wrong;
    }
}

uint64_t person_next(const struct person *p)
{
    uint64_t first = USHER_NEVER;

    for (unsigned task = 0; task < PERSON_TASKS; task++) {
        first = p->at[task] < first ? p->at[task] : first;
    }
    return first;
}

static void authenticate(struct person *p, uint64_t now)
{
    char text[USHER_OOB_SIZE_MAX + 1];
    uint8_t value[sizeof(static_oob)];

    if (p->session->prov.start.method == USHER_OOB_STATIC) {
        memcpy(value, static_oob, sizeof(value));
        value[15] ^= p->wrong;
        (void)usher_auth_static(p->session, value, sizeof(value));
        return;
    }
    if (p->other->shown[0] == '\0') {
        p->at[PERSON_AUTHENTICATES] = now + READ_AGAIN_MS;
        return;
    }
    memcpy(text, p->other->shown, sizeof(text));
    if (p->wrong) {
        text[0] = text[0] == '1' ? '2' : '1';
    }
    (void)usher_auth_text(p->session, text);
}

static void compute(struct person *p)
{
    const struct usher_prov *s = &p->session->prov;
    const uint8_t *peer = s->inputs + 17 + (s->me == USHER_ROLE_PROVISIONER ? 64 : 0);
    uint8_t secret[USHER_P256_SECRET];

    if (p->crypto->p256_ecdh(p->crypto->ctx, s->private_key, peer, secret) == USHER_OK) {
        (void)usher_secret_set(p->session, secret);
    }
}

/* Answers may be refused: meanwhile the session may be over, or a wrong one was given before. */
static void perform(struct person *p, enum person_task task, uint64_t now)
{
    switch (task) {
    case PERSON_CHOOSES:
        (void)usher_oob_use(p->session, &p->choice);
        break;
    case PERSON_SCANS_KEY:
        (void)usher_pubkey_set(p->session, p->device_public_key);
        break;
    case PERSON_AUTHENTICATES:
        authenticate(p, now);
        break;
    case PERSON_COMPUTES:
        compute(p);
        break;
    default:
        (void)usher_data_set(p->session, &p->data);
        break;
    }
}

void person_act(struct person *p, uint64_t now)
{
    for (unsigned task = 0; task < PERSON_TASKS; task++) {
        if (p->at[task] <= now) {
            p->at[task] = USHER_NEVER;
            perform(p, (enum person_task)task, now);
        }
    }
}
