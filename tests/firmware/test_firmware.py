"""The firmware images, run by QEMU, among processes of the command usher on a simulated air.

USHER names the command, IMAGES the directory of the images. Each board has a simulated controller
at its UART 2, which "usher air --hci" serves.
"""

import os
import shutil
import subprocess
import sys
import unittest

from harness import Directory, UUID, events, wait_for

IMAGES = os.environ["IMAGES"]
QEMU = "qemu-system-arm"


class Board:
    """A board that runs an image, with its log in a file."""

    def __init__(self, test, image, hci, serial, *args):
        self.log = os.path.join(test.dir, "log-%s-%d" % (image, len(os.listdir(test.dir))))
        arguments = ["enable=on", "target=native", "arg=" + image, *("arg=" + a for a in args)]
        self.process = subprocess.Popen(
            [QEMU, "-M", "mps2-an386", "-display", "none", "-kernel", os.path.join(IMAGES, image + ".elf"),
             "-semihosting-config", ",".join(arguments), "-serial", "file:" + self.log,
             "-serial", serial, "-serial", "unix:" + hci],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=test.dir)
        test.addCleanup(self.kill)

    def lines(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="ascii", errors="replace") as log:
            return log.read().splitlines()

    def wait_line(self, line):
        wait_for(lambda: line in self.lines() or self.process.poll() is not None, 60)
        if line not in self.lines():
            raise AssertionError("no %r, but %r" % (line, self.lines()))

    def kill(self):
        self.process.kill()
        self.process.wait()


class Firmware(Directory):
    def air(self, *args):
        self.hci = os.path.join(self.dir, "hci")
        return super().air("--hci", self.hci, *args)


class Lamp(Firmware):
    """The light: provisioned, configured, killed, and found again."""

    def board(self):
        return Board(self, "lamp", self.hci, "null", "uuid=" + UUID, "flash=flash")

    def ask(self, *args):
        done = self.use("onoff", "0x0002", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_light_lives_on_in_its_flash(self):
        self.air("--loss", "5")
        board = self.board()
        board.wait_line("listening")
        done = self.provision(UUID, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(events(done.stdout, "complete")[0]["address"], "0x0002")
        board.wait_line("provisioned")
        done = self.use("configure", "--all", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.ask("on")
        board.wait_line("on")
        board.kill()

        board = self.board()
        board.wait_line("a node")
        self.ask("on")
        board.wait_line("on")
        self.ask("off")
        board.wait_line("off")
        done = self.use("remove", "0x0002")
        self.assertEqual(done.returncode, 0, done.stderr)
        board.wait_line("reset")
        board.wait_line("listening")
        board.kill()

        board = self.board()
        board.wait_line("listening")
        self.assertNotIn("a node", board.lines())


if __name__ == "__main__":
    if shutil.which(QEMU) is None:
        print("no %s here" % QEMU)
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
