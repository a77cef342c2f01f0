//! JSON as it is read from strangers, over HTTP and on a batch's line alike: stricter than `serde_json`,
//! which takes the last of two equal names without a word and goes 128 levels deep.
//!
//! A mistake is told by its place or by a field's name, never by a value.

use crate::sizing::parse::shown_name;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};
use std::cell::{Cell, RefCell};
use std::fmt;

/// A question has two levels, a list of them four.
pub const MAX_DEPTH: usize = 16;
/// A body has room for thousands; the first ones make the point.
const MAX_REPEATED_SHOWN: usize = 8;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a text is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// Not JSON, or not in the encoding that JSON has: what, and where.
    Syntax(String),
    /// These fields are given more than once, dotted inside an object: `build.chest`.
    Repeated(Vec<String>),
}

/// Reads one JSON text in UTF-8; a byte order mark before it is left alone.
///
/// # Errors
/// Why it is none, or every field that is given twice.
pub fn read(bytes: &[u8]) -> Result<Value, Mistake> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = utf8(bytes)?;
    if text.trim_ascii().is_empty() {
        return Err(Mistake::Syntax("there is nothing here; send a JSON object".to_owned()));
    }
    let found = Found::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let top = Level { found: &found, depth: 0, path: &Path::Top };
    let read = top.deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    let value = read.map_err(|error| Mistake::Syntax(found.explain(&error, text)))?;
    let repeated = found.repeated.into_inner();
    if repeated.is_empty() { Ok(value) } else { Err(Mistake::Repeated(repeated)) }
}

fn utf8(bytes: &[u8]) -> Result<&str, Mistake> {
    let refuse = |what: String| Mistake::Syntax(format!("{what}; JSON is sent in UTF-8"));
    // JSON begins with ASCII, so a zero among its first two bytes is half of a wider character.
    let is_utf16 = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..]);
    if is_utf16 {
        return Err(refuse("this looks like UTF-16 or UTF-32".to_owned()));
    }
    std::str::from_utf8(bytes)
        .map_err(|error| refuse(format!("byte {} is not UTF-8", error.valid_up_to() + 1)))
}

/// What is found out on the way, beside the value.
#[derive(Default)]
struct Found {
    too_deep: Cell<bool>,
    repeated: RefCell<Vec<String>>,
}

impl Found {
    fn explain(&self, error: &serde_json::Error, text: &str) -> String {
        let what = if self.too_deep.get() {
            format!("this is nested deeper than the {MAX_DEPTH} levels that are read")
        } else if error.classify() == Category::Eof {
            "the JSON ends too early".to_owned()
        } else if error.to_string().starts_with("number out of range") {
            "a number is larger than can be read".to_owned()
        } else if ["NaN", "Infinity"].iter().any(|word| text.contains(word)) {
            "this is not JSON, which has neither NaN nor Infinity".to_owned()
        } else {
            "this is not JSON".to_owned()
        };
        format!("{what}, at line {} column {}", error.line(), error.column())
    }
}

/// Where a value stands; a list of stack frames, so that only a mistake is written out.
enum Path<'a> {
    Top,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Top => Ok(()),
            Path::Field(Path::Top, name) => f.write_str(shown_name(name)),
            Path::Field(parent, name) => write!(f, "{parent}.{}", shown_name(name)),
            Path::Item(parent, at) => write!(f, "{parent}[{at}]"),
        }
    }
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Level<'a> {
    found: &'a Found,
    depth: usize,
    path: &'a Path<'a>,
}

