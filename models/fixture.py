"""Writes tests/data/numpy.csv: what numpy says of 1,000 inputs, for the test of the ONNX graph.

    python -m pip install -r models/requirements.txt && python models/fixture.py path/to/ansur2_train.csv

The inputs are drawn over the whole accepted box, far outside the survey too; no row is a person.
"""

import argparse
from pathlib import Path

import numpy as np

import powerlaw
import survey

ROWS = 500


def rows(csv, sex, seed):
    """sex, inputs, log variances, log means, and one row of the log covariance."""
    model = powerlaw.fit(survey.read(csv, sex), sex)
    random = np.random.default_rng(seed)
    inputs = random.uniform((120, 30, 16), (230, 300, 100), (ROWS, 3)).round(1)
    log_variances = (random.uniform(0, 1, (ROWS, 3)) * (2e-4, 2e-3, 0.2)).round(7)
    mean, covariance = powerlaw.predict(model, inputs, log_variances)
    for i in range(ROWS):
        numbers = [*inputs[i], *log_variances[i], *mean[i], *covariance[i, i % mean.shape[1]]]
        yield ",".join([sex, *(f"{n:.9g}" for n in numbers)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "tests/data/numpy.csv")
    arguments = parser.parse_args()
    names = ["sex", "height_cm", "weight_kg", "age_years", "v_height", "v_weight", "v_age"]
    names += [f"mean_{m}" for m in survey.MEASURES] + [f"covariance_{j}" for j in range(10)]
    lines = [",".join(names)]
    for seed, sex in enumerate(survey.SEXES):
        lines += rows(arguments.csv, sex, seed)
    arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
