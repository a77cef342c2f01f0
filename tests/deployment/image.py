"""The image's root, made by hand: the program and its shared libraries, read-only, run by the image's user.

What of the Dockerfile concerns running (environment, user, commands) is read from it, not repeated here.
"""

import contextlib
import http.client
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

# Of Debian 12's libc6 and libgcc-s1, which are in gcr.io/distroless/cc-debian12.
IN_THE_IMAGE = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
GLIBC_OF_DEBIAN_12 = (2, 36)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
QUESTION = json.dumps({"height": 175, "weight": 75, "fitPreference": "regular", "unit": "metric"})


class Dockerfile:
    def __init__(self, path):
        with open(path) as file:
            lines = [line for line in file.read().replace("\\\n", " ").splitlines() if not line.startswith("#")]
        self.lines = lines[max(at for at, line in enumerate(lines) if line.startswith("FROM ")) :]

    def value(self, instruction):
        found = [line.removeprefix(instruction).strip() for line in self.lines if line.startswith(f"{instruction} ")]
        return found[-1]

    @property
    def environment(self):
        return dict(pair.split("=", 1) for pair in self.value("ENV").split())

    @property
    def user(self):
        return self.value("USER")

    @property
    def serve(self):
        return json.loads(self.value("ENTRYPOINT")) + json.loads(self.value("CMD"))

    @property
    def healthcheck(self):
        return json.loads(self.value("HEALTHCHECK").split("CMD", 1)[1])


def libraries(binary):
    """Paths by name of what the program is linked with."""
    out = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    paths = re.findall(r"(/\S+) \(0x", out)
    return {os.path.basename(path): path for path in paths}


def newest_glibc(binary):
    out = subprocess.run(["readelf", "-V", binary], capture_output=True, text=True, check=True).stdout
    versions = {tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_(2[0-9.]+)", out)}
    return max(versions)


class Root:
    """A directory that becomes `/` of a process, read-only but for `/data`."""

    def __init__(self, top, binary, dockerfile, data_mode):
        self.path = os.path.join(top, "root")
        self.data = os.path.join(top, "data")
        self.dockerfile = dockerfile
        uid, gid = map(int, dockerfile.user.split(":"))
        for directory in ("data", "proc", "dev", "usr/bin", "tmp"):
            os.makedirs(os.path.join(self.path, directory))
        os.makedirs(self.data)
        os.chown(self.data, uid, gid)
        os.chmod(self.data, data_mode)
        os.chmod(top, 0o755)
        shutil.copy(binary, os.path.join(self.path, "usr/bin/suitsize"))
        for source in libraries(binary).values():
            target = self.path + source
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(source, target)

    def command(self, arguments):
        """Under it: in a mount namespace of its own, without a way to more rights."""
        script = (
            'mount --bind "$0" "$0" && mount --bind "$1" "$0/data" && mount -t proc proc "$0/proc"'
            ' && mount -o remount,bind,ro "$0" && root=$0 && shift'
            f' && exec setpriv --no-new-privs chroot --userspec={self.dockerfile.user} "$root" "$@"'
        )
        return ["unshare", "--mount", "sh", "-c", script, self.path, self.data, *arguments]

    def environment(self, port):
        # Loopback, since this is somebody's machine and not a container.
        return {**self.dockerfile.environment, "PATH": PATH, "PORT": str(port), "SUITSIZE_HOST": "127.0.0.1", "SUITSIZE_WARM": "off"}

    def files(self):
        found = {}
        for directory, _, names in os.walk(self.path):
            for name in names:
                path = os.path.join(directory, name)
                found[path] = os.lstat(path).st_mtime_ns
        return found

    @contextlib.contextmanager
    def serving(self):
        process = subprocess.Popen(
            self.command(self.dockerfile.serve),
            env=self.environment(0),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            ready, _, _ = select.select([process.stdout], [], [], START_LIMIT_S)
            greeting = process.stdout.readline() if ready else ""
            if "listens on http://" not in greeting:
                process.kill()
                raise RuntimeError(f"it did not start: {greeting}{process.stderr.read()[-800:]}")
            yield process, int(greeting.rsplit(":", 1)[1])
        finally:
            process.kill()
            process.wait()

    def healthcheck(self, port):
        run = subprocess.run(self.command(self.dockerfile.healthcheck), env=self.environment(port), capture_output=True)
        return run.returncode


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {"content-type": "application/json"} if body else {})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def rights(process):
    """What is wrong with the rights of a running process."""
    with open(f"/proc/{process.pid}/status") as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
    wrong = []
    if "0" in status["Uid"].split() + status["Gid"].split():
        wrong.append("it is root")
    if any(int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")):
        wrong.append("it has capabilities")
    if status["NoNewPrivs"] != "1":
        wrong.append("it may get privileges")
    with open(f"/proc/{process.pid}/mountinfo") as file:
        mounts = [line.split() for line in file]
    writable = [m[4] for m in mounts if m[4] in ("/",) and "ro" not in m[5].split(",")]
    return "; ".join(wrong + [f"{mount} is writable" for mount in writable])


def stop(process):
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"still running after {STOP_LIMIT_S:.0f} s"
    return f"exit code {code} after {time.monotonic() - began:.1f} s" if code else None


def run_in_root(report, root):
    before = root.files()
    with root.serving() as (process, port):
        report.check("it runs without root, capabilities, or a root to write to", rights(process))
        status, answer = ask(port, "POST", "/api/recommend", QUESTION)
        size = answer.get("recommendation", {}).get("size")
        report.check("it answers", None if (status, size) == (200, "50R") else f"{status} {answer}")
        _, health = ask(port, "GET", "/api/health")
        report.check("it has its store", None if health.get("status") == "healthy" else health)
        code = root.healthcheck(port)
        report.check("the image's health check finds it", f"exit code {code}" if code else None)
        code = root.healthcheck(1)
        report.check("and finds where none is", None if code == 1 else f"exit code {code}")
        report.check("it stops as `docker stop` asks", stop(process))
    written = [path for path, time_ns in root.files().items() if before.get(path) != time_ns]
    report.check("it writes into /data alone", ", ".join(written))
    report.check("and there it does", None if "suitsize.db" in os.listdir(root.data) else os.listdir(root.data))


def run(report, binary, top):
    names = set(libraries(binary)) - IN_THE_IMAGE
    report.check("every library it names is in the image", ", ".join(sorted(names)))
    newest = newest_glibc(binary)
    what = f"it asks for glibc {'.'.join(map(str, newest))}, the image has 2.36"
    report.check(what, "too new" if newest > GLIBC_OF_DEBIAN_12 else None)
    dockerfile = Dockerfile(os.path.join(top, "Dockerfile"))
    with tempfile.TemporaryDirectory() as directory:
        run_in_root(report, Root(directory, binary, dockerfile, 0o700))
    with tempfile.TemporaryDirectory() as directory:
        # As a volume that belongs to somebody else.
        root = Root(directory, binary, dockerfile, 0o500)
        with root.serving() as (process, port):
            status, _ = ask(port, "POST", "/api/recommend", QUESTION)
            _, health = ask(port, "GET", "/api/health")
            told = f"{status} {health.get('status')}"
            wrong = None if told == "200 degraded" else told
            report.check("with a data directory it may not write to it answers, and says degraded", wrong)
            report.check("and stops", stop(process))
