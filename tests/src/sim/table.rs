//! The table, for people.

use std::fmt::Write;

use super::linked::Linked;
use super::report::Report;
use super::scenario::Row;
use super::siege::{Held, Peace};

/// The whole report as text.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, report);
    text
}

/// A few rows as text.
pub fn rows(rows: &[Row]) -> String {
    let mut text = String::new();
    let _ = head(&mut text).and_then(|()| rows.iter().try_for_each(|row| line(&mut text, row)));
    text
}

fn head(text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "{:<58} {:>6} {:>7} {:>7} {:>6} {:>6} {:>7} {:>7} {:>6}  AUC, 95 %",
        "", "sess/h", "p50 min", "p99 min", "bits", "min-H", "top-1 %", "claimed", "worst"
    )
}

fn write(text: &mut String, report: &Report) -> std::fmt::Result {
    head(text)?;
    for rows in &report.groups {
        writeln!(text, "\n{}", rows.title)?;
        for row in &rows.rows {
            line(text, row)?;
        }
    }
    writeln!(text, "\nlinked reports: what is learnt of each, multiplied")?;
    for (name, rows) in &report.linked {
        for Linked {
            reports,
            people,
            entropy_bits,
            top1,
        } in rows
        {
            let bits = match entropy_bits.is_nan() {
                true => "    -".to_owned(),
                false => format!("{entropy_bits:.2}"),
            };
            writeln!(
                text,
                "  {name:<52} {reports:>3} reports  {bits:>6} bits  first guess right {:>5.1} %  ({people} people)",
                top1 * 100.0
            )?;
        }
    }
    writeln!(
        text,
        "\nn-1 and trickle: everybody else is kept out of a pool"
    )?;
    for Held {
        at_a_tick,
        flooded_before,
        guarded,
        adapts,
        cells_h,
        runs,
        in_time,
        lowest,
    } in &report.sieges
    {
        let pool = match (guarded, adapts) {
            (false, _) => "not guarded",
            (true, false) => "guarded",
            (true, true) => "guarded, attacker adapts",
        };
        writeln!(
            text,
            "  {pool:<24} {cells_h:>4.0} cells/h, {at_a_tick:>3} hostile a tick, {flooded_before:>2} min before: held in time in {:>5.1} % of {runs} runs, lowest honest occupancy {lowest:.0}",
            in_time * 100.0
        )?;
    }
    for Peace {
        cells_h,
        months,
        alarms_a_month,
        waiting,
        canaries,
        longer,
    } in &report.peace
    {
        writeln!(
            text,
            "  in peace, {cells_h:>4.0} cells/h for {months:.1} months: {alarms_a_month:.2} alarms a month, waits for a canary at {:.1} % of the ticks, canaries {:.1} % of the packets, a stay {longer:.2} times as long",
            waiting * 100.0,
            canaries * 100.0
        )?;
    }
    writeln!(
        text,
        "\ntagged, replayed and cut packets: {} of {} died at the first honest relay",
        report.meddled.died, report.meddled.sent
    )?;
    writeln!(text, "{} cells in all, seed {}", report.cells, report.seed)?;
    for miss in &report.missed {
        writeln!(text, "MISSED: {miss}")?;
    }
    Ok(())
}

fn line(text: &mut String, row: &Row) -> std::fmt::Result {
    let figures = &row.figures;
    writeln!(
        text,
        "  {:<56} {:>6.0} {:>7.1} {:>7.1} {:>6.2} {:>6.2} {:>7.2} {:>7.2} {:>6.2}  {:.3} {:.3}-{:.3}",
        row.scenario,
        row.sessions_h,
        figures.delay_p50_min,
        figures.delay_p99_min,
        figures.entropy_bits,
        figures.min_entropy_bits,
        figures.top1 * 100.0,
        figures.top1_claimed * 100.0,
        figures.worst_1pct_bits,
        figures.auc,
        figures.auc_95.0,
        figures.auc_95.1
    )
}
