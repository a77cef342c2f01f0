//! Does a jacket fit a body? Five zones of a jacket, what each needs of the body, and the
//! probability that one or all of them are inside the chart's tolerance box.
//!
//! What a zone needs is, near enough, a straight line in the posterior's logs, so that the five
//! needs are again jointly normal: chest, waist and sleeve as logs (exactly), shoulder and back
//! length in cm (linearised at the median: their spread is 3 %, the error of that below 0.1 cm).
//! One zone alone, and chest with shoulder, are integrated; all five together are counted over the
//! fixed draws, correlations included.

use super::body::Measure;
use super::chart::{Block, Chart, Cut, Ease, Length, Size, Tolerance};
use super::normal::{self, DRAWS};
use super::posterior::{HEIGHT, Posterior};
use super::sample::{self, DrawSet, Values};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Chest,
    Waist,
    Shoulder,
    Sleeve,
    Length,
}

impl Zone {
    pub const COUNT: usize = 5;
    pub const ALL: [Zone; Self::COUNT] =
        [Zone::Chest, Zone::Waist, Zone::Shoulder, Zone::Sleeve, Zone::Length];

    pub fn name(self) -> &'static str {
        match self {
            Zone::Chest => "chest",
            Zone::Waist => "waist",
            Zone::Shoulder => "shoulder",
            Zone::Sleeve => "sleeve",
            Zone::Length => "length",
        }
    }
}

/// One jacket of a chart.
#[derive(Clone, Copy, Debug)]
pub struct Jacket<'c> {
    pub size: &'c Size,
    pub cut: &'c Cut,
    pub length: &'c Length,
}

/// What a jacket is held against: a chart, the block of a sex, and the ease wanted.
#[derive(Clone, Copy)]
pub struct Pattern<'c> {
    pub chart: &'c Chart,
    pub block: &'c Block,
    pub ease: Ease,
}

impl<'c> Pattern<'c> {
    pub fn tolerance(&self, zone: Zone) -> &'c Tolerance {
        let tolerance = &self.chart.tolerance;
        match zone {
            Zone::Chest => &tolerance.chest,
            Zone::Waist => &tolerance.waist,
            Zone::Shoulder => &tolerance.shoulder,
            Zone::Sleeve => &tolerance.sleeve,
            Zone::Length => &tolerance.length,
        }
    }

    /// The finished jacket in a zone, less the ease wanted there: the need that it is right for, cm.
    pub fn made_for_cm(&self, zone: Zone, jacket: &Jacket<'_>) -> f64 {
        let Jacket { size, cut, length } = jacket;
        match zone {
            Zone::Chest => size.chest_cm - self.ease.chest_cm,
            Zone::Waist => self.chart.finished_waist_cm(size, cut) - self.ease.waist_cm,
            Zone::Shoulder => size.shoulder_cm,
            Zone::Sleeve => size.sleeve_cm + length.sleeve_cm,
            Zone::Length => size.back_cm + length.back_cm,
        }
    }

    /// The needs, from and to, for which the jacket can be worn after ordinary alterations, cm.
    pub fn wearable_cm(&self, zone: Zone, jacket: &Jacket<'_>) -> (f64, f64) {
        let made_for = self.made_for_cm(zone, jacket);
        let (too_small, too_large) = self.tolerance(zone).window_cm();
        (made_for - too_large, made_for - too_small)
    }
}

/// What one body needs of a jacket: jointly normal over the zones, each on its own scale.
pub struct Needs<'p> {
    pattern: Pattern<'p>,
    mean: [f64; Zone::COUNT],
    covariance: [[f64; Zone::COUNT]; Zone::COUNT],
}

impl<'p> Needs<'p> {
    pub fn new(posterior: &Posterior, pattern: Pattern<'p>) -> Self {
        let weights = Zone::ALL.map(|zone| sensitivities(posterior, pattern.block, zone));
        let mut covariance = [[0.0; Zone::COUNT]; Zone::COUNT];
        for i in 0..Zone::COUNT {
            for j in 0..=i {
                covariance[i][j] = posterior.covariance_of(&weights[i], &weights[j]);
                covariance[j][i] = covariance[i][j];
            }
            // A zone that a tape left certain still needs a spread to be drawn from.
            covariance[i][i] += 1e-9;
        }
        let mean = Zone::ALL.map(|zone| centre(posterior, pattern.block, zone));
        Needs { pattern, mean, covariance }
    }

    /// Median need of a zone, cm.
    pub fn median_cm(&self, zone: Zone) -> f64 {
        self.in_cm(zone, self.mean[zone as usize])
    }

    /// Probability that `jacket` can be worn in one zone.
    pub fn zone_probability(&self, zone: Zone, jacket: &Jacket<'_>) -> f64 {
        let (low, high) = self.wearable(zone, jacket);
        self.between(zone, low, high)
    }

