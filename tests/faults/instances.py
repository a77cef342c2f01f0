"""Two services on one directory: the second does without, and takes over when the first ends."""

import os

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
        reply = client.ask(trial.oracle.question(number))
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
    trial.holds_what_was_said()


def first_stops(trial):
    _second_takes_over(trial, Service.stop)


def first_is_killed(trial):
    _second_takes_over(trial, Service.kill)


def after_the_directory_went(trial):
    """The lock went with the directory: still one of the two gets the new one, whichever is quicker."""
    first = _first(trial)
    # All at once: the service makes files while others are being removed.
    os.rename(trial.dir, trial.dir + ".gone")
    client = Client(first.port)
    for _ in range(200):
        if os.path.exists(trial.database):
            break
        client.health()
        trial.dwell(0.05)
    else:
        raise Broken("the first instance did not make its file again")
    trial.start()
    clients = {trial.service: trial.client, first: client}
    for _ in range(150):
        said = {service: client.health().json()["store"].get("fault") for service, client in clients.items()}
        if sorted(map(str, said.values())) == ["None", "in_use"]:
            break
        trial.dwell(0.1)
    else:
        raise Broken(f"of two instances one is to have the directory, and they say {list(said.values())}")
    if said[first] is None:
        first.stop()
        trial.recovers()


SCENARIOS = {
    "first_stops": first_stops,
    "first_is_killed": first_is_killed,
    "after_the_directory_went": after_the_directory_went,
}
