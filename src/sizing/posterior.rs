//! What is known of one body: a joint normal distribution of ten log measures and the log height,
//! sharpened by whatever the shopper tells.
//!
//! Every piece of knowledge is one scalar observation of a weighted sum of the logs with a noise of
//! its own, and is taken in by a Kalman update: exact for a normal distribution, in any order, and
//! eleven by eleven numbers of work.

use super::body::Measure;
use super::model::Joint;
use super::normal;
use ndarray::{Array1, Array2};

/// Index of the log of the true height, behind the measures.
pub const HEIGHT: usize = Measure::COUNT;
const SIZE: usize = Measure::COUNT + 1;

/// ln cm throughout.
#[derive(Clone, Debug)]
pub struct Posterior {
    pub mean: Array1<f64>,
    pub covariance: Array2<f64>,
}

/// The log of the true height: what was stated, less its bias, and how uncertain that leaves it.
#[derive(Clone, Debug)]
pub struct TrueHeight {
    pub log: f64,
    pub variance: f64,
    /// The power of height with which each measure grows: an error in it moves them all.
    pub exponents: [f64; Measure::COUNT],
}

/// One thing told: `sum of weight * x[index]` is `value`, give or take `variance`.
#[derive(Clone, Debug)]
pub struct Observation {
    pub weights: Vec<(usize, f64)>,
    pub value: f64,
    pub variance: f64,
}

impl Posterior {
    /// `joint` with the true height beside it, and the log standard deviations of `population` (by
    /// measure) added.
    pub fn new(joint: &Joint, height: &TrueHeight, population: &[f64; Measure::COUNT]) -> Self {
        let mean = Array1::from_iter(joint.log_mean.iter().copied().chain([height.log]));
        let covariance = Array2::from_shape_fn((SIZE, SIZE), |(i, j)| match (i, j) {
            (HEIGHT, HEIGHT) => height.variance,
            (HEIGHT, k) | (k, HEIGHT) => height.variance * height.exponents[k],
            _ if i == j => joint.log_covariance[i][i] + population[i] * population[i],
            _ => joint.log_covariance[i][j],
        });
        Posterior { mean, covariance }
    }

    /// Takes in one observation. One without noise, of something already certain, changes nothing.
    pub fn observe(&mut self, observation: &Observation) {
        let Observation { weights, value, variance } = observation;
        let gain_row = Array1::from_shape_fn(SIZE, |i| {
            weights.iter().map(|(k, w)| w * self.covariance[[i, *k]]).sum::<f64>()
        });
        let expected: f64 = weights.iter().map(|(k, w)| w * self.mean[*k]).sum();
        let explained: f64 = weights.iter().map(|(k, w)| w * gain_row[*k]).sum();
        let total = explained + variance;
        if total <= f64::EPSILON {
            return;
        }
        self.mean.scaled_add((value - expected) / total, &gain_row);
        for i in 0..SIZE {
            for j in 0..SIZE {
                self.covariance[[i, j]] -= gain_row[i] * gain_row[j] / total;
            }
        }
    }

    /// How many of its own standard deviations `observation` lies from what is expected.
    pub fn surprise(&self, observation: &Observation) -> f64 {
        let Observation { weights, value, variance } = observation;
        let expected: f64 = weights.iter().map(|(k, w)| w * self.mean[*k]).sum();
        (value - expected) / (self.variance_of(weights) + variance).sqrt()
    }

    /// Variance of a weighted sum of the logs.
    pub fn variance_of(&self, weights: &[(usize, f64)]) -> f64 {
        weights
            .iter()
            .flat_map(|(i, a)| weights.iter().map(move |(j, b)| a * b * self.covariance[[*i, *j]]))
            .sum()
    }

    /// Covariance of two weighted sums of the logs.
    pub fn covariance_of(&self, a: &[(usize, f64)], b: &[(usize, f64)]) -> f64 {
        a.iter()
            .flat_map(|(i, x)| b.iter().map(move |(j, y)| x * y * self.covariance[[*i, *j]]))
            .sum()
    }

    pub fn log_sd(&self, index: usize) -> f64 {
        self.covariance[[index, index]].max(0.0).sqrt()
    }

    /// Median in cm.
    pub fn median_cm(&self, index: usize) -> f64 {
        self.mean[index].exp()
    }

    /// Mean and standard deviation in cm.
    pub fn mean_sd_cm(&self, index: usize) -> (f64, f64) {
        let variance = self.covariance[[index, index]].max(0.0);
        let mean = (self.mean[index] + variance / 2.0).exp();
        (mean, mean * variance.exp_m1().sqrt())
    }

    /// Central 90 % interval in cm.
    pub fn interval_cm(&self, index: usize) -> (f64, f64) {
        let half = normal::Z90 * self.log_sd(index);
        ((self.mean[index] - half).exp(), (self.mean[index] + half).exp())
    }
}
