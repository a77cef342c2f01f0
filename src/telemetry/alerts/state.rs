//! One rule's way through time: ok, pending, firing, cooling, and again.
//!
//! Pure: a value and a time go in, news comes out. Counting evaluations in a row, for the way in and
//! the way out, is what keeps a value that dances around its threshold from waking anybody. An
//! evaluation without a value counts for neither: nobody asked, so nothing was learned.

use super::rule::Rule;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleStanding)]
pub enum Standing {
    Ok,
    /// The condition holds, not yet often enough.
    Pending,
    Firing,
    /// It resolved so recently that it may not fire again.
    Cooling,
}

/// The stretch of time in which a rule fires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// Monotonic: for how long it lasted.
    pub since: Duration,
    /// When it fired, in unix milliseconds.
    pub since_ms: i64,
    /// The last value there was.
    pub value: f64,
    /// The value furthest past the threshold so far.
    pub worst: f64,
}

/// What an evaluation changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum News {
    Fires(Episode),
    Resolves(Episode),
}

#[derive(Clone, Debug, Default)]
pub struct State {
    /// Evaluations in a row with the condition, and without it. One of the two is zero.
    bad: u32,
    good: u32,
    firing: Option<Episode>,
    cooling_until: Option<Duration>,
    worst_pending: Option<f64>,
    /// Of the last evaluation; `None` if it had none.
    last: Option<f64>,
}

impl State {
    /// Takes in the value at `now` (monotonic), `now_ms` (unix milliseconds).
    pub fn evaluate(
        &mut self,
        rule: &Rule,
        now: Duration,
        now_ms: i64,
        value: Option<f64>,
    ) -> Option<News> {
        // What is not a number tells nothing, and could not be written as JSON.
        self.last = value.filter(|value| value.is_finite());
        let value = self.last?;
        self.count(rule, value);
        match self.firing {
            None => self.try_to_fire(rule, now, now_ms, value),
            Some(episode) => self.go_on(rule, now, Episode { value, ..episode }),
        }
    }

    pub fn standing(&self, now: Duration) -> Standing {
        if self.firing.is_some() {
            Standing::Firing
        } else if self.is_cooling(now) {
            Standing::Cooling
        } else if self.bad > 0 {
            Standing::Pending
        } else {
            Standing::Ok
        }
    }

    /// For how long it may not fire yet.
    pub fn cooling(&self, now: Duration) -> Option<Duration> {
        self.cooling_until?.checked_sub(now).filter(|left| !left.is_zero())
    }

    pub fn last(&self) -> Option<f64> {
        self.last
    }

    /// Evaluations in a row in which the condition held.
    pub fn occurrences(&self) -> u32 {
        self.bad
    }

    pub fn firing(&self) -> Option<&Episode> {
        self.firing.as_ref()
    }

    fn count(&mut self, rule: &Rule, value: f64) {
        if rule.holds(value) {
            (self.bad, self.good) = (self.bad.saturating_add(1), 0);
            let worst = self.worst_pending.unwrap_or(value);
            self.worst_pending = Some(rule.condition.worse(worst, value));
        } else {
            (self.bad, self.good) = (0, self.good.saturating_add(1));
            self.worst_pending = None;
        }
    }

    fn try_to_fire(&mut self, rule: &Rule, now: Duration, now_ms: i64, value: f64) -> Option<News> {
        if self.bad < rule.occurrences || self.is_cooling(now) {
            return None;
        }
        // What made it fire was part of it already.
        let worst = self.worst_pending.unwrap_or(value);
        let episode = Episode { since: now, since_ms: now_ms, value, worst };
        self.firing = Some(episode);
        self.cooling_until = None;
        Some(News::Fires(episode))
    }

    fn go_on(&mut self, rule: &Rule, now: Duration, mut episode: Episode) -> Option<News> {
        episode.worst = rule.condition.worse(episode.worst, episode.value);
        if rule.resolve_after == 0 || self.good < rule.resolve_after {
            self.firing = Some(episode);
            return None;
        }
        self.firing = None;
        self.cooling_until = Some(now.saturating_add(rule.cooldown));
        Some(News::Resolves(episode))
    }

