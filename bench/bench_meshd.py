"""usher beside bluetooth-meshd, as provisioners of the same simulated devices on one air.

    bench_meshd.py --usher PATH --preload PATH [--devices N]

The air is in real time. At each loss, N devices are provisioned by the daemon, one after the other
as it does it, and N devices like these by usher with one link. A device's time is what each
provisioner takes from the decision to provision a device that it has heard until it has a node.
After that, usher provisions sites with 1 to 32 links, at 5 % loss. The daemon runs as in the tests
in tests/interop, from which this takes it.
"""
import argparse
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/interop"))

from process import MESHD, Air, Failure, Usher, need, wait  # noqa: E402

need(*MESHD)

from meshd import User, meshd_on_air  # noqa: E402

LOSSES = 0, 10, 30
LINKS = 1, 2, 4, 8, 16, 32
SITE_LOSS, SITE_DEVICES = 5, 10     # devices for each link
ADDRESS = 0x0100                    # the first that the daemon gives
PATIENCE = 180                      # seconds, for the daemon and one device


def devices(options, directory, air, count, seed):
    """So many lamps on that air, which end when they are provisioned."""
    return Usher(options.usher, directory, "device", "--radio", air.radio, "--count", str(count),
                 "--seed", str(seed), "--exit")


def beaconing(process, count):
    """Their UUIDs, when all are there."""
    def all_there():
        return sum(e["event"] == "beaconing" for e in process.events) == count

    wait(all_there, 30, "devices")
    return [bytes.fromhex(e["uuid"]) for e in process.events if e["event"] == "beaconing"]


def meshd_times(options, directory, air, meshd):
    """How long the daemon takes for each device; None: it gave one up."""
    times = []
    with devices(options, directory, air, options.devices, 1) as lamps:
        uuids = beaconing(lamps, options.devices)
        meshd.create_network(ADDRESS)
        for uuid in uuids:
            meshd.find(uuid)
            began = time.monotonic()
            meshd.add_node(uuid)
            meshd.wait(lambda: meshd.application.added or meshd.application.failed, PATIENCE,
                       "end of a device's provisioning")
            times.append(None if meshd.application.failed else time.monotonic() - began)
            meshd.application.address += 1
        lamps.status = lamps.end() or lamps.child.returncode    # those given up beacon on
    return times


def usher_times(options, directory, air):
    with devices(options, directory, air, options.devices, 2) as lamps:
        beaconing(lamps, options.devices)
        state = os.path.join(directory, "usher")
        with Usher(options.usher, directory, "provision", "--radio", air.radio, "--state", state,
                   "--all", "--parallel", "1") as usher:
            wait(usher.has_ended, PATIENCE, "end of usher provision")
        wait(lamps.has_ended, 30, "end of the devices")
    return [e["seconds"] for e in usher.events if e["event"] == "complete"]


def seconds(times):
    done = [t for t in times if t is not None]
    text = f"{statistics.median(done):6.2f} s" if done else "     none"
    return text + (f", {len(times) - len(done)} given up" if len(done) < len(times) else "")


def against(options, loss):
    options.loss = loss
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as directory, \
            meshd_on_air(options, directory, User()) as (air, meshd):
        theirs = meshd_times(options, directory, air, meshd)
        ours = usher_times(options, directory, air)
    done = [t for t in theirs if t is not None]
    ratio = f"{statistics.median(done) / statistics.median(ours):5.1f} times" if done else "-"
    print(f"  {loss:4} %   {seconds(theirs):>20}   {seconds(ours):>12}   {ratio}", flush=True)


def site(options, links):
    count = SITE_DEVICES * links
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as directory, \
            Air(options.usher, directory, SITE_LOSS) as air, \
            devices(options, directory, air, count, 3) as lamps:
        beaconing(lamps, count)
        with Usher(options.usher, directory, "provision", "--radio", air.radio, "--state",
                   os.path.join(directory, "usher"), "--all", "--parallel", str(links)) as usher:
            wait(usher.has_ended, PATIENCE, "end of usher provision")
        wait(lamps.has_ended, 30, "end of the devices")
    rate = usher.event("summary")["devices_per_minute"]
    print(f"  {links:5}   {count:7}   {rate:6.0f} /min", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--usher", required=True, metavar="PATH", help="the tool")
    parser.add_argument("--preload", required=True, metavar="PATH", help="meshd_preload.so")
    parser.add_argument("--devices", type=int, default=3, help="at each loss, of each provisioner")
    options = parser.parse_args()
    try:
        print("  loss     bluetooth-meshd, median   usher, median   usher is faster")
        for loss in LOSSES:
            against(options, loss)
        print(f"\n  links   devices   usher, {SITE_LOSS} % loss, in real time")
        for links in LINKS:
            site(options, links)
    except Failure as failure:
        print(f"bench_meshd: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
