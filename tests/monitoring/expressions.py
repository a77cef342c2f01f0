"""The names that a PromQL expression uses. No full parser: Prometheus itself judges the syntax."""

import json
import re

KEYWORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
LABEL_LIST = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
BY = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")
IDENTIFIER = re.compile(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")
SELECTOR = re.compile(r"\b([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{([^}]*)\}")
# Prometheus' own, and what it adds to each sample.
OWN_NAMES = {"up"}
OWN_LABELS = {"instance", "job", "le"}


def names(expression):
    """Every metric in it, as it is named in samples."""
    bare = STRING.sub('""', expression)
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]", " ", bare)
    bare = LABEL_LIST.sub(" ", bare)
    return set(IDENTIFIER.findall(bare)) - KEYWORDS - {"by", "without", "on", "ignoring", "group_left"}


def labels(expression):
    """(metric, label) for each label that a metric is selected by."""
    for metric, inner in SELECTOR.findall(STRING.sub('""', expression)):
        for matcher in inner.split(","):
            if matcher.strip():
                yield metric, re.split(r"[=!]", matcher.strip())[0]


def grouped(expression):
    """Labels that something is summed or matched by."""
    return {label.strip() for inner in BY.findall(expression) for label in inner.split(",") if label.strip()}


def faults(expression, known):
    """`known`: name of a sample -> its labels. What the expression uses that is not there."""
    for name in sorted(names(expression) - known.keys() - OWN_NAMES):
        yield f"there is no {name}"
    for metric, label in labels(expression):
        if label not in known.get(metric, set()) | OWN_LABELS:
            yield f"{metric} has no label {label}"
    everywhere = set().union(OWN_LABELS, *(known.get(name, set()) for name in names(expression)))
    for label in sorted(grouped(expression) - everywhere):
        yield f"nothing in it has the label {label}"


def of_dashboard(path):
    """(panel's title, expression) of a Grafana dashboard's panels and annotations."""
    with open(path) as file:
        dashboard = json.load(file)
    found = [(entry["name"], entry["expr"]) for entry in dashboard["annotations"]["list"]]
    panels = list(dashboard["panels"])
    while panels:
        panel = panels.pop(0)
        panels += panel.get("panels", [])
        found += [(panel["title"], target["expr"]) for target in panel.get("targets", [])]
    return found


def as_asked_by_grafana(expression, rate_interval):
    """With its variables filled in."""
    return expression.replace("$__rate_interval", rate_interval).replace("$instance", ".+")
