"""What the survey says about the default chart: the figures in data/charts/README.md.

    python -m pip install -r models/requirements.txt && python models/chart_survey.py path/to/ansur2_train.csv

Prints the shoulder that the men's chart implies, the needs of women from which their block is made,
and the base rates of the tolerance box: for how many people it holds when their body is known.
"""

import argparse
from pathlib import Path

import numpy as np

import survey
import tailor

ROOT = Path(__file__).resolve().parent.parent


def measure(people, name):
    return people.measures[:, list(survey.MEASURES).index(name)]


def shoulder_share(people, chart):
    """Share k for which biacromial + k (bideltoid - biacromial) is the chart's shoulder, size by size."""
    chest, bone, muscle = (measure(people, m) for m in ("chest", "biacromial", "bideltoid"))
    number = 2 * np.floor((chest + 2) / 4)
    print("| number | men | biacromial | bideltoid | chart's shoulder | share |\n|---|---|---|---|---|---|")
    rows = []
    for n, size in chart.sizes.items():
        wearers = number == n
        if wearers.sum() < 30:
            continue
        b, m = np.median(bone[wearers]), np.median(muscle[wearers])
        rows.append((wearers.sum(), m - b, size["shoulderCm"] - b))
        print(f"| {n} | {wearers.sum()} | {b:.1f} | {m:.1f} | {size['shoulderCm']} | {rows[-1][2] / rows[-1][1]:.2f} |")
    weight, flesh, beyond = np.array(rows).T
    share = (weight * flesh * beyond).sum() / (weight * flesh**2).sum()
    print(f"\nshare by least squares: {share:.3f}; what is left, cm: {np.round(beyond - share * flesh, 2)}")


def straight_line(target, name, **regressors):
    """Prints target = constant + slopes, in cm."""
    design = np.column_stack([np.ones(len(target)), *regressors.values()])
    solution = np.linalg.lstsq(design, target, rcond=None)[0]
    terms = " + ".join(f"{slope:.3f} ({of})" for slope, of in zip(solution[1:], regressors))
    print(f"{name} = {solution[0]:.2f} + {terms}; spread {np.std(target - design @ solution):.2f}")


def women(people, chart):
    """What a woman needs, by chest and height."""
    needs = chart.needs(people)
    chest, height = needs["chest"] - 100, people.inputs[:, 0] - 166.8
    straight_line(needs["shoulder"], "shoulder", **{"chest - 100": chest})
    straight_line(needs["sleeve"], "sleeve", **{"height - 166.8": height, "chest - 100": chest})
    straight_line(people.cervicale_cm / 2, "half the nape-to-floor height", **{"height - 166.8": height})
    drop = needs["chest"] - needs["waist"]
    print(f"chest minus waist: mean {drop.mean():.1f}, sd {drop.std():.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--chart", type=Path, default=ROOT / "data/charts/default.json")
    arguments = parser.parse_args()
    people = {sex: survey.read(arguments.csv, sex) for sex in survey.SEXES}
    charts = {sex: tailor.Chart(arguments.chart, sex) for sex in survey.SEXES}
    print("## The shoulder that the men's chart implies\n")
    shoulder_share(people["male"], charts["male"])
    print("\n## What women need, cm\n")
    women(people["female"], charts["female"])
    print("\n## Base rates of the tolerance box, bodies known\n")
    for sex in survey.SEXES:
        rates = charts[sex].base_rates(people[sex])
        print(f"{sex}: " + ", ".join(f"{name} {rate:.3f}" for name, rate in rates.items()))


if __name__ == "__main__":
    main()
