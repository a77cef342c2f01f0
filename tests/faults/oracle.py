"""Questions and their right answers.

The right answer is what `suitsize recommend --batch` says: the same engine without a server, a cache or
a file in between. A response is right if its recommendation is that answer to the byte, because a hit and
a miss must not differ by one. Every scenario asks from one list, computed once for a run.
"""

import json
import random
import subprocess

PREFIX = b'{"recommendation":'
SUFFIX = b',"api_version":'
ENVELOPE = b',"performance_metadata":'
FITS = ("slim", "regular", "relaxed")


def write(binary, path, count, seed):
    """Writes `count` questions with their answers to `path`, one JSON array a line."""
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
            if line.startswith(PREFIX.decode()):  # a body that no chart fits is refused: not asked
                file.write(json.dumps([question, line]) + "\n")


class Oracle:
    """The questions of a file that `write` made, as bytes to send, and what must come back."""

    def __init__(self, path):
        with open(path) as file:
            pairs = [json.loads(line) for line in file]
        self.questions = [question.encode() for question, _ in pairs]
        self.expected = [line.encode().rsplit(SUFFIX, 1)[0] + ENVELOPE for _, line in pairs]

    def __len__(self):
        return len(self.questions)

    def is_right(self, number, body):
        return body.startswith(self.expected[number])
