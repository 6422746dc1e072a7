#!/usr/bin/env python3
"""mutate.py [--check] [WORD...]: takes out each security check in turn, and sees a test fail.

The checks are in tests/mutate/checks.txt. Each is changed in a private copy of the tree, in
build/mutate; the tests named with it are built and run until one of them fails. A change that no
test notices is printed at once, and again at the end: it is a test that is missing. With words,
only checks whose file, or test, has one of them in its name.

--check only sees whether each piece of source is found, once, in its file.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "mutate" / "checks.txt"
WORK = ROOT / "build" / "mutate"
TREE = WORK / "tree"
BUILD = WORK / "build"
TIMEOUT_S = 120  # a test that goes on for ever has noticed, too


class Check:
    def __init__(self, line, path, tests, old):
        self.line, self.path, self.tests, self.old, self.new = line, path, tests, old, None

    def name(self):
        return f"{self.path}: {self.old}"

    def pattern(self):
        """Whatever the line breaks."""
        return re.compile(r"\s+".join(re.escape(word) for word in self.old.split()))

    def problem(self):
        if self.new is None:
            return "there is nothing to put in its place"
        try:
            text = (ROOT / self.path).read_text(encoding="utf-8")
        except OSError:
            return "there is no such file"
        count = len(self.pattern().findall(text))
        return None if count == 1 else f"it is in the file {count} times, and not once"

    def changed(self, text):
        return self.pattern().sub(lambda _: self.new, text)


def read_list():
    checks, path, tests = [], None, []
    for number, line in enumerate(LIST.read_text(encoding="utf-8").splitlines(), 1):
        kind, _, rest = line.partition(" ")
        if kind == "@":
            path, _, names = rest.partition(" : ")
            tests = names.split()
        elif kind == "-":
            checks.append(Check(number, path, tests, rest))
        elif kind == "+":
            checks[-1].new = rest
        elif line and kind != "#":
            sys.exit(f"{LIST}:{number}: neither @, - nor +")
    return checks


def check_list(checks):
    bad = 0
    for c in checks:
        problem = c.problem()
        if problem:
            print(f"{LIST.relative_to(ROOT)}:{c.line}: {c.name()}: {problem}")
            bad += 1
    return bad


def copy_tree():
    """The files of the tree as they are now; those that are the same keep their times."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.splitlines()
    wanted = {name for name in names if (ROOT / name).is_file()}
    for name in wanted:
        source, target = ROOT / name, TREE / name
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for target in [t for t in TREE.rglob("*") if t.is_file()]:
        if target.relative_to(TREE).as_posix() not in wanted:
            target.unlink()


def run(command, timeout=None):
    """@return its exit status, -1 if it took too long, and what it said"""
    with subprocess.Popen(command, cwd=BUILD, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            said, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return -1, b""
        return process.returncode, said


def configure():
    BUILD.mkdir(parents=True, exist_ok=True)
    command = ["cmake", "-S", str(TREE), "-B", str(BUILD), "-G", "Ninja",
               "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-O1 -g0",
               "-DUSHER_SANITIZE=address,undefined", "-DUSHER_WERROR=OFF",
               "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=gold"]
    if shutil.which("ccache"):
        os.environ["CCACHE_BASEDIR"] = str(TREE)
        command.append("-DCMAKE_C_COMPILER_LAUNCHER=ccache")
    status, said = run(command)
    if status != 0:
        sys.exit(said.decode(errors="replace"))


def commands_of(targets):
    """What ctest would run of each program; it knows those that are built."""
    listed = subprocess.run(["ctest", "--show-only=json-v1"], cwd=BUILD, check=True,
                            capture_output=True, text=True).stdout
    commands = {target: [] for target in targets}
    for test in json.loads(listed)["tests"]:
        command = test.get("command", [])
        name = pathlib.Path(command[0]).name if command else ""
        if name in commands:
            commands[name].append(command)
    for target, found in commands.items():
        if not found:
            sys.exit(f"{LIST}: {target} is no program that ctest runs")
    return commands


def build(targets):
    return run(["ninja", *targets])


def fails(target, commands):
    return any(run(command, TIMEOUT_S)[0] != 0 for command in commands[target])


def try_check(c, commands):
    """@return 'killed' by which test, 'SURVIVED', or what does not compile"""
    target = TREE / c.path
    before = target.read_text(encoding="utf-8")
    target.write_text(c.changed(before), encoding="utf-8")
    try:
        for test in c.tests:  # one is built only once those before have not noticed
            status, said = build([test])
            if status != 0:
                return "DOES NOT COMPILE", said.decode(errors="replace")[-2000:]
            if fails(test, commands):
                return "killed", test
        return "SURVIVED", " ".join(c.tests)
    finally:
        target.write_text(before, encoding="utf-8")


def main():
    arguments = sys.argv[1:]
    checks = read_list()
    if check_list(checks):
        return 1
    if arguments == ["--check"]:
        print(f"{len(checks)} checks")
        return 0
    if arguments:
        checks = [c for c in checks if any(w in c.path or w in c.tests for w in arguments)]
    copy_tree()
    configure()
    targets = list(dict.fromkeys(t for c in checks for t in c.tests))
    status, said = build(targets)
    if status != 0:
        sys.exit(said.decode(errors="replace")[-4000:])
    commands = commands_of(targets)
    for test in targets:
        if fails(test, commands):
            sys.exit(f"{test} fails as it is; nothing can be told by it")
    bad, began = [], time.monotonic()
    for number, c in enumerate(checks, 1):
        outcome, what = try_check(c, commands)
        print(f"{number}/{len(checks)} {outcome} {c.name()} -> {c.new} [{what}]", flush=True)
        if outcome != "killed":
            bad.append(c)
    print(f"{len(checks)} checks, {len(checks) - len(bad)} noticed, {len(bad)} not, "
          f"in {time.monotonic() - began:.0f} s")
    for c in bad:
        print(f"{LIST.relative_to(ROOT)}:{c.line}: not noticed: {c.name()}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
