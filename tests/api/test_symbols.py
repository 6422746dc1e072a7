"""Programs written for the SDK find what they use in the headers that they include: symbols.txt."""

import os
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CC = os.environ.get("CC", "cc")
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-DHOST", "-DCONFIG_APP_IN_CORE", "-DUSE_APP_CONFIG",
         *(f"-I{os.path.join(ROOT, path)}" for path in ("nrf_mesh/include", "nrf_mesh/include/nrf5_sdk", "include")),
         f"-I{HERE}"]


def programs():
    """Name, headers and symbols of each."""
    name, words = None, []
    with open(os.path.join(HERE, "symbols.txt")) as lines:
        for line in [*lines, "[]"]:
            if line.startswith("["):
                if name:
                    use = words.index("use")
                    yield name, words[1:use], words[use + 1:]
                name, words = line.strip()[1:-1], []
            elif not line.startswith("#"):
                words += line.split()


def compiled(headers, symbols):
    """What the compiler says. A symbol is a macro, or something that has a type or is one."""
    source = [f"#include <{header}>" for header in headers]
    for symbol in symbols:
        source += [f"#ifndef {symbol}", f"extern __typeof__({symbol}) *p_{symbol};", "#endif"]
    run = subprocess.run([CC, *FLAGS, "-x", "c", "-"], input="\n".join(source) + "\n", capture_output=True, text=True)
    return run.stderr


class Symbols(unittest.TestCase):
    def test_each_program_finds_what_it_uses(self):
        count = 0
        for name, headers, symbols in programs():
            with self.subTest(name):
                self.assertGreater(len(symbols), 10)
                self.assertEqual(compiled(headers, symbols), "")
            count += 1
        self.assertEqual(count, 9)

    def test_what_is_not_there_is_noticed(self):
        self.assertIn("nrf_mesh_no_such_symbol", compiled(["nrf_mesh.h"], ["nrf_mesh_no_such_symbol"]))


if __name__ == "__main__":
    unittest.main()
