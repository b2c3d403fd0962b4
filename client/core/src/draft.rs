//! What a report file holds: her words as TOML, before anything is decided about them.

use brolly_protocol::report::{Consent, Harm, Incident, Offender, ReplyWanted, Report, Vehicle};
use serde::Deserialize;

use crate::scrub;

/// A report as it is written: every part may be missing but what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Draft {
    /// What happened, when and where.
    pub incident: Incident,
    /// Who did it.
    pub offenders: Vec<Offender>,
    /// What they came in.
    pub vehicles: Vec<Vehicle>,
    /// What it did.
    pub harm: Harm,
    /// Whether and how soon an answer is wanted.
    pub reply: ReplyWanted,
    /// Who may see it.
    pub consent: Consent,
    /// How to reach her; sent only if somebody may read it.
    pub contact: String,
    /// What is hers, to be warned about. Never sent.
    pub own: Own,
}

/// Things that are the writer's own. They are compared with her words on her device and go nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Own {
    /// Names she goes by.
    pub names: Vec<String>,
    /// Her telephone numbers.
    pub phones: Vec<String>,
    /// Her e-mail addresses.
    pub emails: Vec<String>,
    /// Postcodes, streets or other words of her address.
    pub addresses: Vec<String>,
}

/// Why a text is not a report.
#[cfg(feature = "toml")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// A key or a value that nothing reads: a mistyped one, most likely.
    #[error("line {line}: there is no `{word}`; {advice}")]
    Unknown {
        /// Where, from 1.
        line: usize,
        /// What was written.
        word: String,
        /// The nearest known word, or all of them.
        advice: String,
    },
    /// Not TOML, or a value of another type.
    #[error("line {line}: {message}")]
    Invalid {
        /// Where, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

impl Draft {
    /// Reads a report file.
    ///
    /// # Errors
    /// [`DraftError`] names the line, and for a mistyped word the nearest one.
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str) -> Result<Self, DraftError> {
        toml::from_str(text).map_err(|error| explain(text, &error))
    }

    /// What a desk would read, without a photograph. A full postcode is cut to its first half.
    pub fn report(&self) -> Report {
        let mut incident = self.incident.clone();
        incident.area = outward(&incident.area).to_owned();
        Report {
            incident,
            offenders: self.offenders.clone(),
            vehicles: self.vehicles.clone(),
            harm: self.harm.clone(),
            reply: self.reply,
            consent: self.consent,
            photo: Vec::new(),
        }
    }

    /// Words of the narrative that may say who is writing.
    pub fn findings(&self) -> Vec<scrub::Finding> {
        let own = scrub::Own {
            names: self.own.names.clone(),
            phones: self.own.phones.clone(),
            emails: self.own.emails.clone(),
            addresses: self.own.addresses.clone(),
        };
        scrub::findings(&self.incident.narrative, &own)
    }

    /// Takes these words out of the narrative, and leaves "[...]" in their place.
    pub fn take_out(&mut self, findings: &[scrub::Finding]) {
        let narrative = &mut self.incident.narrative;
        for finding in findings.iter().rev() {
            if narrative.get(finding.range.clone()) == Some(finding.text.as_str()) {
                narrative.replace_range(finding.range.clone(), "[...]");
            }
        }
    }
}

/// The first half of a full British postcode; anything else as it is.
fn outward(area: &str) -> &str {
    let area = area.trim();
    let Some((outward, inward)) = area
        .char_indices()
        .rev()
        .nth(2)
        .and_then(|(at, _)| area.split_at_checked(at))
    else {
        return area;
    };
    let outward = outward.trim_end();
    let [digit, letters @ ..] = inward.as_bytes() else {
        return area;
    };
    let is_inward = digit.is_ascii_digit() && letters.iter().all(u8::is_ascii_alphabetic);
    let is_outward = (2..=4).contains(&outward.len())
        && outward.starts_with(|c: char| c.is_ascii_alphabetic())
        && outward.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && outward.contains(|c: char| c.is_ascii_digit());
    if is_inward && is_outward {
        outward
    } else {
        area
    }
}

