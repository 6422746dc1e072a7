"""A serial device as the radio of the command usher, and the verb that asks one.

The device is "usher serial-device", a process of its own on the same simulated air. Run by ctest
with USHER naming the command, as test_tool.py is.
"""

import os
import random
import signal
import socket
import threading
import time
import unittest

from harness import Directory, UUID, events, run, wait_for

OTHER = "112233445566778899aabbccddeeff00"
STATIC = "static:000102030405060708090a0b0c0d0e0f"


class WithDevice(Directory):
    def setUp(self):
        super().setUp()
        self.air()
        self.on_air = self.radio
        self.serial_device("unix:")

    def serial_device(self, kind):
        """The device, on a socket or a pseudo terminal."""
        self.line = os.path.join(self.dir, "line")
        self.port = self.start("serial-device", "--radio", self.on_air, "--line", kind + self.line)
        wait_for(lambda: os.path.lexists(self.line))
        self.serial = "serial:" + self.line
        return self.port

    def devices_on_air(self, count, *args, uuid=None):
        self.radio = self.on_air
        which = ("--uuid", uuid) if uuid else ("--count", str(count), "--seed", "3")
        return self.devices(count, *which, "--state", os.path.join(self.dir, "devices"), *args)

    def over(self, radio, verb, *args, code=0):
        result = run(verb, *args, "--radio", radio, "--state", self.state, "--json")
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return events(result.stdout)


class Serial(WithDevice):
    def test_eight_at_once_and_their_lamps(self):
        for how in "", ",ecdh=device":
            with self.subTest(how=how):
                self.state = os.path.join(self.dir, "state" + how)
                radio = self.serial + how
                devices = self.devices_on_air(8, "--oob", "none")
                told = self.over(radio, "provision", "--all", "--configure", "--parallel", "8")
                summary = [e for e in told if e["event"] == "summary"][0]
                self.assertEqual((summary["provisioned"], summary["configured"], summary["failed"]),
                                 (8, 8, 0))
                completes = [e for e in told if e["event"] == "complete"]
                self.assertEqual({e["algorithm"] for e in completes}, {"hmac"})
                self.assert_addresses_differ(self.nodes())
                # The same node speaks by turns over both: no sequence number is used twice.
                for radio, address, on in ((self.serial, "0x0003", "on"), (self.on_air, "0x0004", "on"),
                                           (self.serial, "0x0003", "off"), (self.on_air, "0x0003", "on")):
                    self.assertEqual(self.over(radio, "onoff", address, on),
                                     [{"event": "lamp", "address": address, "on": on == "on"}])
                # A message to a group waits until the device is set up.
                self.assertEqual(self.over(self.serial, "onoff", "0xc000", "off"),
                                 [{"event": "lamp", "address": "0xc000", "on": False}])
                self.assertEqual([e["on"] for e in self.over(self.serial, "onoff", "0xc000", "get")], [False] * 8)
                devices.end()
                for name in os.listdir(os.path.join(self.dir, "devices")):
                    os.rename(os.path.join(self.dir, "devices", name),
                              os.path.join(self.dir, name + how + ".old"))

    def test_more_links_than_sessions(self):
        self.devices_on_air(11, "--oob", "none")
        told = self.over(self.serial, "provision", "--all", "--parallel", "11")
        self.assertEqual([e["provisioned"] for e in told if e["event"] == "summary"], [11])

    def test_a_static_value(self):
        self.devices_on_air(1, "--oob", STATIC, uuid=UUID)
        told = self.over(self.serial, "provision", UUID, "--oob", STATIC, "--require-secure")
        self.assertTrue([e for e in told if e["event"] == "complete"][0]["secure"])

    def test_values_that_are_shown(self):
        for kind in "output:numeric:6", "output:alphanumeric:8", "output:blink:1":
            with self.subTest(kind=kind):
                self.state = os.path.join(self.dir, kind)
                device = self.start("device", "--radio", self.on_air, "--uuid", UUID, "--oob", kind, "--json")
                provision = self.start("provision", UUID, "--radio", self.serial, "--state",
                                       self.state, "--json")
                wait_for(lambda: device.events("show") and provision.events("ask"))
                provision.type(device.events("show")[0]["value"])
                self.assertEqual(provision.wait(), 0, provision.errors())
                self.assertTrue(provision.events("complete")[0]["secure"])
                device.end()

    def test_a_wrong_value_is_one_failure(self):
        device = self.start("device", "--radio", self.on_air, "--uuid", UUID, "--oob", "output:numeric:6", "--json")
        provision = self.start("provision", UUID, "--radio", self.serial, "--retry", "0", "--state",
                               self.state, "--json")
        wait_for(lambda: device.events("show") and provision.events("ask"))
        provision.type(str((int(device.events("show")[0]["value"]) + 1) % 1000000))
        self.assertEqual(provision.wait(), 2, provision.errors())
        failed = provision.events("failed")[0]
        self.assertEqual((failed["phase"], failed["code"]), ("confirmation", 4))

    def test_scan(self):
        self.devices_on_air(3)
        heard = events(run("scan", "--radio", self.serial, "--for", "4s", "--json").stdout, "heard")
        self.assertEqual(len({e["uuid"] for e in heard}), 3)

    # The serial device is killed while one session waits for what a person types and another has
    # just completed, so that its node is being configured. A device that is left in a session waits
    # for its provisioner for up to a minute (5.4.4); this one is switched off and on as well, and
    # nobody waits. (At every point of a session, with that minute, in virtual time:
    # tests/unit/test_serial_restart.c.)
    def test_device_restarts_midway(self):
        shows = ("device", "--radio", self.on_air, "--uuid", UUID, "--oob", "output:numeric:6", "--json")
        device = self.start(*shows)
        wait_for(lambda: device.events("beaconing"))
        provision = self.start("provision", "--radio", self.serial, "--all", "--parallel", "2",
                               "--configure", "--state", self.state, "--json")
        wait_for(lambda: device.events("show") and provision.events("ask"))
        self.devices(1, "--uuid", OTHER, "--oob", "none")
        wait_for(lambda: provision.events("complete"))
        self.port.end(signal.SIGKILL)
        device.end(signal.SIGKILL)
        os.unlink(self.line)
        device = self.start(*shows)
        self.devices(2, "--count", "2", "--seed", "3", "--oob", "none")
        self.serial_device("unix:")
        # Typically some seconds, and the ten quiet ones of --all. A session that goes wrong in another
        # way ends after a minute at most (5.4.4), and is tried again.
        wait_for(lambda: device.events("show") and len(provision.events("ask")) > 1, 70)
        provision.type(device.events("show")[-1]["value"])
        self.assertEqual(provision.wait(80), 0, provision.errors())
        summary = provision.events("summary")[0]
        self.assertEqual((summary["provisioned"], summary["configured"]), (4, 4))
        self.assertGreaterEqual(summary["retries"], 1)
        self.assertIn("reconnecting", provision.errors())
        self.assert_addresses_differ(self.nodes())

    def test_host_is_killed_and_another_goes_on(self):
        self.devices_on_air(4, "--oob", "none")
        provision = self.start("provision", "--radio", self.serial, "--all", "--parallel", "4", "--state",
                               self.state, "--json")
        wait_for(lambda: provision.events("phase"))
        provision.end(signal.SIGKILL)
        result = run("provision", "--radio", self.serial, "--all", "--state", self.state, "--json",
                     timeout=200)
        self.assertEqual(result.returncode, 0, result.stderr)
        nodes = [n for n in self.nodes() if n["state"] == "provisioned"]
        self.assertGreaterEqual(len(nodes), 1)
        self.assert_addresses_differ(self.nodes())

    def test_what_it_cannot_do(self):
        for args, why in ((("--bearer", "gatt"), "has no GATT"),
                          (("--pcap", os.path.join(self.dir, "x.pcap")), "not supported")):
            result = run("provision", UUID, "--radio", self.serial, "--state", self.state, *args)
            self.assertEqual(result.returncode, 3, result.stderr)
            self.assertIn(why, result.stderr)
        for place, code, why in (("serial:", 3, "no radio"), ("serial:@", 3, "no serial device"),
                                 ("serial:%s@77" % self.line, 3, "a speed of serial lines"),
                                 ("serial:/nothing", 3, "No such file"),
                                 ("serial:/dev/null", 3, "not a serial line")):
            result = run("scan", "--radio", place, "--for", "1s")
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn(why, result.stderr)


