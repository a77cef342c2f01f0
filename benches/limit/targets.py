"""What is promised: each target with its minimum, its aim, and where the figure is.

Ratios are medians of the rounds' own ratios: ours and the other were measured within seconds of each other.
"""

from dataclasses import dataclass
from typing import Callable

AT_LEAST, AT_MOST = ">=", "<="
SHORT_LIMIT_S = 150


@dataclass
class Target:
    text: str
    direction: str
    minimum: float
    aim: float | None
    find: Callable
    unit: str = ""


def ratio(scenario, other, figure="rows_per_second"):
    def find(results):
        return results["scenarios"][scenario]["ratios"][other][figure]["median"]

    return find


def at(*path):
    def find(results):
        for name in path:
            results = results[name]
        return results

    return find


TARGETS = [
    Target("memory hits: throughput against the bare server", AT_LEAST, 0.85, 0.95, ratio("memory", "bare"), "x"),
    Target("memory hits: server CPU a request against the same", AT_MOST, 1.20, 1.08,
           ratio("memory", "bare", "cpu_us_per_row"), "x"),
    Target("all different, computed and stored, against the same", AT_LEAST, 0.20, 0.35, ratio("distinct", "bare"), "x"),
    Target("of all different, stored", AT_LEAST, 0.99, None,
           at("scenarios", "distinct", "medians", "ours", "stored_of_computed")),
    Target("store hits against the same", AT_LEAST, 0.30, 0.5, ratio("store", "bare"), "x"),
    Target("population, filled ahead, against the same", AT_LEAST, 0.75, 0.9, ratio("population", "bare"), "x"),
    Target("memory hits against FastAPI", AT_LEAST, 15, 25, ratio("memory", "fastapi"), "x"),
    Target("all different against FastAPI", AT_LEAST, 10, 20, ratio("distinct", "fastapi"), "x"),
    Target("1,000 users at 5,000 requests/s: p99", AT_MOST, 20, 5, at("users", "p99_ms"), "ms"),
    Target("the same: errors", AT_MOST, 0, None, at("users", "errors")),
    Target("resident memory during all that, at most", AT_MOST, 96, 48, at("resident", "highest_mb"), "MB"),
    Target("cold start to ready, no store", AT_MOST, 100, 30, at("start", "no_store_ms", "median"), "ms"),
    Target("cold start to ready, with a store", AT_MOST, 100, 30, at("start", "with_store_ms", "median"), "ms"),
]
SHORT = Target("this short run (cargo bench has the rest of 360 s)", AT_MOST, SHORT_LIMIT_S, None, at("seconds"), "s")


def judge(results, short):
    """A row for each target: measured or not, `pass`, `aim` too, or `miss`. A missing figure is no miss."""
    rows = []
    for target in TARGETS + ([SHORT] if short else []):
        try:
            measured = target.find(results)
        except (KeyError, TypeError):
            measured = None
        rows.append({
            "target": target.text, "direction": target.direction, "minimum": target.minimum, "aim": target.aim,
            "unit": target.unit, "measured": measured, "verdict": verdict(target, measured),
        })
    return rows


def verdict(target, measured):
    if measured is None:
        return "not measured"
    reaches = (lambda limit: measured >= limit) if target.direction == AT_LEAST else (lambda limit: measured <= limit)
    if not reaches(target.minimum):
        return "MISS"
    return "aim" if target.aim is not None and reaches(target.aim) else "pass"
