"""Shoppers, and what is held against the answers they get.

Two connections ask all the time: half of the questions are out of a few that repeat, so that they come
from the store, half are new, so that something is written. Every answer is compared with the right one.

How long an answer may take is asserted on the client's time, which contains all that a shopper would wait
for: also a worker held up by another request, which the service's own X-Response-Time does not see. A
shared machine stalls now and then, though, and often only one of its cores. A probe that only sleeps runs
on each core beside the shoppers; the time by which one woke up late during a request is taken off that
request. A probe does not see that others use up the machine: a scenario in which nothing was wrong but some
late answers is tried once more at the end, alone, and then has to be in time (`run`). Nothing else is ever
forgiven, and the worst answer is reported as it was measured.
"""

import http.client
import os
import random
import threading
import time
from typing import NamedTuple

from service import Client

LIMIT_MS = 250.0
REPEATED = 12
PROBE_S = 0.005
TIERS = {"HIT-MEMORY": b'"memory"', "HIT-STORE": b'"store"', "MISS": b'"computed"'}
GONE = (ConnectionError, http.client.HTTPException, OSError)


class Answer(NamedTuple):
    ended_s: float
    client_ms: float
    server_ms: float
    tier: str
    is_degraded: bool


class Probe(threading.Thread):
    """Notes when a core (or this interpreter) did not run what was due."""

    def __init__(self, core):
        super().__init__(daemon=True)
        self.core = core
        self.stalls = []  # (from, to), monotonic seconds
        self.is_over = False
        self.start()

    def run(self):
        os.sched_setaffinity(0, {self.core})  # of this thread alone
        while not self.is_over:
            due_s = time.monotonic() + PROBE_S
            time.sleep(PROBE_S)
            now_s = time.monotonic()
            if now_s - due_s > PROBE_S:
                self.stalls.append((due_s, now_s))

    def stalled_ms(self, from_s, to_s):
        overlaps = (min(end, to_s) - max(start, from_s) for start, end in self.stalls)
        return 1000 * sum(overlap for overlap in overlaps if overlap > 0)


class Traffic:
    """`per_second`: questions of each shopper; None asks as fast as it goes."""

    def __init__(self, oracle, seed, per_second=40, shoppers=2):
        self.oracle = oracle
        self.per_second = per_second
        self.port = None  # None: nobody is asked
        self.answers = []
        self.wrong = []
        self.failed = []
        self.cut_off = 0
        self.source = random.Random(seed)
        self.order = self.source.sample(range(len(oracle)), len(oracle))
        self.next = REPEATED
        self.probes = [Probe(core) for core in os.sched_getaffinity(0)]
        self.is_over = False
        self.threads = [threading.Thread(target=self._shop, args=(n,), daemon=True) for n in range(shoppers)]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.is_over = True
        for thread in self.threads:
            thread.join()
        for probe in self.probes:
            probe.is_over = True

    def new_question(self):
        """One that was not asked before, until all were."""
        self.next += 1
        return self.order[self.next % len(self.order)]

    def repeated_question(self, source):
        return self.order[source.randrange(REPEATED)]

    def _shop(self, number):
        source = random.Random(f"{self.source.random()} {number}")
        client = None
        while not self.is_over:
            port = self.port
            if port is None:
                time.sleep(0.002)
                continue
            if client is None or client.port != port:
                client = Client(port)
            question = self.repeated_question(source) if source.random() < 0.5 else self.new_question()
            try:
                self.ask(client, question)
            except GONE as error:
                if self.port == port:
                    self.failed.append(f"{type(error).__name__}: {error}")
                    time.sleep(0.02)
                else:
                    self.cut_off += 1  # the process was taken away on purpose
            if self.per_second is not None:
                time.sleep(source.uniform(0.5, 1.5) / self.per_second)
        if client is not None:
            client.close()

    def ask(self, client, number):
        """Asks one question and keeps what came; the tier it came from."""
        reply = client.ask(self.oracle.question(number))
        tier = reply.header("x-cache")
        if reply.status != 200:
            self.wrong.append(f"status {reply.status}: {reply.body[:200]}")
        elif not self.oracle.is_right(number, reply.body):
            self.wrong.append(f"{self.oracle.question(number)}: {reply.body[:300]}")
        elif tier not in TIERS or b'"cache_tier":' + TIERS[tier] not in reply.body:
            self.wrong.append(f"X-Cache {tier} and the body's tier differ")
        is_degraded = reply.header("x-degraded") is not None
        self.answers.append(Answer(reply.ended_s, reply.client_ms, reply.server_ms, tier, is_degraded))
        return tier

    def late(self, answers):
        """Those that took longer than the limit, also without the machine's own stalls."""
        slow = [answer for answer in answers if answer.client_ms > LIMIT_MS]
        return [answer for answer in slow if answer.client_ms - self._stalled_ms(answer) > LIMIT_MS]

    def _stalled_ms(self, answer):
        began_s = answer.ended_s - answer.client_ms / 1000
        return max(probe.stalled_ms(began_s, answer.ended_s) for probe in self.probes)
