"""Counts instructions by request: the server under callgrind, one connection, so many requests of each kind.

Only what happens between two dumps counts: not the start, not what is filled ahead (off), not the first
requests, which touch everything for the first time. One worker, so that a request never waits for a lock.
"""

import argparse
import collections
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WARM_UP = 200
SHOWN_FUNCTIONS = 45
# Two runs of one build differ by less.
NOTABLE = 1.03
GREW = 3
# A place in a file, and instructions.
COST = re.compile(r"[+\-*\d]\S* (\d+)$")


class Connection:
    """One kept connection; asks and reads whole answers."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.received = b""

    def ask(self, body):
        head = (
            "POST /api/recommend HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)
        while b"\r\n\r\n" not in self.received:
            self.more()
        head, _, rest = self.received.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        self.received = rest
        while len(self.received) < length:
            self.more()
        self.received = self.received[length:]
        return head

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            sys.exit("the server closed the connection")
        self.received += piece


def question(height, weight):
    return json.dumps({"height": height, "weight": weight}).encode()


def distinct():
    """Ordinary bodies, each asked once."""
    for step in range(81 * 101):
        yield question(160 + step % 81 * 0.5, 60 + step // 81 * 0.5)


class Server:
    def __init__(self, command, port_pattern, scratch, environment):
        self.scratch = scratch
        self.out = scratch / "callgrind.out"
        valgrind = ["valgrind", "--tool=callgrind", "--quiet", "--compress-strings=no", "--compress-pos=no"]
        valgrind.append(f"--callgrind-out-file={self.out}")
        self.process = subprocess.Popen(
            valgrind + command,
            stdout=subprocess.PIPE,
            stderr=(scratch / "log").open("wb"),
            text=True,
            env=environment,
        )
        for line in self.process.stdout:
            if found := re.search(port_pattern, line):
                self.port = int(found[1])
                return
        sys.exit("the server did not start:\n" + (scratch / "log").read_text())

    def control(self, what):
        subprocess.run(
            ["callgrind_control", what, str(self.process.pid)], check=True, capture_output=True
        )

    def counted(self, work):
        """Instructions while `work` is done, and the dump that says where."""
        before = set(self.scratch.glob("callgrind.out*"))
        self.control("--zero")
        work()
        # The row of the last answer is written a moment later, and belongs to it.
        time.sleep(0.5)
        self.control("--dump")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for dump in set(self.scratch.glob("callgrind.out*")) - before:
                if found := re.search(r"^(?:totals|summary): (\d+)", dump.read_text(errors="replace"), re.M):
                    return int(found[1]), dump
            time.sleep(0.1)
        sys.exit("callgrind wrote no dump")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()


def ask_all(connection, bodies, expected):
    for body in bodies:
        head = connection.ask(body)
        if b"200 OK" not in head or (expected and f"x-cache: {expected}".encode() not in head):
            sys.exit(f"not a {expected}:\n{head.decode()}")


def measure(server, requests, has_tiers):
    connection, bodies = Connection(server.port), distinct()
    same = question(178, 82)
    some = lambda count: [next(bodies) for _ in range(count)]
    ask_all(connection, [same], None)
    hit, computed = ("HIT-MEMORY", "MISS") if has_tiers else (None, None)
    ask_all(connection, [same] * WARM_UP, hit)
    results = {"memory hit": server.counted(lambda: ask_all(connection, [same] * requests, hit))}
    if has_tiers:
        ask_all(connection, some(WARM_UP), computed)
        results["computed and stored"] = server.counted(
            lambda: ask_all(connection, some(requests), computed)
        )
    return {name: (total / requests, dump) for name, (total, dump) in results.items()}


def ours(binary, scratch):
    command = [binary, "serve", "--port", "0", "--data-dir", str(scratch / "data")]
    environment = {
        "SUITSIZE_WORKERS": "1",
        "SUITSIZE_WARM": "off",
        "SUITSIZE_RATE_LIMIT": "1000000/s",
        "PATH": "/usr/bin:/bin",
    }
    return Server(command, r"listens on http://.*:(\d+)", scratch, environment)


def functions(dump, requests):
    """Own instructions by function, most first. By hand: callgrind_annotate does not see through a count that was
    set to zero in the middle of a call."""
    own, function, called = collections.Counter(), None, False
    for line in dump.read_text(errors="replace").splitlines():
        if line.startswith("fn="):
            function = line[3:]
        elif line.startswith("calls="):
            called = True
        elif cost := COST.match(line):
            # The line behind a call is what the called function cost.
            if not called:
                own[function] += int(cost[1])
            called = False
    return "\n".join(f"{count / requests:>12,.0f}  {name[:120]}" for name, count in own.most_common(SHOWN_FUNCTIONS))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / "target/release/suitsize"))
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--profile", action="store_true", help="tell the functions")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--baseline", type=pathlib.Path)
    options = parser.parse_args()
    stated = {}
    if options.baseline:
        stated = json.loads(options.baseline.read_text())["instructions"]
    with tempfile.TemporaryDirectory() as scratch:
        server = ours(options.binary, pathlib.Path(scratch))
        try:
            found = measure(server, options.requests, has_tiers=True)
        finally:
            server.stop()
        print(f"{'instructions a request':<24}{'':>10}" + ("     against the baseline" if stated else ""))
        for name, (count, dump) in found.items():
            ratio = f"{count / stated[name]:>12.3f}" if name in stated else ""
            print(f"{name:<24}{count:>10,.0f}{ratio}")
            if options.profile:
                print(functions(dump, options.requests))
    if any(count > NOTABLE * stated[name] for name, (count, _) in found.items() if name in stated):
        print(f"more instructions than {NOTABLE} times the baseline's")
        sys.exit(GREW)
    if options.json:
        counts = {name: round(count) for name, (count, _) in found.items()}
        options.json.write_text(json.dumps({"instructions": counts}, indent=2) + "\n")


main()
