"""A thousand shoppers with a connection each, at a fixed rate: `suitsize bench`, since wrk knows no rate.

Latency counts from the moment at which a request was due, so one that had to wait for others counts as late.
"""

import json

import processes

USERS, RATE = 1_000, 5_000


def is_there(binary):
    """Whether this build has the command, with what is needed of it."""
    told = processes.subprocess.run([binary, "bench", "--help"], capture_output=True, text=True)
    return told.returncode == 0 and all(flag in told.stdout for flag in ("--users", "--rate", "--duration", "--json"))


def measure(binary, server, cores, seconds):
    pids = server.pids()
    before_us = processes.cpu_us(pids)
    process = processes.start(
        [binary, "bench", "--users", USERS, "--rate", RATE, "--duration", f"{seconds}s", "--mix", "population",
         "--json", "-", f"http://127.0.0.1:{server.port}"],
        cores=cores, stdout=processes.subprocess.PIPE, stderr=processes.subprocess.PIPE, text=True)
    try:
        output, complaint = process.communicate(timeout=seconds + 60)
    finally:
        processes.stop(process)
    if not output.strip():
        raise RuntimeError(f"suitsize bench ended with {process.returncode} and no report: {complaint[-800:]}")
    return figures(json.loads(output), processes.cpu_us(pids) - before_us) | {"seconds": seconds}


def figures(document, used_us):
    """Of its report: latencies from the due moments. What was due and could not be sent is an error like others."""
    run = document["runs"][0]
    latency = run["latency"]
    if latency is None:
        raise RuntimeError(f"none of the {USERS:,} users was answered: {run['errors']}")
    return {
        "users": USERS,
        "rate": RATE,
        "requests": run["requests"],
        "requests_per_second": run["throughputPerSecond"],
        "errors": sum(run["errors"].values()) + run["unsent"] + run["rampUpErrors"],
        "errors_by_kind": run["errors"],
        "hit_rate": run["hitRate"],
        "p50_ms": latency["p50Ms"],
        "p99_ms": latency["p99Ms"],
        "p999_ms": latency["p99_9Ms"],
        "cpu_us_per_request": used_us / max(run["requests"] + run["rampUpRequests"], 1),
    }
