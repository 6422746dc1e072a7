"""bluetooth-meshd configures an usher node, and usher configures bluetooth-meshd as a node.

The client provisions the device, reads its composition, gives it an application key, binds it,
has the Generic OnOff Server subscribe to a group and publish, switches it alone and in the group,
and resets it. What the client was told has to be what the node does. The daemon also refreshes the
keys and counts heartbeats, and goes on with a node that was killed and started again.
"""
import argparse
import contextlib
import functools
import itertools
import json
import os
import sys
import time
import uuid as uuids

from process import MESHD, Failure, Usher, need, run, wait

need(*MESHD)

import config
from config import CONFIGURATION_SERVER, HEALTH_SERVER, ON_OFF_CLIENT, ON_OFF_SERVER
from meshd import NET_INDEX, User, meshd_on_air

OWN, NODE, AGAIN = 0x0001, 0x00AA, 0x00AB   # addresses: meshd's, the device's, and after its reset
APP_INDEX, GROUP = 0, 0xC000
PERIOD, TTL = 2, 5                          # of the publication; in seconds
COMPOSITION = {     # of usher device, as its source has it
    "cid": 0xFFFF, "pid": 0, "vid": 0, "crpl": 128, "features": 0b0001, "elements": [{
        "location": 0, "models": [CONFIGURATION_SERVER, HEALTH_SERVER, ON_OFF_SERVER],
        "vendor_models": []}]}
PATIENCE = 150                              # seconds, for a provisioning
TRIES = 8                                   # of a message to the group


def expect(what, value, expected):
    if value != expected:
        raise Failure(f"{what}: {value}, expected {expected}")


class Client:
    """The daemon as configuration and OnOff client."""

    def __init__(self, meshd):
        self.meshd = meshd
        self.transaction = 0

    def provision(self, uuid, address):
        application = self.meshd.application
        application.address, application.added = address, None
        self.meshd.find(uuid)
        self.meshd.add_node(uuid)
        self.meshd.wait(lambda: application.added or application.failed, PATIENCE,
                        "end of meshd's provisioning")
        expect("failure of meshd's provisioning", application.failed, None)

    def ask(self, address, answer, message):
        """Ask a Configuration Server; the parameters of the answer."""
        return self.meshd.ask(address, answer, self.meshd.configure, message)[len(answer):]

    def set(self, address, setting, *values):
        """Change a state of a Configuration Server, which has to confirm it."""
        parameters = self.ask(address, setting.status, setting.request(*values))
        expect("status after " + setting.request(*values).hex(),
               (setting.status + parameters).hex(), setting.success(*values).hex())

    def share_app_key(self, address, update=False):
        """Give the node with that address, maybe the daemon's own, the application key."""
        answer = self.meshd.ask(address, config.APP_KEY_STATUS, self.meshd.add_app_key, APP_INDEX,
                                update)
        expect("AppKey Status", answer.hex(), (config.APP_KEY_STATUS + config.SUCCESS +
                                               config.key_indexes(NET_INDEX, APP_INDEX)).hex())

    def update_net_key(self, address):
        answer = self.meshd.ask(address, config.NET_KEY_STATUS, self.meshd.update_net_key)
        expect("NetKey Status", answer.hex(),
               (config.NET_KEY_STATUS + config.SUCCESS + config.words(NET_INDEX)).hex())

    def refresh_keys(self):
        """A key refresh of the whole network, both nodes, with a message in each phase."""
        self.meshd.update_keys(APP_INDEX)
        for address in NODE, OWN:
            self.update_net_key(address)
            self.share_app_key(address, update=True)
        self.switch(1)
        for transition, phase in (2, 2), (3, 0):
            self.meshd.set_phase(transition)
            for address in NODE, OWN:
                request = config.words(NET_INDEX) + bytes([transition])
                answer = self.ask(address, config.KEY_REFRESH_PHASE_STATUS,
                                  config.KEY_REFRESH_PHASE_SET + request)
                expect("Key Refresh Phase Status", answer.hex(),
                       (config.SUCCESS + config.words(NET_INDEX) + bytes([phase])).hex())
            self.switch(0)

    def send(self, address, message, *parameters):
        self.meshd.send(address, APP_INDEX, message + bytes(parameters))

    def on_off(self, message, *parameters):
        """Generic OnOff Get or Set; the present state."""
        answer = self.meshd.ask(NODE, config.ON_OFF_STATUS, self.send, message, *parameters)
        expect("octets of Generic OnOff Status", len(answer), len(config.ON_OFF_STATUS) + 1)
        return answer[-1]

    def switch(self, on):
        self.transaction += 1
        expect("state that was set",
               self.on_off(config.ON_OFF_SET, on, self.transaction), on)
        expect("state that was got", self.on_off(config.ON_OFF_GET), on)

    def switch_group(self, on):
        """Switch the group, which nobody confirms, until a Get says that it has worked."""
        self.transaction += 1
        for _ in range(TRIES):
            self.send(GROUP, config.ON_OFF_SET_UNACKNOWLEDGED, on, self.transaction)
            if self.on_off(config.ON_OFF_GET) == on:
                return
        raise Failure(f"the group is not switched {on}")

    def check_publications(self, on):
        """Three publications come by, with the present state and the right time between them."""
        element = self.meshd.element
        heard = len(element.received)

        def published():
            return [m for m in element.received[heard:]
                    if (m.source, m.destination) == (NODE, OWN)]

        self.meshd.wait(lambda: len(published()) >= 3, 20 * PERIOD, "three publications")
        for message in published():
            expect("published", message.data.hex(), (config.ON_OFF_STATUS + bytes([on])).hex())
        for before, after in itertools.pairwise(published()):
            periods = (after.time - before.time) / PERIOD
            if round(periods) < 1 or abs(periods - round(periods)) > 0.2:
                raise Failure(f"{after.time - before.time:.2f} s between two publications")

    def check_heartbeats(self):
        """The daemon counts heartbeats of the node's, which come without a hop between them."""
        period_log = 7
        subscription = config.words(NODE, OWN) + bytes([period_log])
        self.ask(OWN, config.HEARTBEATS_STATUS, config.HEARTBEATS_SUBSCRIBE + subscription)
        self.set(NODE, config.PUBLISH_HEARTBEATS, OWN, NET_INDEX)

        def counted():
            count_log, *hops = self.ask(OWN, config.HEARTBEATS_STATUS, config.HEARTBEATS_GET)[-3:]
            return count_log > 1 and hops == [1, 1]

        self.meshd.wait(counted, 12, "two heartbeats, each of one hop")

    def reset(self, uuid, loss):
        """Reset the node, which has to beacon again; its only answer may be lost."""
        heard = len(self.meshd.element.received)
        self.meshd.scan()
        self.meshd.repeat(lambda: uuid in self.meshd.application.heard, "beacon after the reset",
                          self.meshd.configure, NODE, config.NODE_RESET)
        answers = [m.data for m in self.meshd.element.received[heard:] if m.app_index is None]
        if not loss:
            expect("answers to Node Reset", answers, [config.NODE_RESET_STATUS])


