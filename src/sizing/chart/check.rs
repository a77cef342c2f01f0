//! Does a chart agree with itself? Types are serde's business; this is about numbers that cannot
//! both be true, found before a shopper finds them.

use super::labels::System;
use super::locate::Step;
use super::{Block, Chart, Ease, Tolerance};
use crate::sizing::question::SizeSystem;

/// What is wrong, and where.
pub struct Fault {
    pub at: Vec<Step>,
    pub reason: String,
}

type Checked = Result<(), Fault>;

/// A path into the document, grown on the way down.
#[derive(Clone)]
struct At(Vec<Step>);

impl At {
    fn key(&self, key: &str) -> At {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        At(steps)
    }

    fn index(&self, index: usize) -> At {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        At(steps)
    }

    fn require(&self, holds: bool, reason: impl FnOnce() -> String) -> Checked {
        if holds { Ok(()) } else { Err(Fault { at: self.0.clone(), reason: reason() }) }
    }

    fn require_range(&self, name: &str, value: f64, min: f64, max: f64) -> Checked {
        self.key(name).require((min..=max).contains(&value), || {
            format!("{name} is {value}, it must be between {min} and {max}")
        })
    }
}

pub fn check(chart: &Chart) -> Checked {
    let root = At(Vec::new());
    root.key("schema").require(chart.schema == 1, || {
        format!("schema {} is not known, this version reads schema 1", chart.schema)
    })?;
    let id_is_plain = !chart.id.is_empty()
        && chart.id.len() <= 32
        && chart.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    root.key("id").require(id_is_plain, || "id must be 1 to 32 of a-z, 0-9 and -".to_owned())?;
    root.key("version").require(!chart.version.is_empty(), || "version is empty".to_owned())?;
    check_eases(&root.key("ease"), chart)?;
    check_tolerances(&root.key("tolerance"), chart)?;
    root.key("blocks").require(!chart.blocks.is_empty(), || {
        "blocks must have \"male\" or \"female\" or both".to_owned()
    })?;
    chart
        .blocks
        .iter()
        .try_for_each(|(sex, block)| check_block(&root.key("blocks").key(sex.name()), block))
}

fn check_eases(at: &At, chart: &Chart) -> Checked {
    let named = [
        ("slim", chart.ease.slim),
        ("regular", chart.ease.regular),
        ("relaxed", chart.ease.relaxed),
    ];
    for (name, ease) in named {
        at.key(name).require_range("chestCm", ease.chest_cm, 0.0, 30.0)?;
        at.key(name).require_range("waistCm", ease.waist_cm, 0.0, 30.0)?;
    }
    for ((closer, less), (roomier, more)) in [(named[0], named[1]), (named[1], named[2])] {
        let grows = |get: fn(&Ease) -> f64| get(&less) <= get(&more);
        at.key(roomier).require(grows(|e| e.chest_cm) && grows(|e| e.waist_cm), || {
            format!("{roomier} must leave at least as much room as {closer}")
        })?;
    }
    Ok(())
}

fn check_tolerances(at: &At, chart: &Chart) -> Checked {
    let t = &chart.tolerance;
    let named = [
        ("chest", &t.chest),
        ("waist", &t.waist),
        ("shoulder", &t.shoulder),
        ("sleeve", &t.sleeve),
        ("length", &t.length),
    ];
    named.into_iter().try_for_each(|(name, tolerance)| check_tolerance(&at.key(name), tolerance))
}

fn check_tolerance(at: &At, tolerance: &Tolerance) -> Checked {
    at.require_range("tooSmallCm", tolerance.too_small_cm, 0.0, 20.0)?;
    at.require_range("tooLargeCm", tolerance.too_large_cm, 0.0, 20.0)?;
    at.require_range("takeInCm", tolerance.take_in_cm, 0.0, 20.0)?;
    at.require_range("letOutCm", tolerance.let_out_cm, 0.0, 20.0)?;
    let (low, high) = tolerance.window_cm();
    at.require(high > low, || "a zone with no tolerance at all fits nobody".to_owned())
}

