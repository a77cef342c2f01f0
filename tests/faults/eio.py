"""A failing and a slow disk: system calls on the store's files fail or take long, by strace.

strace attaches to the running service, which is the fault's beginning, and detaches, which is its end. Only
calls on the store's files are touched; that some were is read from strace's own record. Tracing stops the
process at every system call, which costs tens of microseconds and no more.
"""

import os
import signal
import subprocess
import threading
import time

from ledger import Ledger
from service import Client
from trial import Broken, LeftOut

ATTACH_LIMIT_S = 5.0


class Injection:
    """`effect`: as strace's inject=..., "error=EIO". `paths`: the store's file and its log, if not others."""

    def __init__(self, trial, calls, effect, paths=None):
        self.record = os.path.join(trial.scratch, f"strace-{time.monotonic_ns()}")
        touched = paths or (trial.database, trial.database + "-wal")
        paths = [argument for path in touched for argument in ("-P", path)]
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


def _fails(trial, calls, effect, faults, seconds=3):
    """A story: well, the fault, told, gone, well; and what was acknowledged is there."""
    if trial.service is None:
        trial.start()
    trial.is_well()
    trial.acts(3)
    injection = Injection(trial, calls, effect)
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
    trial.holds_what_was_said()


def read(trial):
    _fails(trial, "read,pread64", "error=EIO", ["io_error"])


def read_now_and_then(trial):
    """One read in 400: a disk that stutters, and a file that is sound."""
    _fails(trial, "read,pread64", "error=EIO:when=20+400", [])
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
    trial.holds_what_was_said()


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
    trial.start(shoppers=8)
    _fails(trial, "pread64", "delay_enter=300000", [], seconds=6)


def slow_writes(trial):
    _fails(trial, "pwrite64", "delay_enter=100000", [], seconds=4)


def slow_syncs(trial):
    """A disk that takes its time: only who waits for durability waits for it."""
    trial.start()
    trial.is_well()
    injection = Injection(trial, "fsync,fdatasync", "delay_enter=1500000")
    said = trial.acts(2)
    trial.check(said == "recorded", f"a slow disk made a row {said}")
    trial.check(injection.count() > 0, "no call was touched: nothing was tried")
    injection.end()
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


def hanging_writes(trial):
    """The disk takes nothing for many seconds, and operators wait for it in a row: shoppers do not."""
    trial.start(shoppers=4)
    trial.is_well()
    trial.acts(2)
    injection = Injection(trial, "pwrite64,fsync,fdatasync", "delay_enter=12000000")
    operators = [threading.Thread(target=_act_once, args=(trial, number), daemon=True) for number in range(12)]
    for operator in operators:
        operator.start()
    trial.dwell(9)
    injection.end()
    for operator in operators:
        operator.join()
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


def _act_once(trial, number):
    client, ledger = Client(trial.service.port), Ledger(f"operator-{number}")
    if ledger.act(client) == "recorded":
        trial.ledger.recorded += ledger.recorded


def acknowledged_is_synced(trial):
    """Every row is on the disk, and not only with the system, before it is acknowledged."""
    trial.start()
    trial.is_well()
    watching = Injection(trial, "fsync,fdatasync", "delay_exit=1")
    trial.acts(10)
    watching.end()
    trial.check(watching.count() >= 10, f"10 rows were acknowledged with {watching.count()} syncs")
    trial.recovers()


def slow_looks(trial):
    """Even asking for a file's size takes long: a disk that hangs."""
    _fails(trial, "stat,statx,newfstatat,lstat", "delay_enter=400000", [], seconds=4)


def slow_messages(trial):
    """Whoever takes the service's own messages takes their time, while there is much to say."""
    trial.start(shoppers=4)
    trial.is_well()
    injection = Injection(trial, "write,writev", "delay_enter=400000", [trial.service.log_path])
    for _ in range(2):
        os.remove(trial.database)
        os.mkdir(trial.database)
        trial.says("cannot_open")
        os.rmdir(trial.database)
        trial.is_well()
    touched = injection.count()
    trial.check(touched > 0, "no call was touched: nothing was tried")
    injection.end()
    trial.recovers()


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
    "hanging_writes": hanging_writes,
    "acknowledged_is_synced": acknowledged_is_synced,
    "slow_looks": slow_looks,
    "slow_messages": slow_messages,
    "open_fails": open_fails,
}
