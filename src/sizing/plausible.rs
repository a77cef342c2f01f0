//! Is this a possible person? Ranges first, then whether height and weight belong together.
//!
//! Runs before inference, always: the embedded runtime ends the process on a panic, so nothing that
//! is not a finite number inside its range may reach it. What a measure is next to the others is
//! judged after inference (`know`), against the body that it gives.

use super::body::{AGE_YEARS, BMI, HEIGHT_CM, Limits, Quantity, Tape, Unit, WEIGHT_KG, bmi};
use super::question::{Question, on_grid};
use super::refusal::{Code, FieldError};

/// Every field that is out of its range, and height and weight that contradict each other.
pub fn check(question: &Question) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let unit = question.unit;
    check_height(question, &mut errors);
    match question.weight_kg {
        Some(weight_kg) => check_weight(question, weight_kg, &mut errors),
        None if question.tells_the_chest() => {}
        None => errors.push(weight_required(unit)),
    }
    if let Some(age) = question.age_years
        && !AGE_YEARS.contains(age)
    {
        errors.push(FieldError::outside(
            "age",
            Code::OutOfRange,
            "age",
            AGE_YEARS,
            Quantity::Years,
            unit,
            Some("the charts are for adults"),
        ));
    }
    for tape in Tape::ALL {
        if let Some(cm) = question.tape_cm(tape)
            && !tape.limits().contains(cm)
        {
            errors.push(FieldError::outside(
                tape.name(),
                Code::OutOfRange,
                tape.name(),
                tape.limits(),
                Quantity::Length,
                unit,
                length_hint(cm, tape.limits(), unit),
            ));
        }
    }
    errors
}

fn check_height(question: &Question, errors: &mut Vec<FieldError>) {
    if !HEIGHT_CM.contains(question.height_cm) {
        errors.push(FieldError::outside(
            "height",
            Code::OutOfRange,
            "height",
            HEIGHT_CM,
            Quantity::Length,
            question.unit,
            length_hint(question.height_cm, HEIGHT_CM, question.unit),
        ));
    }
}

/// A weight is missing, and so is what may stand in for it.
pub fn weight_required(unit: Unit) -> FieldError {
    let symbol = unit.symbol(Quantity::Mass);
    let message =
        format!("weight is required: a number ({symbol}), or knownSize or chest in its place");
    FieldError::new("weight", Code::Required, message)
}

fn check_weight(question: &Question, weight_kg: f64, errors: &mut Vec<FieldError>) {
    let unit = question.unit;
    // Judged as it will be answered, so that what is named as allowed is allowed.
    let height_cm = on_grid(question.height_cm);
    if !WEIGHT_KG.contains(weight_kg) {
        errors.push(FieldError::outside(
            "weight",
            Code::OutOfRange,
            "weight",
            WEIGHT_KG,
            Quantity::Mass,
            unit,
            mass_hint(weight_kg, WEIGHT_KG, unit),
        ));
    } else if HEIGHT_CM.contains(height_cm) && !BMI.contains(bmi(height_cm, on_grid(weight_kg))) {
        let square_metres = (height_cm / 100.0).powi(2);
        let allowed = Limits {
            min: (BMI.min * square_metres * 2.0).ceil().max(WEIGHT_KG.min * 2.0) / 2.0,
            max: (BMI.max * square_metres * 2.0).floor().min(WEIGHT_KG.max * 2.0) / 2.0,
        };
        errors.push(FieldError::outside(
            "weight",
            Code::Contradictory,
            "at this height, weight",
            allowed,
            Quantity::Mass,
            unit,
            mass_hint(weight_kg, allowed, unit),
        ));
    }
}

/// What a length outside `limits` would be if it had been meant in another unit.
pub fn length_hint(cm: f64, limits: Limits, unit: Unit) -> Option<&'static str> {
    let as_typed = unit.of_metric(Quantity::Length, cm);
    let fits = |cm_per: f64| limits.contains(as_typed * cm_per);
    match unit {
        Unit::Metric if fits(super::body::CM_PER_INCH) => {
            Some("this looks like inches: send \"unit\":\"imperial\" for inches and pounds")
        }
        Unit::Metric if fits(100.0) => Some("this looks like metres: send centimetres"),
        Unit::Metric if fits(0.1) => Some("this looks like millimetres: send centimetres"),
        Unit::Metric if fits(30.48) => {
            Some("this looks like feet: send centimetres, or a text such as \"5'10\\\"\"")
        }
        Unit::Imperial if fits(1.0) => Some(
            "this looks like centimetres: send \"unit\":\"metric\" for centimetres and kilograms",
        ),
        Unit::Imperial if fits(30.48) => {
            Some("this looks like feet: send inches, or a text such as \"5'10\\\"\"")
        }
        _ => None,
    }
}

fn mass_hint(kg: f64, limits: Limits, unit: Unit) -> Option<&'static str> {
    let as_typed = unit.of_metric(Quantity::Mass, kg);
    match unit {
        Unit::Metric if limits.contains(as_typed * super::body::KG_PER_POUND) => {
            Some("this looks like pounds: send \"unit\":\"imperial\" for inches and pounds")
        }
        Unit::Imperial if limits.contains(as_typed) => Some(
            "this looks like kilograms: send \"unit\":\"metric\" for centimetres and kilograms",
        ),
        Unit::Metric if limits.contains(as_typed / 1000.0) => {
            Some("this looks like grams: send kilograms")
        }
        _ => None,
    }
}
