/* The names of the SIG models (Bluetooth Assigned Numbers, section 4.3), for people to read. */
#include <usher/models.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const foundation[] = {
    "Configuration Server",
    "Configuration Client",
    "Health Server",
    "Health Client",
    "Remote Provisioning Server",
    "Remote Provisioning Client",
    "Directed Forwarding Configuration Server",
    "Directed Forwarding Configuration Client",
    "Bridge Configuration Server",
    "Bridge Configuration Client",
    "Mesh Private Beacon Server",
    "Mesh Private Beacon Client",
    "On-Demand Private Proxy Server",
    "On-Demand Private Proxy Client",
    "SAR Configuration Server",
    "SAR Configuration Client",
    "Opcodes Aggregator Server",
    "Opcodes Aggregator Client",
    "Large Composition Data Server",
    "Large Composition Data Client",
    "Solicitation PDU RPL Configuration Server",
    "Solicitation PDU RPL Configuration Client",
};

static const char *const generic[] = {
    "Generic OnOff Server",
    "Generic OnOff Client",
    "Generic Level Server",
    "Generic Level Client",
    "Generic Default Transition Time Server",
    "Generic Default Transition Time Client",
    "Generic Power OnOff Server",
    "Generic Power OnOff Setup Server",
    "Generic Power OnOff Client",
    "Generic Power Level Server",
    "Generic Power Level Setup Server",
    "Generic Power Level Client",
    "Generic Battery Server",
    "Generic Battery Client",
    "Generic Location Server",
    "Generic Location Setup Server",
    "Generic Location Client",
    "Generic Admin Property Server",
    "Generic Manufacturer Property Server",
    "Generic User Property Server",
    "Generic Client Property Server",
    "Generic Property Client",
};

static const char *const sensors[] = {
    "Sensor Server",
    "Sensor Setup Server",
    "Sensor Client",
};

static const char *const time_and_scenes[] = {
    "Time Server",      "Time Setup Server",      "Time Client",
    "Scene Server",     "Scene Setup Server",     "Scene Client",
    "Scheduler Server", "Scheduler Setup Server", "Scheduler Client",
};

static const char *const lighting[] = {
    "Light Lightness Server",
    "Light Lightness Setup Server",
    "Light Lightness Client",
    "Light CTL Server",
    "Light CTL Setup Server",
    "Light CTL Client",
    "Light CTL Temperature Server",
    "Light HSL Server",
    "Light HSL Setup Server",
    "Light HSL Client",
    "Light HSL Hue Server",
    "Light HSL Saturation Server",
    "Light xyL Server",
    "Light xyL Setup Server",
    "Light xyL Client",
    "Light LC Server",
    "Light LC Setup Server",
    "Light LC Client",
};

static const char *const transfer[] = {
    "BLOB Transfer Server",   "BLOB Transfer Client",         "Firmware Update Server",
    "Firmware Update Client", "Firmware Distribution Server", "Firmware Distribution Client",
};

/* The ids of each group follow each other without a gap. */
static const struct {
    uint16_t first, count;
    const char *const *names;
} groups[] = {
    { 0x0000, COUNT(foundation), foundation }, { 0x1000, COUNT(generic), generic },
    { 0x1100, COUNT(sensors), sensors },       { 0x1200, COUNT(time_and_scenes), time_and_scenes },
    { 0x1300, COUNT(lighting), lighting },     { 0x1400, COUNT(transfer), transfer },
};

const char *usher_model_name(uint16_t id)
{
    for (size_t i = 0; i < COUNT(groups); i++) {
        if (id >= groups[i].first && id - groups[i].first < groups[i].count) {
            return groups[i].names[id - groups[i].first];
        }
    }
    return NULL;
}
