"""The disk and what is allowed there: full, limited, read-only, unreadable, not there.

A small tmpfs is a disk that can be filled; where mounting is not allowed, only the process's own size
limit is left. Root is above file modes, so those are tried as another user.
"""

import os
import resource
import subprocess

from trial import LeftOut

DISK_SIZE = "24m"
NOBODY = 65534
# The log has some room left when the disk is full.
MOST_ACTS = 2_000
# Less than the database has already, more than the service's own log of messages.
SIZE_LIMIT_BYTES = 16 * 1024
OWN_LIMIT_MB = 8


def mount(trial, path, size):
    """A small disk at `path`, for the time of the trial."""
    os.mkdir(path)
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True)
    except FileNotFoundError:
        raise LeftOut("there is no mount here, so no small disk to fill") from None
    if mounted.returncode != 0:
        raise LeftOut("mounting a small disk to fill is not allowed here")
    trial.at_the_end(lambda: subprocess.run(["umount", "-l", path], check=True))


def fill(trial):
    """Somebody else's file takes all that is left."""
    block = b"\xa5" * 65536
    with open(os.path.join(trial.dir, "somebody-elses"), "wb", buffering=0) as file:
        try:
            while True:
                file.write(block)
        except OSError:
            pass
    stat = os.statvfs(trial.dir)
    trial.check(stat.f_bavail == 0, f"{stat.f_bavail} blocks are still free")


def free(trial):
    os.remove(os.path.join(trial.dir, "somebody-elses"))


def full(trial):
    """Filled by another while it runs, and emptied: what could not be acknowledged at once is written then."""
    mount(trial, trial.dir, DISK_SIZE)
    trial.start()
    trial.is_well()
    trial.acts(3)
    fill(trial)
    trial.says("full")
    for _ in range(MOST_ACTS):
        if trial.acts() == "pending":
            break
    trial.check(trial.ledger.pending, f"a full disk took {MOST_ACTS} more rows")
    trial.dwell(3)
    free(trial)
    trial.recovers()
    trial.dwell(2)
    trial.kill()
    trial.holds_what_was_said()


def full_and_killed(trial):
    """Killed on the full disk and started there again."""
    mount(trial, trial.dir, DISK_SIZE)
    trial.start()
    trial.is_well()
    trial.acts(3)
    fill(trial)
    trial.says("full")
    trial.kill()
    trial.start()
    trial.says("full", "io_error", "cannot_open")
    trial.dwell(2)
    free(trial)
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


def full_from_the_start(trial):
    mount(trial, trial.dir, DISK_SIZE)
    fill(trial)
    trial.start()
    trial.says("full", "io_error", "cannot_open")
    trial.dwell(2)
    free(trial)
    trial.recovers()


def filled_by_writing(trial):
    """The service itself comes near the end of a disk that is smaller than its limit."""
    mount(trial, trial.dir, DISK_SIZE)
    trial.start(per_second=None, environment={"SUITSIZE_STORE_MAX_MB": "1000"})
    trial.is_well()
    trial.acts(3)
    stat = os.statvfs(trial.dir)
    with open(os.path.join(trial.dir, "somebody-elses"), "wb") as file:
        os.posix_fallocate(file.fileno(), 0, stat.f_bavail * stat.f_frsize - 3 * 1024 * 1024)
    trial.says("full", within_s=40)
    trial.dwell(2)
    free(trial)
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