    /// Probability that the need of a zone lies between two values in cm.
    pub fn probability_between_cm(&self, zone: Zone, from_cm: f64, to_cm: f64) -> f64 {
        self.between(zone, self.scaled(zone, from_cm), self.scaled(zone, to_cm))
    }

    /// Probability that the chest lies between two values in cm and the shoulders of `jacket` can be
    /// worn. Gauss-Legendre over the chest, the shoulder given it in closed form.
    pub fn chest_and_shoulder_probability(&self, chest_cm: (f64, f64), jacket: &Jacket<'_>) -> f64 {
        const CHEST: usize = Zone::Chest as usize;
        const SHOULDER: usize = Zone::Shoulder as usize;
        let chest_sd = self.sd(Zone::Chest);
        let standard = |cm: f64| {
            let z = (self.scaled(Zone::Chest, cm) - self.mean[CHEST]) / chest_sd;
            z.clamp(-TAIL, TAIL)
        };
        let (from, to) = (standard(chest_cm.0), standard(chest_cm.1));
        let (low, high) = self.wearable(Zone::Shoulder, jacket);
        let slope = self.covariance[CHEST][SHOULDER] / chest_sd;
        let rest = (self.covariance[SHOULDER][SHOULDER] - slope * slope).max(1e-9).sqrt();
        let half = (to - from) / 2.0;
        GAUSS_LEGENDRE
            .iter()
            .map(|(node, weight)| {
                let z = from + half * (1.0 + node);
                let expected = self.mean[SHOULDER] + slope * z;
                let shoulder =
                    normal::cdf((high - expected) / rest) - normal::cdf((low - expected) / rest);
                weight * half * normal::density(z) * shoulder
            })
            .sum()
    }

    /// The needs at every fixed draw.
    pub fn drawn(&self) -> DrawnNeeds<'p, '_> {
        let lower = cholesky(&self.covariance);
        let draws = normal::draws();
        let mut values = Box::new([[0.0; DRAWS]; Zone::COUNT]);
        for zone in Zone::ALL {
            let zone = zone as usize;
            let factors = lower[zone].map(|factor| factor as f32);
            let mean = self.mean[zone] as f32;
            sample::mixed(mean, &factors[..=zone], draws, &mut values[zone]);
        }
        DrawnNeeds { needs: self, values }
    }

    /// Mean and standard deviation of a zone on its own scale.
    pub fn moments(&self, zone: Zone) -> (f64, f64) {
        (self.mean[zone as usize], self.sd(zone))
    }

    /// Standard deviation on the zone's scale of an error of `cm` in its need.
    pub fn noise_of_cm(&self, zone: Zone, cm: f64) -> f64 {
        match zone {
            Zone::Chest | Zone::Waist => cm / self.median_cm(zone),
            Zone::Sleeve => cm / self.mean[Zone::Sleeve as usize].exp(),
            Zone::Shoulder | Zone::Length => cm,
        }
    }

    fn sd(&self, zone: Zone) -> f64 {
        self.covariance[zone as usize][zone as usize].sqrt()
    }

    fn between(&self, zone: Zone, low: f64, high: f64) -> f64 {
        let (mean, sd) = self.moments(zone);
        normal::cdf((high - mean) / sd) - normal::cdf((low - mean) / sd)
    }

    fn wearable(&self, zone: Zone, jacket: &Jacket<'_>) -> (f64, f64) {
        let (from, to) = self.pattern.wearable_cm(zone, jacket);
        (self.scaled(zone, from), self.scaled(zone, to))
    }

    /// From cm to the zone's scale.
    fn scaled(&self, zone: Zone, cm: f64) -> f64 {
        let sleeve = &self.pattern.block.needs.sleeve;
        match zone {
            Zone::Chest | Zone::Waist => cm.max(1.0).ln(),
            Zone::Sleeve => ((cm - sleeve.plus_cm) / sleeve.outer_arm).max(1.0).ln(),
            Zone::Shoulder | Zone::Length => cm,
        }
    }

    fn in_cm(&self, zone: Zone, value: f64) -> f64 {
        let sleeve = &self.pattern.block.needs.sleeve;
        match zone {
            Zone::Chest | Zone::Waist => value.exp(),
            Zone::Sleeve => value.exp() * sleeve.outer_arm + sleeve.plus_cm,
            Zone::Shoulder | Zone::Length => value,
        }
    }
}

/// The needs of the same body at every draw.
pub struct DrawnNeeds<'p, 'n> {
    needs: &'n Needs<'p>,
    values: Box<[Values; Zone::COUNT]>,
}

impl DrawnNeeds<'_, '_> {
    /// The draws for which `jacket` can be worn in one zone.
    pub fn wearable(&self, zone: Zone, jacket: &Jacket<'_>) -> DrawSet {
        let (low, high) = self.needs.wearable(zone, jacket);
        DrawSet::between(&self.values[zone as usize], low as f32, high as f32)
    }

    pub fn values(&self, zone: Zone) -> &Values {
        &self.values[zone as usize]
    }
}

