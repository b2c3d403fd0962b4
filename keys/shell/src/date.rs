//! Days, counted from 1 January 1970, as people write them.

/// A day, as `2026-11-26`.
pub fn iso(day: u32) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A day in words, as `26 November 2026`.
pub fn words(day: u32) -> String {
    let (year, month, day) = civil(day);
    let name = usize::try_from(month - 1).ok().and_then(|n| MONTHS.get(n));
    format!("{day} {} {year}", name.unwrap_or(&""))
}

/// The day of a time in seconds since 1970.
pub fn of(seconds: u64) -> u32 {
    u32::try_from(seconds / DAY).unwrap_or(u32::MAX)
}

/// The month of a day, counted from January 1970.
pub fn month(day: u32) -> u32 {
    let (year, month, _) = civil(day);
    let months = (year * 12 + month).saturating_sub(1_970 * 12 + 1);
    u32::try_from(months).unwrap_or(u32::MAX)
}

/// The first day of a month, which is counted from January 1970.
pub fn first_of(month: u32) -> u32 {
    let months = u64::from(month) + 1_970 * 12 - 2;
    let (year, from_march) = (months / 12, months % 12);
    let (era, of_era) = (year / 400, year % 400);
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + (153 * from_march + 2) / 5;
    u32::try_from(era * 146_097 + day_of_era - 719_468).unwrap_or(u32::MAX)
}

/// Year, month and day of the proleptic Gregorian calendar, by counting in eras of 400 years from 1 March 0000.
fn civil(day: u32) -> (u64, u64, u64) {
    let days = u64::from(day) + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

const DAY: u64 = 86_400;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (day, iso_date, in_words) in [
            (0, "1970-01-01", "1 January 1970"),
            (11_016, "2000-02-29", "29 February 2000"),
            (20_783, "2026-11-26", "26 November 2026"),
            (20_819, "2027-01-01", "1 January 2027"),
        ] {
            assert_eq!(iso(day), iso_date);
            assert_eq!(words(day), in_words);
        }
        assert_eq!(of(1_764_000_000), 20_416);
        assert_eq!(month(20_783), 682);
        assert!(iso(u32::MAX).starts_with("11761191"));
    }

    #[test]
    fn every_month_begins_on_its_first_day() {
        assert_eq!((first_of(0), first_of(682)), (0, 20_758));
        for n in 0..12 * 500 {
            let first = first_of(n);
            assert!(iso(first).ends_with("-01"), "{n}: {}", iso(first));
            assert_eq!(month(first), n);
            assert_eq!(first.checked_sub(1).map(month), n.checked_sub(1));
        }
    }
}
