"""The processes of the interop tests. Each dies with the test, and is ended by its process id."""
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SKIPPED = 77        # the exit status that CTest takes for a skipped test
DAEMON = "/usr/libexec/bluetooth/bluetooth-meshd"
PACKAGES = {        # Debian's packages, and how each shows that it is here
    "bluez-meshd": lambda: os.path.exists(DAEMON),
    "bluez-test-tools": lambda: shutil.which("btvirt"),
    "dbus-daemon": lambda: shutil.which("dbus-daemon"),
    "python3-dbus": lambda: importlib.util.find_spec("dbus"),
    "python3-gi": lambda: importlib.util.find_spec("gi"),
    "tshark": lambda: shutil.which("tshark"),
}
MESHD = "bluez-meshd", "dbus-daemon", "python3-dbus", "python3-gi"


class Failure(Exception):
    """A test has failed; the text says in what."""


def need(*packages):
    """End the test as skipped if one of those packages is missing."""
    missing = [package for package in packages if not PACKAGES[package]()]
    if missing:
        print("skipped; these packages are not installed: " + " ".join(missing))
        sys.exit(SKIPPED)


def wait(condition, seconds, what, idle=lambda: time.sleep(0.02)):
    """Call idle() until condition() is true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"no {what} within {seconds:g} s")
        idle()


class Process:
    """A child process, whose standard error (and output, if not read) goes to a log file."""

    def __init__(self, name, directory, *command, environment=None, stdin=None, stdout=None):
        self.name = name
        with open(os.path.join(directory, name + ".log"), "ab") as log:
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *command],
                stdin=stdin or subprocess.DEVNULL, stdout=stdout or log, stderr=log,
                env={**os.environ, **(environment or {})}, text=True, bufsize=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Ask it to end, and wait for it."""
        if not self.has_ended():
            self.child.terminate()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def has_ended(self):
        return self.child.poll() is not None

    def check_alive(self):
        if self.has_ended():
            raise Failure(f"{self.name} has ended, with status {self.child.returncode}")


class Usher(Process):
    """The tool under test, with its JSON events as they come. It must end with that status."""

    def __init__(self, tool, directory, verb, *options, status=0):
        self.status = status
        super().__init__(verb, directory, tool, verb, *options, "--json",
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.events = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __exit__(self, kind, *_):
        self.end()
        self.reader.join()
        if kind is None and self.child.returncode != self.status:
            raise Failure(f"usher {self.name} ended with status {self.child.returncode}: "
                          f"{self.event('failed')}")

    def read(self):
        for line in self.child.stdout:
            self.events.append(json.loads(line))

    def event(self, name):
        """The first event of that name, or None as long as there is none."""
        return next((e for e in self.events if e["event"] == name), None)

    def kill(self):
        """End it as a power cut would."""
        self.child.kill()
        self.child.wait()
        self.status = self.child.returncode

    def type(self, line):
        self.child.stdin.write(line + "\n")


class Air(Usher):
    """A simulated air with `usher air`, and a capture of all that is sent on it."""

    def __init__(self, tool, directory, loss, *options):
        self.tool, self.directory = tool, directory
        self.state = os.path.join(directory, "state")
        self.socket = os.path.join(directory, "air")
        self.radio = "air:" + self.socket
        self.capture = os.path.join(directory, "air.pcap")
        super().__init__(tool, directory, "air", "--listen", self.socket, "--loss", str(loss),
                         "--pcap", self.capture, *options)

    def __enter__(self):
        try:
            wait(lambda: self.event("listening") or self.check_alive(), 10, "air")
        except Failure:
            self.end()
            raise
        return self

    def verb(self, name, *arguments):
        """Start a verb in the network on this air."""
        return Usher(self.tool, self.directory, name, "--radio", self.radio, "--state", self.state,
                     *arguments)

    def run(self, verb, *arguments, waiting=wait):
        """Run a verb in the network on this air, which has to end with success; its events."""
        with self.verb(verb, *arguments) as usher:
            waiting(usher.has_ended, 150, "end of usher " + verb)
        return usher.event


def run(test):
    """Run test(directory) in a directory of its own, which is kept if it fails; the exit status."""
    with tempfile.TemporaryDirectory(prefix="usher-interop-") as directory:
        try:
            print(test(directory))
            return 0
        except Failure as failure:
            kept = directory + "-failed"
            os.rename(directory, kept)
            os.mkdir(directory)
            print(f"{failure}\nlogs and capture: {kept}", file=sys.stderr)
            for name in sorted(os.listdir(kept)):
                if name.endswith(".log"):
                    with open(os.path.join(kept, name)) as log:
                        print(f"\nthe end of {name}:", *log.read().splitlines()[-20:], sep="\n",
                              file=sys.stderr)
            return 1
