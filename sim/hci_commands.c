/*
 * Carries out the commands of the simulated controller (Core Specification, Vol 4, Part E, 4.4 and
 * 7): finds the row, checks what can be checked of every command, answers with Command Complete or
 * Command Status. The rows themselves are in the files of what they are about. Called by hci.c.
 */
#include "hci_state.h"

static const struct hci_command_row *const tables[] = {
    hci_info_commands,
    hci_adv_commands,
    hci_scan_commands,
    hci_link_commands,
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

static bool has(const struct sim_hci *c, const struct hci_command_row *row)
{
    return ((row->flags & F_CRYPTO) == 0 || c->config.crypto != NULL) &&
           ((row->flags & F_NEW) == 0 || !c->config.legacy_only);
}

/* @retval NULL: this controller does not have the command. */
static const struct hci_command_row *find(const struct sim_hci *c, uint16_t opcode)
{
    for (size_t t = 0; t < TABLES; t++) {
        for (const struct hci_command_row *row = tables[t]; row->opcode != 0; row++) {
            if (row->opcode == opcode) {
                return has(c, row) ? row : NULL;
            }
        }
    }
    return NULL;
}

void hci_commands_supported(const struct sim_hci *c, uint8_t map[64])
{
    memset(map, 0, 64);
    for (size_t t = 0; t < TABLES; t++) {
        for (const struct hci_command_row *row = tables[t]; row->opcode != 0; row++) {
            if (has(c, row)) {
                map[row->octet] |= (uint8_t)(1u << row->bit);
            }
        }
    }
}

static uint8_t mode_check(struct sim_hci *c, const struct hci_command_row *row)
{
    enum hci_mode mode = (row->flags & F_LEGACY) != 0     ? MODE_LEGACY
                         : (row->flags & F_EXTENDED) != 0 ? MODE_EXTENDED
                                                          : c->mode;

    if (c->mode != MODE_NONE && c->mode != mode) {
        return ST_DISALLOWED;
    }
    c->mode = mode;
    return ST_OK;
}

static uint8_t run(struct sim_hci *c, const struct hci_command_row *row,
                   const struct hci_request *request, uint8_t *answer)
{
    bool variable = (row->flags & F_VARIABLE) != 0;
    uint8_t status;

    if (variable ? request->len < row->len : request->len != row->len) {
        return ST_INVALID;
    }
    status = mode_check(c, row);
    return status != ST_OK ? status : row->act(c, request->params, request->len, answer);
}

static void command_complete(struct sim_hci *c, uint16_t opcode, uint8_t status,
                             const uint8_t *answer, uint8_t len)
{
    uint8_t packet[3 + EVENT_MAX] = { H4_EVENT, EV_COMMAND_COMPLETE, (uint8_t)(4 + len), 1 };

    put16(packet + 4, opcode);
    packet[6] = status;
    memcpy(packet + 7, answer, len);
    hci_answer_out(c, packet, 7u + len);
}

static void command_status(struct sim_hci *c, uint16_t opcode, uint8_t status)
{
    uint8_t packet[7] = { H4_EVENT, EV_COMMAND_STATUS, 4, status, 1 };

    put16(packet + 5, opcode);
    hci_answer_out(c, packet, sizeof(packet));
}

void hci_command_run(struct sim_hci *c, const struct hci_request *request)
{
    const struct hci_command_row *row = find(c, request->opcode);
    uint8_t answer[EVENT_MAX] = { 0 };
    uint8_t status;

    if (row == NULL) {
        command_complete(c, request->opcode, ST_UNKNOWN_COMMAND, answer, 0);
        return;
    }
    status = run(c, row, request, answer);
    if ((row->flags & F_STATUS) != 0) {
        command_status(c, request->opcode, status);
    } else {
        command_complete(c, request->opcode, status, answer, row->answer_len);
    }
}