fn check_block(at: &At, block: &Block) -> Checked {
    check_sizes(&at.key("sizes"), block)?;
    check_lengths(&at.key("lengths"), block)?;
    check_cuts(&at.key("cuts"), block)?;
    check_needs(&at.key("needs"), block)?;
    let trousers = &block.trousers;
    at.key("trousers")
        .key("lastNumber")
        .require(trousers.first_number < trousers.last_number, || {
            "lastNumber must be above firstNumber".to_owned()
        })?;
    at.key("trousers").require_range("drop", trousers.drop, -5.0, 15.0)?;
    check_systems(&at.key("systems"), block)
}

fn check_sizes(at: &At, block: &Block) -> Checked {
    at.require(!block.sizes.is_empty(), || "sizes is empty".to_owned())?;
    for (i, size) in block.sizes.iter().enumerate() {
        let at = at.index(i);
        at.require_range("bodyChestCm", size.body_chest_cm, 60.0, 200.0)?;
        at.require_range("shoulderCm", size.shoulder_cm, 30.0, 75.0)?;
        at.require_range("sleeveCm", size.sleeve_cm, 40.0, 85.0)?;
        at.require_range("backCm", size.back_cm, 45.0, 110.0)?;
        let ease = size.chest_cm - size.body_chest_cm;
        at.key("chestCm").require((0.0..=30.0).contains(&ease), || {
            format!(
                "size {}: the finished chest is {ease} cm more than the body it is for, it must be 0 to 30 cm more",
                size.number
            )
        })?;
    }
    for (i, pair) in block.sizes.windows(2).enumerate() {
        let at = at.index(i + 1);
        let (below, size) = (&pair[0], &pair[1]);
        let grows = |name: &str, less: f64, more: f64, strictly: bool| {
            at.key(name).require(more > less || (!strictly && more >= less), || {
                format!(
                    "size {}: {name} is {more}, size {} has {less}: sizes must ascend",
                    size.number, below.number
                )
            })
        };
        grows("number", f64::from(below.number), f64::from(size.number), true)?;
        grows("bodyChestCm", below.body_chest_cm, size.body_chest_cm, true)?;
        grows("chestCm", below.chest_cm, size.chest_cm, true)?;
        grows("shoulderCm", below.shoulder_cm, size.shoulder_cm, false)?;
        grows("sleeveCm", below.sleeve_cm, size.sleeve_cm, false)?;
        grows("backCm", below.back_cm, size.back_cm, false)?;
    }
    Ok(())
}

fn check_lengths(at: &At, block: &Block) -> Checked {
    let lengths = &block.lengths;
    at.require((1..=8).contains(&lengths.len()), || "lengths must have 1 to 8 classes".to_owned())?;
    for (i, length) in lengths.iter().enumerate() {
        at.index(i).key("code").require(!length.code.is_empty(), || "code is empty".to_owned())?;
        at.index(i).require_range("sleeveCm", length.sleeve_cm, -20.0, 20.0)?;
        at.index(i).require_range("backCm", length.back_cm, -20.0, 20.0)?;
        at.index(i)
            .key("designHeightCm")
            .require(length.design_height_cm >= length.from_height_cm, || {
                format!("length {}: designHeightCm is below fromHeightCm", length.code)
            })?;
    }
    for (i, pair) in lengths.windows(2).enumerate() {
        let ascends = pair[0].from_height_cm < pair[1].from_height_cm
            && pair[0].design_height_cm < pair[1].from_height_cm
            && pair[0].back_cm < pair[1].back_cm
            && pair[0].sleeve_cm <= pair[1].sleeve_cm;
        at.index(i + 1).require(ascends, || {
            format!(
                "length {} must be longer than {}, for taller people",
                pair[1].code, pair[0].code
            )
        })?;
    }
    unique(at, lengths.iter().map(|length| length.code.as_str()), "length")
}

