"""Questions and their right answers.

The right answer is what `suitsize recommend --batch` says: the same engine without a server, a cache or
a file in between. A response is right if its recommendation is that answer to the byte, because a hit and
a miss must not differ by one. Every scenario asks from one list, computed once for a run.
"""

import json
import random
import subprocess

PREFIX = '{"recommendation":'
SUFFIX = ',"api_version":'
ENVELOPE = ',"performance_metadata":'
FITS = ("slim", "regular", "relaxed")


def write(binary, path, count, seed):
    """Writes `count` questions to `path`, each with the beginning that a right response has, one a line."""
    source = random.Random(seed)
    grid = [
        {"height": height / 2, "weight": weight / 2, "fitPreference": fit}
        for height in range(2 * 160, 2 * 200)
        for weight in range(2 * 55, 2 * 115)
        for fit in FITS
    ]
    questions = [json.dumps(question) for question in source.sample(grid, count)]
    # No data directory is involved, so no fault can reach it.
    done = subprocess.run(
        [binary, "recommend", "--batch"], input="\n".join(questions), capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == count, f"{len(lines)} answers to {count} questions"
    with open(path, "w") as file:
        for question, line in zip(questions, lines):
            if line.startswith(PREFIX):  # a body that no chart fits is refused: not asked
                file.write(f"{question}\t{line.rsplit(SUFFIX, 1)[0]}{ENVELOPE}\n")


class Oracle:
    """The questions of a file that `write` made, by number, and what must come back."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.lines = file.read().splitlines()

    def __len__(self):
        return len(self.lines)

    def question(self, number):
        """As bytes to send."""
        return self.lines[number].split(b"\t")[0]

    def expected(self, number):
        """The bytes that a right response begins with."""
        return self.lines[number].split(b"\t")[1]

    def is_right(self, number, body):
        return body.startswith(self.expected(number))
