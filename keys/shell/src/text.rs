//! Disarming what strangers wrote, before a terminal or a spreadsheet sees it (SPEC §11.6).

use std::fmt::Write;

/// One line for a terminal: line breaks become spaces, and every character that a terminal obeys instead of showing,
/// or that changes the order or presence of others, is spelled out as `<U+001B>`.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\n' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            '\r' => {}
            c if is_hostile(c) => spell(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

/// Lines for a terminal: like [`line`](fn@line), with line breaks kept.
pub fn lines(text: &str) -> Vec<String> {
    text.trim().lines().map(line).collect()
}

/// A cell for a spreadsheet: one line, and never a formula. What would begin one gets an apostrophe in front.
pub fn cell(text: &str) -> String {
    let text = line(text);
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => format!("'{text}"),
        _ => text,
    }
}

/// JSON that says the same and shows nothing hostile: inside its strings such characters are `\u` escapes.
pub fn json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hostile(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// `text` in at most `width` columns, its end cut off and marked if need be.
pub fn fit(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += columns_of(c);
        if used > width {
            break;
        }
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// `text` cut or padded to `width` columns.
pub fn pad(text: &str, width: usize) -> String {
    let mut out = fit(text, width);
    let missing = width.saturating_sub(columns(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// How many columns of a terminal `text` takes, at the most.
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    let wide = matches!(c,
        '\u{1100}'..='\u{115f}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ffe6}'
        | '\u{1f000}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}');
    if wide { 2 } else { 1 }
}

/// Control characters, and those that are invisible, reorder what stands around them or break lines.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn spell(out: &mut String, c: char) {
    // Writing to a string does not fail.
    let _ = write!(out, "<U+{:04X}>", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_11_6_escape_sequences_and_bidi_overrides_are_spelled_out() {
        assert_eq!(
            line("\u{1b}]0;owned\u{7}red\u{1b}[31m"),
            "<U+001B>]0;owned<U+0007>red<U+001B>[31m"
        );
        assert_eq!(line("\u{9b}2J a\u{7f}b"), "<U+009B>2J a<U+007F>b");
        assert_eq!(
            line("plate \u{202e}CBA 321\u{2069}"),
            "plate <U+202E>CBA 321<U+2069>"
        );
        assert_eq!(
            line("in\u{200b}visible\u{e0041}"),
            "in<U+200B>visible<U+E0041>"
        );
        assert_eq!(line(" one\r\ntwo\tthree "), "one two three");
        assert_eq!(line("Straße 伞 👩\u{200d}🦰"), "Straße 伞 👩\u{200d}🦰");
        assert_eq!(lines("one\r\n\u{1b}two\n"), ["one", "<U+001B>two"]);
    }

    #[test]
    fn spec_11_6_a_spreadsheet_sees_no_formula() {
        for hostile in [
            "=1+1", "+44 7700", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "＝1",
        ] {
            let cell = cell(hostile);
            assert!(cell.starts_with('\''), "{hostile:?} became {cell:?}");
        }
        assert_eq!(cell("he said 1=1"), "he said 1=1");
        assert_eq!(cell(""), "");
    }

    #[test]
    fn spec_11_6_json_is_escaped_and_means_the_same() {
        let said = "\u{1b}[31m \u{9b} \u{202e} \u{e0041} \"quoted\"\n伞";
        let escaped = json(&serde_json::to_string_pretty(&[said]).unwrap());
        assert!(
            escaped.chars().all(|c| c == '\n' || !is_hostile(c)),
            "{escaped}"
        );
        let back: [String; 1] = serde_json::from_str(&escaped).unwrap();
        assert_eq!(back, [said]);
    }

    #[test]
    fn a_text_is_cut_to_the_columns_there_are() {
        assert_eq!(fit("umbrella", 8), "umbrella");
        assert_eq!(fit("umbrellas", 8), "umbrell…");
        assert_eq!(fit("伞伞伞", 5), "伞伞…");
        assert_eq!(columns(&fit("伞伞伞", 4)), 3);
        assert_eq!(fit("x", 0), "");
        assert_eq!(pad("伞", 4), "伞  ");
    }
}
