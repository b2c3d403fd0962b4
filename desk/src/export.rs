//! `export`: every report as a JSON array, or as rows of a spreadsheet.

use brolly_protocol::report::{Offender, Vehicle};

use crate::casebook::{Case, Casebook};
use crate::fields::{self, Row, words, yes_no};
use crate::list::{hex, id};
use crate::show::View;
use crate::text;

/// An array of [`View`]s.
///
/// # Errors
/// An error of the encoder, which does not happen.
pub fn json(casebook: &Casebook) -> serde_json::Result<String> {
    let cases = casebook.cases().iter();
    let views: Vec<_> = cases.map(|case| View::of(casebook, case)).collect();
    Ok(text::json(&serde_json::to_string_pretty(&views)?) + "\n")
}

/// A heading and one line a report, every cell quoted and none a formula. Several offenders or vehicles share a cell,
/// apart by ` | `.
///
/// # Errors
/// An error of the encoder, which does not happen.
pub fn csv(casebook: &Casebook) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    let heading: Vec<_> = columns("", &Case::blank(), Vec::new())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    writer.write_record(&heading)?;
    for case in casebook.cases() {
        let answers = casebook.answers(&case.digest);
        let answers = answers.map(|(answer, _)| answer.text.as_str()).collect();
        let row = columns(&id(casebook, &case.digest), case, answers);
        writer.write_record(row.iter().map(|(_, said)| text::cell(said)))?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

/// A case's cells under their columns' names: the same columns for every case.
fn columns(id: &str, case: &Case, answers: Vec<&str>) -> Vec<(String, String)> {
    let report = &case.report;
    let own = [
        ("id", id.to_owned()),
        ("digest", hex(&case.digest)),
        ("fetched", case.received.to_string()),
        ("desk", words(&case.slot)),
        ("contact", case.contact.clone().unwrap_or_default()),
        ("photograph", yes_no(!report.photo.is_empty())),
    ];
    let offenders = report.offenders.iter().map(fields::offender).collect();
    let vehicles = report.vehicles.iter().map(fields::vehicle).collect();
    let named = |prefix: &'static str| {
        move |(name, said): Row| (format!("{prefix} {name}").trim_start().to_owned(), said)
    };
    own.into_iter()
        .map(named(""))
        .chain(
            fields::incident(&report.incident)
                .into_iter()
                .map(named("")),
        )
        .chain(
            joined(fields::offender(&Offender::default()), offenders)
                .into_iter()
                .map(named("offender")),
        )
        .chain(
            joined(fields::vehicle(&Vehicle::default()), vehicles)
                .into_iter()
                .map(named("vehicle")),
        )
        .chain(fields::harm(&report.harm).into_iter().map(named("")))
        .chain(fields::wishes(report).into_iter().map(named("")))
        .chain([("answers".to_owned(), answers.join(" | "))])
        .collect()
}

/// The rows of several, each label once. A label of which nothing was said stays empty.
fn joined(blank: Vec<Row>, all: Vec<Vec<Row>>) -> Vec<Row> {
    let at = |n: usize| {
        let said = all.iter().filter_map(|rows| Some(rows.get(n)?.1.as_str()));
        let said: Vec<_> = said.collect();
        match said.iter().all(|said| said.is_empty()) {
            true => String::new(),
            false => said.join(" | "),
        }
    };
    let labels = blank.into_iter().enumerate();
    labels.map(|(n, (label, _))| (label, at(n))).collect()
}

#[cfg(test)]
mod tests {
    use crate::casebook::{Record, sample};

    use super::*;

    fn rows(casebook: &Casebook) -> Vec<std::collections::BTreeMap<String, String>> {
        let bytes = csv(casebook).unwrap();
        csv::Reader::from_reader(bytes.as_slice())
            .deserialize()
            .collect::<Result<_, _>>()
            .unwrap()
    }

    #[test]
    fn spec_11_6_a_csv_row_is_one_line_and_no_cell_of_it_is_a_formula() {
        let casebook = sample::casebook(&[
            ("11", "=HYPERLINK(\"http://x\",\"y\")"),
            ("22", "\t@SUM(A1)\r\n+1\n\u{1b}[2J"),
            ("33", "\"quoted\", and -1"),
        ]);
        let text = String::from_utf8(csv(&casebook).unwrap()).unwrap();
        assert_eq!(text.lines().count(), 4, "a heading, and one line a report");
        assert!(!text.contains(|c: char| c != '\n' && c.is_control()));
        let rows = rows(&casebook);
        assert_eq!(rows[0]["narrative"], "'=HYPERLINK(\"http://x\",\"y\")");
        assert_eq!(rows[1]["narrative"], "'@SUM(A1) +1 <U+001B>[2J");
        assert_eq!(rows[2]["narrative"], "\"quoted\", and -1");
        for value in rows.iter().flat_map(|row| row.values()) {
            assert!(!value.starts_with(['=', '+', '-', '@', '\t']), "{value}");
        }
    }

    #[test]
    fn several_offenders_share_the_columns_of_one() {
        let mut casebook = sample::casebook(&[("22", "alone")]);
        let mut case = sample::case([0x11; 32], "two of them");
        let offender = |name: &str, hair: &str| Offender {
            names: vec![name.to_owned()],
            hair: hair.to_owned(),
            ..Offender::default()
        };
        case.report.offenders = vec![offender("Dave", "red"), offender("Ed", "")];
        case.contact = Some("+44 7700 900123".to_owned());
        sample::add(&mut casebook, Record::Case(Box::new(case)));
        let rows = rows(&casebook);
        assert_eq!(rows[1]["offender names used"], "Dave | Ed");
        assert_eq!(rows[1]["offender hair"], "red |");
        assert_eq!(rows[1]["offender eyes"], "");
        assert_eq!(rows[1]["contact"], "'+44 7700 900123");
        assert_eq!(rows[0]["kinds"], "robbery, threats");
        assert_eq!(rows[0]["id"], "22000000");
    }

    #[test]
    fn an_empty_casebook_exports_a_heading_and_an_empty_array() {
        let casebook = sample::casebook(&[]);
        assert_eq!(json(&casebook).unwrap(), "[]\n");
        let text = String::from_utf8(csv(&casebook).unwrap()).unwrap();
        assert!(text.starts_with("\"id\",\"digest\",\"fetched\",\"desk\",\"contact\","));
        assert_eq!(text.lines().count(), 1);
    }
}
