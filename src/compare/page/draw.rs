//! What pictures are made of. Colours and fonts are the page's, so that they follow light and dark.

use super::markup::escaped;

/// A picture with a title and a description for those who do not see it.
pub(crate) fn picture(
    id: &str,
    class: &str,
    size: (f64, f64),
    title: &str,
    description: &str,
    content: &str,
) -> String {
    format!(
        "<svg class=\"{class}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {} {}\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n{content}</svg>\n",
        size.0,
        size.1,
        escaped(title),
        escaped(description)
    )
}

/// A piece of text.
pub(crate) fn text(x: f64, y: f64, class: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>\n", escaped(text))
}

/// A straight line.
pub(crate) fn line(from: (f64, f64), to: (f64, f64), class: &str) -> String {
    let ((x1, y1), (x2, y2)) = (from, to);
    format!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>\n")
}

/// Where values lie between two places.
pub(crate) struct Scale {
    left: f64,
    right: f64,
    least: f64,
    most: f64,
    pub(crate) logarithmic: bool,
}

/// Where values are so many times apart a linear scale shows the small ones no more.
const FAR_APART: f64 = 12.0;

impl Scale {
    /// Nothing where there are no values.
    pub(crate) fn over((left, right): (f64, f64), values: impl Iterator<Item = f64>) -> Option<Self> {
        let (least, most) = values.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), value| {
            (least.min(value), most.max(value))
        });
        if most <= 0.0 || !least.is_finite() {
            return None;
        }
        let mut scale = Self { left, right, least, most, logarithmic: false };
        if most > FAR_APART * least {
            scale.make_logarithmic();
        }
        Some(scale)
    }

    /// From a power of ten on.
    pub(crate) fn make_logarithmic(&mut self) {
        self.logarithmic = true;
        self.least = 10_f64.powf(self.least.max(self.most * 1e-9).log10().floor());
    }

    pub(crate) fn at(&self, value: f64) -> f64 {
        let part = match self.logarithmic {
            true => (value.max(self.least) / self.least).ln() / (self.most / self.least).ln(),
            false => value / self.most,
        };
        self.left + (self.right - self.left) * part.clamp(0.0, 1.0)
    }

    fn ticks(&self) -> Vec<f64> {
        if self.logarithmic {
            let powers = std::iter::successors(Some(self.least), |tick| Some(tick * 10.0));
            return powers.take_while(|tick| *tick <= self.most * 1.0001).collect();
        }
        let step = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0];
        let step = step.into_iter().find(|step| self.most / step <= 6.0).unwrap_or(100.0);
        (0..=6).map(|number| f64::from(number) * step).take_while(|tick| *tick <= self.most).collect()
    }

    pub(crate) fn grid(&self, bottom: f64, name: impl Fn(f64) -> String) -> String {
        let tick = |tick: f64| {
            let x = self.at(tick);
            line((x, 4.0), (x, bottom), "grid") + &text(x, bottom + 15.0, "tick-x", &name(tick))
        };
        self.ticks().into_iter().map(tick).collect()
    }
}

/// Without zeros that say nothing.
pub(crate) fn short(number: f64) -> String {
    let rounded = (number * 1000.0).round() / 1000.0;
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: f64 = 140.0;
    const RIGHT: f64 = 368.0;

    #[test]
    fn a_scale_is_logarithmic_where_values_are_far_apart() {
        let near = Scale::over((LEFT, RIGHT), [1.0, 2.0].into_iter()).unwrap();
        assert_eq!((near.logarithmic, near.at(0.0), near.at(2.0)), (false, LEFT, RIGHT));
        assert_eq!(near.ticks(), [0.0, 0.5, 1.0, 1.5, 2.0]);
        let far = Scale::over((LEFT, RIGHT), [0.05, 2.0].into_iter()).unwrap();
        assert!(far.logarithmic);
        assert_eq!((far.ticks().len(), far.at(0.01), far.at(2.0)), (3, LEFT, RIGHT));
        assert!(Scale::over((LEFT, RIGHT), std::iter::empty()).is_none());
    }
}
