"""The progress display: on a terminal, redrawn device by device; elsewhere, plain lines.

Run by ctest with USHER naming the command, as test_tool.py is.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unittest

from harness import USHER, Directory

ROW = re.compile(r"[0-9a-f]{32}  [a-z-]+ +-?[0-9?]+ dBm +\d+ retries +\d+\.\d s")
NODE_ROW = re.compile(r"0x[0-9a-f]{4}  configure +(composition|\d+ of \d+) +\d+ retries +\d+\.\d s")
TOTALS = re.compile(r"\d+ of \d+ provisioned, \d+ under way")
RATE = re.compile(r"; \d+\.\d a minute, \d+ s left$")


class Screen:
    """As much of a terminal as is used: what it shows after each piece of output."""

    def __init__(self):
        self.lines, self.row, self.column = [""], 0, 0

    def feed(self, text):
        for piece in re.findall(r"\x1b\[(?:\d*)[A-Z]|\r|\n|[^\x1b\r\n]+", text):
            self.one(piece)

    def one(self, piece):
        if piece == "\r":
            self.column = 0
        elif piece == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        elif piece.startswith("\x1b"):
            self.command(piece[-1], int(piece[2:-1] or "0"))
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[:self.column] + piece + line[self.column + len(piece):]
            self.column += len(piece)

    def command(self, letter, number):
        assert letter in "AJK"
        if letter == "A":
            assert self.row >= number
            self.row -= number
            return
        self.lines[self.row] = self.lines[self.row][:self.column]
        if letter == "J":
            del self.lines[self.row + 1:]


class Progress(Directory):
    def setUp(self):
        super().setUp()
        self.air()
        self.devices(8, "--count", "8", "--seed", "1", "--oob", "none")

    def on_terminal(self, lines, columns, *args, target=("--all",), terminal="xterm", code=0):
        """What a terminal got as standard error, in the pieces in which it came."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        process = subprocess.Popen([USHER, "provision", *target, "--radio", self.radio, "--state", self.state,
                                    *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave,
                                   env=dict(os.environ, TERM=terminal))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(slave)
        pieces = []
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError: # the other end is closed
                break
            pieces.append(piece.decode())
        os.close(master)
        self.assertEqual(process.wait(60), code, "".join(pieces))
        return pieces

    def test_a_line_for_each_device_at_work(self):
        screen, most, rows, node_rows, rates = Screen(), 0, 0, 0, 0
        # A draw begins at the start of a line and ends with the totals.
        for draw in "".join(self.on_terminal(5, 90, "--configure")).split("\x1b[J"):
            screen.feed(draw + "\x1b[J")
            for line in screen.lines:
                self.assertLess(len(line), 90)
                rows += bool(ROW.match(line))
                node_rows += bool(NODE_ROW.match(line))
                rates += bool(RATE.search(line))
                self.assertTrue(not line or ROW.match(line) or NODE_ROW.match(line) or TOTALS.match(line),
                                repr(line))
            most = max(most, len(screen.lines))
        self.assertGreater(rows, 0)
        self.assertGreater(node_rows, 0)
        self.assertGreater(rates, 0)
        self.assertTrue(2 <= most <= 5, most)
        self.assertEqual(screen.lines, [""]) # all of it is taken away in the end

    def test_who_is_awaited_is_counted(self):
        text = "".join(self.on_terminal(5, 90, "--for", "500ms", target=("f" * 32,), code=2))
        self.assertIn("0 of 0 provisioned, 0 under way, 1 not heard yet", text)

    def test_a_terminal_that_cannot_redraw_gets_plain_lines(self):
        text = "".join(self.on_terminal(24, 80, terminal="dumb"))
        self.assertNotIn("\x1b", text)
        lines = text.split("\r\n")
        self.assertTrue(any(TOTALS.match(line) and RATE.search(line) for line in lines), lines)
        self.assertNotRegex(text, ROW)


if __name__ == "__main__":
    unittest.main()
