"""How right the shipped binary is, on any CSV of the survey's shape.

    python -m pip install -r models/requirements.txt && cargo build --release && python models/evaluate.py path/to/ansur2_train.csv --cross-validate

Every question goes through `suitsize recommend --batch`, population variance off (the survey is the
population), so that what is measured is what is shipped. `--cross-validate` trains on four fifths of
the file and asks about the fifth, five times; without it the binary's own models (or `--models`)
are asked about every row: right for a file that they were not trained on. `--sex` and `--only` narrow,
`--require` fails when a promise of the project is broken.
"""

import argparse
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import scores
import survey
import tailor
import train

ROOT = Path(__file__).resolve().parent.parent
FOLDS = 5
MEASURED_TAPE_SD_CM = 1.0
HOME_TAPE_SD_CM = 2.0
# What src/sizing/know.rs believes of a label: a usual jacket is the chest give or take this.
KNOWN_SIZE_SD_CM = 4.0


@dataclass(frozen=True)
class Scenario:
    """What the shopper of a scenario tells."""

    name: str
    measured: bool
    age: bool
    tape_sd_cm: float | None = None
    jacket: bool = False
    weight: bool = True

    def questions(self, people, sex):
        """One request a person, as a shopper would send it."""
        noise = np.random.default_rng(2012).standard_normal(len(people.subject))
        for i in range(len(people.subject)):
            height, weight, age = (people.inputs if self.measured else people.stated)[i]
            question = {
                "height": height, "sex": sex, "measured": self.measured, "details": True,
            }
            if self.weight:
                question["weight"] = weight
            if self.jacket:
                question["knownSize"] = {"size": jacket_that_fits(people.measures[i, 0], sex, noise[i])}
            if self.age:
                question["age"] = age
            if self.tape_sd_cm is not None:
                question["chest"] = people.measures[i, 0] + self.tape_sd_cm * noise[i]
                question["tape"] = "fitter" if self.tape_sd_cm <= MEASURED_TAPE_SD_CM else "home"
            yield question


def jacket_that_fits(chest_cm, sex, noise):
    """EU label of a usual jacket: off by KNOWN_SIZE_SD_CM in all, of which the 4 cm of a label are a part."""
    habit_cm = np.sqrt(KNOWN_SIZE_SD_CM**2 - 4**2 / 12)
    first, last = {"male": (42, 70), "female": (38, 64)}[sex]
    return str(np.clip(scores.true_number(chest_cm + habit_cm * noise), first, last))


SCENARIOS = (
    Scenario("measured, age known", True, True),
    Scenario("measured, age unknown", True, False),
    Scenario("stated, age known", False, True),
    Scenario("stated, age unknown", False, False),
    Scenario("measured, age known, chest taped to 1 cm", True, True, MEASURED_TAPE_SD_CM),
    Scenario("stated, age known, chest taped to 1 cm", False, True, MEASURED_TAPE_SD_CM),
    Scenario("stated, age unknown, chest taped at home (2 cm)", False, False, HOME_TAPE_SD_CM),
    Scenario("stated, age unknown, a jacket known", False, False, jacket=True),
    Scenario("stated, no weight, age unknown, a jacket known", False, False, jacket=True, weight=False),
    Scenario("stated, no weight, age unknown, chest taped at home (2 cm)", False, False, HOME_TAPE_SD_CM, weight=False),
)


def ask(binary, questions, models):
    """The binary's answers, in order."""
    command = [str(binary), "recommend", "--batch", "--population-variance", "off"]
    if models is not None:
        command += ["--models", str(models)]
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == lines.count("\n"), "one answer a line"
    return answers


def answers_for(binary, people, sex, scenario, models, cross_validate):
    """Answers in the order of `people`."""
    if not cross_validate:
        return ask(binary, scenario.questions(people, sex), models)
    questions = list(scenario.questions(people, sex))
    fold = people.folds(FOLDS)
    answers = [None] * len(questions)
    for k in range(FOLDS):
        rows = np.flatnonzero(fold == k)
        held_out = ask(binary, (questions[i] for i in rows), models / str(k))
        for i, answer in zip(rows, held_out):
            answers[i] = answer
    return answers


def train_folds(csv, out):
    """One directory of models for each fold, trained on the others."""
    people = {sex: survey.read(csv, sex) for sex in survey.SEXES}
    for k in range(FOLDS):
        rest = {sex: p.rows(p.folds(FOLDS) != k) for sex, p in people.items()}
        train.write(rest, out / str(k), cross_validated=False)


