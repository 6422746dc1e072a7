"""Reads captures of the simulated air as far as a test needs: who sent which sequence number.

AES, the keys of a NetKey (Mesh Protocol 1.1, 3.9.6.3.1) and the obfuscation of Network PDUs
(3.9.7.3), by the specifications; no cryptography of the project's own is used.
"""

import collections
import struct


def _sbox():
    box, p, q = [0] * 256, 1, 1
    while True:
        p = (p ^ p << 1 ^ (0x1B if p & 0x80 else 0)) & 0xFF         # times 3
        for shift in (1, 2, 4):                                      # divided by 3
            q = (q ^ q << shift) & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        rotated = [(q << n | q >> 8 - n) & 0xFF for n in range(5)]
        box[p] = rotated[0] ^ rotated[1] ^ rotated[2] ^ rotated[3] ^ rotated[4] ^ 0x63
        if p == 1:
            box[0] = 0x63
            return box


SBOX = _sbox()


def _xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def _round_keys(key):
    words, rcon = [list(key[i:i + 4]) for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        word = list(words[-1])
        if i % 4 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = rcon << 1 ^ (0x11B if rcon & 0x80 else 0)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    return [bytes(sum(words[i:i + 4], [])) for i in range(0, 44, 4)]


def _double(b):
    return (b << 1 ^ (0x11B if b & 0x80 else 0)) & 0xFF


def aes(key, block):
    """AES-128, one block."""
    keys = _round_keys(key)
    state = _xor(block, keys[0])
    for number in range(1, 11):
        state = [SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < 10:
            mixed = []
            for c in range(0, 16, 4):
                column = state[c:c + 4]
                total = column[0] ^ column[1] ^ column[2] ^ column[3]
                mixed += [column[i] ^ total ^ _double(column[i] ^ column[(i + 1) % 4])
                          for i in range(4)]
            state = mixed
        state = _xor(state, keys[number])
    return bytes(state)


def cmac(key, message):
    """AES-CMAC (RFC 4493)."""
    def subkey(k):
        number = int.from_bytes(k, "big") << 1
        return ((number ^ 0x87 if number >> 128 else number) & (1 << 128) - 1).to_bytes(16, "big")

    k1 = subkey(aes(key, bytes(16)))
    last = len(message) // 16 * 16 if len(message) % 16 or not message else len(message) - 16
    tail = message[last:]
    tail = _xor(tail, k1) if len(tail) == 16 else \
        _xor((tail + b"\x80").ljust(16, b"\0"), subkey(k1))
    state = bytes(16)
    for i in range(0, last, 16):
        state = aes(key, _xor(state, message[i:i + 16]))
    return aes(key, _xor(state, tail))


def network_keys(net_key):
    """NID and privacy key of a NetKey, by k2 with the input 0x00."""
    t = cmac(cmac(bytes(16), b"smk2"), net_key)
    t1 = cmac(t, b"\x00\x01")
    t2 = cmac(t, t1 + b"\x00\x02")
    t3 = cmac(t, t2 + b"\x00\x03")
    return t1[15] & 0x7F, t3


Advertisement = collections.namedtuple("Advertisement", "time address ad_type data")
ADVERTISING = bytes.fromhex("d6be898e")     # the access address of advertising channels


def advertisements(path):
    """Every advertisement in a capture, by its first AD structure, in order."""
    with open(path, "rb") as file:
        octets = file.read()
    at = 24
    while at + 16 <= len(octets):
        seconds, microseconds, length = struct.unpack_from("<III", octets, at)
        packet = octets[at + 16 + 10:at + 16 + length]      # behind record and radio
        pdu = packet[4:]
        if packet[:4] == ADVERTISING and len(pdu) > 10 and pdu[0] & 15 in (0, 2, 6) and pdu[8] > 0:
            yield Advertisement(seconds + microseconds / 1e6, pdu[2:8], pdu[9], pdu[10:9 + pdu[8]])
        at += 16 + length


def network_pdus(path):
    """Every Network PDU in a capture, with the address of the radio that sent it, in order."""
    for advertisement in advertisements(path):
        if advertisement.ad_type == 0x2A:
            yield advertisement.address, advertisement.data


def sequence_numbers(path, net_key, src, iv_index=0):
    """(radio, SEQ) of each Network PDU that an address has sent, in order."""
    nid, privacy = network_keys(net_key)
    for radio, pdu in network_pdus(path):
        if pdu[0] == (iv_index & 1) << 7 | nid and len(pdu) >= 14:
            clear = _xor(pdu[1:7], aes(privacy, bytes(5) + struct.pack(">I", iv_index) + pdu[7:14]))
            if clear[4:6] == struct.pack(">H", src):
                yield radio, int.from_bytes(clear[1:4], "big")
