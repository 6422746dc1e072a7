"""usher decode, from outside: captures of a real air and of a real line, with the keys of the network."""

import json
import os
import unittest

from harness import Directory, UUID, events, run

PDUS = ["Invite", "Capabilities", "Start", "Public Key", "Confirmation", "Random", "Data", "Complete"]


class Decode(Directory):
    def setUp(self):
        super().setUp()
        self.pcap = os.path.join(self.dir, "site.pcap")

    def keys(self):
        """The network's keys, in the form of a Configuration Database."""
        database = {
            "netKeys": [{"index": k["idx"], "key": k["key"].hex()} for k in self.rows("SELECT * FROM netkey")],
            "appKeys": [{"index": k["idx"], "boundNetKey": 0, "key": k["key"].hex()}
                        for k in self.rows("SELECT * FROM appkey")],
            "nodes": [{"unicastAddress": n["address"][2:], "elements": n["elements"],
                       "deviceKey": n["device_key"]} for n in self.nodes()]}
        path = os.path.join(self.dir, "keys.json")
        with open(path, "w", encoding="ascii") as file:
            json.dump(database, file)
        return path, database

    def decode(self, *args):
        done = run("decode", self.pcap, "--json", *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return events(done.stdout)

    def test_a_site_is_explained_from_the_first_beacon_to_the_switch(self):
        air = self.air("--pcap", self.pcap)
        self.devices(1, "--uuid", UUID)
        self.assertEqual(self.provision(UUID, "--configure").returncode, 0)
        self.assertEqual(self.use("onoff", "0x0002", "on").returncode, 0)
        self.assertEqual(air.end(), 0)
        path, database = self.keys()

        explained = self.decode("--keys", path)
        packets = [e for e in explained if e["event"] == "packet"]
        self.assertEqual([e["event"] for e in explained[len(packets):]], ["link", "summary"])
        link, summary = explained[-2:]
        self.assertEqual((link["bearer"], link["uuid"], link["end"], link["reason"]),
                         ("adv", UUID, "complete", 0))
        self.assertEqual(list(link["phases"]), ["invite", "capabilities", "start", "public-key",
                                                "confirmation", "random", "data", "complete"])
        self.assertLessEqual(sum(link["phases"].values()), link["seconds"] + 1e-6)
        beacon = next(e for e in packets if e["kind"] == "unprovisioned-beacon")
        self.assertEqual((beacon["uuid"], beacon["oob_info"]), (UUID, "0x0000"))
        begun = [e["time"] - e["at"] for e in packets]
        self.assertLess(max(begun) - min(begun), 0.001)
        told = [e["pdu"] for e in packets if e["kind"] == "pb-adv" and e.get("pdu") in PDUS]
        self.assertEqual(list(dict.fromkeys(told)), PDUS)
        self.assertTrue(all(e["link"] == link["link"] for e in packets if e["kind"] == "pb-adv"))
        self.assertEqual(summary["packets"], sum(e["count"] for e in packets) + summary["others"])
        self.assertEqual((summary["devices"], summary["links"], summary["malformed"], summary["damaged"]),
                         (1, 1, 0, False))

        self.assertEqual(summary["opened"], summary["network"])
        messages = [e for e in packets if e.get("message")]
        for name, src, dst, key in (
                ("Config Composition Data Get", "0x0001", "0x0002", "destination"),
                ("Config AppKey Add", "0x0001", "0x0002", "destination"),
                ("Config Model App Status", "0x0002", "0x0001", "source"),
                ("Generic OnOff Set", "0x0001", "0x0002", 0),
                ("Generic OnOff Status", "0x0002", "0x0001", 0)):
            self.assertIn((name, src, dst, key),
                          [(m["message"], m["src"], m["dst"], m["key"]) for m in messages])

        # The tool's own registry has the same keys.
        self.assertEqual(self.decode("--state", self.state), explained)

        # Keys in messages are secrets, too.
        add = next(m for m in messages if m["message"] == "Config AppKey Add")
        self.assertNotIn(database["appKeys"][0]["key"], json.dumps(add))
        shown = next(m for m in self.decode("--keys", path, "--show-secrets")
                     if m.get("message") == "Config AppKey Add")
        self.assertIn(database["appKeys"][0]["key"], shown["text"])

    def test_without_keys_what_everybody_can_read_is_explained(self):
        air = self.air("--pcap", self.pcap, "--loss", "20")
        self.devices(2, "--count", "2", "--seed", "4")
        self.assertEqual(self.provision("--all", "--parallel", "2", "--configure").returncode, 0)
        self.assertEqual(air.end(), 0)
        done = run("decode", self.pcap)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertEqual(len([x for x in lines if x.startswith("link ") and ": Complete, " in x]), 2)
        self.assertTrue(any(" times in " in x for x in lines))
        self.assertTrue(any("of a key that is not known" in x for x in lines))
        self.assertIn(" 0 of them opened, with 0 messages;", lines[-1])

    def test_a_controllers_line_is_explained(self):
        controllers = os.path.join(self.dir, "hci")
        self.air("--hci", controllers)
        self.radio = "h4:" + controllers
        self.devices(1, "--uuid", UUID, "--bearer", "gatt")
        self.assertEqual(self.provision(UUID, "--pcap", self.pcap).returncode, 0)
        explained = self.decode()
        link, summary = explained[-2:]
        self.assertEqual((link["bearer"], link["uuid"], link["end"], summary["malformed"]),
                         ("gatt", UUID, "complete", 0))
        told = [e["pdu"] for e in explained if e.get("kind") == "pb-gatt"]
        self.assertEqual(list(dict.fromkeys(told)), PDUS)
        self.assertTrue(any(e.get("kind") == "provisioning-service" and e["uuid"] == UUID for e in explained))

    def test_what_cannot_be_read_is_refused(self):
        text = os.path.join(self.dir, "text")
        with open(text, "w", encoding="ascii") as file:
            file.write("this is no capture, but long enough to be one\n")
        bad = os.path.join(self.dir, "bad.json")
        with open(bad, "w", encoding="ascii") as file:
            json.dump({"netKeys": [{"index": 0, "key": "11"}]}, file)
        for args, why in ((("/nowhere/x.pcap",), "No such file"), ((text,), "not a capture file"),
                          ((text, "--keys", text), text + ", line 1: "),
                          ((text, "--keys", bad), bad + ": netKeys[0].key: "),
                          ((text, "--state", self.dir + "/none"), self.dir + "/none"), ((), "FILE")):
            done = run("decode", *args)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(why, done.stderr)
            self.assertTrue(done.stderr.startswith("usher: "))

    def test_a_file_that_ends_early_is_explained_up_to_there(self):
        run("demo", "--devices", "1", "--pcap", self.pcap)
        with open(self.pcap, "r+b") as file:
            file.truncate(24 + 16 + 1)      # header, and the first octet of the first packet
        summary = self.decode()[-1]
        self.assertEqual((summary["packets"], summary["damaged"]), (0, True))
        done = run("decode", self.pcap)
        self.assertIn("damaged", done.stderr)


if __name__ == "__main__":
    unittest.main()
