"""kill -9, at any moment.

An operator and shoppers work against a service that is killed after a random while, again and again on the
same directory. After each kill the closed file is copied and judged: sound, and with every row that was
acknowledged since the first round.
"""

import glob
import os
import sqlite3
import subprocess
import tempfile
import threading
import time

import damage
import ledger
from eio import Injection
from service import ENVIRONMENT, Client
from traffic import GONE
from trial import Broken

ROUNDS = 50
# Promised: whatever the file was left like, the service answers after so long.
START_LIMIT_S = 1.0
STARTS = 20
FULL_VACUUM_EVERY = 12


class Operator(threading.Thread):
    """Acts without a pause until its service is gone."""

    def __init__(self, trial):
        super().__init__(daemon=True)
        self.trial = trial
        self.start()

    def run(self):
        client = Client(self.trial.service.port)
        try:
            while True:
                self.trial.ledger.act(client)
                if self.trial.ledger.count % FULL_VACUUM_EVERY == 0:
                    client.optimize("unlisted", full=True)
        except GONE:
            client.close()


def under_load(trial):
    """An operator's acknowledged acts outlive every kill; the service is back at once."""
    slowest_start_s = 0.0
    for _ in range(int(ROUNDS * trial.setting.patience)):
        trial.start(per_second=300, environment={"SUITSIZE_STORE_MAX_MB": "8"})
        slowest_start_s = max(slowest_start_s, trial.service.start_s)
        operator = Operator(trial)
        time.sleep(trial.random.uniform(0.02, 0.45))
        trial.kill()
        operator.join()
        trial.holds_what_was_promised()
    trial.check(slowest_start_s < START_LIMIT_S, f"a start took {slowest_start_s:.2f} s")
    trial.check(len(trial.ledger.recorded) > ROUNDS, "the operator was hardly acknowledged anything")
    _controls(trial)
    trial.start()
    trial.recovers()
    trial.note(f"{len(trial.ledger.recorded)} acknowledged rows, slowest start {slowest_start_s * 1000:.0f} ms")


def _controls(trial):
    """The judgement is not blind: a row taken from a copy is missed, a damaged page is seen."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = ledger.copied(trial.dir, scratch)
        with sqlite3.connect(copy) as connection:
            connection.execute("DELETE FROM admin_audit WHERE request_id = ?", trial.ledger.recorded[-1:])
        connection.close()
        found = ledger.faults_of(copy, trial.ledger.recorded)
        trial.check(any("lost" in fault for fault in found), f"a deleted row was not missed: {found}")
        with sqlite3.connect(copy) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        with open(copy, "r+b") as file:
            file.seek(os.path.getsize(copy) // 2 // 4096 * 4096)
            file.write(b"\xa5" * 4096)
        trial.check(ledger.integrity(copy) != "ok", "a damaged page was not seen")


def while_starting(trial):
    """Killed before it has opened its file, or just then."""
    trial.start()
    trial.is_well()
    trial.acts(5)
    trial.kill()
    for _ in range(int(STARTS * trial.setting.patience)):
        process = subprocess.Popen(
            [trial.setting.binary, "serve", "--port", "0", "--data-dir", trial.dir],
            env={**os.environ, **ENVIRONMENT},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(trial.random.uniform(0, 0.06))
        process.kill()
        process.wait()
        trial.holds_what_was_promised()
    trial.start()
    trial.recovers()


def while_stopping(trial):
    """Told to stop and killed before it has."""
    for _ in range(10):
        trial.start(per_second=150)
        trial.acts(3)
        time.sleep(trial.random.uniform(0.05, 0.2))
        trial.hide()
        trial.service.process.terminate()
        time.sleep(trial.random.uniform(0, 0.03))
        trial.service.kill()
        trial.holds_what_was_promised()
    trial.start()
    trial.recovers()


def while_setting_aside(trial):
    """Killed between a damaged file's new name and the new file: what is durable is in one or the other."""
    scope = damage.fill(trial)
    renaming = Injection(trial, "rename,renameat,renameat2", "delay_exit=2000000")
    damage.spoil_answers(trial, scope)
    end = time.monotonic() + 15
    while not glob.glob(trial.database + ".corrupt-*"):
        if time.monotonic() > end:
            raise Broken("a damaged file was not set aside")
        time.sleep(0.01)
    trial.kill()
    renaming.process.wait()
    trial.start()
    trial.recovers()
    trial.dwell(1)
    trial.kill()
    trial.holds_what_was_promised()


SCENARIOS = {
    "under_load": under_load,
    "while_starting": while_starting,
    "while_stopping": while_stopping,
    "while_setting_aside": while_setting_aside,
}
