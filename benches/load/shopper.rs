//! A realistic stream of shoppers: bodies of the survey where it is at hand, else of a public summary.
//!
//! Not drawn from the list by which the service fills itself ahead: that would measure the list against
//! itself. `SUITSIZE_SURVEY=FILE` names the survey's CSV; without it bodies are drawn from log-normal
//! distributions with the centre and spread of adults (NHANES 2021-2023, by sex).

use super::request;
use std::env;

pub struct Shopper {
    /// Male?, height cm, weight kg.
    people: Vec<(bool, f64, f64)>,
    source: String,
    random: Random,
}

/// Share of women, of women who do not say so, of shoppers who think in inches, of those who tell
/// something that no list can hold (a tape, an age): as in `models/popular.py`.
const WOMEN: f64 = 0.3;
const UNTOLD: f64 = 1.0 / 3.0;
const IMPERIAL: f64 = 0.4;
const SPECIAL: f64 = 0.03;

impl Shopper {
    pub fn from_environment() -> Self {
        let random = Random(0x5017_512E);
        match env::var("SUITSIZE_SURVEY") {
            Ok(path) => {
                let text = std::fs::read_to_string(&path).expect("the survey can be read");
                let people = survey(&text);
                Shopper { source: format!("{} people of a survey", people.len()), people, random }
            }
            Err(_) => {
                let mut random = random;
                let people = (0..20_000).map(|n| random.body(n % 2 == 0)).collect();
                Shopper { people, source: "bodies drawn by NHANES 2021-2023".into(), random }
            }
        }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// Requests of `count` shoppers, one after the other.
    pub fn questions(mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> String {
        let wants_woman = self.random.chance(WOMEN);
        let (man, height_cm, weight_kg) = loop {
            let at = (self.random.unit() * self.people.len() as f64) as usize;
            if self.people[at].0 != wants_woman {
                break self.people[at];
            }
        };
        let (height, weight, unit) = if self.random.chance(IMPERIAL) {
            (height_cm / 2.54, weight_kg / 0.453_592_37, "imperial")
        } else {
            (height_cm, weight_kg, "metric")
        };
        let sex = if !man && !self.random.chance(UNTOLD) { r#","sex":"female""# } else { "" };
        let fit = match self.random.unit() {
            u if u < 0.25 => r#","fitPreference":"slim""#,
            u if u < 0.85 => "",
            _ => r#","fitPreference":"relaxed""#,
        };
        let special = if self.random.chance(SPECIAL) {
            format!(r#","age":{}"#, 18 + (self.random.unit() * 60.0) as u32)
        } else {
            String::new()
        };
        request(&format!(
            r#"{{"height":{},"weight":{},"unit":"{unit}"{sex}{fit}{special}}}"#,
            height.round(),
            weight.round()
        ))
    }
}

fn survey(text: &str) -> Vec<(bool, f64, f64)> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &str| {
        header.iter().position(|field| *field == name).expect("a column of the survey")
    };
    let (sex, height, weight) = (column("Gender"), column("stature"), column("weightkg"));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |at: usize| fields[at].parse::<f64>().expect("a number") / 10.0;
            (fields[sex] == "Male", number(height), number(weight))
        })
        .collect()
}

/// The same stream every time.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        // splitmix64, public domain.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    fn normal(&mut self) -> f64 {
        let (u, v) = (self.unit().max(1e-12), self.unit());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// Log-normal height and weight with their correlation; within what the service takes.
    fn body(&mut self, man: bool) -> (bool, f64, f64) {
        let (height_cm, weight_kg) = if man { (175.2, 86.6) } else { (161.2, 73.5) };
        loop {
            let z = self.normal();
            let height = height_cm * (0.043 * z).exp();
            let spread = if man { 0.235 } else { 0.26 };
            let weight = weight_kg * (spread * (0.42 * z + 0.9075 * self.normal())).exp();
            let bmi = weight / (height / 100.0).powi(2);
            if (14.0..50.0).contains(&bmi) && (140.0..=210.0).contains(&height) && weight <= 180.0 {
                return (man, height, weight);
            }
        }
    }
}
