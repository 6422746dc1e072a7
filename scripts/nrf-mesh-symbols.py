#!/usr/bin/env python3
"""nrf-mesh-symbols.py [--check]: writes docs/nrf-mesh-symbols.md, the table of the symbols of the
nRF5 SDK for Mesh, from the headers of nrf_mesh/ and the list nrf-mesh-symbols.txt beside this
script. With --check, writes nothing, and fails if the table is not what would be written.

A function works unless the list says otherwise, and only if the layer defines it.
"""

import fnmatch
import pathlib
import re
import sys

ATTRIBUTE = r"__attribute__\s*\(\(.*?\)\)(?!\))"

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYER = ROOT / "nrf_mesh"
TABLE = ROOT / "docs" / "nrf-mesh-symbols.md"
LIST = ROOT / "scripts" / "nrf-mesh-symbols.txt"

HEAD = """# Symbols of the nRF5 SDK for Mesh

Written by `scripts/nrf-mesh-symbols.py` from the headers in `nrf_mesh/include`; do not edit. What
is different, and why, is in [nrf-mesh.md](nrf-mesh.md).

- **works**: as in the SDK.
- **differs**: does its work, but not quite as in the SDK.
- **absent**: not there, or there so that a program compiles, and answers
  `NRF_ERROR_NOT_SUPPORTED` or does nothing, as the note says.

"""


def without_comments(text):
    text = re.sub(r"\\\n", " ", text)
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def statements(text):
    """The declarations of a header, each with all that is in its braces."""
    text = re.sub(r'extern\s+"C"\s*{', "", text)
    text = re.sub(ATTRIBUTE, " ", text)
    start = depth = 0
    for i, c in enumerate(text):
        if c in "{(":
            depth += 1
        elif c in "})":
            depth = max(depth - 1, 0)
        body = c == "}" and depth == 0 and re.search(r"\)\s*$", text[start:].split("{")[0])
        if (c == ";" and depth == 0) or body:
            yield " ".join(text[start:i].split())
            start = i + 1


def values_of(declaration):
    inside = re.search(r"\benum\b[^{]*{(.*?)}", declaration)
    if not inside:
        return []
    return [re.match(r"\w+", v.strip()).group() for v in inside.group(1).split(",") if v.strip()]


def symbols_of_declaration(declaration):
    """The pairs of kind and name that one declaration has."""
    declaration = declaration.lstrip("} ").strip()
    symbols = [("value", name) for name in values_of(declaration)]
    outside = declaration
    while re.search(r"{[^{}]*}", outside):
        outside = re.sub(r"{[^{}]*}", " ", outside)
    if declaration.startswith("typedef"):
        pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)\s*\(", outside)
        name = pointer or re.search(r"(\w+)\s*(\[[^]]*\]\s*)*$", outside)
        return [("type", name.group(1)), *symbols]
    if re.match(r"(struct|union|enum)\s+\w+\s*$", outside):
        return [("type", outside.strip()), *symbols] if "{" in declaration else symbols
    function = re.match(r"[^(=]*?\b(\w+)\s*\(", outside.split("{")[0])
    if function and not re.match(r"(NRF_MESH_STATIC_ASSERT|STATIC_ASSERT|_Static_assert)\b", outside):
        return [("function", function.group(1)), *symbols]
    return symbols


def symbols_of_header(path):
    text = without_comments(path.read_text(encoding="utf-8"))
    guard = re.search(r"#ifndef (\w+)", text).group(1)
    symbols = []
    for name in re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", text, flags=re.M):
        if name != guard and not name.endswith("_") and ("macro", name) not in symbols:
            symbols.append(("macro", name))
    code = re.sub(r"^[ \t]*#.*$", "", text, flags=re.M)
    for declaration in statements(code):
        for symbol in symbols_of_declaration(declaration):
            if symbol not in symbols:
                symbols.append(symbol)
    return symbols


def definitions():
    """The functions that the layer, or a header of its own, has a body for."""
    found = set()
    for path in [*LAYER.rglob("*.c"), *LAYER.rglob("*.h")]:
        text = without_comments(path.read_text(encoding="utf-8"))
        text = re.sub(r"^[ \t]*#.*$", "", text, flags=re.M)
        text = re.sub(ATTRIBUTE, " ", text)
        found.update(re.findall(r"\b(\w+)\s*\([^;{}]*\)\s*{", text))
    return found


def listed():
    """The list: rows of header, pattern, status and note."""
    rows = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            header, pattern, status, note = (part.strip() for part in line.split("|"))
            rows.append((header, pattern, status, note))
    return rows


class Table:
    def __init__(self):
        self.rows = listed()
        self.used = set()
        self.defined = definitions()
        self.counts = {"works": 0, "differs": 0, "absent": 0}
        self.errors = []

    def status(self, header, kind, name):
        for number, (of, pattern, status, note) in enumerate(self.rows):
            if of in (header, "*") and fnmatch.fnmatchcase(name, pattern):
                self.used.add(number)
                return status, note
        if kind == "function" and name not in self.defined:
            self.errors.append(f"{header}: {name}() is not defined")
        return "works", ""

    def line(self, kind, names, status, note):
        self.counts[status] += len(names)
        return f"| {kind} | {', '.join(f'`{n}`' for n in names)} | {status} | {note} |"

    def section(self, header, symbols):
        groups = {}
        for kind, name in symbols:
            status, note = self.status(header, kind, name)
            only = name if kind == "function" else None
            groups.setdefault((kind, status, note, only), []).append(name)
        kinds = ("function", "type", "value", "macro")
        lines = [self.line(kind, groups[group], group[1], group[2])
                 for kind in kinds for group in groups if group[0] == kind]
        return lines

    def absent(self):
        """Rows of the list for what no header has: their names are no patterns."""
        by_header = {}
        for number, (header, name, status, note) in enumerate(self.rows):
            if number not in self.used:
                if status != "absent" or "*" in header:
                    self.errors.append(f"{LIST.name}: {header} {name} fits nothing")
                by_header.setdefault(header, {}).setdefault(note, []).append(name)
        for header, notes in by_header.items():
            for note, names in notes.items():
                yield header, self.line("", names, "absent", note)


def table():
    result = Table()
    sections = {}
    for path in [*sorted(LAYER.glob("include/*.h")), *sorted(LAYER.glob("include/nrf5_sdk/*.h"))]:
        sections[path.name] = result.section(path.name, symbols_of_header(path))
    for header, line in result.absent():
        sections.setdefault(header, []).append(line)
    text = HEAD + "{works} symbols work, {differs} differ, {absent} are absent.\n".format(
        **result.counts)
    for header, lines in sections.items():
        if lines:
            text += f"\n## {header}\n\n| | Symbols | Status | Note |\n|---|---|---|---|\n"
            text += "\n".join(lines) + "\n"
    return text, result.errors


def main():
    text, errors = table()
    for error in errors:
        print(error, file=sys.stderr)
    if errors:
        return 1
    if sys.argv[1:] == ["--check"]:
        if not TABLE.exists() or TABLE.read_text(encoding="utf-8") != text:
            print(f"{TABLE.relative_to(ROOT)} is out of date: run scripts/nrf-mesh-symbols.py",
                  file=sys.stderr)
            return 1
        return 0
    TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
