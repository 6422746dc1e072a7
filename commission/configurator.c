/*
 * Drives many configurations over the provisioner's node; see configurator.h. For each node: its
 * composition, then the steps of its plan, one question after the other. Called by the tool's verbs
 * configure, provision and demo.
 */
#include "configurator.h"

#include "failure.h"
#include "plan.h"
#include "waiting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_MS 2000u /* before the first retry; doubled for each further one */
#define PAUSE_MAX_MS 30000u

/** A node that is to be configured. */
struct job {
    struct waiting waiting; /* while it is not at work */
    uint16_t address;
    unsigned attempts;
    bool unsure;    /* whether it is a node at all */
    uint64_t begun; /* first attempt */
};

/** A node at work. */
struct bench {
    struct configurator *c;
    struct job *job; /* NULL: free */
    struct usher_request request;
    uint32_t asked; /* opcode of the question under way */
    uint8_t page0[REGISTRY_PAGE0_MAX];
    size_t page0_len;
    struct plan plan;
    size_t at; /* the step under way */
    json_t *settings;
};

struct configurator {
    struct configurator_config config;
    struct bench *benches;
    struct waiting_room room; /* jobs that no bench has */
    struct configurator_counts counts;
    bool stopping;
};

static uint64_t now_ms(const struct configurator *c)
{
    return usher_mesh_now(&c->config.own->mesh);
}

struct configurator *configurator_new(const struct configurator_config *config)
{
    struct configurator *c = calloc(1, sizeof *c);
    if (!c) {
        return NULL;
    }
    c->config = *config;
    c->benches = calloc(config->parallel, sizeof *c->benches);
    if (!c->benches) {
        free(c);
        return NULL;
    }
    for (unsigned i = 0; i < config->parallel; i++) {
        c->benches[i].c = c;
    }
    waiting_init(&c->room);
    return c;
}

/** The bench has done with its node: another try may follow, or none. */
static void bench_clear(struct bench *b)
{
    usher_ask_cancel(&b->request);
    plan_free(&b->plan);
    json_decref(b->settings);
    b->settings = NULL;
    b->page0_len = 0;
    b->job = NULL;
    b->c->counts.active--;
}

void configurator_free(struct configurator *c)
{
    struct waiting *w;
    if (!c) {
        return;
    }
    for (unsigned i = 0; i < c->config.parallel; i++) {
        struct job *j = c->benches[i].job;
        if (j) {
            bench_clear(&c->benches[i]);
            free(j);
        }
    }
    while ((w = waiting_take_any(&c->room)) != NULL) {
        free(w); /* a job */
    }
    free(c->benches);
    free(c);
}

void configurator_counts(const struct configurator *c, struct configurator_counts *counts)
{
    *counts = c->counts;
}

void configurator_progress(const struct configurator *c, char *text, size_t len)
{
    const struct configurator_counts *n = &c->counts;
    int used = snprintf(text, len, "%u of %u configured, %u under way", n->configured, n->nodes,
                        n->active);
    if (n->failed > 0 && used > 0 && (size_t)used < len) {
        snprintf(text + used, len - (size_t)used, ", %u failed", n->failed);
    }
}

bool configurator_active(const struct configurator *c, size_t *at,
                         struct configurator_active *active)
{
    while (*at < c->config.parallel) {
        const struct bench *b = &c->benches[(*at)++];
        if (b->job) {
            *active = (struct configurator_active){ .address = b->job->address,
                                                    .step = b->plan.count > 0 ? b->at + 1 : 0,
                                                    .steps = b->plan.count,
                                                    .retries = b->job->attempts - 1,
                                                    .ms = now_ms(c) - b->job->begun };
            return true;
        }
    }
    return false;
}

bool configurator_idle(const struct configurator *c)
{
    return c->counts.active == 0 && (c->stopping || waiting_nobody(&c->room));
}

/* Ending. */

/** Makes durable what the node has acknowledged so far. */
static bool bench_store(struct bench *b, bool whole)
{
    struct configurator *c = b->c;
    struct registry_configuration configuration = { .page0 = b->page0_len > 0 ? b->page0 : NULL,
                                                    .page0_len = b->page0_len,
                                                    .settings = b->settings,
                                                    .whole = whole };
    if (registry_configured(c->config.registry, b->job->address, &configuration) == REGISTRY_OK) {
        b->job->unsure = false;
        return true;
    }
    c->config.reports->error(c->config.reports->ctx, registry_why(c->config.registry));
    c->counts.unstored++;
    c->stopping = true;
    return false;
}

/** The bench has done with its node for good. */
static void bench_end(struct bench *b)
{
    struct job *j = b->job;
    bench_clear(b);
    free(j);
}

