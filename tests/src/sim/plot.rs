//! Pictures: anonymity against delay, claimed against true probabilities, and how well senders are told from others.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use super::report::{Report, WANTED};

/// Points under a name each: half of the delay in minutes, and bits.
pub type Series = (String, Vec<(f64, f64)>);

/// Writes `frontier.svg`, `calibration.svg` and `roc.svg` into a folder.
///
/// # Errors
/// The folder cannot be written to.
pub fn write(folder: &Path, report: &Report) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    frontier(&folder.join("frontier.svg"), &report.frontier)?;
    calibration(&folder.join("calibration.svg"), report)?;
    roc(&folder.join("roc.svg"), report)
}

/// Of the rows that have to be reached, and of the page by visit: how many of the senders somebody finds who accuses the
/// likeliest candidates up to a share of them.
fn roc(path: &Path, report: &Report) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("senders told from others who can have sent it", FONT)
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("share of the others who are accused")
        .y_desc("share of the senders who are accused")
        .draw()?;
    chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], &BLACK))?;
    let by_visit = |name: &str| name.starts_with("as stated");
    let rows = report.groups.iter().flat_map(|group| {
        let rows = group.rows.iter();
        rows.filter(|row| group.title == WANTED || by_visit(&row.scenario))
    });
    for (place, row) in rows.enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let roc = &row.figures.roc;
        let points = (0..=ROC_POINTS).map(|point| {
            let accused = f64::from(point) / f64::from(ROC_POINTS);
            let found = roc.partition_point(|others| *others <= accused);
            (accused, found as f64 / roc.len().max(1) as f64)
        });
        chart
            .draw_series(LineSeries::new(points, &colour))?
            .label(format!("{} ({:.2})", row.scenario, row.figures.auc))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    area.present()?;
    Ok(())
}

fn frontier(path: &Path, series: &[Series]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("700 sessions an hour, one honest hop", FONT)
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..60.0, 2.0..10.0)?;
    chart
        .configure_mesh()
        .x_desc("minutes until half of the reports have arrived")
        .y_desc("bits of anonymity")
        .draw()?;
    for (place, (name, points)) in series.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        chart
            .draw_series(LineSeries::new(points.iter().copied(), &colour))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
        chart.draw_series(
            points
                .iter()
                .map(|point| Circle::new(*point, 3, colour.filled())),
        )?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    area.present()?;
    Ok(())
}

fn calibration(path: &Path, report: &Report) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("how often a claimed probability was true", FONT)
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d((1e-4..1.0).log_scale(), (1e-4..1.0).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("claimed")
        .y_desc("true")
        .draw()?;
    chart.draw_series(LineSeries::new([(1e-4, 1e-4), (1.0, 1.0)], &BLACK))?;
    for (place, (name, bins)) in report.calibration.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let enough = bins.iter().filter(|bin| bin.claimed * bin.count >= 10.0);
        chart
            .draw_series(
                enough.map(|bin| Circle::new((bin.claimed, bin.true_share), 3, colour.filled())),
            )?
            .label(name)
            .legend(move |(x, y)| Circle::new((x + 8, y), 3, colour.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    area.present()?;
    Ok(())
}

const SIZE: (u32, u32) = (760, 480);
const FONT: (&str, u32) = ("sans-serif", 18);
const ROC_POINTS: u32 = 200;
const COLOURS: [RGBColor; 9] = [
    RGBColor(200, 30, 30),
    RGBColor(30, 90, 200),
    RGBColor(20, 140, 60),
    RGBColor(150, 80, 200),
    RGBColor(220, 140, 0),
    RGBColor(90, 90, 90),
    RGBColor(0, 150, 160),
    RGBColor(120, 60, 20),
    RGBColor(230, 100, 160),
];
