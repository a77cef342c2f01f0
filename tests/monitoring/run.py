"""Whether Prometheus and Grafana see the service as it is.

    python3 tests/monitoring/run.py --binary target/release/suitsize [--require]

Starts the service, sends requests of every kind and holds /metrics against what was sent; then has a real
Prometheus scrape it with the shipped configuration and rules, and evaluates every expression of the shipped
dashboard and rules there. Needs `prometheus` and `promtool` (Debian: prometheus); without them what needs
them is left out, with a line that says so, unless `--require` is given. Python 3.11, nothing else. Exit code 1
if anything failed.
"""

import argparse
import contextlib
import copy
import http.client
import http.server
import json
import math
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import exposition
import expressions

HERE = os.path.dirname(os.path.abspath(__file__))
SHIPPED = os.path.join(HERE, "..", "..", "docs", "monitoring")
START_LIMIT_S = 20.0
# The first run of each duty of upkeep is at the latest a minute after the start, on a slow machine a little more.
UPKEEP_LIMIT_S = 90.0
SCRAPED_LIMIT_S = 30.0
EVERY_S = 0.1
# Longer than the test takes, so that a rate is of all that was sent.
RATE_INTERVAL = "5m"
RECOMMEND = "/api/recommend"
GOOD = 30
# What a caller does wrong: method, path, body, the status it gets and the route that it counts for.
WRONG = [
    ("POST", RECOMMEND, '{"height":175}', 422, RECOMMEND),
    ("POST", RECOMMEND, '{"height":1,"weight":75}', 422, RECOMMEND),
    ("POST", RECOMMEND, "{", 400, RECOMMEND),
    ("GET", RECOMMEND, None, 405, RECOMMEND),
    ("GET", "/api/nothing", None, 404, "unmatched"),
    ("POST", "/nothing", "{}", 404, "unmatched"),
]
WRONG_EXPRESSIONS = (
    "rate(suitsize_no_such_total[5m])",
    'suitsize_store_pages{tier="x"}',
    "sum by (tier) (suitsize_store_pages)",
)
# Names that are not there before something happens that does not happen here.
ALLOWED_ABSENT = frozenset()
# Of the dashboard: shows something only when there is something to be shown.
ALLOWED_EMPTY = frozenset({"Starts"})


class Report:
    def __init__(self):
        self.failed = 0

    def check(self, what, problems):
        """One line; `problems`: sentences, or none."""
        problems = list(problems)
        print(f"{'FAILED' if problems else 'ok':<7}{what}", flush=True)
        for problem in problems[:5]:
            print(f"       ! {problem}", flush=True)
        if len(problems) > 5:
            print(f"       ! and {len(problems) - 5} more", flush=True)
        self.failed += bool(problems)


def until(limit_s, holds):
    """What `holds` returns as soon as it is true, or the last that it returned."""
    end = time.monotonic() + limit_s
    while True:
        found = holds()
        if found or time.monotonic() > end:
            return found
        time.sleep(EVERY_S)


@contextlib.contextmanager
def process(command, **popen):
    """A child that is gone afterwards, whatever happens."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **popen)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()


def first_line(child, limit_s):
    """Of its output; empty if none comes in time."""
    ready, _, _ = select.select([child.stdout], [], [], limit_s)
    return child.stdout.readline() if ready else ""


def get(port, path, method="GET", body=None):
    """Status, headers and text of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def scrape(port, path="/metrics"):
    return exposition.read(get(port, path)[2])


# --- the service by itself


