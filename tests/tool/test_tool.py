"""The command usher as scripts and people use it: exit codes, JSON events, several processes.

Run by ctest with USHER naming the command; by hand: USHER=build/dev/tools/usher/usher python3 test_tool.py
"""

import contextlib
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import time
import unittest

from harness import Directory, USHER, UUID, events, run, wait_for

VERBS = ["demo", "air", "device", "scan", "provision", "configure", "nodes", "show", "identify", "onoff",
         "watch", "remove", "network", "serial", "serial-device", "decode", "doctor", "help", "completion",
         "man"]

# What each event has, whatever verb it is of.
FIELDS = {
    "heard": ["uuid", "rssi", "oob_info", "uri_hash"],
    "link-open": ["uuid", "link", "radio"],
    "phase": ["uuid", "phase", "seconds"],
    "show": ["uuid", "method", "action", "size", "value"],
    "ask": ["uuid", "method", "action", "size"],
    "complete": ["uuid", "address", "elements", "method", "algorithm", "seconds", "retries", "secure"],
    "failed": ["uuid", "phase", "pdu", "code", "reason", "retries", "hint"],
    "node": ["address", "elements", "name", "configured"],
    "summary": ["devices", "provisioned", "failed", "configured", "seconds", "devices_per_minute", "links",
                "loss_pct", "seed"],
}


