"""One trial: a service in its own directory, shoppers, a watch on its health, and what is expected of it.

A scenario is a function of a `Trial` and reads as a story: `is_well`, then a fault, `says`, then the cause is
taken away, `recovers`. What every story has in common is judged at the end, by `outcome`: all answers
right, none late, health told the truth, nothing panicked, the process still there.

Being well is more than a word: a question that was never asked before has to come out of the store when
it is asked again.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field

import health
from ledger import DATABASE, Ledger, faults_in
from oracle import Oracle
from service import Client, Service
from traffic import GONE, LIMIT_MS, Traffic

# Promised: the store is tried again within 15 s, and all is well within a minute.
RECOVERY_LIMIT_S = 60.0
NOTICE_LIMIT_S = 15.0
# Rows are written in batches of 0.2 s.
KEPT_LIMIT_S = 2.0
# A fault that lasts is said once, not with each row that it hits.
MOST_COMPLAINTS = 20


@dataclass(frozen=True)
class Setting:
    """The same for all trials of a pass."""

    binary: str
    oracle_path: str
    scratch: str
    seed: int
    # Faults last this many times longer than needed to be noticed.
    patience: float = 1.0


@dataclass
class Outcome:
    name: str
    requests: int = 0
    worst_ms: float = 0.0
    excused: int = 0
    wrong: int = 0
    story: list = field(default_factory=list)
    recovery_s: float | None = None
    seconds: float = 0.0
    left_out: str | None = None
    problems: list = field(default_factory=list)
    # Nothing was wrong but the time that some answers took.
    is_only_late: bool = False
    notes: list = field(default_factory=list)


class LeftOut(Exception):
    """Why a scenario cannot be tried here, in one line."""


class Broken(Exception):
    """The story cannot go on."""


class Trial:
    def __init__(self, setting, name):
        self.setting = setting
        self.name = name
        self.random = random.Random(f"{setting.seed} {name}")
        self.scratch = tempfile.mkdtemp(prefix=f"{name}-", dir=setting.scratch)
        os.chmod(self.scratch, 0o755)  # a service of another user passes through
        self.dir = os.path.join(self.scratch, "data")
        self.oracle = Oracle(setting.oracle_path)
        self.ledger = Ledger(name)
        self.watch = health.Watch()
        self.traffic = None
        self.service = None
        self.client = None
        self.closers = []
        self.problems = []
        self.notes = []
        self.recovery_s = None
        # The memory tier is off, so what repeats comes out of the file; a trial that has it on says so.
        self.has_memory = False
        self.began_s = time.monotonic()

    # --- the process

    @property
    def database(self):
        return os.path.join(self.dir, DATABASE)

    def start(self, per_second=40, shoppers=2, binary=None, **how):
        """`how`: as for Service. Shoppers come with the first start."""
        log = os.path.join(self.scratch, "log")
        self.service = Service(binary or self.setting.binary, self.dir, log, **how)
        self.client = Client(self.service.port)
        if self.traffic is None:
            self.traffic = Traffic(self.oracle, f"{self.setting.seed} {self.name}", per_second, shoppers)
        self.traffic.port = self.watch.port = self.service.port

    def hide(self):
        """Nobody asks any more."""
        self.traffic.port = self.watch.port = None

    def kill(self):
        self.hide()
        self.service.kill()

    def stop(self):
        self.hide()
        return self.service.stop()

    def at_the_end(self, close):
        """Undoes something outside of the directory, the last first."""
        self.closers.append(close)

    # --- what is expected

    def check(self, holds, what):
        if not holds:
            self.problems.append(what)
        return holds

    def note(self, what):
        self.notes.append(what)

    def dwell(self, seconds):
        """The fault stays for a while."""
        time.sleep(seconds * self.setting.patience)

    def ask_new(self):
        """A question that nobody asked before, until it comes out of a tier; false if it does not before long."""
        return self.is_kept(self.traffic.new_question())

    def is_kept(self, number):
        self.traffic.ask(self.client, number)
        end = time.monotonic() + KEPT_LIMIT_S
        while time.monotonic() < end:
            time.sleep(0.05)
            if self.traffic.ask(self.client, number) == ("HIT-MEMORY" if self.has_memory else "HIT-STORE"):
                return True
        return False

    def _is_well_now(self):
        reply = self.client.health().json()
        return reply["status"] == "healthy" and self.ask_new()

    def is_well(self, within_s=NOTICE_LIMIT_S):
        """Healthy, and the store takes and gives; the seconds until it was so."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            try:
                if self._is_well_now():
                    return time.monotonic() - began
            except GONE as error:
                if not self.service.is_running():
                    raise Broken(f"the service ended with {self.service.process.returncode}") from error
            time.sleep(0.05)
        raise Broken(f"not well within {within_s:.0f} s: {self.client.health().body[-700:].decode()}")

    def says(self, *faults, within_s=NOTICE_LIMIT_S):
        """Health names one of the faults from now on (the worst case: it was about to look)."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            labels = [sample.label for sample in self.watch.since(began)]
            for label in labels:
                if label in faults:
                    return label
            time.sleep(0.02)
        self.check(False, f"health never said {' or '.join(faults)}, but {sorted(set(labels))}")
        return None

    def recovers(self):
        """The cause is gone: well again within the promised time."""
        seconds = self.is_well(RECOVERY_LIMIT_S)
        self.recovery_s = max(seconds, self.recovery_s or 0.0)

    def opens(self):
        """The first look at the file is over, whatever it showed."""
        while self.client.health().json()["store"]["state"] == "opening":
            time.sleep(0.002)

    def reopens(self, within_s=NOTICE_LIMIT_S):
        """What was done to the file is noticed: it is opened anew, or given up."""
        before = self.client.health().json()["store"]["opened"]
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            store = self.client.health().json()["store"]
            if store["opened"] != before or store["state"] == "closed":
                return
            time.sleep(0.02)
        raise Broken(f"what was done to the file was not noticed within {within_s:.0f} s")

    def acts(self, count=1):
        """An operator's acts; what was said of the last row."""
        for _ in range(count):
            said = self.ledger.act(self.client)
        return said

    def holds_what_was_promised(self, promised=None, where=""):
        """Of a closed database: sound, and with every acknowledged row."""
        for fault in faults_in(self.dir, self.ledger.recorded if promised is None else promised):
            self.check(False, where + fault)

    def holds_what_was_said(self):
        """With the rows, too, that were to be written when the store is available again."""
        self.holds_what_was_promised(self.ledger.recorded + self.ledger.pending)

    # --- the end

    def end(self):
        if self.traffic is not None:
            if self.service is not None and self.traffic.port is not None:
                self.check(self.service.is_running(), "the service is not there any more")
            self.hide()
            self.traffic.end()
        self.watch.end()
        if self.service is not None and self.service.is_running():
            self.service.kill()
        for close in reversed(self.closers):
            close()

    def outcome(self):
        outcome = Outcome(self.name, problems=self.problems, notes=self.notes, recovery_s=self.recovery_s)
        outcome.seconds = time.monotonic() - self.began_s
        outcome.story = self.watch.story()
        if self.traffic is not None:
            self._judge(outcome)
        return outcome

    def _judge(self, outcome):
        traffic, asked = self.traffic, self.traffic.answers
        answers = [*asked, *self.watch.samples]
        late = traffic.late(answers)
        outcome.requests = len(answers)
        outcome.worst_ms = max((answer.client_ms for answer in answers), default=0.0)
        outcome.excused = sum(answer.client_ms > LIMIT_MS for answer in answers) - len(late)
        outcome.wrong = len(traffic.wrong)
        if traffic.wrong:
            self.problems.append(f"{len(traffic.wrong)} wrong answers: {traffic.wrong[0]}")
        if traffic.failed or self.watch.failed:
            failed = traffic.failed + self.watch.failed
            self.problems.append(f"{len(failed)} requests failed: {failed[0]}")
        self.problems += health.untruths(self.watch.samples, asked, self.has_memory)
        log = self.service.log()
        complaints = log.count(" WARN ") + log.count(" ERROR ")
        if complaints > MOST_COMPLAINTS + outcome.seconds:
            self.problems.append(f"{complaints} complaints in the log in {outcome.seconds:.0f} s")
        if "panicked" in log:
            self.problems.append(f"a panic: {log[log.index('panicked') - 60:][:300]}")
        if late:
            outcome.is_only_late = not self.problems
            worst = max(late, key=lambda answer: answer.client_ms)
            self.problems.append(
                f"{len(late)} answers took longer than {LIMIT_MS:.0f} ms: {worst.client_ms:.0f} ms, "
                f"{worst.server_ms:.0f} ms by the service's own measure"
            )


def run(setting, name, scenario):
    """Tries one scenario; its outcome, whatever happens."""
    trial = Trial(setting, name)
    left_out = None
    try:
        scenario(trial)
    except LeftOut as reason:
        left_out = str(reason)
    except Broken as reason:
        trial.problems.append(str(reason))
    finally:
        trial.end()
    outcome = trial.outcome()
    outcome.left_out = left_out
    if outcome.problems and trial.service is not None:
        print(f"--- log of {name}, its end\n{trial.service.log()[-1500:]}---", file=sys.stderr)
    shutil.rmtree(trial.scratch, ignore_errors=True)
    return outcome
