//! The figures as one page that needs nothing else: no network, no script, no font.
//!
//! Pure: from figures to text. Pictures stand beside tables that say the same, so that nobody has to see them.

pub(crate) mod draw;
pub(crate) mod markup;
mod svg;
mod tables;

use self::markup::{Tag, document, escaped};
use super::advice::{Advice, advice};
use super::claims::{Claim, Verdict, claims};
use super::figures::Figures;
use super::model::{Language, Model};
use super::table;
use super::work::Kind;

/// The page.
#[must_use]
pub fn page(figures: &Figures) -> String {
    let mut body = head(figures);
    body += &recommendations(&advice(figures));
    body += &literature(&claims(figures));
    for kind in figures.kinds() {
        body += &work(figures, kind);
    }
    body += &tables::prices(figures);
    body += &solutions(figures);
    body += &method(figures);
    document("Concurrency models side by side", &body)
}

fn head(figures: &Figures) -> String {
    let machine = table::machine(&figures.machine, figures.rounds);
    let lines = machine.lines().map(escaped).collect::<Vec<_>>().join("<br>\n");
    let contents =
        figures.kinds().into_iter().map(|kind| format!("<a href=\"#{kind}\">{}</a>", kind.title()));
    let contents: Vec<String> =
        ["<a href=\"#which\">Which model</a>", "<a href=\"#literature\">Literature</a>"]
            .into_iter()
            .map(str::to_owned)
            .chain(contents)
            .chain(["<a href=\"#solutions\">Solutions</a>".to_owned()])
            .collect();
    format!(
        "<header>\n<h1>Concurrency models side by side</h1>\n<p class=\"lead\">The same work, done in each model: there is no one size \
         that fits all.</p>\n<p class=\"machine\">Measured on {lines}</p>\n<nav aria-label=\"Contents\">{}</nav>\n</header>\n",
        contents.join(" ")
    )
}

