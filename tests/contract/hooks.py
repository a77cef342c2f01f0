"""What the contract cannot say in its own language, as checks."""

import itertools

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import Failure
from schemathesis.generation import GenerationMode

# Each value is possible alone: what the schema allows may be refused for nothing else.
BEYOND_A_SCHEMA = {"contradictory", "unknown_size", "unknown_chart"}

CLIENTS = itertools.count(1)


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Each case comes from a client of its own, as behind a proxy.

    Wrong tokens are tried on purpose, and five of them shut a client out for a minute: from one address every later
    case of an operator's would get 429, and nothing of operating would be tried. What a client is told
    that guesses is for run.py to hold against the contract.
    """
    number = next(CLIENTS)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    case.headers["X-Forwarded-For"] = address
    # The header is no part of what is tried: without this, a case would be judged anew by it.
    case._sync_validated_hashes()


CELLS = st.text(st.characters(codec="utf-8", exclude_characters='"\r\n,;\t\x00'), max_size=8)


@st.composite
def tables(draw):
    """A table as the contract allows: columns with names, rows with as many cells, not all of them empty."""
    more = draw(st.lists(st.sampled_from(["id", "name", "sex", "age", "build.chest"]), unique=True))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(more), max_size=len(more)), min_size=1, max_size=9))
    separator = draw(st.sampled_from([",", ";", "\t"]))
    lines = [["height", "weight", *more], *(["175", draw(CELLS), *row] for row in rows)]
    return draw(st.sampled_from(["\n", "\r\n"])).join(map(separator.join, lines)).encode()


schemathesis.openapi.media_type("text/csv", tables())


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    """Examples of a type with a strategy of its own must be bytes, which JSON cannot hold.

    tests/it/openapi.rs asks with this one and holds the answer against the contract.
    """
    table = raw_schema["paths"]["/api/recommend/batch"]["post"]["requestBody"]["content"]["text/csv"]
    table.pop("examples", None)


@schemathesis.serializer("text/csv")
def table(ctx, value):
    """A table is sent as it is; the contract's own examples are text."""
    return value.encode() if isinstance(value, str) else value


@schemathesis.check
def each_of_a_list_has_its_answer(ctx, response, case):
    """As many answers as questions, in their order: a problem knows its place."""
    if case.operation.path != "/api/recommend/batch" or response.status_code != 200:
        return
    if not response.headers["content-type"][0].startswith("application/json"):
        return
    answers = response.json()["answers"]
    if isinstance(case.body, (list, dict)):
        questions = case.body if isinstance(case.body, list) else case.body["questions"]
        right_count = len(answers) == len(questions)
    else:
        right_count = True
    places = [(at, answer["problem"]["index"]) for at, answer in enumerate(answers) if "problem" in answer]
    if not right_count or any(at != index for at, index in places):
        raise Failure(
            operation=case.operation.label,
            title="A list is not answered one by one",
            message=f"{len(answers)} answers, problems at {places}",
        )


@schemathesis.check
def refused_only_for_what_no_schema_says(ctx, response, case):
    """A 422 to data that the contract allows names a contradiction, or what a shop does not have."""
    mode = case.meta.generation.mode if case.meta else None
    if mode != GenerationMode.POSITIVE or response.status_code != 422:
        return
    codes = {error["code"] for error in response.json()["errors"]}
    if not codes or not codes <= BEYOND_A_SCHEMA:
        raise Failure(
            operation=case.operation.label,
            title="Refused for what the contract allows",
            message=f"errors of codes {sorted(codes)}",
        )


@schemathesis.check
def a_problem_is_complete(ctx, response, case):
    """Every 4xx and 5xx is a problem document that knows its status and its request."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    problem = response.json()
    request_id = response.headers["x-request-id"][0]
    if problem["status"] != response.status_code or problem["requestId"] != request_id:
        raise Failure(
            operation=case.operation.label,
            title="A problem of another request",
            message=f"status {problem['status']} in an answer with {response.status_code}",
        )
