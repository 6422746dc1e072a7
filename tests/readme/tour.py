"""The shell commands of README.md: each that calls usher is run, in the order of the page.

They share a directory, in place of /tmp and of where the reader is; the page's table is its
plan.csv. Those that live on (air, device,
serial-device) run beside the others, until another air is begun. All others have to succeed.
USHER names the command, README the page.
"""
import os
import re
import shlex
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tool"))

import harness  # noqa: E402

READY = {"air": "listening", "device": "beaconing", "serial-device": "listening"}


def parts(language):
    with open(os.environ["README"], encoding="utf-8") as file:
        return re.findall(rf"```{language}\n(.*?)```", file.read(), re.DOTALL)


def blocks():
    found = [block.replace("\\\n", " ") for block in parts("sh")]
    return [[shlex.split(line, comments=True)[1:] for line in block.splitlines()
             if line.startswith("usher ")] for block in found]


class Tour(harness.Directory):
    def setUp(self):
        super().setUp()
        self.living = []
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.dir)
        with open("plan.csv", "w", encoding="utf-8") as file:
            file.write("".join(parts("csv")))

    def begin(self, verb, *args):
        if verb == "air":
            while self.living:
                self.living.pop().end()
        process = self.start(verb, *args, "--json")
        self.living.append(process)
        count = int(args[args.index("--count") + 1]) if "--count" in args else 1
        with self.subTest(verb=verb, args=args):
            harness.wait_for(lambda: len(process.events(READY[verb])) >= count)

    def finish(self, *args):
        result = harness.run(*args, timeout=300)
        self.assertEqual(result.returncode, 0, f"usher {' '.join(args)}\n{result.stderr}{result.stdout}")
        return result

    def test_every_command_works(self):
        commands = 0
        for block in blocks():
            for words in block:
                verb, *args = (word.replace("/tmp/", self.dir + "/") for word in words if word != "&")
                commands += 1
                if verb in READY:
                    self.begin(verb, *args)
                else:
                    self.finish(verb, *args)
        self.assertGreater(commands, 10)
        nodes = harness.events(self.finish("nodes", "--state", "site", "--json").stdout)
        self.assertGreater(len(nodes), 50)
        self.assertTrue(all(node["configured"] for node in nodes))


if __name__ == "__main__":
    unittest.main()
