"""A failing and a slow disk: system calls on the store's files fail or take long, by strace.

strace attaches to the running service, which is the fault's beginning, and detaches, which is its end. Only
calls on the store's files are touched; that some were is read from strace's own record. Tracing stops the
process at every system call, which costs tens of microseconds and no more.
"""

import os
import signal
import subprocess
import time

from trial import Broken, LeftOut

ATTACH_LIMIT_S = 5.0


class Injection:
    """`effect`: as strace's inject=..., "error=EIO"."""

    def __init__(self, trial, calls, effect, suffixes=("", "-wal")):
        self.record = os.path.join(trial.scratch, f"strace-{time.monotonic_ns()}")
        paths = [argument for suffix in suffixes for argument in ("-P", trial.database + suffix)]
        command = ["strace", "-f", "-q", "-o", self.record, "-e", f"trace={calls}", "-e", f"inject={calls}:{effect}"]
        try:
            self.process = subprocess.Popen(
                [*command, *paths, "-p", str(trial.service.pid)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        except FileNotFoundError:
            raise LeftOut("there is no strace, so the disk does not fail (Debian: strace)") from None
        self._wait_until_attached(trial.service.pid)

    def _wait_until_attached(self, pid):
        end = time.monotonic() + ATTACH_LIMIT_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                said = self.process.stderr.read()
                if "not permitted" in said:
                    raise LeftOut("tracing is not allowed here, so the disk does not fail")
                raise Broken(f"strace: {said}")
            with open(f"/proc/{pid}/status") as status:
                if f"TracerPid:\t{self.process.pid}\n" in status.read():
                    return
            time.sleep(0.01)
        raise Broken("strace did not attach")

    def count(self):
        """How many calls it has touched."""
        with open(self.record, errors="replace") as record:
            return sum("INJECTED" in line or "DELAYED" in line for line in record)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.process.stderr.close()


def _fails(trial, calls, effect, faults, seconds=3, **more):
    """A story: well, the fault, told, gone, well; and what was acknowledged is there."""
    trial.start()
    trial.is_well()
    trial.acts(3)
    injection = Injection(trial, calls, effect, **more)
    if faults:
        trial.says(*faults)
        trial.acts(1)
    trial.dwell(seconds)
    touched = injection.count()
    trial.check(touched > 0, "no call was touched: nothing was tried")
    injection.end()
    trial.recovers()
    trial.dwell(1)
    trial.note(f"{touched} calls of {calls} were given {effect}")
    trial.kill()
    trial.holds_what_was_promised(trial.ledger.recorded + trial.ledger.pending)


def read(trial):
    _fails(trial, "read,pread64", "error=EIO", ["io_error"])


def read_now_and_then(trial):
    """One read in 50: a failing sector, and a file that is sound."""
    _fails(trial, "read,pread64", "error=EIO:when=20+50", [])
    trial.check(trial.watch.greatest("quarantined") == 0, "a sound file was set aside")


def write(trial):
    _fails(trial, "write,pwrite64", "error=EIO", ["io_error"])


def no_space(trial):
    """As a full disk, of which statvfs says that it is not (a quota)."""
    _fails(trial, "write,pwrite64", "error=ENOSPC", ["full", "io_error"])


def sync(trial):
    """A row is not acknowledged that the disk did not take."""
    trial.start()
    trial.is_well()
    injection = Injection(trial, "fsync,fdatasync", "error=EIO")
    said = trial.acts(2)
    trial.check(said == "pending", f"a row was {said} though the disk did not take it")
    trial.dwell(2)
    trial.check(injection.count() > 0, "no call was touched: nothing was tried")
    injection.end()
    trial.recovers()
    trial.dwell(2)
    trial.kill()
    trial.holds_what_was_promised(trial.ledger.recorded + trial.ledger.pending)


def cut(trial):
    """Truncating the log fails."""
    trial.start()
    trial.is_well()
    trial.acts(2)
    injection = Injection(trial, "ftruncate", "error=EIO")
    for turn in range(3):
        trial.client.optimize(f"cut-{turn}")
    trial.check(injection.count() > 0, "no call was touched: nothing was tried")
    injection.end()
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


def slow_reads(trial):
    """Every read takes longer than computing is worth waiting for."""
    _fails(trial, "pread64", "delay_enter=300000", [], seconds=6)


def slow_writes(trial):
    _fails(trial, "pwrite64", "delay_enter=100000", [], seconds=4)


def slow_syncs(trial):
    _fails(trial, "fsync,fdatasync", "delay_enter=1500000", [], seconds=4)


def slow_looks(trial):
    """Even asking for a file's size takes long: a disk that hangs."""
    _fails(trial, "stat,statx,newfstatat,lstat", "delay_enter=400000", [], seconds=4)


def open_fails(trial):
    """The file has to be opened anew, and cannot."""
    trial.start()
    trial.is_well()
    trial.acts(2)
    injection = Injection(trial, "openat", "error=EACCES")
    os.rename(trial.database, trial.database + ".away")
    os.rename(trial.database + "-wal", trial.database + ".away-wal")
    trial.says("read_only", "cannot_open")
    trial.dwell(2)
    trial.check(injection.count() > 0, "no call was touched: nothing was tried")
    injection.end()
    os.rename(trial.database + ".away-wal", trial.database + "-wal")
    os.rename(trial.database + ".away", trial.database)
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


SCENARIOS = {
    "read": read,
    "read_now_and_then": read_now_and_then,
    "write": write,
    "no_space": no_space,
    "sync": sync,
    "cut": cut,
    "slow_reads": slow_reads,
    "slow_writes": slow_writes,
    "slow_syncs": slow_syncs,
    "slow_looks": slow_looks,
    "open_fails": open_fails,
}
