#!/usr/bin/env python3
"""Did it get slower? The in-process benches of two commits, or of this tree and the stated baseline, by ratio.

    benches/compare.py main~5 main             two commits
    benches/compare.py main .                  a commit and the files as they are here
    benches/compare.py --baseline              benches/baseline.json and the files as they are here
    benches/compare.py --write-baseline        states a new one, with the instructions by callgrind

Two commits are built beside each other and run in turn, round by round, so that a busy machine slows both: the
ratio of a round counts, and the median of those. The baseline was measured once, on the machine that it names, so
its nanoseconds say something on that machine only; its instructions do everywhere.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BASELINE = ROOT / "benches/baseline.json"
BENCHES = ["engine", "tiers", "recording", "edge"]
HERE = "."
# Beyond this, and in three rounds of four beyond half of it, something got slower.
NOTABLE = 1.10
# How instructions.py ends then.
MORE_INSTRUCTIONS = 3


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def build(tree):
    """Paths of the bench programs of a tree; crates that both use are built once."""
    command = ["cargo", "bench", "--locked", "--no-run", "--message-format=json"]
    for bench in BENCHES:
        command += ["--bench", bench]
    target = {"CARGO_TARGET_DIR": str(ROOT / "target")}
    lines = subprocess.run(
        command, check=True, text=True, stdout=subprocess.PIPE, cwd=tree, env=os.environ | target
    ).stdout.splitlines()
    built = [json.loads(line) for line in lines]
    return [
        pathlib.Path(message["executable"])
        for message in built
        if message.get("reason") == "compiler-artifact"
        and message.get("executable")
        and message["target"]["name"] in BENCHES
    ]


def checked_out(commit, scratch):
    if commit == HERE:
        return ROOT
    tree = scratch / commit.replace("/", "_")
    run("git", "worktree", "add", "--detach", str(tree), commit, cwd=ROOT)
    return tree


def kept(programs, directory):
    directory.mkdir(parents=True)
    return [shutil.copy(program, directory / program.name) for program in programs]


def measured(programs, home, tree):
    """Median nanoseconds by the name of a bench, of one run."""
    for program in programs:
        run(str(program), "--bench", "--quick", cwd=tree, env=os.environ | {"CRITERION_HOME": str(home)})
    found = {}
    for file in home.glob("**/new/benchmark.json"):
        estimates = json.loads((file.parent / "estimates.json").read_text())
        found[json.loads(file.read_text())["full_id"]] = estimates["median"]["point_estimate"]
    return found


def quartiles(values):
    return statistics.quantiles(values, n=4) if len(values) > 1 else values * 3


def show(name, before, after, ratios):
    low, middle, high = quartiles(ratios)
    slower = middle > NOTABLE and low > 1 + (NOTABLE - 1) / 2
    word = "slower" if slower else "faster" if middle < 1 / NOTABLE and high < 1 else ""
    print(f"{name[:52]:<52}{before:>11,.0f}{after:>11,.0f}{middle:>8.3f}  {low:.2f} to {high:.2f}  {word}")
    return slower


HEAD = f"{'nanoseconds, medians':<52}{'before':>11}{'after':>11}{'ratio':>8}  quartiles"


def compare(before, after, rounds):
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="compare-"))
    trees = {}
    try:
        sides = {}
        for side, commit in (("before", before), ("after", after)):
            trees[side] = checked_out(commit, scratch)
            sides[side] = kept(build(trees[side]), scratch / "programs" / side)
        results = {"before": [], "after": []}
        for count in range(rounds):
            # In turn also who is first.
            for side in sorted(sides, reverse=count % 2 == 0):
                home = scratch / "criterion" / f"{side}-{count}"
                results[side].append(measured(sides[side], home, trees[side]))
            print(f"round {count + 1} of {rounds}", file=sys.stderr)
    finally:
        for tree in trees.values():
            if tree != ROOT:
                run("git", "worktree", "remove", "--force", str(tree), cwd=ROOT)
        shutil.rmtree(scratch, ignore_errors=True)
    print(HEAD)
    slower = False
    names = [name for name in results["before"][0] if name in results["after"][0]]
    for name in sorted(names):
        pairs = [(a[name], b[name]) for a, b in zip(results["before"], results["after"])]
        medians = [statistics.median(side) for side in zip(*pairs)]
        slower |= show(name, *medians, [b / a for a, b in pairs])
    only_one = sorted(set(results["before"][0]) ^ set(results["after"][0]))
    if only_one:
        print("only on one side:", "; ".join(only_one))
    return slower


def here(rounds):
    programs = build(ROOT)
    with tempfile.TemporaryDirectory() as scratch:
        homes = [pathlib.Path(scratch) / str(count) for count in range(rounds)]
        return [measured(programs, home, ROOT) for home in homes]


def machine():
    model = platform.machine()
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


def write_baseline(rounds, binary):
    if not shutil.which("valgrind"):
        sys.exit("a baseline has instructions too: install valgrind")
    if run("git", "status", "--porcelain", "--", "src", "Cargo.lock", "Cargo.toml", "benches", cwd=ROOT):
        sys.exit("a baseline is of a commit: commit what is here first")
    nanoseconds = here(rounds)
    with tempfile.TemporaryDirectory() as scratch:
        counts = pathlib.Path(scratch) / "instructions.json"
        instructions_of(binary, "--json", str(counts))
        instructions = json.loads(counts.read_text())["instructions"]
    stated = {
        "commit": run("git", "describe", "--always", "--dirty", cwd=ROOT).strip(),
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "rounds": rounds,
        "nanoseconds": {
            name: round(statistics.median(of[name] for of in nanoseconds), 1)
            for name in sorted(nanoseconds[0])
        },
        "instructions": instructions,
    }
    BASELINE.write_text(json.dumps(stated, indent=2) + "\n")
    print(f"stated in {BASELINE.relative_to(ROOT)}")


def instructions_of(binary, *options):
    """True when there are notably more."""
    chosen = ["--binary", binary] if binary else []
    ended = subprocess.run([str(ROOT / "benches/instructions.sh"), *options, *chosen]).returncode
    if ended not in (0, MORE_INSTRUCTIONS):
        sys.exit("instructions were not counted")
    return ended == MORE_INSTRUCTIONS


def against_baseline(rounds, binary):
    stated = json.loads(BASELINE.read_text())
    print(f"before: {stated['commit']}, {stated['date']}, {stated['machine']}\nafter: {machine()}")
    now = here(rounds)
    print(HEAD)
    slower = False
    for name, before in stated["nanoseconds"].items():
        values = [of[name] for of in now if name in of]
        if values:
            slower |= show(name, before, statistics.median(values), [value / before for value in values])
    sys.stdout.flush()
    return instructions_of(binary, "--baseline", str(BASELINE)) or slower


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commits", nargs="*", metavar="BEFORE AFTER")
    parser.add_argument("--baseline", action="store_true")
    parser.add_argument("--write-baseline", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--binary", help="of which to count instructions; otherwise this tree is built for release")
    parser.add_argument("--require", action="store_true", help="end with 1 if anything got slower")
    options = parser.parse_args()
    if options.write_baseline:
        return write_baseline(options.rounds, options.binary)
    if options.baseline == (len(options.commits) == 2):
        parser.error("give two commits (the second may be .), or --baseline")
    slower = (
        against_baseline(options.rounds, options.binary)
        if options.baseline
        else compare(*options.commits, options.rounds)
    )
    if slower and options.require:
        sys.exit(1)


main()
