"""One run from its beginning to its end: servers up, proofs, rounds, starts, servers down.

The default service stays the same one through all scenarios, so that its memory at the end is the memory of all of
that. Store hits need another: its memory tier is on and forgets after a second, and nothing is computed ahead, since
the questions are not likely ones.
"""

import contextlib
import subprocess
import tempfile
import time
from pathlib import Path

import machine
import report
import scenarios
import starting
import targets
import users
from processes import memory_mb
from load import Wrk
from scenarios import Contender, Positions
from servers import Bare, Nginx, Ours, Peer, WrongAnswer

NAMES = ["memory", "population", "users", "store", "distinct", "batch", "start"]
EVERYTHING, NOTHING = (scenarios.EXPECTED_SHARE, 1), (0, 1 - scenarios.EXPECTED_SHARE)
FROM_MEMORY = {"memory": EVERYTHING}
FROM_STORE = {"store": EVERYTHING}
COMPUTED = {"computed": EVERYTHING}
# Three in a hundred tell an age and are new; a body that is not on the list is new once.
POPULATION = {"computed": (0.02, 0.05)}
# With room for the moment at which memory looks.
FORGOTTEN_S = 1.5
BRIEF_MEMORY = {"SUITSIZE_MEMORY_TTL_SECONDS": "1", "SUITSIZE_STORE_TTL_SECONDS": "86400", "SUITSIZE_WARM": "off"}


