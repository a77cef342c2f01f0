"""What the contract cannot say in its own language, as checks."""

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.generation import GenerationMode

# Each value is possible alone: what the schema allows may be refused for nothing else.
BEYOND_A_SCHEMA = {"contradictory", "unknown_size", "unknown_chart"}


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
