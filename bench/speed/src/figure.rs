//! Figures, and the table or lines in which they are printed.

use std::io::{self, Write as _};

use serde_json::json;

/// One measured number.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    ratio: Option<(String, f64)>,
    over: bool,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            ratio: None,
            over: false,
        }
    }

    /// A duration, from seconds.
    pub(crate) fn time(name: impl Into<String>, seconds: f64) -> Self {
        Self::new(name, seconds * 1_000.0, "ms")
    }

    /// A number of bytes.
    pub(crate) fn bytes(name: impl Into<String>, count: usize) -> Self {
        Self::new(name, number(count), "bytes")
    }

    /// The same number under another name.
    pub(crate) fn named(&self, name: impl Into<String>) -> Self {
        Self::new(name, self.value, self.unit)
    }

    pub(crate) fn value(&self) -> f64 {
        self.value
    }

    /// Compares with another value in the same unit.
    #[must_use]
    pub(crate) fn beside(mut self, name: &str, other: &Self) -> Self {
        self.ratio = Some((name.to_owned(), self.value / other.value));
        self
    }

    /// Compares with a limit.
    #[must_use]
    pub(crate) fn at_most(mut self, limit: f64) -> Self {
        let name = format!("the limit of {} {}", written(limit), self.unit);
        self.ratio = Some((name, self.value / limit));
        self.over = self.value > limit;
        self
    }

    fn row(&self) -> String {
        let ratio = self
            .ratio
            .as_ref()
            .map_or_else(String::new, |(to, ratio)| format!("{ratio:>6.2} × {to}"));
        let row = format!(
            "{:<64} {:>11} {:<6}{ratio}",
            self.name,
            written(self.value),
            self.unit
        );
        row.trim_end().to_owned()
    }

    fn line(&self) -> String {
        json!({
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "ratio_to": self.ratio.as_ref().map(|(to, _)| to),
            "ratio": self.ratio.as_ref().map(|(_, ratio)| ratio),
        })
        .to_string()
    }
}

/// Where figures go as they are measured.
pub(crate) struct Sheet {
    json: bool,
    over: Vec<String>,
    rows: Vec<String>,
}

/// Sizes that are over their limits.
#[derive(Debug, thiserror::Error)]
#[error("over the limit: {}", .0.join("; "))]
pub(crate) struct Over(Vec<String>);

impl Sheet {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            over: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        match self.json {
            true => Ok(()),
            false => self.row(format!("\n{text}")),
        }
    }

    pub(crate) fn put(&mut self, figure: &Figure) -> io::Result<()> {
        if figure.over {
            self.over.push(figure.name.clone());
        }
        match self.json {
            true => writeln!(io::stdout(), "{}", figure.line()),
            false => self.row(format!("  {}", figure.row())),
        }
    }

    /// Prints everything once more, without what was said between.
    pub(crate) fn table(&self) -> io::Result<()> {
        self.rows
            .iter()
            .try_for_each(|row| writeln!(io::stdout(), "{row}"))
    }

    fn row(&mut self, row: String) -> io::Result<()> {
        writeln!(io::stdout(), "{row}")?;
        self.rows.push(row);
        Ok(())
    }

    /// # Errors
    /// [`Over`] when a figure was over its limit.
    pub(crate) fn close(self) -> Result<(), Over> {
        if self.over.is_empty() {
            Ok(())
        } else {
            Err(Over(self.over))
        }
    }
}

/// A count as a figure's value: exact up to 2^32.
pub(crate) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// `1,234,567`
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three digits that count, or all before the point.
fn written(value: f64) -> String {
    match value {
        value if value < 1.0 => format!("{value:.4}"),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}")
            .parse()
            .map_or_else(|_| format!("{value:.0}"), grouped),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_one_row_or_one_line() {
        let base = Figure::time("base", 0.5);
        let figure = Figure::time("twice as long", 1.0).beside("base", &base);
        assert!(figure.row().starts_with("twice as long "));
        assert!(figure.row().ends_with("1,000 ms      2.00 × base"));
        assert_eq!(
            figure.line(),
            r#"{"name":"twice as long","ratio":2.0,"ratio_to":"base","unit":"ms","value":1000.0}"#
        );
        assert_eq!(
            Figure::bytes("b", 7).line(),
            r#"{"name":"b","ratio":null,"ratio_to":null,"unit":"bytes","value":7.0}"#
        );
    }

    #[test]
    fn what_is_over_its_limit_is_named_at_the_end() {
        let mut sheet = Sheet::new(true);
        sheet.put(&Figure::bytes("fits", 10).at_most(10.0)).unwrap();
        assert!(Sheet::new(true).close().is_ok());
        sheet
            .put(&Figure::bytes("too large", 11).at_most(10.0))
            .unwrap();
        let over = sheet.close().unwrap_err().to_string();
        assert_eq!(over, "over the limit: too large");
    }

    #[test]
    fn numbers_are_written_for_people() {
        let all = [0.01234, 1.234, 12.34, 123.4, 1_234.0, 1_234_567.0].map(written);
        assert_eq!(all, ["0.0123", "1.23", "12.3", "123", "1,234", "1,234,567"]);
    }
}
