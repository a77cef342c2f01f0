"""Processes under measurement: on which cores they run, what they cost, that none is left.

The driver puts itself on the servers' cores at the beginning; what it starts inherits that, and only the
load generator is put elsewhere.
"""

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STOP_LIMIT_S = 20.0
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class Cores:
    """Who runs where. `split`: servers on the first half of the cores, the load generator on the others; `shared`:
    both on all of them."""

    def __init__(self, layout):
        cores = sorted(os.sched_getaffinity(0))
        self.layout = layout if len(cores) > 1 else "shared"
        half = len(cores) // 2
        self.servers = cores[:half] if self.layout == "split" else cores
        self.load = cores[half:] if self.layout == "split" else cores

    def settle(self):
        """Puts this process, and what it starts from now on, where servers run."""
        os.sched_setaffinity(0, self.servers)


def start(command, cores=None, **popen):
    """A child that ends when its parent does, however that ends."""

    def prepare():
        # Gently, so that one with children of its own ends those too.
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if cores:
            os.sched_setaffinity(0, cores)

    return subprocess.Popen([str(word) for word in command], preexec_fn=prepare, **popen)


def stop(process):
    """SIGTERM, and SIGKILL for what has not ended in time."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def family(pid):
    """A process and all below it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def cpu_us(pids):
    """Processor time of all their threads so far, user and system, in microseconds; to 10 ms."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1_000_000 / TICKS_PER_SECOND


def memory_mb(pids, which):
    """`VmRSS`: resident now; `VmHWM`: the most that it was. Added up, so pages that processes share count
    for each."""
    kb = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{which}:"):
                kb += int(line.split()[1])
    return kb / 1024


def wait_until(is_so, limit_s, what, every_s=0.05):
    """Raises `TimeoutError` that names `what` when it does not become so in time."""
    until = time.monotonic() + limit_s
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {limit_s:.0f} s")
        time.sleep(every_s)