class CommandLine(Directory):
    def refused(self, code, *args, **kwargs):
        result = run(*args, **kwargs)
        self.assertEqual(result.returncode, code, (args, result.stderr))
        self.assertEqual(result.stdout, "", args)
        self.assertRegex(result.stderr, r"\Ausher: [^\n]+\n\Z", args)

    def test_usage_errors_are_one_line_and_code_1(self):
        radio = ["--radio", "air:none"]
        for args in [
                [], ["bogus"], ["--bogus"], ["demo", "extra"], ["demo", "--bogus"], ["demo", "--loss"],
                ["demo", "--loss", "101"], ["demo", "--loss", "x"], ["demo", "--loss", ""],
                ["demo", "--devices", "0"], ["demo", "--json=yes"], ["demo", "-x"],
                ["air"], ["scan"], ["scan", *radio, "--for", "10"], ["scan", *radio, "--for", "0s"],
                ["scan", *radio, "--uuid-prefix", "xy"], ["provision"], ["provision", "--all"],
                ["provision", "--all", *radio], ["provision", "--all", "--state", "s"],
                ["provision", "123", *radio, "--state", "s"],
                ["provision", UUID[:-1] + "g", *radio, "--state", "s"],
                ["provision", UUID, "--all", *radio, "--state", "s"],
                ["provision", UUID, *radio, "--state", "s", "--oob", "static:123"],
                ["provision", UUID, *radio, "--state", "s", "--oob", "output:numeric:4"],
                ["provision", UUID, *radio, "--state", "s", "--pubkey-oob", "/nonexistent"],
                ["provision", UUID, *radio, "--state", "s", "--parallel", "65"],
                ["device"], ["device", *radio, "--uuid", "12"], ["device", *radio, "--oob", "other"],
                ["device", *radio, "--oob", "output:numeric"],
                ["device", *radio, "--oob", "output:numeric:9"],
                ["device", *radio, "--oob", "output:push:1"],
                ["device", *radio, "--oob", "static:" + "00" * 33],
                ["device", *radio, "--oob", "output:blink:1", "--oob", "output:beep:2"],
                ["device", *radio, "--alg", "rot13"], ["device", *radio, "--uuid", UUID, "--count", "2"],
                ["configure"], ["configure", "--all"], ["configure", "0x0002", "--all", *radio, "--state", "s"],
                ["configure", "2", *radio, "--state", "s"],
                ["configure", "--all", *radio, "--state", "s", "--name", "n"],
                ["configure", "--all", *radio, "--state", "s", "--template", "/nonexistent"],
                ["nodes"], ["show"], ["show", "x", "--state", "s"], ["show", "0x0002"],
                ["identify"], ["identify", "0x0002", *radio], ["identify", "0xc000", *radio, "--state", "s"],
                ["onoff", "0x0002", *radio, "--state", "s"],
                ["onoff", "0x0002", "dim", *radio, "--state", "s"],
                ["onoff", "0x8001", "on", *radio, "--state", "s"],
                ["configure", "0x0002", *radio, "--state", "s", "--name", "n" * 64],
                ["configure", "0x0002", *radio, "--state", "s", "--name", "\x1b[31m"],
                ["configure", "0x0002", *radio, "--state", "s", "--name", b"\xff"],
                ["watch", *radio], ["watch", "hall", *radio, "--state", "s"],
                ["watch", "0x0002", *radio, "--state", "s"], ["remove", *radio, "--state", "s"],
                ["remove", "0xc000", *radio, "--state", "s"],
                ["onoff", "0x0002", "on", *radio, "--state", "s", "--proxy=here"],
                ["onoff", "0x0002", "on", *radio, "--state", "s", "--mtu", "22"],
                ["device", *radio, "--mtu", "248"], ["device", *radio, "--bearer", "auto"],
                ["provision", UUID, *radio, "--state", "s", "--bearer", "both"],
                ["air", "--hci", "c"], ["device", *radio, "--state", "s"], ["device", *radio, "--uri", "https://" + "a" * 40],
                ["completion"], ["completion", "tcsh"], ["help", "bogus"]]:
            self.refused(1, *args)
        self.assertFalse(os.path.exists("s"))

    def test_a_missing_radio_or_place_is_one_line_and_code_3(self):
        state = ["--state", self.state]
        for args in [
                ["scan", "--radio", "air:/nonexistent"], ["scan", "--radio", "bogus:1"],
                ["provision", "--all", "--radio", "air:/nonexistent", *state],
                ["device", "--radio", "air:/nonexistent"], ["nodes", *state],
                ["configure", "--all", "--radio", "air:/nonexistent", *state],
                ["onoff", "c000", "on", "--radio", "air:/nonexistent", *state],
                ["air", "--listen", "/nonexistent/air"], ["demo", "--pcap", "/nonexistent/pcap"],
                ["demo", "--state", "/nonexistent/state/dir"]]:
            self.refused(3, *args)
        self.assertFalse(os.path.exists(self.state))

    def test_a_network_that_is_not_there_is_told(self):
        for args in [["nodes"], ["show", "0x0002"]]:
            result = run(*args, "--state", self.state)
            self.assertEqual(result.returncode, 3)
            self.assertIn('"usher provision" makes one', result.stderr)

    def test_every_verb_is_explained(self):
        overview = run("help").stdout
        self.assertEqual(run("--help").stdout, overview)
        verbs = re.search(r"Verbs:\n(.*?)\n\n", overview, re.S).group(1).splitlines()
        self.assertEqual(len({re.match(r"  \S+ +", verb).end() for verb in verbs}), 1)
        self.assertNotIn("see below", run("man").stdout)
        man = run("man").stdout.replace("\\-", "-")
        for verb in VERBS:
            text = run("help", verb).stdout
            self.assertIn("\n  %s " % verb, overview)
            self.assertEqual(run(verb, "--help").stdout, text)
            self.assertIn(".SS usher " + verb, man)
            for option in re.findall(r"^  (--[a-z-]+)", text, re.M):
                self.assertIn(".B " + option, man)

    def test_completions_know_every_verb_and_option(self):
        for shell in ["bash", "zsh", "fish"]:
            script = run("completion", shell).stdout
            for verb in VERBS:
                self.assertIn(verb, script)
                for option in re.findall(r"^  --([a-z-]+)", run("help", verb).stdout, re.M):
                    self.assertIn(option, script)

    def complete(self, *words):
        script = run("completion", "bash").stdout + (
            "COMP_WORDS=(%s); COMP_CWORD=%d; _usher; printf '%%s\\n' \"${COMPREPLY[@]}\""
            % (" ".join("'%s'" % word for word in words), len(words) - 1))
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True,
                              check=True).stdout.split()

    def test_bash_completes(self):
        self.assertEqual(self.complete("usher", "prov"), ["provision"])
        self.assertEqual(self.complete("usher", "provision", "--req"), ["--require-secure"])
        self.assertEqual(self.complete("usher", "device", "--alg", "c"), ["cmac"])
        self.assertEqual(self.complete("usher", "completion", "z"), ["zsh"])
        self.assertEqual(self.complete("usher", "demo", "--loss", ""), [])

    def test_version(self):
        self.assertRegex(run("--version").stdout, r"\Ausher \d+\.\d+\.\d+\n\Z")

    def test_a_reader_that_leaves_ends_the_run(self):
        demo = subprocess.Popen([USHER, "demo", "--devices", "500", "--json"], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
        demo.stdout.readline()
        demo.stdout.close()
        self.assertNotEqual(demo.wait(60), 0)


class Demo(Directory):
    def test_the_same_seed_gives_the_same_output(self):
        for form in [["--json"], []]:
            args = ["demo", "--devices", "40", "--loss", "15", *form, "--seed"]
            first = run(*args, "7").stdout
            self.assertEqual(run(*args, "7").stdout, first)
            self.assertNotEqual(run(*args, "8").stdout, first)

    def test_events_have_their_fields(self):
        fields = {name: FIELDS[name] for name in FIELDS if name != "failed"}
        fields["node"] = FIELDS["node"] + ["uuid", "seconds", "retries"]
        fields["summary"] = FIELDS["summary"] + ["lamps", "lamps_on", "lamps_retried", "virtual"]
        result = run("demo", "--json", "--seed", "3")
        self.assertEqual(result.returncode, 0)
        seen = set()
        for line in result.stdout.splitlines():
            event = json.loads(line)
            self.assertEqual(next(iter(event)), "event")
            seen.add(event["event"])
            for field in fields[event["event"]]:
                self.assertIn(field, event)
        self.assertEqual(seen, set(fields))

    def test_every_device_is_provisioned_once_as_well_as_it_can(self):
        result = run("demo", "--devices", "100", "--parallel", "16", "--loss", "20", "--json")
        self.assertEqual(result.returncode, 0)
        complete = events(result.stdout, "complete")
        self.assertEqual(len({e["uuid"] for e in complete}), 100)
        self.assert_addresses_differ(complete)
        self.assertEqual({e["method"] for e in complete}, {"none", "static", "output", "input"})
        self.assertEqual({e["algorithm"] for e in complete}, {"cmac", "hmac"})
        self.assertEqual({e["public_key"] for e in complete}, {"oob", "in-band"})
        for e in complete:
            self.assertEqual(e["secure"], e["public_key"] == "oob" or
                             (e["algorithm"] == "hmac" and e["method"] != "none"))
        summary = events(result.stdout)[-1]
        self.assertEqual((summary["event"], summary["devices"], summary["provisioned"],
                          summary["failed"], summary["virtual"]), ("summary", 100, 100, 0, True))

    def test_every_lamp_is_configured_and_the_group_is_switched(self):
        result = run("demo", "--devices", "60", "--parallel", "16", "--loss", "10", "--json")
        self.assertEqual(result.returncode, 0)
        complete = {e["address"]: e["elements"] for e in events(result.stdout, "complete")}
        nodes = events(result.stdout, "node")
        self.assertEqual({e["address"]: e["elements"] for e in nodes}, complete)
        self.assertTrue(all(e["configured"] for e in nodes))
        summary = events(result.stdout)[-1]
        self.assertEqual((summary["configured"], summary["failed"]), (60, 0))
        self.assertEqual(summary["lamps"], sum(complete.values()))
        self.assertEqual(summary["lamps_on"], summary["lamps"])

    def test_lamps_that_missed_the_message_are_told_one_by_one(self):
        retried = 0
        for seed in "123":
            result = run("demo", "--devices", "40", "--parallel", "16", "--loss", "70", "--json",
                         "--seed", seed)
            summary = events(result.stdout)[-1]
            self.assertEqual(summary["lamps_on"], summary["lamps"])
            retried += summary["lamps_retried"]
        self.assertGreater(retried, 0)

    def test_devices_out_of_reach_are_code_2(self):
        result = run("demo", "--devices", "9", "--loss", "100", "--json")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(events(result.stdout, "summary")[0]["failed"], 9)

    def test_row_32_secrets_are_shown_on_demand_only(self):
        hidden = run("demo", "--devices", "5", "--json", "--state", self.state).stdout
        keys = [node["device_key"] for node in self.nodes()]
        self.assertEqual(len(keys), 5)
        for key in keys:
            self.assertNotIn(key, hidden)
        shown = events(run("demo", "--devices", "5", "--json", "--show-secrets").stdout, "complete")
        self.assertCountEqual([e["device_key"] for e in shown], keys)

    def test_the_state_is_private_and_no_address_is_given_again(self):
        for expected in [5, 10]:
            self.assertEqual(run("demo", "--devices", "5", "--state", self.state).returncode, 0)
            self.assertEqual(len(self.nodes()), expected)
            self.assertEqual(self.own_address(), "0x0001")
        nodes = self.nodes()
        self.assert_addresses_differ(nodes)
        self.assertEqual([n["state"] for n in nodes], ["excluded"] * 5 + ["provisioned"] * 5)
        mode = os.stat(os.path.join(self.state, "registry.sqlite")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_row_34_a_network_that_cannot_be_right_is_refused_and_kept(self):
        self.assertEqual(run("demo", "--devices", "2", "--state", self.state).returncode, 0)
        path = os.path.join(self.state, "registry.sqlite")
        with open(path, "rb") as f:
            good = f.read()
        newer = bytearray(good)
        newer[60:64] = (99).to_bytes(4, "big")                  # user_version
        for bad in [b"", b"[]", b"a" * 9000, good[:8192], good[:4096] + b"Z" * (len(good) - 4096),
                    bytes(newer)]:
            with open(path, "wb") as f:
                f.write(bad)
            for args in [("demo", "--devices", "2"), ("nodes",)]:
                result = run(*args, "--state", self.state)
                self.assertEqual((result.returncode, result.stdout), (3, ""), (bad[:10], args))
                self.assertRegex(result.stderr, r"\Ausher: [^\n]*registry\.sqlite[^\n]*\n\Z")
            with open(path, "rb") as f:
                self.assertEqual(f.read(), bad)

    def test_a_network_of_before_the_registry_is_taken_over(self):
        os.mkdir(self.state)
        nodes = [{"uuid": "00112233-4455-4778-8899-aabbccddee%02x" % n, "address": "0x000%d" % n,
                  "elements": 1, "device_key": "%032x" % n, "state": "provisioned"} for n in (2, 3)]
        path = os.path.join(self.state, "network.json")
        with open(path, "w", encoding="ascii") as f:
            json.dump({"format": "usher-network", "version": 1, "settled": True, "net_key": "1" * 32,
                       "key_index": 0, "iv_index": 0, "next_address": "0x0004", "nodes": nodes}, f)
        for place in [path, path + ".old"]:
            self.assertTrue(os.path.exists(place))
            listed = events(run("nodes", "--state", self.state, "--json").stdout, "node")
            self.assertEqual([(n["address"], n["configured"]) for n in listed][:2],
                             [("0x0002", False), ("0x0003", False)])
            self.assertEqual(run("demo", "--devices", "1", "--state", self.state).returncode, 0)
        self.assertFalse(os.path.exists(path))
        self.assertEqual(self.nodes()[2]["address"], "0x0004")

    def test_the_last_address_is_given_and_none_beyond(self):
        self.assertEqual(run("demo", "--devices", "1", "--state", self.state).returncode, 0)
        self.rows("WITH RECURSIVE a (n) AS (VALUES (3) UNION ALL SELECT n + 1 FROM a WHERE n < 0x7ffe) "
                  "INSERT INTO exclusion (iv_index, address) SELECT 0, n FROM a")
        result = run("demo", "--devices", "2", "--json", "--state", self.state)
        self.assertEqual(result.returncode, 3)
        self.assertIn("unicast addresses", result.stderr)
        self.assertEqual(self.nodes()[-1]["address"], "0x7fff")

    def test_a_capture_is_written(self):
        path = os.path.join(self.dir, "demo.pcap")
        self.assertEqual(run("demo", "--devices", "3", "--pcap", path).returncode, 0)
        with open(path, "rb") as f:
            self.assertIn(f.read(4), [b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"])
        self.assertGreater(os.path.getsize(path), 3000)


class Site(Directory):
    """Three processes, in real time."""

    def test_fifty_devices_over_sixteen_links(self):
        self.air("--loss", "5")
        devices = self.devices(50, "--count", "50", "--exit")
        result = self.provision("--all", "--parallel", "16", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        complete = events(result.stdout, "complete")
        self.assertEqual(len({e["uuid"] for e in complete}), 50)
        self.assert_addresses_differ(complete)
        summary = events(result.stdout)[-1]
        self.assertEqual((summary["provisioned"], summary["failed"]), (50, 0))
        self.assertEqual(devices.wait(), 0)
        self.assertEqual({e["uuid"]: e["address"] for e in devices.events("complete")},
                         {e["uuid"]: e["address"] for e in complete})

    def test_provision_captures_what_it_sends_and_hears(self):
        capture = self.state + ".pcap"
        self.air()
        self.devices(1, "--uuid", UUID)
        result = self.provision(UUID, "--pcap", capture)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(os.stat(capture).st_mode & 0o777, 0o600)
        with open(capture, "rb") as file:
            octets = file.read()
        own, heard, at = 0, 0, 24
        while at < len(octets):
            length = int.from_bytes(octets[at + 8:at + 12], "little")
            pdu = octets[at + 16 + 10 + 4:at + 16 + length]     # behind record, radio, access address
            own += pdu[2:8] == bytes(6)
            heard += pdu[9] == 0x29 and pdu[2:8] != bytes(6)
            at += 16 + length
        self.assertGreaterEqual(own, 12)        # 11 segments and a Link Open at the least
        self.assertGreaterEqual(heard, 9)

    def test_capture_that_cannot_be_written(self):
        self.air()
        result = self.provision(UUID, "--pcap", "/nowhere/capture.pcap")
        self.assertEqual(result.returncode, 3)
        self.assertIn("/nowhere/capture.pcap", result.stderr)

    def test_scan_hears_what_is_there(self):
        self.air()
        self.devices(3, "--count", "3", "--seed", "5", "--uri", "https://example.com/a")
        heard = run("scan", "--radio", self.radio, "--for", "4s", "--json")
        self.assertEqual(heard.returncode, 0)
        heard = events(heard.stdout, "heard")
        self.assertEqual(len({e["uuid"] for e in heard}), 3)
        for e in heard:
            self.assertRegex(e["uuid"], r"\A.{12}4.{3}[89ab].{15}\Z")
            self.assertRegex(e["uri_hash"], r"\A[0-9a-f]{8}\Z")
            self.assertEqual(e["oob_info"], "0x0002")
        prefix = heard[0]["uuid"][:5].upper()
        some = run("scan", "--radio", self.radio, "--for", "4s", "--json", "--uuid-prefix", prefix)
        self.assertEqual([e["uuid"] for e in events(some.stdout, "heard")], [heard[0]["uuid"]])

    def test_ctrl_c_leaves_a_network_to_go_on_with(self):
        self.air()
        devices = self.devices(20, "--count", "20")
        first = self.start("provision", "--all", "--radio", self.radio, "--state", self.state,
                           "--parallel", "4", "--json")
        wait_for(lambda: len(first.events("complete")) >= 3)
        self.assertEqual(first.end(), 2)
        summary = first.events()[-1]
        self.assertEqual(summary["event"], "summary")
        self.assertGreaterEqual(summary["interrupted"], 1)
        second = self.provision("--all", "--json")
        self.assertEqual(second.returncode, 0, second.stderr)
        done = first.events("complete") + events(second.stdout, "complete")
        self.assertEqual(len({e["uuid"] for e in done}), 20)
        self.assert_addresses_differ(done)
        wait_for(lambda: len(devices.events("complete")) == 20)
        for process in [devices]:
            self.assertEqual(process.end(), 0)

    def test_a_device_that_is_not_there_is_code_2(self):
        self.air()
        result = self.provision(UUID, "--for", "500ms")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stdout, r"\Afailed  %s  in phase scan:\n +the device was not heard; is it on" % UUID)
        result = self.provision(UUID, "--for", "500ms", "--json")
        failed = events(result.stdout, "failed")[0]
        self.assertEqual((failed["uuid"], failed["phase"]), (UUID, "scan"))
        self.devices(1, "--uuid", UUID)
        self.assertEqual(self.provision(UUID).returncode, 0)
        failed = events(self.provision(UUID, "--for", "500ms", "--json").stdout, "failed")[0]
        self.assertIn("it is the node 0x0002 of this network already", failed["hint"])

    def test_events_have_their_fields_with_a_radio_as_well(self):
        self.air()
        self.devices(1, "--uuid", UUID)
        told = events(self.provision(UUID, "--json").stdout)
        told += events(self.provision("f" * 32, "--for", "1s", "--json").stdout)
        told += events(self.use("configure", "--all", "--json").stdout)
        told += events(run("nodes", "--state", self.state, "--json").stdout)
        self.assertEqual({e["event"] for e in told}, set(FIELDS) - {"show", "ask"})
        self.assertEqual(len([e for e in told if e["event"] == "summary"]), 3)
        for event in told:
            self.assertEqual(set(FIELDS[event["event"]]) - set(event), set(), event)

    def test_nobody_to_provision_is_no_failure(self):
        self.air()
        self.assertEqual(self.provision("--all", "--for", "500ms").returncode, 0)

    def test_a_radio_that_goes_away_is_code_3(self):
        air = self.air()
        scan = self.start("scan", "--radio", self.radio)
        time.sleep(0.3)
        air.end()
        self.assertEqual(scan.wait(10), 3)
        self.assertRegex(scan.errors(), r"usher: [^\n]+\n\Z")

    def test_a_network_that_cannot_be_written_any_more_is_code_3(self):
        self.air()
        provision = self.start("provision", "--all", "--radio", self.radio, "--state", self.state)
        wait_for(lambda: os.path.exists(os.path.join(self.state, "node", "0x0001.record")))
        path = os.path.join(self.state, "registry.sqlite")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            self.assertEqual(provision.end(), 3)
        self.assertIn("registry.sqlite: database is locked", provision.errors())

    def test_row_35_two_provisioners_do_not_share_a_directory(self):
        self.air()
        first = self.start("provision", UUID, "--radio", self.radio, "--state", self.state)
        wait_for(lambda: os.path.exists(os.path.join(self.state, "registry.sqlite")))
        result = self.provision(UUID, "--for", "500ms")
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stderr, r"\Ausher: [^\n]+\n\Z")
        self.assertEqual(first.end(), 0)

    def test_a_device_remembers(self):
        self.air()
        args = ["--uuid", UUID, "--state", os.path.join(self.dir, "device"), "--exit", "--elements", "3"]
        device = self.devices(1, *args)
        self.assertEqual(self.provision(UUID).returncode, 0)
        self.assertEqual(device.wait(), 0)
        kept = os.path.join(self.dir, "device", UUID)
        self.assertEqual(stat.S_IMODE(os.stat(kept).st_mode), 0o700)
        for name in os.listdir(kept):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(kept, name)).st_mode), 0o600)
        again = run("device", "--radio", self.radio, *args, "--json", timeout=10)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(events(again.stdout),
                         [{"event": "resumed", "uuid": UUID, "address": "0x0002"}])

    def test_row_25_a_device_that_was_reset_gets_a_new_address(self):
        self.air()
        addresses = []
        for replaces in [None, "0x0002"]:
            device = self.devices(1, "--uuid", UUID, "--exit")
            result = self.provision(UUID, "--json")
            self.assertEqual(result.returncode, 0)
            complete = events(result.stdout, "complete")[0]
            self.assertEqual(complete.get("replaces"), replaces)
            addresses.append(complete["address"])
            self.assertEqual(device.wait(), 0)
        self.assertEqual(addresses, ["0x0002", "0x0003"])
        self.assertEqual([n["state"] for n in self.nodes()], ["excluded", "provisioned"])


