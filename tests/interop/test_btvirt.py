"""usher provisions and configures usher, each on an emulated controller of BlueZ's btvirt.

One case for each call: a type of controller, and what is done with two or more of them.
"""
import argparse
import contextlib
import os
import sys
import uuid as uuids

from process import Failure, Process, Usher, need, run, wait

STATIC = "static:" + bytes(range(0x10, 0x20)).hex()
# The kinds of out-of-band information, and the option --oob of both sides.
KINDS = {"none": "none", "static": STATIC, "key": "none", "key+static": STATIC,
         "output": "output:numeric:6", "input": "input:alphanumeric:8"}
MTUS = "23", "69", "247"    # of the device, in turn
PATIENCE = 60               # seconds
DEVICES = 4


class Btvirt(Process):
    """btvirt, which gives each host a controller of its own; and a network of which all are."""

    def __init__(self, options, directory):
        self.tool, self.directory = options.usher, directory
        self.state = os.path.join(directory, "state")
        self.socket = os.path.join(directory, options.controller)
        # It writes to hosts that have gone, and dies of that if the signal is not ignored.
        super().__init__("btvirt", directory, "env", "--ignore-signal=PIPE", "btvirt", "-s",
                         environment={"LD_PRELOAD": options.preload,
                                      "USHER_BTVIRT_DIRECTORY": directory})

    def __enter__(self):
        wait(lambda: os.path.exists(self.socket) or self.check_alive(), 10, "controllers")
        return self

    def usher(self, verb, *arguments):
        return Usher(self.tool, self.directory, verb, "--radio", "h4:" + self.socket, *arguments)

    @contextlib.contextmanager
    def device(self, uuid, *arguments):
        with self.usher("device", "--uuid", uuid, "--show-secrets", *arguments) as device:
            wait(lambda: device.event("beaconing") or self.check_alive(), 10, "device")
            yield device

    def run(self, verb, *arguments, person=lambda _: None):
        """Run a verb in the network, which has to end with success; the process, to be asked."""
        capture = os.path.join(self.directory, verb + ".pcap")
        with self.usher(verb, "--state", self.state, "--pcap", capture, *arguments) as usher:
            def has_ended():
                person(usher)
                self.check_alive()
                return usher.has_ended()
            wait(has_ended, PATIENCE, "end of usher " + verb)
        return usher


class Person:
    """Reads the value that one side shows, and types it at the other; once."""

    def __init__(self, device):
        self.device, self.has_typed = device, False

    def __call__(self, provisioner):
        for reads, types in (self.device, provisioner), (provisioner, self.device):
            if reads.event("show") and types.event("ask") and not self.has_typed:
                self.has_typed = True
                types.type(reads.event("show")["value"])


def compare(what, is_so, expected):
    if is_so != expected:
        raise Failure(f"{what}: {is_so}, expected {expected}")


def provision(btvirt, uuid, device, bearer, kind, *arguments):
    """Provision that device, over that bearer; how long it took, in seconds."""
    method, _, action = KINDS[kind].partition(":")
    oob = KINDS[kind] if method == "static" else method
    usher = btvirt.run("provision", uuid, "--bearer", bearer, "--oob", oob, "--retry", "0",
                       "--show-secrets", *arguments, person=Person(device))
    wait(lambda: device.event("complete"), 10, "complete event of the device")
    expected = {"bearer": bearer, "method": method,
                "public_key": "oob" if "key" in kind else "in-band"}
    if method in ("output", "input"):
        expected["action"], size = action.split(":")
        expected["size"] = int(size)
    for side in usher, device:
        complete = side.event("complete")
        compare(side.name, {name: complete[name] for name in expected}, expected)
    for secret in "address", "device_key":
        compare(secret, device.event("complete")[secret], usher.event("complete")[secret])
    return usher.event("complete")["seconds"]


def kinds(btvirt, bearer):
    """One device after the other, each with other out-of-band information."""
    told = []
    for number, kind in enumerate(KINDS):
        uuid = uuids.uuid4().hex
        both = ["--bearer", bearer, "--oob", KINDS[kind]]
        if bearer == "gatt":
            both += ["--mtu", MTUS[number % len(MTUS)]]
        ours, public = [], os.path.join(btvirt.directory, kind)
        if "key" in kind:
            both += ["--pubkey-oob", public + ".private"]
        with btvirt.device(uuid, *both) as device:
            if "key" in kind:
                ours = ["--pubkey-oob", public]
                with open(public, "w") as file:
                    file.write(device.event("public-key")["public_key"])
            told.append(f"{kind} {provision(btvirt, uuid, device, bearer, kind, *ours):.2f} s")
    return ", ".join(told)


def adv(btvirt):
    return "PB-ADV: " + kinds(btvirt, "adv")


def gatt(btvirt):
    return "PB-GATT: " + kinds(btvirt, "gatt")


def many(btvirt):
    """Several devices, on both bearers, through one controller of the provisioner's.

    A single connection is among them: what is sent on another one at the same time, btvirt loses.
    """
    with contextlib.ExitStack() as stack:
        bearers = {uuids.uuid4().hex: "adv" if number else "gatt" for number in range(DEVICES)}
        for uuid, bearer in bearers.items():
            stack.enter_context(btvirt.device(uuid, "--bearer", bearer))
        usher = btvirt.run("provision", "--all", "--for", "5s", "--retry", "0",
                           "--parallel", str(DEVICES))
        complete = [e for e in usher.events if e["event"] == "complete"]
    compare("bearers", {e["uuid"]: e["bearer"] for e in complete}, bearers)
    compare("addresses", len({e["address"] for e in complete}), DEVICES)
    return f"{DEVICES} devices on both bearers in {usher.event('summary')['seconds']:.1f} s"


def proxy(btvirt):
    """A lamp that is provisioned, configured, switched and removed over GATT alone."""
    uuid = uuids.uuid4().hex
    with btvirt.device(uuid, "--bearer", "gatt", "--elements", "2") as device:
        provision(btvirt, uuid, device, "gatt", "none")
        address = device.event("complete")["address"]
        node = btvirt.run("configure", "--all", "--proxy=" + address).event("node")
        compare("configured", node["configured"], True)
        lamp = btvirt.run("onoff", address, "on", "--proxy").event("lamp")
        compare("lamp", lamp, {"event": "lamp", "address": address, "on": True})
        wait(lambda: device.event("lamp"), 10, "lamp")
        compare("the device's lamp", device.event("lamp"), lamp)
        btvirt.run("remove", address, "--proxy")
        wait(lambda: device.event("reset"), 10, "reset")
    return f"a lamp configured and switched through the proxy, {node['seconds']:.1f} s"


def main():
    subjects = {"adv": adv, "gatt": gatt, "many": many, "proxy": proxy}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("controller", choices=("le", "bredrle"))
    parser.add_argument("subject", choices=subjects)
    parser.add_argument("--usher", required=True, metavar="PATH", help="the tool under test")
    parser.add_argument("--preload", required=True, metavar="PATH", help="btvirt_preload.so")
    options = parser.parse_args()
    need("bluez-test-tools")

    def case(directory):
        with Btvirt(options, directory) as btvirt:
            return f"{options.controller}, {subjects[options.subject](btvirt)}"

    return run(case)


if __name__ == "__main__":
    sys.exit(main())
