"""Whether what is shipped to run the service somewhere does run it, as far as that goes without a container engine.

    python3 tests/deployment/run.py --binary target/release/suitsize [--require] [--hadolint PATH]

Builds the image's root by hand (the program, the shared libraries it names, nothing else), mounts it read-only
and runs the program in it as the image's user; holds the systemd units against `systemd-analyze`, and the system
calls the program really makes against the unit's filter; boots systemd with the service's unit in namespaces of
its own. Needs root, util-linux, binutils, systemd, dbus, strace and curl; what lacks something is left out, with a
line that says so, which has failed if `--require` is given. Python 3.11, nothing else. Exit code 1 if anything failed.
"""

import argparse
import os
import shutil
import subprocess
import sys

import booted
import image
import units

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..")
NEEDS = {
    "image": ("unshare", "setpriv", "chroot", "mount", "readelf", "ldd"),
    "units": ("systemd-analyze", "strace", "setpriv"),
    "booted": ("unshare", "mount", "pivot_root", "systemctl", "dbus-daemon", "curl"),
}


class Report:
    def __init__(self, require):
        self.failed = 0
        self.require = require

    def check(self, what, problem):
        """`problem`: what is wrong; nothing if it is right."""
        self.failed += bool(problem)
        print(f"{'FAILED ' if problem else 'ok     '}{what}{f': {problem}' if problem else ''}", flush=True)

    def leave_out(self, what, why):
        self.failed += self.require
        print(f"left out: {what} ({why})", flush=True)


def lint_dockerfile(report, hadolint):
    if not hadolint:
        print("left out: linting the Dockerfile (no hadolint; never required)", flush=True)
        return
    lint = subprocess.run([hadolint, os.path.join(TOP, "Dockerfile")], capture_output=True, text=True)
    report.check("hadolint has nothing to say of the Dockerfile", lint.stdout + lint.stderr if lint.returncode else None)


def lacking(part):
    missing = [tool for tool in NEEDS[part] if not shutil.which(tool)]
    if missing:
        return f"no {', '.join(missing)}"
    return "not root" if part != "units" and os.geteuid() != 0 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--hadolint", default=shutil.which("hadolint"))
    parser.add_argument("--require", action="store_true", help="what is left out has failed")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    report = Report(options.require)
    lint_dockerfile(report, options.hadolint)
    for part, run in (("image", image.run), ("units", units.run), ("booted", booted.run)):
        why = lacking(part)
        if why:
            report.leave_out(part, why)
        else:
            run(report, binary, TOP)
    print(f"{report.failed} failed")
    sys.exit(bool(report.failed))


if __name__ == "__main__":
    main()
