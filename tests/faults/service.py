"""The service as a process, and a client that keeps its connection.

A process is started with the memory tier off, so that every repeated question has to come out of the
file, and with nothing computed ahead. Its log goes to a file beside the data directory.
"""

import http.client
import json
import os
import signal
import subprocess
import time
import urllib.parse

TOKEN = "0123456789abcdef0123456789abcdef"
START_LIMIT_S = 10.0
STOP_LIMIT_S = 20.0
CLIENT_LIMIT_S = 30.0
# The service closes connections that rest for seconds, perhaps while the next request is on its way.
RESTED_S = 2.0
ENVIRONMENT = {
    "SUITSIZE_ADMIN_TOKEN": TOKEN,
    "SUITSIZE_WARM": "off",
    "SUITSIZE_MEMORY_TTL_SECONDS": "0",
    "SUITSIZE_STORE_TTL_SECONDS": "86400",
    # Shoppers here ask as fast as they can, all from one address.
    "SUITSIZE_RATE_LIMIT": "off",
}


class Service:
    """One `suitsize serve`. `command`: what it is run under; `popen`: how else, as for subprocess.Popen."""

    def __init__(self, binary, data_dir, log_path, environment=None, command=(), **popen):
        self.data_dir = data_dir
        self.log_path = log_path
        arguments = [*command, binary, "serve", "--port", "0", "--data-dir", data_dir, "--workers", "2"]
        began = time.monotonic()
        with open(log_path, "a") as log:
            self.process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **ENVIRONMENT, **(environment or {})},
                **popen,
            )
        greeting = self.process.stdout.readline()
        if "listens on http://" not in greeting:
            code = self.process.wait(START_LIMIT_S)
            raise RuntimeError(f"the service did not start (code {code}): {self.log()[-400:]}")
        self.port = int(greeting.rsplit(":", 1)[1])
        self.start_s = time.monotonic() - began

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def kill(self):
        """As a power switch for the process."""
        self.process.send_signal(signal.SIGKILL)
        self._gone()

    def stop(self):
        """In order; seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self._gone()
        return time.monotonic() - began

    def _gone(self):
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()


class Reply:
    """A response with when it came (monotonic seconds) and how long it took for the client."""

    def __init__(self, response, body, began_s, ended_s):
        self.status = response.status
        self.header = response.getheader
        self.body = body
        self.ended_s = ended_s
        self.client_ms = (ended_s - began_s) * 1000
        self.server_ms = float((response.getheader("x-response-time") or "0ms").removesuffix("ms"))

    def json(self):
        return json.loads(self.body)


class Client:
    """One connection, kept open, and a new one after a rest."""

    def __init__(self, port):
        self.port = port
        self.connection = None
        self.used_s = 0.0

    def request(self, method, path, body=None, headers=None):
        if time.monotonic() - self.used_s > RESTED_S:
            self.close()
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CLIENT_LIMIT_S)
        began_s = time.monotonic()
        try:
            self.connection.request(method, path, body, headers or {})
            response = self.connection.getresponse()
            reply = Reply(response, response.read(), began_s, time.monotonic())
        except BaseException:
            self.close()
            raise
        self.used_s = reply.ended_s
        return reply

    def ask(self, question):
        return self.request("POST", "/api/recommend", question, {"Content-Type": "application/json"})

    def health(self):
        return self.request("GET", "/api/health")

    def operate(self, method, path, request_id, body=None):
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Request-Id": request_id}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.request(method, path, body, headers)

    def clear_nothing(self, request_id):
        """An operator's act that changes no answer: what matters is its audit row."""
        nobody = urllib.parse.quote("no such version/")
        return self.operate("DELETE", f"/api/cache?prefix={nobody}", request_id)

    def optimize(self, request_id, full=False):
        body = '{"vacuum":"full"}' if full else None
        return self.operate("POST", "/api/optimize", request_id, body)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
