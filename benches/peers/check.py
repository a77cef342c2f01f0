"""Do the peers give the same sizes as SuitSize? Starts it and each of them, asks all the same questions.

    cargo build --release && python3 benches/peers/check.py

The first run installs the peers under `target/peers` (some minutes, a package index). An answer is the same
when size and the sizes named beside it are, and probability and confidence lie within a hundredth. Everything
is asked twice, several at once, so that what a cache gives is compared too. Prints how many are the same by
peer and the first that are not; exit 1 if any is not. Measures nothing.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from peers import PEERS, free_port

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS, SEED = 200, 7
WITHIN = 0.01
AT_ONCE = 8
SHOWN_MOST = 5
START_SECONDS = 10


def questions(seed):
    """Endless: people from small and slight to tall and heavy, every third with tapes."""
    draw = random.Random(seed)
    half = lambda value: round(value * 2) / 2
    while True:
        sex = draw.choice(("male", "female"))
        height = half(draw.uniform(*{"male": (152, 205), "female": (142, 192)}[sex]))
        bmi = min(draw.triangular(16, 42, 24), draw.uniform(20, 42))
        question = {"height": height, "weight": half(bmi * (height / 100) ** 2), "sex": sex,
                    "fitPreference": draw.choice(("slim", "regular", "relaxed")), "unit": "metric"}
        if draw.random() < 0.5:
            question["age"] = draw.randrange(16, 90)
        if draw.random() < 0.25:
            question["measured"] = True
        if draw.random() < 1 / 3:
            usual = {"chest": 62 + 1.6 * bmi, "waist": 40 + 2.0 * bmi, "hip": 68 + 1.2 * bmi,
                     "neck": 30 + 0.35 * bmi, "sleeve": 0.335 * height, "inseam": 0.475 * height}
            for name in draw.sample(sorted(usual), draw.randint(1, 3)):
                question[name] = half(usual[name] * draw.uniform(0.93, 1.07))
        yield question


class SuitSize:
    """Our own binary, asked as the peers are."""

    def __init__(self, binary, data_dir, port):
        command = [binary, "serve", "--port", str(port), "--data-dir", data_dir, "--rate-limit", "off", "--warm", "off"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._url = f"http://127.0.0.1:{port}/api/recommend"
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask({"height": 175, "weight": 75})
                return
            except urllib.error.URLError as error:
                if time.monotonic() > until or self._process.poll() is not None:
                    self.stop()
                    raise RuntimeError(f"{binary} does not answer on port {port}: {error}") from error
                time.sleep(0.05)

    def ask(self, question):
        """The answer, or None where the question is refused."""
        request = urllib.request.Request(self._url, json.dumps(question).encode(), {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                answer = json.load(response)["recommendation"]
        except urllib.error.HTTPError as error:
            if error.code != 422:
                raise
            return None
        answer["alternatives"] = [other["size"] for other in answer["alternatives"]]
        return answer

    def stop(self):
        self._process.terminate()
        self._process.wait()


def differs(ours, theirs):
    """The fields in which two answers are not the same."""
    exact = [name for name in ("size", "alternatives") if ours[name] != theirs[name]]
    return exact + [name for name in ("probability", "confidence") if abs(ours[name] - theirs[name]) > WITHIN]


def check(peer, asked):
    """Prints how many of the pairs of question and our answer are answered the same; whether all are."""
    peer.prepare()
    port = free_port()
    peer.start(port)
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ask = lambda pair: peer.ask(port, pair[0])
            rounds = [list(pool.map(ask, asked)) for _ in range(2)]
    finally:
        peer.stop()
    different = []
    for (question, ours), *answers in zip(asked, *rounds):
        for theirs, _ in answers:
            if fields := differs(ours, theirs):
                different.append((question, fields, ours, theirs))
                break
    tiers = Counter(tier for answers in rounds for _, tier in answers if tier)
    told = [f"{package} {version}" for package, version in peer.versions().items()]
    told += [f"{count} {tier}" for tier, count in sorted(tiers.items())]
    print(f"{peer.name:9} {len(asked) - len(different)} of {len(asked)} the same ({', '.join(told)})", flush=True)
    for question, fields, ours, theirs in different[:SHOWN_MOST]:
        print(f"  {json.dumps(question)}")
        for name in fields:
            print(f"    {name}: ours {ours[name]}, theirs {theirs[name]}")
    return not different


def main():
    usual = os.environ.get("SUITSIZE_BENCH_BINARY", ROOT / "target/release/suitsize")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"of {', '.join(PEERS)}; all unless named")
    parser.add_argument("--binary", type=Path, default=usual, help="SUITSIZE_BENCH_BINARY, or the release build")
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    for name in arguments.peers:
        if name not in PEERS:
            parser.error(f"there is no peer \"{name}\"; there are {', '.join(PEERS)}")
    if arguments.questions < 1:
        parser.error(f"--questions is {arguments.questions}; it must be 1 or more")
    if not os.access(arguments.binary, os.X_OK):
        parser.error(f"--binary: there is no program {arguments.binary}; cargo build --release makes it")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as data_dir:
        suitsize = SuitSize(arguments.binary, data_dir, free_port())
        try:
            pairs = ((question, suitsize.ask(question)) for question in questions(arguments.seed))
            answered = (pair for pair in pairs if pair[1] is not None)
            asked = [next(answered) for _ in range(arguments.questions)]
        finally:
            suitsize.stop()
    offered = sum(ours["size"] is not None for _, ours in asked)
    sizes = len({ours["size"] for _, ours in asked})
    print(f"{len(asked)} questions, seed {arguments.seed}: {offered} are offered a size, {sizes} different answers")
    same = [check(PEERS[name], asked) for name in arguments.peers or PEERS]
    sys.exit(0 if all(same) else 1)


if __name__ == "__main__":
    main()