impl Level<'_> {
    fn deeper<E: Error>(&self) -> Result<usize, E> {
        if self.depth == MAX_DEPTH {
            self.found.too_deep.set(true);
            return Err(E::custom("too deep"));
        }
        Ok(self.depth + 1)
    }

    fn repeated(&self, name: &str) {
        let mut repeated = self.found.repeated.borrow_mut();
        if repeated.len() < MAX_REPEATED_SHOWN {
            let path = Path::Field(self.path, name).to_string();
            if !repeated.contains(&path) {
                repeated.push(path);
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut list = Vec::new();
        loop {
            let path = Path::Item(self.path, list.len());
            match items.next_element_seed(Level { found: self.found, depth, path: &path })? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let path = Path::Field(self.path, &name);
            let value = fields.next_value_seed(Level { found: self.found, depth, path: &path })?;
            if object.contains_key(&name) {
                self.repeated(&name);
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_json_is_read_as_by_everybody() {
        for text in [
            "null",
            "[]",
            "{}",
            r#"{"height":175,"weight":75.5,"build":{"chest":"broader"},"measured":true}"#,
            r#"[1,-1,1e3,0.1,18446744073709551615,18446744073709551616,"\u00e9\ud83d\ude00",{"a":[]}]"#,
            " \r\n\t{\"a\" : null}\n",
        ] {
            assert_eq!(
                read(text.as_bytes()).unwrap(),
                serde_json::from_str::<Value>(text).unwrap()
            );
        }
        assert_eq!(read(b"\xef\xbb\xbf{}").unwrap(), Value::Object(Map::new()));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_place() {
        let utf16: Vec<u8> = "{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let rows: &[(&[u8], &str)] = &[
            (b"", "there is nothing here"),
            (b" \n", "there is nothing here"),
            (b"\xef\xbb\xbf", "there is nothing here"),
            (b"{", "the JSON ends too early, at line 1 column 1"),
            (b"{\"a\":1}\n{", "this is not JSON, at line 2 column 1"),
            (b"{\"a\":1}x", "this is not JSON, at line 1 column 8"),
            (b"{\"a\":NaN}", "this is not JSON, which has neither NaN nor Infinity, at line 1"),
            (b"{\"a\":-Infinity}", "this is not JSON, which has neither NaN nor Infinity"),
            (b"{\"a\":1e999}", "a number is larger than can be read, at line 1 column 10"),
            (b"{\"a\":01}", "this is not JSON"),
            (b"{'a':1}", "this is not JSON"),
            (b"{\"a\":1,}", "this is not JSON"),
            (b"{\"a\":\"\xff\"}", "byte 7 is not UTF-8"),
            (b"\xff\xfe{\0", "this looks like UTF-16"),
            (&utf16, "this looks like UTF-16"),
            (b"{\"a\":\"\\ud800\"}", "this is not JSON"),
        ];
        for (bytes, expected) in rows {
            let mistake = read(bytes).unwrap_err();
            let Mistake::Syntax(said) = &mistake else { panic!("{mistake:?}") };
            assert!(said.starts_with(expected), "{said}, not {expected}");
        }
    }

    #[test]
    fn sixteen_levels_are_read_and_seventeen_are_not() {
        let nested = |levels| "[".repeat(levels) + &"]".repeat(levels);
        assert!(read(nested(MAX_DEPTH).as_bytes()).is_ok());
        for text in
            [nested(MAX_DEPTH + 1), nested(100_000), "{\"a\":".repeat(5_000), "[".repeat(17)]
        {
            let Err(Mistake::Syntax(said)) = read(text.as_bytes()) else { panic!() };
            assert!(said.starts_with("this is nested deeper than the 16 levels"), "{said}");
        }
    }

    #[test]
    fn what_is_given_twice_is_named() {
        for (text, expected) in [
            (r#"{"height":1,"height":2}"#, vec!["height"]),
            (r#"{"height":1,"h\u0065ight":2,"height":3}"#, vec!["height"]),
            (
                r#"{"build":{"chest":"a","chest":"a"},"weight":1,"weight":1}"#,
                vec!["build.chest", "weight"],
            ),
            (r#"{"questions":[{"a":1},{"a":1,"a":2}]}"#, vec!["questions[1].a"]),
            (r#"[[{"a":1,"a":2}]]"#, vec!["[0][0].a"]),
            (r#"{"175 cm":1,"175 cm":2}"#, vec!["(a name not shown)"]),
            (r#"{"build":1,"build":{"a":1}}"#, vec!["build"]),
        ] {
            let expected = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(read(text.as_bytes()), Err(Mistake::Repeated(expected)), "{text}");
        }
        let many: String = ('a'..='z').map(|c| format!("\"{c}\":1,\"{c}\":1,")).collect();
        let Err(Mistake::Repeated(named)) = read(format!("{{{many}\"A\":1}}").as_bytes()) else {
            panic!()
        };
        assert_eq!(named.len(), MAX_REPEATED_SHOWN);
    }

    proptest! {
        /// What it takes, `serde_json` takes alike; what it refuses is not read as something else.
        #[test]
        fn any_text_is_read_as_by_everybody_or_refused(
            text in r#"([\[\]{},:]|"[ab]"|[0-9]{1,3}|null|true|1e999|-| ){0,24}"#,
        ) {
            let own = read(text.as_bytes());
            match serde_json::from_str::<Value>(&text) {
                Ok(value) => match own {
                    Ok(read) => prop_assert_eq!(read, value),
                    Err(Mistake::Syntax(said)) => prop_assert!(said.contains("nested"), "{}", said),
                    Err(Mistake::Repeated(_)) => prop_assert!(text.contains(':')),
                },
                Err(_) => prop_assert!(matches!(own, Err(Mistake::Syntax(_)))),
            }
        }
    }
}
