"""The service's unit under a real systemd: booted as the first process of namespaces of its own, over this machine's
files, of which it changes none (an overlay in memory takes what is written).

What it cannot show: limits by control group (`MemoryMax`), which need a kernel and an owner that hand the controllers on.
"""

import os
import shutil
import signal
import subprocess
import tempfile

LIMIT_S = 150
SYSTEMD = "/lib/systemd/systemd"
TOKEN = "0123456789abcdef0123456789abcdef"
# Short, so that a service that hangs is noticed while somebody watches.
WATCHDOG_S = 3

BOOT = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1/memory"
cd "$1/memory"
mkdir changes work root
mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/changes,workdir=$PWD/work" root
cd root
units=etc/systemd/system
rm -rf $units && mkdir -p $units/suitsize.service.d $units/multi-user.target.wants etc/suitsize
cp "$2" usr/local/bin/suitsize
cp "$3"/suitsize.service $units/
cp "$3"/admin-token.conf "$3"/this-machine-only.conf "$1"/watchdog.conf $units/suitsize.service.d/
cp "$1"/probe.service $units/
cp "$1"/token etc/suitsize/admin-token
for unit in suitsize probe; do ln -s /$units/$unit.service $units/multi-user.target.wants/; done
mount --bind "$1/told" mnt
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
ip link set lo up 2>/dev/null || true
mkdir old && pivot_root . old && umount -l old
mount --make-rshared /
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin """ + SYSTEMD + """ --unit=multi-user.target
"""

PROBE = """
show() { systemctl show suitsize -p "$1" --value; }
until_is() { for _ in $(seq 150); do [ "$($2)" = "$1" ] && return; sleep 0.2; done; }
restarts() { show NRestarts; }
active() { systemctl is-active suitsize; }
answers() { curl -s -m 5 -o /dev/null -w '%{http_code}' 127.0.0.1:8080/api/recommend \
  -H 'content-type: application/json' -d '{"height":175,"weight":75}'; }
until_is active active
pid=$(show MainPID)
echo "active=$(active)"
echo "status=$(show StatusText)"
echo "answers=$(answers)"
echo "root=$(awk '/^Uid:/ {print ($2 == 0)}' /proc/$pid/status)"
echo "capabilities=$(awk '/^CapBnd:/ {print $2}' /proc/$pid/status)"
echo "filtered=$(awk '/^Seccomp:/ {print $2}' /proc/$pid/status)"
echo "directory=$(stat -c %a /var/lib/private/suitsize)"
echo "stored=$(curl -s 127.0.0.1:8080/api/health | grep -c '"state":"open"')"
echo "token=$(cat /proc/$pid/root/run/credentials/suitsize.service/admin-token)"
sleep WATCHDOG_TWICE
echo "alive_restarts=$(restarts)"
kill -STOP $pid
until_is 1 restarts
until_is active active
echo "hung_restarts=$(restarts)"
echo "answers_again=$(answers)"
systemctl stop suitsize
echo "stopped=$(show ActiveState) $(show Result) $(show ExecMainStatus)"
""".replace("WATCHDOG_TWICE", str(WATCHDOG_S * 2))

PROBE_UNIT = f"""[Unit]
After=suitsize.service
[Service]
Type=oneshot
ExecStart=/bin/bash -c '/bin/bash /mnt/probe.sh >/mnt/answers 2>/mnt/errors; touch /mnt/done; systemctl exit'
"""

EXPECTED = {
    "active": "active",
    "status": "Answers on 127.0.0.1:8080",
    "answers": "200",
    "root": "0",
    "capabilities": "0000000000000000",
    "filtered": "2",
    "directory": "700",
    "stored": "1",
    "token": TOKEN,
    "alive_restarts": "0",
    "hung_restarts": "1",
    "answers_again": "200",
    "stopped": "inactive success 0",
}
MEANING = {
    "active": "started by systemd, it says that it is ready",
    "status": "systemctl status says where it answers",
    "answers": "it answers under every limit of the unit",
    "root": "it is not root",
    "capabilities": "it can have no capability",
    "filtered": "its system calls are filtered",
    "directory": "nobody else may read its directory",
    "stored": "its store is open there",
    "token": "it is given the operator's token",
    "alive_restarts": "its signs of life are heard",
    "hung_restarts": "when it hangs it is started again",
    "answers_again": "and answers again",
    "stopped": "it stops in order",
}


def can_boot():
    """Why not, in words; nothing if it can."""
    if not os.path.exists(SYSTEMD):
        return "no systemd"
    namespaces = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--cgroup", "true"], capture_output=True)
    return "no namespaces" if namespaces.returncode else None


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def boot(binary, top):
    """What the probe told, as a dictionary; and what went wrong, in words."""
    directory = tempfile.mkdtemp()
    try:
        told = os.path.join(directory, "told")
        for path in (told, os.path.join(directory, "memory")):
            os.makedirs(path)
        write(os.path.join(told, "probe.sh"), PROBE)
        write(os.path.join(directory, "probe.service"), PROBE_UNIT)
        write(os.path.join(directory, "token"), TOKEN + "\n")
        write(os.path.join(directory, "watchdog.conf"), f"[Service]\nWatchdogSec={WATCHDOG_S}\n")
        units = os.path.join(top, "deploy/systemd")
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net", "--cgroup"]
        command += ["bash", "-c", BOOT, "boot", directory, binary, os.path.abspath(units)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            said, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            said, _ = process.communicate()
        answers = os.path.join(told, "answers")
        if not os.path.exists(answers):
            return {}, said.decode(errors="replace")[-400:] or "systemd did not come as far as asking"
        with open(answers) as file:
            return dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line), None
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run(report, binary, top):
    why = can_boot()
    if why:
        report.leave_out("a boot of systemd", why)
        return
    told, problem = boot(binary, top)
    if problem:
        report.check("systemd boots with the unit", problem)
        return
    for key, expected in EXPECTED.items():
        found = told.get(key, "nothing")
        report.check(f"under systemd: {MEANING[key]}", None if found == expected else f"{found}, not {expected}")
