#!/usr/bin/env python3
"""cov.py BUILD: what the tests that have run in BUILD, a build with --coverage, have reached.

Prints lines and branches of each directory of the library, and of each file of src/prov and
src/bearer, from gcovr's summary. --branches FILE lists the branches of one file that are missing.
"""

import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DIRECTORIES = ("src/", "ports/hci/")
EACH_FILE = ("src/prov", "src/bearer")


def gcovr(build, *arguments):
    return json.loads(subprocess.run(
        ["gcovr", "--root", str(ROOT), "--object-directory", build, "--exclude-throw-branches",
         *[f"--filter={ROOT}/{d}" for d in DIRECTORIES], build, *arguments],
        check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def percent(part, whole):
    return f"{100 * part / whole:5.1f} %" if whole else "      -"


def show(name, counts):
    lines, all_lines, branches, all_branches = counts
    print(f"{name:32} {percent(lines, all_lines)} of {all_lines:5} "
          f"{percent(branches, all_branches)} of {all_branches:5}")


def main():
    if len(sys.argv) == 4 and sys.argv[2] == "--branches":
        for f in gcovr(sys.argv[1], "--json")["files"]:
            if f["file"] == sys.argv[3]:
                for line in f["lines"]:
                    missing = sum(b["count"] == 0 for b in line["branches"])
                    if missing:
                        print(f"{f['file']}:{line['line_number']}: "
                              f"{missing} of {len(line['branches'])}")
        return 0
    directories = collections.defaultdict(lambda: [0, 0, 0, 0])
    files = {}
    for f in gcovr(sys.argv[1], "--json-summary")["files"]:
        counts = [f["line_covered"], f["line_total"], f["branch_covered"], f["branch_total"]]
        directory = str(pathlib.PurePosixPath(f["filename"]).parent)
        files[f["filename"]] = counts
        directories[directory] = [a + b for a, b in zip(directories[directory], counts)]
    print(f"{'':32} {'lines':>7} {'':8} {'branches':>7}")
    for directory, counts in sorted(directories.items()):
        show(directory, counts)
        for name, of_file in sorted(files.items()):
            if directory in EACH_FILE and name.startswith(directory + "/"):
                show("  " + name.rpartition("/")[2], of_file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
