"""What health said, and whether it was the truth.

Health is asked ten times a second. Afterwards what it said is held against what the shoppers saw: X-Degraded
on their answers, and whether anything still came out of the store or went into it. "Healthy" while the
store is of no use for longer than `PATIENCE_S` is a lie, whatever the reason.
"""

import threading
import time
from typing import NamedTuple

from service import Client
from traffic import GONE

EVERY_S = 0.1
# The service calls a disk slow that has not answered for 5 s; a batch and a look come on top.
PATIENCE_S = 7.0
# Counters that tell that the state may have changed and changed back between two looks.
CHANGES = ("opened", "written", "writeFailures", "lookupFailures")


class Sample(NamedTuple):
    # Each process has its own.
    port: int
    asked_s: float
    ended_s: float
    client_ms: float
    server_ms: float
    said: dict

    @property
    def label(self):
        """'healthy', or the fault's word."""
        return self.said["store"].get("fault", self.said["status"])

    @property
    def store(self):
        return self.said["store"]


class Watch:
    def __init__(self):
        self.port = None
        self.samples = []
        self.failed = []
        self.is_over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def end(self):
        self.is_over = True
        self.thread.join()

    def _run(self):
        client = None
        while not self.is_over:
            port = self.port
            if port is not None:
                if client is None or client.port != port:
                    client = Client(port)
                self._look(client, port)
            time.sleep(EVERY_S)
        if client is not None:
            client.close()

    def _look(self, client, port):
        try:
            asked_s = time.monotonic()
            reply = client.health()
            if reply.status == 200:
                times = (asked_s, reply.ended_s, reply.client_ms, reply.server_ms)
                self.samples.append(Sample(port, *times, reply.json()))
            else:
                self.failed.append(f"health answers {reply.status}")
        except GONE as error:
            if self.port == port:
                self.failed.append(f"health: {type(error).__name__}: {error}")

    def since(self, from_s):
        return [sample for sample in list(self.samples) if sample.asked_s >= from_s]

    def story(self):
        """The labels in order, each once in a row."""
        story = []
        for sample in self.samples:
            if not story or story[-1] != sample.label:
                story.append(sample.label)
        return story

    def greatest(self, counter):
        """Of a counter that starts again with the process."""
        return max((sample.store[counter] for sample in self.samples), default=0)


def untruths(samples, answers, has_memory=False):
    """Where health and what shoppers saw contradict each other: a sentence for each kind."""
    found = [*_contradictions_in_itself(samples), *_against_the_header(samples, answers)]
    for run in _healthy_runs(samples):
        found += _nothing_stored(run)
        if not has_memory:  # which answers what repeats
            found += _nothing_found(run, answers)
    return sorted(set(found))


def _contradictions_in_itself(samples):
    for sample in samples:
        is_healthy = sample.said["status"] == "healthy"
        has_reason = bool(sample.said["reasons"])
        if is_healthy == has_reason or is_healthy == ("fault" in sample.store):
            yield f"health says {sample.said['status']} with the reasons {sample.said['reasons']}"


def _against_the_header(samples, answers):
    """Between two samples of one opening of the file that say the same, answers have to say it too."""
    at = 0
    for before, after in zip(samples, samples[1:]):
        is_steady = (before.port, before.label) == (after.port, after.label) and all(
            before.store[name] == after.store[name] for name in CHANGES
        )
        while at < len(answers) and answers[at].ended_s <= before.ended_s:
            at += 1
        while at < len(answers) and answers[at].ended_s < after.asked_s:
            answer = answers[at]
            began_s = answer.ended_s - answer.client_ms / 1000
            if is_steady and began_s > before.ended_s and answer.is_degraded != (before.label != "healthy"):
                yield f"health says {before.label}, X-Degraded on an answer is {answer.is_degraded}"
            at += 1


def _healthy_runs(samples):
    """Stretches of one process in which it said healthy."""
    run = []
    for sample in samples:
        if run and (sample.port != run[-1].port or sample.label != "healthy"):
            yield run
            run = []
        if sample.label == "healthy":
            run.append(sample)
    if run:
        yield run


def _nothing_found(run, answers):
    within = [answer for answer in answers if run[0].ended_s <= answer.ended_s <= run[-1].ended_s]
    if _longest_gap(run, within, lambda answer: answer.tier == "HIT-STORE") > PATIENCE_S:
        yield f"health said healthy, and for more than {PATIENCE_S:.0f} s nothing came out of the store"


def _nothing_stored(run):
    since = run[0]
    for sample in run:
        if sample.store["written"] != since.store["written"] or not _wants_to_store(since, sample):
            since = sample
        if sample.ended_s - since.ended_s > PATIENCE_S:
            what = "rows waited or were dropped and none written"
            yield f"health said healthy, and for more than {PATIENCE_S:.0f} s {what}"
            break


def _wants_to_store(since, sample):
    return sample.store["rowsWaiting"] > 0 or sample.store["dropped"] > since.store["dropped"]


def _longest_gap(run, answers, is_use):
    """Seconds without a use, of those in which somebody asked."""
    gap, last = 0.0, run[0].ended_s
    for answer in answers:
        if is_use(answer):
            last = answer.ended_s
        gap = max(gap, answer.ended_s - last)
    return gap
