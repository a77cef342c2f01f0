"""Proper scores and calibration, shared by training (numpy) and evaluation (the binary's answers)."""

import math

import numpy as np

import powerlaw

INTERVALS = {50: 0.674490, 80: 1.281552, 90: 1.644854, 95: 1.959964}
FIRST_NUMBER, LAST_NUMBER = 28, 98
NUMBERS = np.arange(FIRST_NUMBER, LAST_NUMBER + 2, 2)

_erf = np.vectorize(math.erf)


def normal_cdf(x):
    """The standard normal distribution function."""
    return 0.5 * (1 + _erf(np.asarray(x, float) / math.sqrt(2)))


def true_number(chest_cm):
    """The EU number of a chest: s covers [2s - 2, 2s + 2) cm, a half rounds up."""
    return (2 * np.floor((np.asarray(chest_cm) + 2) / 4)).astype(int)


def number_probabilities(log_mean, log_sd):
    """P(EU number) of a log-normal chest: n x len(NUMBERS), each row sums to one."""
    edges = np.log(np.append(2 * NUMBERS - 2, 2 * LAST_NUMBER + 2))
    cdf = normal_cdf((edges - log_mean[:, None]) / log_sd[:, None])
    p = np.diff(cdf, axis=1)
    return p / p.sum(1, keepdims=True)


def log_normal_nll(log_mean, log_sd, y):
    """Mean negative log-likelihood of y in cm, nats."""
    z = (np.log(y) - log_mean) / log_sd
    return float((0.5 * z**2 + np.log(log_sd * y) + 0.5 * np.log(2 * np.pi)).mean())


def log_normal_crps(log_mean, log_sd, y):
    """Mean continuous ranked probability score in cm (Baran and Lerch 2015, equation for the log-normal)."""
    w = (np.log(y) - log_mean) / log_sd
    tail = normal_cdf(w - log_sd) + normal_cdf(log_sd / math.sqrt(2)) - 1
    return float((y * (2 * normal_cdf(w) - 1) - 2 * np.exp(log_mean + log_sd**2 / 2) * tail).mean())


def joint_nll(log_mean, log_covariance, y):
    """Mean negative log-likelihood of all measures together, in cm, nats."""
    away = np.log(y) - log_mean
    _, log_determinant = np.linalg.slogdet(log_covariance)
    solved = np.linalg.solve(log_covariance, away[:, :, None])[:, :, 0]
    per_row = 0.5 * ((away * solved).sum(1) + log_determinant + y.shape[1] * math.log(2 * math.pi))
    return float((per_row + np.log(y).sum(1)).mean())


def expected_calibration_error(claimed, happened, bins=10):
    """Mean over claims of |claimed - delivered| in equal-width bins."""
    claimed, happened = np.asarray(claimed, float).ravel(), np.asarray(happened, float).ravel()
    index = np.minimum((claimed * bins).astype(int), bins - 1)
    error = 0.0
    for b in np.unique(index):
        rows = index == b
        error += rows.mean() * abs(claimed[rows].mean() - happened[rows].mean())
    return float(error)


def coverage(log_mean, log_sd, y):
    """Share of y inside each central interval."""
    z = np.abs((np.log(y) - log_mean) / log_sd)
    return {level: float((z < half).mean()) for level, half in INTERVALS.items()}


def size_scores(probabilities, numbers, chest_cm):
    """Exact and within-one accuracy of the likeliest number, what it claimed, log-loss and calibration."""
    hit = numbers[None, :] == true_number(chest_cm)[:, None]
    top = probabilities.argmax(1)
    rows = np.arange(len(top))
    return {
        "exact": float(hit[rows, top].mean()),
        "claimedExact": float(probabilities[rows, top].mean()),
        "withinOne": float((np.abs(numbers[top] - true_number(chest_cm)) <= 2).mean()),
        "logLoss": float(-np.log(np.maximum((probabilities * hit).sum(1), 1e-12)).mean()),
        "pooledEce": expected_calibration_error(probabilities, hit),
        "topLabelEce": expected_calibration_error(probabilities[rows, top], hit[rows, top]),
    }


def cross_validate(people, sex, folds=5):
    """Scores of the model itself on people it was not trained on: measured inputs, age known."""
    fold = people.folds(folds)
    count = people.measures.shape[1]
    mean, covariance = np.empty((len(fold), count)), np.empty((len(fold), count, count))
    for k in range(folds):
        held = fold == k
        model = powerlaw.fit(people.rows(~held), sex)
        mean[held], covariance[held] = powerlaw.predict(model, people.inputs[held], np.zeros((held.sum(), 3)))
    chest, sd = people.measures[:, 0], np.sqrt(covariance[:, 0, 0])
    result = size_scores(number_probabilities(mean[:, 0], sd), NUMBERS, chest)
    result |= {
        "chestNll": log_normal_nll(mean[:, 0], sd, chest),
        "chestCrps": log_normal_crps(mean[:, 0], sd, chest),
        "chestCovers80": coverage(mean[:, 0], sd, chest)[80],
        "jointNll": joint_nll(mean, covariance, people.measures),
    }
    return {name: round(value, 4) for name, value in result.items()}
