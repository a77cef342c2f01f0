"""Another program has the file locked: an operator's shell with a transaction that is not ended.

The other program is this one's SQLite in a process of its own, which takes a lock and neither reads nor
writes a row.
"""

import subprocess
import sys

# A platform that stops a service kills it after some ten seconds.
STOP_LIMIT_S = 8.0
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("locked", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


class Holder:
    def __init__(self, path, *statements):
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, path, *statements], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline() == "locked\n"

    def let_go(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def writing(trial):
    """Nobody else may write: answers still come from the file, nothing is stored, and health says so."""
    trial.start()
    trial.is_well()
    trial.acts(2)
    holder = Holder(trial.database, "BEGIN IMMEDIATE")
    trial.says("busy")
    trial.dwell(4)
    holder.let_go()
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


def an_act_meanwhile(trial):
    """What an operator was told is pending is written by itself when the lock is gone."""
    trial.start()
    trial.is_well()
    holder = Holder(trial.database, "BEGIN IMMEDIATE")
    trial.acts(1)
    trial.check(trial.ledger.pending, "an act on a locked file was not said to be pending")
    holder.let_go()
    trial.recovers()
    trial.dwell(4)
    trial.kill()
    trial.holds_what_was_said()


def from_the_start(trial):
    """Locked altogether before the service comes."""
    trial.start()
    trial.is_well()
    trial.stop()
    holder = Holder(trial.database, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE")
    trial.start()
    trial.says("busy")
    trial.dwell(3)
    holder.let_go()
    trial.recovers()


def a_stop_meanwhile(trial):
    """A lock does not keep the service from ending in time."""
    trial.start()
    trial.is_well()
    holder = Holder(trial.database, "BEGIN IMMEDIATE")
    seconds = trial.stop()
    trial.check(seconds < STOP_LIMIT_S, f"a stop took {seconds:.1f} s")
    holder.let_go()
    trial.start()
    trial.recovers()


def long_reader(trial):
    """A reader that never ends keeps the log from being moved: it grows, and nothing else happens."""
    trial.start(per_second=150)
    trial.is_well()
    holder = Holder(trial.database, "BEGIN", "SELECT count(*) FROM cached_answer")
    trial.dwell(4)
    reply = trial.client.optimize("beside-a-reader")
    trial.check(reply.status == 200, f"optimize beside a reader answers {reply.status}")
    holder.let_go()
    trial.recovers()
    trial.check("busy" not in trial.watch.story(), "a reader was called a lock")


SCENARIOS = {
    "writing": writing,
    "an_act_meanwhile": an_act_meanwhile,
    "from_the_start": from_the_start,
    "a_stop_meanwhile": a_stop_meanwhile,
    "long_reader": long_reader,
}
