"""Bluetooth controllers as radios, PB-GATT, and the way into a network through a proxy.

Each usher has simulated controllers of its own, which "usher air --hci" serves. Run by ctest with
USHER naming the command, as test_tool.py is.
"""

import collections
import errno
import os
import selectors
import shutil
import socket
import subprocess
import threading
import time
import unittest

import capture
from harness import Directory, UUID, events, run, wait_for

STATIC = "static:000102030405060708090a0b0c0d0e0f"
KINDS = {"none": "none", "static": STATIC, "output": "output:numeric:6", "input": "input:alphanumeric:4"}
MTUS = [23, 69, 247]
AF_BLUETOOTH, BTPROTO_HCI = 31, 1       # Python may be built without them
PATIENCE = 120      # seconds; machines are slow at times


class Controllers(Directory):
    """An air on which every usher has controllers of its own, at self.h4."""

    def air(self, *args):
        air = super().air("--hci", os.path.join(self.dir, "hci"), *args)
        self.radios = air.events("listening")[0]["hci"]
        self.h4 = self.radio = self.radios[0]
        return air

    def carry(self, provisioner, devices):
        """Types what one side shows at the other, until the provisioner ends, as a person would."""
        carried = collections.Counter()

        def new(process, name):
            asked = process.events(name)
            fresh = asked[carried[process, name]:]
            carried[process, name] = len(asked)
            return fresh

        shown, asked = {}, set()
        while provisioner.process.poll() is None:
            for device in devices:
                for event in new(device, "show"):
                    shown[event["uuid"], "output"] = event["value"]
                for event in new(device, "ask"):
                    asked.add((device, event["uuid"], "input"))
            for event in new(provisioner, "show"):
                shown[event["uuid"], "input"] = event["value"]
            for event in new(provisioner, "ask"):
                asked.add((provisioner, event["uuid"], "output"))
            for process, uuid, method in list(asked):
                if (uuid, method) in shown:
                    asked.remove((process, uuid, method))
                    process.type(uuid + " " + shown.pop((uuid, method)))
            time.sleep(0.02)

    def provisioner(self, *args, radio=None):
        return self.start("provision", *args, "--radio", radio or self.h4, "--state", self.state, "--json")

    def device(self, *args, radio=None, count=1):
        device = self.start("device", "--radio", radio or self.h4, "--json", *args)
        wait_for(lambda: len(device.events("beaconing")) == count, PATIENCE)
        return device

    def hear(self, uuid):
        """Waits until a device is on the air."""
        scan = self.start("scan", "--radio", self.h4, "--uuid-prefix", uuid, "--json")
        wait_for(lambda: scan.events("heard"), PATIENCE)
        scan.end()


class Bearers(Controllers):
    """All kinds of authentication on both bearers, by a single provisioner, on a good and a bad air."""

    def site(self, loss):
        """Devices of all kinds; @returns their processes, and bearer and kind of each by its UUID."""
        self.air("--loss", str(loss))
        devices, want = [], {}
        bearers = [("adv",)] + [("gatt", "--mtu", str(mtu)) for mtu in MTUS]
        for kind, oob in KINDS.items():
            for bearer, *mtu in bearers:
                device = self.start("device", "--radio", self.h4, "--json", "--oob", oob,
                                    "--bearer", bearer, *mtu)
                devices.append((device, bearer, kind))
        for device, *wanted in devices:
            wait_for(lambda: device.events("beaconing"), PATIENCE)
            want[device.events("beaconing")[0]["uuid"]] = tuple(wanted)
        return [device for device, *_ in devices], want

    def check_all(self, loss):
        devices, want = self.site(loss)
        provisioner = self.provisioner("--all", "--parallel", "16", "--retry", "9", *(
            word for kind in ["none", "output", "input", STATIC] for word in ("--oob", kind)))
        self.carry(provisioner, devices)
        self.assertEqual(provisioner.wait(), 0, provisioner.text() + provisioner.errors())
        complete = provisioner.events("complete")
        self.assertEqual({e["uuid"]: (e["bearer"], e["method"]) for e in complete}, want)
        self.assert_addresses_differ(complete)
        for device in devices:
            wait_for(lambda: device.events("complete"))
        told = {e["uuid"]: (e["address"], e["bearer"])
                for device in devices for e in device.events("complete")}
        self.assertEqual(told, {e["uuid"]: (e["address"], e["bearer"]) for e in complete})

    def test_every_kind_on_every_bearer(self):
        self.check_all(0)

    def test_every_kind_on_every_bearer_when_a_fifth_is_lost(self):
        self.check_all(20)

    def test_public_keys_known_out_of_band(self):
        self.air("--loss", "20")
        running = []
        for number, (bearer, *mtu) in enumerate([("adv",), ("gatt", "--mtu", "23"), ("gatt",)]):
            key = os.path.join(self.dir, "key%d" % number)
            device = self.device("--pubkey-oob", key + ".pem", "--bearer", bearer, *mtu)
            with open(key, "w", encoding="ascii") as f:
                f.write(device.events("public-key")[0]["public_key"])
            uuid = device.events("beaconing")[0]["uuid"]
            running.append((bearer, self.start("provision", uuid, "--pubkey-oob", key, "--require-secure",
                                               "--radio", self.h4, "--state", key + ".state", "--json")))
        for bearer, provisioner in running:
            self.assertEqual(provisioner.wait(), 0, provisioner.text())
            complete = provisioner.events("complete")[0]
            self.assertEqual((complete["bearer"], complete["public_key"]), (bearer, "oob"))


