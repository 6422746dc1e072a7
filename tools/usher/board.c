/*
 * Progress, device by device; see board.h. Called by the verbs provision and configure.
 */
#include "board.h"

#include "out.h"
#include "parse.h"

#include <stdio.h>

static void commissioner_rows(const struct commissioner *c)
{
    struct commissioner_radio radio;
    struct commissioner_active a;
    bool several = commissioner_radio(c, 1, &radio);
    for (size_t i = 0; commissioner_active(c, &i, &a);) {
        char uuid[2 * USHER_UUID_SIZE + 1], strength[12] = "?";
        format_hex(a.uuid, USHER_UUID_SIZE, uuid);
        if (a.rssi != 127) {
            snprintf(strength, sizeof strength, "%d", a.rssi);
        }
        out_progress_row("%s  %-12s  %4s dBm  %2u retries %6.1f s%s%s", uuid,
                         usher_phase_name(a.phase), strength, a.retries, (double)a.ms / 1000.0,
                         several ? "  " : "", several ? a.radio : "");
    }
}

static void configurator_rows(const struct configurator *c)
{
    struct configurator_active a;
    for (size_t i = 0; configurator_active(c, &i, &a);) {
        char step[32] = "composition";
        if (a.steps > 0) {
            snprintf(step, sizeof step, "%zu of %zu", a.step, a.steps);
        }
        out_progress_row("0x%04x  %-24s  %-12s            %2u retries %6.1f s", (unsigned)a.address,
                         "configure", step, a.retries, (double)a.ms / 1000.0);
    }
}

/** "; 120.5 a minute, 14 s left"; empty before the first is done. */
static void rate_text(const struct commissioner_counts *n, const struct configurator_counts *m,
                      unsigned done, uint64_t ms, char *text, size_t len)
{
    unsigned left = n->devices - n->provisioned - n->failed + m->nodes - m->configured - m->failed;
    text[0] = '\0';
    if (done > 0 && ms > 0) {
        double each = (double)ms / done;
        snprintf(text, len, "; %.1f a minute, %.0f s left", 60000.0 / each, each * left / 1000.0);
    }
}

void board_show(const struct commissioner *commissioner, const struct configurator *configurator,
                unsigned missing, uint64_t ms)
{
    struct commissioner_counts n = { .devices = 0 };
    struct configurator_counts m = { .nodes = 0 };
    char provisioning[120] = "", configuring[120] = "", rate[60], unheard[40] = "";
    if (!out_progress_due()) {
        return;
    }
    if (commissioner) {
        commissioner_counts(commissioner, &n);
        commissioner_progress(commissioner, provisioning, sizeof provisioning);
    }
    if (configurator) {
        configurator_counts(configurator, &m);
        configurator_progress(configurator, configuring, sizeof configuring);
    }
    if (n.asking > 0 && out_progress_redraws()) {
        out_progress_end();
        return;
    }
    if (commissioner) {
        commissioner_rows(commissioner);
    }
    if (configurator) {
        configurator_rows(configurator);
    }
    rate_text(&n, &m, configurator ? m.configured : n.provisioned, ms, rate, sizeof rate);
    if (missing > 0) {
        snprintf(unheard, sizeof unheard, ", %u not heard yet", missing);
    }
    out_progress("%s%s%s%s%s", provisioning, unheard, *provisioning && *configuring ? "; " : "",
                 configuring, rate);
}
