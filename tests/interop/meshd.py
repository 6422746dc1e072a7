"""BlueZ's bluetooth-meshd on a private D-Bus bus and a private storage directory, as a peer.

The daemon is driven through its D-Bus interface (org.bluez.mesh): it joins a network as a device,
or creates one and provisions devices. Its questions about out-of-band values go to a User. As a
node it is one element, whose messages an Element sends and receives.
"""
import contextlib
import dataclasses
import json
import os
import socket
import time
import uuid as uuids

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

from config import CONFIGURATION_CLIENT, CONFIGURATION_SERVER, ON_OFF_CLIENT, ON_OFF_SERVER
from process import DAEMON, Air, Failure, Process, wait

MESH = "org.bluez.mesh"
NETWORK, MANAGEMENT = MESH + ".Network1", MESH + ".Management1"
APPLICATION, PROVISIONER = MESH + ".Application1", MESH + ".Provisioner1"
AGENT, ELEMENT, NODE = MESH + ".ProvisionAgent1", MESH + ".Element1", MESH + ".Node1"
NO_OPTIONS = dbus.Dictionary(signature="sv")
NET_INDEX = dbus.UInt16(0)
REPEAT_EVERY, REPEAT_FOR = 3, 40    # seconds


def accepts(path):
    """Whether somebody listens there: the file alone is older, since bind() makes it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(path) == 0


def octets(data):
    return dbus.Array([dbus.Byte(octet) for octet in data], signature="y")


def idle():
    """Let the daemon's calls in."""
    context = GLib.MainContext.default()
    while context.iteration(False):
        pass
    time.sleep(0.01)


@dataclasses.dataclass
class User:
    """The person at the daemon's side: what is known out of band, and what is shown and typed."""
    capabilities: list = dataclasses.field(default_factory=list)  # in the daemon's words
    static: bytes = b""
    private_key: bytes = b""    # of the daemon as a device
    public_key: bytes = b""     # of the device that the daemon provisions
    shown: str = None           # what the daemon has displayed
    typed: str = None           # what it gets when it asks; until then it waits


class Agent(dbus.service.Object):
    """org.bluez.mesh.ProvisionAgent1"""

    def __init__(self, bus, path, user):
        super().__init__(bus, path)
        self.user = user
        self.properties = {AGENT: {
            "Capabilities": dbus.Array(user.capabilities, signature="s"),
            "OutOfBandInfo": dbus.Array([], signature="s")}}

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        return self.properties[interface]

    @dbus.service.method(AGENT, out_signature="ay")
    def PrivateKey(self):
        return octets(self.user.private_key)

    @dbus.service.method(AGENT, out_signature="ay", async_callbacks=("reply", "_error"))
    def PublicKey(self, reply, _error):
        # A person needs a moment. Answered at once, the daemon's Public Key takes the place of its
        # Start, which it may not have sent yet: docs/interop.md.
        GLib.timeout_add(1500, lambda: reply(octets(self.user.public_key)) or False)

    @dbus.service.method(AGENT, in_signature="s")
    def DisplayString(self, value):
        self.user.shown = str(value)

    @dbus.service.method(AGENT, in_signature="su")
    def DisplayNumeric(self, _kind, value):
        self.user.shown = str(int(value))

    def when_typed(self, reply):
        """Pass the typed value to reply(), as soon as there is one."""
        def look():
            if self.user.typed is None:
                return True
            reply(self.user.typed)
            return False

        GLib.timeout_add(20, look)

    @dbus.service.method(AGENT, in_signature="s", out_signature="u",
                         async_callbacks=("reply", "_error"))
    def PromptNumeric(self, _kind, reply, _error):
        self.when_typed(lambda text: reply(dbus.UInt32(int(text))))

    @dbus.service.method(AGENT, in_signature="s", out_signature="ay",
                         async_callbacks=("reply", "_error"))
    def PromptStatic(self, kind, reply, _error):
        if kind == "static-oob":
            reply(octets(self.user.static))
        else:
            self.when_typed(lambda text: reply(octets(text.encode().ljust(16, b"\0"))))

    @dbus.service.method(AGENT)
    def Cancel(self):
        self.user.typed = None


