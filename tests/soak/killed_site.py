"""A site of hundreds of lamps on an air in real time, commissioned by a plan through two radios, while
the commissioning is killed again and again.

    killed_site.py [--devices 500] [--kills 10] [--loss 10] [--parallel 16] [--seed 1]

USHER names the command. The lamps have plans with names, some with addresses of their own. At random
times `usher provision` is killed with SIGKILL; the next run goes on with --resume. In the end all
lamps are provisioned and configured, each of them is one node of the registry, no address was given
to two, and the audit log has for each address when it was leased and what became of it.
"""
import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

USHER = os.environ["USHER"]
RUNS_MAX = 20       # after the last kill
FIRST_OWN = 0x3000  # addresses that the plan asks for


class Wrong(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Wrong(what)


class Site:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.state = os.path.join(directory, "state")
        self.plan = os.path.join(directory, "plan.csv")
        self.radio = "air:" + os.path.join(directory, "air")
        self.random = random.Random(options.seed)
        self.processes = []

    def start(self, name, *arguments):
        out = open(os.path.join(self.directory, name + ".out"), "w+", encoding="utf-8")
        err = open(os.path.join(self.directory, name + ".err"), "w+", encoding="utf-8")
        process = subprocess.Popen([USHER, *arguments, "--json"], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=err)
        process.out = out.name
        self.processes.append(process)
        return process

    def end(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(60)

    def events(self, process, name):
        with open(process.out, encoding="utf-8") as file:
            lines = [line for line in file if line.endswith("\n")]
        return [e for e in map(json.loads, lines) if e["event"] == name]

    def wait_for(self, process, name, count):
        end = time.monotonic() + 120
        while len(self.events(process, name)) < count:
            check(process.poll() is None and time.monotonic() < end, f"no {count} events: {name}")
            time.sleep(0.2)

    def begin(self):
        air = self.start("air", "air", "--listen", self.radio[4:], "--loss", str(self.options.loss))
        self.wait_for(air, "listening", 1)
        self.lamps = self.start("device", "device", "--radio", self.radio, "--count",
                                str(self.options.devices), "--seed", str(self.options.seed),
                                "--state", os.path.join(self.directory, "lamps"))
        self.wait_for(self.lamps, "beaconing", self.options.devices)
        uuids = [e["uuid"] for e in self.events(self.lamps, "beaconing")]
        with open(self.plan, "w", encoding="ascii") as file:
            file.write("uuid,name,address\n")
            for n, uuid in enumerate(uuids):
                address = f"{FIRST_OWN + n:04x}" if n % 10 == 0 else ""
                file.write(f"{uuid},lamp-{n},{address}\n")
        return uuids

    def provision(self, run):
        return self.start(f"provision{run}", "provision", "--radio", self.radio, "--radio", self.radio,
                          "--state", self.state, "--batch", self.plan, "--resume", "--configure",
                          "--parallel", str(self.options.parallel))

    def provisioned(self):
        if not os.path.exists(os.path.join(self.state, "registry.sqlite")):
            return 0
        done = subprocess.run([USHER, "nodes", "--state", self.state, "--json"], capture_output=True,
                              text=True, check=False)
        return len(done.stdout.splitlines())

    def kill_some(self):
        """Kills runs at random times, as long as there is something left to do."""
        for kill in range(self.options.kills):
            process = self.provision(kill)
            end = time.monotonic() + self.random.uniform(1, 2 * self.options.devices / 60)
            while time.monotonic() < end and process.poll() is None:
                time.sleep(0.05)
            check(process.poll() is None, f"run {kill} ended by itself, with {process.returncode}; "
                  "more devices, or fewer kills")
            process.kill()
            process.wait()
            print(f"killed, {self.provisioned()} of {self.options.devices} are nodes", flush=True)

    def finish(self):
        for run in range(RUNS_MAX):
            process = self.provision(self.options.kills + run)
            code = process.wait(1800)
            summary = self.events(process, "summary")
            print(f"run {run + 1}: exit code {code}, {summary[-1] if summary else 'no summary'}",
                  flush=True)
            if code == 0:
                return
            check(code == 2, f"exit code {code}")
        check(False, f"not done after {RUNS_MAX} runs")


def check_registry(site, uuids):
    listed = subprocess.run([USHER, "nodes", "--state", site.state, "--json"], capture_output=True,
                            text=True, check=True)
    nodes = [json.loads(line) for line in listed.stdout.splitlines()]
    check(sorted(n["uuid"] for n in nodes) == sorted(uuids), "the nodes are not the lamps")
    check(all(n["configured"] for n in nodes), "a node is not configured")
    taken = [int(n["address"], 16) + i for n in nodes for i in range(n["elements"])]
    check(len(taken) == len(set(taken)), "an address is in two nodes")
    # A lamp that has not heard that its link is over learns it by time-out, after a minute.
    site.wait_for(site.lamps, "complete", len(uuids))
    told = {e["uuid"]: e["address"] for e in site.events(site.lamps, "complete")}
    for node in nodes:
        check(told.get(node["uuid"]) == node["address"], f"{node}: the lamp has {told.get(node['uuid'])}")
    check(all(n["name"] == f"lamp-{uuids.index(n['uuid'])}" for n in nodes), "a name differs")


def check_audit(site, uuids):
    """Each address that a lamp was given was leased to it alone, and something became of it. A lamp
    that has not taken the address of its plan is given that again."""
    with sqlite3.connect(os.path.join(site.state, "registry.sqlite")) as db:
        lines = list(db.execute("SELECT number, what, uuid, address FROM audit ORDER BY number"))
    check([line[0] for line in lines] == list(range(1, len(lines) + 1)), "the audit log has gaps")
    leased, ended = {}, set()
    for _, what, uuid, address in lines:
        if what == "leased" and uuid.hex() in uuids:
            check(leased.get(address, uuid) == uuid, f"0x{address:04x} was leased to two")
            leased[address] = uuid
        elif what in ("provisioned", "configured", "excluded"):
            ended.add(address)
    check(set(leased) <= ended, "a lease without an end")
    print(f"audit log: {len(lines)} lines, {len(leased)} leases")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--loss", type=int, default=10)
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="usher-site-") as directory:
        site = Site(options, directory)
        began = time.monotonic()
        try:
            uuids = site.begin()
            site.kill_some()
            site.finish()
            check_registry(site, uuids)
            check_audit(site, uuids)
        except Wrong as wrong:
            kept = directory + "-failed"
            os.rename(directory, kept)
            os.mkdir(directory)
            print(f"FAILED: {wrong}; what is left: {kept}")
            return 1
        finally:
            site.end()
        print(f"passed: {options.devices} lamps, {options.kills} kills, "
              f"{time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
