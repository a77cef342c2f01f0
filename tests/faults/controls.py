"""That the checks can fail: the same trial, of a service that does wrong.

The stand-in speaks the service's protocol and has one bad habit at a time. A trial that finds nothing wrong with
it would find nothing wrong with anything.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import health
import trial as trials
from service import Client
from traffic import Traffic

SOON_S = 2.5
# What is only found when it lasts.
LATER_S = health.PATIENCE_S + 1.5
# Habit -> after how long the verdict has to mention what.
HABITS = {
    "none": (LATER_S, None),
    "wrong": (SOON_S, "wrong answers"),
    "late": (SOON_S, "took longer than"),
    "silent": (LATER_S, "nothing came out of the store"),
    "unflagged": (SOON_S, "X-Degraded"),
    "hushed": (SOON_S, "reasons"),
    "drops": (LATER_S, "rows waited or were dropped"),
    "hangs": (LATER_S, "rows waited or were dropped"),
    "gone": (SOON_S, "requests failed"),
}


class StandIn:
    """What a service says, with a habit that begins a little after the start."""

    def __init__(self, oracle, habit):
        self.answers = {oracle.question(number): oracle.expected(number) for number in range(len(oracle))}
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
        store = {"state": "open", "opened": 1, "writeFailures": 0, "lookupFailures": 0}
        is_idle = is_degraded or self.has("drops") or self.has("hangs")
        store["written"] = 5 if is_idle else 5 + self.count
        store["dropped"] = self.count if self.has("drops") else 0
        store["rowsWaiting"] = self.count if self.has("hangs") else 0
        if is_degraded:
            store |= {"state": "closed", "fault": "corrupt", "reason": "the file is damaged"}
        reasons = ["store: the file is damaged"] if is_degraded and not self.has("hushed") else []
        status = "degraded" if is_degraded else "healthy"
        return json.dumps({"status": status, "reasons": reasons, "store": store}).encode()

    def answer(self, question):
        self.count += 1
        is_hit = question in self.seen and not self.has("silent")
        self.seen.add(question)
        if self.has("late") and self.count % 40 == 0:
            time.sleep(0.4)
        body = self.answers[question]
        if self.has("wrong") and self.count % 20 == 0:
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


def _judged(trial, habit, seconds):
    """What a trial finds of a stand-in with this habit."""
    inner = trials.Trial(trial.setting, f"stand-in-{habit}")
    inner.service = StandIn(inner.oracle, habit)
    inner.traffic = Traffic(inner.oracle, habit)
    inner.traffic.port = inner.watch.port = inner.service.port
    time.sleep(seconds)
    inner.hide()
    inner.traffic.end()
    inner.watch.end()
    inner.service.kill()
    return inner.outcome().problems


def never_well(trial):
    """A store out of which nothing comes is not called well because health says so."""
    trial.service = StandIn(trial.oracle, "silent")
    trial.client = Client(trial.service.port)
    trial.traffic = Traffic(trial.oracle, "never_well", shoppers=0)
    time.sleep(0.6)
    try:
        trial.is_well(within_s=2)
    except trials.Broken:
        return
    trial.check(False, "a store out of which nothing comes was called well")


def _stand_in(habit, seconds, expected):
    def scenario(trial):
        found = _judged(trial, habit, seconds)
        if expected is None:
            trial.check(not found, f"the stand-in does nothing wrong, and it was said: {found}")
        else:
            mentions = [problem for problem in found if expected in problem]
            if trial.check(mentions, f"not found; said was {found}"):
                trial.note(f"found as it has to be: {mentions[0][:100]}")

    return scenario


def altered_oracle(trial):
    """One wrong line among the right answers, and a right service is found wrong."""
    trial.oracle.lines[0] = trial.oracle.lines[0].replace(b'"confidence":0.', b'"confidence":1.', 1)
    trial.start(shoppers=0)
    trial.traffic.ask(trial.client, 0)
    found, trial.traffic.wrong[:] = list(trial.traffic.wrong), []
    trial.check(found, "an answer that differs from the oracle's was not noticed")


SCENARIOS = {
    **{habit: _stand_in(habit, *verdict) for habit, verdict in HABITS.items()},
    "altered_oracle": altered_oracle,
    "never_well": never_well,
}
