"""Prometheus' text format 0.0.4, read strictly, and what has to hold of ours beyond the format.

`promtool check metrics` looks at names and help; it does not see a histogram that shrinks from bucket to
bucket or a label that takes whatever a caller sends.
"""

import math
import re
from dataclasses import dataclass, field

LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)")
TYPES = {"counter", "gauge", "histogram"}
PARTS = ("_bucket", "_sum", "_count")

TIERS = {"memory", "store", "computed", "none"}
CLASSES = {"2xx", "3xx", "4xx", "5xx"}
STATES = {"opening", "open", "paused", "closed"}
# Family -> label -> values that it may have. Other labels: `OPEN_LABELS`.
VALUES = {
    "suitsize_http_connections_ended_total": {"reason": {"refused", "overdue"}},
    "suitsize_http_requests_total": {"status": CLASSES, "tier": TIERS},
    "suitsize_http_request_duration_seconds": {"status": CLASSES, "tier": TIERS},
    "suitsize_http_response_bytes_total": {"status": CLASSES, "tier": TIERS},
    "suitsize_cache_operations_total": {
        "tier": {"memory", "store"},
        "operation": {"hit", "miss", "refresh", "skip"},
    },
    "suitsize_cache_entries": {"tier": {"memory", "ahead"}},
    "suitsize_cache_bytes": {"tier": {"memory", "ahead"}},
    "suitsize_store_state": {"state": STATES},
    "suitsize_store_pool_connections": {"state": {"open", "idle"}},
    "suitsize_store_rows_dropped_total": {"reason": {"queue_full", "unavailable"}},
    "suitsize_store_checkpoints_total": {"result": {"complete", "busy", "failed"}},
    "suitsize_upkeep_runs_total": {"result": {"done", "failed"}},
    "suitsize_webhook_deliveries_total": {"result": {"delivered", "failed", "dropped"}},
    "suitsize_alert_firing": {"severity": {"info", "warning", "error", "critical"}},
}
# Values of these are the program's own; there are few, and callers cannot add any.
OPEN_LABELS = {"route", "duty", "alert", "version", "api_version", "model_version", "chart_version"}
MOST_VALUES = 32
FLAGS = (
    "suitsize_store_degraded",
    "suitsize_store_breaker_open",
    "suitsize_upkeep_last_success",
    "suitsize_alert_firing",
)
REQUESTS = "suitsize_http_requests_total"
DURATIONS = "suitsize_http_request_duration_seconds"
# 2^14 to 2^34 nanoseconds.
BOUNDS = [2**bits / 1e9 for bits in range(14, 35)] + [math.inf]


class Malformed(Exception):
    """What is wrong with a line."""


@dataclass
class Family:
    kind: str
    # (name, labels as a sorted tuple) -> value
    samples: dict = field(default_factory=dict)

    def histograms(self):
        """Labels without `le` -> (buckets as (bound, count) in the text's order, sum, count)."""
        found = {}
        for (name, labels), value in self.samples.items():
            key = tuple(label for label in labels if label[0] != "le")
            buckets, totals = found.setdefault(key, ([], {}))
            if name.endswith("_bucket"):
                buckets.append((float(dict(labels).get("le", "nan")), value))
            else:
                totals[name.rsplit("_", 1)[1]] = value
        return {key: (buckets, totals.get("sum"), totals.get("count")) for key, (buckets, totals) in found.items()}


def read(text):
    """Name -> Family, or `Malformed`."""
    families, helped, current = {}, None, None
    if not text.endswith("\n"):
        raise Malformed("the last line has no end")
    for number, line in enumerate(text.splitlines(), 1):
        try:
            if line.startswith("# HELP "):
                helped, _, said = line.removeprefix("# HELP ").partition(" ")
                if not said.strip() or helped in families:
                    raise Malformed("help that is empty, or said twice")
            elif line.startswith("# TYPE "):
                name, _, kind = line.removeprefix("# TYPE ").partition(" ")
                if name != helped or kind not in TYPES or name in families:
                    raise Malformed("a type without its help, unknown, or said twice")
                current, families[name] = name, Family(kind)
            elif line:
                _sample(line, current, families)
        except Malformed as error:
            raise Malformed(f"line {number}, {line[:100]!r}: {error}") from None
    return families


def _sample(line, current, families):
    match = SAMPLE.fullmatch(line)
    if match is None or current is None:
        raise Malformed("this is no sample")
    name, inner, said = match.groups()
    family = families[current]
    belongs = {current + part for part in PARTS} if family.kind == "histogram" else {current}
    if name not in belongs:
        raise Malformed(f"a sample among those of {current}")
    labels = LABEL.findall(inner or "")
    if ",".join(f'{key}="{value}"' for key, value in labels) != (inner or ""):
        raise Malformed("labels that cannot be read")
    if len({key for key, _ in labels}) != len(labels):
        raise Malformed("a label twice")
    try:
        value = float(said)
    except ValueError:
        raise Malformed("a value that is no number") from None
    key = (name, tuple(sorted(labels)))
    if key in family.samples:
        raise Malformed("the same sample twice")
    family.samples[key] = value


