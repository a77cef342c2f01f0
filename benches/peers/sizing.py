"""Height and weight in, a suit size out: what the peers compute, the same ONNX files and chart behind it.

The engine's way (`src/sizing`) in numpy, without what only shops ask for: no sentences, alterations, further
questions, known sizes, builds, other languages or units, and nothing is refused as contradictory. What does
not depend on the question is made once at start, whatever does is one array operation over all sizes,
lengths and cuts; one session each with a single thread, so that processes do not fight for cores.
Lengths in cm, weights in kg, ages in years, probabilities 0 to 1.
"""

import json
import math
from bisect import bisect_right
from math import erfc, exp, log
from pathlib import Path

import numpy as np
import onnxruntime

from chart import Block
from draws import DRAWS, draws

ROOT = Path(__file__).resolve().parents[2]
TAPES = {"chest": 0, "waist": 1, "hip": 2, "neck": 7, "sleeve": 5, "inseam": 8}
HOME_NOISE_CM = {"chest": 2.0, "waist": 3.0, "neck": 1.0}
OTHER_HOME_NOISE_CM, FITTER_NOISE_CM = 1.5, 1.0
CHEST, WAIST, BIDELTOID, BIACROMIAL, SLEEVE, HEIGHT = 0, 1, 3, 4, 5, 10
SQRT_HALF = math.sqrt(0.5)
Z90 = 1.6448536269514722
TAIL = 4.5
# Chances below which no size is offered, a length is not compared, a length is not named; gain for which a
# length gives way; how much better a larger size has to be.
FITS_NOBODY, HOPELESS, WORTH_NAMING, LENGTH_GAIN, FAR_BETTER = 0.05, 0.05, 0.05, 0.10, 2
HOPELESS_SCORE = -1.0
QUADRATURE = [(weight, node) for node, weight in np.stack(np.polynomial.legendre.leggauss(16), 1).tolist()]
LEVELS = ((0.90, "Very High"), (0.80, "High"), (0.65, "Medium"), (0.0, "Low"))


def cdf(z):
    return 0.5 * erfc(-z * SQRT_HALF)


class Sizer:
    """Both sexes' models, and the default chart; calls from several threads may run at once."""

    def __init__(self):
        self.manifest = json.loads((ROOT / "models/manifest.json").read_text())
        chart = (ROOT / "data/charts/default.json").read_bytes()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.sexes = {
            sex: Sex(self.manifest, sex, Block(chart, sex), options) for sex in self.manifest["sexes"]
        }

    def recommend(self, height, weight, sex="male", age=None, fit="regular", measured=False, tapes=None):
        """The recommendation as a dictionary; values inside their ranges, on the grid of half units."""
        return self.sexes[sex].recommend(height, weight, age, fit, measured, tapes or {})


