"""Several radios at once: usher provision and usher scan over more than one --radio.

The radios are clients of one simulated air, and serial devices on it. Run by ctest with USHER naming
the command, as test_tool.py is.
"""

import os
import signal
import unittest
from collections import Counter

from harness import Directory, UUID, events, run, wait_for


class WithRadios(Directory):
    def setUp(self):
        super().setUp()
        self.air_process = self.air()
        self.serial_devices = []

    def air_radio(self, name):
        """Another name for the air, so that reports tell the radios apart."""
        path = os.path.join(self.dir, name)
        os.symlink(self.radio.removeprefix("air:"), path)
        return "air:" + path

    def serial_radio(self, name):
        line = os.path.join(self.dir, name)
        device = self.start("serial-device", "--radio", self.radio, "--line", "unix:" + line)
        wait_for(lambda: os.path.lexists(line))
        self.serial_devices.append(device)
        return "serial:" + line

    def args(self, radios, *more):
        radio_args = [arg for radio in radios for arg in ("--radio", radio)]
        return ("provision", "--all", *radio_args, "--state", self.state, "--json", *more)

    def over(self, radios, *more, code=0):
        result = run(*self.args(radios, *more), timeout=200)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return events(result.stdout)

    def assert_all(self, told, radios, count):
        """All devices were provisioned, each once, and each radio had some of them."""
        summary = told[-1]
        self.assertEqual((summary["devices"], summary["provisioned"], summary["failed"]), (count, count, 0))
        completes = [e["uuid"] for e in told if e["event"] == "complete"]
        self.assertEqual(len(completes), count)
        self.assertEqual(len(set(completes)), count)
        opened = Counter(e["radio"] for e in told if e["event"] == "link-open")
        self.assertEqual(set(opened), set(radios))
        self.assertEqual([r["radio"] for r in summary["radios"]], list(radios))
        self.assertEqual(sum(r["provisioned"] for r in summary["radios"]), count)
        for radio in summary["radios"]:
            self.assertLessEqual(radio["provisioned"], opened[radio["radio"]])
            self.assertGreater(radio["provisioned"], 0)

    def assert_at_once(self, told, most):
        """No radio had more links at work than its share."""
        radio_of, active = {}, Counter()
        for e in told:
            if e["event"] == "link-open":
                radio_of[e["uuid"]] = e["radio"]
                active[e["radio"]] += 1
                self.assertLessEqual(active[e["radio"]], most)
            elif e["event"] in ("complete", "failed"):
                active[radio_of[e["uuid"]]] -= 1


