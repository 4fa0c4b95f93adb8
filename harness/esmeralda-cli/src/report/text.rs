//! Pieces of results for a person: aligned columns, wrapped prose, and colours that only terminals get to see.

use anstyle::{AnsiColor, Style};
use esmeralda::outcome::Standing;
use std::fmt::Write;

/// What is wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is right.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What is doubtful.
pub(crate) const DOUBT: Style = AnsiColor::Yellow.on_default().bold();
/// What a line is about.
pub(crate) const HEAD: Style = Style::new().bold();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();

/// Lines are broken before this column.
const WIDTH: usize = 100;

/// A verdict in its colour.
pub(crate) fn verdict(standing: Standing) -> String {
    let (style, text) = match standing {
        Standing::Conforms => (GOOD, "conforms"),
        Standing::Undecided => (DOUBT, "undecided"),
        Standing::CouldNotRun => (DOUBT, "could not run"),
        Standing::Violates => (BAD, "violates"),
    };
    format!("{style}{text}{style:#}")
}

/// A number with commas: 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Names and values in two columns, counts to the right. A time is none: how wide it is changes from run to run.
pub(crate) fn facts(rows: &[(&str, String)]) -> String {
    let names = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let is_number = |text: &str| {
        let word = &text[..number_width(text)];
        word.starts_with(|c: char| c.is_ascii_digit()) && !word.contains('.')
    };
    let numbers = rows.iter().filter(|(_, text)| is_number(text)).map(|(_, text)| number_width(text)).max();
    let mut out = String::new();
    for (name, value) in rows {
        let pad = match numbers {
            Some(width) if is_number(value) => width - number_width(value),
            _ => 0,
        };
        let _ = writeln!(out, "  {DIM}{name:<names$}{DIM:#}  {:pad$}{value}", "");
    }
    out
}

fn number_width(text: &str) -> usize {
    text.find(' ').unwrap_or(text.len())
}

/// Rows in aligned columns; the last one is not padded.
pub(crate) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: &[String; N]| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = line(&heads.map(str::to_owned));
    let mut out = format!("{HEAD}{head}{HEAD:#}\n");
    rows.iter().for_each(|row| out.push_str(&(line(row) + "\n")));
    out
}

/// Prose, broken into lines and indented. Lines of its own are kept.
pub(crate) fn prose(text: &str, indent: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let own = line.chars().take_while(|c| *c == ' ').count();
        let indent = indent + own;
        let mut column = 0;
        for word in line.split_whitespace() {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > WIDTH {
                out.push('\n');
                column = 0;
            }
            if column == 0 {
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
        out.push('\n');
    }
    out
}

/// Text whose lines are broken already, indented.
pub(crate) fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
}
