"""The questions that shoppers are most likely to ask: the list by which a cache is warmed at start.

    python models/popular.py path/to/ansur2_train.csv --out data/popular.csv
    python models/popular.py path/to/ansur2_train.csv --check

The file has one line per (sex asked, height on a 0.5 cm grid, weight on a 0.5 kg grid) with its
share of all shoppers in parts per million, most likely first. A question to the cache is such a line
and a fit preference; whoever reads the file multiplies the share by the preference's (PREFERENCES).

How a share is found:

1. Bodies. A survey has too few people for each cell, so every subject stands for a small cloud:
   a normal kernel on log height and log weight. KERNEL is the width that makes people who were left
   out most likely (`--check` prints the scores). Soldiers are first moved half of the way to
   civilians (civilians.py), who are wider in every direction.
2. What they say. A shopper does not know the body but a number: biased and spread as the survey's
   subjects were (`train.statement_error`), whole cm and kg or whole inches and pounds, and often a
   round number. How often pounds are round is measured on what the subjects said, per sex.
3. Whom they are taken for. Some women do not say that they are, and are answered as men.

The kernel is a product, so the mass of every cell is exact: one matrix of subjects by heights, one of
subjects by weights, and their product. No sampling, so two runs give the same bytes.

`--check` makes the list from four fifths of the subjects and asks it for shoppers drawn from the rest,
in the mixture assumed here and in others that it was not made for.
"""

import argparse
import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import civilians
import survey
from scores import normal_cdf
from train import statement_error

# What the engine answers (src/sizing/body.rs): a question outside is refused and never cached.
HEIGHT_CM, WEIGHT_KG, BMI = (120.0, 230.0), (30.0, 300.0), (12.0, 80.0)
GRID = 0.5

# Standard deviation of a subject's kernel, in standard deviations of all subjects of that sex.
KERNEL = 0.30

# Assumed, not measured: a shop with its own counts should put them here.
# Shoppers who answer in cm and kg; the others in inches and pounds.
METRIC = 0.60
# Women among those who buy a suit from these charts.
WOMEN = 0.30
# Women who leave the field alone, and are answered as men.
WOMEN_UNTOLD = 1 / 3
# Metric shoppers who give the half centimetre, the half kilogram.
HALF_CM, HALF_KG = 0.02, 0.05
# Metric shoppers who round to 5 cm or 5 kg. Fewer than round pounds (60 % of the surveyed men, to 5 or 10 lb),
# because 5 kg is the coarser step; few, because rounding only makes questions repeat and the list look better.
ROUND_5_CM, ROUND_5_KG = 0.05, 0.20
# How the jacket should sit. Regular is what an untouched field means.
PREFERENCES = {"slim": 0.25, "regular": 0.60, "relaxed": 0.15}

# Lines that ship, each asked with every preference. A cold cache needs 10 300 to pass WANTED in `--check` with the
# shoppers assumed here, 15 100 with civilians as wide as NHANES and 17 900 if those do not round and prefer evenly;
# what is above is margin. A line costs 17 bytes of the program and 1.3 kB of memory when its answers are kept.
LINES = 20_000

P5_TO_P95_SDS = 2 * 1.644854


@dataclass(frozen=True)
class Say:
    """A unit system, with the share of shoppers who use it and their (share, step): heights in cm, weights in kg."""

    share: float
    height_steps: tuple
    weight_steps: tuple


@dataclass(frozen=True)
class Shoppers:
    """A population of shoppers. The defaults are the ones the list is made for."""

    civilian: float = civilians.SHOPPERS
    metric: float = METRIC
    women_untold: float = WOMEN_UNTOLD
    half_cm: float = HALF_CM
    half_kg: float = HALF_KG
    round_5_cm: float = ROUND_5_CM
    round_5_kg: float = ROUND_5_KG
    round_pounds: bool = True
    preferences: tuple = tuple(PREFERENCES.values())

    def says(self, pounds):
        """The two ways to say a body; `pounds`: (share, step in lb) of those who think in pounds."""
        metric = Say(
            self.metric,
            ((1 - self.half_cm - self.round_5_cm, 1.0), (self.half_cm, 0.5), (self.round_5_cm, 5.0)),
            ((1 - self.half_kg - self.round_5_kg, 1.0), (self.half_kg, 0.5), (self.round_5_kg, 5.0)),
        )
        pounds = pounds if self.round_pounds else ((1.0, 1),)
        imperial = Say(
            1 - self.metric,
            ((1.0, survey.CM_PER_INCH),),
            tuple((share, step * survey.KG_PER_POUND) for share, step in pounds),
        )
        return metric, imperial

    def asked_as(self):
        """Share of all shoppers by (sex, sex they are answered as)."""
        return {
            ("male", "male"): 1 - WOMEN,
            ("female", "male"): WOMEN * self.women_untold,
            ("female", "female"): WOMEN * (1 - self.women_untold),
        }


