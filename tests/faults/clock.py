"""The wall clock is wrong by years, or jumps while the service runs.

libfaketime moves it through a file; the monotonic clock stays as it is. A row's life is `TTL_S`: it is never
given out later than that, whatever the clock says, and rows that a wrong clock wrote do not stay.
"""

import glob
import os
import time

from traffic import REPEATED
from trial import LeftOut

TTL_S = 4
LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
YEARS = ("+20y", "-20y")


class Faked:
    def __init__(self, trial):
        found = glob.glob(LIBRARY)
        if not found:
            raise LeftOut("there is no libfaketime, so the clock is not moved (Debian: faketime)")
        self.path = os.path.join(trial.scratch, "offset")
        self.environment = {
            "LD_PRELOAD": found[0],
            "FAKETIME_TIMESTAMP_FILE": self.path,
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "SUITSIZE_STORE_TTL_SECONDS": str(TTL_S),
        }
        self.set("+0")

    def set(self, offset):
        # Whole at once: the service reads it at any moment.
        with open(self.path + ".new", "w") as file:
            file.write(offset + "\n")
        os.rename(self.path + ".new", self.path)


def _year(trial):
    """Of the Date header: that the clock was moved at all."""
    return int(trial.client.health().header("date").split()[3])


def _never_older_than_its_life(trial, number):
    """A row is given out of the store, and after its life it is not, though nobody renewed it."""
    trial.check(trial.is_kept(number), "a row just written is not given out")
    time.sleep(TTL_S + 0.1)
    late = trial.traffic.ask(trial.client, number)
    trial.check(late == "MISS", f"after its life a row is {late}")


def jumps(trial):
    """While it runs: forward, back, further back, and home."""
    faked = Faked(trial)
    trial.start(environment=faked.environment)
    trial.is_well()
    trial.acts(2)
    now = _year(trial)
    for offset in ("+20y", "+0", "-20y", "+0"):
        faked.set(offset)
        trial.dwell(0.5)
        trial.check((_year(trial) != now) == (offset != "+0"), f"the clock was not moved by {offset}")
        trial.recovers()
        _never_older_than_its_life(trial, trial.traffic.new_question())
    trial.kill()
    trial.holds_what_was_promised()


def jump_over_a_row(trial):
    """A jump back does not lengthen the life of a row that is there."""
    faked = Faked(trial)
    trial.start(environment=faked.environment)
    trial.is_well()
    number = trial.traffic.new_question()
    trial.check(trial.is_kept(number), "the row is not there before the jump")
    faked.set("-20y")
    time.sleep(TTL_S)
    trial.check(trial.traffic.ask(trial.client, number) == "MISS", "a jump back lengthened a row's life")


def _restart_between(trial, first, second):
    faked = Faked(trial)
    faked.set(first)
    trial.start(environment=faked.environment)
    trial.is_well()
    trial.acts(2)
    numbers = trial.traffic.order[:REPEATED]
    trial.stop()
    faked.set(second)
    time.sleep(0.1)
    trial.start(environment=faked.environment)
    trial.hide()
    trial.opens()
    tiers = {trial.traffic.ask(trial.client, number) for number in numbers}
    trial.check("HIT-STORE" not in tiers, f"rows written at {first} are given out at {second}")
    trial.traffic.port = trial.watch.port = trial.service.port
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


def restart_years_later(trial):
    _restart_between(trial, "-20y", "+0")


def restart_years_earlier(trial):
    """A dead battery: the rows of the file claim to be true for another 20 years."""
    _restart_between(trial, "+20y", "+0")


SCENARIOS = {
    "jumps": jumps,
    "jump_over_a_row": jump_over_a_row,
    "restart_years_later": restart_years_later,
    "restart_years_earlier": restart_years_earlier,
}
