"""The file is deleted or replaced while the service runs, or has been before it starts.

What takes its place is one of ours from elsewhere (a backup put back), another program's, or a newer
version's. The last two are none of the service's business: not a byte of them may change, whatever the
service tries, and it goes on without a store until they are gone.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess

from ledger import Ledger
from service import Client, Service

APPLICATION_ID = 0x53554954


def _make(path, *statements):
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


def _foreign(trial):
    """The most frequent kind: no application id, no version, somebody's tables."""
    return _make(os.path.join(trial.scratch, "foreign"), "CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (1)")


def _foreign_with_a_mark(trial):
    path = os.path.join(trial.scratch, "marked")
    return _make(path, "PRAGMA application_id = 7", "CREATE TABLE theirs (x)")


def _foreign_in_wal_mode(trial):
    path = os.path.join(trial.scratch, "wal")
    return _make(path, "PRAGMA journal_mode = WAL", "CREATE TABLE theirs (x)", "PRAGMA wal_checkpoint(TRUNCATE)")


def _newer(trial):
    path = os.path.join(trial.scratch, "newer")
    return _make(
        path, f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 99", "CREATE TABLE later (x)"
    )


def _hash(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _move_away(trial, suffixes=("", "-wal", "-shm")):
    for suffix in suffixes:
        if os.path.exists(trial.database + suffix):
            os.rename(trial.database + suffix, os.path.join(trial.scratch, "ours" + suffix))


def _is_left_alone(trial, make, fault):
    """Put in its place while the service runs, and found there by a start; then taken away."""
    trial.start()
    trial.is_well()
    theirs = make(trial)
    before = _hash(theirs)
    _move_away(trial)
    shutil.move(theirs, trial.database)
    trial.says(fault)
    trial.acts(1)
    said = trial.client.optimize("not-ours").status
    trial.check(said == 503, f"putting a file in order that is not ours answers {said}")
    trial.dwell(2)
    trial.check(_hash(trial.database) == before, "a file that is not ours was changed while the service ran")
    trial.stop()
    trial.check(_hash(trial.database) == before, "a file that is not ours was changed by a stop")
    for command in (["maintain"], ["backup", os.path.join(trial.scratch, "copy.db")]):
        done = subprocess.run([trial.setting.binary, *command, "--data-dir", trial.dir], capture_output=True)
        trial.check(done.returncode != 0, f"{command[0]} of a file that is not ours succeeded")
        trial.check(_hash(trial.database) == before, f"a file that is not ours was changed by {command[0]}")
    trial.start()
    trial.says(fault)
    trial.dwell(2)
    trial.check(_hash(trial.database) == before, "a file that is not ours was changed by a start")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(trial.database + suffix):
            os.remove(trial.database + suffix)
    trial.recovers()


def foreign(trial):
    _is_left_alone(trial, _foreign, "foreign_database")


def foreign_with_a_mark(trial):
    _is_left_alone(trial, _foreign_with_a_mark, "foreign_database")


def foreign_in_wal_mode(trial):
    _is_left_alone(trial, _foreign_in_wal_mode, "foreign_database")


def newer(trial):
    _is_left_alone(trial, _newer, "newer_schema")


def newer_in_its_log(trial):
    """A newer version was killed before its log, which has the version, was moved into the file."""
    trial.start()
    trial.is_well()
    trial.stop()
    connection = sqlite3.connect(trial.database, isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA user_version = 99")
    copies = [trial.database, trial.database + "-wal"]
    for path in copies:
        shutil.copy(path, path + ".kept")
    connection.close()
    for path in copies:
        os.replace(path + ".kept", path)
    before = [_hash(path) for path in copies]
    trial.start()
    trial.says("newer_schema")
    trial.dwell(1)
    trial.stop()
    left = [os.path.exists(path) and _hash(path) for path in copies]
    trial.check(left == before, "a newer version's file or log was changed")
    connection = sqlite3.connect(trial.database)
    trial.check(connection.execute("PRAGMA user_version").fetchone() == (99,), "a newer version's log was lost")
    connection.close()


# --- ours, gone or another


def _gone(trial, suffixes):
    trial.start()
    trial.is_well()
    trial.acts(2)
    for suffix in suffixes:
        os.remove(trial.database + suffix)
    trial.ledger.recorded.clear()  # they went with the file
    trial.reopens()
    trial.recovers()
    trial.acts(2)
    trial.kill()
    trial.holds_what_was_promised()


def deleted(trial):
    _gone(trial, [""])


def deleted_with_its_log(trial):
    _gone(trial, ["", "-wal", "-shm"])


def an_act_on_a_deleted_file(trial):
    """A row is not acknowledged into a file that nobody can find any more."""
    trial.start()
    trial.is_well()
    for _ in range(4):
        os.remove(trial.database)
        trial.ledger.recorded.clear()
        trial.acts(1)
        trial.dwell(1.5)
        trial.is_well()
        trial.kill()
        trial.holds_what_was_said()
        trial.ledger.pending.clear()
        trial.start()
        trial.is_well()


def _backup_of_another(trial):
    """A checked copy of another installation's store, with a ledger of its own."""
    data_dir = os.path.join(trial.scratch, "other")
    other = Service(trial.setting.binary, data_dir, os.path.join(trial.scratch, "other.log"))
    client, ledger = Client(other.port), Ledger("other")
    for number in range(100, 300):
        client.ask(trial.oracle.question(number))
    for _ in range(20):
        ledger.act(client)
    copy = os.path.join(trial.scratch, "backup.db")
    command = [trial.setting.binary, "backup", copy, "--data-dir", data_dir]
    subprocess.run(command, check=True, capture_output=True)
    client.close()
    other.kill()
    return copy, ledger.recorded


def restored(trial):
    """A backup is moved into place while the service runs: what is in it is in use from then on."""
    copy, promised = _backup_of_another(trial)
    trial.start()
    trial.is_well()
    trial.acts(3)
    os.rename(copy, trial.database)
    trial.reopens()
    trial.recovers()
    trial.dwell(1)
    trial.acts(1)
    trial.check(trial.watch.greatest("quarantined") == 0, "a sound file that was put in place was set aside as damaged")
    trial.kill()
    trial.holds_what_was_promised([*promised, trial.ledger.recorded[-1]])


def restored_with_cp(trial):
    """The same by somebody who copies over the open file: it may be set aside, and no answer is wrong."""
    copy, _ = _backup_of_another(trial)
    trial.start()
    trial.is_well()
    shutil.copyfile(copy, trial.database)
    trial.recovers()
    trial.dwell(3)
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised([])


def back_and_forth(trial):
    """Moved away and back, again and again, faster than the service looks."""
    trial.start()
    trial.is_well()
    for _ in range(10):
        os.rename(trial.database, trial.database + ".away")
        trial.dwell(trial.random.uniform(0, 0.6))
        os.rename(trial.database + ".away", trial.database)
        trial.dwell(trial.random.uniform(0, 0.6))
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised([])


SCENARIOS = {
    "foreign": foreign,
    "foreign_with_a_mark": foreign_with_a_mark,
    "foreign_in_wal_mode": foreign_in_wal_mode,
    "newer": newer,
    "newer_in_its_log": newer_in_its_log,
    "deleted": deleted,
    "deleted_with_its_log": deleted_with_its_log,
    "an_act_on_a_deleted_file": an_act_on_a_deleted_file,
    "restored": restored,
    "restored_with_cp": restored_with_cp,
    "back_and_forth": back_and_forth,
}
