"""What `cmake --install` and CPack make of the tree: programs of others are built against it and run."""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import Directory

BUILD, VERSION = os.environ["BUILD"], os.environ["VERSION"]
HERE = os.path.dirname(os.path.abspath(__file__))
CONSUMER = os.path.join(HERE, "consumer")
SANITIZE = ["-fsanitize=" + os.environ["SANITIZE"]] if os.environ["SANITIZE"] else []
AES = "69c4e0d86a7b0430d8cdb78070b4c55a"
UUID = "a lamp of theirs"


def must(*args, **more):
    done = subprocess.run(args, capture_output=True, text=True, check=False, timeout=240, **more)
    if done.returncode != 0:
        raise AssertionError(f"{args}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Installed(Directory):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="usher-install-")
        cls.addClassCleanup(directory.cleanup)
        prefix = os.path.join(directory.name, "first")
        must(os.environ["CMAKE"], "--install", BUILD, "--prefix", prefix)
        cls.prefix = os.path.join(directory.name, "moved")      # nothing of it knows where it is
        os.rename(prefix, cls.prefix)
        cls.pkgconfig = os.path.dirname(glob.glob(cls.prefix + "/lib*/**/usher.pc", recursive=True)[0])

    def packages(self, *args):
        return must("pkg-config", *args, env=dict(os.environ, PKG_CONFIG_PATH=self.pkgconfig)).split()

    def compile(self, name, sources, packages):
        program = os.path.join(self.dir, name)
        must(os.environ["CC"], "-std=c11", *SANITIZE, "-I", CONSUMER, *sources,
             *self.packages("--cflags", "--libs", *packages), "-o", program)
        return program

    def admits(self, program):
        """It really provisions a device, on an air."""
        self.air()
        device = self.devices(1, "--uuid", UUID.encode().hex(), "--exit")
        self.assertEqual(must(program, self.radio, UUID), f"usher {VERSION}\n")
        self.assertEqual(device.wait(), 0)

    def test_by_find_package(self):
        must(os.environ["CMAKE"], "-S", CONSUMER, "-B", self.dir, "-DCMAKE_PREFIX_PATH=" + self.prefix,
             "-DCMAKE_C_COMPILER=" + os.environ["CC"], "-DCMAKE_C_FLAGS=" + " ".join(SANITIZE),
             "-DEXAMPLE=" + os.environ["README"])
        must(os.environ["CMAKE"], "--build", self.dir)
        self.admits(os.path.join(self.dir, "admit"))
        self.assertEqual(must(os.path.join(self.dir, "roles")).split(), ["device"])
        for filling in "openssl", "psa", "bearssl":
            self.assertEqual(must(os.path.join(self.dir, "crypto_" + filling)).strip(), AES)

    def test_by_pkg_config(self):
        main = os.path.join(CONSUMER, "main.c")
        self.admits(self.compile("admit", [main, os.environ["README"]], ["usher-linux", "usher-provisioner"]))
        self.assertEqual(self.packages("--modversion", "usher"), [VERSION])

    def test_roles_are_linked_by_pkg_config_in_any_order(self):
        roles = [os.path.join(CONSUMER, "roles.c")]
        for packages, linked in ((["usher"], []), (["usher", "usher-device"], ["device"]),
                                 (["usher-provisioner", "usher"], ["provisioner"]),
                                 (["usher-serial", "usher-provisioner", "usher-device"],
                                  ["provisioner", "device"])):
            self.assertEqual(must(self.compile("roles", roles, packages)).split(), linked, packages)

    def test_the_tool_and_its_pages_are_there(self):
        self.assertEqual(must(self.prefix + "/bin/usher", "--version"), f"usher {VERSION}\n")
        for page in ("man/man1/usher.1", "bash-completion/completions/usher", "zsh/site-functions/_usher",
                     "fish/vendor_completions.d/usher.fish"):
            with open(os.path.join(self.prefix, "share", page), encoding="utf-8") as file:
                self.assertIn("decode", file.read())


class Packages(Directory):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("dpkg-deb") or not shutil.which("dpkg-shlibdeps"):
            sys.exit(77)
        directory = tempfile.TemporaryDirectory(prefix="usher-packages-")
        cls.addClassCleanup(directory.cleanup)
        must(os.environ["CPACK"], "-G", "DEB", "--config", BUILD + "/CPackConfig.cmake", "-B", directory.name,
             cwd=directory.name)
        cls.packages = {os.path.basename(p).split("_")[0]: p for p in glob.glob(directory.name + "/*.deb")}

    def info(self, package):
        fields = must("dpkg-deb", "--field", self.packages[package])
        return dict(line.split(": ", 1) for line in fields.splitlines() if line and line[0] != " ")

    def contents(self, package):
        lines = must("dpkg-deb", "--contents", self.packages[package]).splitlines()
        return {line.split()[5][1:]: line.split()[:2] for line in lines if not line.startswith("d")}

    def test_there_are_two(self):
        self.assertEqual(set(self.packages), {"usher", "libusher-dev"})
        for package in self.packages:
            info = self.info(package)
            self.assertEqual((info["Package"], info["Version"]), (package, VERSION))
            self.assertEqual(info["Architecture"], must("dpkg", "--print-architecture").strip())

    def test_the_tools_package(self):
        contents = self.contents("usher")
        self.assertEqual(contents["/usr/bin/usher"], ["-rwxr-xr-x", "root/root"])
        for path in ("man/man1/usher.1", "bash-completion/completions/usher", "zsh/site-functions/_usher",
                     "fish/vendor_completions.d/usher.fish", "doc/usher/copyright"):
            self.assertEqual(contents["/usr/share/" + path], ["-rw-r--r--", "root/root"])
        self.assertEqual(len(contents), 6)
        for library in "libc6", "libssl3", "libuv1", "libjansson4":
            self.assertRegex(self.info("usher")["Depends"], rf"\b{library}\b")

    def test_the_developers_package(self):
        contents = self.contents("libusher-dev")
        for name in "include/usher/usher.h", "include/usher-linux/linux_port.h":
            self.assertIn("/usr/" + name, contents)
        names = {os.path.basename(path) for path in contents}
        for name in ("libusher.a", "libusher_provisioner.a", "libusher_device.a", "libusher_linux.a", "usher.pc",
                     "usher-provisioner.pc", "usher-linux.pc", "usherConfig.cmake", "usherTargets.cmake"):
            self.assertIn(name, names)
        self.assertFalse([path for path in contents if "/bin/" in path or "/man/" in path])
        self.assertIn("libssl-dev", self.info("libusher-dev")["Depends"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
