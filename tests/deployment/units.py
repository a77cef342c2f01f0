"""The systemd units: as systemd-analyze reads them, and the service's filter against what the program does.

systemd does not run here. That the program works under the filter is therefore shown from the other side: what it
calls in a run with requests, a stop and its store is traced, and every call must be one that the unit allows.
"""

import glob
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile

import image

SERVICE = "deploy/systemd/suitsize.service"
# systemd's own scale: 0 is shut in, 10 is root's. In tenths.
MOST_EXPOSURE = 15
# Resolving a webhook's host tries it; the C library then does without.
TRIED_AND_DONE_WITHOUT = {"AF_NETLINK"}
REQUESTS = 50
NOBODY = 65534


def analyze(*arguments):
    run = subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def values(text, key):
    return [line.split("=", 1)[1] for line in text.splitlines() if line.startswith(f"{key}=")]


def verify(report, path):
    """Commands that are not installed on this machine are taken to be there: all else is systemd's to judge."""
    with open(path) as file:
        text = file.read()
    text = re.sub(r"^(Exec\w+=)(\S+)", r"\1/bin/true", text, flags=re.M)
    with tempfile.TemporaryDirectory() as directory:
        copy = os.path.join(directory, os.path.basename(path))
        if path.endswith(".conf"):
            # A drop-in is read with the unit it is for.
            with open(os.path.join(os.path.dirname(path), "suitsize.service")) as file:
                unit = re.sub(r"^(Exec\w+=)(\S+)", r"\1/bin/true", file.read(), flags=re.M)
            with open(os.path.join(directory, "suitsize.service"), "w") as file:
                file.write(unit + "\n" + text)
            copy = os.path.join(directory, "suitsize.service")
        else:
            with open(copy, "w") as file:
                file.write(text)
        code, said = analyze("verify", "--man=no", copy)
    report.check(f"systemd takes {os.path.basename(path)}", said if code or said.strip() else None)


def allowed_calls(unit_text):
    """What the unit's filters leave, by name."""

    def expand(name):
        if not name.startswith("@"):
            return {name}
        _, out = analyze("syscall-filter", name)
        members = [line.strip() for line in out.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
        return set().union(*map(expand, members)) if members else set()

    allowed = set()
    for rule in values(unit_text, "SystemCallFilter"):
        names = set().union(*map(expand, rule.lstrip("~").split()))
        allowed = allowed - names if rule.startswith("~") else allowed | names
    return allowed | expand("@default")


def traced(binary):
    """The lines of strace over a run: a start, requests, a stop."""
    with tempfile.TemporaryDirectory() as directory:
        trace = os.path.join(directory, "trace")
        environment = {**os.environ, "SUITSIZE_WARM": "off", "SUITSIZE_DATA_DIR": os.path.join(directory, "data")}
        command = ["strace", "-f", "-qq", "-o", trace, binary, "serve", "--port", "0"]
        if os.geteuid() == 0:
            # Root is treated in another way by libraries, SQLite among them.
            os.chown(directory, NOBODY, NOBODY)
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            for at in range(REQUESTS):
                question = json.dumps({"height": 160 + at / 2, "weight": 60 + at / 2})
                connection.request("POST", "/api/recommend", question, {"content-type": "application/json"})
                response = connection.getresponse()
                assert response.status == 200, response.read()
                response.read()
            with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
                os.kill(int(file.read().split()[0]), signal.SIGTERM)
            process.wait(image.STOP_LIMIT_S * 3)
        finally:
            process.kill()
        with open(trace) as file:
            return file.read().splitlines()


def run_traced(report, binary, unit_text):
    lines = [line.split(None, 1)[1] for line in traced(binary) if " " in line]
    calls = {found[1] for line in lines if (found := re.match(r"(\w+)\(", line))}
    # The first is strace's start of the program, systemd's own work under the unit.
    beyond = sorted(calls - allowed_calls(unit_text) - {"execve"})
    report.check(f"the unit's filter allows the {len(calls)} system calls of a run", ", ".join(beyond))
    both = [line for line in lines if re.match(r"(mmap|mprotect|pkey_mprotect)\(", line) and "PROT_WRITE|PROT_EXEC" in line]
    report.check("no memory is written to and executed", "; ".join(both[:2]))
    families = {found[1] for line in lines if (found := re.match(r"socket(?:pair)?\((AF_\w+)", line))}
    allowed = set(values(unit_text, "RestrictAddressFamilies")[0].split()) | TRIED_AND_DONE_WITHOUT
    report.check("it opens sockets of the unit's families alone", ", ".join(sorted(families - allowed)))


def run(report, binary, top):
    for path in sorted(glob.glob(os.path.join(top, "deploy/systemd/*"))):
        verify(report, path)
    service = os.path.join(top, SERVICE)
    code, said = analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", service)
    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    figure = exposure[1] if exposure else "unknown"
    what = f"systemd-analyze security: exposure {figure}, at most {MOST_EXPOSURE / 10}"
    report.check(what, said[-300:] if code or not exposure else None)
    with open(service) as file:
        run_traced(report, binary, file.read())