@contextlib.contextmanager
def service(binary, scratch):
    """The port of a running one. It is given a webhook, so that what counts deliveries is there too."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as listener:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        settings = {
            "SUITSIZE_ALERT_WEBHOOK": f"http://127.0.0.1:{listener.server_address[1]}/",
            # Alone, so that what is counted is what is sent here.
            "SUITSIZE_WARM": "off",
            # All of it comes from one address.
            "SUITSIZE_RATE_LIMIT": "off",
        }
        command = [os.path.abspath(binary), "serve", "--port", "0", "--data-dir", os.path.join(scratch, "data")]
        with (
            open(os.path.join(scratch, "service.log"), "w") as log,
            process(command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **settings}) as child,
        ):
            greeting = first_line(child, START_LIMIT_S)
            if "listens on http://" not in greeting:
                sys.exit(f"the service did not start: {greeting!r}")
            yield child.pid, int(greeting.rsplit(":", 1)[1])
        listener.shutdown()


def good(turn):
    """Questions of a round, each three times: some is computed and some is a hit in every round."""
    return [json.dumps({"height": 175 + number % 10, "weight": 75 + turn}) for number in range(GOOD)]


def send_all(port, turn):
    """One round of requests; what went unexpectedly."""
    for question in good(turn):
        status, _, _ = get(port, RECOMMEND, "POST", question)
        if status != 200:
            yield f"{question} was answered {status}"
    for method, path, body, expected, _ in WRONG:
        status, _, _ = get(port, path, method, body)
        if status != expected:
            yield f"{method} {path} {body} was answered {status}"


def sent():
    """Of one round: (route, class of status) -> requests."""
    found = {(RECOMMEND, "2xx"): GOOD}
    for _, _, _, status, route in WRONG:
        key = (route, f"{status // 100}xx")
        found[key] = found.get(key, 0) + 1
    return found


def differences(expected, counted):
    for key, count in expected.items():
        if counted.get(key) != count:
            yield f"{key}: sent {count}, counted {counted.get(key)}"


def check_text(report, pid, port):
    problems = list(send_all(port, 0))
    report.check(f"{GOOD} good and {len(WRONG)} wrong requests are answered as they have to be", problems)
    expected = sent()
    until(5, lambda: not list(differences(expected, exposition.counts(scrape(port)))))
    families = scrape(port)
    report.check("/metrics counts what was sent", differences(expected, exposition.counts(families)))
    status, headers, _ = get(port, "/metrics")
    kind = headers["content-type"].replace(" ", "")
    is_said = status == 200 and kind.startswith("text/plain;version=0.0.4")
    report.check("/metrics says what format it is in", [] if is_said else [f"{status}, {kind}"])
    other = scrape(port, "/api/metrics")
    report.check("/api/metrics has the same names", sorted(families.keys() ^ other.keys()))
    report.check("histograms, labels and figures are sound", exposition.faults(families))
    report.check("no count shrinks", exposition.shrunk(families, other))
    report.check("addresses that are not ours make no label", made_up_routes(port))
    report.check("the figures of the process are the system's", against_proc(pid, scrape(port)))


def made_up_routes(port):
    before = exposition.routes(scrape(port))
    for number in range(40):
        get(port, f"/api/xyz{number}?q=%22%0A")
        get(port, f"/api/recommend/{number}", "POST", "{}")
    get(port, RECOMMEND, "MADEUP")
    after = exposition.routes(scrape(port))
    yield from sorted(after - before - {"unmatched", "/metrics"})


def against_proc(pid, families):
    def value(name):
        (value,) = families[name].samples.values()
        return value

    with open(f"/proc/{pid}/status") as file:
        status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
    resident = int(status["VmRSS"].split()[0]) * 1024
    said = value("process_resident_memory_bytes")
    if not 0.7 * resident < said < 1.4 * resident:
        yield f"resident: {said}, and {resident} by /proc"
    threads = int(status["Threads"])
    if abs(value("process_threads") - threads) > 3:
        yield f"threads: {value('process_threads')}, and {threads} by /proc"
    files = len(os.listdir(f"/proc/{pid}/fd"))
    if abs(value("process_open_fds") - files) > 8:
        yield f"open files: {value('process_open_fds')}, and {files} by /proc"
    since = time.time() - value("process_start_time_seconds")
    if abs(since - value("suitsize_uptime_seconds")) > 5:
        yield f"started {since:.1f} s ago, up for {value('suitsize_uptime_seconds')} s"


def spoiled(text):
    """Texts that are wrong, with what is wrong with them: whoever does not notice is blind."""
    inf = re.compile(r'(_bucket\{route="/api/recommend".*le="\+Inf"\}) (\d+)')
    last = re.compile(r'(_bucket\{route="/api/recommend".*le="17\.179869184"\}) (\d+)')
    yield "a +Inf bucket that is not the count", inf.sub(r"\1 1000000", text, count=1)
    yield "a bucket with more than the next", last.sub(r"\1 1000000", text, count=1)
    yield "other bounds", text.replace('le="0.000016384"', 'le="0.000016"')
    yield "a tier that there is not", text.replace('tier="computed"', 'tier="guessed"')
    yield "a label of a caller's", text.replace("suitsize_store_pages ", 'suitsize_store_pages{who="me"} ')
    yield "a negative figure", re.sub(r"(suitsize_store_pages) \d+", r"\1 -1", text)
    yield "a figure that is none", re.sub(r"\n(suitsize_store_pages) \d+", r"\n\1 NaN", text)
    yield "a word for a figure", re.sub(r"\n(suitsize_store_pages) \d+", r"\n\1 many", text)
    yield "two states at once", text.replace('_state{state="paused"} 0', '_state{state="paused"} 1')
    yield "a sample twice", re.sub(r"\n(suitsize_store_pages \d+\n)", r"\n\1\1", text)
    yield "a type twice", re.sub(r"(# TYPE suitsize_store_pages gauge\n)", r"\1\1", text)
    yield "a quote that is not escaped", text.replace('state="paused"', 'state="pau"sed"')
    yield "no end", text.rstrip("\n")
    labels = "".join(f'suitsize_upkeep_last_success{{duty="{number}"}} 1\n' for number in range(40))
    yield "too many values of a label", re.sub(r"(# TYPE suitsize_upkeep_last_success gauge\n)", r"\1" + labels, text)


def check_controls(report, text):
    def is_noticed(other):
        try:
            return bool(exposition.faults(exposition.read(other)))
        except exposition.Malformed:
            return True

    found = [(what, other != text, is_noticed(other)) for what, other in spoiled(text)]
    problems = [f"{what}: not noticed" for what, is_other, seen in found if is_other and not seen]
    problems += [f"{what}: not tried" for what, is_other, _ in found if not is_other]
    families = exposition.read(text)
    less = copy.deepcopy(families)
    for key in less[exposition.REQUESTS].samples:
        less[exposition.REQUESTS].samples[key] -= 1
    problems += [] if list(exposition.shrunk(families, less)) else ["a count that shrinks: not noticed"]
    known = exposition.label_names(families)
    for wrong in WRONG_EXPRESSIONS:
        problems += [] if list(expressions.faults(wrong, known)) else [f"{wrong}: not noticed"]
    report.check(f"{len(found) + 1 + len(WRONG_EXPRESSIONS)} spoiled texts and expressions are noticed", problems)


# --- what is shipped


def shipped(name):
    return os.path.join(SHIPPED, name)


def check_readme(report, families):
    with open(shipped("README.md")) as file:
        told = set(re.findall(r"`((?:suitsize|process)_[a-z_]+)(?:\{[^`]*)?`", file.read()))
    problems = [f"{name} is exposed, and not in README.md" for name in sorted(families.keys() - told)]
    problems += [f"{name} is in README.md, and not exposed" for name in sorted(told - families.keys() - ALLOWED_ABSENT)]
    report.check("README.md tells of every name", problems)


def check_dashboard(report, families):
    known = exposition.label_names(families) | {name: set() for name in ALLOWED_ABSENT}
    asked = expressions.of_dashboard(shipped("grafana.json"))
    problems = [f"{title}: {fault}" for title, each in asked for fault in expressions.faults(each, known)]
    report.check(f"the dashboard's {len(asked)} expressions use what there is", problems)


def check_rule_tests(report):
    """Each rule fires in some test; promtool says whether it is right."""
    with open(shipped("alerts.yml")) as file:
        rules = set(re.findall(r"- alert: (\w+)", file.read()))
    with open(shipped("alerts_test.yml")) as file:
        tried = set(re.findall(r'alertname="(\w+)"', file.read()))
    problems = [f"{name} is in one of rules and tests only" for name in sorted(rules ^ tried)]
    report.check(f"each of {len(rules)} alert rules fires in a test", problems)


def promtool(*arguments, text=None):
    """Its complaints; none if it is content."""
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, cwd=SHIPPED)
    said = (done.stdout + done.stderr).strip().splitlines()
    return [] if done.returncode == 0 else [f"exit code {done.returncode}", *said]


def check_with_promtool(report, text):
    silent = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    said = (silent.stdout + silent.stderr).strip().splitlines()
    report.check("promtool check metrics is silent", said or [f"exit code {silent.returncode}"] * silent.returncode)
    report.check("promtool check rules", promtool("check", "rules", "alerts.yml"))
    report.check("promtool check config", promtool("check", "config", "prometheus.yml"))
    report.check("promtool test rules", promtool("test", "rules", "alerts_test.yml"))


# --- a real Prometheus


class Prometheus:
    def __init__(self, port):
        self.port = port

    def get(self, path, **parameters):
        """The data of an answer, or the error's words."""
        query = urllib.parse.urlencode(parameters)
        try:
            answer = json.loads(get(self.port, f"/api/v1/{path}?{query}")[2])
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            return None, f"{type(error).__name__}: {error}"
        return answer.get("data"), answer.get("error")

    def vector(self, expression):
        """Labels and value of each; and what was wrong."""
        data, error = self.get("query", query=expression)
        if error is not None:
            return [], error
        return [(entry["metric"], float(entry["value"][1])) for entry in data["result"]], None

    def value(self, expression):
        found, _ = self.vector(expression)
        return found[0][1] if len(found) == 1 else None