def size_limit(trial):
    """The process's own limit for a file (ulimit -f), reached while it runs, and lifted."""
    trial.start()
    trial.is_well()
    trial.acts(3)
    old = resource.prlimit(trial.service.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(trial.service.pid, resource.RLIMIT_FSIZE, (SIZE_LIMIT_BYTES, old[1]))
    trial.says("io_error", "full")
    trial.acts(2)
    trial.dwell(4)
    resource.prlimit(trial.service.pid, resource.RLIMIT_FSIZE, old)
    trial.recovers()
    trial.dwell(1)
    trial.kill()
    trial.holds_what_was_said()


def own_limit(trial):
    """The limit of the store itself is no fault: the oldest rows make room, and it stays within."""
    trial.start(per_second=None, environment={"SUITSIZE_STORE_MAX_MB": str(OWN_LIMIT_MB)})
    trial.is_well()
    trial.acts(3)
    most_bytes = OWN_LIMIT_MB * 1024 * 1024
    # A chart of one's own has answers of another size; what is written counts, and rows are some 600 bytes.
    for _ in range(400):
        trial.dwell(0.1)
        if trial.watch.greatest("written") * 600 > 1.5 * most_bytes:
            break
    trial.recovers()
    trial.check("full" not in trial.watch.story(), "the store's own limit was called a full disk")
    largest = trial.watch.greatest("fileBytes")
    trial.note(f"{trial.watch.greatest('written')} rows, largest file {largest} of {most_bytes} bytes")
    trial.check(most_bytes / 2 < largest <= most_bytes, f"the file came to {largest} bytes")
    trial.kill()
    trial.holds_what_was_promised()


def descriptors(trial):
    """No file can be opened any more, and the database has gone."""
    trial.start()
    trial.is_well()
    old = resource.prlimit(trial.service.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(trial.service.pid, resource.RLIMIT_NOFILE, (3, old[1]))
    os.rename(trial.database, trial.database + ".away")
    trial.says("cannot_open", "io_error")
    trial.dwell(2)
    resource.prlimit(trial.service.pid, resource.RLIMIT_NOFILE, old)
    trial.recovers()


# --- what is allowed


def _other_user():
    """How to start a service for which file modes mean something."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def _own(trial, *names):
    if os.geteuid() == 0:
        for name in names:
            os.chown(os.path.join(trial.scratch, name), NOBODY, NOBODY)


def _forbidden(trial, mode, path, *faults):
    """Modes are changed between two runs of the service, and back while the second one runs."""
    os.mkdir(trial.dir)
    _own(trial, "data")
    try:
        trial.start(**_other_user())
    except PermissionError:
        raise LeftOut("the binary is not readable for another user") from None
    trial.is_well()
    trial.acts(2)
    trial.stop()
    allowed = os.stat(path).st_mode
    os.chmod(path, mode)
    trial.start(**_other_user())
    trial.says(*faults)
    trial.dwell(2)
    os.chmod(path, allowed)
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


def read_only_directory(trial):
    _forbidden(trial, 0o555, trial.dir, "read_only", "cannot_open")


def read_only_file(trial):
    _forbidden(trial, 0o444, trial.database, "read_only")


def unreadable_file(trial):
    _forbidden(trial, 0o000, trial.database, "read_only", "cannot_open")


def unreachable_directory(trial):
    _forbidden(trial, 0o000, trial.dir, "read_only", "cannot_open")


def read_only_mount(trial):
    mount(trial, trial.dir, DISK_SIZE)
    trial.start()
    trial.is_well()
    trial.acts(2)
    trial.stop()
    subprocess.run(["mount", "-o", "remount,ro", trial.dir], check=True)
    trial.start()
    trial.says("read_only")
    trial.dwell(2)
    subprocess.run(["mount", "-o", "remount,rw", trial.dir], check=True)
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


# --- something else in its place


def something_else_there(trial):
    """A file where the directory belongs, and a directory where each of the files does."""
    with open(trial.dir, "w") as file:
        file.write("not a directory")
    trial.start()
    trial.says("cannot_open", "io_error")
    os.remove(trial.dir)
    trial.recovers()
    for name in ("suitsize.db", "suitsize.db-wal", "suitsize.db-shm", "suitsize.lock"):
        trial.stop()
        for leftover in os.listdir(trial.dir):
            os.remove(os.path.join(trial.dir, leftover))
        os.mkdir(os.path.join(trial.dir, name))
        trial.start()
        trial.says("cannot_open", "io_error", "read_only")
        os.rmdir(os.path.join(trial.dir, name))
        trial.recovers()


def pipe_there(trial):
    """Opening a pipe waits for whoever writes into it, for ever."""
    os.mkdir(trial.dir)
    os.mkfifo(trial.database)
    trial.start()
    trial.says("cannot_open", "io_error")
    os.remove(trial.database)
    trial.recovers()


def directory_removed(trial):
    """The whole directory goes while it runs, and something hinders making it again for a while."""
    trial.start()
    trial.is_well()
    # All at once: the service makes files while others are being removed.
    os.rename(trial.dir, trial.dir + ".gone")
    with open(trial.dir, "w") as file:
        file.write("in the way")
    trial.says("cannot_open", "io_error")
    trial.dwell(1)
    os.remove(trial.dir)
    trial.recovers()


def directory_removed_while_closed(trial):
    """The directory goes, with the lock that the service holds, when it has no file to watch."""
    os.makedirs(trial.database)
    trial.start()
    trial.says("cannot_open", "io_error")
    os.rename(trial.dir, trial.dir + ".gone")
    trial.recovers()


SCENARIOS = {
    "full": full,
    "full_and_killed": full_and_killed,
    "full_from_the_start": full_from_the_start,
    "filled_by_writing": filled_by_writing,
    "size_limit": size_limit,
    "own_limit": own_limit,
    "descriptors": descriptors,
    "read_only_directory": read_only_directory,
    "read_only_file": read_only_file,
    "unreadable_file": unreadable_file,
    "unreachable_directory": unreachable_directory,
    "read_only_mount": read_only_mount,
    "something_else_there": something_else_there,
    "pipe_there": pipe_there,
    "directory_removed": directory_removed,
    "directory_removed_while_closed": directory_removed_while_closed,
}
