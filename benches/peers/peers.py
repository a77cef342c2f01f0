"""The peers as processes: install one, start it, know its processes, ask it, stop it. Standard library only.

    for name, peer in PEERS.items():
        peer.prepare()
        peer.start(8090)
        ...
        peer.stop()

Each has an environment of its own under `target/peers/NAME`, made from `requirements-NAME.txt` and made again
when that file changes; its log and its store are there too. As many worker processes as there are cores, as
SuitSize has threads; MLServer has one, which measures better. What still runs when Python ends is stopped.
"""

import atexit
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "target/peers"
CORES = len(os.sched_getaffinity(0))
START_SECONDS, STOP_SECONDS = 60, 10
ANYBODY = {"height": 175, "weight": 75}


class Peer:
    """A service that takes our own questions at our own path."""

    url_path = "/api/recommend"

    def __init__(self, name, label, command, lacks, packages):
        self.name, self.label, self.lacks = name, label, lacks
        self._command, self._packages = command, packages
        self._dir = TARGET / name
        self._process = None

    def prepare(self):
        """Installs it where that has not been done. Raises `CalledProcessError` with pip's words above it."""
        requirements = HERE / f"requirements-{self.name}.txt"
        made_from = self._dir / "made-from"
        wanted = f"{sys.version} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
        if made_from.exists() and made_from.read_text() == wanted:
            return
        environment = self._dir / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([environment / "bin/python", "-m", "pip", "install", *quiet, "-r", requirements], check=True)
        made_from.write_text(wanted)

    def versions(self):
        """Of the packages that were chosen, as they are pinned."""
        lines = (HERE / f"requirements-{self.name}.txt").read_text().splitlines()
        pinned = dict(line.lower().split("==") for line in lines if "==" in line)
        return {package: pinned[package] for package in self._packages}

    def start(self, port, keep_store=False):
        """Starts it on 127.0.0.1 and returns its `Popen` once it has answered a question.

        Its store begins empty unless `keep_store`, with which a restart leaves the store full and the memory
        empty. Raises `RuntimeError` where the port is taken, and with the end of its log where it does not answer.
        """
        if self._process is not None:
            raise RuntimeError(f"{self.name} runs already")
        if not is_free(port):
            raise RuntimeError(f"{self.name} cannot listen on port {port}: something else does")
        if not keep_store:
            for file in self._dir.glob("answers.db*"):
                file.unlink()
        command = [self._dir / "venv/bin/python", *self._command(port)]
        environment = os.environ | {
            "PYTHONPATH": str(HERE), "PEER_STORE": str(self._dir / "answers.db"), "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1", "MLSERVER_HTTP_PORT": str(port), "MLSERVER_HOST": "127.0.0.1",
            "MLSERVER_GRPC_PORT": str(free_port()), "MLSERVER_METRICS_PORT": str(free_port()),
        }
        with open(self._dir / "log", "wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self._dir, env=environment, stdout=log, stderr=log, start_new_session=True)
        atexit.register(self.stop)
        self._wait_until_it_answers(port)
        return self._process

    def _wait_until_it_answers(self, port):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                return self.ask(port, ANYBODY)
            except OSError:
                time.sleep(0.1)
        self.stop()
        log = (self._dir / "log").read_text(errors="replace")
        raise RuntimeError(f"{self.name} does not answer on port {port}; its log ends: {log[-2000:]}")

    def stop(self):
        """Ends it and all its children; nothing if it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.stop)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()

    def method_body(self, question):
        """The body of a POST that asks `question`, which has our own fields."""
        return json.dumps(question).encode()

    def read(self, body):
        """`size`, `probability`, `confidence` and `alternatives` (sizes) of an answer."""
        answer = json.loads(body)["recommendation"]
        answer["alternatives"] = [other["size"] for other in answer["alternatives"]]
        return answer

    def ask(self, port, question):
        """Answer to `question`, as `read` gives it, and what the x-cache header says.

        Raises an `OSError`, of which `urllib.error.HTTPError` is one."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{self.url_path}", self.method_body(question),
            {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as response:
            return self.read(response.read()), response.headers.get("x-cache")


class V2Peer(Peer):
    """A model server, asked by the V2 inference protocol (Open Inference Protocol)."""

    url_path = "/v2/models/suitsize/infer"
    _KINDS = {str: "BYTES", bool: "BOOL", int: "FP64", float: "FP64"}

    def method_body(self, question):
        def column(name, value):
            return {"name": name, "shape": [1, 1], "datatype": self._KINDS[type(value)], "data": [value]}

        return json.dumps({"inputs": [column(*field) for field in question.items()]}).encode()

    def read(self, body):
        answer = {column["name"]: column["data"][0] for column in json.loads(body)["outputs"]}
        others = [other for other in answer["alternatives"].split(";") if other]
        return answer | {"size": answer["size"] or None, "alternatives": others}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _fastapi(port):
    return ["-m", "uvicorn", "fastapi_app:app", "--host", "127.0.0.1", "--port", str(port), "--workers", str(CORES),
            "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]


def _flask(port):
    return ["-m", "gunicorn", "flask_app:app", "--bind", f"127.0.0.1:{port}", "--workers", str(CORES),
            "--worker-class", "gthread", "--threads", "2", "--keep-alive", "75", "--log-level", "warning"]


def _mlserver(_port):
    return [str(TARGET / "mlserver/venv/bin/mlserver"), "start", str(HERE / "model_server")]


# What each lacks beside SuitSize; README.md says it in full.
OPERATING = ["health", "metrics"]
EVERYWHERE = ["limits", "one computation for equal questions at once", "answers computed ahead",
              "sentences, alterations and further questions", "other units, languages and charts"]
PEERS = {
    peer.name: peer
    for peer in (
        Peer("fastapi", "FastAPI, uvicorn", _fastapi, OPERATING + EVERYWHERE, ("fastapi", "uvicorn", "onnxruntime")),
        Peer("flask", "Flask, gunicorn", _flask, OPERATING + EVERYWHERE, ("flask", "gunicorn", "onnxruntime")),
        V2Peer("mlserver", "MLServer", _mlserver, ["store", "sizes in other systems, measurements", *EVERYWHERE],
               ("mlserver", "onnxruntime")),
    )
}