class Choice(Controllers):
    """Which bearer is taken, and what is said of it."""

    def test_both_are_heard_and_either_can_be_asked_for(self):
        self.air()
        device = self.device("--uuid", UUID)
        result = run("scan", "--radio", self.h4, "--for", "6s", "--json")
        heard = {e["bearer"]: e for e in events(result.stdout, "heard")}
        self.assertEqual(set(heard), {"adv", "gatt"})
        for e in heard.values():
            self.assertEqual((e["uuid"], len(bytes.fromhex(e["address"]))), (UUID, 6))
        for bearer in [["--bearer", "gatt"], []]:
            result = self.provision(UUID, "--json", *bearer)
            self.assertEqual(result.returncode, 0, result.stdout)
            complete = events(result.stdout, "complete")[0]
            self.assertEqual(complete["bearer"], "gatt" if bearer else "adv")
            wait_for(lambda: device.events("complete"))
            self.assertEqual(device.events("complete")[-1]["bearer"], complete["bearer"])
            if bearer:      # it leaves the network, and beacons again
                result = self.use("remove", complete["address"])
                self.assertEqual(result.returncode, 0, result.stderr)
                wait_for(lambda: len(device.events("beaconing")) == 2)

    def test_a_device_that_is_on_one_bearer_only(self):
        self.air()
        self.device("--uuid", UUID, "--bearer", "gatt")
        for bearer, code in [("adv", 2), ("auto", 0)]:
            result = self.provision(UUID, "--json", "--bearer", bearer, "--for", "8s")
            self.assertEqual(result.returncode, code, result.stdout)
        self.assertEqual(events(result.stdout, "complete")[0]["bearer"], "gatt")

    def test_a_controller_of_bluetooth_4(self):
        self.air("--hci-legacy")
        self.device("--uuid", UUID)
        result = self.provision(UUID, "--json")
        self.assertEqual(result.returncode, 0, result.stdout)


class Radios(Controllers):
    """Radios that are not there, or cannot do what is asked for."""

    def refused(self, words, *args):
        result = run(*args)
        self.assertEqual((result.returncode, result.stdout), (3, ""), args)
        self.assertRegex(result.stderr, r"\Ausher: [^\n]+\n\Z", args)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_a_radio_without_gatt_is_told_so(self):
        super(Controllers, self).air()
        network = ["--radio", self.radio, "--state", self.state]
        self.assertEqual(run("provision", "--all", *network, "--for", "100ms").returncode, 0)
        for args in [["configure", "--all", "--proxy", *network], ["watch", "--proxy", *network],
                     ["onoff", "c000", "on", "--proxy=0x0002", *network],
                     ["provision", UUID, "--bearer", "gatt", *network],
                     ["provision", UUID, "--mtu", "23", *network],
                     ["device", "--radio", self.radio, "--bearer", "both"],
                     ["device", "--radio", self.radio, "--bearer", "gatt"]]:
            self.refused(["has no GATT", "h4:PATH"], *args)

    def test_a_controller_that_is_not_there_is_one_line(self):
        self.air()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for words, radio in [
                (["No such file"], "h4:/nonexistent"), (["refused"], "h4:tcp:127.0.0.1:%d" % port),
                (["tcp:HOST:PORT"], "h4:tcp:here"), (["neither"], "h4:" + self.dir),
                (["not a serial line"], "h4:/dev/null"), (["a speed"], "h4:/dev/ttyS0@1"),
                (["air:PATH"], "h4:" + os.path.join(self.dir, "air")), (["hci:0"], "hci:x")]:
            self.refused(words, "scan", "--radio", radio)

    def test_no_bluetooth_in_the_kernel(self):
        try:
            socket.socket(AF_BLUETOOTH, socket.SOCK_RAW, BTPROTO_HCI).close()
            self.skipTest("this kernel has Bluetooth")
        except OSError as error:
            if error.errno != errno.EAFNOSUPPORT:
                self.skipTest(str(error))
        self.refused(["hci0", "no Bluetooth", "h4:PATH"], "scan", "--radio", "hci:0")

    def test_what_is_no_controller_is_noticed(self):
        path = os.path.join(self.dir, "mute")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            self.refused(["does not answer"], "scan", "--radio", "h4:" + path)

    def test_no_proxy_is_told_in_time(self):
        self.air()
        self.assertEqual(self.provision("--all", "--for", "100ms").returncode, 0)
        self.refused(["no proxy", "heard"], "onoff", "c000", "on", "--proxy", "--radio", self.h4,
                     "--state", self.state)