def prepare(client):
    """Let the OnOff Client of the daemon's own node have an application key."""
    client.meshd.create_app_key(APP_INDEX)
    client.share_app_key(OWN)
    client.set(OWN, config.BIND, OWN, APP_INDEX, ON_OFF_CLIENT)


def configure(client):
    page = client.ask(NODE, config.COMPOSITION_STATUS, config.COMPOSITION_GET)
    expect("composition", config.page0(page), COMPOSITION)
    client.share_app_key(NODE)
    client.set(NODE, config.BIND, NODE, APP_INDEX, ON_OFF_SERVER)
    client.set(NODE, config.SUBSCRIBE, NODE, GROUP, ON_OFF_SERVER)


def use(client):
    client.switch(1)
    client.switch(0)
    client.refresh_keys()
    client.switch_group(1)
    client.check_heartbeats()
    # From here on a Status may be a publication.
    client.set(NODE, config.PUBLISH, NODE, OWN, APP_INDEX, PERIOD, TTL, ON_OFF_SERVER)
    client.check_publications(1)


@contextlib.contextmanager
def lamp(options, directory, air, uuid):
    """usher device with its node in storage: the one that was there, or an unprovisioned device."""
    with Usher(options.usher, directory, "device", "--radio", air.radio, "--uuid", uuid.hex(),
               "--state", os.path.join(directory, "lamp")) as device:
        wait(lambda: device.event("beaconing") or device.event("resumed"), 10, "device")
        yield device


def meshd_configures(options, directory):
    uuid = uuids.uuid4().bytes
    with meshd_on_air(options, directory, User()) as (air, meshd):
        client = Client(meshd)
        with lamp(options, directory, air, uuid) as device:
            meshd.create_network(NODE)
            client.provision(uuid, NODE)
            prepare(client)
            begin = time.monotonic()
            configure(client)
            seconds = time.monotonic() - begin
            use(client)
            expect("what the lamp did", [e["on"] for e in device.events if e["event"] == "lamp"],
                   [True, False, True, False, True])
            device.kill()
        with lamp(options, directory, air, uuid):
            client.check_publications(0)        # it is off when it starts
            client.reset(uuid, options.loss)
            client.provision(uuid, AGAIN)
        return f"configured in {seconds:.1f} s"


