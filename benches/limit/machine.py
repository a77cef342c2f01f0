"""Where and of what a measurement is: the machine, how busy it was, the commit."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def describe():
    return {
        "cpu": field("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_mb": int(field("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "load_at_start": os.getloadavg(),
    }


def commit():
    """Its short id, and whether files of it were changed."""
    return {"id": git("rev-parse", "--short=12", "HEAD") or None, "dirty": bool(git("status", "--porcelain", "-uno"))}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def stolen_and_all_ticks():
    """Since the machine's start: those that its host gave to others, and all."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)


def version(command):
    """What a program says of itself, on either stream; wrk does so with an exit code of 1."""
    said = subprocess.run(command, capture_output=True, text=True)
    return (said.stdout + said.stderr).strip().split("\n")[0]


def field(file, name):
    for line in Path(file).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "unknown"


def git(*arguments):
    try:
        said = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return said.stdout.strip()
