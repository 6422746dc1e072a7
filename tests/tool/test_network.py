"""usher network, from outside: networks that are made, shown, exported, imported, merged, checked.

Run by ctest with USHER naming the command; by hand:
USHER=build/dev/tools/usher/usher python3 test_network.py
"""

import copy
import json
import os
import random
import signal
import stat
import subprocess
import time
import unittest

from harness import Directory, USHER, events, run

SAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cdb", "sample.json")
ANN = "B1E2D3C4-5566-4778-899A-ABBCCDDEEFF0"


def sample():
    with open(SAMPLE) as file:
        return json.load(file)


def without_time(document):
    return {key: value for key, value in document.items() if key != "timestamp"}


class Networks(Directory):
    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, document):
        path = self.path(name)
        with open(path, "w") as file:
            json.dump(document, file)
        return path

    def network(self, *args, code=0):
        result = run("network", *args)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def export(self, state, *args):
        return json.loads(self.network("export", "--state", state, *args).stdout)


class Network(Networks):
    def test_the_sample_comes_back_as_it_was(self):
        self.network("import", SAMPLE, "--state", self.state, "--as", ANN)
        self.assertEqual(without_time(self.export(self.state)), without_time(sample()))
        line = self.network("export", "--state", self.state, "--json").stdout
        self.assertEqual(line.count("\n"), 1)
        self.assertEqual(without_time(json.loads(line)), without_time(sample()))

    def test_an_import_makes_a_provisioner_of_our_own(self):
        [done] = events(self.network("import", SAMPLE, "--state", self.state, "--name", "Gateway 3",
                                     "--range", "0300-03ff", "--json").stdout)
        self.assertEqual((done["event"], done["made"], done["nodes_new"]), ("imported", True, 4))
        [shown] = events(self.network("show", "--state", self.state, "--json").stdout)
        own = shown["provisioners"][0]
        self.assertEqual((own["name"], own["ours"], own["unicast"]),
                         ("Gateway 3", True, [["0x0300", "0x03ff"]]))
        self.assertEqual(own["uuid"], done["provisioner"])
        self.assertEqual(shown["nodes"]["provisioned"], 3)
        document = self.export(self.state)
        added = [p for p in document["provisioners"] if p["provisionerName"] == "Gateway 3"]
        self.assertEqual(len(added), 1)
        document["provisioners"].remove(added[0])
        self.assertEqual(without_time(document), without_time(sample()))
        mode = os.stat(os.path.join(self.state, "registry.sqlite")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_a_network_that_is_made_goes_from_one_to_another(self):
        self.network("create", "--state", self.state, "--name", "Home", "--range", "0001-00ff")
        self.network("create", "--state", self.state, code=1)
        out = self.path("home.json")
        self.network("export", "--state", self.state, "--out", out)
        self.assertEqual(stat.S_IMODE(os.stat(out).st_mode), 0o600)
        self.network("check", out)
        other = self.path("other")
        self.network("import", out, "--state", other, "--name", "Guest")
        names = [p["provisionerName"] for p in self.export(other)["provisioners"]]
        self.assertEqual(sorted(names), ["Guest", "usher"])
        # and back: what the guest is comes to the first one, whose claims stay
        self.network("export", "--state", other, "--out", out)
        [done] = events(self.network("import", out, "--state", self.state, "--json").stdout)
        self.assertFalse(done["made"])
        self.assertEqual(without_time(self.export(self.state)), without_time(self.export(other)))
        self.network("check", "--state", self.state)

    def test_keys_are_shown_only_if_that_is_wanted(self):
        self.network("import", SAMPLE, "--state", self.state)
        for args in [[], ["--json"]]:
            shown = self.network("show", "--state", self.state, *args).stdout.lower()
            for key in ["7dd7364cd842ad18c17c2b820c84c3d6", "63964771734fbd76e3b40519d1d94a48"]:
                self.assertNotIn(key, shown)
        shown = self.network("show", "--state", self.state, "--json", "--show-secrets").stdout
        self.assertEqual(json.loads(shown)["netkeys"][0]["key"], "7dd7364cd842ad18c17c2b820c84c3d6")

    def test_parts(self):
        self.network("import", SAMPLE, "--state", self.state)
        part = self.export(self.state, "--nodes", "0x0002,0100", "--no-device-keys")
        self.assertTrue(part["partial"])
        self.assertEqual([n["unicastAddress"] for n in part["nodes"]], ["0002", "0100"])
        self.assertNotIn("deviceKey", json.dumps(part))
        self.network("check", self.write("part.json", part))
        self.network("export", "--state", self.state, "--nodes", "0x0010", code=2)
        self.network("export", "--state", self.state, "--nodes", "x", code=1)

    def test_usage(self):
        for args in [["bogus"], ["create"], ["show"], ["export"], ["import", SAMPLE], ["check"],
                     ["import", "--state", self.state], ["create", SAMPLE, "--state", self.state],
                     ["check", SAMPLE, "--state", self.state],
                     ["show", "--state", self.state, "--as", ANN],
                     ["create", "--state", self.state, "--range", "0001"],
                     ["create", "--state", self.state, "--range", "0100-00ff"],
                     ["create", "--state", self.state, "--range", "0001-8000"],
                     ["create", "--state", self.state, "--name", "\x1b[31m"],
                     ["create", "--state", self.state, "--name", "n" * 64],
                     ["import", SAMPLE, "--state", self.state, "--as", "12"],
                     ["import", SAMPLE, "--state", self.state, "--as", "00" * 16],
                     ["import", "/nonexistent", "--state", self.state],
                     ["export", "--state", self.state, "--name", "n"]]:
            result = self.network(*args, code=1)
            self.assertRegex(result.stderr, r"\Ausher: [^\n]+\n\Z", args)
            self.assertEqual(result.stdout, "", args)
        self.assertFalse(os.path.exists(self.state))
        self.network("show", "--state", self.state, code=3)


class BadNetworks(Networks):
    def test_row_34_a_bad_file_is_refused_with_the_paths_and_nothing_is_made(self):
        document = sample()
        document["nodes"][1]["elements"][0]["models"][2]["bind"][0] = 5000
        document["nodes"][2]["unicastAddress"] = "8000"
        bad = self.write("bad.json", document)
        result = self.network("import", bad, "--state", self.state, code=2)
        self.assertEqual(result.stdout, "")
        self.assertIn("nodes[1].elements[0].models[2].bind[0]: 5000 is no AppKey index (0..4095)\n",
                      result.stderr)
        self.assertIn('nodes[2].unicastAddress: "8000" is no unicast address', result.stderr)
        self.assertFalse(os.path.exists(self.state))
        found = events(self.network("check", bad, "--json", code=2).stdout)
        self.assertEqual([f["event"] for f in found], ["finding", "finding", "checked"])
        self.assertEqual(found[0]["path"], "nodes[1].elements[0].models[2].bind[0]")
        self.assertEqual(found[2]["findings"], 2)

    def test_overlapping_claims_are_refused_with_both_names(self):
        # two provisioners took the network over from the same file, and know nothing of each other
        first, second = self.path("first"), self.path("second")
        self.network("import", SAMPLE, "--state", first, "--name", "North", "--range", "0300-04ff")
        self.network("import", SAMPLE, "--state", second, "--name", "South", "--range", "0400-05ff")
        theirs = self.path("theirs.json")
        self.network("export", "--state", second, "--out", theirs)
        before = self.export(first)
        result = self.network("import", theirs, "--state", first, code=2)
        self.assertIn('0400-05FF of "South" overlaps with 0300-04FF of "North"', result.stderr)
        self.assertIn("provisioners[2].allocatedUnicastRange[0]: ", result.stderr)
        self.assertEqual(self.export(first), before)

    def test_row_34_what_a_file_has_in_it_does_not_reach_the_terminal(self):
        document = sample()
        document["nodes"][1]["name"] = "\x1b]0;hello\x07"
        document["\x1b[2J"] = {"\x1b[2J": 1}
        result = self.network("check", self.write("bad.json", document), code=2)
        self.assertNotIn("\x1b", result.stdout + result.stderr)
        path = self.path("worse.json")
        with open(path, "w") as file:
            file.write('{"nodes": [{"\\u001b[2J\x9b": ' + "[" * 100000)
        result = self.network("import", path, "--state", self.state, code=2)
        self.assertNotIn("\x1b", result.stderr)
        self.assertIn("more than 32 objects and lists in each other", result.stderr)

    def test_an_import_that_is_killed_has_made_all_or_nothing(self):
        document = sample()
        lamp = document["nodes"][1]
        document["nodes"] = []
        document["networkExclusions"] = []
        for i in range(200):
            lamp = copy.deepcopy(lamp)
            lamp.update(UUID="%08X-1111-4111-8111-111111111111" % i,
                        unicastAddress="%04X" % (0x1000 + 2 * i))
            document["nodes"].append(lamp)
        path = self.write("many.json", document)
        seed = random.randrange(1 << 30)
        draw = random.Random(seed)
        for i in range(4):
            state = self.path("state%d" % i)
            process = subprocess.Popen([USHER, "network", "import", path, "--state", state],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(draw.random())
            process.send_signal(signal.SIGKILL)
            process.wait()
            if run("network", "show", "--state", state).returncode == 0:
                self.assertEqual(len(self.export(state)["nodes"]), 200, seed)
            else:
                self.network("import", path, "--state", state)
                self.assertEqual(len(self.export(state)["nodes"]), 200, seed)


if __name__ == "__main__":
    unittest.main()
