"""The load generator: wrk, with one of the scripts in `lua/`, and what a run of it cost the server.

wrk is a closed loop: each connection asks again when it has its answer, so its percentiles are those of a
server that is busy all the time, and not what a shopper waits. For those see `users.py`.
"""

import json
import os
from pathlib import Path

import processes

SCRIPTS = Path(__file__).with_name("lua")
ANSWER_LIMIT = "10s"


class Wrk:
    def __init__(self, binary, cores):
        self.binary, self.cores = binary, cores

    def run(self, server, script, arguments, connections, seconds):
        """Requests, duration and percentiles in microseconds, errors by kind, as the script's done() tells."""
        threads = min(len(self.cores), connections)
        process = processes.start(
            [self.binary, "-t", threads, "-c", connections, "-d", f"{seconds}s", "--timeout", ANSWER_LIMIT,
             "-s", SCRIPTS / f"{script}.lua", f"http://127.0.0.1:{server.port}", "--", *arguments],
            cores=self.cores, stdout=processes.subprocess.PIPE, stderr=processes.subprocess.STDOUT, text=True,
            env=os.environ | {"LUA_PATH": f"{SCRIPTS}/?.lua;;", "WRK_THREADS": str(threads)})
        try:
            output, _ = process.communicate(timeout=seconds + 30)
        finally:
            processes.stop(process)
        told = [line for line in output.splitlines() if line.startswith("{")]
        if process.returncode != 0 or not told:
            raise RuntimeError(f"wrk with {script}.lua ended with {process.returncode}: {output[-800:]}")
        return json.loads(told[-1])


def measure(wrk, server, script, arguments, connections, seconds, finish=None):
    """One round. `finish` is what the server has still to do for it, such as storing: its processor time counts."""
    pids = server.pids()
    before_us = processes.cpu_us(pids)
    told = wrk.run(server, script, arguments, connections, seconds)
    if finish:
        finish()
    used_us = processes.cpu_us(pids) - before_us
    return {
        "requests": told["requests"],
        "errors": told["errors"],
        "requests_per_second": told["requests"] * 1e6 / told["duration_us"],
        "cpu_us_per_request": used_us / max(told["requests"], 1),
        "p50_ms": told["p50_us"] / 1000,
        "p99_ms": told["p99_us"] / 1000,
        "p999_ms": told["p999_us"] / 1000,
        "resident_mb": processes.memory_mb(pids, "VmRSS"),
    }