def pound_steps(people):
    """Shares of people who say their weight to 1, 5 and 10 lb, from the last digits of what they said.

    Those who say a whole pound hit a multiple of five by chance one time in five, of ten one in ten.
    """
    pounds = np.rint(people.stated[:, 1] / survey.KG_PER_POUND).astype(int)
    tens, fives = np.mean(pounds % 10 == 0), np.mean(pounds % 10 == 5)
    one = (1 - tens - fives) / 0.8
    five = 2 * (fives - one / 10)
    return (one, 1), (five, 5), (1 - one - five, 10)


@dataclass(frozen=True)
class Bodies:
    """What shoppers of one sex would say if they did not round: subjects (n x 2 logs) with a kernel around each."""

    logs: np.ndarray
    kernel_sd: np.ndarray
    pounds: tuple


def bodies(people, sex, civilian):
    """Survey subjects, moved towards civilians, as they would state themselves."""
    logs = civilians.moved(people, sex, civilian)
    error = statement_error(people)
    bias = np.array([error[axis]["logBias"] for axis in ("height", "weight")])
    variance = np.array([error[axis]["logVariance"] for axis in ("height", "weight")])
    return Bodies(logs + bias, np.sqrt((KERNEL * logs.std(0)) ** 2 + variance), pound_steps(people))


def canonical(value):
    """The nearest half, halves upwards, as the engine rounds what it is asked."""
    return np.floor(value / GRID + 0.5).astype(int)


def said(logs, kernel_sd, steps, limits):
    """P(subject says the value) for each value on the engine's grid: n x values."""
    low, high = limits
    mass = np.zeros((len(logs), canonical(high) - canonical(low) + 1))
    for share, step in steps:
        if not share:
            continue
        number = np.arange(np.ceil(low / step), np.floor(high / step) + 1)
        edges = np.log((np.append(number, number[-1] + 1) - 0.5) * step)
        cells = np.diff(normal_cdf((edges - logs[:, None]) / kernel_sd), axis=1)
        np.add.at(mass.T, canonical(number * step) - canonical(low), share * cells.T)
    return mass


def cell_shares(of_sex, shoppers):
    """Share of one sex's shoppers in every cell: heights x weights."""
    total = 0
    for say in shoppers.says(of_sex.pounds):
        if say.share:
            heights = said(of_sex.logs[:, 0], of_sex.kernel_sd[0], say.height_steps, HEIGHT_CM)
            weights = said(of_sex.logs[:, 1], of_sex.kernel_sd[1], say.weight_steps, WEIGHT_KG)
            total = total + say.share * heights.T @ weights / len(of_sex.logs)
    return total


def popular(people, shoppers=Shoppers()):
    """Every answerable (sex, height cm, weight kg) with its share in ppm, most likely first."""
    cells = {sex: cell_shares(bodies(of, sex, shoppers.civilian), shoppers) for sex, of in people.items()}
    asked = {sex: 0 for sex in survey.SEXES}
    for (sex, as_sex), share in shoppers.asked_as().items():
        asked[as_sex] = asked[as_sex] + share * cells[sex]
    height = np.arange(HEIGHT_CM[0], HEIGHT_CM[1] + GRID, GRID)
    weight = np.arange(WEIGHT_KG[0], WEIGHT_KG[1] + GRID, GRID)
    index = weight / (height[:, None] / 100) ** 2
    answered = (BMI[0] <= index) & (index <= BMI[1])
    lines = []
    for sex, share in asked.items():
        # Far above the noise of floating point, so that equal shares are equal wherever this runs.
        ppm = np.round(share * 1e6, 3)
        rows, columns = np.nonzero(answered & (ppm > 0))
        lines += zip([sex] * len(rows), height[rows].tolist(), weight[columns].tolist(), ppm[rows, columns].tolist())
    return sorted(lines, key=by_share)


def by_share(line):
    """Most likely first; equal ones by sex, height, weight."""
    sex, height, weight, ppm = line
    return -ppm, sex, height, weight


def shipped(lines, count=LINES):
    """The first `count` lines as the file has them: whole ppm, and ordered by those."""
    return sorted(((*cell, round(ppm)) for *cell, ppm in lines[:count]), key=by_share)


def write(lines, out):
    """The list as CSV."""
    with open(out, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["sex", "height_cm", "weight_kg", "share_ppm"])
        rows.writerows((sex, f"{height:g}", f"{weight:g}", ppm) for sex, height, weight, ppm in lines)