fn recommendations(advice: &[Advice]) -> String {
    if advice.is_empty() {
        return String::new();
    }
    let card = |advice: &Advice| {
        let language = if advice.language == Language::Python { "Python" } else { "Models" };
        format!(
            "<article class=\"card\"><p class=\"eyebrow\">{} · {language}</p><h3>{}</h3><p>{}</p></article>\n",
            escaped(advice.kind.title()),
            if advice.decided {
                escaped(&capital(advice.take.title()))
            } else {
                "Not decided here".to_owned()
            },
            escaped(&advice.text)
        )
    };
    let cards: String = advice.iter().map(card).collect();
    Tag::section("which", "Which model for which work", &format!("<div class=\"cards\">\n{cards}</div>\n"))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn literature(claims: &[Claim]) -> String {
    let answer = |claim: &Claim, index: usize| {
        let answer = &claim.answers[index];
        let class = match answer.verdict {
            Verdict::Confirmed => "yes",
            Verdict::Refuted => "no",
            Verdict::NotDecided => "open",
        };
        format!(
            "<div class=\"answer\"><span class=\"who\">{}</span> <strong class=\"{class}\">{}</strong> <span>{}</span></div>",
            table::here(answer.language),
            answer.verdict.in_words(),
            escaped(&answer.figures)
        )
    };
    let row = |claim: &Claim| {
        let answers: String = (0..claim.answers.len()).map(|index| answer(claim, index)).collect();
        format!("<tr><th scope=\"row\">{}</th><td>{answers}</td></tr>\n", escaped(claim.text))
    };
    let rows: String = claims.iter().map(row).collect();
    let table = format!(
        "<table class=\"claims\"><thead><tr><th scope=\"col\">What is said</th><th scope=\"col\">What was measured</th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table>\n"
    );
    Tag::section("literature", "What Python’s literature says", &table)
}

/// All that is known of one kind of work.
fn work(figures: &Figures, kind: Kind) -> String {
    let items = figures.works.iter().filter(|work| work.kind == kind).map(|work| {
        let language = if work.language == Language::Python { " in Python" } else { "" };
        format!("{} items a run{language}", work.items)
    });
    let items: Vec<String> = items.collect();
    let intro = format!("<p>An item {}. {}.</p>\n", escaped(kind.item()), escaped(&items.join(", ")));
    let pictures =
        [svg::throughput(figures, kind), svg::speed_up(figures, kind), svg::latency(figures, kind)];
    let pictures = format!("<div class=\"pictures\">\n{}</div>\n", pictures.concat());
    let title = capital(kind.title());
    Tag::section(kind.name(), &title, &(intro + &pictures + &tables::points(figures, kind)))
}

fn solutions(figures: &Figures) -> String {
    let source = |model: Model| {
        let file = |(name, text): &(&str, &str)| {
            format!("<h4>{}</h4>\n<pre tabindex=\"0\"><code>{}</code></pre>\n", escaped(name), escaped(text))
        };
        let files: String = model.source().iter().map(file).collect();
        format!(
            "<details><summary>{} <span class=\"count\">{} lines; a worker is {}</span></summary>\n{files}</details>\n",
            escaped(&capital(model.title())),
            model.lines(),
            escaped(model.worker())
        )
    };
    let all: String = figures.models().into_iter().map(source).collect();
    let intro =
        "<p>What is read here is what was run. Lines that are empty or a comment are not counted.</p>\n";
    Tag::section("solutions", "The solutions", &format!("{intro}{all}"))
}

const METHOD: &str = "\
<p>A run is a solution that does all items, in a process of its own. In a round each solution has its turn, so that whatever else the \
machine does hits all of them; what is compared is of the same round. A figure is the median of the rounds; the thin line beside a bar is \
where that median lies with a probability of 90&nbsp;% (of fewer than five rounds: from the least to the greatest).</p>
<dl>
<dt>Speed-up</dt><dd>throughput over that of the same solution with one worker.</dd>
<dt>Latency</dt><dd>how long an item took, as its worker saw it: waiting for the server, for a fork or for the interpreter lock is in it, \
waiting in a queue before it was begun is not. Of fewer than 1000 items p99.9 is the longest.</dd>
<dt>Fairness</dt><dd>Jain’s index over what the workers got done: 1 if it is the same for all, 1/n if one of n did everything.</dd>
<dt>CPU</dt><dd>time on processors of all processes of the solution, not of the server.</dd>
<dt>Memory</dt><dd>the most that all processes of the solution had together; what they share is counted for each.</dd>
<dt>Start-up</dt><dd>from the call of the solution until its first item is begun.</dd>
</dl>
";

fn method(figures: &Figures) -> String {
    let left_out: String =
        figures.left_out.iter().map(|what| format!("<li>{}</li>\n", escaped(what))).collect();
    let left_out = match left_out.is_empty() {
        true => String::new(),
        false => format!("<h3>Left out</h3>\n<ul>\n{left_out}</ul>\n"),
    };
    Tag::section("method", "How it was measured", &format!("{METHOD}{left_out}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::example::{Example, spread};

    fn example() -> Figures {
        Example::new()
            .throughput(Kind::Cpu, Model::Serial, 1, spread(98.0, 102.0))
            .speed_up(Kind::Cpu, Model::Threads, 1, spread(1.0, 1.0))
            .speed_up(Kind::Cpu, Model::Threads, 2, spread(1.8, 2.0))
            .left_out("a <b> & \"c\"")
            .figures()
    }

    #[test]
    fn a_page_needs_nothing_else() {
        let page = page(&example());
        for outside in ["http:", "https:", "<script", "<link", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("a &lt;b&gt; &amp; &quot;c&quot;"));
    }

    /// The pictures of a small example, as they stand in `snapshots/compare_pictures.snap`.
    #[test]
    fn pictures_are_drawn_as_before() {
        let figures = example();
        let kind = Kind::Cpu;
        let pictures =
            [svg::throughput(&figures, kind), svg::speed_up(&figures, kind), svg::latency(&figures, kind)];
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            insta::assert_snapshot!("compare_pictures", pictures.concat() + &tables::points(&figures, kind))
        });
    }

    #[test]
    fn each_tag_is_closed() {
        let page = page(&example());
        for tag in [
            "section", "table", "tr", "td", "th", "svg", "g", "text", "details", "figure", "article", "div",
            "p",
        ] {
            let opened =
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn each_picture_has_a_title_and_a_description() {
        let page = page(&example());
        let pictures = page.matches("<svg ").count();
        assert!(pictures >= 3);
        assert_eq!(
            (page.matches("<title id=").count(), page.matches("role=\"img\"").count()),
            (pictures, pictures)
        );
        assert_eq!(page.matches("<desc id=").count(), pictures);
    }
}
