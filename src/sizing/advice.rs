//! How the chosen jacket sits and what a tailor would change: from centimetres to the trade's words.

use super::fit::{Jacket, Needs, Pattern, Zone};
use super::recommendation::{Alteration, Feasibility};
use super::wording::Texts;

/// Off by less than this a zone sits as designed: chest half a size, waist and shoulder what a buyer
/// does not see, sleeve what it is made to, length half a class. cm.
fn unnoticed_cm(zone: Zone) -> f64 {
    match zone {
        Zone::Chest | Zone::Waist => 2.0,
        Zone::Shoulder | Zone::Sleeve => 1.0,
        Zone::Length => 1.7,
    }
}

/// Up to this a tailor's change is easy (an inch: sleeve and waist, SIZING section 5). cm.
const EASY_CM: f64 = 2.5;

/// How much the jacket is larger than needed in a zone, cm.
pub fn excess_cm(needs: &Needs<'_>, pattern: &Pattern<'_>, zone: Zone, jacket: &Jacket<'_>) -> f64 {
    pattern.made_for_cm(zone, jacket) - needs.median_cm(zone)
}

/// How a zone sits, before any alteration: the strong word is for what no tailor mends.
pub fn zone_word(pattern: &Pattern<'_>, zone: Zone, excess_cm: f64) -> &'static str {
    let [small, slightly_small, slightly_large, large] = match zone {
        Zone::Chest | Zone::Waist => ["tight", "slightly_tight", "slightly_loose", "loose"],
        Zone::Shoulder => ["narrow", "slightly_narrow", "slightly_wide", "wide"],
        Zone::Sleeve | Zone::Length => ["short", "may_be_short", "may_be_long", "long"],
    };
    let (too_small_cm, too_large_cm) = pattern.tolerance(zone).window_cm();
    let unnoticed = unnoticed_cm(zone);
    match excess_cm {
        e if e.abs() <= unnoticed => "as_designed",
        e if e < too_small_cm.min(-unnoticed) => small,
        e if e < 0.0 => slightly_small,
        e if e > too_large_cm.max(unnoticed) => large,
        _ => slightly_large,
    }
}

/// What is expected to be changed, and what would have to be and cannot.
pub fn alterations(
    needs: &Needs<'_>,
    pattern: &Pattern<'_>,
    jacket: &Jacket<'_>,
    texts: &Texts,
) -> Vec<Alteration> {
    Zone::ALL
        .into_iter()
        .filter_map(|zone| {
            alteration(pattern, zone, excess_cm(needs, pattern, zone, jacket), texts)
        })
        .collect()
}

fn alteration(
    pattern: &Pattern<'_>,
    zone: Zone,
    excess_cm: f64,
    texts: &Texts,
) -> Option<Alteration> {
    let tolerance = pattern.tolerance(zone);
    let larger = excess_cm > 0.0;
    let limit_cm = if larger { tolerance.take_in_cm } else { tolerance.let_out_cm };
    // What no tailor moves is worn as it is while it is inside the box, and named when it is not.
    let worn_cm = match (limit_cm > 0.0, larger) {
        (true, _) => unnoticed_cm(zone),
        (false, true) => tolerance.too_large_cm,
        (false, false) => tolerance.too_small_cm,
    };
    if excess_cm.abs() <= worn_cm {
        return None;
    }
    let code = code(zone, larger);
    let wished_cm = half_cm(excess_cm.abs());
    let cannot = limit_cm == 0.0;
    let amount_cm = if cannot { wished_cm } else { wished_cm.min(limit_cm) };
    // What a tailor leaves may still be worn: the box again.
    let left_cm = wished_cm - amount_cm;
    let bearable_cm = if larger { tolerance.too_large_cm } else { tolerance.too_small_cm };
    let feasibility = match amount_cm {
        _ if cannot && larger => Feasibility::NotRecommended,
        _ if cannot => Feasibility::NotPossible,
        _ if left_cm > bearable_cm => Feasibility::Limited,
        amount if larger && amount <= EASY_CM => Feasibility::Easy,
        _ => Feasibility::Moderate,
    };
    Some(Alteration { code, amount_cm, feasibility, note: texts.of_alteration(code) })
}

fn code(zone: Zone, larger: bool) -> &'static str {
    match (zone, larger) {
        (Zone::Chest, true) => "chest_take_in",
        (Zone::Chest, false) => "chest_let_out",
        (Zone::Waist, true) => "waist_take_in",
        (Zone::Waist, false) => "waist_let_out",
        (Zone::Shoulder, true) => "shoulder_narrow",
        (Zone::Shoulder, false) => "shoulder_widen",
        (Zone::Sleeve, true) => "sleeve_shorten",
        (Zone::Sleeve, false) => "sleeve_lengthen",
        (Zone::Length, true) => "length_shorten",
        (Zone::Length, false) => "length_lengthen",
    }
}

const TROUSERS: [&str; 2] = ["trouser_waist_take_in", "trouser_waist_let_out"];

/// Every code that an alteration may have.
#[cfg(test)]
pub fn codes() -> impl Iterator<Item = &'static str> {
    let of_zone = |zone| [code(zone, true), code(zone, false)];
    Zone::ALL.into_iter().flat_map(of_zone).chain(TROUSERS)
}

/// The change that a pair of trousers needs at the waist, `spare_cm` being trousers minus body.
pub fn trouser_alteration(spare_cm: f64, texts: &Texts) -> Option<Alteration> {
    const UNNOTICED_CM: f64 = 1.5;
    if spare_cm.abs() <= UNNOTICED_CM {
        return None;
    }
    let code = if spare_cm > 0.0 { TROUSERS[0] } else { TROUSERS[1] };
    let amount_cm = half_cm(spare_cm.abs());
    // Sizes are 4 cm apart at the waist: never more than 2 to change, which is ordinary work.
    let note = texts.of_alteration(code);
    Some(Alteration { code, amount_cm, feasibility: Feasibility::Easy, note })
}

fn half_cm(cm: f64) -> f64 {
    (cm * 2.0).round() / 2.0
}

/// Can a tailor do it as ordinary work, at least in part?
pub fn is_ordinary(alteration: &Alteration) -> bool {
    use Feasibility::{Easy, Limited, Moderate};
    matches!(alteration.feasibility, Easy | Moderate | Limited)
}
