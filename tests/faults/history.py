"""The figures of performance: what was said to be stored outlives a kill, and a store that is away costs none.

Minutes pass when the test says so: the wall clock is moved on by one while the monotonic clock stays as it is.
The service follows a jump forward, so the minute is over and is closed; all else (times to live in memory,
time limits, the shoppers' patience) goes on as usual. A rate of libfaketime would hasten that too.
"""

import json
import os
import sqlite3
import sys
import tempfile
import time

import disk
import ledger
from clock import Faked
from service import Client, Service
from trial import Broken

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "monitoring"))
import exposition  # noqa: E402

ROUNDS = 8
MINUTE_MS = 60_000
# The service closes a minute with upkeep's next tick: until then what is asked counts for the one before.
ASKED_MS = 2_500
# A closed minute is written with the next tick of upkeep, a second later, and the disk may be busy.
STORED_LIMIT_S = 5.0
# Waiting for the store that opens just now.
OPEN_LIMIT_S = 10.0
# Of minutes that are over while the store is away.
MINUTES_AWAY = 3


class Minutes:
    def __init__(self, trial):
        self.faked = Faked(trial)
        # Minutes that pass in seconds would end the life of rows.
        self.environment = {**self.faked.environment, "SUITSIZE_STORE_TTL_SECONDS": "86400"}
        self.passed = 0

    def pass_one(self):
        """The present minute is over; when it began, in milliseconds since 1970."""
        while self.now_ms() % MINUTE_MS < ASKED_MS:  # it has begun just now by itself, and nobody has asked yet
            time.sleep(0.05)
        over = self.now_ms() // MINUTE_MS * MINUTE_MS
        self.passed += 1
        self.faked.set(f"+{60 * self.passed}")
        return over

    def now_ms(self):
        return int((time.time() + 60 * self.passed) * 1000)


def _told(client):
    """What the service says of its last day; a day, because a long run's minutes are more than an hour's."""
    reply = client.request("GET", "/api/performance?hours=24")
    if reply.status != 200:
        raise Broken(f"/api/performance answers {reply.status}: {reply.body[:200]}")
    return reply.json()


def _stored(told):
    """Minute -> all that is said of it, of those that are said to be stored."""
    return {point["startMs"]: point for point in told["series"] if point["stored"]}


def _told_when_open(client):
    """Once the store can be asked."""
    end = time.monotonic() + OPEN_LIMIT_S
    while not (told := _told(client))["complete"]:
        if time.monotonic() > end:
            raise Broken(f"the store could not be asked for {OPEN_LIMIT_S:.0f} s: {told['missing']}")
        time.sleep(0.01)
    return told


def _forgotten(promised, told):
    """Minutes that were said to be stored and are not there any more, or not the same."""
    now = _stored(told)
    return [
        f"{point['requests']} requests of {start_ms} were stored, and now it is {json.dumps(now.get(start_ms))}"
        for start_ms, point in promised.items()
        if now.get(start_ms) != point
    ]


def _disagreements(data_dir):
    """Of a closed file: where an hour is not the sum of its minutes. Both are written at once or not at all."""
    sums = (
        "SELECT run_ms, start_ms / 3600000, route, status_class, tier, SUM(requests), SUM(sum_ns), SUM(bytes),"
        " MIN(min_ns), MAX(max_ns) FROM request_history WHERE span_ms = ? GROUP BY 1, 2, 3, 4, 5"
    )
    with tempfile.TemporaryDirectory() as scratch:
        connection = sqlite3.connect(ledger.copied(data_dir, scratch))
        try:
            minutes = set(connection.execute(sums, (MINUTE_MS,)))
            hours = set(connection.execute(sums, (60 * MINUTE_MS,)))
        except sqlite3.OperationalError as error:
            return [] if "no such table" in str(error) else [str(error)]
        finally:
            connection.close()
    return [f"an hour and its minutes differ: {row}" for row in sorted(minutes ^ hours)[:2]]


def closed_minutes_outlive_a_kill(trial):
    """Killed at any moment, again and again; each minute that was said to be stored stays as it was said."""
    minutes, promised = Minutes(trial), {}
    for _ in range(int(ROUNDS * trial.setting.patience)):
        trial.start(per_second=150, environment=minutes.environment)
        _holds(trial, promised)
        for _ in range(trial.random.randrange(1, 4)):
            minutes.pass_one()
            end = time.monotonic() + trial.random.uniform(0.1, 1.6)
            while time.monotonic() < end:
                promised |= _stored(_told(trial.client))
                time.sleep(trial.random.uniform(0, 0.03))
        trial.kill()
        trial.holds_what_was_promised()
        for fault in _disagreements(trial.dir):
            trial.check(False, fault)
    trial.check(len(promised) >= trial.setting.patience * ROUNDS / 2, f"only {len(promised)} minutes were stored")
    _controls(trial, minutes, promised)
    trial.start(environment=minutes.environment)
    _holds(trial, promised)
    trial.recovers()
    requests = sum(point["requests"] for point in promised.values())
    trial.note(f"{len(promised)} stored minutes with {requests} requests")


def _holds(trial, promised):
    for fault in _forgotten(promised, _told_when_open(trial.client))[:2]:
        trial.check(False, fault)


