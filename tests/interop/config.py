"""Messages of the Configuration and Generic OnOff models (Mesh Protocol 4.3.2, Mesh Model 3.2).

What the tests of bluetooth-meshd as a configuration client send and read, and no more. An opcode is
one octet or two as they are on the air; fields of several octets are little-endian.
"""
import struct

CONFIGURATION_SERVER, CONFIGURATION_CLIENT, HEALTH_SERVER = 0x0000, 0x0001, 0x0002
ON_OFF_SERVER, ON_OFF_CLIENT = 0x1000, 0x1001

NET_KEY_STATUS, APP_KEY_STATUS, SUCCESS = b"\x80\x44", b"\x80\x03", b"\0"
KEY_REFRESH_PHASE_SET, KEY_REFRESH_PHASE_STATUS = b"\x80\x16", b"\x80\x17"
HEARTBEATS_SUBSCRIBE, HEARTBEATS_GET, HEARTBEATS_STATUS = b"\x80\x3b", b"\x80\x3a", b"\x80\x3c"
COMPOSITION_GET, COMPOSITION_STATUS = b"\x80\x08\0", b"\x02\0"     # page 0
NODE_RESET, NODE_RESET_STATUS = b"\x80\x49", b"\x80\x4a"
ON_OFF_GET, ON_OFF_SET = b"\x82\x01", b"\x82\x02"
ON_OFF_SET_UNACKNOWLEDGED, ON_OFF_STATUS = b"\x82\x03", b"\x82\x04"


def words(*values):
    return struct.pack(f"<{len(values)}H", *values)


def key_indexes(net, app):
    """The two indexes of an application key."""
    return (net | app << 12).to_bytes(3, "little")


def period(seconds):
    """A publication period of up to 63 seconds."""
    return 0b01 << 6 | seconds


def publication(element, address, app_index, seconds, ttl, model):
    """That a model publishes with this period, and each message once."""
    retransmit = 0
    return (words(element, address, app_index) + bytes([ttl, period(seconds), retransmit]) +
            words(model))


def heartbeat_publication(address, net_index):
    """Four heartbeats, one every two seconds, five hops far; no feature triggers more."""
    count_log, period_log, ttl, features = 3, 2, 5, 0
    return words(address) + bytes([count_log, period_log, ttl]) + words(features, net_index)


class Setting:
    """A message that changes a state, and the status that says so with the same parameters."""

    def __init__(self, opcode, status, parameters):
        self.opcode, self.status, self.parameters = opcode, status, parameters

    def request(self, *values):
        return self.opcode + self.parameters(*values)

    def success(self, *values):
        return self.status + SUCCESS + self.parameters(*values)


BIND = Setting(b"\x80\x3d", b"\x80\x3e", words)         # element, key index, model
SUBSCRIBE = Setting(b"\x80\x1b", b"\x80\x1f", words)    # element, group, model
PUBLISH = Setting(b"\x03", b"\x80\x19", publication)
PUBLISH_HEARTBEATS = Setting(b"\x80\x39", b"\x06", heartbeat_publication)


def page0(data):
    """Composition Data page 0 as a dictionary; the models of each element in their order."""
    names = "cid", "pid", "vid", "crpl", "features"
    page = dict(zip(names, struct.unpack_from("<5H", data)), elements=[])
    rest = data[10:]
    while rest:
        location, sig, vendor = struct.unpack_from("<HBB", rest)
        end = 4 + 2 * sig + 4 * vendor
        page["elements"].append({
            "location": location,
            "models": list(struct.unpack_from(f"<{sig}H", rest, 4)),
            "vendor_models": list(struct.iter_unpack("<HH", rest[4 + 2 * sig:end]))})
        rest = rest[end:]
    return page
