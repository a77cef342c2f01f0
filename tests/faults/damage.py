"""Damage to the database's bytes: garbage, cuts, flipped bits; in the file, its log and its index.

A file is damaged closed, before a start (after an orderly stop, or after a kill, when its structure is
checked first), or live, under the service's hands. Answers have to be right whatever is in the file; it may
be set aside and begun again. Where the damage hits the few bytes that say whose file it is, it looks
like another program's: then it is left alone, and health says so.
"""

import glob
import os
import random
import sqlite3
import time

from trial import Broken

PAGE_BYTES = 4096
ROWS = 200
FLIPS = 100
LIVE_FLIPS = 200
HEADER_BYTES = 100
# What a flipped bit of the header can make of a file that is one of ours.
SAID_OF_A_HEADER = {"newer_schema", "foreign_database", "read_only", "no_wal", "corrupt"}


def _overwrite(path, at, data):
    """In place: the service's open file sees it."""
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


def _flip(path, bit):
    with open(path, "r+b") as file:
        file.seek(bit // 8)
        byte = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([byte ^ (1 << bit % 8)]))


def _remove(*paths):
    for path in paths:
        if os.path.exists(path):
            os.remove(path)


def _well_with_rows(trial, count=3, **how):
    trial.start(**how)
    trial.is_well()
    trial.acts(count)
    # Into the file itself: the log alone would survive most of what is done to the file.
    trial.client.optimize("into-the-file")
    trial.ledger.recorded.append("into-the-file")


# --- a damaged file, and one try to recover from it


def _while_closed(trial, damage, keeps_ledger=False):
    for end in (trial.stop, trial.kill):
        _well_with_rows(trial)
        end()
        damage(trial.database)
        trial.start()
        trial.recovers()
        trial.kill()
        if keeps_ledger:
            trial.holds_what_was_promised()
        _start_over(trial)


def _while_open(trial, damage):
    _well_with_rows(trial)
    damage(trial.database)
    trial.recovers()
    trial.dwell(2)
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised(promised=[])


def _start_over(trial):
    for path in glob.glob(trial.database + "*"):
        os.remove(path)
    trial.ledger.recorded.clear()


def header_closed(trial):
    _while_closed(trial, lambda path: _overwrite(path, 0, b"garbage!" * 13))


def header_open(trial):
    _while_open(trial, lambda path: _overwrite(path, 0, b"garbage!" * 13))


def cut_closed(trial):
    for part in (0.0, 0.3, 0.7):
        _while_closed(trial, lambda path, part=part: os.truncate(path, int(os.path.getsize(path) * part)))


def cut_open(trial):
    for part in (0.5, 0.0):
        _while_open(trial, lambda path, part=part: os.truncate(path, int(os.path.getsize(path) * part)))
        _start_over(trial)


def garbage_pages_open(trial):
    """Every page but the first."""
    _while_open(trial, lambda path: _overwrite(path, PAGE_BYTES, os.urandom(os.path.getsize(path) - PAGE_BYTES)))


def _rename_column(old, new):
    """One letter of the schema's text: a sound file, on which one of our statements fails for ever."""

    def damage(path):
        with open(path, "rb") as file:
            image = file.read()
        assert image.count(old) >= 1, "the schema's text is not where it is expected"
        with open(path, "wb") as file:
            file.write(image.replace(old, new))

    return damage


def schema_of_answers(trial):
    _while_closed(trial, _rename_column(b"checksum      INTEGER", b"chfcksum      INTEGER"))


def schema_of_audit(trial):
    _while_closed(trial, _rename_column(b"outcome    TEXT", b"outcomf    TEXT"))


def key(trial):
    """The secret that questions are hashed with: without it no row is found, and none is wrong."""
    _well_with_rows(trial)
    for content in (b"0123456789abcdef", b"short", b""):
        trial.kill()
        with open(os.path.join(trial.dir, "suitsize.key"), "wb") as file:
            file.write(content)
        trial.start()
        trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


# --- flipped bits


def _image(trial):
    """A closed file with `ROWS` answers in it, all in one file: its bytes, and which questions they answer."""
    trial.start(shoppers=0)
    trial.is_well()
    trial.acts(10)
    numbers = [trial.traffic.new_question() for _ in range(ROWS)]
    for number in numbers:
        trial.traffic.ask(trial.client, number)
    time.sleep(0.5)
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


class Tally:
    def __init__(self):
        self.hits = self.damaged = self.quarantined = self.left_alone = 0


