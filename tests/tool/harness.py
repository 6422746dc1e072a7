"""What the tests of the command usher share: running it, beside others, in a directory of their own."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

USHER = os.environ["USHER"]
UUID = "00112233445547788899aabbccddeeff"


def run(*args, stdin="", timeout=120):
    return subprocess.run([USHER, *args], input=stdin, capture_output=True, text=True, timeout=timeout)


def events(text, name=None):
    objects = [json.loads(line) for line in text.splitlines()]
    return [o for o in objects if name is None or o["event"] == name]


def wait_for(what, timeout=30):
    end = time.monotonic() + timeout
    while not what():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.005)


class Process:
    """A usher that runs beside the test, with its output in files."""

    def __init__(self, directory, *args):
        self.out = tempfile.TemporaryFile("w+", dir=directory)
        self.err = tempfile.TemporaryFile("w+", dir=directory)
        self.process = subprocess.Popen([USHER, *args], stdin=subprocess.PIPE, stdout=self.out,
                                        stderr=self.err, text=True, cwd=directory)

    def text(self):
        size = os.fstat(self.out.fileno()).st_size
        text = os.pread(self.out.fileno(), size, 0).decode()
        return text[:text.rfind("\n") + 1]

    def errors(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode()

    def events(self, name=None):
        return events(self.text(), name)

    def type(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self, number=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def wait(self, timeout=120):
        self.process.stdin.close()
        return self.process.wait(timeout)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        self.out.close()
        self.err.close()


class Directory(unittest.TestCase):
    """A test with a directory of its own, and processes that end with it."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="usher-")
        self.addCleanup(directory.cleanup)
        self.dir = directory.name
        self.state = os.path.join(self.dir, "state")

    def start(self, *args):
        process = Process(self.dir, *args)
        self.addCleanup(process.close)
        return process

    def air(self, *args):
        path = os.path.join(self.dir, "air")
        air = self.start("air", "--listen", path, "--json", *args)
        wait_for(lambda: air.events("listening"))
        self.radio = air.events("listening")[0]["radio"]
        return air

    def devices(self, count, *args):
        devices = self.start("device", "--radio", self.radio, "--json", *args)
        wait_for(lambda: len(devices.events("beaconing")) == count)
        return devices

    def provision(self, *args):
        return self.use("provision", *args)

    def use(self, verb, *args):
        """A verb in the network, over the air."""
        return run(verb, *args, "--radio", self.radio, "--state", self.state)

    def rows(self, sql):
        """Asks the network's registry, or changes it; nobody else may have it open then."""
        with contextlib.closing(sqlite3.connect(os.path.join(self.state, "registry.sqlite"))) as db:
            with db:
                db.row_factory = sqlite3.Row
                return [dict(row) for row in db.execute(sql)]

    def nodes(self):
        """The nodes that there were and are, in the order in which they were made."""
        states = ["unknown", "provisioned", "excluded", "removed"]
        return [{"uuid": row["uuid"].hex(), "address": f"0x{row['address']:04x}",
                 "elements": row["elements"], "device_key": row["device_key"].hex(),
                 "state": states[row["state"]]} for row in self.rows("SELECT * FROM node ORDER BY id")]

    def own_address(self):
        (row,) = self.rows("SELECT address FROM provisioner WHERE ours")
        return f"0x{row['address']:04x}"

    def assert_addresses_differ(self, nodes):
        """No address is in the ranges of two nodes."""
        taken = []
        for node in nodes:
            first = int(node["address"], 16)
            taken += range(first, first + node["elements"])
        self.assertEqual(len(taken), len(set(taken)))
        self.assertTrue(all(1 <= address <= 0x7FFF for address in taken))
