"""The service as it is shipped, with the memory tier on and filling itself ahead.

What memory has is as right as what it was filled from: a damaged file must not poison it. And while the
store is away, what repeats comes from memory.
"""

import os
import time

import damage
import flips

AS_SHIPPED = {"SUITSIZE_MEMORY_TTL_SECONDS": "30", "SUITSIZE_WARM": "on"}
FLIPS = 25


def without_a_store(trial):
    """A directory is in the database's place: repeated questions come from memory at once."""
    trial.has_memory = True
    os.makedirs(trial.database)
    trial.start(environment=AS_SHIPPED)
    trial.says("cannot_open", "io_error")
    trial.dwell(2)
    asked = time.monotonic()
    trial.dwell(2)
    repeated = {trial.traffic.ask(trial.client, number) for number in trial.traffic.order[:10]}
    trial.check(repeated == {"HIT-MEMORY"}, f"without a store what repeats comes as {repeated}")
    late = [answer for answer in trial.traffic.answers if answer.ended_s > asked and not answer.is_degraded]
    trial.check(not late, f"{len(late)} answers did not say that the store is away")
    os.rmdir(trial.database)
    trial.recovers()


def filled_from_a_damaged_file(trial):
    """Flips in the pages of answers, then a start that reads them all into memory."""
    image, numbers = flips.image_with_rows(trial)
    trial.has_memory = True
    found = 0
    for _ in range(FLIPS):
        damaged = bytearray(image)
        for _ in range(20):
            bit = trial.random.randrange(2 * damage.PAGE_BYTES * 8, len(image) * 8)
            damaged[bit // 8] ^= 1 << bit % 8
        flips.put(trial, damaged)
        trial.start(shoppers=0, environment=AS_SHIPPED)
        for number in numbers:
            found += trial.traffic.ask(trial.client, number) != "MISS"
        trial.recovers()
        trial.kill()
    trial.note(f"{found} of {FLIPS * len(numbers)} answers came out of files with 20 flipped bits")
    trial.check(found > FLIPS * len(numbers) / 10, "hardly anything came out of the damaged files: nothing was tried")


SCENARIOS = {"without_a_store": without_a_store, "filled_from_a_damaged_file": filled_from_a_damaged_file}
