"""usher doctor, from outside: on this machine, whatever it has, and on what a test puts in its way."""

import errno
import os
import re
import shutil
import socket
import stat
import subprocess
import unittest

from harness import Directory, USHER, events, wait_for

CONTROLLERS = "/sys/class/bluetooth"


def kernel_has_bluetooth():
    try:
        socket.socket(31, socket.SOCK_RAW, 1).close()       # AF_BLUETOOTH, BTPROTO_HCI
    except OSError as why:
        return why.errno not in (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)
    return True


class Doctor(Directory):
    def doctor(self, *args, code=0, **environment):
        done = subprocess.run([USHER, "doctor", "--json", *args], capture_output=True, text=True, timeout=60,
                              check=False, env=dict(os.environ, **environment))
        self.assertEqual((done.returncode, done.stderr), (code, ""), done.stdout)
        told = events(done.stdout)
        summary, self.findings = told[-1], told[:-1]
        self.assertTrue(all(f["event"] == "finding" and f["text"] for f in self.findings))
        for level, count in ("ok", "ok"), ("note", "notes"), ("problem", "problems"):
            self.assertEqual(summary[count], len([f for f in self.findings if f["level"] == level]))
        for f in self.findings:         # what is not as it should be comes with what to do
            self.assertEqual(f["level"] == "ok", f["advice"] is None, f)
        return self.findings

    def found(self, check):
        return [(f["level"], f["text"]) for f in self.findings if f["check"] == check]

    def test_this_machine(self):
        self.doctor()
        self.assertRegex(self.found("libraries")[0][1], r"^OpenSSL 3\.\S+ .*libuv 1\.\d+\.\d+, Jansson 2\.\S+, SQLite 3\.")
        self.assertEqual(self.found("kernel")[0][0], "ok" if kernel_has_bluetooth() else "note")
        names = [n for n in (os.listdir(CONTROLLERS) if os.path.isdir(CONTROLLERS) else ())
                 if re.fullmatch(r"hci\d+", n)]
        told = self.found("controller")
        self.assertEqual(len(told), max(len(names), 1))
        self.assertTrue(all(any(t.startswith(n + " is ") for _, t in told) for n in names))
        with open("/proc/self/status", encoding="ascii") as file:
            capabilities = int(re.search(r"CapEff:\s*(\w+)", file.read())[1], 16)
        self.assertEqual(self.found("permission")[0][0], "ok" if capabilities >> 12 & 1 else "note")
        self.assertEqual((len(self.found("randomness")), len(self.found("clock"))), (1, 1))
        self.assertTrue(self.found("serial-port"))

    def test_the_same_in_text(self):
        done = subprocess.run([USHER, "doctor"], capture_output=True, text=True, timeout=60, check=True)
        lines = done.stdout.splitlines()
        self.assertTrue(all(re.match(r"(ok|note|problem) +\S|         \S", x) for x in lines[:-1]), done.stdout)
        self.assertRegex(lines[-1], r"^\d+ fine, \d+ to note, \d+ problems?$")

    def test_programs(self):
        self.doctor(PATH=self.dir)
        self.assertEqual(self.found("tshark")[0][0], "note")
        tshark = os.path.join(self.dir, "tshark")
        with open(tshark, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n")
        self.doctor(PATH="/nowhere:" + self.dir)
        self.assertEqual(self.found("tshark")[0][0], "note")         # it cannot be run
        os.chmod(tshark, 0o755)
        self.doctor(PATH="/nowhere:" + self.dir)
        self.assertEqual(self.found("tshark"), [("ok", tshark + ' reads captures, as "usher decode" does')])

    def test_a_daemon_that_holds_controllers(self):
        daemon = shutil.copy("/bin/sleep", os.path.join(self.dir, "bluetooth-meshd"))
        process = subprocess.Popen([daemon, "60"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def seen():
            self.doctor()
            return any(t.startswith("bluetooth-meshd runs") for _, t in self.found("bluetoothd"))
        wait_for(seen)

    def test_radios(self):
        controllers = os.path.join(self.dir, "hci")
        self.air("--hci", controllers)
        self.doctor("--radio", self.radio, "--radio", "h4:" + controllers)
        self.assertEqual(self.found("radio"), [("ok", self.radio + " can be used; it has no GATT"),
                                               ("ok", f"h4:{controllers} can be used, and has GATT")])
        self.doctor("--radio", self.radio, "--radio", "air:" + self.dir + "/none", code=3)
        self.assertEqual([level for level, _ in self.found("radio")], ["ok", "problem"])

    def test_a_controller_that_does_not_answer(self):
        path = os.path.join(self.dir, "silent")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
            silent.bind(path)
            silent.listen()
            self.doctor("--radio", "h4:" + path, code=3)
        self.assertEqual(self.found("radio")[0], ("problem", f"h4:{path} is there, but does not answer in 5 s"))

    def test_a_networks_directory(self):
        self.doctor("--state", self.state)
        self.assertEqual(self.found("state"), [("ok", self.state + " is not there yet, and can be made")])
        self.assertEqual(subprocess.run([USHER, "demo", "--devices", "1", "--state", self.state], timeout=60,
                                        capture_output=True, check=False).returncode, 0)
        self.doctor("--state", self.state)
        self.assertEqual([f["level"] for f in self.findings if f["check"].startswith("state")], ["ok", "ok"])
        secret = next(os.path.join(d, f) for d, _, files in os.walk(self.state) for f in files)
        os.chmod(secret, stat.S_IRUSR | stat.S_IRGRP)
        self.doctor("--state", self.state)
        level, text = self.found("state-modes")[0]
        self.assertEqual(level, "problem")
        self.assertTrue(text.startswith("1 of ") and f"{secret} the first" in text, text)
        for wrong in secret, secret + "/below":
            self.doctor("--state", wrong, code=3)
            self.assertEqual(self.found("state")[0][0], "problem")


if __name__ == "__main__":
    unittest.main()
