"""Cold start to ready: from the spawn of the process to the first 200 of `GET /api/health/ready`.

The program's file is in the page cache; with a store, so is that. An address is asked every millisecond, so
the figure is up to a millisecond too long.
"""

import statistics
import time

import processes
from servers import environment, exchange, free_port

EVERY_S = 0.001
LIMIT_S = 15.0


def milliseconds_to_ready(binary, workers, settings, data_dir):
    port = free_port()
    began = time.perf_counter()
    process = processes.start(
        [binary, "serve", "--port", port, "--workers", workers, "--data-dir", data_dir],
        env=environment(settings), stdout=processes.subprocess.DEVNULL)
    try:
        while not is_ready(port):
            if process.poll() is not None or time.perf_counter() - began > LIMIT_S:
                raise RuntimeError(f"{binary} is not ready after {time.perf_counter() - began:.1f} s")
            time.sleep(EVERY_S)
        return (time.perf_counter() - began) * 1000
    finally:
        processes.stop(process)


def is_ready(port):
    try:
        return exchange(port, "GET", "/api/health/ready")[0] == 200
    except ConnectionError:
        return False


def measure(binary, workers, settings, starts, directory, with_store):
    """Medians and all of them: with no store, each start in an empty directory; with the one in `with_store`."""
    empty = [milliseconds_to_ready(binary, workers, settings, directory / f"start-{n}") for n in range(starts)]
    stored = [milliseconds_to_ready(binary, workers, settings, with_store) for _ in range(starts)]
    return {
        "no_store_ms": {"median": statistics.median(empty), "all": empty},
        "with_store_ms": {"median": statistics.median(stored), "all": stored},
    }
