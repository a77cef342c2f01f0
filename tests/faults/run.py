"""Injects faults into a running service and judges it by what a shopper and an operator see.

    python3 tests/faults/run.py --binary target/release/suitsize [--long MINUTES] [--only NAME] [--list]

The short form tries everything once, at most three minutes on two cores. `--long` goes on with new seeds and
longer faults until the time is over. Linux only; what a machine does not allow (mounting, tracing,
another user) is left out with a line that says so. Exit code 1 if anything failed.

In every scenario: each answer over HTTP is right to the byte (`oracle`), none takes longer than 250 ms
(`traffic`), health tells the truth (`health`), what was acknowledged is there (`ledger`), and the service is
well again within a minute after the cause is gone (`trial`). That each of these checks can fail is shown
by `controls`, first.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import sys
import tempfile
import time

import clock
import controls
import copies
import damage
import disk
import eio
import flips
import history
import instances
import kill
import locks
import memory
import oracle
import swap
import trial

# The longest first, so that the last to end is a short one.
FAMILIES = (flips, damage, kill, disk, history, controls, swap, instances, locks, memory, clock, eio, copies)
# Most of a trial is waiting; more at a time, and a shared machine's own stalls drown what is measured.
AT_A_TIME = 5
QUESTIONS = 24_000
LONG_PATIENCE = 5.0


def scenarios():
    """Name -> function, in order."""
    return {f"{family.__name__}.{name}": tried for family in FAMILIES for name, tried in family.SCENARIOS.items()}


def try_one(setting, name):
    return trial.run(setting, name, scenarios()[name])


def try_all(setting, names):
    """Outcomes as they come. Each trial has a process of its own: no interpreter's lock delays another's."""
    again = []
    for outcome in _try_at_a_time(AT_A_TIME, setting, names):
        if outcome.is_only_late:
            again.append(outcome)
        else:
            yield outcome
    for first in again:
        for outcome in _try_at_a_time(1, setting, [first.name]):
            outcome.notes.append(f"the second try, alone; of the first: {first.problems[0]}")
            yield outcome


def _try_at_a_time(count, setting, names):
    fresh = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(count, mp_context=fresh) as pool:
        tried = {pool.submit(try_one, setting, name): name for name in names}
        for done in concurrent.futures.as_completed(tried):
            error = done.exception()
            if error is None:
                yield done.result()
            else:
                yield trial.Outcome(tried[done], problems=[f"{type(error).__name__}: {error}"])


HEAD = f"{'scenario':<34}{'requests':>9}{'worst ms':>10}{'wrong':>6}{'back in s':>10}{'took s':>8}  health said"


def line(outcome):
    if outcome.left_out is not None:
        return f"{outcome.name:<34}left out: {outcome.left_out}"
    back = "" if outcome.recovery_s is None else f"{outcome.recovery_s:.1f}"
    story = " > ".join(outcome.story[:7]) + (" > ..." if len(outcome.story) > 7 else "")
    verdict = "FAILED" if outcome.problems else "ok"
    excused = f" ({outcome.excused} late with the machine)" if outcome.excused else ""
    return (
        f"{outcome.name:<34}{outcome.requests:>9}{outcome.worst_ms:>10.1f}{outcome.wrong:>6}{back:>10}"
        f"{outcome.seconds:>8.1f}  {story}{excused}: {verdict}"
    )


def tell(outcome):
    print(line(outcome), flush=True)
    for note in outcome.notes:
        print(f"    {note}", flush=True)
    for problem in outcome.problems:
        print(f"    ! {problem}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="target/release/suitsize")
    parser.add_argument("--long", type=float, metavar="MINUTES", help="go on for so long, with new seeds")
    parser.add_argument("--only", metavar="NAME", help="scenarios whose name contains it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    names = [name for name in scenarios() if options.only is None or options.only in name]
    if options.list:
        print("\n".join(names))
        return 0
    if not names:
        print(f"no scenario is called {options.only}")
        return 2
    began = time.monotonic()
    failed, tried, left_out = [], 0, 0
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        os.chmod(scratch, 0o755)
        questions = os.path.join(scratch, "oracle")
        binary = os.path.abspath(options.binary)
        oracle.write(binary, questions, QUESTIONS, options.seed)
        seed = options.seed
        while True:
            patience = LONG_PATIENCE if options.long else 1.0
            print(f"{HEAD} (seed {seed})")
            for outcome in try_all(trial.Setting(binary, questions, scratch, seed, patience), names):
                tell(outcome)
                tried += 1
                left_out += outcome.left_out is not None
                if outcome.problems:
                    failed.append(outcome.name)
            seed += 1
            if time.monotonic() - began > 60 * (options.long or 0):
                break
    print(f"{tried} tried, {left_out} left out, {len(failed)} failed, {time.monotonic() - began:.0f} s")
    if failed:
        print("failed: " + ", ".join(failed))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
