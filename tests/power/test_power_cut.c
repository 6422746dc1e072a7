/*
 * Power cuts in a device's life (scenario.h), at every change of what is stored: before it, in the
 * middle of it, after it. Then the device is started again, and it has to be a clean device or a
 * clean node: as before the step under way or as after it, and as after it if anybody was told. It
 * goes on from there, with sequence numbers that were never used, and replays of what it had
 * accepted are still refused.
 *
 * The life is lived once for the snapshots. In a second one every step is tried in child processes
 * before it is done: each with power failing at another change.
 *
 *     test_power_cut flash UNIT before|during|after EVERY    units of so many octets
 *     test_power_cut files 0 before|after EVERY              every n-th change only
 */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR 2048u /* small, so that there are many compactions */
#define STEPS_MAX 64
#define AFTERWARDS 3u /* steps that the device has to go on for */
#define NO_CUT 2      /* exit status of a child whose step has fewer changes */

static struct snapshot after[STEPS_MAX + 1]; /* step n - 1; 0: a device from the factory */

static void storage_new(struct storage *s, const char *kind, int unit)
{
    if (strcmp(kind, "files") == 0) {
        storage_on_files(s);
    } else {
        storage_on_flash(s, SECTOR, (uint8_t)unit);
    }
}

static void world_new(struct world *w, const char *kind, int unit)
{
    memset(w, 0, sizeof(*w));
    storage_new(&w->storage, kind, unit);
    world_init(w);
    REQUIRE(world_start(w) == USHER_E_NOT_FOUND, "a device from the factory is a node");
}

/* The whole life without a cut. */
static void live(const char *kind, int unit)
{
    struct world w;

    world_new(&w, kind, unit);
    for (unsigned step = 0; step < scenario_steps(); step++) {
        REQUIRE(scenario_run(&w, step), "power fails by itself");
        snapshot_take(&w, &after[step + 1]);
    }
    world_stop(&w);
    REQUIRE(world_start(&w) == USHER_OK, "the node is not there the next day");
    world_free(&w);
    storage_free(&w.storage);
}

/* Starts the device again. In four of five cases power fails once more at that, if it can. */
static enum usher_err restart(struct world *w, unsigned n, enum flash_cut how)
{
    enum usher_err err;

    world_stop(w);
    storage_on(&w->storage);
    storage_cut(&w->storage, n % 5, how);
    err = world_start(w);
    if (storage_off(&w->storage)) {
        world_stop(w);
        storage_on(&w->storage);
        err = world_start(w);
    }
    storage_cut(&w->storage, 0, how);
    return err;
}

/* A snapshot is zeros before it is filled in, so padding does not differ. */
static bool same(const struct snapshot *a, const struct snapshot *b)
{
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* Checks what was found, and goes on. */
static void check(struct world *w, unsigned step, bool acknowledged, uint64_t replay,
                  enum usher_err err)
{
    struct snapshot found;

    snapshot_take(w, &found);
    bool is_old = same(&found, &after[step]);
    bool is_new = same(&found, &after[step + 1]);

    REQUIRE(err == (found.address != 0 ? USHER_OK : USHER_E_NOT_FOUND), "load: %s",
            usher_err_name(err));
    REQUIRE(is_old || is_new, "neither as before nor as after");
    REQUIRE(is_new || !acknowledged, "what was acknowledged is lost");
    REQUIRE(found.address == 0 || found.address != after[step].address || world_replay(w) >= replay,
            "the replay list is older than before the step");
    if (is_new && !scenario_again(step)) {
        step++;
    }
    for (unsigned i = 0; i < AFTERWARDS && step < scenario_steps(); i++, step++) {
        REQUIRE(scenario_run(w, step), "power fails by itself");
        snapshot_take(w, &found);
        REQUIRE(same(&found, &after[step + 1]), "afterwards, step '%s' leads elsewhere",
                scenario_name(step));
    }
}

/* In a child: one step, with power failing at the n-th change. */
static _Noreturn void try_cut(struct world *w, unsigned step, unsigned n, enum flash_cut how)
{
    uint64_t replay = world_replay(w);

    alarm(60);
    storage_fork(&w->storage);
    storage_cut(&w->storage, n, how);
    if (scenario_run(w, step)) {
        storage_free(&w->storage);
        _exit(NO_CUT);
    }
    check(w, step, w->acknowledged, replay, restart(w, n, how));
    storage_free(&w->storage);
    _exit(0);
}

/* @retval false  The step has fewer changes. */
static bool survives(struct world *w, unsigned step, unsigned n, enum flash_cut how)
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    REQUIRE(pid >= 0, "fork");
    if (pid == 0) {
        try_cut(w, step, n, how);
    }
    REQUIRE(waitpid(pid, &status, 0) == pid, "waitpid");
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_CUT) {
        return false;
    }
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0, "step '%s' (%u), cut at change %u",
            scenario_name(step), step, n);
    return true;
}

static enum flash_cut cut_of(const char *text)
{
    if (strcmp(text, "before") == 0) {
        return FLASH_CUT_BEFORE;
    }
    return strcmp(text, "during") == 0 ? FLASH_CUT_DURING : FLASH_CUT_AFTER;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: test_power_cut flash|files UNIT before|during|after EVERY\n");
        return 2;
    }
    const char *kind = argv[1];
    int unit = (int)strtol(argv[2], NULL, 10);
    enum flash_cut how = cut_of(argv[3]);
    unsigned every = (unsigned)strtoul(argv[4], NULL, 10), cuts = 0;
    struct world w;

    live(kind, unit);
    world_new(&w, kind, unit);
    for (unsigned step = 0; step < scenario_steps(); step++) {
        for (unsigned n = 1 + step % every; survives(&w, step, n, how); n += every) {
            cuts++;
        }
        REQUIRE(scenario_run(&w, step), "power fails by itself");
    }
    printf("%u steps, %u cuts\n", scenario_steps(), cuts);
    REQUIRE(cuts > scenario_steps() / 2, "too few cuts to mean anything");
    world_free(&w);
    storage_free(&w.storage);
    return 0;
}
