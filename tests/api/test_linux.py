"""A program of the SDK's on Linux: its LEDs, keys, timers and resets, on the air that `usher air` serves."""

import os
import pty
import signal
import subprocess
import tempfile
import time
import unittest

USHER = os.environ["USHER"]
BOARD = os.environ["BOARD"]


def wait_for(what, timeout=30):
    end = time.monotonic() + timeout
    while not what():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.005)


class Program:
    """A program beside the test, with its output in files."""

    def __init__(self, directory, *args, stdin=subprocess.PIPE):
        self.out = tempfile.TemporaryFile("w+", dir=directory)
        self.err = tempfile.TemporaryFile("w+", dir=directory)
        self.process = subprocess.Popen(args, stdin=stdin, stdout=self.out, stderr=self.err, text=True,
                                        cwd=directory)

    def lines(self):
        return os.pread(self.out.fileno(), 1 << 20, 0).decode().splitlines()

    def errors(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode()

    def type(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def says(self, *lines):
        """Waits until it has said these lines, in this order, and nothing else."""
        try:
            wait_for(lambda: len(self.lines()) >= len(lines))
        except AssertionError:
            pass
        if self.lines() != list(lines):
            raise AssertionError(f"{self.lines()} and {self.errors()!r} rather than {lines}")

    def wait(self, timeout=30):
        return self.process.wait(timeout)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self.out.close()
        self.err.close()


class Linux(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="usher-")
        self.addCleanup(directory.cleanup)
        self.dir = directory.name
        self.state = os.path.join(self.dir, "state")
        self.air = self.program(USHER, "air", "--listen", "air.sock")
        wait_for(lambda: os.path.exists(os.path.join(self.dir, "air.sock")))

    def program(self, *args, **kwargs):
        program = Program(self.dir, *args, **kwargs)
        self.addCleanup(program.close)
        return program

    def board(self, *options, state="-", **kwargs):
        return self.program(BOARD, "air:air.sock", state, *options, **kwargs)

    def test_keys_one_to_four_are_buttons(self):
        board = self.board()
        board.type("1\n4\n1\nx\n5\n")
        board.says("started with 2 arguments, the last is -", "LED 1 on", "LED 4 on", "LED 1 off", "key x",
                   "key 5")

    def test_without_buttons_they_are_keys(self):
        board = self.board("no-buttons")
        board.type("1x\r\n4\n")
        board.says("started with 3 arguments, the last is no-buttons", "key 1", "key x", "key 4")

    def test_a_line_tells_a_change_and_only_that(self):
        board = self.board()
        board.type("2aapip\n")
        board.says("started with 2 arguments, the last is -", "LED 2 on", "LED 1 on", "LED 3 on", "LED 4 on",
                   "pins 1 1 1 1 0", "LED 1 off", "LED 2 off", "LED 3 off", "LED 4 off", "pins 0 0 0 0 0")

    def test_leds_blink_and_are_off_afterwards(self):
        board = self.board()
        board.type("1bp\n")
        said = ["started with 2 arguments, the last is -", "LED 1 on", "LED 1 off", "LED 1 2 blinks, 2 times",
                "pins 1 1 0 0 0"]
        board.says(*said)
        time.sleep(0.3)
        board.type("p\n")
        said += ["pins 0 0 0 0 0"]
        board.says(*said)
        board.type("Bsp\n")
        said += ["LED 1 2 3 4 blinks, 1000 times", "pins 0 0 0 0 0"]
        board.says(*said)

    def test_timers_run(self):
        for options in [], ["process"]:
            with self.subTest(options):
                board = self.board(*options)
                board.type("t")
                wait_for(lambda: board.lines()[1:] == ["timer"])

    def test_a_reset_is_the_program_anew(self):
        board = self.board("process", "last one", state=self.state)
        number = board.process.pid
        started = "started with 4 arguments, the last is last one"
        board.type("1rp2r3\n")  # the rest is for the successors
        board.says(started, "LED 1 on", started, "pins 0 0 0 0 0", "LED 2 on", started, "LED 3 on")
        self.assertIsNone(board.process.poll())
        self.assertEqual(number, board.process.pid)
        self.assertLess(len(os.listdir(f"/proc/{number}/fd")), 20)
        board.type("q")
        self.assertEqual(board.wait(), 0)

    def test_a_state_directory_is_for_one(self):
        first = self.board(state=self.state)
        first.type("x")
        wait_for(lambda: len(first.lines()) == 2)
        second = self.board(state=self.state)
        self.assertEqual(second.wait(), 4)
        second.says("not on the air: 3")
        self.assertIn(self.state, second.errors())
        first.type("q")
        self.assertEqual(first.wait(), 0)

    def test_without_an_air_there_is_a_line(self):
        board = self.program(BOARD, "air:nowhere.sock", "-")
        self.assertEqual(board.wait(), 4)
        board.says("not on the air: 3")
        self.assertIn("nowhere.sock", board.errors())
        self.assertEqual(board.errors().count("\n"), 1)

    def test_without_a_radio_it_ends(self):
        board = self.board(state=self.state)
        board.type("x")
        wait_for(lambda: len(board.lines()) == 2)
        self.air.process.send_signal(signal.SIGKILL)
        self.assertEqual(board.wait(), 1)
        self.assertIn("is gone", board.errors())

    def test_it_needs_no_keys(self):
        """Standard input is /dev/null, or has ended: it waits, and uses no time."""
        for stdin in subprocess.DEVNULL, subprocess.PIPE:
            with self.subTest(stdin):
                board = self.board(stdin=stdin)
                wait_for(lambda: len(board.lines()) == 1)
                if board.process.stdin:
                    board.process.stdin.close()
                time.sleep(0.2)
                before = self.used(board)
                time.sleep(0.6)
                self.assertIsNone(board.process.poll())
                self.assertLess(self.used(board) - before, 0.2)

    def used(self, program):
        with open(f"/proc/{program.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_keys_may_come_from_a_terminal(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        board = self.board(stdin=theirs)
        os.close(theirs)
        os.write(ours, b"3\n")
        board.says("started with 2 arguments, the last is -", "LED 3 on")
        os.write(ours, b"x\n")
        board.says("started with 2 arguments, the last is -", "LED 3 on", "key x")


if __name__ == "__main__":
    unittest.main()