class SeveralRadios(WithRadios):
    def test_two_on_the_air(self):
        radios = self.air_radio("left"), self.air_radio("right")
        self.devices(12, "--count", "12", "--seed", "1", "--oob", "none")
        told = self.over(radios, "--parallel", "6")
        self.assert_all(told, radios, 12)
        self.assert_at_once(told, 3)

    def test_two_serial_devices(self):
        radios = self.serial_radio("one"), self.serial_radio("two")
        self.devices(24, "--count", "24", "--seed", "2", "--oob", "none")
        told = self.over(radios, "--parallel", "12")
        self.assert_all(told, radios, 24)
        self.assert_at_once(told, 6)
        self.assert_addresses_differ(self.nodes())

    def test_a_serial_device_and_the_air_and_configuring(self):
        for first, names in ("serial", ("one", "left")), ("air", ("right", "two")):
            with self.subTest(first=first):
                kinds = (self.serial_radio, self.air_radio) if first == "serial" else (self.air_radio,
                                                                                       self.serial_radio)
                radios = [kind(name) for kind, name in zip(kinds, names)]
                devices = self.devices(8, "--count", "8", "--seed", first == "air" and "4" or "5", "--oob", "none")
                told = self.over(radios, "--parallel", "4", "--configure")
                self.assert_all(told, radios, 8)
                self.assertEqual(told[-1]["configured"], 8)
                devices.end()

    def test_a_plain_text_summary_has_both(self):
        radios = self.air_radio("left"), self.air_radio("right")
        self.devices(4, "--count", "4", "--seed", "1", "--oob", "none")
        result = run(*[arg for arg in self.args(radios) if arg != "--json"])
        self.assertEqual(result.returncode, 0, result.stderr)
        for radio in radios:
            self.assertRegex(result.stdout, r"%s: \d provisioned, 0 failed" % radio)

    def test_scan_tells_each_once(self):
        self.devices(3, "--count", "3", "--seed", "1")
        result = run("scan", "--radio", self.air_radio("left"), "--radio", self.serial_radio("one"), "--for",
                     "4s", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(events(result.stdout, "heard")), 3)

    def test_refused(self):
        two = ("--radio", self.radio, "--radio", self.radio)
        result = run("configure", "--all", "--state", self.state, *two)
        self.assertEqual(result.returncode, 1)
        self.assertIn("--radio is given twice, and configure takes one", result.stderr)
        result = run("provision", "--all", "--state", self.state, *two, "--pcap", os.path.join(self.dir, "x"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("--pcap is of one radio", result.stderr)
        result = run("provision", UUID, "--radio", self.radio, "--radio", "air:/nothing", "--state", self.state)
        self.assertEqual(result.returncode, 3)
        self.assertIn("/nothing", result.stderr)
        self.assertFalse(os.path.exists(self.state)) # no network without its radios


class LostRadios(WithRadios):
    def test_one_is_gone_before_it_begins(self):
        radios = self.serial_radio("one"), self.serial_radio("two")
        provision = self.start(*self.args(radios))
        devices = self.devices(6, "--count", "6", "--seed", "1", "--oob", "none")
        wait_for(lambda: provision.events("heard"))
        if provision.events("link-open"):
            self.skipTest("the machine is too slow for this")
        self.serial_devices[1].end(signal.SIGKILL)
        self.assertEqual(provision.wait(), 0, provision.errors())
        summary = provision.events("summary")[0]
        self.assertEqual(summary["provisioned"], 6)
        devices.end()

    def test_all_are_gone(self):
        radios = self.air_radio("left"), self.air_radio("right")
        provision = self.start(*self.args(radios, "--for", "60s"))
        wait_for(lambda: os.path.exists(self.state))
        self.devices(1, "--count", "1", "--seed", "1", "--oob", "none")
        wait_for(lambda: provision.events("complete"))
        self.air_process.end(signal.SIGKILL)
        self.assertEqual(provision.wait(), 3, provision.errors())

    # The devices that the radio leaves in the middle wait a minute for their time-outs.
    @unittest.skipUnless(os.environ.get("SLOW"), "slow; run with SLOW=1")
    def test_one_is_killed_midway(self):
        for first in 1, 0:
            with self.subTest(which=1 - first):
                self.state = os.path.join(self.dir, "state%u" % first)
                radios = self.serial_radio("one%u" % first), self.serial_radio("two%u" % first)
                devices = self.devices(24, "--count", "24", "--seed", "%u" % (7 + first), "--oob", "none")
                provision = self.start(*self.args(radios, "--parallel", "8"))
                wait_for(lambda: len(provision.events("complete")) >= 6)
                killed = radios[first]
                self.serial_devices[-2 + first].end(signal.SIGKILL)
                code = provision.wait(300)
                told = provision.events()
                # Only one that had its data, and whose answer went with the radio, is left: in doubt.
                failed = [e for e in told if e["event"] == "failed"]
                self.assertEqual(code, 2 if failed else 0, provision.errors())
                self.assertLess(len(failed), 5)
                for e in failed:
                    self.assertIn("the provisioning data", e["reason"])
                self.assertEqual((told[-1]["devices"], told[-1]["provisioned"]), (24, 24 - len(failed)))
                done = {r["radio"]: r["provisioned"] for r in told[-1]["radios"]}
                self.assertLess(done[killed], 12)
                self.assertIn("%s: its devices go on over the other radios" % killed, provision.errors())
                self.assert_addresses_differ(self.nodes())
                devices.end()


if __name__ == "__main__":
    unittest.main()