class Sex:
    def __init__(self, manifest, sex, block, options):
        self.block, described = block, manifest["sexes"][sex]
        path = str(ROOT / "models" / described["file"])
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.version = manifest["version"]
        self.stated, self.unknown_age = described["stated"], manifest["unknownAge"]
        names = manifest["outputs"]["measures"]
        self.exponents = np.array([described["exponents"][name][0] for name in names])
        spread = manifest["populationLogSd"]
        self.population = np.diag([spread.get(name, 0.0) ** 2 for name in names])
        self.draws = draws()

    def recommend(self, height, weight, age, fit, measured, tapes):
        mean, covariance = self.body(height, weight, age, measured)
        medians_cm = np.exp(mean)
        for name, cm in tapes.items():
            noise_cm = FITTER_NOISE_CM if measured else HOME_NOISE_CM.get(name, OTHER_HOME_NOISE_CM)
            observe(mean, covariance, TAPES[name], log(cm), noise_cm / medians_cm[TAPES[name]])
        needs = Needs(self.block, mean, covariance)
        bands = self.block.bands[fit]
        stated = height * exp(self.stated["height"]["logBias"]) if measured else height
        by_height = max(i for i, cm in enumerate(self.block.from_height_cm) if cm <= stated)
        number = self.block.nearest(needs.number(bands))
        jackets = Jackets(needs, self.draws, self.block, fit, number, by_height)
        # A larger one that fits far better: a stomach it has room for, where a tape told of one.
        while tapes and (larger := jackets.far_better()) is not None:
            jackets = Jackets(needs, self.draws, self.block, fit, larger, by_height)
        return self.answer(needs, bands, jackets, mean, covariance, tapes)

    def body(self, height, weight, age, measured):
        """Mean and covariance of the ten log measures and the log height."""
        stated_height, stated_weight = self.stated["height"], self.stated["weight"]
        height_variance = weight_variance = age_variance = 0.0
        if not measured:
            height, height_variance = height * exp(-stated_height["logBias"]), stated_height["logVariance"]
            weight, weight_variance = weight * exp(-stated_weight["logBias"]), stated_weight["logVariance"]
        if age is None:
            age, age_variance = self.unknown_age["years"], self.unknown_age["logVariance"]
        inputs = {
            "body": np.array([[height, weight, age]], np.float32),
            "log_variance": np.array([[height_variance, weight_variance, age_variance]], np.float32),
        }
        log_mean, log_covariance = self.session.run(("log_mean", "log_covariance"), inputs)
        mean, covariance = np.empty(11), np.empty((11, 11))
        mean[:10], mean[HEIGHT] = log_mean[0], log(height)
        covariance[:10, :10] = log_covariance[0]
        covariance[:10, :10] += self.population
        covariance[HEIGHT, :10] = covariance[:10, HEIGHT] = height_variance * self.exponents
        covariance[HEIGHT, HEIGHT] = height_variance
        return mean, covariance

    def answer(self, needs, bands, jackets, mean, covariance, tapes):
        block, (size, length, cut) = self.block, jackets.chosen
        confidence = jackets.confidence(size, length, cut)
        offered = confidence >= FITS_NOBODY
        sizes = block.labels[size, length, cut] if offered else {}
        half = Z90 * np.sqrt(covariance.diagonal().clip(0))
        low, middle, high = np.exp(np.stack([mean - half, mean, mean + half])).round(1).tolist()
        return {
            "size": sizes.get("EU"),
            "confidence": round(confidence, 3) if offered else 0.0,
            "confidenceLevel": next(name for least, name in LEVELS if confidence >= least) if offered else "Low",
            "cut": block.cuts[cut],
            "probability": round(needs.number_probability(bands, size), 3) if offered else 0.0,
            "sizes": sizes,
            "alternatives": self.alternatives(needs, bands, jackets, offered),
            "trousers": block.trousers(exp(mean[WAIST]), middle[TAPES["inseam"]]),
            "measurements": {
                name: {"estimate": middle[i], "low": low[i], "high": high[i],
                       "source": "taped" if name in tapes else "estimated"}
                for name, i in TAPES.items()
            },
            "modelVersion": self.version,
            "chartVersion": block.version,
        }

    def alternatives(self, needs, bands, jackets, offered):
        """Neighbouring numbers, then lengths, each the likelier first; the nearest jacket where none is offered."""
        def another(probability, jacket, kind):
            return {"size": self.block.labels[jacket]["EU"], "kind": kind, "cut": self.block.cuts[jacket[2]],
                    "probability": round(probability, 3), "confidence": round(jackets.confidence(*jacket), 3)}

        size, length, _ = jackets.chosen
        if not offered:
            return [another(needs.number_probability(bands, size), jackets.chosen, "number")]
        numbers = [another(needs.number_probability(bands, n), jackets.best(n, length) or jackets.best(n), "number")
                   for n in (size + 1, size - 1) if n in jackets.sizes]
        lengths = [another(needs.length_probability(size, n), jacket, "length") for n in (length + 1, length - 1)
                   if 0 <= n < len(self.block.lengths) and (jacket := jackets.best(size, n))]
        lengths = [jacket for jacket in lengths if jacket["probability"] >= WORTH_NAMING]
        likelier_first = lambda found: sorted(found, key=lambda jacket: -jacket["probability"])
        return likelier_first(numbers) + likelier_first(lengths)


def observe(mean, covariance, measure, value, noise):
    """Takes in the log of one measure and the standard deviation of its error, in place."""
    gain = covariance[measure].copy()
    total = gain[measure] + noise**2
    mean += gain * ((value - mean[measure]) / total)
    covariance -= np.outer(gain, gain) / total