class Proxy(Controllers):
    """A network that is reached through a proxy; over a tty and TCP, at that."""

    def through(self, verb, *args):
        result = run(verb, *args, "--radio", self.radio, "--state", self.state, "--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual([e["event"] for e in events(result.stdout)][0], "proxy")
        return events(result.stdout)[1:]

    def test_a_lamp_is_configured_and_switched_through_itself(self):
        captured = os.path.join(self.dir, "air.pcap")
        air = self.air("--hci", "tcp:127.0.0.1:0", "--hci", "pty:" + os.path.join(self.dir, "tty"),
                       "--loss", "5", "--pcap", captured)
        _, tcp, self.radio = self.radios
        lamp = self.device("--uuid", UUID, "--elements", "2", radio=tcp)
        result = self.provision(UUID, "--bearer", "gatt", "--json")
        self.assertEqual(result.returncode, 0, result.stdout)
        begun = time.time()
        node = self.through("configure", "0x0002", "--proxy=0x0002")[0]
        self.assertEqual((node["event"], node["configured"]), ("node", True))
        self.assertEqual(self.through("onoff", "0x0003", "on", "--proxy"),
                         [{"event": "lamp", "address": "0x0003", "on": True}])
        self.through("onoff", "c000", "on", "--proxy", "--mtu", "23")
        wait_for(lambda: {(e["address"], e["on"]) for e in lamp.events("lamp")}
                 == {("0x0002", True), ("0x0003", True)})
        self.assertEqual(self.through("identify", "2".rjust(4, "0"), "--proxy")[0]["seconds"], 10)
        self.through("remove", "0x0002", "--proxy")
        wait_for(lambda: lamp.events("reset"))
        self.assertEqual(air.end(), 0)
        # Whoever has sent a mesh message or beacon on the air, it was the lamp.
        sent = [a for a in capture.advertisements(captured) if a.time >= begun and a.ad_type in (0x2A, 0x2B)]
        self.assertTrue(sent)
        self.assertEqual(len({a.address for a in sent}), 1)

    def test_what_is_published_comes_through(self):
        self.air()
        lamp = self.device("--uuid", UUID)
        self.assertEqual(self.provision(UUID, "--bearer", "gatt").returncode, 0)
        template = os.path.join(self.dir, "template.json")
        with open(template, "w", encoding="ascii") as f:
            f.write('{"appkeys": [0], "models": [{"model": "1000", "bind": [0], "publish": '
                    '{"address": "c001", "appkey": 0, "period": "1s"}}]}')
        self.through("configure", "0x0002", "--proxy", "--template", template)
        told = self.through("watch", "c001", "--proxy", "--for", "4s")
        self.assertIn({"event": "lamp", "address": "0x0002", "on": False}, told)
        self.assertIsNone(lamp.process.poll())


class Relay:
    """Between hosts and the controllers at a unix socket: it can cut streams, refuse new ones, and
    keep those that there are from getting anywhere."""

    def __init__(self, path, target):
        self.target, self.pairs, self.held = target, {}, set()
        self.refusing, self.open = False, True
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while self.open:
            for key, _ in self.selector.select(0.05):
                with self.lock:
                    if key.fileobj is self.listener:
                        self.accept()
                    elif key.fileobj in self.pairs:
                        self.pass_on(key.fileobj)

    def accept(self):
        host = self.listener.accept()[0]
        if self.refusing:
            host.close()
            return
        controller = socket.socket(socket.AF_UNIX)
        controller.connect(self.target)
        self.pairs[host], self.pairs[controller] = controller, host
        for end in (host, controller):
            self.selector.register(end, selectors.EVENT_READ)

    def pass_on(self, end):
        try:
            octets = end.recv(65536)
            if end not in self.held:
                self.pairs[end].sendall(octets)
        except OSError:
            octets = b""
        if not octets:
            self.drop(end)

    def drop(self, end):
        for one in (end, self.pairs[end]):
            self.selector.unregister(one)
            del self.pairs[one]
            one.close()

    def cut(self):
        with self.lock:
            self.refusing = True
            while self.pairs:
                self.drop(next(iter(self.pairs)))

    def hold(self):
        with self.lock:
            self.held = set(self.pairs)

    def mend(self):
        self.refusing = False

    def close(self):
        self.open = False
        self.thread.join()
        self.cut()
        self.listener.close()
        self.selector.close()


class Cut(Controllers):
    def relay(self):
        path = os.path.join(self.dir, "relay")
        relay = Relay(path, self.h4[len("h4:"):])
        self.addCleanup(relay.close)
        return relay, "h4:" + path

    def test_the_stream_is_cut_in_the_middle_of_eight_links(self):
        self.air()
        relay, radio = self.relay()
        devices = [self.device("--count", "4", "--bearer", bearer, "--oob", "output:numeric:6", count=4)
                   for bearer in ("adv", "gatt")]
        provisioner = self.provisioner("--all", "--for", "5s", "--parallel", "8", "--retry", "20",
                                       radio=radio)
        wait_for(lambda: len(provisioner.events("ask")) == 8, PATIENCE)
        relay.cut()
        wait_for(lambda: "reconnecting" in provisioner.errors(), PATIENCE)
        time.sleep(1.5)
        relay.mend()
        self.carry(provisioner, devices)
        self.assertEqual(provisioner.wait(), 0, provisioner.text() + provisioner.errors())
        told = [line for line in provisioner.errors().splitlines() if ": the controller" in line]
        self.assertEqual(told, ["radio %s: the controller's stream broke; reconnecting" % radio,
                                "radio %s: the controller is back" % radio])
        complete = provisioner.events("complete")
        self.assertEqual(len({e["uuid"] for e in complete}), 8)
        self.assert_addresses_differ(self.nodes())

    def test_devices_survive_it_as_well(self):
        self.air()
        relay, radio = self.relay()
        device = self.device("--uuid", UUID, radio=radio)
        self.hear(UUID)
        relay.cut()
        relay.mend()
        wait_for(lambda: "is back" in device.errors(), PATIENCE)
        self.assertEqual(self.provision(UUID, "--bearer", "gatt").returncode, 0)

    def test_a_controller_that_hangs_is_reset_and_then_opened_again(self):
        self.air()
        relay, radio = self.relay()
        device = self.device("--uuid", UUID, radio=radio)
        self.hear(UUID)
        relay.hold()
        wait_for(lambda: "is back" in device.errors(), PATIENCE)
        self.assertRegex(device.errors(), r"\Aradio {0}: the controller does not answer [^\n]*; "
                                          r"resetting it\nradio {0}: the controller is back\n\Z".format(radio))
        self.assertEqual(self.provision(UUID, "--bearer", "gatt").returncode, 0)

    def test_a_controller_that_does_not_come_back_is_given_up(self):
        self.air()
        relay, radio = self.relay()
        device = self.device("--uuid", UUID, radio=radio)
        self.hear(UUID)
        relay.cut()
        self.assertEqual(device.wait(), 3)
        self.assertRegex(device.errors(), r"\nusher: radio [^\n]* is lost: [^\n]*\n\Z")


@unittest.skipUnless(shutil.which("tshark"), "no tshark")
class Captures(Controllers):
    """What the tool and the air capture of a session over PB-GATT, as Wireshark reads it."""

    TYPES = ["00", "01", "02", "03", "03", "05", "05", "06", "06", "07", "08"]

    def dissect(self, path):
        fields = ["provisioning.pdu_type", "_ws.expert.message"]
        result = subprocess.run(["tshark", "-2", "-r", path, "-T", "fields",
                                 *(word for f in fields for word in ("-e", f))],
                                capture_output=True, text=True, check=True)
        rows = [line.split("\t") for line in result.stdout.splitlines()]
        self.assertTrue(rows)
        self.assertEqual({complaint for _, complaint in rows}, {""}, path)
        return ["%02x" % int(pdu, 0) for pdu, _ in rows if pdu]

    def test_a_session_is_read_from_both(self):
        for number, mtu in enumerate(["23", "247"]):
            with self.subTest(mtu=mtu):
                files = [os.path.join(self.dir, name + mtu) for name in ("air", "h4")]
                shutil.rmtree(self.state, ignore_errors=True)
                air = self.air("--pcap", files[0])
                # Without the longer confirmations of the other algorithm, which tshark 4.0 does not know.
                device = self.device("--uuid", UUID, "--bearer", "gatt", "--alg", "cmac", "--mtu", mtu)
                result = self.provision(UUID, "--bearer", "gatt", "--pcap", files[1])
                self.assertEqual(result.returncode, 0, result.stderr)
                wait_for(lambda: device.events("complete"))
                for process in (device, air):
                    self.assertEqual(process.end(), 0)
                for path in files:
                    self.assertEqual(self.dissect(path), self.TYPES, (number, path))


if __name__ == "__main__":
    unittest.main(verbosity=2)
