"""What a weight that nobody told should be taken to be: three answers, tried on three populations.

    python models/weightless.py path/to/ansur2_train.csv

Somebody tells a height and a jacket that fits (the chest give or take 4 cm), and no weight. Soldiers are the
survey's subjects, each by the model of those in the other folds. Shoppers and civilians are the same subjects moved
(civilians.py), with chests drawn from the model and its allowance for civilians: nobody measured theirs, so what
this tells is the cost of a wrong prior, and not of a wrong model.
"""

import argparse
from pathlib import Path

import numpy as np

import civilians
import powerlaw
import scores
import survey
import train

KNOWN_SIZE_SD_CM = 4.0
POPULATIONS = {"soldiers": 0.0, "shoppers": civilians.SHOPPERS, "civilians": 1.0}
# How far level and width are from the survey to the civilians.
PRIORS = {
    "the survey's": (0.0, 0.0),
    "shoppers'": (civilians.SHOPPERS, civilians.SHOPPERS),
    "shoppers', as wide as civilians (shipped)": (civilians.SHOPPERS, train.UNKNOWN_WEIGHT_WIDTH),
}


def chest(people, sex, inputs, variances):
    """Log mean and variance of each chest, by the model of those in the other folds."""
    fold, mean, variance = people.folds(), np.empty(len(inputs)), np.empty(len(inputs))
    for k in np.unique(fold):
        held = fold == k
        model = powerlaw.fit(people.rows(~held), sex)
        log_mean, covariance = powerlaw.predict(model, inputs[held], variances[held])
        mean[held], variance[held] = log_mean[:, 0], covariance[:, 0, 0]
    return mean, variance


def told(mean, variance, label_cm):
    """The same, with a label taken in."""
    noise = (KNOWN_SIZE_SD_CM / np.exp(mean)) ** 2
    gain = variance / (variance + noise)
    return mean + gain * (np.log(label_cm) - mean), variance * (1 - gain)


def row(mean, variance, truth):
    """Delivered and claimed exact, covered by the 80 % interval, and the log-loss of the size."""
    sd = np.sqrt(variance)
    size = scores.size_scores(scores.number_probabilities(mean, sd), scores.NUMBERS, truth)
    covers = scores.coverage(mean, sd, truth)[80]
    return f"{size['exact']:.3f} | {size['claimedExact']:.3f} | {covers:.3f} | {size['logLoss']:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    arguments = parser.parse_args()
    print("| | weight | exact | claimed | 80 % covers | log-loss |\n|---|---|---|---|---|---|")
    for sex in survey.SEXES:
        people = survey.read(arguments.csv, sex)
        centre_cm = powerlaw.CENTRES[sex][0]
        for population, way in POPULATIONS.items():
            random = np.random.default_rng(2012)
            logs = civilians.moved(people, sex, way)
            known = np.column_stack([np.exp(logs), people.inputs[:, 2]])
            allowance = train.POPULATION_LOG_SD["chest"] ** 2 if way else 0.0
            mean, variance = chest(people, sex, known, np.zeros_like(known))
            truth = people.measures[:, 0]
            if way:
                truth = np.exp(mean + np.sqrt(variance + allowance) * random.standard_normal(len(mean)))
            label_cm = truth + KNOWN_SIZE_SD_CM * random.standard_normal(len(mean))
            who = f"| {sex}, {population} |"
            print(who, "told |", row(*told(mean, variance + allowance, label_cm), truth), "|")
            for name, ways in PRIORS.items():
                prior = train.unknown_weight(people, sex, *ways)
                unknown, variances = known.copy(), np.zeros_like(known)
                unknown[:, 1] = prior["kg"] * (known[:, 0] / centre_cm) ** prior["exponent"]
                variances[:, 1] = prior["logVariance"]
                mean, variance = chest(people, sex, unknown, variances)
                print(who, f"{name} |", row(*told(mean, variance + allowance, label_cm), truth), "|")


if __name__ == "__main__":
    main()
