//! Holds SPEC to its word: every clause names a test that exists, and every test of a clause is named by it.

use std::collections::BTreeSet;

/// What is wrong between a specification and a list of tests; empty when they agree.
///
/// A clause is a paragraph of `docs/SPEC.md` that begins with its number in bold, `**4.2**`; it names its tests in
/// backticks. The list is what `cargo test -- --list` prints.
pub fn complaints(spec: &str, list: &str) -> Vec<String> {
    let tests: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter_map(|path| path.rsplit("::").next())
        .filter(|name| name.starts_with("spec_"))
        .collect();
    let mut named = BTreeSet::new();
    let mut complaints = Vec::new();
    let mut clauses = 0;
    for paragraph in spec.split("\n\n") {
        let Some(number) = clause(paragraph) else {
            continue;
        };
        clauses += 1;
        let prefix = format!("spec_{}_", number.replace('.', "_"));
        let own: Vec<&str> = names(paragraph)
            .filter(|n| n.starts_with(&prefix))
            .collect();
        if own.is_empty() {
            complaints.push(format!("clause {number} names no test of its own"));
        }
        for name in names(paragraph) {
            if !tests.contains(name) {
                complaints.push(format!("clause {number} names {name}, which is not a test"));
            }
            named.insert(name);
        }
    }
    if clauses == 0 {
        complaints.push("the specification has no clauses".to_string());
    }
    for test in tests.difference(&named) {
        complaints.push(format!("{test} is a test of no clause"));
    }
    complaints
}

fn clause(paragraph: &str) -> Option<&str> {
    let (number, _) = paragraph
        .trim_start()
        .strip_prefix("**")?
        .split_once("**")?;
    let (section, rest) = number.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits(section) && digits(rest)).then_some(number)
}

fn names(paragraph: &str) -> impl Iterator<Item = &str> {
    paragraph
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.starts_with("spec_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "mix::tests::spec_8_1_ticks: test\nspec_8_2_stays: test\nother: test\n";

    #[test]
    fn a_specification_that_agrees_with_its_tests_has_nothing_said_against_it() {
        let spec =
            "# SPEC\n\n**8.1** Ticks.\n`spec_8_1_ticks`\n\n**8.2** Stays. `spec_8_2_stays`\n";
        assert_eq!(complaints(spec, LIST), Vec::<String>::new());
    }

    #[test]
    fn clauses_without_tests_and_tests_without_clauses_are_told() {
        let spec = "**8.1** Ticks. `spec_8_1_gone`\n\n**8.3** Nothing.\n";
        assert_eq!(
            complaints(spec, LIST),
            [
                "clause 8.1 names spec_8_1_gone, which is not a test",
                "clause 8.3 names no test of its own",
                "spec_8_1_ticks is a test of no clause",
                "spec_8_2_stays is a test of no clause",
            ]
        );
        assert_eq!(complaints("", "").len(), 1);
    }
}
