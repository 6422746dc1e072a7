"""usher provisions bluetooth-meshd, and bluetooth-meshd provisions usher: one case for each call.

Both sides must hold the same device key and address, and must have used what the case is about;
or, when their static values differ, neither side must have taken the other.
"""
import argparse
import os
import sys
import uuid as uuids

from process import MESHD, Failure, Usher, need, run

need(*MESHD)

from meshd import User, meshd_on_air

STATIC = bytes(range(0x10, 0x20))
WRONG_STATIC = bytes(range(0x11, 0x21))
# A key pair for the daemon: it takes the private key and derives the public one itself.
PRIVATE_KEY = "529aa0670d72cd6497502ed473502b037e8803b5c60829a5a3caa219505530ba"
PUBLIC_KEY = ("f465e43ff23d3f1b9dc7dfc04da8758184dbc966204796eccf0d6cf5e16500cc"
              "0201d048bcbbd899eeefc424164e33c201c2b010ca6b4d43a8a155cad8ecb279")

# Each action: usher's words, ACTION:SIZE included, and the daemon's.
OUTPUTS = {
    "blink": ("blink:1", "blink"), "beep": ("beep:1", "beep"), "vibrate": ("vibrate:1", "vibrate"),
    "out-numeric": ("numeric:6", "out-numeric"), "out-alpha": ("alphanumeric:8", "out-alpha"),
}
INPUTS = {
    "push": ("push:1", "push"), "twist": ("twist:1", "twist"),
    "in-numeric": ("numeric:8", "in-numeric"), "in-alpha": ("alphanumeric:8", "in-alpha"),
}
WRONG = "wrong-static"
KINDS = ("none", "static", "key", "key+static", WRONG, *OUTPUTS, *INPUTS)
DONE, FAILED = 0, 2         # exit statuses of usher
CONFIRMATION_FAILED = 4     # in Provisioning Failed
ADDRESS = 0x00AA            # what the daemon gives
PATIENCE = 150              # seconds


def meshd_user(kind):
    """What the daemon's user knows in a case of this kind."""
    user = User(static=STATIC)
    if "static" in kind:
        user.capabilities.append("static-oob")
    if "key" in kind:
        user.capabilities.append("public-oob")
    if kind in OUTPUTS or kind in INPUTS:
        user.capabilities.append({**OUTPUTS, **INPUTS}[kind][1])
    return user


def usher_oob(kind):
    """The values of usher's option --oob, which the daemon's side matches."""
    if "static" in kind:
        return "static:" + (WRONG_STATIC if kind == WRONG else STATIC).hex()
    if kind in OUTPUTS:
        return "output:" + OUTPUTS[kind][0]
    if kind in INPUTS:
        return "input:" + INPUTS[kind][0]
    return "none"


def check(kind, complete, address, key):
    """Compare usher's event with what the daemon has stored."""
    method, _, action = usher_oob(kind).partition(":")
    expected = {"address": f"0x{address:04x}", "device_key": key, "method": method,
                "public_key": "oob" if "key" in kind else "in-band"}
    if method in ("output", "input"):
        expected["action"], size = action.split(":")
        expected["size"] = int(size)
    for name, value in expected.items():
        if complete[name] != value:
            raise Failure(f"{name}: usher says {complete[name]}, expected {value}")
    return f"{complete['seconds']:.1f} s; address and device key are equal"


def refused(what, is_so):
    if not is_so:
        raise Failure("not refused as it should be: " + what)
    return "refused, " + what


def usher_provisions(options, directory):
    kind, uuid = options.kind, uuids.uuid4().bytes
    arguments = ["--oob", usher_oob(kind), "--retry", "0", "--show-secrets",
                 "--state", os.path.join(directory, "state"), uuid.hex()]
    with meshd_on_air(options, directory, meshd_user(kind)) as (air, meshd):
        if "key" in kind:
            meshd.user.private_key = bytes.fromhex(PRIVATE_KEY)
            arguments += ["--pubkey-oob", os.path.join(directory, "key")]
            with open(arguments[-1], "w") as file:
                file.write(PUBLIC_KEY)
        meshd.join(uuid)
        with Usher(options.usher, directory, "provision", "--radio", air.radio, *arguments,
                   status=FAILED if kind == WRONG else DONE) as usher:
            meshd.wait(usher.has_ended, PATIENCE, "end of usher provision")
        if kind == WRONG:
            meshd.wait(lambda: meshd.application.failed, 10, "end of meshd's attempt")
            return refused("nothing stored", usher.event("failed")["code"] == CONFIRMATION_FAILED
                           and not meshd.has_stored(uuid))
        node = meshd.stored_node(uuid)
        return check(kind, usher.event("complete"), int(node["unicastAddress"], 16),
                     node["deviceKey"].lower())


def carry(user, device, kind):
    """Be the person who reads a value at one side and types it at the other."""
    if kind in OUTPUTS and user.typed is None and device.event("show"):
        user.typed = device.event("show")["value"]
    if kind in INPUTS and user.shown is not None and device.event("ask"):
        device.type(user.shown)
        user.shown = None


def meshd_provisions(options, directory):
    kind, uuid = options.kind, uuids.uuid4().bytes
    arguments = ["--oob", usher_oob(kind), "--uuid", uuid.hex(), "--alg", "both", "--show-secrets"]
    if "key" in kind:
        arguments += ["--pubkey-oob", os.path.join(directory, "key")]
    with meshd_on_air(options, directory, meshd_user(kind)) as (air, meshd), \
            Usher(options.usher, directory, "device", "--radio", air.radio, *arguments) as device:
        meshd.wait(lambda: device.event("beaconing"), 10, "device")
        if "key" in kind:
            meshd.user.public_key = bytes.fromhex(device.event("public-key")["public_key"])
        meshd.create_network(ADDRESS)
        meshd.find(uuid)
        meshd.add_node(uuid)

        def ended():
            carry(meshd.user, device, kind)
            return meshd.application.added or meshd.application.failed

        meshd.wait(ended, PATIENCE, "end of meshd's provisioning")
        if kind == WRONG:
            return refused("no device key", meshd.application.failed
                           and not device.event("complete") and not meshd.exported_key(ADDRESS))
        if meshd.application.failed:
            raise Failure(f"meshd: {meshd.application.failed}")
        meshd.wait(lambda: device.event("complete"), 10, "complete event of the device")
        return check(kind, device.event("complete"), ADDRESS, meshd.exported_key(ADDRESS))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("provisioner", choices=("usher", "meshd"))
    parser.add_argument("kind", choices=KINDS, help="the out-of-band information")
    parser.add_argument("loss", type=int, help="receptions lost, in percent")
    parser.add_argument("--usher", required=True, metavar="PATH", help="the tool under test")
    parser.add_argument("--preload", required=True, metavar="PATH", help="meshd_preload.so")
    options = parser.parse_args()

    def case(directory):
        provision = usher_provisions if options.provisioner == "usher" else meshd_provisions
        outcome = provision(options, directory)
        return f"{options.provisioner} provisions, {options.kind}, {options.loss} % loss: {outcome}"

    return run(case)


if __name__ == "__main__":
    sys.exit(main())
