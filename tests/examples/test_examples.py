"""The examples, each a process on one air: a provisioner, two lamps and a switch, from the outside. They are provisioned,
configured and switched, killed, and started again."""

import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

USHER = os.environ["USHER"]
PROGRAMS = os.environ["EXAMPLES"]


def wait_for(what, why, timeout=60):
    end = time.monotonic() + timeout
    while not what():
        if time.monotonic() > end:
            raise AssertionError("waited in vain: " + why())
        time.sleep(0.02)


class Program:
    """A program that runs beside the test, with its output in a file and its keys on a pipe."""

    def __init__(self, directory, name, command):
        self.name = name
        self.out = tempfile.TemporaryFile("w+", dir=directory)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self.out,
                                        stderr=subprocess.STDOUT, cwd=directory)

    def text(self):
        return os.pread(self.out.fileno(), 1 << 20, 0).decode(errors="replace")

    def press(self, keys):
        self.process.stdin.write(keys.encode())
        self.process.stdin.flush()

    def count(self, pattern):
        return len(re.findall(pattern, self.text(), re.MULTILINE))

    def wait(self, pattern, count=1):
        """Waits for lines that fit, and for as many of them."""
        wait_for(lambda: self.count(pattern) >= count or self.process.poll() is not None,
                 lambda: f"{self.name}: {count} x {pattern}\n{self.text()}")
        if self.count(pattern) < count:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}\n{self.text()}")

    def lamp(self):
        """Whether LED 1 is on."""
        states = re.findall(r"^LED 1 (on|off)$", self.text(), re.MULTILINE)
        return bool(states) and states[-1] == "on"

    def kill(self, number=signal.SIGKILL):
        if self.process.poll() is None:
            self.process.send_signal(number)
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(30)

    def close(self):
        self.kill()
        self.out.close()


class Examples(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="usher-")
        self.addCleanup(directory.cleanup)
        self.dir = directory.name
        self.radio = "air:" + os.path.join(self.dir, "air")
        air = self.run_beside("air", [USHER, "air", "--listen", os.path.join(self.dir, "air")])
        air.wait("the air is at")

    def run_beside(self, name, command):
        program = Program(self.dir, name, command)
        self.addCleanup(program.close)
        return program

    def example(self, program, name=None):
        name = name or program
        return self.run_beside(name, [os.path.join(PROGRAMS, program), "--radio", self.radio,
                                      "--state", os.path.join(self.dir, name)])

    def start(self):
        """All four."""
        self.provisioner = self.example("provisioner")
        self.lamps = [self.example("light_switch_server", f"lamp{i}") for i in (1, 2)]
        self.switch = self.example("light_switch_client")
        self.all = [self.provisioner, *self.lamps, self.switch]
        self.provisioner.wait("Button 1 goes on")

    def by_address(self):
        """The lamps: first the one with an odd address, which the first client switches."""
        for lamp in self.lamps:
            lamp.wait("Node Address: 0x[0-9a-f]{4}")
        return sorted(self.lamps, key=lambda lamp: re.search("Node Address: (.*)", lamp.text()).group(1))

    def switch_all(self):
        """On and off, with both clients."""
        odd, even = self.by_address()
        for keys, on in (("13", True), ("24", False), ("13", True)):
            before = self.switch.count("Acknowledged transfer success")
            self.switch.press(keys[0])
            wait_for(lambda: odd.lamp() == on, odd.text)
            self.switch.wait("Acknowledged transfer success", before + 1)
            self.switch.press(keys[1])
            wait_for(lambda: even.lamp() == on, even.text)

    def restart(self):
        for program in self.all:
            program.kill()
        self.start()

    def test_light_switch(self):
        """From devices to lamps that are switched, and all of it again after the power was cut."""
        self.start()
        self.provisioner.press("1")
        self.provisioner.wait("Node 0x[0-9a-f]{4} is configured", 3)
        self.assertEqual(sorted(re.findall("Node (0x....) is configured", self.provisioner.text())),
                         ["0x0100", "0x0201", "0x0202"])
        self.switch_all()

        self.restart()
        for program in [*self.lamps, self.switch]:
            program.wait("Node Address: 0x0[12]0[012]")
        self.assertIn("Provisioned: 3, configured: 3", self.provisioner.text())
        for lamp in self.lamps:
            wait_for(lamp.lamp, lamp.text)  # what it was before
        self.switch_all()
        for program in [*self.lamps, self.switch]:
            self.assertEqual(program.count("Successfully provisioned"), 0)

    def interrupt(self):
        """Kills the provisioner between provisioning and configuration. The address of the node that is left so."""
        for count in (1, 2, 3):
            self.provisioner.press("1")
            self.provisioner.wait("Node 0x[0-9a-f]{4} is provisioned")
            self.provisioner.kill()
            left = re.search("Node (0x....) is provisioned", self.provisioner.text()).group(1)
            configured = self.provisioner.count("is configured")
            self.provisioner = self.example("provisioner")
            self.provisioner.wait("Button 1 goes on")
            if configured == 0:  # else it was too quick for us
                self.assertIn(f"Provisioned: {count}, configured: {count - 1}", self.provisioner.text())
                return left
        raise AssertionError("the provisioner was too quick three times")

    def test_interrupted(self):
        """A provisioner that was killed between provisioning and configuration goes on with that."""
        self.start()
        left = self.interrupt()
        self.provisioner.press("1")
        self.provisioner.wait("is configured")
        self.assertIn(f"Configuring node {left}", self.provisioner.text())
        self.assertIn(f"Node {left} is configured", self.provisioner.text())

    def test_left(self):
        """A node is left as it is, the next device has its turn; and all is forgotten."""
        self.start()
        left = self.interrupt()
        self.provisioner.press("2")
        self.provisioner.wait(f"Node {left} is left as it is")
        self.provisioner.wait("is configured")
        self.assertNotIn(f"Node {left} is configured", self.provisioner.text())
        self.provisioner.press("4")
        self.provisioner.wait("Provisioned: 0, configured: 0")

    def test_forgotten(self):
        """A lamp that forgets its network is a new device to the provisioner."""
        self.start()
        self.provisioner.press("1")
        self.provisioner.wait("is configured", 3)
        lamp = self.by_address()[0]  # its next address is odd, too
        uuid = re.search("Device UUID: (.*)", lamp.text()).group(1)
        lamp.press("4")
        self.provisioner.wait("Node 0x0203 is configured")
        lamp.wait("Device UUID: " + uuid, 2)
        self.switch_all()

    def test_switched_by_hand(self):
        """What nobody configured works by hand, and says so."""
        self.start()
        self.lamps[0].press("1")
        self.lamps[0].wait("^LED 1 on$")
        self.switch.press("1")
        self.switch.wait("Client 0 is not configured")
        self.switch.press("4")
        self.switch.wait("Client 1 is not configured")
        self.switch.press("?")
        self.switch.wait("first switch on, off")

    def test_arguments(self):
        """Wrong ones, and a radio that is not there."""
        for program in ("provisioner", "light_switch_server", "light_switch_client"):
            wrong = self.run_beside(program, [os.path.join(PROGRAMS, program), "--radio"])
            wrong.wait("usage: .* --radio air:PATH")
            self.assertEqual(wrong.process.wait(30), 2)
            nowhere = self.run_beside(program, [os.path.join(PROGRAMS, program), "--radio", "air:/"])
            self.assertEqual(nowhere.process.wait(30), 1)
            self.assertNotEqual(nowhere.text(), "")


