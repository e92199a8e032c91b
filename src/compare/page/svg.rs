//! The pictures: bars, small multiples of curves, ranges. Colours and fonts are the page's, so that they follow light and dark.

use super::draw::{Scale, line, picture, short, text};
use super::markup::Tag;
use crate::compare::figures::{Figures, Point, Spread};
use crate::compare::model::{Language, Model};
use crate::compare::words::{digits, seconds, times, workers};
use crate::compare::work::Kind;
use std::fmt::Write;

/// Units of a picture's width. Where there is less room it shrinks, and stays readable.
const WIDTH: f64 = 470.0;
/// Where bars begin; before that stand names.
const LEFT: f64 = 140.0;
/// Where they end at most; behind that stand figures.
const RIGHT: f64 = 368.0;
/// From one row to the next.
const ROW: f64 = 26.0;

const fn class_of(model: Model) -> &'static str {
    match (model, model.language()) {
        (Model::Serial, _) => "serial",
        (_, Language::Rust) => "rust",
        (_, Language::Python) => "python",
    }
}

/// The best point of each model on this work.
fn best(figures: &Figures, kind: Kind) -> Vec<&Point> {
    figures.models().into_iter().filter_map(|model| figures.best(kind, model)).collect()
}

/// Throughput over that of the serial loop: bars, on a logarithmic scale where Python is far behind.
pub(super) fn throughput(figures: &Figures, kind: Kind) -> String {
    let points = best(figures, kind);
    let rows: Vec<(&Point, Spread)> =
        points.iter().map(|point| (*point, of_serial(figures, point))).collect();
    let Some(scale) =
        Scale::over((LEFT, RIGHT), rows.iter().flat_map(|(_, of)| [of.low, of.high]).chain([1.0]))
    else {
        return String::new();
    };
    let bottom = 8.0 + ROW * rows.len() as f64;
    let mut content = scale.grid(bottom, |tick| format!("{}×", short(tick)));
    content += &line((scale.at(1.0), 4.0), (scale.at(1.0), bottom), "one");
    for (index, (point, of)) in rows.iter().enumerate() {
        let middle = 8.0 + ROW * (index as f64 + 0.5);
        content += &bar(point, of, &scale, middle);
    }
    let said = rows.iter().map(|(point, of)| {
        format!("{} with {}: {}", point.model.title(), workers(point.workers), times(of.median))
    });
    let said: Vec<String> = said.collect();
    let title = format!("Throughput of {} by model, over that of the serial loop", kind.title());
    let id = format!("{kind}-throughput");
    let drawn = picture(&id, "bars", (WIDTH, bottom + 22.0), &title, &said.join("; "), &content);
    let note = match scale.logarithmic {
        true => {
            "over that of the serial loop, each with the number of workers that suits it best (logarithmic)"
        }
        false => "over that of the serial loop, each with the number of workers that suits it best",
    };
    Tag::figure("bars", "Throughput", note, &drawn)
}

/// Throughput over the median of the serial loop, which Python's has as well.
fn of_serial(figures: &Figures, point: &Point) -> Spread {
    if let (Some(ratio), Language::Rust) = (point.ratio, point.model.language()) {
        return ratio;
    }
    let serial = figures
        .best(point.kind, Model::Serial)
        .map_or(point.throughput.median, |serial| serial.throughput.median);
    let Spread { median, low, high, runs } = point.throughput;
    Spread { median: median / serial, low: low / serial, high: high / serial, runs }
}

fn bar(point: &Point, of: &Spread, scale: &Scale, middle: f64) -> String {
    let (name, class) = (point.model.name(), class_of(point.model));
    let (zero, end) = (LEFT, scale.at(of.median));
    let width = (end - zero).max(1.0);
    let mut drawn = text(LEFT - 8.0, middle + 4.0, "name", name);
    let _ = writeln!(
        drawn,
        "<rect x=\"{zero:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{}\" rx=\"2\" class=\"{class}\"/>",
        middle - 8.0,
        16
    );
    drawn += &line((scale.at(of.low), middle), (scale.at(of.high), middle), "whisker");
    let after = scale.at(of.high).max(end) + 6.0;
    drawn + &text(after, middle + 4.0, "value", &format!("{} · {}w", digits(of.median), point.workers))
}

/// Speed-up over one worker: a small picture for each model.
pub(super) fn speed_up(figures: &Figures, kind: Kind) -> String {
    let curve = |model: Model| {
        let points = figures.of(kind, model).filter_map(|point| Some((point.workers, point.speed_up?)));
        let points: Vec<(usize, Spread)> = points.collect();
        (points.len() > 1).then_some((model, points))
    };
    let curves: Vec<(Model, Vec<(usize, Spread)>)> = figures.models().into_iter().filter_map(curve).collect();
    let all = || curves.iter().flat_map(|(_, points)| points);
    let Some(most) = all().map(|(workers, _)| *workers).max() else { return String::new() };
    let highest = all().map(|(_, of)| of.high).fold(1.0, f64::max).max(2.0).min(most as f64 * 1.3);
    let small: String =
        curves.iter().map(|(model, points)| small_curve(kind, *model, points, most, highest)).collect();
    let note = "over one worker, by the number of workers; dashed: each worker adds as much as the first";
    Tag::figure("curves", "Speed-up", note, &format!("<div class=\"multiples\">\n{small}</div>\n"))
}

const SMALL: (f64, f64) = (150.0, 112.0);

