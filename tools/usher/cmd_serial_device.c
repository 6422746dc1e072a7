/*
 * usher serial-device: the application of examples/serial, on a radio and a line of this machine. A
 * host at the other end of the line provisions with it, or has it provisioned. Radio, line and loop
 * are the layer's (nrf_mesh_port.h), which ends the process when one is lost or a signal comes.
 */
#include "nrf_mesh_port.h"
#include "nrf_soc.h"
#include "out.h"
#include "serial_device.h"
#include "verbs.h"

int verb_serial_device(const struct args *args)
{
    if (!args->radios.item[0] || !args->line) {
        out_error("serial-device needs --radio, such as --radio air:PATH, and --line, such as "
                  "--line pty");
        return EXIT_USAGE;
    }
    nrf_mesh_lost_status_set(EXIT_TRANSPORT);
    if (nrf_mesh_on_air(args->radios.item[0], NULL) != 0 || nrf_mesh_on_line(args->line) != 0) {
        return EXIT_TRANSPORT; /* a line on standard error has said why */
    }
    serial_device_start();
    out_event(json_pack("{s:s, s:s}", "event", "listening", "line", nrf_mesh_line_name()));
    out_text("the host's line is %s", nrf_mesh_line_name());
    (void)out_flush();
    for (;;) {
        (void)sd_app_evt_wait();
    }
}
