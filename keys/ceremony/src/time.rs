//! Dates and lengths of time in words.

/// The date of a moment (seconds since 1970, UTC), as `2026-11-23`.
pub(crate) fn date(seconds: u64) -> String {
    if seconds > LAST {
        return "after the year 9999".to_owned();
    }
    brolly_shell::date::iso(brolly_shell::date::of(seconds))
}

/// A moment (seconds since 1970) to the minute, as `2026-11-23 19:57 UTC`.
pub(crate) fn moment(seconds: u64) -> String {
    if seconds > LAST {
        return date(seconds);
    }
    let (hour, minute) = (seconds % DAY / 3_600, seconds % 3_600 / 60);
    format!("{} {hour:02}:{minute:02} UTC", date(seconds))
}

/// A length of time in its largest fitting unit, to a tenth, as `5.5 minutes`.
pub(crate) fn span(milliseconds: u128) -> String {
    let (unit, name) = UNITS
        .into_iter()
        .find(|(unit, _)| milliseconds >= *unit)
        .unwrap_or((1, "millisecond"));
    let tenths = milliseconds.saturating_mul(10).saturating_add(unit / 2) / unit;
    let (whole, tenth) = (tenths / 10, tenths % 10);
    let about = if tenths.checked_mul(unit) == milliseconds.checked_mul(10) {
        ""
    } else {
        "about "
    };
    match (whole, tenth) {
        (1, 0) => format!("{about}1 {name}"),
        (_, 0) => format!("{about}{whole} {name}s"),
        _ => format!("{about}{whole}.{tenth} {name}s"),
    }
}

const DAY: u64 = 86_400;
/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;
const UNITS: [(u128, &str); 5] = [
    (86_400_000, "day"),
    (3_600_000, "hour"),
    (60_000, "minute"),
    (1_000, "second"),
    (1, "millisecond"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let dates = [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            (4_107_542_400, "2100-03-01"),
            (LAST, "9999-12-31"),
            (u64::MAX, "after the year 9999"),
        ];
        for (seconds, want) in dates {
            assert_eq!(date(seconds), want);
        }
        assert_eq!(moment(1_764_000_000), "2025-11-24 16:00 UTC");
    }

    #[test]
    fn lengths_of_time_are_in_words_and_never_overflow() {
        let spans = [
            (604_800_000, "7 days"),
            (86_400_000, "1 day"),
            (90_000_000, "about 1 day"),
            (3_600_000, "1 hour"),
            (329_996, "about 5.5 minutes"),
            (15_000, "15 seconds"),
            (0, "0 milliseconds"),
        ];
        for (milliseconds, want) in spans {
            assert_eq!(span(milliseconds), want);
        }
        assert!(span(u128::MAX).ends_with("days"));
    }
}
