"""What was promised to be durable, and whether it is there.

An operator's act answered with `"audit":"recorded"` has its row on the disk, under the request's id:
that id goes into the ledger. The file is looked at only as a copy of a closed one: this program's SQLite
is not the service's, and a second library on a live file is a fault of its own.
"""

import os
import shutil
import sqlite3
import tempfile

DATABASE = "suitsize.db"


class Ledger:
    def __init__(self, name):
        self.name = name
        self.recorded = []
        self.pending = []
        self.count = 0

    def act(self, client):
        """Has the service record one more act; what it said of the row, or None for another answer."""
        self.count += 1
        request_id = f"{self.name}-{self.count}"
        reply = client.clear_nothing(request_id)
        said = reply.json().get("audit") if reply.status == 200 else None
        if said == "recorded":
            self.recorded.append(request_id)
        elif said == "pending":
            self.pending.append(request_id)
        return said


def copied(data_dir, into):
    """Copies a closed database with its log; the path of the copy. The index of the log is rebuilt."""
    for suffix in ("", "-wal"):
        source = os.path.join(data_dir, DATABASE + suffix)
        if os.path.exists(source):
            shutil.copy(source, os.path.join(into, DATABASE + suffix))
    return os.path.join(into, DATABASE)


def audited(path):
    """The request ids of a copy's audit rows."""
    with sqlite3.connect(path) as connection:
        return [row[0] for row in connection.execute("SELECT request_id FROM admin_audit")]


def integrity(path):
    """'ok', or what SQLite finds."""
    try:
        with sqlite3.connect(path) as connection:
            return connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error)


def faults_of(path, promised):
    """What a copy lacks of what was promised, or has wrong; empty if all is well.

    A row may be there twice: one that a failing disk took after all, and was given again.
    """
    found = integrity(path)
    if found != "ok":
        return [f"integrity: {found.splitlines()[0]}"]
    try:
        rows = audited(path)
    except sqlite3.OperationalError as error:
        return [f"no audit rows at all: {error}"] * bool(promised)
    missing = [request_id for request_id in promised if request_id not in rows]
    return [f"{len(missing)} of {len(promised)} acknowledged rows are lost: {missing[:3]}"] * bool(missing)


def faults_in(data_dir, promised):
    """As `faults_of`, for the closed database of a data directory."""
    with tempfile.TemporaryDirectory() as scratch:
        return faults_of(copied(data_dir, scratch), promised)
