"""usher provision with a plan: addresses, names, out-of-band values, templates; what was begun and goes on.

Run by ctest with USHER naming the command; by hand: USHER=build/dev/tools/usher/usher python3 test_batch.py
"""

import json
import os
import signal
import time
import unittest

from harness import Directory, events, run, wait_for

STRONG = ["1fe839ac70b25d946e0327c8f15ba4d6", "2b96c07de35f184a9910f7b83cd264ea"]


def uuid(number):
    return "%024x%08x" % (0xba7c << 80, number)


class Plan(Directory):
    def file(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def batch(self, *args, timeout=60):
        return run("provision", "--radio", self.radio, "--state", self.state, "--batch", self.plan, "--json",
                   *args, timeout=timeout)

    def device(self, number, *args):
        return self.devices(1, "--uuid", uuid(number), *args)

    def nodes(self):
        result = run("nodes", "--state", self.state, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return {node["uuid"]: node for node in events(result.stdout, "node")}

    def summary(self, result):
        return events(result.stdout, "summary")[-1]


class DryRun(Plan):
    def dry(self, *args):
        return run("provision", "--dry-run", "--batch", self.plan, *args)

    def test_the_map_is_printed_without_a_radio(self):
        self.plan = self.file("plan.csv", "uuid,address,elements,name,template\n"
                              "%s,0x0100,2,Hall,lamp.json\n%s,,,,\n%s,0005,,,\nfe*,,,,\n"
                              % (uuid(1), uuid(2), uuid(3)))
        self.file("lamp.json", "{}")
        result = self.dry("--json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        places = events(result.stdout, "place")
        self.assertEqual([(p["uuid"], p["address"], p["elements"], p["by"], p["name"]) for p in places],
                         [(uuid(2), "0x0002", 1, "next", None), (uuid(3), "0x0005", 1, "plan", None),
                          (uuid(1), "0x0100", 2, "plan", "Hall"), ("fe*", None, 1, "next", None)])
        self.assertEqual(places[2]["template"], os.path.join(self.dir, "lamp.json"))
        summary = self.summary(result)
        self.assertEqual([summary[k] for k in ("devices", "given", "next", "nodes", "prefixes")], [3, 2, 1, 0, 1])
        text = self.dry().stdout
        self.assertIn("0x0100  %s    2 elements  by the plan        Hall\n" % uuid(1), text)
        self.assertIn("3 devices: 2 with an address of the plan, 1 with the next free one", text)

    def test_every_problem_is_told_with_its_place(self):
        self.plan = self.file("plan.csv", "uuid,address,elements,template\n"
                              "%s,0100,4,none.json\n%s,0103,,\n%s,9000,,\nab*,,,\nabc*,,,\n"
                              % (uuid(1), uuid(2), uuid(3)))
        result = self.dry()
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("usher: %s:3: address: 0x0103 is among those of line 2, 0x0100 to 0x0103\n" % self.plan,
                      result.stderr)
        self.assertIn("%s:4: address: 0x9000 is not an address of a node" % self.plan, result.stderr)
        self.assertIn("%s:6: uuid: it begins as the prefix \"ab*\" of line 5" % self.plan, result.stderr)
        self.assertIn("3 problems: nothing was done\n", result.stderr)

    def test_a_hundred_problems_are_not_all_told(self):
        self.plan = self.file("plan.csv", "uuid\n" + "x\n" * 100)
        lines = self.dry().stderr.splitlines()
        self.assertEqual(len(lines), 21)
        self.assertIn("100 problems, of which the first 20 were told", lines[-1])

    def test_row_12_weak_values_are_warned_of(self):
        self.plan = self.file("plan.csv", "uuid,oob\n" + "".join(
            "%s,static:%s\n" % (uuid(n), value) for n, value in enumerate(
                ["00" * 16, uuid(1), STRONG[0], STRONG[0], STRONG[0], STRONG[0], STRONG[1]])))
        book = self.file("book.csv", "uuid,static\n%s,%s\n" % (uuid(9), "31" * 16))
        labels = self.file("labels", "https://example.com/?uuid=%s&oob=%s\n" % (uuid(10), "0001020304050607"))
        result = self.dry("--oob-book", book, "--qr", labels, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        warnings = [w["reason"] for w in events(result.stdout, "warning")]
        self.assertEqual(len(warnings), 5, warnings)
        for warning, said in zip(warnings, ["all zero: " + uuid(0), "made from the UUID", "counts: " + uuid(10),
                                            "ASCII digits alone: " + uuid(9), "4 devices: one static value"]):
            self.assertIn(said, warning)
            self.assertIn("warning: " + warning, result.stderr)
        self.assertIn("%s, %s, %s and 1 more" % (uuid(2), uuid(3), uuid(4)), warnings[4])
        self.assertNotIn(STRONG[0], result.stdout + result.stderr)

    def test_books_that_disagree_are_refused(self):
        self.plan = self.file("plan.csv", "uuid,oob\n%s,static:%s\n" % (uuid(1), STRONG[0]))
        labels = self.file("labels", "\nUUID:%s;OOB:%s;\n" % (uuid(1), STRONG[1]))
        result = self.dry("--qr", labels)
        self.assertEqual(result.returncode, 1)
        self.assertIn("%s:2: it is not what the plan (line 2) says of this device" % labels, result.stderr)

    def test_usage(self):
        for args in [["--dry-run", "--all"], ["--auto"], ["--batch", self.dir + "/none"], ["--batch", "p", "--all"],
                     ["--all", "--auto", "--for", "1s"], [uuid(1), "--resume"], [uuid(1), "--rssi", "-50"],
                     ["--batch", "p", "--uuid-prefix", "00"], ["--all", "--uuid-prefix", "x"],
                     ["--all", "--qr", self.dir + "/none"], ["--all", "--oob-book", self.dir + "/none"]]:
            result = run("provision", *args, "--radio", "air:none", "--state", self.state)
            self.assertEqual((result.returncode, result.stdout), (1, ""), (args, result.stderr))
        self.assertFalse(os.path.exists(self.state))


class Batch(Plan):
    def test_each_device_becomes_what_the_plan_says(self):
        self.air()
        self.file("relay.json", json.dumps({"ttl": 7, "relay": {"state": True}}))
        self.file("lamp.json", json.dumps({"appkeys": [0], "models": [{"model": "1000", "bind": [0]}]}))
        self.plan = self.file("plan.csv", "uuid,address,name,oob,template\n"
                              "%s,0x0100,\"Hall, left\",static:%s,lamp.json\n"
                              "%s,0x0003,Stairs,,relay.json\n"
                              "%s,,,,\n"
                              "%s,0x0200,,,\n" % (uuid(1), STRONG[0], uuid(2), uuid(3)[:-1] + "*", uuid(9)))
        labels = self.file("labels", "%s %s\n" % (uuid(2), STRONG[1]))
        self.device(1, "--oob", "static:" + STRONG[0], "--elements", "2")
        self.device(2, "--oob", "static:" + STRONG[1])
        self.device(3)
        self.device(0x55) # nobody's
        result = self.batch("--qr", labels, "--for", "4s")
        self.assertEqual(result.returncode, 2, result.stderr)
        complete = {c["uuid"]: c for c in events(result.stdout, "complete")}
        self.assertEqual({u: (c["address"], c["method"]) for u, c in complete.items()},
                         {uuid(1): ("0x0100", "static"), uuid(2): ("0x0003", "static"),
                          uuid(3): ("0x0002", "none")})
        nodes = self.nodes()
        self.assertEqual(nodes[uuid(1)]["name"], "Hall, left")
        self.assertEqual(nodes[uuid(2)]["name"], "Stairs")
        self.assertIsNone(nodes[uuid(3)]["name"])
        self.assertEqual([nodes[uuid(n)]["configured"] for n in (1, 2, 3)], [True, True, False])
        shown = {n: run("show", nodes[uuid(n)]["address"], "--state", self.state, "--json").stdout for n in (1, 2)}
        self.assertIn('"ttl":7', shown[2])
        self.assertNotIn('"ttl":7', shown[1])
        self.assertIn('"bind":[0]', shown[1])
        failed = events(result.stdout, "failed")
        self.assertEqual([(f["uuid"], f["reason"]) for f in failed], [(uuid(9), "the device was not heard")])
        summary = self.summary(result)
        self.assertEqual([summary[k] for k in ("devices", "provisioned", "configured", "failed", "already")],
                         [4, 3, 2, 1, 0])
        self.again_does_no_harm(labels)

    def again_does_no_harm(self, labels):
        before = self.nodes()
        result = self.batch("--qr", labels, "--for", "1s")
        self.assertIn("2 devices of the plan are nodes already", result.stderr)
        summary = self.summary(result)
        self.assertEqual([summary[k] for k in ("devices", "provisioned", "failed", "already")], [3, 0, 1, 2])
        self.assertEqual(self.nodes(), before)
        dry = run("provision", "--dry-run", "--batch", self.plan, "--state", self.state, "--json")
        places = {p["uuid"]: (p["address"], p["by"], p["elements"]) for p in events(dry.stdout, "place")}
        self.assertEqual(places[uuid(1)], ("0x0100", "node", 2))
        self.assertEqual(places[uuid(9)], ("0x0200", "plan", 1))
        self.plan = self.file("other.csv", "uuid,address\n%s,0x0101\n" % uuid(4))
        result = self.batch("--for", "1s")
        self.assertEqual(result.returncode, 1)
        self.assertIn("other.csv:2: address: 0x0101 is that of the node 0x0100", result.stderr)

    def test_all_and_auto_take_what_passes_the_filters(self):
        self.air()
        self.device(0x10)
        self.device(0x20)
        result = self.provision("--auto", "--for", "3s", "--uuid-prefix", uuid(0x20)[:31], "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([c["uuid"] for c in events(result.stdout, "complete")], [uuid(0x20)])
        result = self.provision("--all", "--for", "1s", "--rssi", "20", "--json")
        self.assertEqual(self.summary(result)["devices"], 0)


class Resumed(Plan):
    def test_what_a_killed_run_left_is_finished(self):
        self.air()
        self.file("lamp.json", json.dumps({"appkeys": [0], "models": [{"model": "1000", "bind": [0]}]}))
        self.plan = self.file("plan.csv", "uuid,address,name,template\n" + "".join(
            "%s,0x%04x,Lamp %d,lamp.json\n" % (uuid(n), 0x0100 + n, n) for n in range(6)))
        for n in range(4):
            self.device(n)
        killed = self.start("provision", "--radio", self.radio, "--state", self.state, "--batch", self.plan, "--json")
        wait_for(lambda: len(killed.events("complete")) == 4)
        killed.end(signal.SIGKILL)
        left = 4 - sum(node["configured"] for node in self.nodes().values())
        self.assertGreater(left, 0)
        dry = run("provision", "--dry-run", "--batch", self.plan, "--state", self.state)
        self.assertIn("%d devices of the plan were begun with in an earlier run" % left, dry.stderr)
        self.assertIn("--resume goes on with them", dry.stderr)
        self.device(4)
        self.device(5)
        result = self.batch("--resume", timeout=200)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        nodes = self.nodes()
        self.assertEqual({u: (n["address"], n["name"], n["configured"]) for u, n in nodes.items()},
                         {uuid(n): ("0x%04x" % (0x0100 + n), "Lamp %d" % n, True) for n in range(6)})
        summary = self.summary(result)
        self.assertEqual([summary[k] for k in ("devices", "provisioned", "configured", "already")],
                         [6, 2, 2 + left, 4 - left])


class Locked(Plan):
    def attempt(self, value, *args):
        return self.provision(uuid(1), "--oob", "static:" + value, "--max-failures", "2", "--json", *args)

    def test_row_7_a_device_that_cannot_be_authenticated_is_locked(self):
        self.air()
        self.device(1, "--oob", "static:" + STRONG[0])
        result = self.attempt(STRONG[1])
        self.assertEqual(result.returncode, 2, result.stderr)
        failed = events(result.stdout, "failed")[0]
        self.assertEqual((failed["auth_failures"], failed["policy"]), (1, False))
        self.assertIn("the confirmation is wrong", failed["reason"])
        before = time.time()
        result = self.attempt(STRONG[1]) # not at once
        self.assertGreater(time.time() - before, 1)
        failed = events(result.stdout, "failed")[0]
        self.assertEqual((result.returncode, failed["auth_failures"], failed["policy"]), (4, 2, True))
        self.assertEqual(failed["phase"], "random")
        self.assertIn("--unlock", failed["hint"])
        result = self.attempt(STRONG[0]) # even with the right value
        self.assertEqual((result.returncode, events(result.stdout, "link-open")), (4, []))
        self.assertEqual(events(result.stdout, "failed")[0]["auth_failures"], 2)
        result = run("provision", "--unlock", uuid(1), "--state", self.state, "--json")
        self.assertEqual(events(result.stdout, "unlocked"),
                         [{"event": "unlocked", "uuid": uuid(1), "auth_failures": 2}])
        result = self.attempt(STRONG[0])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(events(result.stdout, "complete")[0]["method"], "static")


if __name__ == "__main__":
    unittest.main()