def sample_names(families):
    return {name for family in families.values() for name, _ in family.samples}


def label_names(families):
    """Of each sample's name."""
    found = {}
    for family in families.values():
        for name, labels in family.samples:
            found.setdefault(name, set()).update(key for key, _ in labels)
    return found


def routes(families):
    return {dict(labels)["route"] for _, labels in families[REQUESTS].samples}


def counts(families):
    """(route, status) -> requests."""
    found = {}
    for (_, labels), value in families[REQUESTS].samples.items():
        labels = dict(labels)
        key = (labels["route"], labels["status"])
        found[key] = found.get(key, 0) + value
    return found


def faults(families):
    """What does not hold, a sentence each; empty if all is well."""
    return [
        fault
        for name, family in families.items()
        for law in (_numbers, _labels, _cumulative)
        for fault in law(name, family)
    ] + list(_together(families))


def _numbers(name, family):
    for (sample, labels), value in family.samples.items():
        if not math.isfinite(value):
            yield f"{sample}{dict(labels)} is {value}"
        elif value < 0:
            yield f"{sample}{dict(labels)} is negative: {value}"
        elif name in FLAGS and value not in (0, 1):
            yield f"{sample}{dict(labels)} is {value}, neither 0 nor 1"
    if (family.kind == "counter") != name.endswith("_total"):
        yield f"{name} is a {family.kind}"


def _labels(name, family):
    seen = {}
    for _, labels in family.samples:
        for key, value in labels:
            seen.setdefault(key, set()).add(value)
    for key, values in seen.items():
        allowed = VALUES.get(name, {}).get(key)
        if key == "le" and family.kind == "histogram":
            continue
        if allowed is not None and not values <= allowed:
            yield f"{name} has {key} = {sorted(values - allowed)}"
        if allowed is None and key not in OPEN_LABELS:
            yield f"{name} has the label {key}"
        if len(values) > MOST_VALUES:
            yield f"{name} has {len(values)} values of {key}"


def _cumulative(name, family):
    if family.kind != "histogram":
        return
    for labels, (buckets, total, count) in family.histograms().items():
        where = f"{name}{dict(labels)}"
        bounds = [bound for bound, _ in buckets]
        inside = [value for _, value in buckets]
        if bounds != sorted(set(bounds)) or bounds[-1:] != [math.inf]:
            yield f"{where}: bounds are not in order up to +Inf: {bounds}"
        elif inside != sorted(inside):
            yield f"{where}: a bucket has less than the one below it: {inside}"
        elif inside[-1] != count:
            yield f"{where}: +Inf has {inside[-1]}, _count {count}"
        elif total is None or not total <= count * 3600 or (count == 0 and total != 0):
            yield f"{where}: the sum of {count} is {total} s"
        elif len(bounds) != len(BOUNDS) or any(
            abs(found - bound) > bound * 1e-9 for found, bound in zip(bounds[:-1], BOUNDS)
        ):
            yield f"{where}: bounds are not the powers of two: {bounds}"


def _together(families):
    """Figures that say the same have to agree."""

    def value(name, **labels):
        return families[name].samples[(name, tuple(sorted(labels.items())))]

    requests = {labels: value for (_, labels), value in families[REQUESTS].samples.items()}
    timed = {labels: count for labels, (_, _, count) in families[DURATIONS].histograms().items()}
    if requests != timed:
        yield f"{REQUESTS} and the counts of {DURATIONS} differ"
    if sum(families["suitsize_store_state"].samples.values()) != 1:
        yield "the store is not in one state"
    for less, more in (
        ("suitsize_store_free_pages", "suitsize_store_pages"),
        ("suitsize_store_queue_rows", "suitsize_store_queue_capacity_rows"),
        ("suitsize_cache_differed_total", "suitsize_cache_checked_total"),
        ("process_open_fds", "process_max_fds"),
    ):
        if value(less) > value(more):
            yield f"{less} is above {more}"
    pool = "suitsize_store_pool_connections"
    if value(pool, state="idle") > value(pool, state="open"):
        yield "more connections are idle than open"


def shrunk(before, after):
    """Counts of `before` that are less in `after`, which was read later of the same process."""
    for name, family in before.items():
        if family.kind == "gauge":
            continue
        for key, value in family.samples.items():
            now = after[name].samples.get(key) if name in after else None
            if now is None or now < value:
                yield f"{key[0]}{dict(key[1])} went from {value} to {now}"