    fn is_cooling(&self, now: Duration) -> bool {
        self.cooling(now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::shipped;
    use super::super::rule::Condition;
    use super::*;

    /// Evaluations are ten seconds apart, so that a row reads as a film.
    const STEP: Duration = Duration::from_secs(10);

    /// Above 10, after 3, resolved after 2, quiet for 50 s.
    fn rule() -> Rule {
        let mut rule = shipped().unwrap().swap_remove(0);
        (rule.condition, rule.threshold) = (Condition::Above, 10.0);
        (rule.occurrences, rule.resolve_after) = (3, 2);
        rule.cooldown = Duration::from_secs(50);
        rule
    }

    /// `-` no value, a digit or `X` (20): one evaluation. Out: `F` fires, `R` resolves, and where it
    /// stands else: `.` ok, `p` pending, `f` firing, `c` cooling.
    fn film(rule: &Rule, values: &str) -> String {
        let mut state = State::default();
        let frames = values.chars().enumerate().map(|(i, frame)| {
            let value = match frame {
                '-' => None,
                'X' => Some(20.0),
                '=' => Some(rule.threshold),
                'N' => Some(f64::NAN),
                digit => Some(f64::from(digit.to_digit(10).unwrap())),
            };
            let now = STEP * u32::try_from(i).unwrap();
            match state.evaluate(rule, now, 0, value) {
                Some(News::Fires(_)) => 'F',
                Some(News::Resolves(_)) => 'R',
                None => match state.standing(now) {
                    Standing::Ok => '.',
                    Standing::Pending => 'p',
                    Standing::Firing => 'f',
                    Standing::Cooling => 'c',
                },
            }
        });
        frames.collect()
    }

    #[test]
    fn values_become_transitions() {
        let below = Rule { condition: Condition::Below, threshold: 5.0, ..rule() };
        let stays = Rule { resolve_after: 0, ..rule() };
        let eager = Rule { occurrences: 1, resolve_after: 1, cooldown: Duration::ZERO, ..rule() };
        let rows = [
            ("it fires after the minimum, once", rule(), "1XXXXXX", ".ppFfff"),
            ("a flap does not fire", rule(), "XX1XX1XX1", "pp.pp.pp."),
            ("the threshold itself is good", rule(), "=====", "....."),
            ("it resolves by itself, then cools", rule(), "XXX11111111", "ppFfRcccc.."),
            ("a single good value does not resolve", rule(), "XXX1X1X1X", "ppFffffff"),
            ("the cool-down suppresses, then it fires", rule(), "XXX11XXXXXX", "ppFfRccccFf"),
            ("after the cool-down the minimum counts", rule(), "XXX111111XXX", "ppFfRccccppF"),
            ("no value holds what is pending", rule(), "XX--X", "ppppF"),
            ("no value holds what fires", rule(), "XXX1---1", "ppFffffR"),
            ("no value does not fire", rule(), "X-------", "pppppppp"),
            ("what is not a number is no value", rule(), "XXNX", "pppF"),
            ("zero stays until the restart", stays, "XXX1111111", "ppFfffffff"),
            ("below", below, "9444=9", ".ppFfR"),
            ("at once, and without a cool-down", eager, "1X1XX", ".FRFf"),
        ];
        for (what, rule, values, expected) in rows {
            assert_eq!(film(&rule, values), expected, "{what}");
        }
    }

    #[test]
    fn an_episode_knows_its_times_and_its_worst_value() {
        for (condition, values, worst) in [
            (Condition::Above, [12.0, 30.0, 11.0, 25.0, 1.0, 2.0], 30.0),
            (Condition::Below, [8.0, 3.0, 9.0, 4.0, 11.0, 12.0], 3.0),
        ] {
            let rule = Rule { condition, ..rule() };
            let mut state = State::default();
            let news: Vec<News> = (0..)
                .zip(values)
                .filter_map(|(i, v)| state.evaluate(&rule, STEP * i, 1_000 + i64::from(i), Some(v)))
                .collect();
            let [News::Fires(fired), News::Resolves(resolved)] = news[..] else {
                panic!("{news:?}")
            };
            assert_eq!((fired.since, fired.since_ms), (STEP * 2, 1_002));
            assert_eq!((fired.value, fired.worst), (values[2], worst));
            assert_eq!(
                (resolved.since_ms, resolved.value, resolved.worst),
                (1_002, values[5], worst)
            );
        }
    }
}