static const struct node_template *template_of(const struct configurator *c,
                                               const struct registry_node *node)
{
    return c->config.template_of ? c->config.template_of(c->config.ctx, node->uuid) : c->config.t;
}

/**
 * Whether the node has come back as another one, so that there is nobody to be configured; or as
 * the same, if it was unsure, and then it is in the queue once more.
 */
static bool bench_gone(struct bench *b)
{
    struct configurator *c = b->c;
    struct registry_node node = { .settings = NULL };
    bool gone = registry_at(c->config.registry, b->job->address, &node) == REGISTRY_OK &&
                (node.state == REGISTRY_EXCLUDED || node.state == REGISTRY_REMOVED ||
                 (b->job->unsure && b->page0_len == 0 && node.state != REGISTRY_UNKNOWN));
    registry_node_clear(&node);
    if (gone) {
        c->counts.gone++;
        c->counts.nodes--;
        bench_end(b);
    }
    return gone;
}

/** What the registry has of the node, for reports. registry_node_clear() in the end. */
static void bench_node(const struct bench *b, struct registry_node *node)
{
    if (registry_at(b->c->config.registry, b->job->address, node) != REGISTRY_OK) {
        node->address = b->job->address;
    }
}

static void bench_complete(struct bench *b)
{
    struct configurator *c = b->c;
    const struct commission_reports *r = c->config.reports;
    struct registry_node node = { .settings = NULL };
    if (bench_gone(b)) {
        return;
    }
    if (bench_store(b, true)) {
        bench_node(b, &node);
        c->counts.configured++;
        r->configured(r->ctx, &node, now_ms(c) - b->job->begun, b->job->attempts - 1);
    } else {
        c->counts.failed++;
    }
    registry_node_clear(&node);
    bench_end(b);
}

/** The node is given up. */
static void bench_give_up(struct bench *b, const struct failure_asking *why)
{
    struct configurator *c = b->c;
    const struct commission_reports *r = c->config.reports;
    struct registry_node node = { .settings = NULL };
    char detail[128];
    bench_node(b, &node);
    c->counts.failed++;
    snprintf(detail, sizeof detail, "configure: %s", why->reason);
    if (registry_audit(c->config.registry, "failed", node.uuid, node.address, detail) !=
        REGISTRY_OK) {
        r->error(r->ctx, registry_why(c->config.registry));
    }
    r->node_failed(r->ctx, &node, "configure", why, b->job->attempts - 1);
    registry_node_clear(&node);
    bench_end(b);
}

/** The attempt is over: again later, or never. */
static void bench_fail(struct bench *b, const struct failure_asking *why)
{
    struct configurator *c = b->c;
    struct job *j = b->job;
    if (bench_gone(b)) {
        return;
    }
    if (b->page0_len > 0) {
        (void)bench_store(b, false); /* a failure counts itself */
    }
    if (why->passing && j->attempts <= c->config.retries) {
        waiting_add_later(&c->room, &j->waiting,
                          now_ms(c) + waiting_pause(j->attempts, PAUSE_MS, PAUSE_MAX_MS));
        bench_clear(b);
    } else {
        bench_give_up(b, why);
    }
}

/* The queue. */

static bool job_add(struct configurator *c, uint16_t address, bool unsure)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j) {
        return false;
    }
    j->address = address;
    j->unsure = unsure;
    waiting_add(&c->room, &j->waiting);
    c->counts.nodes++;
    return true;
}

bool configurator_add(struct configurator *c, uint16_t address)
{
    /* It may be one that is asked for under its old address. */
    for (unsigned i = 0; i < c->config.parallel; i++) {
        if (c->benches[i].job && c->benches[i].job->unsure) {
            (void)bench_gone(&c->benches[i]);
        }
    }
    return job_add(c, address, false);
}

/** Puts the nodes of one state into the queue. */
static bool add_state(struct configurator *c, enum registry_state state, bool rest, char *why,
                      size_t why_len)
{
    struct registry_node node = { .settings = NULL };
    enum registry_err err;
    bool ok = true;
    while (ok && (err = registry_next(c->config.registry, node.address, &node)) == REGISTRY_OK) {
        if (node.state == state && !(rest && node.configured) && template_of(c, &node)) {
            ok = job_add(c, node.address, state == REGISTRY_UNKNOWN);
        }
    }
    registry_node_clear(&node);
    if (!ok) {
        snprintf(why, why_len, "out of memory");
    } else if (err != REGISTRY_NONE) {
        snprintf(why, why_len, "%s", registry_why(c->config.registry));
        ok = false;
    }
    return ok;
}

bool configurator_add_all(struct configurator *c, bool rest, char *why, size_t why_len)
{
    return add_state(c, REGISTRY_UNKNOWN, rest, why, why_len) &&
           add_state(c, REGISTRY_PROVISIONED, rest, why, why_len);
}

