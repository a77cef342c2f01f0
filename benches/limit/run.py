"""`benches/run.sh`: the service beside the least that could answer the same, in one run. See docs/performance.md.

Options here, the order of things in `campaign`, what is asked and how it is proved in `scenarios`, the promises
in `targets`.
"""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

import machine
import report
from campaign import NAMES, Campaign
from processes import Cores
from tools import Missing, Tools, find_peers

SHORT, FULL = (3, 2), (7, 8)
ROOT = machine.ROOT


def arguments():
    parser = argparse.ArgumentParser(
        prog="benches/run.sh", description="The service against the least that could answer the same.")
    add = parser.add_argument
    add("--short", action="store_true",
        help="3 rounds of 2 s instead of 7 of 8 s, no peers: under two and a half minutes")
    add("--only", type=names_of(NAMES), default=NAMES, metavar="NAME,...", help=f"some of {', '.join(NAMES)}")
    add("--json", metavar="FILE",
        help="everything measured, each round; - for standard output, instead of the tables")
    add("--binary", type=Path, default=ROOT / "target/release/suitsize", help="another build of ours")
    add("--client", type=Path,
        help="a build whose `suitsize bench` is to ask, where --binary is an older one")
    add("--peers", type=names, metavar="NAME,...",
        help="some of benches/peers, `none` or `all`, which installs them; otherwise those that are installed, "
        "and with --short none")
    add("--env", type=setting, action="append", default=[], metavar="NAME=VALUE",
        help="a setting of ours, to try; may be repeated")
    add("--layout", choices=["split", "shared"], default="split",
        help="split (default): servers on half of the cores, wrk on the other; shared: both on all")
    add("--rounds", type=count, help="rounds of each scenario")
    add("--seconds", type=count, help="seconds of each round, after one to warm up")
    add("--require", action="store_true", help="exit with 1 when a minimum is missed")
    options = parser.parse_args()
    rounds, seconds = SHORT if options.short else FULL
    options.rounds, options.seconds = options.rounds or rounds, options.seconds or seconds
    options.env = dict(options.env)
    options.client = options.client or options.binary
    if options.short and options.peers is None:
        options.peers = ["none"]
    return options


def names(text):
    return [name.strip() for name in text.split(",") if name.strip()]


def names_of(allowed):
    def parse(text):
        unknown = [name for name in names(text) if name not in allowed]
        if unknown or not names(text):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'} is not among {', '.join(allowed)}")
        return names(text)

    return parse


def setting(text):
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, such as SUITSIZE_RECORDING=off")
    return name, value


def count(text):
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 1000")
    return int(text)


def tell(line):
    print(line, file=sys.stderr, flush=True)


def main():
    # So that a service manager's or a shell's end of this run ends the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = arguments()
    cores = Cores(options.layout)
    cores.settle()
    try:
        tools = Tools.find(ROOT, options.binary)
        peers, left_out = find_peers(ROOT, options.peers)
        tools.left_out += left_out
        results = Campaign(options, tools, cores, peers, tell).run()
    except (Missing, RuntimeError, TimeoutError, OSError) as error:
        tell(f"benches/run.sh: {error}")
        return 2
    except KeyboardInterrupt:
        tell("benches/run.sh: interrupted")
        return 128 + signal.SIGINT
    if options.json:
        document = json.dumps(results, indent=1)
        print(document) if options.json == "-" else Path(options.json).write_text(document + "\n")
    if options.json != "-":
        print(report.text(results))
    if results["failed"]:
        tell(f"benches/run.sh: {', '.join(results['failed'])} failed, see above")
        return 2
    missed = [row["target"] for row in results["targets"] if row["verdict"] == "MISS"]
    if options.require and missed:
        tell(f"missed: {'; '.join(missed)}")
        return 1
    return 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