fn check_cuts(at: &At, block: &Block) -> Checked {
    at.require((1..=8).contains(&block.cuts.len()), || "cuts must have 1 to 8 entries".to_owned())?;
    for (i, cut) in block.cuts.iter().enumerate() {
        at.index(i).require_range("drop", cut.drop, -5.0, 15.0)?;
    }
    unique(at, block.cuts.iter().map(|cut| cut.id.as_str()), "cut")
}

fn check_needs(at: &At, block: &Block) -> Checked {
    let needs = &block.needs;
    let shoulder = at.key("shoulder");
    shoulder.require_range("biacromial", needs.shoulder.biacromial, 0.0, 1.5)?;
    shoulder.require_range("bideltoid", needs.shoulder.bideltoid, 0.0, 1.5)?;
    shoulder.require_range("plusCm", needs.shoulder.plus_cm, -20.0, 20.0)?;
    let weight = needs.shoulder.biacromial + needs.shoulder.bideltoid;
    shoulder.require((0.5..=1.5).contains(&weight), || {
        format!("biacromial and bideltoid add up to {weight}, they must be a breadth: 0.5 to 1.5")
    })?;
    at.key("sleeve").require_range("outerArm", needs.sleeve.outer_arm, 0.5, 1.5)?;
    at.key("sleeve").require_range("plusCm", needs.sleeve.plus_cm, -20.0, 20.0)?;
    let length = at.key("length");
    length.require_range("backCm", needs.length.back_cm, 45.0, 110.0)?;
    length.require_range("atHeightCm", needs.length.at_height_cm, 120.0, 230.0)?;
    length.require_range("atChestCm", needs.length.at_chest_cm, 60.0, 200.0)?;
    length.require_range("perHeightCm", needs.length.per_height_cm, 0.05, 1.0)?;
    length.require_range("perChestCm", needs.length.per_chest_cm, 0.0, 1.0)
}

fn check_systems(at: &At, block: &Block) -> Checked {
    let Some(eu) = block.systems.get(&SizeSystem::EU) else {
        return at.require(false, || "systems must have \"EU\"".to_owned());
    };
    for (name, system) in &block.systems {
        if let System::Labels(table) = system {
            let at = at.key(name.name()).key("labels");
            at.require(!table.labels.is_empty(), || "labels is empty".to_owned())?;
            for (i, pair) in table.labels.windows(2).enumerate() {
                at.index(i + 1)
                    .key("chestCm")
                    .require(pair[0].chest_cm < pair[1].chest_cm, || {
                        format!("{} {}: labels must ascend by chest", name.name(), pair[1].label)
                    })?;
            }
            unique(&at, table.labels.iter().map(|label| label.label.as_str()), "label")?;
        }
    }
    let System::Labels(table) = eu else {
        return at.key("EU").require(false, || "EU must be a table of labels".to_owned());
    };
    for size in &block.sizes {
        let label =
            table.labels.iter().enumerate().find(|(_, l)| l.label == size.number.to_string());
        let Some((i, label)) = label else {
            return at
                .key("EU")
                .require(false, || format!("EU has no label for size {}", size.number));
        };
        let same = (label.chest_cm - size.body_chest_cm).abs() < 0.05;
        at.key("EU").key("labels").index(i).key("chestCm").require(same, || {
            format!(
                "EU {} is for a chest of {} cm here, and of {} cm in sizes",
                label.label, label.chest_cm, size.body_chest_cm
            )
        })?;
    }
    Ok(())
}

fn unique<'a>(at: &At, names: impl Iterator<Item = &'a str>, what: &str) -> Checked {
    let mut seen = std::collections::BTreeSet::new();
    for (i, name) in names.enumerate() {
        at.index(i).require(seen.insert(name), || format!("{what} \"{name}\" is there twice"))?;
    }
    Ok(())
}
