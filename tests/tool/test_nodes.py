"""The command usher and the nodes of a network: devices that live on, and what is done with them.

Run by ctest with USHER naming the command, as test_tool.py is.
"""

import concurrent.futures
import json
import os
import random
import shutil
import signal
import time
import unittest

import capture
from harness import Directory, UUID, events, run, wait_for


class Network(Directory):
    """Three processes: the air, a device that lives on, and one verb after the other."""

    def device(self, *args, uuid=UUID):
        """A device that is kept; @returns its process, once it beacons or goes on."""
        device = self.start("device", "--radio", self.radio, "--uuid", uuid,
                            "--state", os.path.join(self.dir, "device-" + uuid), "--json", *args)
        wait_for(lambda: device.events("beaconing") or device.events("resumed"))
        return device

    def template(self, content):
        path = os.path.join(self.dir, "template.json")
        with open(path, "w", encoding="ascii") as f:
            f.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def done(self, verb, *args):
        """A verb that has to succeed; @returns its events."""
        result = self.use(verb, *args, "--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return events(result.stdout)

    def view(self, verb, *args):
        result = run(verb, *args, "--state", self.state, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return events(result.stdout)

    def lamps(self, process):
        return [(e["address"], e["on"]) for e in process.events("lamp")]


class Nodes(Network):
    def setUp(self):
        super().setUp()
        self.air("--loss", "5")

    def test_a_lamp_from_the_box_to_the_bin(self):
        device = self.device("--elements", "2")
        self.done("provision", UUID)
        node = self.done("configure", "0x0002", "--name", "hall")[0]
        self.assertEqual((node["event"], node["address"], node["elements"], node["name"],
                          node["configured"]), ("node", "0x0002", 2, "hall", True))
        wait_for(lambda: device.events("configured"))

        self.assertEqual(self.done("onoff", "0x0003", "on"),
                         [{"event": "lamp", "address": "0x0003", "on": True}])
        self.assertEqual(self.lamps(device), [("0x0003", True)])
        self.done("onoff", "c000", "on")
        wait_for(lambda: self.lamps(device) == [("0x0003", True), ("0x0002", True)])
        wait_for(lambda: {(e["address"], e["on"]) for e in self.done("onoff", "c000", "get")} ==
                 {("0x0002", True), ("0x0003", True)})          # who answers late is not told of

        self.assertEqual(self.done("identify", "0x0003", "--attention", "7")[0]["seconds"], 7)
        self.assertEqual(device.events("attention")[0]["seconds"], 7)
        self.assertEqual(self.done("identify", "0x0002", "--attention", "0")[0]["seconds"], 0)
        wait_for(lambda: [e["seconds"] for e in device.events("attention")] == [7, 0])

        self.assertEqual(self.done("remove", "0x0002"),
                         [{"event": "removed", "address": "0x0002", "answered": True}])
        wait_for(lambda: device.events("reset") and len(device.events("beaconing")) == 2)
        self.assertEqual(self.view("nodes"), [])
        self.assertEqual(self.view("nodes", "--all")[0]["state"], "removed")
        # Its addresses are not given again.
        complete = [e for e in self.done("provision", UUID) if e["event"] == "complete"]
        self.assertEqual([e["address"] for e in complete], ["0x0004"])
        self.assertNotIn("replaces", complete[0])

    def test_a_device_attracts_attention_while_it_is_provisioned(self):
        device = self.device()
        self.done("provision", UUID, "--attention", "20")
        self.assertEqual([e["seconds"] for e in device.events("attention")], [20, 0])

    def test_a_provisioner_that_lost_its_node_gets_another_address(self):
        """Nobody knows which sequence numbers the lost one has used."""
        device = self.device()
        self.done("provision", UUID, "--configure")
        self.assertEqual(self.own_address(), "0x0001")
        shutil.rmtree(os.path.join(self.state, "node"))
        for value in [True, False]:
            self.done("onoff", "0x0002", "on" if value else "off")
            self.assertEqual(self.own_address(), "0x0003")
        wait_for(lambda: self.lamps(device) == [("0x0002", True), ("0x0002", False)])

    def test_a_node_lives_on_across_a_restart(self):
        self.device("--elements", "2").end(signal.SIGKILL)
        device = self.device("--elements", "2")
        self.assertTrue(device.events("beaconing"))
        self.done("provision", UUID, "--configure")
        for number in (signal.SIGKILL, signal.SIGINT):
            device.end(number)
            device = self.device("--elements", "2")
            self.assertEqual(device.events("resumed"),
                             [{"event": "resumed", "uuid": UUID, "address": "0x0002"}])
            self.done("onoff", "0x0003", "on")
            self.done("onoff", "c000", "off")
            wait_for(lambda: ("0x0003", False) in self.lamps(device))

    def test_a_second_run_configures_what_the_first_one_did_not(self):
        devices = self.devices(10, "--count", "10")
        first = self.start("provision", "--all", "--configure", "--radio", self.radio, "--state",
                           self.state, "--json", "--parallel", "10")
        wait_for(lambda: first.events("node"))
        self.assertEqual(first.end(), 2)
        summary = first.events()[-1]
        self.assertEqual(summary["interrupted"], summary["devices"] - summary["configured"])
        second = self.done("provision", "--all", "--configure")
        configured = [e["address"] for e in first.events("node") + second if e["event"] == "node"]
        self.assertEqual(sorted(configured), sorted(n["address"] for n in self.view("nodes")))
        self.assertEqual(len(configured), 10)
        self.done("onoff", "c000", "on")
        wait_for(lambda: len(self.lamps(devices)) == 10)

    def test_show_tells_what_a_node_has_acknowledged(self):
        self.device("--elements", "2")
        self.done("provision", UUID)
        self.assertIsNone(self.view("show", "0x0002")[0]["composition"])
        publish = {"address": "c001", "appkey": 1, "ttl": 4, "period": "30s",
                   "retransmit": {"count": 2, "interval": "100ms"}}
        label = "00112233445566778899aabbccddeeff"
        self.done("configure", "--all", "--template", self.template({
            "appkeys": [0, 1], "ttl": 6, "beacon": False,
            "relay": {"state": True, "count": 1, "interval": "30ms"},
            "network_transmit": {"count": 3, "interval": "20ms"},
            "models": [{"model": "1000", "bind": [0, 1], "subscribe": ["c000", label]},
                       {"model": "1000", "element": 1, "publish": dict(publish), "bind": [1]},
                       {"model": "05c30001", "bind": [0]}]}))
        node = self.view("show", "0x0003")[0]
        models = [[m["name"] for m in e["models"]] for e in node["composition"]["elements"]]
        self.assertEqual(models, [["Configuration Server", "Health Server", "Generic OnOff Server"],
                                  ["Generic OnOff Server"]])
        self.assertTrue(node["composition"]["relay"])
        common = {"model": "1000", "bind": [0, 1], "subscribe": ["0xc000", label]}
        self.assertEqual(node["settings"], {
            "appkeys": [0, 1], "ttl": 6, "beacon": False,
            "relay": {"state": True, "count": 1, "interval": "30ms"},
            "network_transmit": {"count": 3, "interval": "20ms"},
            "models": [dict(common, element="0x0002"),
                       dict(common, element="0x0003", publish=dict(publish, address="0xc001"))]})
        # A second template adds to that.
        self.done("configure", "0x0002", "--template", self.template(
            {"ttl": 3, "models": [{"model": "1000", "element": 0, "subscribe": ["c002"]}]}))
        settings = self.view("show", "0x0002")[0]["settings"]
        self.assertEqual((settings["ttl"], settings["appkeys"]), (3, [0, 1]))
        self.assertEqual(settings["models"][0]["subscribe"], ["0xc000", label, "0xc002"])
        text = run("show", "0x0002", "--state", self.state).stdout
        for words in ["Generic OnOff Server", "bound to AppKey 0, 1", "subscribed to 0xc000, ",
                      "publishes to 0xc001 every 30s"]:
            self.assertIn(words, text)

    def test_what_is_published_is_seen(self):
        self.device()
        self.done("provision", UUID, "--template", self.template(
            {"appkeys": [0], "models": [{"model": "1000", "bind": [0],
                                         "publish": {"address": "c005", "period": "200ms"}},
                                        {"model": "0002", "bind": [0],
                                         "publish": {"address": "0001", "period": "300ms"}}]}))
        seen = self.done("watch", "c005", "--for", "3s")
        self.assertEqual(seen[0], {"event": "watching", "address": "0x0001"})
        self.assertGreater(len([e for e in seen if e["event"] == "lamp"]), 4)
        health = [e for e in seen if e["event"] == "health"]
        self.assertGreater(len(health), 3)
        self.assertEqual((health[0]["address"], health[0]["faults"]), ("0x0002", []))

    def test_the_template_of_the_help_works(self):
        text = run("help", "configure").stdout
        template = text[text.index("{"):text.rindex("}") + 1]
        self.device()
        self.done("provision", UUID, "--template", self.template(template))
        self.assertEqual(self.view("show", "0x0002")[0]["settings"]["ttl"], 5)


class Refusals(Network):
    """What does not work, and how that is told."""

    def setUp(self):
        super().setUp()
        self.air("--loss", "5")

    def failed(self, verb, *args):
        result = self.use(verb, *args, "--json")
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        failed = events(result.stdout, "failed")[0]
        self.assertTrue(failed["reason"] and failed["hint"])
        return failed

    def test_a_node_that_does_not_answer(self):
        device = self.device()
        self.done("provision", UUID, "--configure")
        device.end()
        failed = self.failed("onoff", "0x0002", "on")
        self.assertEqual((failed["address"], failed["phase"], failed["pdu"], failed["code"]),
                         ("0x0002", "onoff", "Generic OnOff Set", 0))
        failed = self.failed("configure", "--all", "--retry", "0")
        self.assertEqual((failed["phase"], failed["pdu"]), ("configure", "Config Composition Data Get"))
        self.assertTrue(self.view("nodes")[0]["configured"])
        self.failed("remove", "0x0002")
        self.assertEqual(len(self.view("nodes")), 1)
        self.assertEqual(self.done("remove", "0x0002", "--force"),
                         [{"event": "removed", "address": "0x0002", "answered": False}])
        self.assertEqual(self.view("nodes"), [])

    def test_a_node_that_refuses(self):
        self.device()
        self.done("provision", UUID)
        failed = self.failed("configure", "0x0002", "--template", self.template(
            {"appkeys": [0], "models": [{"model": "0000", "bind": [0]}]}))
        self.assertEqual((failed["pdu"], failed["code"]), ("Config Model App Bind", 0x0D))
        self.assertIn("Cannot Bind", failed["reason"])
        # What came before that was acknowledged, and is recorded.
        node = self.view("show", "0x0002")[0]
        self.assertEqual((node["configured"], node["settings"]["appkeys"]), (False, [0]))

    def test_a_node_that_has_no_key_or_is_not_there(self):
        self.device()
        self.done("provision", UUID)
        for args, words in [(("onoff", "0x0002", "on"), "usher configure 0x0002"),
                            (("identify", "0x0002"), "usher configure 0x0002"),
                            (("onoff", "0x0002", "on", "--appkey", "7"), "no AppKey 7"),
                            (("onoff", "c000", "on"), "no AppKey 0"),
                            (("onoff", "0x0009", "on"), "not the address of a node"),
                            (("remove", "0x0009"), "not the address of a node"),
                            (("configure", "0x0009"), "not the address of a node")]:
            result = self.use(*args)
            self.assertEqual((result.returncode, result.stdout), (2, ""), args)
            self.assertRegex(result.stderr, r"\Ausher: [^\n]*%s[^\n]*\n\Z" % words)
        self.assertEqual(self.rows("SELECT * FROM appkey"), [])

    def test_templates_that_are_wrong_name_the_place(self):
        model = {"model": "1000", "bind": [0]}
        for content, place in [
                ("{", "line 1"), ("[]", "an object"), ({"apkeys": [0]}, '"apkeys" is not known'),
                ({"appkeys": 0}, "appkeys: a list"), ({"appkeys": [4096]}, r"appkeys\[0\]: a number"),
                ({"ttl": 1}, "ttl: a TTL of 1"), ({"ttl": 128}, "ttl: a number"),
                ({"beacon": 1}, "beacon: true or false"), ({"relay": {"count": 1}}, 'relay: "state"'),
                ({"relay": {"state": True, "count": 8}}, "relay.count: a number"),
                ({"network_transmit": {"interval": "15ms"}}, "network_transmit.interval: steps of 10ms"),
                ({"network_transmit": {"interval": "330ms"}}, "network_transmit.interval: steps of 10ms"),
                ({"models": [{}]}, r'models\[0\]: "model" is missing'),
                ({"models": [{"model": "100"}]}, r"models\[0\].model: a model"),
                ({"models": [{"model": "1000", "bind": [0]}]}, r"models\[0\].bind\[0\]: AppKey 0 is not"),
                ({"models": [{"model": "1000", "subscribe": ["0002"]}]},
                 r"models\[0\].subscribe\[0\]: a group"),
                ({"models": [{"model": "1000", "subscribe": ["8000"]}]},
                 r"models\[0\].subscribe\[0\]: a group"),
                ({"appkeys": [0], "models": [model, dict(model, publish={})]},
                 r'models\[1\].publish: "address" is missing'),
                ({"models": [{"model": "1000", "publish": {"address": "c000"}}]},
                 r'models\[0\].publish: "appkey" is missing'),
                ({"appkeys": [0], "models": [dict(model, publish={"address": "c000", "period": "64s5"})]},
                 r"models\[0\].publish.period: a time"),
                ({"appkeys": [0], "models": [dict(model, publish={"address": "c000", "period": "64001ms"})]},
                 r"models\[0\].publish.period: possible are"),
                ({"appkeys": [0], "models": [dict(model, publish={
                    "address": "c000", "retransmit": {"count": 1, "interval": "60ms"}})]},
                 r"models\[0\].publish.retransmit.interval: steps of 50ms")]:
            result = self.use("configure", "--all", "--template", self.template(content))
            self.assertEqual((result.returncode, result.stdout), (1, ""), content)
            self.assertRegex(result.stderr, r"\Ausher: [^\n]*template\.json: [^\n]*%s[^\n]*\n\Z" % place)
        self.assertFalse(os.path.exists(self.state))


class KilledNodes(Network):
    """kill -9, in the middle of what is done."""

    def test_configuring_goes_on_where_it_was(self):
        self.air("--loss", "5")
        kept = os.path.join(self.dir, "devices")
        devices = self.devices(12, "--count", "12", "--seed", "4", "--state", kept)
        self.done("provision", "--all", "--parallel", "12")
        chance = random.Random(5)
        for _ in range(4):
            configure = self.start("configure", "--all", "--radio", self.radio, "--state", self.state,
                                   "--json", "--parallel", "4")
            wait_for(lambda: configure.events("node") or configure.process.poll() is not None)
            time.sleep(chance.random())
            configure.end(signal.SIGKILL)
            self.view("nodes")                          # the file is whole
            devices.end(signal.SIGKILL)
            devices = self.start("device", "--radio", self.radio, "--json", "--count", "12",
                                 "--seed", "4", "--state", kept)
            wait_for(lambda: len(devices.events("resumed")) == 12)
        summary = self.done("configure", "--all", "--parallel", "4")[-1]
        self.assertEqual((summary["configured"], summary["failed"]), (12, 0))
        self.done("onoff", "c000", "on")
        wait_for(lambda: len(self.lamps(devices)) == 12)

    def killed_in_doubt(self, *device):
        """A device takes its data, and the run is killed before that is on the disk."""
        self.devices(1, "--uuid", UUID[:-1] + "0")
        self.done("provision", UUID[:-1] + "0")                 # makes the network
        self.rows("CREATE TRIGGER doubt BEFORE UPDATE OF state ON node WHEN NEW.state = 1 "
                  "BEGIN SELECT RAISE (FAIL, 'in doubt'); END")
        device = self.devices(1, "--uuid", UUID, *device)
        provision = self.start("provision", UUID, "--radio", self.radio, "--state", self.state)
        wait_for(lambda: device.events("complete") and "in doubt" in provision.errors())
        provision.end(signal.SIGKILL)
        self.rows("DROP TRIGGER doubt")
        self.assertEqual([n["state"] for n in self.nodes()], ["provisioned", "unknown"])
        return device

    def test_an_unknown_node_is_asked_for_by_its_device_key(self):
        self.air()
        self.killed_in_doubt()
        told = self.done("provision", "--all", "--configure", "--for", "1s")
        self.assertEqual({(e["address"], e["state"]) for e in told if e["event"] == "node"},
                         {("0x0003", "configured"), ("0x0002", "configured")})
        self.assertEqual([(n["address"], n["state"]) for n in self.nodes()],
                         [("0x0002", "provisioned"), ("0x0003", "provisioned")])

    def test_an_unknown_node_that_comes_back_unprovisioned_is_not_waited_for(self):
        self.air()
        self.killed_in_doubt().end(signal.SIGKILL)
        self.devices(1, "--uuid", UUID)
        summary = self.done("provision", "--all", "--configure", "--for", "10s")[-1]
        self.assertEqual((summary["devices"], summary["configured"], summary["failed"]), (2, 2, 0))
        self.assertEqual([(n["address"], n["state"]) for n in self.nodes()],
                         [("0x0002", "provisioned"), ("0x0003", "excluded"), ("0x0004", "provisioned")])
        told = [(row["what"], row["address"]) for row in self.rows("SELECT * FROM audit")]
        self.assertEqual([t for t in told if t[1] > 2],
                         [("leased", 3), ("excluded", 3), ("leased", 4), ("provisioned", 4),
                          ("configured", 4)])

    def kill_again_and_again(self, device, address, peer, times):
        """Kills a device that publishes; after each restart the peer has to accept its next message."""
        chance = random.Random(address)
        uuid = device.events("beaconing")[0]["uuid"]
        for _ in range(times):
            accepted = peer.text().count(address)
            wait_for(lambda: peer.text().count(address) > accepted)
            time.sleep(chance.random() * 0.1)
            device.end(signal.SIGKILL)
            self.assertEqual(device.errors(), "")
            device.close()
            device = self.device(uuid=uuid)
            self.assertEqual(device.events("resumed"),
                             [{"event": "resumed", "uuid": uuid, "address": address}])
        accepted = peer.text().count(address)
        wait_for(lambda: peer.text().count(address) > accepted)
        self.assertEqual(device.end(), 0)

    def test_nodes_killed_while_they_send(self):
        """200 times: no sequence number twice, no half state, the peer accepts the next message."""
        captured = os.path.join(self.dir, "air.pcap")
        air = self.air("--pcap", captured)
        template = self.template(
            {"appkeys": [0], "models": [{"model": "1000", "bind": [0],
                                         "publish": {"address": "0001", "period": "100ms"}}]})
        devices = []
        for digit in "0123":
            devices.append(self.device(uuid=UUID[:-1] + digit))
            self.done("provision", UUID[:-1] + digit, "--template", template)
        peer = self.start("watch", "--radio", self.radio, "--state", self.state, "--json")
        wait_for(lambda: peer.events("watching"))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for killing in [pool.submit(self.kill_again_and_again, device,
                                        device.events("complete")[0]["address"], peer, 50)
                            for device in devices]:
                killing.result()
        self.assertEqual((peer.end(), air.end()), (0, 0))

        # Each run of a device is a radio of its own, and has numbers above all before it.
        key = self.rows("SELECT key FROM netkey")[0]["key"]
        for node in self.nodes():
            runs = {}
            for radio, number in capture.sequence_numbers(captured, key, int(node["address"], 16)):
                runs.setdefault(radio, set()).add(number)
            self.assertEqual(len(runs), 51)
            highest = -1
            for numbers in runs.values():
                self.assertGreater(min(numbers), highest)
                highest = max(numbers)


if __name__ == "__main__":
    unittest.main(verbosity=2)
