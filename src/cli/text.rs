//! An answer in words, for a terminal.

use crate::problem::Problem;
use crate::sizing::recommendation::{Feasibility, Recommendation};
use std::fmt::Write;

pub fn answer(r: &Recommendation) -> String {
    let mut out = String::new();
    match &r.size {
        Some(size) => writeln!(
            out,
            "{size}, {} cut: {:.0} % exactly right, fits {:.0} % with ordinary alterations",
            r.cut,
            r.probability * 100.0,
            r.confidence * 100.0
        ),
        None => writeln!(out, "no size"),
    }
    .and_then(|()| writeln!(out, "{}", r.rationale))
    .expect("a string takes what is written to it");
    let mut row = |name: &str, text: String| {
        if !text.is_empty() {
            writeln!(out, "  {name:<13}{text}").expect("a string takes what is written to it");
        }
    };
    row("systems", systems(r));
    row("or", alternatives(r));
    row(
        "trousers",
        r.trousers.as_ref().map_or(String::new(), |t| {
            format!("EU {} (waist {} cm, {} in)", t.eu, t.waist_cm, t.waist_in)
        }),
    );
    row("alterations", alterations(r));
    row(
        "to be surer",
        r.next_question.as_ref().map_or(String::new(), |next| {
            format!("tell {} (about {:+.0} % confidence)", next.field, next.gain * 100.0)
        }),
    );
    // The rationale has said already why there is no size.
    for warning in r.warnings.iter().filter(|warning| warning.code != "no_size") {
        row("note", warning.message.clone());
    }
    out
}

fn systems(r: &Recommendation) -> String {
    let labels =
        r.sizes.iter().filter_map(|(system, label)| Some((system.name(), label.as_ref()?)));
    labels.map(|(system, label)| format!("{system} {label}")).collect::<Vec<_>>().join("  ")
}

fn alternatives(r: &Recommendation) -> String {
    let each = r
        .alternatives
        .iter()
        .map(|a| format!("{} ({}, {:.0} %)", a.size, a.why, a.probability * 100.0));
    each.collect::<Vec<_>>().join("; ")
}

fn alterations(r: &Recommendation) -> String {
    let each = r.alteration_details.iter().map(|a| {
        let feasibility = match a.feasibility {
            Feasibility::Easy => "easy",
            Feasibility::Moderate => "moderate",
            Feasibility::Limited => "only in part",
            Feasibility::NotRecommended => "not worth it",
            Feasibility::NotPossible => "not possible",
        };
        format!("{} {} cm ({feasibility})", a.code.replace('_', " "), a.amount_cm)
    });
    each.collect::<Vec<_>>().join("; ")
}

pub fn problem(problem: &Problem) -> String {
    let lines = problem.errors().iter().map(|error| format!("  {}\n", error.message));
    format!("The question cannot be answered:\n{}", lines.collect::<String>())
}