fn small_curve(kind: Kind, model: Model, points: &[(usize, Spread)], most: usize, highest: f64) -> String {
    let (left, right, top, bottom) = (24.0, 138.0, 24.0, 92.0);
    let x = |workers: f64| left + (right - left) * (workers.log2() / (most as f64).log2().max(1.0));
    let y = |factor: f64| bottom - (bottom - top) * (factor / highest).clamp(0.0, 1.0);
    let mut content = text(4.0, 13.0, "small-name", model.name());
    for factor in [0.0, 1.0, highest.floor()] {
        content += &line((left, y(factor)), (right, y(factor)), "grid");
        content += &text(left - 5.0, y(factor) + 4.0, "tick-y", &short(factor));
    }
    let ideal: Vec<(f64, f64)> = (0..=32)
        .map(|step| (most as f64).powf(f64::from(step) / 32.0))
        .filter(|workers| *workers <= highest)
        .map(|workers| (x(workers), y(workers)))
        .collect();
    content += &path(&ideal, "ideal");
    let class = class_of(model);
    content += &path(
        &points.iter().map(|(workers, of)| (x(*workers as f64), y(of.median))).collect::<Vec<_>>(),
        &format!("curve {class}"),
    );
    for (workers, of) in points {
        let at = x(*workers as f64);
        content += &line((at, y(of.low)), (at, y(of.high)), "whisker");
        let _ = writeln!(
            content,
            "<circle cx=\"{at:.1}\" cy=\"{:.1}\" r=\"3\" class=\"{class}\"/>",
            y(of.median)
        );
        content += &text(at, bottom + 14.0, "tick-x", &workers.to_string());
    }
    let said: Vec<String> =
        points.iter().map(|(w, of)| format!("{}: {}", workers(*w), times(of.median))).collect();
    let title = format!("Speed-up of {} on {}", model.title(), kind.title());
    picture(&format!("{kind}-{model}-speed-up"), "small", SMALL, &title, &said.join("; "), &content)
}

fn path(points: &[(f64, f64)], class: &str) -> String {
    let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    format!("<polyline points=\"{}\" class=\"{class}\"/>\n", points.join(" "))
}

/// How long items took: from p50 by p99 to p99.9, on a logarithmic scale.
pub(super) fn latency(figures: &Figures, kind: Kind) -> String {
    let points = best(figures, kind);
    let values = points.iter().flat_map(|point| [point.latency.p50, point.latency.p999]);
    let Some(mut scale) = Scale::over((LEFT, RIGHT), values.filter(|seconds| *seconds > 0.0)) else {
        return String::new();
    };
    scale.make_logarithmic();
    let bottom = 8.0 + ROW * points.len() as f64;
    let mut content = scale.grid(bottom, seconds_short);
    for (index, point) in points.iter().enumerate() {
        content += &range(point, &scale, 8.0 + ROW * (index as f64 + 0.5));
    }
    let said = points.iter().map(|point| {
        let latency = &point.latency;
        let all = [latency.p50, latency.p99, latency.p999].map(seconds).join(", ");
        format!("{} with {}: {all}", point.model.title(), workers(point.workers))
    });
    let said: Vec<String> = said.collect();
    let title = format!("Latency of {} by model: p50, p99 and p99.9", kind.title());
    let id = format!("{kind}-latency");
    let drawn = picture(&id, "ranges", (WIDTH, bottom + 22.0), &title, &said.join("; "), &content);
    let note =
        "of an item: p50 (filled), p99 (ring), p99.9 (bar), with the same workers as above (logarithmic)";
    Tag::figure("ranges", "Latency", note, &drawn)
}

fn range(point: &Point, scale: &Scale, middle: f64) -> String {
    let (latency, class) = (&point.latency, class_of(point.model));
    let [p50, p99, p999] = [latency.p50, latency.p99, latency.p999].map(|seconds| scale.at(seconds));
    let mut drawn = text(LEFT - 8.0, middle + 4.0, "name", point.model.name());
    drawn += &line((p50, middle), (p999, middle), &format!("reach {class}"));
    drawn += &line((p999, middle - 6.0), (p999, middle + 6.0), &format!("end {class}"));
    let _ = writeln!(drawn, "<circle cx=\"{p99:.1}\" cy=\"{middle:.1}\" r=\"4\" class=\"ring {class}\"/>");
    let _ = writeln!(drawn, "<circle cx=\"{p50:.1}\" cy=\"{middle:.1}\" r=\"4\" class=\"{class}\"/>");
    drawn + &text(p999 + 8.0, middle + 4.0, "value", &seconds(latency.p999))
}

/// A power of ten.
fn seconds_short(value: f64) -> String {
    let (number, unit) = match value {
        v if v > 0.5 => (v, "s"),
        v if v > 0.5e-3 => (v * 1e3, "ms"),
        v if v > 0.5e-6 => (v * 1e6, "µs"),
        v => (v * 1e9, "ns"),
    };
    format!("{number:.0} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::example::{Example, spread};

    #[test]
    fn a_longer_bar_is_a_higher_throughput() {
        let figures = Example::new()
            .throughput(Kind::Cpu, Model::Serial, 1, spread(100.0, 100.0))
            .throughput(Kind::Cpu, Model::Threads, 2, spread(190.0, 210.0))
            .figures();
        let picture = throughput(&figures, Kind::Cpu);
        let widths =
            picture.split("width=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok());
        let widths: Vec<f64> = widths.collect();
        assert!(widths.len() == 2 && (widths[1] / widths[0] - 2.0).abs() < 0.01, "{widths:?}");
        assert!(picture.contains("OS threads with 2 workers: 2.00 ×"), "{picture}");
    }

    #[test]
    fn one_number_of_workers_makes_no_curve() {
        let figures = Example::new().throughput(Kind::Cpu, Model::Gil, 2, spread(1.0, 1.0)).figures();
        assert_eq!(speed_up(&figures, Kind::Cpu), "");
    }
}
