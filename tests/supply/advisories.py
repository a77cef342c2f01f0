"""Whether any locked crate has an open security advisory.

    python3 tests/supply/advisories.py [--database DIRECTORY]

DIRECTORY: a checkout (or bare repository) of RustSec's advisory-db; RUSTSEC_ADVISORY_DB names one too. Without
one a line says so, and nothing is checked. What `cargo deny check advisories` does, where it is not installed:
only releases are compared, since the lock file has no others that could be concerned. Python 3.11 and git. Exit
code 1 if an advisory holds.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def number(version):
    """Parts to compare by; a pre-release comes before its release."""
    plain, _, pre = version.split("+")[0].partition("-")
    parts = [int(part) for part in plain.split(".")]
    names = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre.split("."))
    return (*(parts + [0, 0, 0])[:3], not pre, names)


def caret_end(text):
    """The first version that a requirement without an operator does not take."""
    parts = [int(part) for part in text.split("-")[0].split(".")]
    at = next((at for at, part in enumerate(parts) if part), len(parts) - 1)
    return ".".join(str(part) for part in [*parts[:at], parts[at] + 1, 0, 0][:3])


def meets(version, requirement):
    """As Cargo reads requirements: `>= 1.2, < 1.5`, `^1.2`, `~1.2`, `= 1.2.3`."""
    have = number(version)
    for part in requirement.split(","):
        operator, text = re.fullmatch(r"\s*(>=|<=|>|<|=|\^|~)?\s*(\S+)\s*", part).groups()
        want = number(text)
        if operator in (None, "^"):
            fine = want <= have < number(caret_end(text))
        elif operator == "~":
            major, minor = (text.split(".") + ["0"])[:2]
            fine = want <= have < number(f"{major}.{int(minor) + 1}.0")
        else:
            fine = {">=": have >= want, "<=": have <= want, ">": have > want, "<": have < want, "=": have == want}[operator]
        if not fine:
            return False
    return True


def advisories(database, names):
    """Those that name a locked crate, as dictionaries. Withdrawn ones are not open."""

    def git(*arguments):
        run = subprocess.run(["git", "-C", database, *arguments], capture_output=True, text=True, check=True)
        return run.stdout

    for path in git("ls-tree", "-r", "--name-only", "HEAD", "crates/").split():
        if path.split("/")[1] in names and path.endswith(".md"):
            front = git("show", f"HEAD:{path}").split("```")[1].removeprefix("toml")
            advisory = tomllib.loads(front)
            if "withdrawn" not in advisory["advisory"]:
                yield advisory


def is_open(version, advisory):
    versions = advisory.get("versions", {})
    safe = versions.get("patched", []) + versions.get("unaffected", [])
    return not any(meets(version, requirement) for requirement in safe)


def check_itself():
    for version, requirement, expected in [
        ("1.2.3", ">= 1.2.3", True), ("1.2.2", ">= 1.2.3", False), ("1.4.0", ">= 1.2, < 1.5", True),
        ("1.5.0", ">= 1.2, < 1.5", False), ("0.3.27", "^0.3.9", True), ("0.4.0", "^0.3.9", False),
        ("1.9.0", "1.2", True), ("2.0.0", "1.2", False), ("1.2.9", "~1.2.3", True), ("1.3.0", "~1.2.3", False),
        ("2.0.0-rc.14", ">= 2.0.0", False), ("2.0.0-rc.14", ">= 2.0.0-rc.2", True), ("0.5.0+0.23", "= 0.5.0", True),
    ]:
        assert meets(version, requirement) == expected, (version, requirement)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", default=os.environ.get("RUSTSEC_ADVISORY_DB"))
    parser.add_argument("--lock", default=os.path.join(TOP, "Cargo.lock"))
    options = parser.parse_args()
    check_itself()
    if not options.database:
        print("left out: advisories (RUSTSEC_ADVISORY_DB names no checkout of RustSec's advisory-db)")
        return
    with open(options.lock, "rb") as file:
        locked = [(package["name"], package["version"]) for package in tomllib.load(file)["package"]]
    commit = ["git", "-C", options.database, "log", "-1", "--format=%H of %cs"]
    known = list(advisories(options.database, {name for name, _ in locked}))
    found = [(n, v, a) for a in known for n, v in locked if n == a["advisory"]["package"] and is_open(v, a)]
    for name, version, advisory in found:
        kind = advisory["advisory"].get("informational", "vulnerability")
        print(f"FAILED {name} {version}: {advisory['advisory']['id']} ({kind})")
    database = subprocess.run(commit, capture_output=True, text=True, check=True).stdout.strip()
    print(f"{len(locked)} crates, {len(known)} advisories of them ever, {len(found)} open, by advisory-db {database}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