def _controls(trial, minutes, promised):
    """The judgement is not blind: a copy that lacks a row, or has one that was altered, is found out."""
    start_ms = trial.random.choice(sorted(promised))
    for what, alter in (
        ("deleted", "DELETE FROM request_history WHERE (span_ms, start_ms) = (60000, ?)"),
        ("altered", "UPDATE request_history SET requests = requests + 1 WHERE (span_ms, start_ms) = (60000, ?)"),
        ("untouched", "SELECT ?"),
    ):
        data_dir = os.path.join(trial.scratch, what)
        os.mkdir(data_dir)
        connection = sqlite3.connect(ledger.copied(trial.dir, data_dir))
        with connection:
            connection.execute(alter, (start_ms,))
        connection.close()
        is_spoiled = what != "untouched"
        disagree = _disagreements(data_dir)
        trial.check(bool(disagree) == is_spoiled, f"a minute that was {what}, against its hour: {disagree}")
        copy = Service(trial.setting.binary, data_dir, data_dir + ".log", minutes.environment)
        try:
            client = Client(copy.port)
            found = _forgotten(promised, _told_when_open(client))
            client.close()
        finally:
            copy.kill()
        trial.check(len(found) == is_spoiled, f"a minute that was {what} in a copy: {found}")


# --- while the store is away


def _asked_while_away(trial, minutes, is_readable):
    """Some minutes pass; what was said of them. Everything is still answered, and says what is missing."""
    said = {}
    for _ in range(MINUTES_AWAY):
        trial.dwell(0.5)
        over = minutes.pass_one()
        trial.dwell(1.2)  # upkeep has seen it
        told = _told(trial.client)
        trial.check(told["complete"] == is_readable, f"the store is away, and complete is {told['complete']}")
        trial.check(told["complete"] == ("missing" not in told), f"{told.get('missing')} is missing")
        points = {point["startMs"]: point for point in told["series"]}
        if trial.check(points.get(over, {}).get("requests", 0) > 0, "a minute without the store is not told of"):
            said[over] = points[over]
        trial.check(told["history"]["minutesLost"] == 0, "a minute was lost")
        _metrics(trial, degraded=1)
    return said


def _metrics(trial, degraded):
    reply = trial.client.request("GET", "/metrics")
    try:
        families = exposition.read(reply.body.decode())
    except exposition.Malformed as error:
        trial.check(False, f"/metrics: {error}")
        return
    for fault in exposition.faults(families):
        trial.check(False, f"/metrics: {fault}")
    (found,) = families["suitsize_store_degraded"].samples.values()
    trial.check(found == degraded, f"suitsize_store_degraded is {found}")


def _are_stored(trial, said):
    """Before long the store has them, with the figures that were told before it had."""
    end = time.monotonic() + STORED_LIMIT_S
    promised = {start_ms: {**point, "stored": True} for start_ms, point in said.items()}
    while found := _forgotten(promised, _told(trial.client)):
        if time.monotonic() > end:
            trial.check(False, f"not stored {STORED_LIMIT_S:.0f} s after the store was well: {found[0]}")
            break
        time.sleep(0.05)
    return promised


def _fails_quietly(trial, break_it, mend_it, faults, is_readable):
    minutes = Minutes(trial)
    trial.start(environment=minutes.environment)
    trial.is_well()
    trial.dwell(0.3)
    over = minutes.pass_one()
    end = time.monotonic() + STORED_LIMIT_S
    while over not in (before := _stored(_told(trial.client))):
        if time.monotonic() > end:
            raise Broken(f"a closed minute was not stored within {STORED_LIMIT_S:.0f} s")
        time.sleep(0.05)
    break_it(trial)
    trial.says(*faults)
    said = _asked_while_away(trial, minutes, is_readable)
    mend_it(trial)
    trial.recovers()
    promised = {over: before[over], **_are_stored(trial, said)}
    _metrics(trial, degraded=0)
    trial.kill()
    trial.holds_what_was_promised()
    for fault in _disagreements(trial.dir):
        trial.check(False, fault)
    trial.start(environment=minutes.environment)
    _holds(trial, promised)
    trial.recovers()
    trial.note(f"{sum(not point['stored'] for point in said.values())} of {len(said)} minutes waited for the store")


def _put_aside(trial):
    os.rename(trial.dir, trial.dir + ".aside")
    with open(trial.dir, "w") as file:
        file.write("in the way")


def _put_back(trial):
    os.remove(trial.dir)
    os.rename(trial.dir + ".aside", trial.dir)


def recording_fails_quietly(trial):
    """The whole directory goes while minutes close, and comes back."""
    _fails_quietly(trial, _put_aside, _put_back, ("cannot_open", "io_error"), is_readable=False)


def recording_on_a_full_disk(trial):
    """What is stored can be read there; whether a minute still finds room or waits, none is lost."""
    disk.mount(trial, trial.dir, disk.DISK_SIZE)
    _fails_quietly(trial, disk.fill, disk.free, ("full",), is_readable=True)


SCENARIOS = {
    "closed_minutes_outlive_a_kill": closed_minutes_outlive_a_kill,
    "recording_fails_quietly": recording_fails_quietly,
    "recording_on_a_full_disk": recording_on_a_full_disk,
}
