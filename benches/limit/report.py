"""Figures of many rounds as one of each, and as tables that can be put into docs/performance.md."""

import statistics

FIGURES = ["rows_per_second", "cpu_us_per_row", "p50_ms", "p99_ms", "p999_ms", "resident_mb"]
RATIOS = ["rows_per_second", "cpu_us_per_row"]
TITLES = {
    "memory": "One question, from memory",
    "population": "A population stream, the likely answers computed ahead",
    "store": "From the store; the memory tier is on and forgets after a second",
    "distinct": "All different, computed and stored; and as lists of 1,000",
}


def spread(values):
    """Median and quartiles."""
    if len(values) == 1:
        return {"median": values[0], "low": values[0], "high": values[0]}
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "low": low, "high": high}


def summarize(rounds, reference="ours"):
    """Medians of each contender, and the pairs' ratios of `reference` to each of the others."""
    median = lambda own, figure: statistics.median(each[figure] for each in own)
    medians = {name: {figure: median(own, figure) for figure in FIGURES} for name, own in rounds.items()}
    for name, own in rounds.items():
        if "tiers" in own[0]:
            tiers = [each["tiers"] for each in own]
            medians[name]["tiers"] = {tier: median(tiers, tier) for tier in tiers[0]}
            stored = [each["stored_of_computed"] for each in own if each["stored_of_computed"] is not None]
            medians[name]["stored_of_computed"] = statistics.median(stored) if stored else None
    ratios = {
        name: {figure: spread(pairs(rounds[reference], own, figure)) for figure in RATIOS}
        for name, own in rounds.items() if name != reference
    }
    return {"medians": medians, "ratios": ratios, "rounds": rounds}


def pairs(ours, other, figure):
    """Ratios of the rounds. A clock of 10 ms may have seen nothing of a server that did next to nothing."""
    return [a[figure] / max(b[figure], 1e-9) for a, b in zip(ours, other)]


def scenario_table(name, scenario):
    lines = [
        f"### {TITLES[name]}", "",
        "| | questions/s | CPU us a question | p50 ms | p99 ms | p99.9 ms | resident MB | ours to it: questions/s | CPU |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for contender, figures in scenario["medians"].items():
        ratios = scenario["ratios"].get(contender)
        against = [with_quartiles(ratios[figure]) for figure in RATIOS] if ratios else ["", ""]
        cells = [
            contender, f"{figures['rows_per_second']:,.0f}", f"{figures['cpu_us_per_row']:.1f}",
            *(f"{figures[f'{share}_ms']:.2f}" for share in ("p50", "p99", "p999")), f"{figures['resident_mb']:.1f}", *against,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    counted = {name: figures for name, figures in scenario["medians"].items() if "tiers" in figures}
    tiers = [f"{name}: {shares(figures)}" for name, figures in counted.items()]
    return "\n".join([*lines, "", "Answers, as the service counted them. " + "; ".join(tiers) + "."])


def shares(figures):
    text = ", ".join(f"{share:.1%} {tier}" for tier, share in figures["tiers"].items() if share > 0)
    stored = figures["stored_of_computed"]
    return text if stored is None else f"{text}; {stored:.1%} of those computed were stored"


def with_quartiles(ratio):
    return f"{ratio['median']:.3f} ({ratio['low']:.3f} to {ratio['high']:.3f})"


def targets_table(rows):
    lines = ["| target | at least | aim | measured | |", "|---|---|---|---|---|"]
    for row in rows:
        limit = lambda value: "" if value is None else f"{row['direction']} {value:g} {row['unit']}".strip()
        measured = "" if row["measured"] is None else f"{row['measured']:.3g} {row['unit']}".strip()
        lines.append(f"| {row['target']} | {limit(row['minimum'])} | {limit(row['aim'])} | {measured} | {row['verdict']} |")
    return "\n".join(lines)


def head(results):
    machine, commit, settings = results["machine"], results["commit"], results["settings"]
    return (
        f"{results['date']}, commit {commit['id']}{' with changes' if commit['dirty'] else ''}; {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['memory_mb']:,} MB, Linux {machine['kernel']}; load at the start "
        f"{machine['load_at_start'][0]:.2f}, {results['stolen_share']:.1%} of the time taken by the host.\n"
        f"{settings['rounds']} rounds of {settings['seconds']} s, {settings['connections']} connections, "
        f"{settings['workers']} worker{'s' if settings['workers'] > 1 else ''}; servers on cores {settings['server_cores']}, "
        f"{settings['wrk']} on {settings['load_cores']}. Medians; ratios are of pairs within a round, with quartiles.")


def text(results):
    parts = [head(results), *(scenario_table(name, scenario) for name, scenario in results["scenarios"].items())]
    if results.get("users"):
        users = results["users"]
        parts.append(
            f"### {users['users']:,} users at {users['rate']:,} requests/s for {users['seconds']} s\n\n"
            f"p50 {users['p50_ms']:.2f} ms, p99 {users['p99_ms']:.2f} ms, p99.9 {users['p999_ms']:.2f} ms, "
            f"{users['requests_per_second']:,.0f} requests/s, {users['errors']} errors; "
            f"{users['cpu_us_per_request']:.1f} us of the server's CPU a request.")
    if results.get("start"):
        start = results["start"]
        parts.append(
            f"### Start to ready\n\n{start['no_store_ms']['median']:.1f} ms without a store, "
            f"{start['with_store_ms']['median']:.1f} ms with one (medians of {len(start['with_store_ms']['all'])}).")
    resident = "; ".join(f"{name} {mb:.1f} MB" for name, mb in results["resident"]["most_mb_until"].items())
    parts.append(f"Resident memory of ours, the most since its start, after each of these in turn: {resident}.")
    parts.append("### Targets\n\n" + targets_table(results["targets"]))
    parts += [f"FAILED, {name}: {why}." for name, why in results["failed"].items()]
    if results["left_out"]:
        parts.append("Left out: " + "; ".join(results["left_out"]) + ".")
    parts.append(f"It took {results['seconds']:.0f} s.")
    return "\n\n".join(parts)
