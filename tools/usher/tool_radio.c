/*
 * Radios as the command line names them; see tool_radio.h. Called by online.c, station.c and
 * the verb device.
 */
#include "tool_radio.h"

#include "out.h"

#include <stdio.h>
#include <string.h>

static void on_note(void *ctx, const char *what)
{
    (void)ctx;
    out_note("%s", what);
}

static bool no_gatt(const char *radio, const char *what, char *why, size_t why_len)
{
    snprintf(why, why_len, "%s: %.80s has no GATT: use a radio such as h4:PATH or hci:N", what,
             radio);
    return false;
}

struct linux_port *tool_radio_open(struct loop *loop, const struct args *args, const char *radio,
                                   struct usher *node, linux_port_lost lost, void *ctx, char *why,
                                   size_t why_len)
{
    struct linux_port *port = linux_port_open(&loop->uv, radio, node, lost, ctx, why, why_len);
    if (!port) {
        return NULL;
    }
    linux_port_note_set(port, on_note, NULL);
    if (args->mtu != 0 && !linux_port_mtu_set(port, (uint16_t)args->mtu)) {
        (void)no_gatt(radio, "--mtu", why, why_len);
        linux_port_close(port);
        return NULL;
    }
    return port;
}

static void on_nothing(void *user, struct usher_gatt *g, const struct usher_gatt_event *event)
{
    (void)user;
    (void)g;
    (void)event;
}

enum usher_err tool_gatt_init(struct tool_gatt *g, struct usher *u,
                              void (*handler)(void *user, struct usher_gatt *g,
                                              const struct usher_gatt_event *event),
                              void *user)
{
    uint8_t conns = u->port->gatt_conns;
    g->on = conns > 0;
    if (!g->on) {
        return USHER_OK;
    }
    return usher_gatt_init(&g->gatt, u,
                           &(struct usher_gatt_config){
                               .links = g->links,
                               .link_count = conns < LINUX_PORT_CONNS ? conns : LINUX_PORT_CONNS,
                               .handler = handler ? handler : on_nothing,
                               .user = user });
}

bool tool_radio_has_gatt(const struct usher_port *port, const char *radio, const char *what,
                         char *why, size_t why_len)
{
    return port->gatt_conns > 0 || no_gatt(radio, what, why, why_len);
}

unsigned tool_bearers(const char *name)
{
    static const struct {
        const char *name;
        unsigned bearers;
    } names[] = { { "adv", USHER_BEARER_ADV },
                  { "gatt", USHER_BEARER_GATT },
                  { "both", USHER_BEARER_ADV | USHER_BEARER_GATT } };
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].bearers;
        }
    }
    return 0;
}