# From here on: is the list any good?

FOLDS = 5
QUESTIONS = (0, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)
# A cold start under load: nothing but the list is cached, and what was asked once stays for the whole run.
REQUESTS_PER_SECOND, FROM_SECOND, TO_SECOND = 200, 60, 180
# Shoppers who also give an age or a tape measure: no list has those.
UNCACHED = 0.03
# The lowest hit rate that is accepted, of all requests.
WANTED = 0.95
SEX_CODE = {sex: code for code, sex in enumerate(survey.SEXES)}

AS_ASSUMED = Shoppers()
UNROUNDED = {"round_5_cm": 0.0, "round_5_kg": 0.0}
THIRDS = (1 / 3, 1 / 3, 1 / 3)
POPULATIONS = {
    "as assumed": AS_ASSUMED,
    "metric only, sex never told": replace(AS_ASSUMED, metric=1.0, women_untold=1.0),
    "imperial only": replace(AS_ASSUMED, metric=0.0),
    "metric only, to 0.5 cm and whole kg": replace(AS_ASSUMED, metric=1.0, half_cm=1.0, half_kg=0.0, **UNROUNDED),
    "metric only, to 0.5 cm and 0.5 kg": replace(AS_ASSUMED, metric=1.0, half_cm=1.0, half_kg=1.0, **UNROUNDED),
    "nobody rounds to fives or tens": replace(AS_ASSUMED, **UNROUNDED, round_pounds=False),
    "preferences in thirds": replace(AS_ASSUMED, preferences=THIRDS),
    "soldiers": replace(AS_ASSUMED, civilian=0.0),
    "civilians as in NHANES": replace(AS_ASSUMED, civilian=1.0),
    "civilians, no rounding, thirds": replace(AS_ASSUMED, civilian=1.0, **UNROUNDED, round_pounds=False, preferences=THIRDS),
}


def ranked_questions(lines):
    """Question codes, the most likely first: cells times preferences."""
    share = np.array([line[3] for line in lines])[:, None] * np.array(list(PREFERENCES.values()))
    sex = np.array([SEX_CODE[line[0]] for line in lines])
    height, weight = np.array([line[1:3] for line in lines]).T
    code = question_code(sex, height, weight, 0)[:, None] + np.arange(len(PREFERENCES))
    return code.ravel()[np.argsort(-share.ravel(), kind="stable")]


def question_code(sex, height_cm, weight_kg, preference):
    """One integer for a question to the cache."""
    cell = (sex * 1000 + canonical(height_cm)) * 1000 + canonical(weight_kg)
    return cell * len(PREFERENCES) + preference


def stream(people, shoppers, count, random):
    """Codes of the questions that `count` shoppers ask, one after the other."""
    asked_as = shoppers.asked_as()
    pair = random.choice(len(asked_as), count, p=list(asked_as.values()))
    is_sex, answered_as = np.array([[SEX_CODE[sex] for sex in names] for names in asked_as])[pair].T
    height, weight = np.zeros(count), np.zeros(count)
    for sex, of in people.items():
        who = np.flatnonzero(is_sex == SEX_CODE[sex])
        of_sex = bodies(of, sex, shoppers.civilian)
        # A few hundred held-out people asked again and again would be hits that real shoppers are not:
        # each is drawn with the kernel's spread.
        drawn = of_sex.logs[random.integers(len(of_sex.logs), size=len(who))]
        drawn = np.exp(drawn + of_sex.kernel_sd * random.standard_normal(drawn.shape))
        says = shoppers.says(of_sex.pounds)
        system = random.choice(len(says), len(who), p=[say.share for say in says])
        for k, say in enumerate(says):
            mine = system == k
            for axis, (values, steps) in enumerate(((height, say.height_steps), (weight, say.weight_steps))):
                step = random.choice([size for _, size in steps], mine.sum(), p=[share for share, _ in steps])
                values[who[mine]] = np.floor(drawn[mine, axis] / step + 0.5) * step
    preference = random.choice(len(PREFERENCES), count, p=shoppers.preferences)
    return question_code(answered_as, height, weight, preference)


def rank_of(asked, ranked):
    """Place of each question on the list; its length for one that is not there."""
    place = np.full(max(asked.max(), ranked.max()) + 1, len(ranked))
    place[ranked] = np.arange(len(ranked))
    return place[asked]


def after_cold_start(asked, cacheable):
    """(in the measured seconds, hits without any list) of each request."""
    late = np.arange(len(asked)) >= REQUESTS_PER_SECOND * FROM_SECOND
    repeated = cacheable.copy()
    repeated[np.unique(np.where(cacheable, asked, -1), return_index=True)[1]] = False
    return late, repeated


