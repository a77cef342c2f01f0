"""Two services on one directory: the second does without, and takes over when the first ends."""

import os
import shutil

from service import Client, Service
from trial import Broken


def _first(trial):
    first = Service(trial.setting.binary, trial.dir, os.path.join(trial.scratch, "first.log"))
    trial.at_the_end(lambda: first.is_running() and first.kill())
    return first


def _is_undisturbed(trial, first):
    """The first still stores, and gives out what is right."""
    client = Client(first.port)
    tiers = set()
    for number in [trial.traffic.new_question() for _ in range(20)] * 3:
        reply = client.ask(trial.oracle.questions[number])
        trial.check(trial.oracle.is_right(number, reply.body), "the first instance gave a wrong answer")
        tiers.add(reply.header("x-cache"))
    said = client.health().json()["status"]
    trial.check(said == "healthy", f"the first instance says {said}")
    client.close()


def _second_takes_over(trial, end_first):
    first = _first(trial)
    trial.start()
    trial.says("in_use")
    trial.acts(2)
    trial.dwell(2)
    _is_undisturbed(trial, first)
    end_first(first)
    trial.recovers()
    trial.dwell(1)
    trial.kill()
    trial.holds_what_was_promised(trial.ledger.recorded + trial.ledger.pending)


def first_stops(trial):
    _second_takes_over(trial, Service.stop)


def first_is_killed(trial):
    _second_takes_over(trial, Service.kill)


def after_the_directory_went(trial):
    """The lock went with the directory: still there is one instance for the new one."""
    first = _first(trial)
    shutil.rmtree(trial.dir)
    client = Client(first.port)
    for _ in range(200):
        if os.path.exists(trial.database):
            break
        client.health()
        trial.dwell(0.05)
    else:
        raise Broken("the first instance did not make its file again")
    trial.start()
    trial.says("in_use")
    first.stop()
    trial.recovers()


SCENARIOS = {
    "first_stops": first_stops,
    "first_is_killed": first_is_killed,
    "after_the_directory_went": after_the_directory_went,
}