class Needs:
    """What a body needs of a jacket: normal over chest, waist, shoulder, sleeve, length (logs, or cm)."""

    def __init__(self, block, mean, covariance):
        self.block, cm = block, np.exp(mean)
        weights = block.weights * np.where(block.in_cm, cm, 1.0)
        self.covariance = weights @ covariance @ weights.T + 1e-9 * np.eye(5)
        self.mean = np.array([mean[CHEST], mean[WAIST], weights[2].sum() + block.shoulder_plus_cm,
                              mean[SLEEVE], weights[4].sum() + block.length_plus_cm])
        self.mu, self.sd = self.mean.tolist(), np.sqrt(self.covariance.diagonal()).tolist()

    def between(self, zone, low, high):
        mu, sd = self.mu[zone], self.sd[zone]
        return cdf((high - mu) / sd) - cdf((low - mu) / sd)

    def number_probability(self, bands, size):
        return self.between(0, *bands[size])

    def length_probability(self, size, length):
        edges = self.block.length_edges_cm(size)
        return self.between(4, edges[length], edges[length + 1])

    def number(self, bands):
        """The likeliest of all numbers whose shoulders can be worn, the chart's or beyond: up or down hill."""
        slope = float(self.covariance[0, 2]) / self.sd[0]
        rest = math.sqrt(max(float(self.covariance[2, 2]) - slope * slope, 1e-9))
        slope /= rest

        def probability(size):
            start, end = (min(max((edge - self.mu[0]) / self.sd[0], -TAIL), TAIL) for edge in bands[size])
            low, high = ((edge - self.mu[2]) / rest for edge in self.block.shoulder_window_cm[size])
            middle, half = (end + start) / 2, (end - start) / 2
            chests = [(weight, middle + half * node) for weight, node in QUADRATURE]
            return half * sum(
                weight * exp(-0.5 * z * z) * (cdf(high - slope * z) - cdf(low - slope * z)) for weight, z in chests)

        best = bisect_right(bands, (self.mu[0], math.inf)) - 1
        most = probability(best)
        for step in (-1, 1):
            while 0 <= best + step < len(bands) and (there := probability(best + step)) > most:
                best, most = best + step, there
        return best


def greatest(score):
    """Place of the greatest, the last of equals, in the flattened array."""
    return score.size - 1 - int(score.ravel()[::-1].argmax())


class Jackets:
    """A number and its neighbours in every length and cut, and how many draws of the body each fits."""

    def __init__(self, needs, draws, block, fit, size, by_height):
        values = np.linalg.cholesky(needs.covariance).astype(np.float32) @ draws
        values += needs.mean.astype(np.float32)[:, None]
        self.sizes = range(max(block.first, size - 1), min(block.last, size + 1) + 1)
        windows = block.windows(fit, self.sizes.start, self.sizes.stop)
        chest, waist, shoulder, sleeve, length = (
            (value >= low) & (value < high) for value, (low, high) in zip(values, windows))
        others = (chest & shoulder)[:, None] & sleeve & length
        fits = others.astype(np.float32) @ waist.astype(np.float32).swapaxes(1, 2)
        # Nearest to the body among those that fit as many: less than one draw.
        waist_cm, back_cm = exp(needs.mu[1]), needs.mu[4]
        score = fits - block.distance_cm(fit, self.sizes.start, self.sizes.stop, waist_cm, back_cm) / 1e4
        score[~self.promising(needs, block)] = HOPELESS_SCORE
        self.fits, self.score = fits, score
        own = score[size - self.sizes.start]
        height_cut = greatest(own[by_height])
        length, cut = divmod(greatest(own), own.shape[1])
        shares = fits[size - self.sizes.start] / DRAWS
        compared = own[by_height, height_cut] > HOPELESS_SCORE
        if compared and shares[by_height, height_cut] + LENGTH_GAIN >= shares[length, cut]:
            length, cut = by_height, height_cut
        self.chosen = size, length, cut

    def promising(self, needs, block):
        """Which lengths of each size are worth comparing: a share of the best one's chances."""
        chances = np.array([
            [needs.between(3, *block.sleeve_window[size][i]) * needs.between(4, *block.length_window_cm[size][i])
             for i in range(len(block.lengths))] for size in self.sizes])
        return chances >= HOPELESS * chances.max(1, keepdims=True)

    def confidence(self, size, length, cut):
        return float(self.fits[size - self.sizes.start, length, cut]) / DRAWS

    def best(self, size, length=None):
        """The best of a number, or of a number in a length; None where that was not worth comparing."""
        score = self.score[size - self.sizes.start]
        if length is None:
            return size, *divmod(greatest(score), score.shape[1])
        cut = greatest(score[length])
        return (size, length, cut) if score[length, cut] > HOPELESS_SCORE else None

    def far_better(self):
        """The number that fits more than twice as many, if it is larger."""
        size, length, cut = np.unravel_index(greatest(self.score), self.score.shape)
        larger = int(size) + self.sizes.start
        better = self.fits[size, length, cut] > FAR_BETTER * self.confidence(*self.chosen) * DRAWS
        return larger if larger > self.chosen[0] and better else None