def rates(ranked, asked, cacheable, counts):
    """(share of cacheable questions on the list, share of all requests that hit) for each length of the list."""
    rank = rank_of(asked, ranked)
    late, repeated = after_cold_start(asked, cacheable)
    found = []
    for count in counts:
        listed = cacheable & (rank < count)
        found.append((listed.sum() / cacheable.sum(), (listed | repeated)[late].mean()))
    return found


def needed(ranked, asked, cacheable):
    """The shortest list with the wanted hit rate; infinite if no list has it."""
    rank = rank_of(asked, ranked)
    late, repeated = after_cold_start(asked, cacheable)
    missing = int(np.ceil(WANTED * late.sum())) - repeated[late].sum()
    saved = np.sort(rank[late & cacheable & ~repeated])
    return saved[missing - 1] + 1 if missing <= len(saved) and saved[missing - 1] < len(ranked) else np.inf


def kernel_scores(people):
    """Mean log-likelihood of left-out subjects for some kernel widths, by sex."""
    for sex, of in people.items():
        fold, logs = of.folds(FOLDS), np.log(of.inputs[:, :2])
        for width in (0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40):
            scores = []
            for k in range(FOLDS):
                train, test = logs[fold != k], logs[fold == k]
                sd = width * train.std(0)
                z = (test[:, None] - train) / sd
                scores.append(np.log(np.exp(-0.5 * (z**2).sum(2)).mean(1) / (2 * np.pi * sd.prod())))
            yield sex, width, np.concatenate(scores).mean()


def check(people):
    """Prints how the list does on people it was not made from."""
    print("## Kernel width: mean log-likelihood of left-out subjects\n")
    for sex, width, score in kernel_scores(people):
        print(f"{sex} {width:.2f}: {score:.4f}")
    print("\n## Weight said to 1, 5 and 10 lb\n")
    for sex, of in people.items():
        print(f"{sex}: " + ", ".join(f"{share:.3f}" for share, _ in pound_steps(of)))
    folds = {sex: of.folds(FOLDS) for sex, of in people.items()}
    count = REQUESTS_PER_SECOND * TO_SECOND
    found, lengths, stated = {name: [] for name in POPULATIONS}, {name: [] for name in POPULATIONS}, []
    for k in range(FOLDS):
        lines = popular({sex: of.rows(folds[sex] != k) for sex, of in people.items()})
        every, file = ranked_questions(lines), ranked_questions(shipped(lines))
        left_out = {sex: of.rows(folds[sex] == k) for sex, of in people.items()}
        for name, shoppers in POPULATIONS.items():
            random = np.random.default_rng(k)
            asked = stream(left_out, shoppers, count, random)
            cacheable = random.random(count) >= UNCACHED
            found[name].append(rates(every, asked, cacheable, QUESTIONS) + rates(file, asked, cacheable, [len(file)]))
            lengths[name].append(needed(every, asked, cacheable))
        stated.append([share_of_stated(left_out, listed) for listed in (*(every[:size] for size in QUESTIONS), file)])
    print("\n## Cacheable questions on the list / requests that hit, %; questions on the list\n")
    sizes = " | ".join(f"{size:,}" for size in QUESTIONS)
    print(f"| shoppers | {sizes} | shipped: {len(file):,} | needed for {WANTED:.0%} |")
    print("|---" * (len(QUESTIONS) + 3) + "|")
    for name, runs in found.items():
        cells = " | ".join(f"{100 * on_list:.1f} / {100 * hit:.1f}" for on_list, hit in np.mean(runs, axis=0))
        print(f"| {name} | {cells} | {np.mean(lengths[name]):,.0f} |")
    cells = " | ".join(f"{100 * share:.1f}" for share in np.mean(stated, axis=0))
    print(f"| on the list of what left-out soldiers said in in and lb | {cells} | |")


def share_of_stated(people, listed):
    """Share of the inches and pounds that left-out subjects really said which is on the list."""
    share = 0
    for (sex, as_sex), of_all in AS_ASSUMED.asked_as().items():
        height, weight = people[sex].stated[:, :2].T
        for preference, of_cell in enumerate(AS_ASSUMED.preferences):
            code = question_code(SEX_CODE[as_sex], height, weight, preference)
            share += of_all * of_cell * np.isin(code, listed).mean()
    return share


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--out", type=Path, help="where the list goes")
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--check", action="store_true", help="print how a list from some subjects does on the others")
    arguments = parser.parse_args()
    surveyed = {sex: survey.read(arguments.csv, sex) for sex in survey.SEXES}
    if arguments.out:
        write(shipped(popular(surveyed), arguments.lines), arguments.out)
    if arguments.check:
        check(surveyed)
