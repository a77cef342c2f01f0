"""`suitsize backup` and `suitsize maintain` beside a running service, and when they fail."""

import os
import subprocess
import time

import disk
import ledger


def _run(trial, *arguments):
    return subprocess.run([trial.setting.binary, *arguments], capture_output=True, text=True)


def _backup(trial, target):
    return _run(trial, "backup", target, "--data-dir", trial.dir)


def under_load(trial):
    """Each copy is whole, and has what was acknowledged before it was begun."""
    trial.start(per_second=150)
    trial.is_well()
    for turn in range(5):
        trial.acts(3)
        target = os.path.join(trial.scratch, f"copy-{turn}.db")
        done = _backup(trial, target)
        trial.check(done.returncode == 0, f"a backup failed: {done.stderr}")
        for fault in ledger.faults_of(target, trial.ledger.recorded):
            trial.check(False, f"in a copy: {fault}")
    trial.recovers()


def killed(trial):
    """A copy that was not finished does not bear the name, and does not hinder the next."""
    trial.start(per_second=150)
    trial.is_well()
    trial.acts(3)
    target = os.path.join(trial.scratch, "copy.db")
    for _ in range(10):
        command = [trial.setting.binary, "backup", target, "--data-dir", trial.dir]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(trial.random.uniform(0, 0.02))
        process.kill()
        process.wait()
        if os.path.exists(target):
            trial.check(ledger.integrity(target) == "ok", "a copy bears the name and is not whole")
            os.remove(target)
    # What a kill may leave, at its worst.
    with open(target + ".unfinished", "wb") as file:
        file.write(os.urandom(9000))
    done = _backup(trial, target)
    trial.check(done.returncode == 0, f"what a kill left hinders the next backup: {done.stderr}")
    trial.recovers()


def of_a_damaged_file(trial):
    """Fails, and leaves nothing that could be taken for a copy."""
    trial.start()
    trial.is_well()
    trial.client.optimize("into-the-file")
    trial.kill()
    size = os.path.getsize(trial.database)
    with open(trial.database, "r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(os.urandom(8192))
    target = os.path.join(trial.scratch, "copy.db")
    done = _backup(trial, target)
    trial.check(done.returncode != 0, "a damaged file was copied without a word")
    left = [name for name in os.listdir(trial.scratch) if name.startswith("copy.db")]
    trial.check(not left, f"a failed backup left {left}")


def onto_a_full_disk(trial):
    """Fails, and leaves the name and the room free."""
    trial.start(per_second=150)
    trial.is_well()
    trial.client.optimize("into-the-file")
    small = os.path.join(trial.scratch, "small")
    disk.mount(trial, small, "48k")
    target = os.path.join(small, "copy.db")
    done = _backup(trial, target)
    trial.check(done.returncode != 0, "a backup onto a full disk succeeded")
    trial.check(not os.listdir(small), f"a failed backup left {os.listdir(small)}")
    trial.recovers()


def maintain_in_use(trial):
    """Keeps its hands off a store that a service uses."""
    trial.start()
    trial.is_well()
    done = _run(trial, "maintain", "--data-dir", trial.dir)
    trial.check(done.returncode != 0 and "uses this data directory" in done.stderr, f"maintain in use: {done}")
    trial.recovers()
    trial.stop()
    done = _run(trial, "maintain", "--data-dir", trial.dir)
    trial.check(done.returncode == 0, f"maintain of a closed store: {done.stderr}")


SCENARIOS = {
    "under_load": under_load,
    "killed": killed,
    "of_a_damaged_file": of_a_damaged_file,
    "onto_a_full_disk": onto_a_full_disk,
    "maintain_in_use": maintain_in_use,
}