class Answers:
    """What the binary said, as arrays over the people it answered."""

    def __init__(self, people, answers):
        answered = np.array(["recommendation" in answer for answer in answers])
        self.refused = int((~answered).sum())
        self.people = people.rows(answered)
        self.recommendations = [a["recommendation"] for a in answers if "recommendation" in a]
        distributions = [r["distribution"] for r in self.recommendations]
        count = len(survey.MEASURES)
        self.log_mean = np.array([d["logMean"] for d in distributions])[:, :count]
        self.log_covariance = np.array([d["logCovariance"] for d in distributions])[:, :count, :count]
        self.probabilities = np.array([
            [r["sizeProbabilities"].get(str(number), 0.0) for number in scores.NUMBERS]
            for r in self.recommendations
        ])

    def measure(self, name):
        """Log mean, log sd and truth of one measure."""
        i = list(survey.MEASURES).index(name)
        sd = np.sqrt(self.log_covariance[:, i, i])
        return self.log_mean[:, i], sd, self.people.measures[:, i]

    def recommended_numbers(self):
        """EU number of each answer's size; 0 where there is none."""
        label = lambda r: r["sizes"]["EU"] or "0"
        return np.array([int(label(r).rstrip("SRLX")) for r in self.recommendations])

    def fitting(self, chart):
        """For those with a size: claimed confidence, and whether it fits, in all zones and in each."""
        needs = chart.needs(self.people)
        claimed, happened = [], []
        for i, r in enumerate(self.recommendations):
            if r["size"] is None:
                continue
            label = r["sizes"]["EU"]
            number = label.rstrip("SRLX")
            mine = {zone: need[i] for zone, need in needs.items()}
            zones = chart.fits(mine, int(number), label[len(number):], r["cut"])
            claimed.append(r["confidence"])
            happened.append([bool(zones[zone]) for zone in tailor.ZONES])
        return np.array(claimed), np.array(happened)


def summarise(answers, chart):
    """Every score of one scenario."""
    mean, sd, chest = answers.measure("chest")
    waist_mean, waist_sd, waist = answers.measure("waist")
    covers, waist_covers = scores.coverage(mean, sd, chest), scores.coverage(waist_mean, waist_sd, waist)
    size = scores.size_scores(answers.probabilities, scores.NUMBERS, chest)
    claimed, happened = answers.fitting(chart)
    fits = happened.all(1)
    recommended = answers.recommended_numbers()
    return {
        "answered": len(answers.recommendations),
        "refused as contradictory or out of range": answers.refused,
        "without a size in the chart": len(answers.recommendations) - len(claimed),
        "chest MAE / CRPS / NLL": (np.abs(np.exp(mean) - chest).mean(), scores.log_normal_crps(mean, sd, chest), scores.log_normal_nll(mean, sd, chest)),
        "chest covered by 50 / 80 / 90 / 95 %": tuple(covers.values()),
        "waist MAE / CRPS / NLL": (np.abs(np.exp(waist_mean) - waist).mean(), scores.log_normal_crps(waist_mean, waist_sd, waist), scores.log_normal_nll(waist_mean, waist_sd, waist)),
        "waist covered by 50 / 80 / 90 / 95 %": tuple(waist_covers.values()),
        "size exact / within one": (size["exact"], size["withinOne"]),
        "size exact as claimed": size["claimedExact"],
        "size log-loss": size["logLoss"],
        "size ECE pooled / top label": (size["pooledEce"], size["topLabelEce"]),
        "joint NLL, ten measures": scores.joint_nll(answers.log_mean, answers.log_covariance, answers.people.measures),
        "recommended number exact / within one": ((recommended == scores.true_number(chest)).mean(), (np.abs(recommended - scores.true_number(chest)) <= 2).mean()),
        "fits / claimed (confidence)": (fits.mean(), claimed.mean()),
        "confidence ECE, 10 bins": scores.expected_calibration_error(claimed, fits),
        "fits in " + " / ".join(tailor.ZONES): tuple(happened.mean(0)),
    }


