"""Where secrets are after the command usher has provisioned and configured: in the registry and the
nodes' storage, which nobody else may read, and nowhere else.

Run by ctest with USHER naming the command, as test_tool.py is.
"""

import os
import sqlite3
import stat
import unittest

from harness import Directory, events, wait_for

STATIC = "5af1c3d27e9b4860a15d33e8f07c62b9"
LAMPS = 3


class Secrets(Directory):
    def commission(self, *args):
        """Lamps on an air, provisioned and configured; captures of both sides, verbose outputs."""
        air = self.air("--pcap", os.path.join(self.dir, "air.pcap"))
        lamps = self.devices(LAMPS, "--count", str(LAMPS), "--seed", "1", "--oob", "static:" + STATIC,
                             "--state", os.path.join(self.dir, "lamps"))
        provision = self.start("provision", "--radio", self.radio, "--state", self.state, "--all",
                               "--oob", "static:" + STATIC, "--configure", "--pcap",
                               os.path.join(self.dir, "tool.pcap"), *args)
        self.assertEqual(provision.wait(), 0, provision.errors())
        wait_for(lambda: len(lamps.events("complete")) == LAMPS)
        shown = self.use("onoff", "c000", "on", "--json")
        self.assertEqual(shown.returncode, 0)
        lamps.end()
        air.end()
        return [p.text() + p.errors() for p in (air, lamps, provision)] + [shown.stdout + shown.stderr]

    def keys(self):
        with sqlite3.connect(os.path.join(self.state, "registry.sqlite")) as db:
            keys = [row[0] for table, column in (("netkey", "key"), ("appkey", "key"), ("node", "device_key"))
                    for row in db.execute(f"SELECT {column} FROM {table}")]
        self.assertEqual(len(keys), 2 + LAMPS)
        return keys + [bytes.fromhex(STATIC)]

    def files(self):
        for directory, _, names in os.walk(self.dir):
            for name in names:
                path = os.path.join(directory, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    yield path

    def holders(self, secret):
        """The files that have it, as octets or as digits of either case."""
        found = set()
        for path in self.files():
            with open(path, "rb") as file:
                content = file.read()
            if secret in content or secret.hex().encode() in content.lower():
                found.add(os.path.relpath(path, self.dir))
        return found

    def test_row_32_secrets_are_where_nobody_else_reads(self):
        outputs = self.commission("--json")
        for secret in self.keys():
            for output in outputs:
                self.assertNotIn(secret.hex(), output.lower())
            for path in self.holders(secret):
                self.assertTrue(path.startswith(("state/", "lamps/")), path)
        self.assertEqual(self.holders(bytes.fromhex(STATIC)), set())
        for top in ("state", "lamps"):
            for directory, _, names in os.walk(os.path.join(self.dir, top)):
                self.assertEqual(os.stat(directory).st_mode & 0o077, 0, directory)
                for name in names:
                    self.assertEqual(os.stat(os.path.join(directory, name)).st_mode & 0o177, 0, name)

    def test_row_32_device_keys_are_shown_to_who_asks(self):
        output = self.commission("--json", "--show-secrets")[2]
        complete = events("\n".join(line for line in output.splitlines() if line.startswith("{")), "complete")
        keys = self.keys()
        self.assertEqual(len(complete), LAMPS)
        for event in complete:
            self.assertIn(bytes.fromhex(event["device_key"]), keys)
        self.assertNotIn(keys[0].hex(), output)     # the network's key


if __name__ == "__main__":
    unittest.main()
