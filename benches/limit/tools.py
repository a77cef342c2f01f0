"""What a run needs to be there: our binary, the bare server's, wrk; and what it can do without: nginx, peers."""

import importlib.util
import os
import shutil
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

# What a request of the bare server goes through.
SHARED_CRATES = ["actix-web", "actix-http", "actix-server", "actix-router", "tokio", "mio", "serde", "serde_json"]


class Missing(Exception):
    """Something without which nothing can be measured, and how to get it."""


@dataclass
class Tools:
    bare: Path
    wrk: str
    nginx: str | None
    left_out: list = field(default_factory=list)

    @staticmethod
    def find(root, binary):
        bare = root / "target/limit/release/suitsize-limit"
        for file, how in ((binary, "cargo build --release"), (bare, "benches/run.sh builds it")):
            if not os.access(file, os.X_OK):
                raise Missing(f"{file} is no program; {how}")
        refuse_drift(root)
        wrk = find("wrk")
        if wrk is None:
            raise Missing("there is no wrk, the load generator; Debian: apt-get install wrk")
        nginx = find("nginx")
        left_out = [] if nginx else ["nginx, which is not installed (Debian: apt-get install nginx-light)"]
        return Tools(bare, wrk, nginx, left_out)


def refuse_drift(root):
    """The bare server is a measure of ours only where both are of the same parts, built in the same way."""
    own, bare = root, root / "benches/limit/actix"
    manifests = [tomllib.loads((where / "Cargo.toml").read_text()) for where in (own, bare)]
    locks = [tomllib.loads((where / "Cargo.lock").read_text())["package"] for where in (own, bare)]
    facts = {
        "actix-web in [dependencies]": [manifest["dependencies"]["actix-web"] for manifest in manifests],
        "[profile.release]": [manifest["profile"]["release"] for manifest in manifests],
    }
    for crate in SHARED_CRATES:
        facts[f"{crate} in Cargo.lock"] = [
            sorted(package["version"] for package in lock if package["name"] == crate) for lock in locks]
    for what, (of_ours, of_bare) in facts.items():
        if of_ours != of_bare:
            raise Missing(f"{bare.relative_to(root)} is no measure any more: {what} is {of_ours} in ours and {of_bare} there")


def find(program):
    """Debian has servers where only root's PATH looks."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def find_peers(root, wanted):
    """Peers by name, ready to start, and what was left out. `wanted`: names; nothing: those that are installed."""
    file = root / "benches/peers/peers.py"
    if wanted == ["none"]:
        return {}, ["the peers (--peers all)"]
    if wanted and not file.exists():
        raise Missing(f"--peers: there is no {file.relative_to(root)}")
    if not file.exists():
        return {}, ["the peers: there is no benches/peers/peers.py"]
    peers = load(file).PEERS
    if wanted is None:
        installed = {name: peer for name, peer in peers.items() if (root / "target/peers" / name / "made-from").exists()}
        missing = ", ".join(name for name in peers if name not in installed)
        return installed, [f"{missing}: not installed (--peers all)"] if missing else []
    chosen = list(peers) if wanted == ["all"] else wanted
    unknown = [name for name in chosen if name not in peers]
    if unknown:
        raise Missing(f"--peers: {', '.join(unknown)} is not among {', '.join(peers)}, all, none")
    for name in chosen:
        print(f"preparing {name}", file=sys.stderr, flush=True)
        peers[name].prepare()
    return {name: peers[name] for name in chosen}, []


def load(file):
    specification = importlib.util.spec_from_file_location("peers", file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