def print_table(title, columns):
    """Scores by scenario as a Markdown table."""
    print(f"\n### {title}\n")
    print("| | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for row in next(iter(columns.values())):
        print(f"| {row} | " + " | ".join(show(scores_[row]) for scores_ in columns.values()) + " |")


def show(value):
    """A count as it is, a figure to four digits."""
    if isinstance(value, tuple):
        return " / ".join(show(v) for v in value)
    return str(value) if isinstance(value, int) else f"{value:.4f}".rstrip("0") if value < 1 else f"{value:.3f}"


def print_reliability(title, claimed, happened):
    """Claimed against delivered, by tenths of the claim."""
    print(f"\n### Reliability of `confidence`: {title}\n")
    print("| claimed | answers | mean claim | delivered |")
    print("|---|---|---|---|")
    index = np.minimum((claimed * 10).astype(int), 9)
    for b in np.unique(index):
        rows = index == b
        print(f"| {b / 10:.1f}-{(b + 1) / 10:.1f} | {rows.sum()} | {claimed[rows].mean():.3f} | {happened[rows].mean():.3f} |")


# What the project promises, cross-validated: scenario, score, its place in the row, at least, at most.
PROMISES = {
    "male": (
        ("measured, age known", "size exact / within one", 0, 0.46, 1),
        ("measured, age known", "size exact / within one", 1, 0.925, 1),
        ("measured, age known", "chest covered by 50 / 80 / 90 / 95 %", 1, 0.78, 0.82),
        ("measured, age known", "size ECE pooled / top label", 0, 0, 0.02),
        ("stated, age known", "confidence ECE, 10 bins", None, 0, 0.04),
        ("stated, age unknown", "confidence ECE, 10 bins", None, 0, 0.04),
        ("measured, age known, chest taped to 1 cm", "size exact / within one", 0, 0.79, 1),
        ("stated, no weight, age unknown, a jacket known", "chest covered by 50 / 80 / 90 / 95 %", 1, 0.77, 0.83),
        ("stated, no weight, age unknown, a jacket known", "confidence ECE, 10 bins", None, 0, 0.05),
    ),
    "female": (
        ("measured, age known", "size exact / within one", 0, 0.365, 1),
        ("measured, age known", "size exact / within one", 1, 0.835, 1),
        ("measured, age known", "chest covered by 50 / 80 / 90 / 95 %", 1, 0.78, 0.82),
        ("measured, age known", "size ECE pooled / top label", 0, 0, 0.02),
        ("stated, age known", "confidence ECE, 10 bins", None, 0, 0.04),
        ("stated, age unknown", "confidence ECE, 10 bins", None, 0, 0.04),
        ("measured, age known, chest taped to 1 cm", "size exact / within one", 0, 0.79, 1),
        ("stated, no weight, age unknown, a jacket known", "chest covered by 50 / 80 / 90 / 95 %", 1, 0.77, 0.83),
        ("stated, no weight, age unknown, a jacket known", "confidence ECE, 10 bins", None, 0, 0.05),
    ),
}


def print_promises(everything):
    """Each promise beside what was measured; the number of those broken."""
    print("\n## Promises\n\n| | measured | promised | |\n|---|---|---|---|")
    broken = 0
    for sex, promises in PROMISES.items():
        for scenario, score, place, least, most in promises:
            row = everything[sex][scenario][score]
            value = row if place is None else row[place]
            name = score if place is None else f"{score} [{place + 1}]"
            kept = least <= value <= most
            broken += not kept
            print(f"| {sex}, {scenario}: {name} | {value:.4f} | {least} to {most} | {'kept' if kept else 'BROKEN'} |")
    print(f"\n{sum(map(len, PROMISES.values())) - broken} passed, {broken} failed")
    return broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/suitsize")
    parser.add_argument("--models", type=Path, help="instead of the models inside the binary")
    parser.add_argument("--chart", type=Path, default=ROOT / "data/charts/default.json")
    parser.add_argument("--cross-validate", action="store_true")
    parser.add_argument("--sex", choices=list(survey.SEXES))
    parser.add_argument("--only", help="scenarios whose name contains this")
    parser.add_argument("--require", action="store_true", help="fail when a promise is broken")
    parser.add_argument("--json", type=Path, help="also write the scores there")
    arguments = parser.parse_args()
    if arguments.require and (arguments.sex or arguments.only):
        parser.error("--require needs every sex and scenario")
    scenarios = [s for s in SCENARIOS if not arguments.only or arguments.only in s.name]
    everything = {}
    with tempfile.TemporaryDirectory() as scratch:
        models = arguments.models
        if arguments.cross_validate:
            models = Path(scratch)
            train_folds(arguments.csv, models)
        for sex in survey.SEXES if arguments.sex is None else [arguments.sex]:
            people = survey.read(arguments.csv, sex)
            chart = tailor.Chart(arguments.chart, sex)
            rates = chart.base_rates(people)
            print(f"\n## {sex}: {len(people.subject)} people\n")
            print("Base rates of the tolerance box, bodies known: " + ", ".join(f"{k} {v:.3f}" for k, v in rates.items()))
            columns, reliability = {}, []
            for scenario in scenarios:
                answers = Answers(people, answers_for(arguments.binary, people, sex, scenario, models, arguments.cross_validate))
                columns[scenario.name] = summarise(answers, chart)
                claimed, happened = answers.fitting(chart)
                reliability.append((f"{sex}, {scenario.name}", claimed, happened.all(1)))
            print_table(sex, columns)
            for each in reliability:
                print_reliability(*each)
            everything[sex] = columns
    if arguments.json:
        arguments.json.write_text(json.dumps(everything, indent=2, default=float) + "\n")
    if arguments.require and print_promises(everything) > 0:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
