#!/usr/bin/env python3
"""The tests of the rows in docs/threat-model.md.

The last column of its table names the tests that have the row's number in their names
(row_2_..., also row_17_and_row_18_...), by the file that holds them. --check fails if the column
is not what the tree has, if a row from 1 to ROWS is missing, or has no test; without it, the column
is written.
"""

import pathlib
import re
import sys

ROWS = 35
ROOT = pathlib.Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
PAGE = ROOT / "docs" / "threat-model.md"
NAME = re.compile(r"\b(?:test_)?row_\d+_\w+\b")


def names_in(path):
    """Names of tests: a C function counts once it is in its file's list as well."""
    text = path.read_text(encoding="utf-8")
    found = list(dict.fromkeys(NAME.findall(text)))
    if path.suffix != ".c":
        return found
    return [n for n in found if len(re.findall(rf"\b{n}\b", text)) > 1]


def tests_by_row():
    rows = {}
    files = [p for p in sorted(TESTS.rglob("*"))
             if p.suffix in (".c", ".py") or p.name == "CMakeLists.txt"]
    for path in files:
        for name in names_in(path):
            for row in dict.fromkeys(int(n) for n in re.findall(r"row_(\d+)_", name)):
                where = path.relative_to(TESTS).as_posix()
                rows.setdefault(row, {}).setdefault(where, []).append(name)
    return rows


def cell(files):
    return "; ".join(f"`{where}`: " + ", ".join(f"`{n}`" for n in names)
                     for where, names in files.items())


def main():
    tests = tests_by_row()
    wrong, lines, seen = [], [], []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| (\d+) \|", line)
        if row:
            number = int(row.group(1))
            seen.append(number)
            columns = line.split(" | ")
            new = " | ".join(columns[:4] + [cell(tests.get(number, {})) + " |"])
            if number not in tests:
                wrong.append(f"row {number} has no test")
            elif new != line:
                wrong.append(f"row {number}: {PAGE.name} does not name its tests")
            line = new
        lines.append(line)
    if seen != list(range(1, ROWS + 1)):
        wrong.append(f"{PAGE.name} does not have the rows 1 to {ROWS}, each once and in order")
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return 0
    for text in wrong:
        print(text + "; scripts/security-rows.py writes the column")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
