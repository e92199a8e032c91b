//! Small pieces of HTML.

const STYLE: &str = include_str!("style.css");

/// A whole page, with the style that all have.
pub(crate) fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escaped(title)
    )
}

/// Text, with the letters that mean something written otherwise.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Elements of which there are several.
pub(crate) struct Tag;

impl Tag {
    /// A part of the page.
    pub(crate) fn section(id: &str, title: &str, body: &str) -> String {
        format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{}</h2>\n{body}</section>\n",
            escaped(title)
        )
    }

    /// A picture, and what it shows.
    pub(crate) fn figure(class: &str, caption: &str, note: &str, picture: &str) -> String {
        format!(
            "<figure class=\"{class}\"><figcaption><strong>{}</strong> {}</figcaption>\n{picture}</figure>\n",
            escaped(caption),
            escaped(note)
        )
    }

    /// A table that may be wider than the window. Columns of words stand left.
    pub(crate) fn wide_table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
        let of_words =
            |column: usize| column > 0 && rows.iter().all(|row| row[column].starts_with(char::is_alphabetic));
        let classes: Vec<&str> =
            (0..head.len()).map(|column| if of_words(column) { " class=\"words\"" } else { "" }).collect();
        let head: String = head
            .iter()
            .zip(&classes)
            .map(|(name, class)| format!("<th scope=\"col\"{class}>{}</th>", escaped(name)))
            .collect();
        let row = |row: &Vec<String>| {
            let cells = row.iter().enumerate().map(|(column, cell)| match column {
                0 => format!("<th scope=\"row\">{}</th>", escaped(cell)),
                _ => format!("<td{}>{}</td>", classes[column], escaped(cell)),
            });
            format!("<tr>{}</tr>\n", cells.collect::<String>())
        };
        let rows: String = rows.iter().map(row).collect();
        format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table><caption>{0}</caption><thead><tr>{head}</tr></thead>\n\
             <tbody>\n{rows}</tbody></table></div>\n",
            escaped(caption)
        )
    }
}