@dataclasses.dataclass
class Message:
    """An access message that the daemon has passed on."""
    source: int
    destination: object     # an address; the octets of a Label UUID; None: not told
    app_index: int          # None: by a device key
    data: bytes
    time: float = dataclasses.field(default_factory=time.monotonic)


class Element(dbus.service.Object):
    """org.bluez.mesh.Element1: one element with a few models."""

    def __init__(self, bus, path, models):
        super().__init__(bus, path)
        self.received = []
        self.configured = {}            # what the daemon has told about each model
        self.answer = lambda _message: None
        self.properties = {ELEMENT: {
            "Index": dbus.Byte(0), "Location": dbus.UInt16(0),
            "Models": dbus.Array([(dbus.UInt16(m), NO_OPTIONS) for m in models],
                                 signature="(qa{sv})"),
            "VendorModels": dbus.Array([], signature="(qqa{sv})")}}

    def receive(self, message):
        self.received.append(message)
        self.answer(message)

    @dbus.service.method(ELEMENT, in_signature="qqvay")
    def MessageReceived(self, source, app_index, destination, data):
        to = int(destination) if isinstance(destination, int) else bytes(destination)
        self.receive(Message(int(source), to, int(app_index), bytes(data)))

    @dbus.service.method(ELEMENT, in_signature="qbqay")
    def DevKeyMessageReceived(self, source, _remote, _net_index, data):
        self.receive(Message(int(source), None, None, bytes(data)))

    @dbus.service.method(ELEMENT, in_signature="qa{sv}")
    def UpdateModelConfiguration(self, model, configuration):
        self.configured.setdefault(int(model), {}).update(configuration)


class Application(dbus.service.Object):
    """The root of what the daemon sees of us: Application1, Provisioner1, the object manager."""
    PATH = dbus.ObjectPath("/usher")
    ELEMENT = dbus.ObjectPath("/usher/element")

    def __init__(self, bus, user, models, address=0):
        super().__init__(bus, self.PATH)
        self.address = address          # for the next device
        self.properties = {
            APPLICATION: {"CompanyID": dbus.UInt16(0xFFFF), "ProductID": dbus.UInt16(1),
                          "VersionID": dbus.UInt16(1), "CRPL": dbus.UInt16(0x7FFF)},
            PROVISIONER: {}}
        self.agent = Agent(bus, self.PATH + "/agent", user)
        self.element = Element(bus, self.ELEMENT, models)
        self.heard = set()              # UUIDs
        self.token = self.added = self.failed = None

    @dbus.service.method("org.freedesktop.DBus.ObjectManager", out_signature="a{oa{sa{sv}}}")
    def GetManagedObjects(self):
        return {o.__dbus_object_path__: o.properties for o in (self, self.agent, self.element)}

    @dbus.service.method(APPLICATION, in_signature="t")
    def JoinComplete(self, token):
        self.token = dbus.UInt64(token)

    @dbus.service.method(APPLICATION, in_signature="s")
    def JoinFailed(self, reason):
        self.failed = str(reason)

    @dbus.service.method(PROVISIONER, in_signature="naya{sv}")
    def ScanResult(self, _rssi, data, _options):
        self.heard.add(bytes(data[:16]))

    @dbus.service.method(PROVISIONER, in_signature="y", out_signature="qq")
    def RequestProvData(self, _elements):
        return dbus.UInt16(0), dbus.UInt16(self.address)

    @dbus.service.method(PROVISIONER, in_signature="ayqy")
    def AddNodeComplete(self, _uuid, address, _elements):
        self.added = int(address)

    @dbus.service.method(PROVISIONER, in_signature="ays")
    def AddNodeFailed(self, _uuid, reason):
        self.failed = str(reason)


