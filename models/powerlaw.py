"""The model in numpy: a power-law log-normal, one per sex.

    ln y = b0 + J . z + D(x) . e,   z = [ln(h/h0), ln(w/w0), ln(a/a0)],   e ~ N(0, R)

`fit` trains it, `predict` is the oracle that the ONNX graph is tested against. Why this and
nothing richer is in MODEL_CARD.md.
"""

from dataclasses import dataclass

import numpy as np

CENTRES = {"male": (175.0, 85.0, 30.0), "female": (163.0, 67.0, 29.0)}
CLIP = ((130.0, 220.0), (30.0, 220.0), (16.0, 80.0))
# Outside the data the covariance grows by 1 + SLOPE * max(0, d2 - FREE); d2 = 7.8 is the 95 % point
# of chi-squared with three degrees of freedom.
INFLATION_SLOPE, INFLATION_FREE = 0.06, 7.8
SPREAD_SHRINK, SPREAD_FLOOR_QUANTILE = 0.75, 0.10
SPREAD_ROUNDS = 12


@dataclass(frozen=True)
class Model:
    """b0 (10), J (10x3), spread g (10x3: 1, ln h, ln w), floor (10), R (10x10), z_mean (3), z_precision (3x3)."""

    centre: np.ndarray
    b0: np.ndarray
    J: np.ndarray
    g: np.ndarray
    floor: np.ndarray
    R: np.ndarray
    z_mean: np.ndarray
    z_precision: np.ndarray


def features(inputs, centre):
    """z: n x 3 logs of the clipped inputs over the centre."""
    low, high = np.array(CLIP).T
    return np.log(np.clip(inputs, low, high) / centre)


def _spread_design(z):
    return np.column_stack([np.ones(len(z)), z[:, 0], z[:, 1]])


def _fit_one(z, target):
    """One measure by iteratively reweighted least squares: mean coefficients and log-spread coefficients."""
    design = np.column_stack([np.ones(len(z)), z])
    spread_design = _spread_design(z)
    weight = np.ones(len(z))
    for _ in range(SPREAD_ROUNDS):
        root = np.sqrt(weight)[:, None]
        beta = np.linalg.lstsq(design * root, target * root[:, 0], rcond=None)[0]
        residual = target - design @ beta
        g = _fit_log_spread(spread_design, residual)
        weight = np.exp(-2 * (spread_design @ g))
    return beta, g, residual


def _fit_log_spread(design, residual):
    """Maximum likelihood of ln D = design . g for normal residuals (Newton's method; it is concave)."""
    g = np.array([np.log(residual.std()), 0.0, 0.0])
    for _ in range(25):
        scaled = residual**2 * np.exp(-2 * (design @ g))
        gradient = design.T @ (scaled - 1)
        hessian = 2 * (design * scaled[:, None]).T @ design
        step = np.linalg.solve(hessian, gradient)
        g = g + step
        if np.abs(step).max() < 1e-12:
            break
    return g


def fit(survey, sex):
    """Trains on the measured inputs of `survey`."""
    centre = np.array(CENTRES[sex])
    z = features(survey.inputs, centre)
    spread_design = _spread_design(z)
    targets = np.log(survey.measures)
    count = targets.shape[1]
    b0, J = np.empty(count), np.empty((count, 3))
    g, floor = np.empty((count, 3)), np.empty(count)
    standardised = np.empty_like(targets)
    for j in range(count):
        beta, raw, residual = _fit_one(z, targets[:, j])
        b0[j], J[j] = beta[0], beta[1:]
        slopes = raw[1:] * SPREAD_SHRINK
        # The shrunk slopes turn about the sample's centre, so that the average spread stays.
        g[j] = [raw[0] + (raw[1:] - slopes) @ spread_design[:, 1:].mean(0), *slopes]
        log_spread = spread_design @ g[j]
        floor[j] = np.quantile(log_spread, SPREAD_FLOOR_QUANTILE)
        standardised[:, j] = residual / np.exp(np.maximum(log_spread, floor[j]))
    scale = standardised.std(0)
    g[:, 0] += np.log(scale)
    floor += np.log(scale)
    return Model(
        centre, b0, J, g, floor, np.corrcoef(standardised.T),
        z.mean(0), np.linalg.inv(np.cov(z.T)),
    )


def predict(model, inputs, log_variances):
    """Log-mean (n x 10) and log-covariance (n x 10 x 10) for raw inputs (n x 3) and their log variances (n x 3)."""
    z = features(inputs, model.centre)
    mean = model.b0 + z @ model.J.T
    spread = np.exp(np.maximum(_spread_design(z) @ model.g.T, model.floor))
    # The distance is of the unclipped inputs: beyond the clip the mean stands still and the doubt goes on growing.
    away = np.log(inputs / model.centre) - model.z_mean
    distance2 = np.einsum("ni,ij,nj->n", away, model.z_precision, away)
    inflation = 1 + INFLATION_SLOPE * np.maximum(0, distance2 - INFLATION_FREE)
    covariance = (
        spread[:, :, None] * spread[:, None, :] * model.R * inflation[:, None, None]
        + np.einsum("ik,nk,jk->nij", model.J, log_variances, model.J)
    )
    return mean, covariance