class Gatt(unittest.TestCase):
    """The lamp on Bluetooth controllers, with a phone: provisioned over PB-GATT, then reached as a proxy."""

    setUp, run_beside, example = Examples.setUp, Examples.run_beside, Examples.example

    def phone(self, *args):
        """Runs usher to its end."""
        run = subprocess.run([USHER, *args, "--radio", self.radio, "--state", os.path.join(self.dir, "phone")],
                             capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def test_lamp(self):
        hci = os.path.join(self.dir, "hci")
        self.run_beside("controllers", [USHER, "air", "--listen", hci + ".air", "--hci", hci]).wait("h4:")
        self.radio = "h4:" + hci
        lamp = self.example("light_switch_server")
        lamp.wait("Device UUID")
        uuid = re.search("Device UUID: (.*)", lamp.text()).group(1).lower()
        self.phone("provision", uuid, "--bearer", "gatt", "--oob", "static:" + b"nordic_example_1".hex())
        lamp.wait("Successfully provisioned")
        self.phone("configure", "0x0002", "--proxy=0x0002")
        for on in (True, False):
            self.phone("onoff", "0x0002", "on" if on else "off", "--proxy")
            wait_for(lambda: lamp.lamp() == on, lamp.text)
        self.phone("onoff", "0x0002", "on", "--proxy")
        lamp.kill()
        lamp = self.example("light_switch_server")
        wait_for(lamp.lamp, lamp.text)  # what it was before
        self.phone("onoff", "0x0002", "off", "--proxy")
        self.phone("remove", "0x0002", "--proxy")
        lamp.wait("Device UUID", 2)  # a device again, the program anew
        self.phone("provision", uuid, "--bearer", "gatt", "--oob", "static:" + b"nordic_example_1".hex())
        lamp.wait("Node Address: 0x0003")


if __name__ == "__main__":
    unittest.main()
