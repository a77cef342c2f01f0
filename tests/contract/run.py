"""Holds the running service against its contract, and has a stock generator make a client of it.

    python tests/contract/run.py --binary target/release/suitsize

Needs tests/contract/requirements.txt. Starts the binary on a free port with a data directory of its own;
no other address is asked. schemathesis tries every operation with what the contract allows and with what it
does not, from a fixed seed; then openapi-python-client makes a package from docs/openapi.json, which asks for
a size and reads a refusal.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONTRACT = ROOT / "docs" / "openapi.json"
TOKEN = "0123456789abcdef0123456789abcdef"
STOP_LIMIT_S = 20


def start(binary, data_dir, log_path):
    """The service, and its address."""
    environment = {
        **os.environ,
        "SUITSIZE_ADMIN_TOKEN": TOKEN,
        # hooks.py makes a client of each case; what it then is told of its limit is held against the contract.
        "SUITSIZE_TRUSTED_PROXIES": "1",
        # Without its memory the service has nothing to fill ahead, which would take a minute of computing each
        # time that an operator asks for it. What is answered is the same.
        "SUITSIZE_MEMORY_TTL_SECONDS": "0",
        "SUITSIZE_WARM": "off",
    }
    arguments = [binary, "serve", "--port", "0", "--data-dir", data_dir]
    with open(log_path, "w") as log:
        service = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )
    greeting = service.stdout.readline()
    if "listens on " not in greeting:
        raise SystemExit(f"the service did not start: {log_path.read_text()[-400:]}")
    return service, greeting.split("listens on ", 1)[1].strip()


def tool(name):
    """A program of the environment that this script runs in."""
    return str(pathlib.Path(sys.executable).parent / name)


def hold_against(address, work):
    """schemathesis; false if it found something."""
    environment = {
        **os.environ,
        "SUITSIZE_ADMIN_TOKEN": TOKEN,
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(HERE),
    }
    began = time.monotonic()
    config = ["--config-file", str(HERE / "schemathesis.toml")]
    done = subprocess.run(
        [tool("schemathesis"), *config, "run", str(CONTRACT), "--url", address, "--max-failures", "20"],
        env=environment,
        cwd=work,
        capture_output=True,
        text=True,
    )
    print(done.stdout[-20_000:] if done.returncode else summary(done.stdout), end="")
    print(done.stderr[-4_000:], end="")
    print(f"schemathesis: {time.monotonic() - began:.0f} s")
    return done.returncode == 0


def summary(output):
    """The end of a run that found nothing."""
    return output[output.rfind("SUMMARY") :] if "SUMMARY" in output else output


def generated_client(address, work):
    """A client from the contract, by a stock generator, gets a size and reads a refusal."""
    package = pathlib.Path(work) / "client"
    # The generator makes a module that cannot be loaded of an operation that takes JSON or text: it gets the list
    # as JSON alone.
    contract = json.loads(CONTRACT.read_text())
    del contract["paths"]["/api/recommend/batch"]["post"]["requestBody"]["content"]["text/csv"]
    source = pathlib.Path(work) / "openapi.json"
    source.write_text(json.dumps(contract))
    arguments = ["generate", "--path", str(source), "--output-path", str(package), "--meta", "none"]
    made = subprocess.run(
        [tool("openapi-python-client"), *arguments], cwd=work, capture_output=True, text=True
    )
    said = made.stdout + made.stderr
    if made.returncode or "WARNING" in said or "ERROR" in said:
        print(said[-8_000:])
        return False
    sys.path.insert(0, str(work))
    from client import Client
    from client.api.sizing import recommend, recommend_batch
    from client.models import Answer, BatchAnswer, ImperialQuestion, MetricQuestion, Problem
    from client.models import ListedMetricQuestion, ListedProblem, ListedRecommendation

    with Client(base_url=address) as service:
        metric = recommend.sync(client=service, body=MetricQuestion(height=175, weight=75))
        assert isinstance(metric, Answer), metric
        assert metric.recommendation.size == "50R", metric
        assert metric.recommendation.measurements["chest"].estimate > 90
        feet = ImperialQuestion(height="5'10\"", weight=170, unit="imperial")
        assert recommend.sync(client=service, body=feet).recommendation.size
        refused = recommend.sync_detailed(client=service, body=MetricQuestion(height=70, weight=170))
        assert refused.status_code == 422 and isinstance(refused.parsed, Problem), refused
        errors = {error.field: error for error in refused.parsed.errors}
        assert errors["height"].min_ == 120 and "inches" in errors["height"].message, errors
        people = [
            ListedMetricQuestion(id=17, name="Jo", height=175, weight=75),
            ListedMetricQuestion(name="Al", height=1.75, weight=75),
        ]
        both = recommend_batch.sync(client=service, body=people)
        assert isinstance(both, BatchAnswer), both
        first, second = both.answers
        assert isinstance(first, ListedRecommendation) and first.id == "17", first
        assert first.recommendation.size == "50R", first
        assert isinstance(second, ListedProblem) and second.name == "Al", second
        assert second.problem.index == 1 and second.problem.errors[0].field == "height", second
    print("generated client: 50R for 175 cm and 75 kg, alone and in a list; mistakes refused by name and place")
    return True


def guesses(address):
    """Five wrong tokens are refused, and the sixth is answered as the contract says of too much."""
    contract = json.loads(CONTRACT.read_text())
    responses = contract["paths"]["/api/cache/warm"]["post"]["responses"]
    for status in [401] * 5 + [429]:
        headers = {"Authorization": "Bearer nobody", "X-Forwarded-For": "203.0.113.5"}
        request = urllib.request.Request(f"{address}/api/cache/warm", method="POST", headers=headers)
        try:
            urllib.request.urlopen(request, timeout=10)
            told = None
        except urllib.error.HTTPError as error:
            told = error
        if told is None or told.code != status:
            print(f"a wrong token was answered {told and told.code}, not {status}")
            return False
        name = responses[str(status)]["$ref"].rsplit("/", 1)[1]
        described = contract["components"]["responses"][name]
        problem = json.load(told)
        if f"`{problem['code']}`" not in described["description"]:
            print(f"{status} {problem['code']} is not what the contract says")
            return False
        for header in described["headers"]:
            required = contract["components"]["headers"][header]["required"]
            if required and header not in told.headers:
                print(f"{status} without {header}")
                return False
    print("five wrong tokens refused, then 429")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--require", action="store_true", help="fail where something was found")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        log_path = pathlib.Path(work) / "log"
        service, address = start(os.path.abspath(options.binary), os.path.join(work, "data"), log_path)
        try:
            held = hold_against(address, work)
            made = generated_client(address, work)
            made = guesses(address) and made
            alive = service.poll() is None
        finally:
            service.terminate()
            code = service.wait(STOP_LIMIT_S)
        log = log_path.read_text()
    for line in log.splitlines():
        if "panicked" in line or "ERROR" in line:
            print(line)
    sound = held and made and alive and code == 0 and "panicked" not in log
    print("the contract holds" if sound else "the contract does not hold")
    if options.require and not sound:
        sys.exit(1)


if __name__ == "__main__":
    main()
