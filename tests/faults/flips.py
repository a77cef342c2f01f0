"""Flipped bits: 100 in files that were stopped, 100 in files that were killed, 200 under the service's hands.

Each flip of a closed file is a trial of its own, from the same image of some 200 answers: the service
starts on it, every answer is asked for, and then a new one has to be stored (which waits for a batch, so in
every fourth trial, and in all where the flip is in the first page). At least some flips have to be met, as a
refused answer or a file set aside, or nothing was tried. Where a flip hits the few bytes that say whose file
it is, it looks like another program's: then it is left alone, and health says so.
"""

import glob
import os
import random
import sqlite3

import damage
from trial import Broken

FLIPS = 100
LIVE_FLIPS = 200
WELL_LIMIT_S = 10.0
PROOF_EVERY = 4
HEADER_BYTES = 100
# What a flipped bit of the header can make of a file that is one of ours.
SAID_OF_A_HEADER = {"newer_schema", "foreign_database", "read_only", "no_wal", "corrupt"}


def image_with_rows(trial):
    """A closed file with `damage.ROWS` answers in it, all in one file: its bytes, and which questions they answer."""
    trial.start(shoppers=0)
    trial.is_well()
    trial.acts(10)
    numbers = [trial.traffic.new_question() for _ in range(damage.ROWS)]
    for number in numbers:
        trial.traffic.ask(trial.client, number)
    trial.is_well()  # what was put before is written before
    tiers = [trial.traffic.ask(trial.client, number) for number in numbers]
    if set(tiers) != {"HIT-STORE"}:
        raise Broken(f"the rows are not in the store before the damage: {set(tiers)}")
    trial.stop()
    with sqlite3.connect(trial.database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with open(trial.database, "rb") as file:
        return file.read(), numbers


def _marked_in_use(image, scratch):
    """The same file as a kill leaves it: its structure is checked before it is used."""
    path = os.path.join(scratch, "marked")
    with open(path, "wb") as file:
        file.write(image)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT OR REPLACE INTO store_fact VALUES ('in_use_since_ms', 1)")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with open(path, "rb") as file:
        return file.read()


def put(trial, image):
    """In the place of whatever is there."""
    for path in glob.glob(trial.database + "*"):
        os.remove(path)
    with open(trial.database, "wb") as file:
        file.write(image)


class Tally:
    def __init__(self):
        self.hits = self.damaged = self.quarantined = self.left_alone = 0


def _try_flip(trial, image, bit, numbers, tally, proves):
    damaged = bytearray(image)
    damaged[bit // 8] ^= 1 << bit % 8
    put(trial, damaged)
    trial.start(shoppers=0)
    trial.opens()
    tally.hits += sum(trial.traffic.ask(trial.client, number) == "HIT-STORE" for number in numbers)
    if bit // 8 < HEADER_BYTES and trial.client.health().json()["store"].get("fault") in SAID_OF_A_HEADER:
        tally.left_alone += 1
    elif proves or trial.client.health().json()["status"] != "healthy":
        _gets_well(trial, f"bit {bit % 8} of byte {bit // 8}")
    store = trial.client.health().json()["store"]
    tally.damaged += store["damaged"]
    tally.quarantined += store["quarantined"]
    trial.kill()


def _gets_well(trial, where):
    try:
        trial.is_well(WELL_LIMIT_S)
    except Broken as error:
        trial.check(False, f"{where}: {error}")


def _flips(trial, choose_bits, is_marked):
    image, numbers = image_with_rows(trial)
    if is_marked:
        image = _marked_in_use(image, trial.scratch)
    tally = Tally()
    bits = choose_bits(len(image))
    for turn, bit in enumerate(bits):
        proves = turn % PROOF_EVERY == 0 or bit // 8 < damage.PAGE_BYTES
        _try_flip(trial, image, bit, numbers, tally, proves)
    trial.note(
        f"{len(bits)} flips in {len(image)} bytes: {tally.hits} hits, {tally.damaged} damaged answers refused, "
        f"{tally.quarantined} files set aside, {tally.left_alone} left alone"
    )
    trial.check(tally.hits > len(bits), "hardly anything came out of the damaged files: nothing was tried")
    trial.check(tally.damaged + tally.quarantined > 0, "no flip was ever met: nothing was tried")


def _anywhere(trial, count):
    return lambda length: [trial.random.randrange(length * 8) for _ in range(int(count * trial.setting.patience))]


def after_a_stop(trial):
    _flips(trial, _anywhere(trial, FLIPS), is_marked=False)


def after_a_kill(trial):
    _flips(trial, _anywhere(trial, FLIPS), is_marked=True)


def in_the_first_page(trial):
    """The header and the schema: where a flip does most."""
    source = random.Random(trial.setting.seed)
    used = list(range(HEADER_BYTES)) + list(range(HEADER_BYTES, damage.PAGE_BYTES, 128))
    bits = [8 * byte + source.randrange(8) for byte in used[:: max(1, int(2 / trial.setting.patience))]]
    _flips(trial, lambda _: bits, is_marked=False)


def while_open(trial):
    """Bit after bit, under the service's hands."""
    damage.well_with_rows(trial, per_second=100)
    trial.dwell(1)
    source = random.Random(trial.setting.seed)
    for _ in range(LIVE_FLIPS):
        try:
            damage.flip(trial.database, source.randrange(8 * max(1, os.path.getsize(trial.database))))
        except FileNotFoundError:
            pass  # it has just been set aside
        trial.dwell(0.05)
    trial.recovers()
    damaged, quarantined = (trial.watch.greatest(name) for name in ("damaged", "quarantined"))
    trial.note(f"{damaged} damaged answers refused, {quarantined} files set aside")
    trial.check(damaged + quarantined > 0, "no flip was ever met: nothing was tried")
    aside = glob.glob(trial.database + ".corrupt-*[0-9]")
    trial.check(len(aside) <= 2, f"{len(aside)} files are kept aside")


SCENARIOS = {
    "after_a_stop": after_a_stop,
    "after_a_kill": after_a_kill,
    "in_the_first_page": in_the_first_page,
    "while_open": while_open,
}