def _try_flip(trial, image, bit, numbers, tally):
    for path in glob.glob(trial.database + "*"):
        os.remove(path)
    damaged = bytearray(image)
    damaged[bit // 8] ^= 1 << bit % 8
    with open(trial.database, "wb") as file:
        file.write(damaged)
    trial.start(shoppers=0)
    while trial.client.health().json()["store"]["state"] == "opening":
        time.sleep(0.002)
    tally.hits += sum(trial.traffic.ask(trial.client, number) == "HIT-STORE" for number in numbers)
    where = f"bit {bit % 8} of byte {bit // 8}"
    deadline = time.monotonic() + 10
    while True:
        said = trial.client.health().json()
        if said["status"] != "healthy":
            fault = said["store"]["fault"]
            if bit // 8 < HEADER_BYTES and fault in SAID_OF_A_HEADER:
                tally.left_alone += 1
                break
        elif trial.ask_new():
            break
        if time.monotonic() > deadline:
            trial.check(False, f"{where}: not well in 10 s: {said['status']} {said['store'].get('fault')}")
            break
    store = trial.client.health().json()["store"]
    tally.damaged += store["damaged"]
    tally.quarantined += store["quarantined"]
    trial.kill()


def _flips(trial, choose_bits, is_marked):
    image, numbers = _image(trial)
    if is_marked:
        image = _marked_in_use(image, trial.scratch)
    tally = Tally()
    bits = choose_bits(len(image))
    for bit in bits:
        _try_flip(trial, image, bit, numbers, tally)
    trial.note(
        f"{len(bits)} flips in {len(image)} bytes: {tally.hits} hits, {tally.damaged} damaged answers refused, "
        f"{tally.quarantined} files set aside, {tally.left_alone} left alone"
    )
    trial.check(tally.hits > len(bits), "hardly anything came out of the damaged files: nothing was tried")
    trial.check(tally.damaged + tally.quarantined > 0, "no flip was ever met: nothing was tried")


def _anywhere(trial, count):
    return lambda length: [trial.random.randrange(length * 8) for _ in range(int(count * trial.setting.patience))]


def flips_after_a_stop(trial):
    _flips(trial, _anywhere(trial, FLIPS), is_marked=False)


def flips_after_a_kill(trial):
    _flips(trial, _anywhere(trial, FLIPS), is_marked=True)


def flips_in_the_first_page(trial):
    """The header and the schema: where a flip does most."""
    source = random.Random(trial.setting.seed)
    used = list(range(HEADER_BYTES)) + list(range(HEADER_BYTES, PAGE_BYTES, 128))
    bits = [8 * byte + source.randrange(8) for byte in used[:: max(1, int(2 / trial.setting.patience))]]
    _flips(trial, lambda _: bits, is_marked=False)


def flips_while_open(trial):
    """Bit after bit, under the service's hands."""
    _well_with_rows(trial, per_second=100)
    trial.dwell(1)
    source = random.Random(trial.setting.seed)
    for _ in range(LIVE_FLIPS):
        size = os.path.getsize(trial.database) if os.path.exists(trial.database) else 0
        if size:
            _flip(trial.database, source.randrange(size * 8))
        trial.dwell(0.05)
    trial.recovers()
    damaged, quarantined = (trial.watch.greatest(name) for name in ("damaged", "quarantined"))
    trial.note(f"{damaged} damaged answers refused, {quarantined} files set aside")
    trial.check(damaged + quarantined > 0, "no flip was ever met: nothing was tried")
    aside = glob.glob(trial.database + ".corrupt-*[0-9]")
    trial.check(len(aside) <= 2, f"{len(aside)} files are kept aside")


# --- the log and its index


def _log_damages(source):
    wal = lambda path: path + "-wal"  # noqa: E731
    return {
        "flipped": lambda path: _flip(wal(path), source.randrange(os.path.getsize(wal(path)) * 8)),
        "cut": lambda path: os.truncate(wal(path), os.path.getsize(wal(path)) // 2),
        "emptied": lambda path: os.truncate(wal(path), 0),
        "another header": lambda path: _overwrite(wal(path), 0, b"garbage!" * 4),
        "garbage": lambda path: _overwrite(wal(path), 32, os.urandom(os.path.getsize(wal(path)) // 2)),
        "deleted": lambda path: os.remove(wal(path)),
        "index garbage": lambda path: _overwrite(path + "-shm", 0, os.urandom(os.path.getsize(path + "-shm"))),
        "index deleted": lambda path: os.remove(path + "-shm"),
        "both deleted": lambda path: _remove(wal(path), path + "-shm"),
    }


def log_closed(trial):
    """After a kill. What was in the file itself stays; of the log, what is before the damage."""
    for name, damage in _log_damages(trial.random).items():
        _well_with_rows(trial)
        safe = list(trial.ledger.recorded)
        trial.acts(3)
        trial.kill()
        damage(trial.database)
        trial.start()
        trial.recovers()
        trial.kill()
        faults = len(trial.problems)
        trial.holds_what_was_promised(safe)
        trial.problems[faults:] = [f"{name}: {problem}" for problem in trial.problems[faults:]]
        _start_over(trial)


def log_open(trial):
    """Under the service's hands; its index is memory that it shares with whoever opens the file."""
    for name, damage in _log_damages(trial.random).items():
        _well_with_rows(trial)
        trial.dwell(0.5)
        damage(trial.database)
        trial.dwell(1)
        if not trial.service.is_running():
            raise Broken(f"{name}: the service ended with {trial.service.process.returncode}")
        try:
            trial.recovers()
        except Broken as error:
            raise Broken(f"{name}: {error}") from error
        trial.acts(2)
        promised = trial.ledger.recorded[-2:]
        trial.kill()
        faults = len(trial.problems)
        trial.holds_what_was_promised(promised)
        trial.problems[faults:] = [f"{name}, then acts, then a kill: {problem}" for problem in trial.problems[faults:]]
        _start_over(trial)


SCENARIOS = {
    "header_closed": header_closed,
    "header_open": header_open,
    "cut_closed": cut_closed,
    "cut_open": cut_open,
    "garbage_pages_open": garbage_pages_open,
    "schema_of_answers": schema_of_answers,
    "schema_of_audit": schema_of_audit,
    "key": key,
    "flips_after_a_stop": flips_after_a_stop,
    "flips_after_a_kill": flips_after_a_kill,
    "flips_in_the_first_page": flips_in_the_first_page,
    "flips_while_open": flips_while_open,
    "log_closed": log_closed,
    "log_open": log_open,
}