#[cfg(feature = "toml")]
fn explain(text: &str, error: &toml::de::Error) -> DraftError {
    let start = error.span().map_or(0, |span| span.start);
    let line = text
        .get(..start)
        .unwrap_or_default()
        .matches('\n')
        .count()
        .saturating_add(1);
    // Serde has these two sentences for a mistyped key and for a mistyped choice.
    let mistyped = ["unknown field `", "unknown variant `"];
    if mistyped
        .iter()
        .any(|start| error.message().starts_with(start))
    {
        let mut words = error.message().split('`').skip(1).step_by(2);
        let word = words.next().unwrap_or_default().to_owned();
        let advice = advice(&word, &words.collect::<Vec<_>>());
        return DraftError::Unknown { line, word, advice };
    }
    DraftError::Invalid {
        line,
        message: error.message().replace('\n', "; "),
    }
}

#[cfg(feature = "toml")]
fn advice(word: &str, known: &[&str]) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(word, name);
    match known.iter().min_by_key(|name| distance(name)) {
        Some(name) if distance(name) * 2 <= name.len() => format!("did you mean `{name}`?"),
        _ => format!("what can stand here is `{}`", known.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use brolly_protocol::report::Kind;

    use super::*;

    #[test]
    fn a_report_file_is_read() {
        let draft = Draft::from_toml(
            r#"
            contact = "after six"
            reply = "soon"
            [incident]
            kinds = ["robbery"]
            date = "2026-11-14"
            area = "LS2"
            narrative = "he took the money"
            [[offenders]]
            names = ["Dean"]
            age-from = 30
            [[offenders.identifiers]]
            kind = "phone"
            value = "07700 900461"
            [consent]
            police-contact = true
            [own]
            names = ["Ana"]
            "#,
        )
        .unwrap();
        assert_eq!(draft.incident.kinds, [Kind::Robbery]);
        assert_eq!(draft.offenders[0].identifiers.len(), 1);
        assert_eq!(draft.own.names, ["Ana"]);
        assert_eq!(draft.report().consent, draft.consent);
        assert!(draft.report().consent.police_contact);
    }

    #[test]
    fn a_mistyped_key_or_choice_in_a_report_file_is_named_with_the_nearest_one() {
        let said = |text| Draft::from_toml(text).unwrap_err().to_string();
        assert_eq!(
            said("[incident]\nnarative = \"x\""),
            "line 2: there is no `narative`; did you mean `narrative`?"
        );
        assert_eq!(
            said("[consent]\npolise = true"),
            "line 2: there is no `polise`; did you mean `police`?"
        );
        assert_eq!(
            said("[incident]\nkinds = [\"robery\"]"),
            "line 2: there is no `robery`; did you mean `robbery`?"
        );
        assert!(said("photo = []").contains("what can stand here is `incident`"));
        assert!(said("[incident]\ndate = \"yesterday\"").contains("year-month-day"));
        assert!(said("contact = ").starts_with("line 1: "));
    }

    #[test]
    fn a_full_postcode_is_cut_to_its_first_half() {
        for (written, kept) in [
            ("LS2 7AB", "LS2"),
            ("ls27ab", "ls2"),
            ("SW1A 1AA", "SW1A"),
            (" LS2 ", "LS2"),
            ("Holbeck", "Holbeck"),
            ("Area 5AB", "Area 5AB"),
            ("é1é", "é1é"),
            ("", ""),
        ] {
            assert_eq!(outward(written), kept, "{written}");
        }
    }

    #[test]
    fn what_is_hers_is_found_and_taken_out() {
        let mut draft = Draft::from_toml(
            "[incident]\nnarrative = \"Ana here, ring me on 07700 900123 about the van.\"\n[own]\nnames = [\"Ana\"]",
        )
        .unwrap();
        let findings = draft.findings();
        assert_eq!(findings.len(), 2);
        draft.take_out(&findings);
        assert_eq!(
            draft.incident.narrative,
            "[...] here, ring me on [...] about the van."
        );
        assert!(draft.findings().is_empty());
    }
}