def configured(scratch, port):
    """The shipped configuration and rules, for this service and every second."""
    with open(shipped("prometheus.yml")) as file:
        text = file.read()
    changed = text.replace("localhost:8080", f"127.0.0.1:{port}").replace("_interval: 15s", "_interval: 1s")
    assert changed.count(f"127.0.0.1:{port}") == 1 and changed.count("_interval: 1s") == 2, "another configuration"
    shutil.copy(shipped("alerts.yml"), scratch)
    path = os.path.join(scratch, "prometheus.yml")
    with open(path, "w") as file:
        file.write(changed)
    return path


@contextlib.contextmanager
def prometheus(scratch, service_port):
    """One that scrapes the service, on a port that was free a moment ago."""
    config = configured(scratch, service_port)
    for _ in range(3):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={os.path.join(scratch, 'tsdb')}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ]
        log_path = os.path.join(scratch, "prometheus.log")
        with open(log_path, "w") as log, process(command, stdout=log, stderr=log) as child:
            server = Prometheus(port)
            until(START_LIMIT_S, lambda: server.get("status/buildinfo")[0] or child.poll() is not None)
            if child.poll() is None:
                yield server
                return
    with open(log_path) as log:
        sys.exit(f"prometheus did not start: {log.read()[-500:]}")


def check_scraped(report, server, port):
    up = 'up{job="suitsize"}'
    until(SCRAPED_LIMIT_S, lambda: server.value(up) == 1)
    data, _ = server.get("targets", state="active")
    problems = [f"{target['health']}: {target['lastError']}" for target in data["activeTargets"]]
    report.check("Prometheus scrapes it: up == 1", [] if server.value(up) == 1 else problems)

    def counted():
        found, _ = server.vector(f"sum by (route, status) ({exposition.REQUESTS})")
        return {(labels["route"], labels["status"]): value for labels, value in found}

    # A rate is of what comes after the first sample.
    expected = {key: value for key, value in exposition.counts(scrape(port)).items() if key[0] == RECOMMEND}
    until(SCRAPED_LIMIT_S, lambda: not list(differences(expected, counted())))
    problems = list(send_all(port, 1))
    # There are series of what was not sent, too: failures of ours, at zero.
    added = sent()
    expected = {key: value + added.get(key, 0) for key, value in expected.items()}
    until(SCRAPED_LIMIT_S, lambda: not list(differences(expected, counted())))
    report.check("Prometheus has counted what was sent", [*problems, *differences(expected, counted())])


