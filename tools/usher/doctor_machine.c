/*
 * What a machine has for a radio: libraries, controllers, serial ports, randomness, programs. See
 * doctor.h.
 */
#include "doctor.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

/* Numbers of Linux's Bluetooth sockets, whose header is another project's. */
#define BTPROTO_HCI_NUMBER 1
#define HCIGETDEVINFO_NUMBER _IOR('H', 211, int)
#define HCI_UP_BIT 0x01u

#define CAP_NET_ADMIN_BIT 12
#define YEAR_2024 1704067200 /* nobody runs this before it */

#define CONTROLLERS "/sys/class/bluetooth"

void doctor_libraries(struct doctor *d)
{
    doctor_find(d, DOCTOR_OK, "libraries", NULL, "%s, libuv %s, Jansson %s, SQLite %s",
                OpenSSL_version(OPENSSL_VERSION), uv_version_string(), jansson_version_str(),
                sqlite3_libversion());
}

/* -- controllers --------------------------------------------------------------------------- */

/** What the kernel tells of a controller; the layout is part of its interface. */
struct device_info {
    uint16_t dev_id;
    char name[8];
    uint8_t address[6];
    uint32_t flags;
    uint8_t more[128];
};

/** Whether this process may use user channels: root, or the capability. */
static bool may_administer(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    unsigned long long capabilities = 0;
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "CapEff:", 7) == 0) {
            capabilities = strtoull(line + 7, NULL, 16);
        }
    }
    if (file) {
        fclose(file);
    }
    return (capabilities >> CAP_NET_ADMIN_BIT & 1) != 0;
}

/** What there is to a controller; all of it may be unknown without the right to ask. */
static void controller(struct doctor *d, int socket, const char *name)
{
    struct device_info info = { .dev_id = (uint16_t)strtoul(name + 3, NULL, 10) };
    if (ioctl(socket, HCIGETDEVINFO_NUMBER, &info) != 0) {
        doctor_find(d, DOCTOR_NOTE, "controller", "Run this as root to know more.",
                    "%s is there; what state it is in is not known: %s", name, strerror(errno));
        return;
    }
    if ((info.flags & HCI_UP_BIT) != 0) {
        doctor_find(d, DOCTOR_NOTE, "controller",
                    "Stop bluetoothd and take it down: \"btmgmt power off\" or \"hciconfig down\".",
                    "%s is up: somebody else uses it", name);
        return;
    }
    doctor_find(d, DOCTOR_OK, "controller", NULL, "%s is down and can be used: --radio hci:%u",
                name, info.dev_id);
}

static unsigned list_controllers(struct doctor *d, int socket)
{
    glob_t found = { .gl_pathc = 0 };
    unsigned count = 0;
    (void)glob(CONTROLLERS "/hci[0-9]*", 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *name = found.gl_pathv[i] + sizeof CONTROLLERS;
        if (strchr(name, ':') == NULL) { /* hci0:64 is a connection */
            controller(d, socket, name);
            count++;
        }
    }
    globfree(&found);
    return count;
}

/** Whether that process has this name. @param path  Of /proc/PID/comm. */
static bool is_named(const char *path, const char *name)
{
    char comm[64] = "";
    FILE *file = fopen(path, "r");
    if (!file) {
        return false; /* it has ended */
    }
    bool got = fgets(comm, sizeof comm, file) != NULL;
    fclose(file);
    comm[strcspn(comm, "\n")] = '\0';
    return got && strcmp(comm, name) == 0;
}

/** Whether a process of that name runs. */
static bool runs(const char *name)
{
    glob_t found = { .gl_pathc = 0 };
    bool one = false;
    (void)glob("/proc/[0-9]*/comm", GLOB_NOSORT, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc && !one; i++) {
        one = is_named(found.gl_pathv[i], name);
    }
    globfree(&found);
    return one;
}

static void others(struct doctor *d)
{
    static const char *const names[] = { "bluetoothd", "bluetooth-meshd" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (runs(names[i])) {
            doctor_find(d, DOCTOR_NOTE, "bluetoothd",
                        "Stop it before --radio hci:N: \"systemctl stop bluetooth\" or "
                        "\"systemctl stop bluetooth-mesh\".",
                        "%s runs, and holds the controllers of this machine", names[i]);
        }
    }
}

