"""Damage to the database's bytes: garbage and cuts, in the file, its log and its index. Single bits: `flips`.

A file is damaged closed, before a start (after an orderly stop, or after a kill, when its structure is
checked first), or live, under the service's hands. Answers have to be right whatever is in the file; it may
be set aside and begun again, with what is durable.

Cutting the index (-shm) short under a running service is not tried: it is memory that SQLite maps, and the
system ends a process that reaches behind its end (SIGBUS).
"""

import glob
import os
import tempfile

import ledger
from trial import Broken

PAGE_BYTES = 4096
ROWS = 200
MANY_ACTS = 1_500


def _overwrite(path, at, data):
    """In place: the service's open file sees it."""
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


def flip(path, bit):
    with open(path, "r+b") as file:
        file.seek(bit // 8)
        byte = file.read(1)
        if byte:  # the file may have become shorter since its length was asked
            file.seek(bit // 8)
            file.write(bytes([byte[0] ^ (1 << bit % 8)]))


def well_with_rows(trial, count=3, **how):
    trial.start(**how)
    trial.is_well()
    trial.acts(count)
    # Into the file itself: the log alone would survive most of what is done to the file.
    trial.client.optimize("into-the-file")


# --- a damaged file, and one try to recover from it


def _while_closed(trial, damage):
    for end in (trial.stop, trial.kill):
        well_with_rows(trial)
        end()
        damage(trial.database)
        trial.start()
        trial.recovers()
        trial.kill()
        trial.holds_what_was_promised([])
        _start_over(trial)


def _while_open(trial, damage):
    well_with_rows(trial)
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


def again_and_again(trial):
    """Of the files that were set aside two are kept."""
    for turn in range(4):
        well_with_rows(trial)
        trial.stop()  # which leaves no other header in the log
        _overwrite(trial.database, 0, b"garbage!" * 13)
        trial.start()
        trial.recovers()
        quarantined = trial.client.health().json()["store"]["quarantined"]
        trial.check(quarantined == 1, f"at turn {turn} {quarantined} files were set aside")
        trial.stop()
    aside = glob.glob(trial.database + ".corrupt-*[0-9]")
    trial.check(len(aside) == 2, f"{len(aside)} files are kept aside")


# --- damage from which what is durable is saved


def fill(trial):
    """Rows enough for pages that hold answers alone, all in the file itself, and a ledger."""
    trial.start()
    trial.is_well()
    trial.acts(10)
    for _ in range(ROWS):
        trial.traffic.ask(trial.client, trial.traffic.new_question())
    trial.is_well()  # what was put before is written before
    trial.client.optimize("into-the-file")
    said = trial.client.health().json()
    # Each row of an answer has the versions that it was made with.
    return f"{said['version']}/{said['model_version']}/".encode()


def spoil_answers(trial, scope):
    """Overwrites the pages that answers lie in; the operator's rows are in none of them."""
    with open(trial.database, "rb") as file:
        image = file.read()
    count = 0
    for at in range(2 * PAGE_BYTES, len(image), PAGE_BYTES):
        page = image[at : at + PAGE_BYTES]
        if page.count(scope) >= 3 and b"cache_clear" not in page:
            _overwrite(trial.database, at, os.urandom(PAGE_BYTES))
            count += 1
    if count < 5:
        raise Broken(f"only {count} pages of answers were found")


def what_is_durable_is_saved(trial):
    """The operator's rows are in the new file, wherever the damage to the answers is met."""
    for end in (None, trial.stop, trial.kill):
        scope = fill(trial)
        if end is None:
            spoil_answers(trial, scope)
            trial.reopens()
        else:
            end()
            spoil_answers(trial, scope)
            trial.start()
        trial.recovers()
        # A page of answers that nobody asks for is met when its rows are to go.
        trial.client.operate("DELETE", "/api/cache", "clear-all")
        trial.recovers()
        trial.kill()
        trial.holds_what_was_promised()
        _start_over(trial)


def many_durable_rows_are_saved(trial):
    """More than wait for a file when there is none."""
    scope = fill(trial)
    while len(trial.ledger.recorded) < MANY_ACTS:
        trial.acts(1)
    trial.client.optimize("into-the-file-again")
    trial.kill()
    spoil_answers(trial, scope)
    trial.start()
    trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


def a_durable_row_is_damaged(trial):
    """One of the operator's rows is damaged too: it must not take the others with it."""
    scope = fill(trial)
    trial.stop()  # which leaves nothing in the log
    spoil_answers(trial, scope)
    with open(trial.database, "rb") as file:
        image = file.read()
    # The end of its parameters, so that they are no JSON any more; wherever a copy of the row lies.
    end_of_row = b'"}done' + trial.ledger.recorded[4].encode()
    assert end_of_row in image, "the row is not where it is expected"
    with open(trial.database, "wb") as file:
        file.write(image.replace(end_of_row, b"'" + end_of_row[1:]))
    trial.start()
    trial.client.operate("DELETE", "/api/cache", "clear-all")
    trial.recovers()
    trial.check(trial.watch.greatest("quarantined") > 0, "the damaged file was not set aside: nothing was tried")
    trial.kill()
    # Which of the rows it is, is not known.
    with tempfile.TemporaryDirectory() as scratch:
        kept = set(ledger.audited(ledger.copied(trial.dir, scratch))) & set(trial.ledger.recorded)
    count = len(trial.ledger.recorded)
    trial.check(len(kept) >= count - 1, f"{len(kept)} of {count} rows are kept")


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
    well_with_rows(trial)
    for content in (b"0123456789abcdef", b"short", b""):
        trial.kill()
        with open(os.path.join(trial.dir, "suitsize.key"), "wb") as file:
            file.write(content)
        trial.start()
        trial.recovers()
    trial.kill()
    trial.holds_what_was_promised()


# --- the log and its index

# Done to a log in use, these change neither its name nor its length.
UNSEEN = {"flipped", "another header", "garbage"}


def _log_damages(trial):
    """Name -> what is done to the log or the index of the trial's database."""
    log, index = trial.database + "-wal", trial.database + "-shm"
    size = os.path.getsize
    return {
        "flipped": lambda: flip(log, trial.random.randrange(size(log) * 8)),
        "cut": lambda: os.truncate(log, size(log) // 2),
        "emptied": lambda: os.truncate(log, 0),
        "another header": lambda: _overwrite(log, 0, b"garbage!" * 4),
        "garbage": lambda: _overwrite(log, 32, os.urandom(size(log) // 2)),
        "deleted": lambda: os.remove(log),
        "index garbage": lambda: _overwrite(index, 0, os.urandom(size(index))),
        "index deleted": lambda: os.remove(index),
        "both deleted": lambda: [os.remove(path) for path in (log, index)],
    }


def log_closed(trial):
    """After a kill. What was in the file itself stays; of the log, what is before the damage."""
    for name, damage in _log_damages(trial).items():
        well_with_rows(trial)
        safe = list(trial.ledger.recorded)
        trial.acts(3)
        trial.kill()
        damage()
        trial.start()
        trial.recovers()
        trial.kill()
        trial.holds_what_was_promised(safe, f"{name}: ")
        _start_over(trial)


def log_open(trial):
    """Under the service's hands; its index is memory that it shares with whoever opens the file.

    A file that is gone or shorter can be seen, so what is acknowledged afterwards has to last. Other bytes
    in a log cannot be seen without reading it all, and what SQLite adds behind them is lost in a recovery.
    """
    for name, damage in _log_damages(trial).items():
        well_with_rows(trial)
        trial.dwell(0.5)
        damage()
        trial.dwell(1)
        if not trial.service.is_running():
            raise Broken(f"{name}: the service ended with {trial.service.process.returncode}")
        try:
            trial.recovers()
        except Broken as error:
            raise Broken(f"{name}: {error}") from error
        trial.acts(2)
        promised = [] if name in UNSEEN else trial.ledger.recorded[-2:]
        trial.kill()
        trial.holds_what_was_promised(promised, f"{name}, then acts, then a kill: ")
        _start_over(trial)


SCENARIOS = {
    "header_closed": header_closed,
    "header_open": header_open,
    "cut_closed": cut_closed,
    "cut_open": cut_open,
    "garbage_pages_open": garbage_pages_open,
    "again_and_again": again_and_again,
    "what_is_durable_is_saved": what_is_durable_is_saved,
    "many_durable_rows_are_saved": many_durable_rows_are_saved,
    "a_durable_row_is_damaged": a_durable_row_is_damaged,
    "schema_of_answers": schema_of_answers,
    "schema_of_audit": schema_of_audit,
    "key": key,
    "log_closed": log_closed,
    "log_open": log_open,
}