/// Weights of the posterior's logs in a zone's need.
fn sensitivities(posterior: &Posterior, block: &Block, zone: Zone) -> Vec<(usize, f64)> {
    match zone {
        Zone::Chest => vec![(Measure::Chest.index(), 1.0)],
        Zone::Waist => vec![(Measure::Waist.index(), 1.0)],
        Zone::Sleeve => vec![(Measure::Sleeve.index(), 1.0)],
        Zone::Shoulder => shoulder_weights(posterior, block),
        Zone::Length => {
            let need = &block.needs.length;
            vec![
                (HEIGHT, need.per_height_cm * posterior.median_cm(HEIGHT)),
                (
                    Measure::Chest.index(),
                    need.per_chest_cm * posterior.median_cm(Measure::Chest.index()),
                ),
            ]
        }
    }
}

/// How the seam-to-seam shoulder follows from the logs of the two breadths, cm.
pub fn shoulder_weights(posterior: &Posterior, block: &Block) -> Vec<(usize, f64)> {
    let need = &block.needs.shoulder;
    vec![
        (
            Measure::Biacromial.index(),
            need.biacromial * posterior.median_cm(Measure::Biacromial.index()),
        ),
        (
            Measure::Bideltoid.index(),
            need.bideltoid * posterior.median_cm(Measure::Bideltoid.index()),
        ),
    ]
}

/// Median seam-to-seam shoulder, cm.
pub fn shoulder_cm(posterior: &Posterior, block: &Block) -> f64 {
    shoulder_weights(posterior, block).iter().map(|(_, part)| part).sum::<f64>()
        + block.needs.shoulder.plus_cm
}

fn centre(posterior: &Posterior, block: &Block, zone: Zone) -> f64 {
    match zone {
        Zone::Chest => posterior.mean[Measure::Chest.index()],
        Zone::Waist => posterior.mean[Measure::Waist.index()],
        Zone::Sleeve => posterior.mean[Measure::Sleeve.index()],
        Zone::Shoulder => shoulder_cm(posterior, block),
        Zone::Length => {
            let need = &block.needs.length;
            need.back_cm
                + need.per_height_cm * (posterior.median_cm(HEIGHT) - need.at_height_cm)
                + need.per_chest_cm
                    * (posterior.median_cm(Measure::Chest.index()) - need.at_chest_cm)
        }
    }
}

/// Lower triangle of a covariance; a direction without spread becomes zero instead of a failure.
fn cholesky<const N: usize>(covariance: &[[f64; N]; N]) -> [[f64; N]; N] {
    let mut lower = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest = covariance[i][j] - known;
            lower[i][j] = if i == j {
                rest.max(0.0).sqrt()
            } else if lower[j][j] > 0.0 {
                rest / lower[j][j]
            } else {
                0.0
            };
        }
    }
    lower
}

/// Where the quadrature cuts a normal density off: 6 in a million lie beyond.
const TAIL: f64 = 4.5;

/// Nodes and weights on [-1, 1]: sixteen are exact to 1e-6 over the whole of a normal density.
const GAUSS_LEGENDRE: [(f64, f64); 16] = [
    (-0.989_400_934_991_649_9, 0.027_152_459_411_754_176),
    (-0.944_575_023_073_232_6, 0.062_253_523_938_647_456),
    (-0.865_631_202_387_831_8, 0.095_158_511_682_492_6),
    (-0.755_404_408_355_003, 0.124_628_971_255_534_07),
    (-0.617_876_244_402_643_8, 0.149_595_988_816_576_7),
    (-0.458_016_777_657_227_37, 0.169_156_519_395_002_65),
    (-0.281_603_550_779_258_9, 0.182_603_415_044_923_64),
    (-0.095_012_509_837_637_44, 0.189_450_610_455_068_64),
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_64),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_64),
    (0.458_016_777_657_227_37, 0.169_156_519_395_002_65),
    (0.617_876_244_402_643_8, 0.149_595_988_816_576_7),
    (0.755_404_408_355_003, 0.124_628_971_255_534_07),
    (0.865_631_202_387_831_8, 0.095_158_511_682_492_6),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_456),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_176),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cholesky_times_its_transpose_is_the_covariance() {
        let covariance = [[4.0, 2.0, 0.6], [2.0, 5.0, 1.0], [0.6, 1.0, 3.0]];
        let lower = cholesky(&covariance);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| lower[i][k] * lower[j][k]).sum();
                assert!((product - covariance[i][j]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn quadrature_integrates_a_density() {
        for (from, to) in [(-1.0, 1.0), (-TAIL, TAIL), (0.5, 3.0)] {
            let half = (to - from) / 2.0;
            let area: f64 = GAUSS_LEGENDRE
                .iter()
                .map(|(node, weight)| weight * half * normal::density(from + half * (1.0 + node)))
                .sum();
            let exact = normal::cdf(to) - normal::cdf(from);
            assert!((area - exact).abs() < 1e-6, "{from} {to}: {}", area - exact);
        }
    }
}