class Campaign:
    def __init__(self, options, tools, cores, peers, tell):
        self.options, self.tools, self.cores, self.tell = options, tools, cores, tell
        self.peers, self.left_out = peers, list(tools.left_out)
        self.workers = len(cores.servers)
        self.wrk = Wrk(tools.wrk, cores.load)
        self.positions = {}
        # The most since the start of the process, after each scenario in turn.
        self.resident = {}
        self.failed = {}

    def run(self):
        began, before = time.monotonic(), machine.stolen_and_all_ticks()
        results = {"date": machine.now(), "commit": machine.commit()}
        results |= {"machine": machine.describe(), "settings": self.settings()}
        with contextlib.ExitStack() as stack:
            self.stack = stack
            self.directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="suitsize-bench-")))
            self.stored_dir = self.directory / "stored"
            results |= self.measure_all()
        stolen, ticks = (now - then for now, then in zip(machine.stolen_and_all_ticks(), before))
        results |= {
            "stolen_share": stolen / max(ticks, 1), "left_out": self.left_out, "failed": self.failed,
            "seconds": time.monotonic() - began,
            "resident": {"most_mb_until": self.resident, "highest_mb": max(self.resident.values(), default=None)},
        }
        results["targets"] = targets.judge(results, self.options.short)
        return results

    def settings(self):
        options = self.options
        return {
            "short": options.short, "rounds": options.rounds, "seconds": options.seconds,
            "connections": scenarios.CONNECTIONS, "workers": self.workers, "layout": self.cores.layout,
            "server_cores": self.cores.servers, "load_cores": self.cores.load, "environment": options.env,
            "wrk": machine.version([self.tools.wrk, "-v"]).split(" [")[0],
            "nginx": machine.version([self.tools.nginx, "-v"]) if self.tools.nginx else None,
        }

    def wants(self, *names):
        return any(name in self.options.only for name in names)

    def up(self, server):
        """Until the end of the run, whatever that is."""
        self.stack.callback(server.close)
        self.positions[server] = Positions()
        return server

    def ours(self, settings=None, data_dir=None):
        return self.up(Ours(self.options.binary, self.workers, (settings or {}) | self.options.env, data_dir))

    def attempt(self, name, measure, *arguments):
        """What it measured; nothing where it failed or was something else, which the end of the run tells."""
        try:
            return measure(*arguments)
        except (RuntimeError, OSError, subprocess.SubprocessError) as why:
            self.failed[name] = str(why)
            self.tell(f"{name} FAILED: {why}")
            return None

    def measure_all(self):
        found = {"scenarios": {}}
        if self.wants("memory", "population", "users", "distinct", "batch"):
            found |= self.with_default_service()
        if self.wants("store"):
            found["scenarios"]["store"] = self.attempt("store", self.store)
        if self.wants("start"):
            found["start"] = self.attempt("start", self.start)
        found["scenarios"] = {name: scenario for name, scenario in found["scenarios"].items() if scenario}
        return found

    def with_default_service(self):
        ours = self.ours()
        self.bring_others_up(ours)
        self.tell("computing the likely answers ahead")
        ours.wait_until_filled()
        found = {"scenarios": {}}
        steps = {"memory": self.memory, "population": self.population, "users": self.users, "distinct": self.distinct}
        for name, measure in steps.items():
            if not self.wants(name) and not (name == "distinct" and self.wants("batch")):
                continue
            into = found if name == "users" else found["scenarios"]
            into[name] = self.attempt(name, measure, ours)
            self.resident[name] = memory_mb(ours.pids(), "VmHWM")
        return found

    def bring_others_up(self, ours):
        """The others return what ours returns; a peer answers by itself."""
        ours.ask()
        answer = scenarios.expect_header(ours, None, "HIT-MEMORY")
        self.others = [self.up(Bare(self.tools.bare, self.workers, answer))]
        if self.tools.nginx:
            self.others.append(self.up(Nginx(self.tools.nginx, self.workers, answer)))
        for other in self.others:
            if other.ask()[2] != answer:
                raise WrongAnswer(f"{other.name} does not return the bytes of ours")
        peers = self.peers.items() if self.wants("memory", "distinct") else []
        self.up_peers = [self.up(Peer(name, peer)) for name, peer in peers]

    def interleave(self, name, contenders):
        self.tell(f"{name}: {', '.join(contender.name for contender in contenders)}")
        options = self.options
        rounds = scenarios.interleave(
            self.wrk, contenders, self.positions, options.rounds, options.seconds, self.tell)
        return report.summarize(rounds)

    def memory(self, ours):
        contenders = [Contender("ours", ours, "memory", tiers=FROM_MEMORY, new=0)]
        contenders += [Contender(other.name, other, "memory", new=0) for other in self.others]
        for peer in self.up_peers:
            scenarios.expect_kept(peer)
            contenders.append(
                Contender(peer.name, peer, "memory", (peer.path, peer.question.decode()), new=0))
        return self.interleave("memory", contenders)

    def population(self, ours):
        return self.against_bare("population", ours, POPULATION, new=0.1)

    def against_bare(self, script, ours, tiers, arguments=(), new=1.0):
        contenders = [
            Contender("ours", ours, script, arguments, tiers, new=new),
            Contender("bare", self.others[0], script, arguments, new=0),
        ]
        return self.interleave(script, contenders)

    def users(self, ours):
        if not users.is_there(self.options.client):
            self.left_out.append("a thousand users at a fixed rate: this build has no `suitsize bench`")
            return None
        self.tell(f"{users.USERS} users at {users.RATE} requests/s")
        return users.measure(self.options.client, ours, self.cores.load, 6 if self.options.short else 20)

    def distinct(self, ours):
        new = b'{"height":191.5,"weight":101.5,"age":79}'
        scenarios.expect_header(ours, new, "MISS")
        contenders = [Contender("ours", ours, "distinct", tiers=COMPUTED)]
        if self.wants("batch"):
            contenders.append(Contender(
                "ours, lists", ours, "batch", tiers=COMPUTED, rows=scenarios.BATCH_ROWS,
                connections=scenarios.BATCH_CONNECTIONS))
        if self.wants("distinct"):
            contenders.append(Contender("bare", self.others[0], "distinct", new=0))
            peers = [peer for peer in self.up_peers if peer.takes_our_questions]
            contenders += [Contender(peer.name, peer, "distinct") for peer in peers]
        return self.interleave("distinct", contenders)

    def store(self):
        with contextlib.closing(self.filled_store()) as ours:
            return self.store_of(ours)

    def store_of(self, ours):
        if not hasattr(self, "others"):
            self.bring_others_up(ours)
        time.sleep(FORGOTTEN_S)
        scenarios.expect_header(ours, b'{"height":150.0,"weight":60.0,"age":18}', "HIT-STORE")
        scenario = self.against_bare("stored", ours, FROM_STORE, (scenarios.STORED_QUESTIONS,))
        self.resident["store (another process)"] = memory_mb(ours.pids(), "VmHWM")
        return scenario

    def start(self):
        starts = 5 if self.options.short else 10
        if not self.stored_dir.exists():
            self.filled_store().close()
        self.tell(f"{starts} starts without a store and {starts} with one")
        return starting.measure(
            self.options.binary, self.workers, self.options.env, starts, self.directory, self.stored_dir)

    def filled_store(self):
        """A service with so many answers in its store; the directory stays until the end."""
        self.tell(f"storing {scenarios.STORED_QUESTIONS:,} answers")
        ours = self.ours(BRIEF_MEMORY, self.stored_dir)
        scenarios.fill_store(self.wrk, ours)
        return ours