void doctor_controllers(struct doctor *d)
{
    int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI_NUMBER);
    int error = fd < 0 ? errno : 0;
    if (fd < 0 && (error == EAFNOSUPPORT || error == EPROTONOSUPPORT)) {
        doctor_find(
            d, DOCTOR_NOTE, "kernel",
            "For --radio hci:N load it, \"modprobe bluetooth\"; the other radios do without.",
            "the kernel has no Bluetooth (AF_BLUETOOTH)");
    } else {
        doctor_find(d, DOCTOR_OK, "kernel", NULL, "the kernel has Bluetooth (AF_BLUETOOTH)");
    }
    if (list_controllers(d, fd) == 0) {
        doctor_find(d, DOCTOR_NOTE, "controller",
                    "Plug one in, or use one by h4: or serial:, or the simulated air.",
                    "no Bluetooth controller in " CONTROLLERS);
    }
    if (may_administer()) {
        doctor_find(d, DOCTOR_OK, "permission", NULL,
                    "this user may use controllers (CAP_NET_ADMIN)");
    } else {
        doctor_find(d, DOCTOR_NOTE, "permission",
                    "For --radio hci:N run as root, or \"setcap cap_net_admin+ep\" this program.",
                    "this user may not use controllers of the machine (CAP_NET_ADMIN)");
    }
    others(d);
    if (fd >= 0) {
        close(fd);
    }
}

/* -- serial ports -------------------------------------------------------------------------- */

static void serial_port(struct doctor *d, const char *path)
{
    struct stat st;
    struct group group, *known = NULL;
    char names[4096];
    char advice[160] = "Let its owner give access to it.";
    if (access(path, R_OK | W_OK) == 0) {
        doctor_find(d, DOCTOR_OK, "serial-port", NULL, "%s can be used: --radio h4:%s or serial:%s",
                    path, path, path);
        return;
    }
    if (stat(path, &st) == 0 && getgrgid_r(st.st_gid, &group, names, sizeof names, &known) == 0 &&
        known) {
        snprintf(advice, sizeof advice,
                 "Join its group, \"usermod -aG %.40s USER\" as root, and log in again.",
                 group.gr_name);
    }
    doctor_find(d, DOCTOR_NOTE, "serial-port", advice, "%s is not open to this user", path);
}

void doctor_serial_ports(struct doctor *d)
{
    glob_t found = { .gl_pathc = 0 };
    (void)glob("/dev/ttyACM*", 0, NULL, &found);
    (void)glob("/dev/ttyUSB*", GLOB_APPEND, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        serial_port(d, found.gl_pathv[i]);
    }
    if (found.gl_pathc == 0) {
        doctor_find(d, DOCTOR_NOTE, "serial-port", "Plug a board in for --radio h4: or serial:.",
                    "no serial port (/dev/ttyACM*, /dev/ttyUSB*)");
    }
    globfree(&found);
}

/* -- the rest ------------------------------------------------------------------------------ */

void doctor_randomness_and_clock(struct doctor *d)
{
    uint8_t octet;
    if (getrandom(&octet, 1, GRND_NONBLOCK) == 1) {
        doctor_find(d, DOCTOR_OK, "randomness", NULL, "the kernel has random numbers");
    } else {
        doctor_find(d, DOCTOR_PROBLEM, "randomness", "Wait, or give the machine a source (rngd).",
                    "the kernel has not gathered randomness yet: %s", strerror(errno));
    }
    if (time(NULL) < YEAR_2024) {
        doctor_find(d, DOCTOR_PROBLEM, "clock", "Set it: \"timedatectl set-ntp true\".",
                    "the clock is wrong, and records will have wrong times");
    } else {
        doctor_find(d, DOCTOR_OK, "clock", NULL, "the clock is set");
    }
}

/** Where a program is. @retval false  It is not in PATH. */
static bool which(const char *name, char *path, size_t room)
{
    const char *at = getenv("PATH");
    while (at && *at) {
        size_t len = strcspn(at, ":");
        int n = snprintf(path, room, "%.*s/%s", (int)len, at, name);
        if (n > 0 && (size_t)n < room && access(path, X_OK) == 0) {
            return true;
        }
        at += len + (at[len] == ':');
    }
    return false;
}

void doctor_programs(struct doctor *d)
{
    char path[1024];
    if (which("tshark", path, sizeof path)) {
        doctor_find(d, DOCTOR_OK, "tshark", NULL, "%s reads captures, as \"usher decode\" does",
                    path);
    } else {
        doctor_find(d, DOCTOR_NOTE, "tshark", "\"apt-get install tshark\" has one.",
                    "no tshark in PATH to look into captures further than \"usher decode\"");
    }
}