class Meshd:
    """A bus and a daemon, from __enter__ to __exit__. Every method may raise Failure."""

    def __init__(self, directory, preload, unit, air, user):
        self.directory, self.preload, self.unit, self.user = directory, preload, unit, user
        self.air = air + ".meshd"           # where `usher air` hears daemons
        self.storage = os.path.join(directory, "storage")
        self.processes = []
        self.refusals = []                  # of the daemon's, to what was sent without waiting
        self.bus = self.application = self.node = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.bus:
            self.bus.close()
        for process in reversed(self.processes):
            process.end()

    def start(self):
        os.mkdir(self.storage)
        path = os.path.join(self.directory, "bus")
        address = "unix:path=" + path
        self.spawn("dbus", "dbus-daemon", "--session", "--nofork", "--nopidfile",
                   "--address=" + address)
        self.wait(lambda: accepts(path), 10, path)
        self.spawn("meshd", DAEMON, "--nodetach", "--debug", "--io", "unit:" + self.unit,
                   "--storage", self.storage, "--config", "/dev/null",
                   environment={"DBUS_SESSION_BUS_ADDRESS": address, "LD_PRELOAD": self.preload,
                                "USHER_MESHD_AIR": self.air})
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        self.bus = dbus.bus.BusConnection(address)
        self.bus.set_exit_on_disconnect(False)
        self.wait(lambda: self.bus.name_has_owner(MESH), 10, MESH + " on the bus")

    def spawn(self, name, *command, **more):
        self.processes.append(Process(name, self.directory, *command, **more))

    def wait(self, condition, seconds, what):
        def checked():
            for process in self.processes:
                process.check_alive()
            if self.refusals:
                raise Failure(f"meshd: Send: {self.refusals[0]}")
            return condition()

        wait(checked, seconds, what, idle)

    def begin(self, answered, failed, path, interface, method, *arguments):
        """Call the daemon, and let one of two functions know what comes of it."""
        proxy = self.bus.get_object(MESH, path, introspect=False)
        proxy.get_dbus_method(method, interface)(*arguments, reply_handler=answered,
                                                 error_handler=failed)

    def call(self, path, interface, method, *arguments):
        """Call the daemon while it can call us, as it does before it answers."""
        answers = []
        self.begin(lambda *values: answers.append(values), answers.append,
                   path, interface, method, *arguments)
        self.wait(lambda: answers, 30, "answer to " + method)
        if isinstance(answers[0], Exception):
            raise Failure(f"meshd: {method}: {answers[0]}")
        return answers[0]

    def network(self, method, *arguments):
        return self.call("/org/bluez/mesh", NETWORK, method, Application.PATH, *arguments)

    def manage(self, method, *arguments):
        return self.call(self.node, MANAGEMENT, method, *arguments)

    # The daemon as a device

    def join(self, uuid):
        """Start to beacon as an unprovisioned device."""
        self.application = Application(self.bus, self.user, [CONFIGURATION_SERVER, ON_OFF_SERVER])
        self.network("Join", octets(uuid))

    def attach(self):
        """Be the application of the node that the daemon is now."""
        self.wait(lambda: self.application.token is not None, 10, "node of meshd's")
        self.node = self.network("Attach", self.application.token)[0]

    def node_file(self, uuid):
        return os.path.join(self.storage, uuid.hex(), "node.json")

    def has_stored(self, uuid):
        """Whether the daemon has become the device of that UUID."""
        return os.path.exists(self.node_file(uuid))

    def stored_node(self, uuid):
        """What the daemon has stored about itself as the device of that UUID."""
        self.wait(lambda: self.has_stored(uuid), 5, self.node_file(uuid))
        with open(self.node_file(uuid)) as file:
            return json.load(file)

    # The daemon as a provisioner

    def create_network(self, address):
        """Create a network, with an address for the device that is going to be provisioned."""
        self.application = Application(
            self.bus, self.user, [CONFIGURATION_SERVER, CONFIGURATION_CLIENT, ON_OFF_CLIENT],
            address)
        self.network("CreateNetwork", octets(uuids.uuid4().bytes))
        self.attach()

    def create_app_key(self, app_index):
        self.manage("CreateAppKey", NET_INDEX, dbus.UInt16(app_index))

    def update_keys(self, app_index):
        """Make a new network key and application key, and begin a key refresh in phase 1."""
        self.manage("UpdateSubnet", NET_INDEX)
        self.manage("UpdateAppKey", dbus.UInt16(app_index))

    def set_phase(self, phase):
        """Go on to phase 2 or 3 of the key refresh."""
        self.manage("SetKeyPhase", NET_INDEX, dbus.Byte(phase))

    def scan(self):
        """Look for unprovisioned devices, which application.heard will have."""
        self.application.heard.clear()
        self.manage("UnprovisionedScan", NO_OPTIONS)

    def find(self, uuid):
        """Look for a device until it is heard."""
        self.scan()
        self.wait(lambda: uuid in self.application.heard, 30, "beacon that meshd hears")

    def add_node(self, uuid):
        """Start to provision a device that was found."""
        self.application.added = self.application.failed = None
        self.manage("AddNode", octets(uuid), NO_OPTIONS)

    def exported_key(self, address):
        """The device key that the daemon has stored for the node with that address, or None."""
        keys = self.manage("ExportKeys")[0].get("DevKeys", [])
        return next((bytes(key).hex() for node, key in keys if int(node) == address), None)

    # The daemon as a node

    @property
    def element(self):
        return self.application.element

    def node_call(self, method, destination, *arguments):
        self.call(self.node, NODE, method, Application.ELEMENT, dbus.UInt16(destination),
                  *arguments)

    def send(self, destination, app_index, data):
        """Send a message with an application key."""
        self.node_call("Send", destination, dbus.UInt16(app_index), NO_OPTIONS, octets(data))

    def publish(self, model, data):
        self.call(self.node, NODE, "Publish", Application.ELEMENT, dbus.UInt16(model), NO_OPTIONS,
                  octets(data))

    def configure(self, address, data):
        """Send a message with the device key of the node with that address, or with our own."""
        self.node_call("DevKeySend", address, True, NET_INDEX, NO_OPTIONS, octets(data))

    def add_app_key(self, address, app_index, update=False):
        """Send an application key of the daemon's to the node with that address."""
        self.node_call("AddAppKey", address, dbus.UInt16(app_index), NET_INDEX, update)

    def update_net_key(self, address):
        """Send the new network key to the node with that address."""
        self.node_call("AddNetKey", address, NET_INDEX, NET_INDEX, True)

    def repeat(self, condition, what, act, *arguments):
        """Call act(*arguments) every few seconds until condition() is true."""
        due = 0

        def acted():
            nonlocal due
            if time.monotonic() > due:
                act(*arguments)
                due = time.monotonic() + REPEAT_EVERY
            return condition()

        self.wait(acted, REPEAT_FOR, what)

    def ask(self, address, answer, request, *arguments):
        """Call request(address, *arguments) until that address has sent an answer, a message that
        begins so; the whole message."""
        heard = len(self.element.received)

        def answers():
            return [m.data for m in self.element.received[heard:]
                    if m.source == address and m.data.startswith(answer)]

        self.repeat(answers, f"{answer.hex()} from 0x{address:04x}", request, address, *arguments)
        return answers()[0]

    def reply(self, message, data):
        """Answer a message from within Element.answer, where nothing can be waited for."""
        self.begin(lambda: None, self.refusals.append, self.node, NODE, "Send", Application.ELEMENT,
                   dbus.UInt16(message.source), dbus.UInt16(message.app_index), NO_OPTIONS,
                   octets(data))


@contextlib.contextmanager
def meshd_on_air(options, directory, user):
    """An air with the loss of the options, and the daemon on it."""
    unit = os.path.join(directory, "unit")
    with Air(options.usher, directory, options.loss, "--meshd", unit) as air, \
            Meshd(directory, options.preload, unit, air.socket, user) as meshd:
        yield air, meshd
