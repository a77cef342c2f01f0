//! A list of people as a spreadsheet writes it: CSV with the names of columns in its first row.
//!
//! The separator is the one that the first row has most of (`,` `;` or tab). Rows are counted as the
//! spreadsheet shows them: an empty line is a row, a line break inside a cell is not. What is wrong with the
//! first row is the whole table's mistake; what is wrong with another is that row's alone.

use super::columns::{self, Column};
use super::list::check_count;
use super::{Item, Label, MOST_QUESTIONS};
use crate::problem::{Kind, Problem};
use crate::sizing::refusal::{Code, FieldError, Refusal};
use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// How a table is written; an answer to it is written the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub separator: u8,
    /// Excel takes a table without it for one of the old code pages.
    pub byte_order_mark: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { separator: b',', byte_order_mark: false }
    }
}

impl Dialect {
    fn of(text: &str) -> (Dialect, &str) {
        let rest = text.strip_prefix(BYTE_ORDER_MARK);
        let body = rest.unwrap_or(text);
        let first = body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
        // Of equals the last, which is the comma.
        let separator = [b'\t', b';', b','].into_iter().max_by_key(|s| count(*s)).unwrap_or(b',');
        (Dialect { separator, byte_order_mark: rest.is_some() }, body)
    }

    /// Whether `175,5` is a number: not where a comma ends a cell.
    pub fn decimal_comma(self) -> bool {
        self.separator != b','
    }
}

/// # Errors
/// What is wrong with the table as a whole, or with its first row.
pub fn read(bytes: &[u8]) -> Result<(Vec<Item>, Dialect), Problem> {
    let (dialect, text) = Dialect::of(text(bytes)?);
    let mut rows = Rows::new(text, dialect);
    let Some((row, header)) = rows.next()? else {
        check_count("questions", 0)?;
        return Ok((Vec::new(), dialect));
    };
    let columns = columns::read(header.iter())
        .map_err(|errors| Problem::invalid_request(errors).with_row(Some(row)))?;
    let mut items = Vec::new();
    while let Some((row, cells)) = rows.next()? {
        items.push(item(row, &cells, &columns, dialect));
        // The rest is not read.
        if items.len() > MOST_QUESTIONS {
            break;
        }
    }
    check_count("questions", items.len())?;
    Ok((items, dialect))
}

fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|error| {
        let row = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        let detail =
            format!("the table is not UTF-8 in row {row}; save it as \"CSV UTF-8\" and send that");
        Problem::new(Kind::NotCsv, detail).with_row(Some(row))
    })
}

/// The rows that are not empty, with their numbers.
struct Rows<'t> {
    text: &'t [u8],
    reader: csv::Reader<&'t [u8]>,
    row: usize,
}

impl<'t> Rows<'t> {
    fn new(text: &'t str, dialect: Dialect) -> Self {
        let reader = ReaderBuilder::new()
            .delimiter(dialect.separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        Rows { text: text.as_bytes(), reader, row: 0 }
    }

    fn next(&mut self) -> Result<Option<(usize, StringRecord)>, Problem> {
        let mut record = StringRecord::new();
        let broken = |_| Problem::new(Kind::NotCsv, "the table cannot be read as CSV");
        while self.reader.read_record(&mut record).map_err(broken)? {
            let at = record.position().map_or(0, csv::Position::byte) as usize;
            self.row += 1 + empty_lines(self.text, at);
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some((self.row, record)));
            }
        }
        Ok(None)
    }
}

/// Empty lines between the end of a record and the next: the reader passes over them.
fn empty_lines(text: &[u8], end: usize) -> usize {
    let rest = &text[end.min(text.len())..];
    // The reader stops between the two halves of a line's end.
    let halfway = end > 0 && text[end - 1] == b'\r' && rest.first() == Some(&b'\n');
    let rest = if halfway { &rest[1..] } else { rest };
    let breaks = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let breaks = &rest[..breaks];
    let pairs = breaks.windows(2).filter(|pair| pair == b"\r\n").count();
    breaks.len() - pairs
}

fn item(row: usize, cells: &StringRecord, columns: &[Column], dialect: Dialect) -> Item {
    let mut label = Label::default();
    let mut question = Map::new();
    let mut mistakes = Vec::new();
    if cells.len() != columns.len() {
        mistakes.push(ragged(row, cells, columns.len()));
    }
    for (at, (cell, column)) in (1..).zip(cells.iter().zip(columns)) {
        let cell = cell.trim();
        if cell.is_empty() {
            continue;
        }
        match column {
            Column::Id => label.id = Some(cell.to_owned()),
            Column::Name => label.name = Some(cell.to_owned()),
            Column::Field(name) => {
                columns::put(&mut question, name, cell, dialect.decimal_comma());
            }
            Column::Unnamed => {
                let message = format!("row {row}: column {at} has a cell and no name in row 1");
                mistakes.push(FieldError::new("", Code::UnknownField, message));
            }
        }
    }
    let question = match mistakes.is_empty() {
        true => Ok(Value::Object(question)),
        false => Err(Refusal { errors: mistakes }.into()),
    };
    Item { label, row: Some(row), question }
}

fn ragged(row: usize, cells: &StringRecord, columns: usize) -> FieldError {
    let hint = match cells.iter().any(|cell| cell.contains('\n')) {
        true => "; is there a quotation mark that is not closed?",
        false => "",
    };
    let message = format!("row {row} has {} cells, the first row {columns}{hint}", cells.len());
    FieldError::new("", Code::WrongType, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<usize> {
        let (items, _) = read(text.as_bytes()).unwrap_or_else(|p| panic!("{text:?}: {p:?}"));
        items.iter().filter_map(|item| item.row).collect()
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_shows_them() {
        for (text, expected) in [
            ("height,weight\n175,75\n180,80\n", vec![2, 3]),
            ("height,weight\r\n175,75\r\n180,80\r\n\r\n\r\n", vec![2, 3]),
            ("height,weight\r175,75\r\r180,80", vec![2, 4]),
            ("height,weight\n\n175,75\n\n\n180,80", vec![3, 6]),
            ("height,weight\r\n\r\n175,75\r\n,\r\n180,80", vec![3, 5]),
            ("\n\nheight,weight\n175,75", vec![4]),
            ("name,height,weight\n\"two\nlines\",175,75\n\"x\",180,80", vec![2, 3]),
            ("name,height,weight\r\n\"two\r\n\r\nlines\",175,75\r\n\r\n\"x\",180,80", vec![2, 4]),
        ] {
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_separator_is_found() {
        for (text, separator, byte_order_mark) in [
            ("height,weight", b',', false),
            ("\u{feff}height;weight", b';', true),
            ("height\tweight", b'\t', false),
            ("\n\nheight;weight", b';', false),
            ("height", b',', false),
        ] {
            assert_eq!(Dialect::of(text).0, Dialect { separator, byte_order_mark }, "{text:?}");
        }
    }
}