class Interactive(Directory):
    """Authentication: what is typed, what is known, what is refused."""

    def setUp(self):
        super().setUp()
        self.air()

    def provisioner(self, *args):
        return self.start("provision", UUID, "--radio", self.radio, "--state", self.state, "--json",
                          *args)

    def test_a_value_that_the_device_shows(self):
        device = self.devices(1, "--uuid", UUID, "--oob", "output:alphanumeric:6")
        provisioner = self.provisioner()
        wait_for(lambda: provisioner.events("ask") and device.events("show"))
        ask, show = provisioner.events("ask")[0], device.events("show")[0]
        self.assertEqual((ask["method"], ask["action"], ask["size"]), ("output", "alphanumeric", 6))
        for line in ["", "   ", "toolongforit", "ab-def", "ffff " + show["value"], "x y z"]:
            provisioner.type(line)
        provisioner.type(UUID[:4] + "  " + show["value"])
        self.assertEqual(provisioner.wait(), 0)
        # An empty line is nothing; each of the other four is answered in a line.
        self.assertEqual(len(provisioner.errors().splitlines()), 4, provisioner.errors())
        self.assertTrue(provisioner.events("complete")[0]["secure"])

    def test_a_wrong_value_is_asked_for_again(self):
        device = self.devices(1, "--uuid", UUID, "--oob", "output:numeric:4")
        provisioner = self.provisioner("--retry", "1")
        for attempt in [1, 2]:
            wait_for(lambda: len(provisioner.events("ask")) == attempt
                     and len(device.events("show")) == attempt)
            value = device.events("show")[-1]["value"]
            if attempt == 1:
                value = str((int(value) + 1) % 10000)
            provisioner.type(value)
        self.assertEqual(provisioner.wait(), 0)
        self.assertEqual(provisioner.events("complete")[0]["retries"], 1)

    def test_lines_wait_until_a_value_is_asked_for(self):
        provisioner = self.provisioner()
        provisioner.type("12345")
        device = self.devices(1, "--uuid", UUID, "--oob", "output:numeric:4")
        wait_for(lambda: provisioner.errors() and device.events("show"))
        self.assertRegex(provisioner.errors(), r"\Athat cannot be the value[^\n]*\n\Z")
        provisioner.type(device.events("show")[0]["value"])
        self.assertEqual(provisioner.wait(), 0)

    def test_nobody_there_to_type_is_a_failure(self):
        self.devices(1, "--uuid", UUID, "--oob", "output:numeric:4")
        result = self.provision(UUID, "--json", "--oob", "output")
        self.assertEqual(result.returncode, 2)
        self.assertIn("standard input", events(result.stdout, "failed")[0]["reason"])

    def test_a_value_that_the_provisioner_shows(self):
        device = self.devices(1, "--uuid", UUID, "--oob", "input:numeric:8")
        provisioner = self.provisioner()
        wait_for(lambda: provisioner.events("show") and device.events("ask"))
        device.type("123456789")
        device.type(provisioner.events("show")[0]["value"])
        self.assertEqual(provisioner.wait(), 0)
        wait_for(lambda: device.events("complete"))
        self.assertEqual(provisioner.events("complete")[0]["method"], "input")

    def test_static_values(self):
        self.devices(1, "--uuid", UUID, "--oob", "static:0011223344556677", "--alg", "hmac")
        result = self.provision(UUID, "--oob", "static:0011223344556678", "--json")
        self.assertEqual(result.returncode, 2)
        failed = events(result.stdout, "failed")[0]
        self.assertEqual((failed["code"], failed["retries"], failed["policy"]), (4, 0, False))
        self.assertTrue(failed["phase"] and failed["pdu"] and failed["reason"] and failed["hint"])
        result = self.provision(UUID, "--oob", "static:0011223344556677", "--json", "--require-secure")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(events(result.stdout, "complete")[0]["method"], "static")
        # Nothing had been given to the device when its confirmation turned out wrong.
        self.assertEqual([n["address"] for n in self.nodes()], ["0x0002"])

    def test_row_8_policy_refuses_with_code_4(self):
        self.devices(1, "--uuid", UUID, "--oob", "static:00112233", "--alg", "cmac")
        for args in [["--require-secure"], ["--oob", "static:00112233", "--require-secure"],
                     ["--oob", "output"]]:
            result = self.provision(UUID, "--json", *args)
            self.assertEqual(result.returncode, 4, args)
            self.assertTrue(events(result.stdout, "failed")[0]["policy"])
        self.assertEqual(self.nodes(), [])

    def test_a_public_key_known_out_of_band(self):
        private = os.path.join(self.dir, "key.pem")
        device = self.devices(1, "--uuid", UUID, "--pubkey-oob", private, "--alg", "cmac")
        self.assertEqual(stat.S_IMODE(os.stat(private).st_mode), 0o600)
        key = device.events("public-key")[0]["public_key"]
        wrong = os.path.join(self.dir, "wrong")
        with open(wrong, "w", encoding="ascii") as f:
            f.write(key[:-2] + ("00" if key[-2:] != "00" else "01") + "\n")
        result = self.provision(UUID, "--pubkey-oob", wrong, "--json")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(events(result.stdout, "failed")[0]["phase"], "public-key")
        public = os.path.join(self.dir, "public")
        with open(public, "w", encoding="ascii") as f:
            f.write(key + "\n")
        result = self.provision(UUID, "--pubkey-oob", public, "--require-secure", "--json")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual(events(result.stdout, "complete")[0]["public_key"], "oob")
        # The key is the same the next time.
        again = self.devices(1, "--uuid", UUID[::-1], "--pubkey-oob", private)
        self.assertEqual(again.events("public-key")[0],
                         {"event": "public-key", "public_key": key, "made": False})


