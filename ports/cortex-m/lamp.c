/*
 * A light as an image for the board: a provisionee and then a node with the Configuration, Health
 * and Generic OnOff Servers, whose state is in flash. The emulator's command line says which it is:
 * `uuid=HEX flash=FILE`. What happens is a line in the log.
 */
#include "board.h"
#include "cortex_port.h"
#include "flash_file.h"
#include "semihost.h"

#include <usher/mesh.h>
#include <usher/models.h>

#include <string.h>

#define COMPANY 0xFFFFu /* none: for what is not a product */

USHER_MESH_TABLES(tables, 1, 2, 16, 8, 1, 2, 2);

static struct {
    struct cortex_port radio;
    struct usher node;
    struct usher_session session;
    struct usher_mesh mesh;
    struct usher_flashlog log;
    struct usher_config_server config_server;
    struct usher_health_server health_server;
    struct usher_onoff_server light;
    uint8_t uuid[USHER_UUID_SIZE];
    char command_line[160];
} lamp;

/* -- what it is -------------------------------------------------------------------------------- */

static struct usher_model *models[] = {
    &lamp.config_server.model,
    &lamp.health_server.model,
    &lamp.light.model,
};
static const struct usher_element element = { .model_count = 3, .models = models };
static const struct usher_composition composition = { .cid = COMPANY,
                                                      .element_count = 1,
                                                      .elements = &element };
static const struct usher_caps caps = {
    .num_elements = 1, .algorithms = USHER_ALG_BIT(USHER_ALG_CMAC) | USHER_ALG_BIT(USHER_ALG_HMAC)
};

/* The value of `name=` on the command line; ends at a blank. */
static const char *argument(const char *name, char *value, size_t size)
{
    const char *at = strstr(lamp.command_line, name);
    size_t len;

    if (at == NULL) {
        return NULL;
    }
    at += strlen(name);
    len = strcspn(at, " ");
    if (len >= size) {
        return NULL;
    }
    memcpy(value, at, len);
    value[len] = '\0';
    return value;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

static bool uuid_read(const char *hex)
{
    if (strlen(hex) != 2 * USHER_UUID_SIZE) {
        return false;
    }
    for (unsigned i = 0; i < USHER_UUID_SIZE; i++) {
        int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        lamp.uuid[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* -- what happens ------------------------------------------------------------------------------ */

static void listen(void)
{
    const struct usher_listen how = { .uuid = lamp.uuid };

    if (usher_listen(&lamp.session, &how) == USHER_OK) {
        board_log("listening\n");
    }
}

static void on_event(void *user, struct usher *u, const struct usher_event *event)
{
    (void)user;
    (void)u;
    if (event->type == USHER_EVT_DATA_RECEIVED) {
        if (usher_mesh_provision(&lamp.mesh, event->params.data_received.p_prov_data,
                                 event->params.data_received.p_devkey) != USHER_OK) {
            board_log("cannot be stored\n");
            (void)usher_cancel(&lamp.session, USHER_CLOSE_ERROR);
        }
    } else if (event->type == USHER_EVT_COMPLETE) {
        board_log("provisioned\n");
    } else if (event->type == USHER_EVT_LINK_CLOSED && usher_mesh_address(&lamp.mesh) == 0) {
        listen();
    }
}

static void on_mesh_event(void *user, struct usher_mesh *m, const struct usher_mesh_event *event)
{
    (void)user;
    (void)m;
    if (event->type == USHER_MESH_EVT_RESET) {
        board_log("reset\n");
        if (usher_session_idle(&lamp.session)) {
            listen();
        }
    } else if (event->type == USHER_MESH_EVT_STORAGE) {
        board_log("flash trouble\n");
    }
}

static void on_light(struct usher_onoff_server *s, bool on)
{
    (void)s;
    board_log(on ? "on\n" : "off\n");
}

/* -- making and running ------------------------------------------------------------------------ */

static bool storage_open(const char *path)
{
    const struct usher_flash *flash = flash_file_open(path);

    if (flash == NULL || usher_flashlog_open(&lamp.log, flash) != USHER_OK) {
        return false;
    }
    lamp.radio.port.kv_ctx = &lamp.log;
    lamp.radio.port.kv_get = usher_flashlog_get;
    lamp.radio.port.kv_set = usher_flashlog_set;
    lamp.radio.port.kv_del = usher_flashlog_del;
    return true;
}

static bool make(void)
{
    const struct usher_config config = { .handler = on_event };
    const struct usher_mesh_config mesh = { .composition = &composition,
                                            .tables = &tables,
                                            .features = USHER_FEATURE_RELAY,
                                            .rpl_store_ms = 1000,
                                            .handler = on_mesh_event };

    usher_config_server_init(&lamp.config_server);
    usher_health_server_init(&lamp.health_server, COMPANY);
    usher_onoff_server_init(&lamp.light);
    lamp.light.changed = on_light;
    if (usher_init(&lamp.node, &lamp.radio.port, &config) != USHER_OK ||
        usher_mesh_init(&lamp.mesh, &lamp.node, &mesh) != USHER_OK) {
        return false;
    }
    usher_session_init(&lamp.node, &lamp.session, &caps, NULL);
    return true;
}

int main(void)
{
    char uuid[2 * USHER_UUID_SIZE + 1], flash[100];

    cortex_port_init(&lamp.radio, &lamp.node, usher_crypto_bearssl(), NULL, NULL, 0);
    if (!semihost_command_line(lamp.command_line, sizeof(lamp.command_line)) ||
        argument("uuid=", uuid, sizeof(uuid)) == NULL || !uuid_read(uuid) ||
        argument("flash=", flash, sizeof(flash)) == NULL) {
        board_exit("arguments: uuid=32 hexadecimal digits, flash=FILE\n", 1);
    }
    if (!storage_open(flash) || !make()) {
        board_exit("cannot begin\n", 2);
    }
    board_log("light\n");
    switch (usher_mesh_load(&lamp.mesh)) {
    case USHER_OK:
        board_log("a node\n");
        break;
    case USHER_E_NOT_FOUND:
        listen();
        break;
    default:
        board_exit("the flash holds no node of ours\n", 3);
    }
    cortex_port_up(&lamp.radio);
    for (;;) {
        board_sleep(cortex_port_turn(&lamp.radio));
    }
}