class Verb(WithDevice):
    def ask(self, *args, code=0):
        result = run("serial", "--tty", self.line, "--json", *args)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return events(result.stdout)

    def test_on_a_socket_and_a_terminal(self):
        for kind in "unix:", "pty:":
            self.port.end()
            if os.path.lexists(self.line):
                os.unlink(self.line)
            self.serial_device(kind)
            self.assertEqual(self.ask("version"), [{"event": "version", "version": 10, "extensions": 1,
                                                    "contexts": 8}])
            self.assertEqual(self.ask("echo", "hello")[0]["data"], b"hello".hex())
            self.assertEqual([(e["from"], e["opcode"], e["data"]) for e in self.ask("raw", "96")],
                             [("host", 0x96, ""), ("device", 0x84, "96000800")])
            self.assertEqual(self.ask("raw", "7e", code=2)[1]["data"], "7e82")
            self.assertEqual(self.ask("reset")[0]["event"], "reset")
            self.ask("version")

    def test_usage(self):
        self.ask("raw", code=1)
        self.ask("raw", "zz", code=1)
        self.ask("raw", "00" * 256, code=1)
        self.ask("echo", "x" * 255, code=1)
        self.ask("what", code=1)
        self.assertEqual(run("serial", "version").returncode, 1)


class Wrong(Directory):
    """Serial devices that are none."""

    def serve(self, behave):
        path = os.path.join(self.dir, "wrong")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        self.addCleanup(server.close)

        def run_server():
            while True:
                try:
                    peer, _ = server.accept()
                    with peer:
                        peer.settimeout(0.05)
                        behave(peer)
                except OSError:
                    if server.fileno() < 0:
                        return
        thread = threading.Thread(target=run_server, daemon=True)
        thread.start()
        return path

    def assert_gives_up(self, path):
        result = run("serial", "--tty", path, "version")
        self.assertEqual(result.returncode, 3, result.stdout + result.stderr)
        self.assertRegex(result.stderr, "answer|broke")
        begun = time.monotonic()
        result = run("scan", "--radio", "serial:" + path)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("is lost", result.stderr)
        self.assertNotIn("Sanitizer", result.stderr)
        self.assertLess(time.monotonic() - begun, 60)

    def test_mute(self):
        def mute(peer):
            end = time.monotonic() + 60
            while time.monotonic() < end:
                try:
                    if not peer.recv(4096):
                        return
                except TimeoutError:
                    pass
        self.assert_gives_up(self.serve(mute))

    def test_noise(self):
        def noise(peer):
            rng = random.Random(1)
            end = time.monotonic() + 60
            while time.monotonic() < end:
                peer.settimeout(5)
                peer.sendall(rng.randbytes(rng.randrange(1, 300)))
                peer.settimeout(0.002)
                try:
                    if not peer.recv(4096):
                        return
                except TimeoutError:
                    pass
        self.assert_gives_up(self.serve(noise))


if __name__ == "__main__":
    unittest.main()