class Killed(Directory):
    def test_row_24_a_second_run_finishes_and_gives_no_address_again(self):
        self.air("--loss", "5")
        devices = self.devices(50, "--count", "50")
        first = self.start("provision", "--all", "--radio", self.radio, "--state", self.state,
                           "--parallel", "16", "--json")
        wait_for(lambda: len(first.events("complete")) >= 5)
        first.end(signal.SIGKILL)
        before = self.nodes()
        self.assertLess(len(first.events("complete")), 50)
        # Every address that the first run can have told a device is on the disk.
        told = {e["address"] for e in first.events("complete")}
        self.assertLessEqual(told, {n["address"] for n in before})

        second = self.provision("--all", "--parallel", "16", "--json")
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertEqual(events(second.stdout, "summary")[0]["failed"], 0)
        wait_for(lambda: len(devices.events("complete")) == 50)
        nodes = self.nodes()
        self.assertEqual(nodes[:len(before)],
                         [dict(n, state=m["state"]) for n, m in zip(before, nodes)])
        self.assert_addresses_differ(nodes)
        # What each device says is its newest record.
        newest = {n["uuid"]: n["address"] for n in nodes}
        self.assertEqual({e["uuid"]: e["address"] for e in devices.events("complete")}, newest)


if __name__ == "__main__":
    unittest.main(verbosity=2)
