"""The firmware images, run by QEMU, among processes of the command usher on a simulated air.

USHER names the command, IMAGES the directory of the images. Each board has a simulated controller
at its UART 2, which "usher air --hci" serves.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import unittest

import serial_line
from harness import Directory, UUID, events, wait_for

IMAGES = os.environ["IMAGES"]
QEMU = "qemu-system-arm"


class Board:
    """A board that runs an image, with its log in a file."""

    def __init__(self, test, image, hci, serial, *args):
        self.log = os.path.join(test.dir, "log-%s-%d" % (image, len(os.listdir(test.dir))))
        arguments = ["enable=on", "target=native", "arg=" + image, *("arg=" + a for a in args)]
        self.process = subprocess.Popen(
            [QEMU, "-M", "mps2-an386", "-display", "none", "-kernel", os.path.join(IMAGES, image + ".elf"),
             "-semihosting-config", ",".join(arguments), "-serial", "file:" + self.log,
             "-serial", serial, "-serial", "unix:" + hci],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=test.dir)
        test.addCleanup(self.kill)

    def lines(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="ascii", errors="replace") as log:
            return log.read().splitlines()

    def wait_line(self, line):
        wait_for(lambda: line in self.lines() or self.process.poll() is not None, 60)
        if line not in self.lines():
            raise AssertionError("no %r, but %r" % (line, self.lines()))

    def kill(self):
        self.process.kill()
        self.process.wait()


class Firmware(Directory):
    def air(self, *args):
        self.hci = os.path.join(self.dir, "hci")
        return super().air("--hci", self.hci, *args)


class Lamp(Firmware):
    """The light: provisioned, configured, killed, and found again."""

    def board(self):
        return Board(self, "lamp", self.hci, "null", "uuid=" + UUID, "flash=flash")

    def ask(self, *args):
        done = self.use("onoff", "0x0002", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_light_lives_on_in_its_flash(self):
        self.air("--loss", "5")
        board = self.board()
        board.wait_line("listening")
        done = self.provision(UUID, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(events(done.stdout, "complete")[0]["address"], "0x0002")
        board.wait_line("provisioned")
        done = self.use("configure", "--all", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.ask("on")
        board.wait_line("on")
        board.kill()

        board = self.board()
        board.wait_line("a node")
        self.ask("on")
        board.wait_line("on")
        self.ask("off")
        board.wait_line("off")
        done = self.use("remove", "0x0002")
        self.assertEqual(done.returncode, 0, done.stderr)
        board.wait_line("reset")
        board.wait_line("listening")
        board.kill()

        board = self.board()
        board.wait_line("listening")
        self.assertNotIn("a node", board.lines())

    def test_a_controller_that_does_not_answer_is_asked_for_ever(self):
        self.hci = os.path.join(self.dir, "hci")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.hci)
            listener.listen()
            self.board()
            controller = listener.accept()[0]
        controller.settimeout(60)
        with controller, controller.makefile("rb") as commands:
            for _ in range(5):  # the host gives up after four
                self.assertEqual(commands.read(4), b"\x01\x03\x0c\0")


class Serial(Firmware):
    """The serial device, with a host at its UART 1."""

    STATIC = bytes(range(16))

    def board(self, wait):
        """A board with its line, a socket; wait: it starts when the host is there."""
        self.path = os.path.join(self.dir, "line")
        board = Board(self, "serial_device", self.hci, "unix:%s,server=on,wait=%s" % (self.path, wait))
        wait_for(lambda: os.path.exists(self.path))
        return board

    def device(self):
        """A board that we are the host of, at self.line."""
        board = self.board("on")
        self.line = serial_line.Line(self.path)
        self.addCleanup(self.line.close)
        self.assertEqual(self.line.event(serial_line.DEVICE_STARTED)[1], bytes([2, 0, 254]))
        return board

    def assert_told(self, devices, *addresses):
        """The devices have these addresses."""
        wait_for(lambda: len(devices.events("complete")) == len(addresses))
        self.assertEqual([int(e["address"], 16) for e in devices.events("complete")], list(addresses))

    def provision_one(self, address, static=None, offload=False):
        pair = serial_line.key_pair() if offload else None
        provisioner = serial_line.Provisioner(self.line, static, pair)
        uuid = provisioner.scan(1)[0]
        provisioner.begin(0, uuid, address)
        provisioner.run()
        self.assertEqual(provisioner.failed, [])
        self.assertEqual(provisioner.asked, 1 if offload else 0)
        self.assertEqual(provisioner.complete[uuid][0][6:8], address.to_bytes(2, "little"))
        print("ECDH by the %s: %.2f s from Link Established to Complete" %
              ("host" if offload else "device", provisioner.complete[uuid][1]))
        return uuid

    def test_packets_and_what_is_none(self):
        self.air()
        self.device()
        line = self.line
        self.assertEqual(line.ask(serial_line.VERSION_GET), (serial_line.SUCCESS, bytes([10, 0])))
        for size in (0, 1, 254):
            data = os.urandom(size)
            line.send(serial_line.ECHO, data)
            self.assertEqual(line.event(serial_line.ECHO_RSP)[1], data)
        status, uuid = line.ask(serial_line.UUID_GET)
        self.assertEqual((status, len(uuid)), (serial_line.SUCCESS, 16))
        self.assertEqual(line.ask(0x03)[0], serial_line.CMD_UNKNOWN)
        self.assertEqual(line.ask(serial_line.SCAN_START, b"1")[0], serial_line.INVALID_LENGTH)
        # a packet that is never finished, then noise: after a pause the line is as new
        line.write(bytes([200, serial_line.ECHO]) + os.urandom(50))
        time.sleep(0.5)
        line.write(b"\0")
        line.wait(lambda code, data: code == serial_line.CMD_RSP and data[1] == serial_line.INVALID_LENGTH)
        self.assertEqual(line.ask(serial_line.VERSION_GET)[0], serial_line.SUCCESS)

    def test_a_host_that_writes_much_before_it_reads_is_held_off_and_loses_nothing(self):
        self.air()
        self.device()
        echoes = [os.urandom(250) for _ in range(60)]  # more than all the device's buffers hold
        self.line.write(b"".join(bytes([251, serial_line.ECHO]) + echo for echo in echoes))
        time.sleep(1)
        for echo in echoes:
            self.assertEqual(self.line.event(serial_line.ECHO_RSP)[1], echo)

    def test_a_reset_is_a_start(self):
        self.air("--loss", "5")
        self.devices(1)
        board = self.device()
        self.line.send(serial_line.SCAN_START)
        self.line.event(serial_line.UNPROVISIONED)
        self.line.send(serial_line.RADIO_RESET)
        self.line.event(serial_line.DEVICE_STARTED)
        self.assertIn("reset", board.lines())
        self.provision_one(0x0100)

    def test_provisioning_whoever_computes_the_ecdh(self):
        self.air()
        devices = self.devices(2, "--count", "2")
        self.device()
        for address, offload in ((0x0100, False), (0x0200, True)):
            self.provision_one(address, offload=offload)
        self.assert_told(devices, 0x0100, 0x0200)

    def test_provisioning_with_static_oob(self):
        self.air()
        devices = self.devices(2, "--count", "2", "--oob", "static:" + self.STATIC.hex())
        self.device()
        for address, offload in ((0x0100, False), (0x0200, True)):
            self.provision_one(address, self.STATIC, offload)
        self.assert_told(devices, 0x0100, 0x0200)

    def eight_at_once(self, pair, asked):
        self.air("--loss", "5")
        self.devices(8, "--count", "8")
        self.device()
        provisioner = serial_line.Provisioner(self.line, None, pair)
        for context, uuid in enumerate(provisioner.scan(8)):
            provisioner.begin(context, uuid, 0x0100 + context)
        begun = time.monotonic()
        provisioner.run()
        print("8 devices in 8 sessions, ECDH by the %s: %.2f s" %
              ("host" if pair else "device", time.monotonic() - begun))
        self.assertEqual((len(provisioner.complete), provisioner.failed, provisioner.asked), (8, [], asked))

    def test_eight_at_once(self):
        self.eight_at_once(None, 0)

    def test_eight_at_once_with_the_ecdh_of_the_host(self):
        self.eight_at_once(serial_line.key_pair(), 8)

    def the_tool_at_eight(self, options):
        """usher provision with 8 links at once through the board: each waits for a value meanwhile."""
        self.air("--loss", "5")
        devices = self.devices(8, "--count", "8", "--oob", "output:numeric:4")
        self.board("off").wait_line("controller ready")
        self.radio = "serial:" + self.path + options
        tool = self.start("provision", "--radio", self.radio, "--state", self.state, "--all",
                          "--parallel", "8", "--json")
        wait_for(lambda: len(tool.events("ask")) == 8)
        self.assertEqual(tool.events("complete"), [])
        begun = time.monotonic()
        for shown in devices.events("show"):
            tool.type("%s %s" % (shown["uuid"], shown["value"]))
        wait_for(lambda: len(tool.events("complete")) == 8)
        print("the tool, 8 links%s: %.2f s from the values to the last Complete" %
              (options, time.monotonic() - begun))
        self.assertEqual(tool.wait(), 0, tool.errors())
        summary = tool.events("summary")[0]
        self.assertEqual((summary["provisioned"], summary["failed"], summary["retries"]), (8, 0, 0))
        wait_for(lambda: len(devices.events("complete")) == 8)

    def test_the_tool_at_eight_with_the_ecdh_of_the_host(self):
        self.the_tool_at_eight("")

    def test_the_tool_at_eight_with_the_ecdh_of_the_device(self):
        self.the_tool_at_eight(",ecdh=device")

    def test_the_tool_provisions_and_configures_through_it(self):
        self.air()
        self.start("device", "--radio", self.radio, "--uuid", UUID)
        self.board("off").wait_line("controller ready")
        self.radio = "serial:" + self.path
        begun = time.monotonic()
        done = self.provision(UUID, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(events(done.stdout, "complete")[0]["address"], "0x0002")
        print("the tool: %.2f s for all of provision UUID" % (time.monotonic() - begun))
        done = self.use("configure", "--all", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.use("onoff", "0x0002", "on")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    if shutil.which(QEMU) is None:
        print("no %s here" % QEMU)
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
