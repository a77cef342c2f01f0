"""What is asked of whom, and the proof that it was that: a round counts only if the tiers say so.

Rounds are interleaved: in each, every contender is warmed for a second and measured, so that a disturbance of the
machine meets all. Whoever was first goes to the end of the next.
"""

from dataclasses import dataclass, field

import load
from servers import WrongAnswer

CONNECTIONS = 64
# One client may have three lists under way.
BATCH_CONNECTIONS = 2
BATCH_ROWS = 1000
WARM_S = 1
# Of `lua/requests.lua`: heights, weights, ages, preferences, sexes, measured or not. No run may take one twice.
POSITIONS = 120 * 80 * 80 * 3 * 2 * 2
# Threads of wrk are not equally quick, and each takes every so-manyth position.
SPREAD = 1.3
# So many that memory, which forgets after a second, has forgotten each when it is asked again.
STORED_QUESTIONS = 60_000
MOST_FILLS = 40
EXPECTED_SHARE = 0.99


@dataclass
class Contender:
    """A server and how it is asked. `tiers`: lowest and highest share that may come from each, for ours."""

    name: str
    server: object
    script: str
    arguments: tuple = ()
    tiers: dict = field(default_factory=dict)
    rows: int = 1
    # Of its questions, those that are new; with room to spare. None for one that remembers nothing.
    new: float = 1.0
    connections: int = CONNECTIONS


class Positions:
    """Questions that a server was not asked yet."""

    def __init__(self):
        self.first = 0

    def asked(self, contender, requests):
        """So many were answered, and some more sent when the time was over."""
        under_way = contender.connections * 2
        self.first += round((requests * SPREAD + under_way) * contender.rows * contender.new)
        if self.first > POSITIONS:
            raise RuntimeError(f"there are {POSITIONS:,} different questions: take fewer or shorter rounds")


def tier_counts(server):
    cache = server.part("cache")
    return {"memory": cache["memoryHits"], "store": cache["storeHits"], "computed": cache["computed"]}


def measure_round(wrk, contender, positions, seconds):
    server = contender.server
    new = positions[server]
    run = lambda length: dict(
        script=contender.script, connections=contender.connections, seconds=length,
        arguments=(new.first, *contender.arguments))
    new.asked(contender, wrk.run(server, **run(WARM_S))["requests"])
    if not contender.tiers:
        figures = load.measure(wrk, server, **run(seconds))
    else:
        wait = server.wait_for_the_writer if contender.new else None
        if wait:
            wait()
        tiers, written = tier_counts(server), server.store()["written"]
        figures = load.measure(wrk, server, **run(seconds), finish=wait)
        tiers = {tier: count - tiers[tier] for tier, count in tier_counts(server).items()}
        answered = max(sum(tiers.values()), 1)
        figures["tiers"] = {tier: count / answered for tier, count in tiers.items()}
        stored, computed = server.store()["written"] - written, tiers["computed"]
        figures["stored_of_computed"] = stored / computed if computed else None
        check_tiers(contender, figures, answered)
    new.asked(contender, figures["requests"])
    if any(figures["errors"].values()):
        raise WrongAnswer(f"{contender.name}: errors {figures['errors']} in {figures['requests']} requests")
    figures["rows_per_second"] = figures["requests_per_second"] * contender.rows
    figures["cpu_us_per_row"] = figures["cpu_us_per_request"] / contender.rows
    return figures


def check_tiers(contender, figures, answered):
    if answered < EXPECTED_SHARE * figures["requests"] * contender.rows:
        raise WrongAnswer(f"{contender.name}: {figures['requests']} requests, but {answered} answers are counted")
    for tier, (low, high) in contender.tiers.items():
        share = figures["tiers"][tier]
        if not low <= share <= high:
            raise WrongAnswer(
                f"{contender.name} with {contender.script}.lua: {share:.2%} of the answers are from '{tier}', "
                f"{low:.0%} to {high:.0%} were to be; all: {figures['tiers']}")


def interleave(wrk, contenders, positions, rounds, seconds, tell):
    """Figures of each contender, round by round. `positions` by server."""
    figures = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        turn = number % len(contenders)
        for contender in contenders[turn:] + contenders[:turn]:
            figures[contender.name].append(measure_round(wrk, contender, positions, seconds))
            last = figures[contender.name][-1]
            rate, cpu_us = last["rows_per_second"], last["cpu_us_per_row"]
            tell(f"  round {number + 1}/{rounds} {contender.name}: {rate:,.0f}/s, {cpu_us:.1f} us")
    return figures


def expect_header(server, body, tier):
    """The answer's own word for where it came from; the answer."""
    status, headers, answer = server.ask(body)
    if status != 200 or headers.get("x-cache") != tier:
        raise WrongAnswer(f"ours: {status} and x-cache {headers.get('x-cache')} to a question that was to be {tier}")
    return answer


def expect_kept(peer):
    """It remembers what it was asked a moment ago; each of its processes may have a memory of its own."""
    peer.ask()
    status, headers, _ = peer.ask()
    if status != 200 or headers.get("x-cache") == "MISS":
        raise WrongAnswer(f"{peer.name}: {status} and x-cache {headers.get('x-cache')} to a question asked before")


def fill_store(wrk, server):
    """Asks the questions of `stored.lua`, from the first that is not in the file yet, until all of them are."""
    for _ in range(MOST_FILLS):
        written = server.store()["written"]
        if written >= STORED_QUESTIONS:
            return
        wrk.run(server, "stored", (written, STORED_QUESTIONS), CONNECTIONS, 2)
        server.wait_for_the_writer()
    raise WrongAnswer(f"the store did not take {STORED_QUESTIONS:,} questions: {server.store()}")