class Lamp:
    """The application behind the daemon as a node: a Generic OnOff Server."""

    def __init__(self, meshd):
        self.meshd = meshd
        self.on = 0
        meshd.element.answer = self.answer

    def status(self):
        return config.ON_OFF_STATUS + bytes([self.on])

    def answer(self, message):
        opcode, parameters = message.data[:2], message.data[2:]
        if opcode in (config.ON_OFF_SET, config.ON_OFF_SET_UNACKNOWLEDGED):
            self.on = parameters[0]
        if opcode in (config.ON_OFF_SET, config.ON_OFF_GET):
            self.meshd.reply(message, self.status())


TEMPLATE = {"appkeys": [APP_INDEX], "models": [{
    "model": f"{ON_OFF_SERVER:04x}", "bind": [APP_INDEX], "subscribe": [f"{GROUP:04x}"],
    "publish": {"address": f"{GROUP:04x}", "appkey": APP_INDEX, "ttl": TTL,
                "period": f"{PERIOD}s"}}]}


def stored_model(node, model):
    """What the daemon has stored about a model of its element."""
    models = node["elements"][0]["models"]
    return next(m for m in models if int(m["modelId"], 16) == model)


def check_stored(meshd, uuid):
    """The daemon has been told what the template says, and has told its application."""
    node = meshd.stored_node(uuid)
    expect("application keys", [key["index"] for key in node["appKeys"]], [APP_INDEX])
    model = stored_model(node, ON_OFF_SERVER)
    expect("bindings", model["bind"], [f"{APP_INDEX:04x}"])
    expect("subscriptions", model["subscribe"], [f"{GROUP:04x}"])
    publication = model["publish"]
    expect("publication", [publication[name] for name in ("address", "index", "ttl")],
           [f"{GROUP:04x}", APP_INDEX, TTL])
    told = meshd.element.configured[ON_OFF_SERVER]
    expect("what the application was told", {name: told[name] for name in sorted(told)},
           {"Bindings": [APP_INDEX], "PublicationPeriod": 1000 * PERIOD, "Subscriptions": [GROUP]})


def watch(air, meshd, lamp, address):
    """usher watch hears what the lamp publishes to the group."""
    with air.verb("watch", f"{GROUP:04x}") as usher:
        meshd.wait(lambda: usher.event("watching"), 10, "usher watch")
        meshd.repeat(lambda: usher.event("lamp"), "publication that usher hears", meshd.publish,
                     ON_OFF_SERVER, lamp.status())
        expect("lamp watched", (usher.event("lamp")["address"], usher.event("lamp")["on"]),
               (address, bool(lamp.on)))


def usher_configures(options, directory):
    uuid = uuids.uuid4().bytes
    template = os.path.join(directory, "template")
    with open(template, "w") as file:
        json.dump(TEMPLATE, file)
    with meshd_on_air(options, directory, User()) as (air, meshd):
        usher = functools.partial(air.run, waiting=meshd.wait)
        meshd.join(uuid)
        address = usher("provision", "--oob", "none", uuid.hex())("complete")["address"]
        meshd.attach()
        lamp = Lamp(meshd)
        node = usher("configure", "--template", template, address)("node")
        check_stored(meshd, uuid)
        for on in 1, 0:
            usher("onoff", address, "on" if on else "off")
            expect("lamp", lamp.on, on)
            expect("lamp that was asked", usher("onoff", address, "get")("lamp")["on"], bool(on))
        usher("onoff", f"{GROUP:04x}", "on")
        expect("lamp, by its group", lamp.on, 1)
        watch(air, meshd, lamp, address)
        # The daemon forgets the node before it sends the answer: docs/interop.md.
        usher("remove", "--force", address)
        meshd.wait(lambda: not meshd.has_stored(uuid), 5, "end of the node")
        return f"configured in {node['seconds']:.1f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=("usher", "meshd"))
    parser.add_argument("loss", type=int, help="receptions lost, in percent")
    parser.add_argument("--usher", required=True, metavar="PATH", help="the tool under test")
    parser.add_argument("--preload", required=True, metavar="PATH", help="meshd_preload.so")
    options = parser.parse_args()

    def case(directory):
        configures = usher_configures if options.client == "usher" else meshd_configures
        outcome = configures(options, directory)
        return f"{options.client} configures, {options.loss} % loss: {outcome}"

    return run(case)


if __name__ == "__main__":
    sys.exit(main())
