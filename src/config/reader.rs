//! Readers of values: each says once what it takes, for the help, for a mistake and for the table.

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command};
use std::ffi::OsStr;
use std::str::FromStr;
use std::sync::Arc;

type Read<T> = Arc<dyn Fn(&str) -> Result<T, String> + Send + Sync>;

/// A value parser that tells what is allowed as its one "possible value", where `clap` and the report
/// find it.
#[derive(Clone)]
pub struct Reader<T> {
    allowed: &'static str,
    is_secret: bool,
    read: Read<T>,
}

/// A whole number within bounds that are written as they are told: `whole::<u32>("0 to 86400")`.
pub fn whole<T>(allowed: &'static str) -> Reader<T>
where
    T: FromStr + PartialOrd + Copy + Send + Sync + 'static,
{
    let bounds = allowed
        .split_once(" to ")
        .and_then(|(least, most)| Some((least.parse::<T>().ok()?, most.parse::<T>().ok()?)));
    let (least, most) = bounds.expect("bounds are two numbers with \" to \" between");
    let read = move |text: &str| {
        let number = text.parse::<T>().ok().filter(|n| (least..=most).contains(n));
        number.ok_or_else(|| allowed.to_owned())
    };
    Reader { allowed, is_secret: false, read: Arc::new(read) }
}

/// Anything else.
pub fn text<T: 'static>(allowed: &'static str, read: fn(&str) -> Result<T, String>) -> Reader<T> {
    Reader { allowed, is_secret: false, read: Arc::new(read) }
}

/// What is wrong with it is said without saying what it was.
pub fn secret<T: 'static>(allowed: &'static str, read: fn(&str) -> Result<T, String>) -> Reader<T> {
    Reader { is_secret: true, ..text(allowed, read) }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Reader<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let read = value
            .to_str()
            .ok_or_else(|| "this is no text".to_owned())
            .and_then(|text| (self.read)(text));
        read.map_err(|why| {
            let name = argument.map(ToString::to_string).unwrap_or_default();
            let why = if self.is_secret {
                format!("invalid value for '{name}': {why}\n")
            } else {
                format!("invalid value {value:?} for '{name}'; allowed: {}\n", self.allowed)
            };
            clap::Error::raw(ErrorKind::ValueValidation, why).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(std::iter::once(PossibleValue::new(self.allowed))))
    }
}
