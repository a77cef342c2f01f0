"""Trains both sexes and writes models/suit-{male,female}.onnx and models/manifest.json.

    python -m pip install -r models/requirements.txt && python models/train.py path/to/ansur2_train.csv

`--out DIR` writes elsewhere. Two runs give the same bytes. The model and why it is this one:
powerlaw.py and MODEL_CARD.md.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import civilians
import powerlaw
import scores
import survey

VERSION = "2026.1"
OPSET = 17
OUTPUTS = ("log_mean", "log_covariance")
# Shoppers are not soldiers: MODEL.md's allowance for civilians, as log standard deviations, added by the engine.
POPULATION_LOG_SD = {"chest": 0.020, "waist": 0.025, "hip": 0.015}
# An age nobody told: ln a ~ N(ln 42, variance 0.12), about 30 to 60 for two in three shoppers.
UNKNOWN_AGE = {"years": 42.0, "logVariance": 0.12}
GROSS_TYPO_ROBUST_SDS = 4.0
# How wide the weight of a shopper who does not tell it is taken to be: as wide as civilians', all of the way.
# Too wide costs little, too narrow is sure of what it does not know (weightless.py; MODEL_CARD.md has the figures).
UNKNOWN_WEIGHT_WIDTH = 1.0


def statement_error(people):
    """Bias and log-variance of stated height and weight, gross typos left out (robust z above 4)."""
    error = {}
    for column, name in enumerate(("height", "weight")):
        ratio = np.log(people.stated[:, column] / people.inputs[:, column])
        centre = np.median(ratio)
        robust_sd = 1.4826 * np.median(np.abs(ratio - centre))
        kept = ratio[np.abs(ratio - centre) < GROSS_TYPO_ROBUST_SDS * robust_sd]
        error[name] = {"logBias": round(float(kept.mean()), 5), "logVariance": round(float(kept.var()), 7)}
    return error


def unknown_weight(people, sex, level_way=civilians.SHOPPERS, width_way=UNKNOWN_WEIGHT_WIDTH):
    """A weight that nobody told, given the height: a power of it with the log variance of what is left.

    ln w ~ N(ln kg + exponent (ln h - ln h0), logVariance), h0 the centre. The power is the survey's; level
    and variance are moved these ways from the survey's to the civilians'.
    """
    log_centre = np.log(powerlaw.CENTRES[sex][0])

    def line(logs):
        return np.polyfit(logs[:, 0] - log_centre, logs[:, 1], 1)

    exponent, _ = line(civilians.moved(people, sex, 0.0))
    middle = civilians.moved(people, sex, level_way)
    level = (middle[:, 1] - exponent * (middle[:, 0] - log_centre)).mean()
    wide = civilians.moved(people, sex, width_way)
    left = wide[:, 1] - np.polyval(line(wide), wide[:, 0] - log_centre)
    return {
        "kg": round(float(np.exp(level)), 2),
        "exponent": round(float(exponent), 4),
        "logVariance": round(float(left.var()), 5),
    }


def graph(model):
    """The model as an ONNX graph of Gemm, MatMul, Add, Mul, Max, Min, Exp, Log and one Reshape.

    Few nodes, because a node costs the runtime about half a microsecond and its arithmetic nothing:
    centres, slopes and offsets are folded into the constants of the products.
    """
    count = len(survey.MEASURES)
    constants, nodes = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def node(op, inputs, output):
        nodes.append(helper.make_node(op, inputs, [output], name=output))
        return output

    log_low, log_high = np.log(powerlaw.CLIP).T
    log_centre = np.log(model.centre)
    log_body = node("Log", ["body"], "log_body")
    below = node("Min", [log_body, constant("log_high", log_high)], "below")
    log_clipped = node("Max", [below, constant("log_low", log_low)], "log_clipped")

    intercept = model.b0 - model.J @ log_centre
    node("Gemm", [log_clipped, constant("exponents", model.J.T), constant("intercept", intercept)], "log_mean")

    slopes = np.column_stack([model.g[:, 1:], np.zeros(count)])
    spread_intercept = model.g[:, 0] - slopes @ log_centre
    raw = node("Gemm", [log_clipped, constant("spread_slopes", slopes.T), constant("spread_intercept", spread_intercept)], "raw_log_spread")
    log_spread = node("Max", [raw, constant("spread_floor", model.floor)], "log_spread")
    # exp(ln D_i + ln D_j) for every pair (i, j) at once: a product with a matrix of ones and twos.
    pairs = np.repeat(np.eye(count), count, axis=1) + np.tile(np.eye(count), count)
    products = node("Exp", [node("MatMul", [log_spread, constant("pairs", pairs)], "log_products")], "products")
    known = node("Mul", [products, constant("correlation", model.R.reshape(1, -1))], "residual_covariance")

    # 1 + slope * max(0, d2 - free) = max(1, slope * d2 + 1 - slope * free), of the unclipped inputs.
    whitening = np.linalg.cholesky(model.z_precision)
    middle = -(log_centre + model.z_mean) @ whitening
    whitened = node("Gemm", [log_body, constant("whitening", whitening), constant("middle", middle)], "whitened")
    squares = node("Mul", [whitened, whitened], "squares")
    slope = np.full((3, 1), powerlaw.INFLATION_SLOPE)
    offset = [1 - powerlaw.INFLATION_SLOPE * powerlaw.INFLATION_FREE]
    grown = node("Gemm", [squares, constant("slope", slope), constant("offset", offset)], "grown")
    inflation = node("Max", [grown, constant("one", [1.0])], "inflation")

    jj = np.einsum("ik,jk->kij", model.J, model.J).reshape(3, -1)
    of_inputs = node("MatMul", ["log_variance", constant("input_products", jj)], "input_covariance")
    flat = node("Add", [node("Mul", [known, inflation], "inflated"), of_inputs], "flat_covariance")
    constants.append(numpy_helper.from_array(np.array([-1, count, count], np.int64), "square"))
    node("Reshape", [flat, "square"], "log_covariance")

    tensor = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])
    built = helper.make_model(
        helper.make_graph(
            nodes, "suitsize",
            [tensor("body", 3), tensor("log_variance", 3)],
            [tensor("log_mean", count), tensor("log_covariance", count, count)],
            constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9, producer_name="suitsize",
    )
    onnx.checker.check_model(built, full_check=True)
    return built.SerializeToString(deterministic=True)


def describe(sex, people, model, onnx_bytes):
    """What the engine has to know about one model file."""
    return {
        "file": f"suit-{sex}.onnx",
        "sha256": hashlib.sha256(onnx_bytes).hexdigest(),
        "trainingRows": len(people.subject),
        "trainedOn": {
            name: [round(float(people.inputs[:, k].min()), 1), round(float(people.inputs[:, k].max()), 1)]
            for k, name in enumerate(("heightCm", "weightKg", "ageYears"))
        },
        "centres": dict(zip(("heightCm", "weightKg", "ageYears"), map(float, model.centre))),
        "exponents": {
            name: [round(float(e), 6) for e in row]
            for name, row in zip(survey.MEASURES, model.J)
        },
        "stated": statement_error(people),
        "unknownWeight": unknown_weight(people, sex),
    }


def write(people_by_sex, out, cross_validated=True):
    """Trains and writes the two models and the manifest into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    manifest = {
        "version": VERSION,
        "kind": "power-law log-normal, one per sex",
        "inputs": {
            "body": ["height_cm", "weight_kg", "age_years"],
            "log_variance": ["height", "weight", "age"],
        },
        "outputs": {"names": list(OUTPUTS), "measures": list(survey.MEASURES), "unit": "ln cm"},
        "clip": dict(zip(("heightCm", "weightKg", "ageYears"), map(list, powerlaw.CLIP))),
        "inflation": {"slope": powerlaw.INFLATION_SLOPE, "free": powerlaw.INFLATION_FREE},
        "unknownAge": UNKNOWN_AGE,
        "populationLogSd": POPULATION_LOG_SD,
        "sexes": {},
    }
    for sex, people in people_by_sex.items():
        model = powerlaw.fit(people, sex)
        onnx_bytes = graph(model)
        (out / f"suit-{sex}.onnx").write_bytes(onnx_bytes)
        manifest["sexes"][sex] = describe(sex, people, model, onnx_bytes)
        if cross_validated:
            manifest["sexes"][sex]["crossValidated"] = scores.cross_validate(people, sex)
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    write({sex: survey.read(arguments.csv, sex) for sex in survey.SEXES}, arguments.out)
