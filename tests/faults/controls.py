"""That the checks can fail: the same trial, of a service that does wrong.

The stand-in speaks the service's protocol and has one bad habit at a time. A trial that finds nothing wrong with
it would find nothing wrong with anything.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import health
import trial as trials
from oracle import Oracle

SECONDS = 6.5
# Habit -> what the verdict has to mention.
HABITS = {
    "none": None,
    "wrong": "wrong answers",
    "late": "took longer than",
    "silent": "nothing came out of the store",
    "unflagged": "X-Degraded",
    "hushed": "reasons",
    "drops": "rows were dropped",
    "gone": "requests failed",
}


class StandIn:
    """What a service says, with a habit that begins a little after the start."""

    def __init__(self, oracle, habit):
        self.answers = dict(zip(oracle.questions, oracle.expected))
        self.habit = habit
        self.began = time.monotonic()
        self.seen = set()
        self.count = 0
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.send(stand_in.health(), {})

            def do_POST(self):
                question = self.rfile.read(int(self.headers["content-length"]))
                if stand_in.has("gone") and stand_in.count % 50 == 0:
                    stand_in.count += 1
                    self.close_connection = True
                    return
                self.send(*stand_in.answer(question))

            def send(self, body, headers):
                self.send_response(200)
                for name, value in {**headers, "content-length": str(len(body)), "x-response-time": "0.1ms"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def has(self, habit):
        return self.habit == habit and time.monotonic() - self.began > 0.5

    def health(self):
        is_degraded = self.has("unflagged") or self.has("hushed")
        store = {"state": "open", "opened": 1, "breakerOpen": False, "damaged": 0, "quarantined": 0, "fileBytes": 1}
        store["written"] = 5 if self.has("drops") else 5 + self.count
        store["dropped"] = self.count if self.has("drops") else 0
        if is_degraded:
            store |= {"state": "closed", "fault": "corrupt", "reason": "the file is damaged"}
        reasons = ["store: the file is damaged"] if is_degraded and not self.has("hushed") else []
        return json.dumps({"status": "degraded" if is_degraded else "healthy", "reasons": reasons, "store": store}).encode()

    def answer(self, question):
        self.count += 1
        is_hit = question in self.seen and not self.has("silent")
        self.seen.add(question)
        if self.has("late") and self.count % 40 == 0:
            time.sleep(0.4)
        body = self.answers[question]
        if self.has("wrong") and self.count % 100 == 0:
            body = body.replace(b'"confidence":0.', b'"confidence":1.', 1)
        tier, header = ("store", "HIT-STORE") if is_hit else ("computed", "MISS")
        headers = {"x-cache": header}
        if self.has("hushed"):
            headers["x-degraded"] = "store"
        return body + f'{{"cache_tier":"{tier}"}}'.encode() + b"}", headers

    # What a trial asks of a Service.

    def is_running(self):
        return True

    def kill(self):
        self.server.shutdown()
        self.server.server_close()

    def log(self):
        return ""


def _judged(trial, habit):
    """What a trial finds of a stand-in with this habit."""
    inner = trials.Trial(trial.setting, f"stand-in-{habit}")
    inner.service = StandIn(inner.oracle, habit)
    inner.traffic = trials.Traffic(inner.oracle, habit)
    inner.traffic.port = inner.watch.port = inner.service.port
    time.sleep(SECONDS)
    inner.service.is_running = lambda: True
    inner.hide()
    inner.traffic.end()
    inner.watch.end()
    inner.service.kill()
    return inner.outcome().problems


def _stand_in(habit, expected):
    def scenario(trial):
        found = _judged(trial, habit)
        if expected is None:
            trial.check(not found, f"the stand-in does nothing wrong, and it was said: {found}")
        else:
            trial.check(any(expected in problem for problem in found), f"not found; said was {found}")

    return scenario


def altered_oracle(trial):
    """One wrong line among the right answers, and a right service is found wrong."""
    trial.oracle.expected[trial.random.randrange(1)] = b'{"recommendation":{"size":"99R"}'
    trial.start(shoppers=0)
    trial.traffic.ask(trial.client, 0)
    found, trial.traffic.wrong[:] = list(trial.traffic.wrong), []
    trial.check(found, "an answer that differs from the oracle's was not noticed")


SCENARIOS = {
    **{f"{habit}": _stand_in(habit, expected) for habit, expected in HABITS.items()},
    "altered_oracle": altered_oracle,
}
