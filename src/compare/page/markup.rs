//! Small pieces of HTML.

/// Text, with the letters that mean something written otherwise.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Elements of which there are several.
pub(super) struct Tag;

impl Tag {
    /// A part of the page.
    pub(super) fn section(id: &str, title: &str, body: &str) -> String {
        format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{}</h2>\n{body}</section>\n",
            escaped(title)
        )
    }

    /// A picture, and what it shows.
    pub(super) fn figure(class: &str, caption: &str, note: &str, picture: &str) -> String {
        format!(
            "<figure class=\"{class}\"><figcaption><strong>{}</strong> {}</figcaption>\n{picture}</figure>\n",
            escaped(caption),
            escaped(note)
        )
    }

    /// A table that may be wider than the window.
    pub(super) fn wide_table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
        let head: String =
            head.iter().map(|name| format!("<th scope=\"col\">{}</th>", escaped(name))).collect();
        let row = |row: &Vec<String>| {
            let cells = row.iter().enumerate().map(|(column, cell)| match column {
                0 => format!("<th scope=\"row\">{}</th>", escaped(cell)),
                _ => format!("<td>{}</td>", escaped(cell)),
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
