"""The host's end of the serial interface, as a host of the nRF5 SDK has it: plain framing, no
extensions. Beside it the arithmetic of P-256 (FIPS 186-4, D.1.2.3), for a host that computes ECDH.
"""

import os
import select
import socket
import struct
import time

ECHO, RADIO_RESET, VERSION_GET, UUID_GET = 0x02, 0x0E, 0x09, 0x54
SCAN_START, SCAN_STOP, PROVISION, OOB_USE, AUTH_DATA, ECDH_SECRET, KEYPAIR_SET = 0x61, 0x62, 0x63, 0x66, 0x67, 0x68, 0x69
DEVICE_STARTED, ECHO_RSP, CMD_RSP = 0x81, 0x82, 0x84
UNPROVISIONED, LINK_ESTABLISHED, LINK_CLOSED, CAPS_RECEIVED, COMPLETE = 0xC0, 0xC1, 0xC2, 0xC3, 0xC5
AUTH_REQUEST, ECDH_REQUEST, FAILED = 0xC6, 0xC7, 0xC9
SUCCESS, CMD_UNKNOWN, INVALID_LENGTH = 0x00, 0x82, 0x84

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def point_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(scalar, point):
    result = None
    for bit in bin(scalar)[2:]:
        result = point_add(result, result)
        if bit == "1":
            result = point_add(result, point)
    return result


def octets(number):
    return number.to_bytes(32, "big")


def key_pair():
    """@return private key, public key"""
    private = int.from_bytes(os.urandom(32), "big") >> 1 | 1
    return octets(private), b"".join(octets(c) for c in multiply(private, G))


def shared_secret(private, public):
    point = int.from_bytes(public[:32], "big"), int.from_bytes(public[32:], "big")
    return octets(multiply(int.from_bytes(private, "big"), point)[0])


class Line:
    """Packets to and from a device at a socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.octets = b""
        self.packets = []  # that came and were not asked for yet

    def close(self):
        self.socket.close()

    def write(self, data):
        self.socket.sendall(data)

    def send(self, opcode, data=b""):
        self.write(bytes([1 + len(data), opcode]) + data)

    def receive(self, seconds):
        """What has come by then, at once if there is something."""
        if select.select([self.socket], [], [], max(seconds, 0))[0]:
            self.octets += self.socket.recv(4096)
        while self.octets and len(self.octets) > self.octets[0]:
            end = 1 + self.octets[0]
            self.packets.append((self.octets[1], self.octets[2:end]))
            self.octets = self.octets[end:]

    def wait(self, which, seconds=60):
        """The oldest packet for which it is true; those before it stay."""
        end = time.monotonic() + seconds
        while True:
            for i, packet in enumerate(self.packets):
                if which(*packet):
                    return self.packets.pop(i)
            if time.monotonic() > end:
                raise AssertionError("it did not come, but %r" % self.packets)
            self.receive(end - time.monotonic())

    def event(self, *opcodes):
        return self.wait(lambda opcode, data: opcode in opcodes)

    def ask(self, opcode, data=b""):
        """A command and its answer: status, data."""
        self.send(opcode, data)
        answer = self.wait(lambda code, data: code == CMD_RSP and data[0] == opcode)[1]
        return answer[1], answer[2:]


class Provisioner:
    """Provisions devices, in as many sessions at once as there are devices to be had.

    Without a key pair the device at the line computes the ECDH, with one this host does.
    """

    def __init__(self, line, static=None, pair=None):
        self.line = line
        self.static = static
        self.pair = pair
        self.netkey = os.urandom(16)
        self.uuids = {}       # by context, under way
        self.complete = {}    # by uuid: the parameters of Complete, and seconds since the link was open
        self.failed = []
        self.opened = {}
        self.asked = 0  # ECDH Requests
        if pair is not None:
            self.command(KEYPAIR_SET, pair[0] + pair[1])

    def command(self, opcode, data):
        status, answer = self.line.ask(opcode, data)
        if status != SUCCESS:
            raise AssertionError("command %02x: status %02x" % (opcode, status))
        return answer

    def begin(self, context, uuid, address):
        self.uuids[context] = uuid
        self.command(PROVISION, bytes([context]) + uuid + self.netkey + struct.pack("<HIHBBB", 0, 0, address, 0, 0, 0))

    def on_caps(self, context, caps):
        static = caps[2] != 0 and self.static is not None
        self.command(OOB_USE, bytes([context, 1 if static else 0, 0, 0]))

    def on_event(self, opcode, data):
        context = data[0]
        if opcode == LINK_ESTABLISHED:
            self.opened[context] = time.monotonic()
        elif opcode == CAPS_RECEIVED:
            self.on_caps(context, data[1:])
        elif opcode == AUTH_REQUEST:
            self.command(AUTH_DATA, bytes([context]) + self.static)
        elif opcode == ECDH_REQUEST:
            self.asked += 1
            self.command(ECDH_SECRET, bytes([context]) + shared_secret(self.pair[0], data[1:65]))
        elif opcode == COMPLETE:
            self.complete[self.uuids[context]] = data[1:], time.monotonic() - self.opened[context]
        elif opcode == FAILED:
            self.failed.append(data[1])
        elif opcode == LINK_CLOSED:
            del self.uuids[context]

    def run(self):
        """Until all sessions are over."""
        while self.uuids:
            self.on_event(*self.line.event(LINK_ESTABLISHED, LINK_CLOSED, CAPS_RECEIVED, COMPLETE, AUTH_REQUEST,
                                           ECDH_REQUEST, FAILED))

    def scan(self, count):
        """The UUIDs of as many devices."""
        heard = []
        self.command(SCAN_START, b"")
        while len(heard) < count:
            uuid = self.line.event(UNPROVISIONED)[1][:16]
            if uuid not in heard:
                heard.append(uuid)
        self.command(SCAN_STOP, b"")
        return heard
