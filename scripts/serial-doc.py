#!/usr/bin/env python3
"""serial-doc.py [--check]: writes the tables of docs/serial.md, all that is below its marker, from
src/serial/serial_table.def and include/usher/serial_msg.h. With --check, writes nothing, and fails
if the page is not what would be written.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "src" / "serial" / "serial_table.def"
HEADER = ROOT / "include" / "usher" / "serial_msg.h"
PAGE = ROOT / "docs" / "serial.md"
MARKER = "<!-- Below: written by scripts/serial-doc.py. -->\n"

COMMANDS = """
## Commands

Offsets are of the payload, which follows the opcode; those of answers of their data, after opcode
and status. "Octets" is the length of the payload. Numbers are little-endian. `handle` is what a
command is about, `handle2` the address or the key that it is to be used with.

"""

NUMBERS = {"U8": ("u8", 1), "S8": ("s8", 1), "U16": ("u16", 2), "U32": ("u32", 4)}
LISTS = {"HANDLES": "u16[]", "HANDLES_FIXED": "count u16, u16[125]"}


def header():
    return HEADER.read_text(encoding="utf-8")


def number(text):
    """A number, or 1 << a number."""
    one, shift, by = text.partition("<<")
    return int(one, 0) << int(by, 0) if shift else int(text, 0)


def enum_values(name):
    """The values of an enum: name without its prefix, number, what the comment says."""
    body = re.search(r"enum %s {(.*?)\n};" % name, header(), re.S).group(1)
    for line in re.findall(r"USHER_SERIAL_(\w+) = ([^,]+),\s*(?:/\*\*<\s*(.*?)\s*\*/)?", body):
        yield line[0], number(line[1]), line[2]


def array_sizes():
    sizes = {"USHER_UUID_SIZE": 16, "USHER_KEY_SIZE": 16}
    return {member: int(sizes.get(size, size))
            for member, size in re.findall(r"uint8_t (\w+)\[(\w+)\]", header())}


def parts(text):
    """The arguments of a macro, at its outermost commas."""
    depth, quoted, start = 0, False, 0
    for i, c in enumerate(text):
        if c == '"' and text[i - 1] != "\\":
            quoted = not quoted
        elif not quoted and c in "()":
            depth += 1 if c == "(" else -1
        elif not quoted and c == "," and depth == 0:
            yield text[start:i].strip()
            start = i + 1
    yield text[start:].strip()


def entries(kind):
    """Rows of the table, of COMMAND or EVENT: the macro's arguments."""
    text = re.sub(r"/\*.*?\*/", "", TABLE.read_text(encoding="utf-8"), flags=re.S)
    for start in re.finditer(r"^%s\(" % kind, text, re.M):
        rest = re.split(r"\n(?=COMMAND\(|EVENT\()", text[start.end():])[0]
        yield list(parts(rest[:rest.rindex(")")]))


def string(text):
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)).replace('\\"', '"')


class Fields:
    """The fields of one packet: their text, and the lengths that it can have."""

    def __init__(self, text, limit):
        self.text, self.shortest, self.longest = [], 0, 0
        for field in parts(re.fullmatch(r"FIELDS\((.*)\)", text, re.S).group(1)):
            self.add(" ".join(field.split()), limit)

    def add(self, field, limit):
        if field == "NOTHING":
            return
        name, inside = re.match(r"(\w+)(?:\((.*)\))?$", field).groups()
        at = self.shortest
        if name in NUMBERS:
            shown, size = NUMBERS[name]
            self.text.append(f"{at} {inside} {shown}")
        elif name in ("OCTETS", "VIRTUAL"):
            size = array_sizes()[inside]
            self.text.append(f"{at} {inside}[{size}]" + (", if virtual" if name == "VIRTUAL" else ""))
        elif name == "VIEW":
            member, size = (part.strip() for part in inside.split(","))
            self.text.append(f"{at} {member}[{size}]")
            size = int(size)
        elif name == "HANDLES_FIXED":
            self.text.append(f"{at} {LISTS[name]}")
            size = 252
        else:
            self.text.append(f"{at} {LISTS.get(name, 'data[]')}")
            size = 0
            self.shortest += int(inside or 0)
            self.longest = limit
        if name == "VIRTUAL":
            self.longest = at + size
        else:
            self.shortest += size
        self.longest = max(self.longest, self.shortest)

    def length(self):
        if self.shortest == self.longest:
            return str(self.shortest)
        optional = "if virtual" in " ".join(self.text)
        return f"{self.shortest}{' or ' if optional else ' to '}{self.longest}"

    def __str__(self):
        return "; ".join(self.text) or "–"


def rows(kind, prefix):
    numbers = {name: number for name, number, _ in enum_values(
        "usher_serial_command" if kind == "COMMAND" else "usher_serial_event_code")}
    found = []
    for code, name, params, *more in entries(kind):
        fields = Fields(params, 254)
        line = f"| {numbers[prefix + code]:02X} | {string(name)} | {fields.length()} | {fields} |"
        if kind == "COMMAND":
            line += f" {Fields(more[0], 252)} |"
        found.append((numbers[prefix + code], line + f" {string(more[-1])} |"))
    if len(found) != len(numbers):
        raise SystemExit(f"{HEADER.name} has other {kind}s than {TABLE.name}")
    return [line for _, line in sorted(found)]


def tables():
    text = COMMANDS
    text += "| | Command | Octets | Parameters | Answer | |\n|---|---|---|---|---|---|\n"
    text += "\n".join(rows("COMMAND", "")) + "\n"
    text += "\n## Events\n\n| | Event | Octets | Payload | |\n|---|---|---|---|---|\n"
    text += "\n".join(rows("EVENT", "EVT_")) + "\n"
    text += "\n## Statuses\n\n| | Status |\n|---|---|\n"
    text += "".join(f"| {n:02X} | {name} |\n" for name, n, _ in enum_values("usher_serial_status"))
    text += "\n## Extensions\n\n| Bit | |\n|---|---|\n"
    text += "".join(f"| 0x{n:02X} | {note} |\n"
                    for _, n, note in enum_values("usher_serial_extension"))
    return text


def main():
    page = PAGE.read_text(encoding="utf-8")
    if MARKER not in page:
        print(f"{PAGE.relative_to(ROOT)} has no marker", file=sys.stderr)
        return 1
    wanted = page[:page.index(MARKER)] + MARKER + tables()
    if sys.argv[1:] == ["--check"]:
        if page != wanted:
            print(f"{PAGE.relative_to(ROOT)} is out of date: run scripts/serial-doc.py",
                  file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