def check_live_dashboard(report, server):
    asked = expressions.of_dashboard(shipped("grafana.json"))
    # Some show what is done only every few seconds.
    until(SCRAPED_LIMIT_S, lambda: not list(empty_panels(server, asked)))
    report.check("every panel of the dashboard shows something", empty_panels(server, asked))


def empty_panels(server, asked):
    for title, expression in asked:
        filled_in = expressions.as_asked_by_grafana(expression, RATE_INTERVAL)
        found, error = server.vector(filled_in)
        if error is not None:
            yield f"{title}: {error}"
        elif title not in ALLOWED_EMPTY and not [value for _, value in found if not math.isnan(value)]:
            yield f"{title} shows nothing: {filled_in}"


def check_live_rules(report, server, families):
    def rules():
        data, _ = server.get("rules", type="alert")
        return [rule for group in data["groups"] for rule in group["rules"]]

    until(SCRAPED_LIMIT_S, lambda: all(rule["health"] == "ok" for rule in rules()))
    found = rules()
    known = exposition.label_names(families)
    ill = [rule for rule in found if rule["health"] != "ok"]
    problems = [f"{rule['name']}: {rule['health']} {rule.get('lastError', '')}" for rule in ill]
    problems += [f"{rule['name']}: {fault}" for rule in found for fault in expressions.faults(rule["query"], known)]
    report.check(f"Prometheus evaluates {len(found)} rules, of names that there are", problems)
    noisy = [f"{rule['name']}: {rule['state']}" for rule in found if rule["state"] == "firing"]
    report.check("no alert fires of a service that is well", noisy)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="target/release/suitsize")
    parser.add_argument("--require", action="store_true", help="fail without prometheus and promtool")
    options = parser.parse_args()
    missing = [tool for tool in ("promtool", "prometheus") if shutil.which(tool) is None]
    if missing and options.require:
        print(f"there is no {' and no '.join(missing)} (Debian: prometheus)")
        return 1
    # Whoever ends this program ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report()
    with tempfile.TemporaryDirectory(prefix="monitoring-") as scratch, service(options.binary, scratch) as (pid, port):
        check_text(report, pid, port)
        check_rule_tests(report)
        duty = "suitsize_upkeep_runs_total"
        until(UPKEEP_LIMIT_S, lambda: 'duty="verify"' in get(port, "/metrics")[2])
        text = get(port, "/metrics")[2]
        families = exposition.read(text)
        report.check("upkeep has run", [] if families[duty].samples else ["no duty has run"])
        report.check("all is still sound", exposition.faults(families))
        check_controls(report, text)
        check_readme(report, families)
        check_dashboard(report, families)
        if "promtool" not in missing:
            check_with_promtool(report, text)
        if "prometheus" not in missing:
            with prometheus(scratch, port) as server:
                check_scraped(report, server, port)
                check_live_dashboard(report, server)
                check_live_rules(report, server, families)
    if missing:
        print(f"left out: what needs {' and '.join(missing)} (Debian: prometheus)")
    print(f"{report.failed} failed" if report.failed else "all is well")
    return int(bool(report.failed))


if __name__ == "__main__":
    sys.exit(main())
