"""Wireshark's dissectors read the captures of whole sessions, without a complaint.

A device is provisioned: by the CMAC algorithm, since tshark 4.0 takes what is longer in the other
one, which is younger than it is, for errors. Then, with the keys given to tshark, the node is
configured, switched and removed.
"""
import argparse
import contextlib
import os
import sqlite3
import subprocess
import sys
import uuid as uuids

from process import Air, Failure, Usher, need, run, wait

STATIC = "static:000102030405060708090a0b0c0d0e0f"
PROVISIONER, DEVICE = "provisioner", "device"

# Provisioning
FIELDS = {"sender": "btle.advertising_address", "number": "pbadv.trnumber",
          "control": "pbadv.gen_prov.gpcf.bearer_opcode", "type": "provisioning.pdu_type",
          "beacon": "beacon.uuid"}
OPEN, ACK, CLOSE = "0", "1", "2"    # Link control
SESSION = [                         # who sends which type of Provisioning PDU
    (PROVISIONER, "Invite"), (DEVICE, "Capabilities"), (PROVISIONER, "Start"),
    (PROVISIONER, "Public Key"), (DEVICE, "Public Key"),
    (PROVISIONER, "Confirmation"), (DEVICE, "Confirmation"),
    (PROVISIONER, "Random"), (DEVICE, "Random"),
    (PROVISIONER, "Data"), (DEVICE, "Complete")]
TYPES = ("Invite", "Capabilities", "Start", "Public Key", "Input Complete", "Confirmation",
         "Random", "Data", "Complete", "Failed")

# Configuration
NODE_FIELDS = {"source": "btmesh.src", "number": "btmesh.seq", "opcode": "btmesh.model.opcode",
               "message": "_ws.col.Info"}
MESSAGES = [                        # what is asked, and what answers
    ("Config Composition Data Get", "Config Composition Data Status"),
    ("Config AppKey Add", "Config AppKey Status"),
    ("Config Model App Bind", "Config Model App Status"),
    ("Config Model Subscription Add", "Config Model Subscription Status"),
    ("Config Model App Bind", "Config Model App Status"),
    ("Generic OnOff Set", "Generic OnOff Status"),
    ("Config Node Reset", "Config Node Reset Status")]


def dissect(capture, fields, *options):
    """Each packet as a dictionary of the fields. There must be no complaint about any."""
    fields = {"time": "frame.time_relative", "complaint": "_ws.expert.message", **fields}
    # In two passes, since repeated segments confuse a single one.
    command = ["tshark", "-2", "-r", capture, "-T", "fields", *options]
    for field in fields.values():
        command += ["-e", field]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failure("tshark: " + result.stderr)
    packets = [dict(zip(fields, line.split("\t"))) for line in result.stdout.splitlines()]
    for packet in packets:
        if packet["complaint"]:
            raise Failure(f"tshark about the packet at {packet['time']} s: {packet['complaint']}")
    return packets


def check_provisioning(packets):
    opened = [p["sender"] for p in packets if p["control"] == OPEN]
    if not opened or not any(p["beacon"] for p in packets):
        raise Failure("no beacon, or no Link Open")
    side = {p["sender"]: PROVISIONER if p["sender"] == opened[0] else DEVICE for p in packets}
    session = {}        # in order, by sender and transaction number: a repetition changes nothing
    for packet in packets:
        if packet["type"]:
            key = packet["sender"], packet["number"]
            session[key] = side[packet["sender"]], TYPES[int(packet["type"], 0)]
    if list(session.values()) != SESSION:
        raise Failure(f"the session reads {list(session.values())}")
    control = {(side[p["sender"]], p["control"]) for p in packets if p["control"]}
    if not {(PROVISIONER, OPEN), (DEVICE, ACK), (PROVISIONER, CLOSE)} <= control:
        raise Failure(f"the link control PDUs are {sorted(control)}")
    return f"{len(packets)} packets from beacon to Link Close, no complaint"


def uat(table, *values):
    """The option of tshark that adds a line to one of its tables of keys."""
    return "-o", f"uat:{table}:" + ",".join(f'"0x{value}"' for value in values)


def keys(air):
    """The keys of the network and of its only node, for tshark; and the node's address."""
    with contextlib.closing(sqlite3.connect(os.path.join(air.state, "registry.sqlite"))) as registry:
        ((net_key, app_key, iv_index),) = registry.execute(
            "SELECT netkey.key, appkey.key, iv_index FROM netkey, appkey, network")
        ((device_key, address),) = registry.execute("SELECT device_key, address FROM node")
    options = (*uat("btmesh_nw_keys", net_key.hex(), app_key.hex(), f"{iv_index:08x}"),
               *uat("btmesh_dev_keys", device_key.hex(), f"{address:04x}"))
    return options, f"0x{address:04x}"


def check_configuration(packets, address):
    """Each message of the client's is there, and each is answered."""
    session = {}        # in order, by sender and sequence number: a repetition changes nothing
    for packet in packets:
        if packet["opcode"]:
            side = DEVICE if int(packet["source"]) == int(address, 16) else PROVISIONER
            message = packet["message"].removesuffix(" (Message Reassembled)")
            session[side, packet["number"]] = side, message
    expected = [(side, message) for pair in MESSAGES
                for side, message in zip((PROVISIONER, DEVICE), pair)]
    if list(session.values()) != expected:
        raise Failure(f"the session reads {list(session.values())}")
    return f"{len(session)} messages decrypted and read, no complaint"


@contextlib.contextmanager
def provisioned(options, directory):
    """An air with a device that is a node."""
    uuid = uuids.uuid4().hex
    with Air(options.usher, directory, 0) as air, \
            Usher(options.usher, directory, "device", "--radio", air.radio, "--uuid", uuid,
                  "--oob", STATIC, "--alg", "cmac") as device:
        wait(lambda: device.event("beaconing"), 10, "device")
        air.run("provision", "--oob", STATIC, uuid)
        wait(lambda: device.event("complete"), 10, "complete event of the device")
        yield air


def provisioning(options, directory):
    with provisioned(options, directory) as air:
        pass
    return check_provisioning(dissect(air.capture, FIELDS))


def configuration(options, directory):
    with provisioned(options, directory) as air:
        air.run("configure", "--all")
        tables, address = keys(air)
        air.run("onoff", address, "on")
        air.run("remove", address)
    return check_configuration(dissect(air.capture, NODE_FIELDS, *tables), address)


def main():
    sessions = {"provisioning": provisioning, "configuration": configuration}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("session", choices=sessions)
    parser.add_argument("--usher", required=True, metavar="PATH", help="the tool under test")
    options = parser.parse_args()
    need("tshark")
    return run(lambda directory: sessions[options.session](options, directory))


if __name__ == "__main__":
    sys.exit(main())