/* Steps. */

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer);

static void bench_ask(struct bench *b, const struct usher_config_msg *msg)
{
    struct configurator *c = b->c;
    struct failure_asking why;
    b->asked = msg->opcode;
    b->request = (struct usher_request){ .done = on_answer, .user = b };
    enum usher_err err = usher_config_ask(&c->config.own->config_client, &b->request,
                                          b->job->address, c->config.own->net_index, msg);
    if (err != USHER_OK) {
        failure_asked(usher_config_name(msg->opcode), err, &why);
        bench_fail(b, &why);
    }
}

static void bench_next(struct bench *b)
{
    if (b->at < b->plan.count) {
        bench_ask(b, &b->plan.steps[b->at]);
    } else {
        bench_complete(b);
    }
}

/** Composition Data are in: makes the plan. */
static void on_composition(struct bench *b, const struct usher_config_msg *answer)
{
    struct registry *registry = b->c->config.registry;
    struct registry_node node = { .settings = NULL };
    struct usher_page0 page;
    struct failure_asking why;
    if (answer->state != 0 || answer->data_len > sizeof b->page0 ||
        !usher_page0_read(answer->data, answer->data_len, &page)) {
        failure_malformed(usher_config_name(b->asked), &why);
        bench_fail(b, &why);
        return;
    }
    memcpy(b->page0, answer->data, answer->data_len);
    b->page0_len = answer->data_len;
    bool ok = registry_at(registry, b->job->address, &node) == REGISTRY_OK;
    const struct node_template *t = template_of(b->c, &node);
    b->settings = node.settings ? json_incref(node.settings) : json_object();
    ok = ok && t && b->settings && plan_make(&b->plan, t, registry, &node, &page);
    registry_node_clear(&node);
    if (!ok) {
        failure_asked(usher_config_name(b->asked), USHER_E_NO_MEM, &why);
        bench_fail(b, &why);
        return;
    }
    b->at = 0;
    bench_next(b);
}

static void bench_answer(struct bench *b, const struct usher_answer *answer)
{
    struct failure_asking why;
    struct usher_config_msg msg = { .status = USHER_STATUS_SUCCESS };
    const char *name = usher_config_name(b->asked);

    if (answer->err != USHER_OK) {
        failure_asked(name, answer->err, &why);
    } else if (!usher_config_read(answer->message, &msg)) {
        failure_malformed(name, &why);
    } else if (msg.status != USHER_STATUS_SUCCESS) {
        failure_status(name, msg.status, &why);
    } else if (b->asked == USHER_CONFIG_COMPOSITION_GET) {
        on_composition(b, &msg);
        return;
    } else if (!plan_record(b->settings, &b->plan.steps[b->at])) {
        failure_asked(name, USHER_E_NO_MEM, &why);
    } else {
        b->at++;
        bench_next(b);
        return;
    }
    bench_fail(b, &why);
}

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct bench *b = user;
    (void)request;
    bench_answer(b, answer);
    configurator_run(b->c);
}

/* Starting. */

static struct bench *bench_free(struct configurator *c)
{
    for (unsigned i = 0; i < c->config.parallel; i++) {
        if (!c->benches[i].job) {
            return &c->benches[i];
        }
    }
    return NULL;
}

static void bench_start(struct bench *b, struct job *j)
{
    b->job = j;
    b->c->counts.active++;
    if (j->attempts++ == 0) {
        j->begun = now_ms(b->c);
    } else {
        b->c->counts.retries++;
    }
    if (bench_gone(b)) {
        return;
    }
    bench_ask(b, &(struct usher_config_msg){ .opcode = USHER_CONFIG_COMPOSITION_GET, .state = 0 });
}

void configurator_run(struct configurator *c)
{
    struct waiting *w;
    struct bench *b;
    while (!c->stopping && (b = bench_free(c)) != NULL &&
           (w = waiting_take(&c->room, now_ms(c))) != NULL) {
        bench_start(b, (struct job *)w);
    }
    c->config.wake_at(c->config.ctx, c->stopping ? USHER_NEVER : waiting_next(&c->room, now_ms(c)));
    c->config.changed(c->config.ctx);
}

void configurator_stop(struct configurator *c)
{
    c->stopping = true;
    for (unsigned i = 0; i < c->config.parallel; i++) {
        struct bench *b = &c->benches[i];
        struct job *j = b->job;
        if (!j || bench_gone(b)) {
            continue;
        }
        if (b->page0_len > 0) {
            (void)bench_store(b, false); /* a failure counts itself */
        }
        bench_clear(b);
        free(j);
    }
}
