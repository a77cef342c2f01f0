"""What is measured: ours with everything on, the bare actix-web server, nginx, the peers.

Each has `name`, `port`, `pids()`, `ask()`, `close()`. Every server of ours has a directory of its own and keeps all
that a shop's has: recording, limits, headers, both caches, the store. Only the limit is so high that
it is never reached, since all requests come from one address; it is counted all the same.
"""

import http.client
import json
import os
import re
import socket
import tempfile
from pathlib import Path

import processes

QUESTION = b'{"height":178,"weight":82}'
PATH = "/api/recommend"
START_LIMIT_S, FILL_LIMIT_S, WRITER_LIMIT_S = 15.0, 180.0, 60.0
# One batch of the writer's is under way when nothing waits any more; it lingers for 0.4 s.
WRITER_REST_S = 0.5
SETTINGS = {
    "SUITSIZE_RATE_LIMIT": "1000000/s",
    # A quarter of these may be one client's: there are a thousand users.
    "SUITSIZE_MAX_CONNECTIONS": "8192",
    "RUST_LOG": "error",
    # As the image and the unit have it.
    "MIMALLOC_PURGE_DELAY": "1",
    "MALLOC_ARENA_MAX": "2",
}


def environment(settings=None):
    """Of a service that is measured: nothing that this shell happens to have set for one."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SUITSIZE_")}
    return inherited | SETTINGS | (settings or {})


class WrongAnswer(RuntimeError):
    """A server does not answer as its scenario says, so that what is measured would be something else."""


class Server:
    name = "server"
    path = PATH
    question = QUESTION

    def pids(self):
        return processes.family(self.process.pid)

    def ask(self, body=None):
        """Status, headers, body of an answer."""
        return exchange(self.port, "POST", self.path, body or self.question)

    def close(self):
        processes.stop(self.process)


class Ours(Server):
    """The service. `settings` come over the usual ones; `warm` false leaves out what is computed ahead."""

    name = "ours"

    def __init__(self, binary, workers, settings=None, data_dir=None):
        self._temporary = None if data_dir else tempfile.TemporaryDirectory(prefix="suitsize-bench-")
        self.data_dir = data_dir or self._temporary.name
        self.process = processes.start(
            [binary, "serve", "--port", "0", "--workers", workers, "--data-dir", self.data_dir],
            env=environment(settings), stdout=processes.subprocess.PIPE, text=True)
        greeting = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", greeting)
        if found is None:
            self.close()
            raise RuntimeError(f"{binary} did not start; it said {greeting!r}, and why on standard error")
        self.port = int(found[1])

    def part(self, name):
        """A health document: `cache` or `database`."""
        status, _, body = exchange(self.port, "GET", f"/api/health/{name}")
        if status != 200:
            raise WrongAnswer(f"GET /api/health/{name} answered {status}")
        return json.loads(body)

    def store(self):
        return json.loads(exchange(self.port, "GET", "/api/health")[2])["store"]

    def wait_until_filled(self):
        """Until the likely questions are answered ahead: what a service does in its first minute."""
        processes.wait_until(lambda: self.part("cache")["warm"] != "filling", FILL_LIMIT_S, "computing ahead", 0.25)

    def wait_for_the_writer(self):
        processes.wait_until(lambda: self.store()["rowsWaiting"] == 0, WRITER_LIMIT_S, "the store's writer")
        processes.time.sleep(WRITER_REST_S)

    def close(self):
        super().close()
        self.process.stdout.close()
        if self._temporary:
            self._temporary.cleanup()


class Bare(Server):
    name = "bare"

    def __init__(self, binary, workers, answer):
        self._dir = tempfile.TemporaryDirectory(prefix="suitsize-bench-")
        file = Path(self._dir.name, "answer.json")
        file.write_bytes(answer)
        self.port = free_port()
        self.process = processes.start([binary, self.port, workers, file])
        wait_for_port(self)

    def close(self):
        super().close()
        self._dir.cleanup()


class Nginx(Server):
    name = "nginx"

    def __init__(self, binary, workers, answer):
        self._dir = tempfile.TemporaryDirectory(prefix="suitsize-bench-")
        self.port = free_port()
        text = Path(__file__).with_name("nginx.conf.in").read_text()
        values = {"WORKERS": workers, "DIR": self._dir.name, "PORT": self.port, "ANSWER": quoted(answer)}
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        configuration = Path(self._dir.name, "nginx.conf")
        configuration.write_text(text)
        self.process = processes.start(
            [binary, "-p", self._dir.name, "-c", configuration, "-e", "stderr", "-g", "daemon off;"])
        wait_for_port(self)

    def close(self):
        super().close()
        self._dir.cleanup()


class Peer(Server):
    """One of `benches/peers`, in the same shape. Its body may be another protocol's."""

    def __init__(self, name, peer):
        self.name, self._peer, self.path = name, peer, peer.url_path
        self.question = peer.method_body(json.loads(QUESTION))
        self.port = free_port()
        self.process = peer.start(self.port)

    @property
    def takes_our_questions(self):
        return self.path == PATH

    def pids(self):
        return processes.family(self.process.pid)

    def close(self):
        self._peer.stop()


def quoted(answer):
    """As nginx reads a text in single quotes; it has no way to write a dollar, which begins a variable."""
    text = answer.decode()
    if "$" in text:
        raise RuntimeError("nginx cannot return an answer with a dollar in it")
    return text.replace("\\", "\\\\").replace("'", "\\'")


def exchange(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"content-type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def wait_for_port(server):
    def answers():
        if server.process.poll() is not None:
            raise RuntimeError(f"{server.name} ended with {server.process.returncode}; why is on standard error")
        try:
            return server.ask()[0] == 200
        except ConnectionError:
            return False

    try:
        processes.wait_until(answers, START_LIMIT_S, f"{server.name} on port {server.port}", 0.01)
    except BaseException:
        server.close()
        raise


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
