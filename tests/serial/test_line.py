"""usher serial-device as a process, from the host's end of its line: a pseudo terminal, a socket; a reset of the device,
hosts that come and go, and what is wrong on the command line."""

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import termios
import time
import unittest

USHER = os.environ["USHER"]
EXAMPLE = os.environ["EXAMPLE"]
STARTED = ["04810200fe", "08d900000000000000", "05da00200000"]
VERSION_GET, VERSION = "0109", "058409000a00"
PATIENCE = 60


class Host:
    """The host's end, on a file descriptor."""

    def __init__(self, fd):
        self.fd = fd
        self.octets = b""

    def say(self, text):
        data = bytes.fromhex(text)
        while data:
            data = data[os.write(self.fd, data):]

    def packet(self):
        """The next packet, or "" if the line has ended."""
        end = time.monotonic() + PATIENCE
        while not self.octets or len(self.octets) <= self.octets[0]:
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("waited in vain after " + self.octets.hex())
            more = os.read(self.fd, 4096)
            if not more:
                return ""
            self.octets += more
        end = self.octets[0] + 1
        packet, self.octets = self.octets[:end], self.octets[end:]
        return packet.hex()

    def packets(self, count):
        return [self.packet() for _ in range(count)]


class Line(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="usher-")
        self.addCleanup(directory.cleanup)
        self.dir = directory.name
        self.radio = "air:" + os.path.join(self.dir, "air")
        self.air = self.start([USHER, "air", "--listen", os.path.join(self.dir, "air")])
        self.air.stdout.readline()

    def start(self, command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()

    def device(self, line, radio=None):
        """A device, and the line that it tells."""
        process = self.start([USHER, "serial-device", "--json", "--radio", radio or self.radio, "--line", line])
        event = json.loads(process.stdout.readline())
        self.assertEqual(event["event"], "listening")
        return process, event["line"]

    def open_tty(self, path):
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, fd)
        return Host(fd)

    def connect(self, path):
        end = socket.socket(socket.AF_UNIX)
        end.connect(path)
        self.addCleanup(end.close)
        return end, Host(end.fileno())

    def test_a_pseudo_terminal(self):
        link = os.path.join(self.dir, "tty")
        process, line = self.device("pty:" + link)
        self.assertEqual(line, link)
        host = self.open_tty(link)
        self.assertEqual(host.packets(3), STARTED)
        host.say(VERSION_GET)
        self.assertEqual(host.packet(), VERSION)
        with self.subTest("a reset: the line stays, and the device starts"):
            host.say("010e")
            self.assertEqual(host.packets(3), STARTED)
            host.say(VERSION_GET)
            self.assertEqual(host.packet(), VERSION)
        with self.subTest("more commands than the device has room for answers"):
            host.say("0154" * 2000)
            self.assertEqual(len({packet for packet in host.packets(2000)}), 1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertFalse(os.path.lexists(link))

    def test_a_pseudo_terminal_without_a_link(self):
        _, line = self.device("pty")
        host = self.open_tty(line)
        self.assertEqual(host.packets(3), STARTED)

    def test_a_socket(self):
        path = os.path.join(self.dir, "socket")
        process, line = self.device("unix:" + path)
        self.assertEqual(line, path)
        end, host = self.connect(path)
        self.assertEqual(host.packets(3), STARTED)
        with self.subTest("one host at a time"):
            _, other = self.connect(path)
            self.assertEqual(other.packet(), "")
        with self.subTest("a reset"):
            host.say("010e")
            self.assertEqual(host.packets(3), STARTED)
        with self.subTest("a host goes in the middle of packets, and the next one finds whole ones"):
            host.say("0154" * 200 + "ff02")
            end.close()
            time.sleep(0.3)  # more than the gap between packets
            _, host = self.connect(path)
            host.say(VERSION_GET)
            self.assertEqual(host.packet(), VERSION)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertFalse(os.path.lexists(path))

    def test_a_serial_device(self):
        ours, theirs = os.openpty()
        host, path = Host(ours), os.ttyname(theirs)
        process, line = self.device(path)
        self.assertEqual(line, path)
        self.assertEqual(host.packets(3), STARTED)
        settings = termios.tcgetattr(theirs)
        self.assertEqual(settings[4:6], [termios.B115200, termios.B115200])
        self.assertTrue(settings[2] & termios.CRTSCTS)
        self.assertIn("in use", self.refused(3, "--radio", self.radio, "--line", path))
        with self.subTest("a reset"):
            host.say("010e")
            self.assertEqual(host.packets(3), STARTED)
        with self.subTest("it is pulled out"):
            os.close(theirs)
            os.close(ours)
            self.assertEqual(process.wait(PATIENCE), 3)
            self.assertIn(path, process.stderr.read())

    def test_the_example_is_the_same(self):
        link = os.path.join(self.dir, "tty")
        process = self.start([EXAMPLE, "--radio", self.radio, "--line", "pty:" + link])
        self.assertIn("Serial device at " + link, process.stdout.readline())
        host = self.open_tty(link)
        self.assertEqual(host.packets(3), STARTED)
        for command in ([EXAMPLE], [EXAMPLE, "--radio", self.radio], [EXAMPLE, "--radio", self.radio, "--lime", "pty"]):
            self.assertEqual(subprocess.run(command, capture_output=True).returncode, 2)

    def refused(self, code, *options):
        run = subprocess.run([USHER, "serial-device", *options], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertEqual(run.stdout, "")
        return run.stderr

    def test_what_cannot_be(self):
        self.assertIn("needs --radio", self.refused(1))
        self.assertIn("--line", self.refused(1, "--radio", self.radio))
        self.assertIn("a line is pty", self.refused(3, "--radio", self.radio, "--line", "tcp:1"))
        self.assertIn("nowhere", self.refused(3, "--radio", "air:/nowhere/air", "--line", "pty"))
        self.assertIn("/nowhere/tty", self.refused(3, "--radio", self.radio, "--line", "pty:/nowhere/tty"))
        self.assertIn("/dev/null", self.refused(3, "--radio", self.radio, "--line", "/dev/null"))
        file = os.path.join(self.dir, "file")
        with open(file, "w"):
            pass
        self.assertIn("not a link", self.refused(3, "--radio", self.radio, "--line", "pty:" + file))
        self.refused(3, "--radio", self.radio, "--line", "unix:" + file)
        self.assertTrue(os.path.exists(file))

    def test_a_radio_that_is_lost_ends_it(self):
        link = os.path.join(self.dir, "tty")
        process, _ = self.device("pty:" + link)
        self.air.kill()
        self.assertEqual(process.wait(2 * PATIENCE), 3)
        self.assertFalse(os.path.lexists(link))


if __name__ == "__main__":
    unittest.main()
