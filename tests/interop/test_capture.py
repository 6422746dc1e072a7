"""Wireshark's dissectors read the capture of a whole session, without a complaint.

The session is by the CMAC algorithm: tshark 4.0 takes what is longer in the other one, which is
younger than it is, for errors.
"""
import argparse
import os
import subprocess
import sys
import uuid as uuids

from process import Air, Failure, Usher, need, run, wait

STATIC = "static:000102030405060708090a0b0c0d0e0f"
PROVISIONER, DEVICE = "provisioner", "device"
OPEN, ACK, CLOSE = "0", "1", "2"    # Link control
SESSION = [                         # who sends which type of Provisioning PDU
    (PROVISIONER, "Invite"), (DEVICE, "Capabilities"), (PROVISIONER, "Start"),
    (PROVISIONER, "Public Key"), (DEVICE, "Public Key"),
    (PROVISIONER, "Confirmation"), (DEVICE, "Confirmation"),
    (PROVISIONER, "Random"), (DEVICE, "Random"),
    (PROVISIONER, "Data"), (DEVICE, "Complete")]
TYPES = ("Invite", "Capabilities", "Start", "Public Key", "Input Complete", "Confirmation",
         "Random", "Data", "Complete", "Failed")
FIELDS = {"time": "frame.time_relative", "sender": "btle.advertising_address",
          "number": "pbadv.trnumber", "control": "pbadv.gen_prov.gpcf.bearer_opcode",
          "type": "provisioning.pdu_type", "beacon": "beacon.uuid",
          "complaint": "_ws.expert.message"}


def session_capture(options, directory):
    """Provision one device, and return the path of the capture."""
    uuid = uuids.uuid4().hex
    with Air(options.usher, directory, 0) as air, \
            Usher(options.usher, directory, "device", "--radio", air.radio, "--uuid", uuid,
                  "--oob", STATIC, "--alg", "cmac") as device:
        wait(lambda: device.event("beaconing"), 10, "device")
        with Usher(options.usher, directory, "provision", "--radio", air.radio, "--oob", STATIC,
                   "--state", os.path.join(directory, "state"), uuid) as provisioner:
            wait(provisioner.has_ended, 60, "end of usher provision")
        wait(lambda: device.event("complete"), 10, "complete event of the device")
    return air.capture


def dissect(capture):
    """Each packet as a dictionary of FIELDS; -2 since repeated segments confuse a single pass."""
    command = ["tshark", "-2", "-r", capture, "-T", "fields"]
    for field in FIELDS.values():
        command += ["-e", field]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failure("tshark: " + result.stderr)
    return [dict(zip(FIELDS, line.split("\t"))) for line in result.stdout.splitlines()]


def check(packets):
    for packet in packets:
        if packet["complaint"]:
            raise Failure(f"tshark about the packet at {packet['time']} s: {packet['complaint']}")
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", required=True, metavar="PATH", help="the tool under test")
    options = parser.parse_args()
    need("tshark")

    def case(directory):
        packets = dissect(session_capture(options, directory))
        check(packets)
        return f"{len(packets)} packets from beacon to Link Close, no complaint"

    return run(case)


if __name__ == "__main__":
    sys.exit(main())
