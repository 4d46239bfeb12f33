//! Owns turning a drawn screen into an SVG for the documentation. Must not know what is drawn.
//!
//! The picture follows the reader's colour scheme, as a terminal would: the colours are classes, with one set for
//! light and one for dark. Every run of text is stretched to its cells, so that no font of the reader's breaks the grid;
//! lines and blocks are drawn as shapes, so that they meet.

use std::fmt::Write;

use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A cell, and the space around the screen. Pixels.
const CELL: (usize, usize) = (9, 19);
const MARGIN: usize = 14;
/// From the top of a cell to the line that letters stand on. Pixels.
const BASELINE: usize = 14;

const STYLE: &str = "\
text{font:15px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
.p{fill:#fbfbf9;stroke:#d5d5cf}.f{fill:#24292f}.b{fill:#fbfbf9}.cyan{fill:#0b7285}.green{fill:#2b7a3d}.yellow{fill:#946200}.red{fill:#b3261e}
.l{fill:none;stroke:#24292f}.l.cyan{stroke:#0b7285}.dim{opacity:.62}.bold{font-weight:700}
@media(prefers-color-scheme:dark){.p{fill:#16181d;stroke:#30343c}.f{fill:#d8dbe2}.b{fill:#16181d}
.cyan{fill:#56c8d8}.green{fill:#7bc88a}.yellow{fill:#e2b653}.red{fill:#f08a80}.l{fill:none;stroke:#d8dbe2}.l.cyan{stroke:#56c8d8}}";

/// How a run of cells looks.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    color: Option<&'static str>,
    modifier: Modifier,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let color = match cell.fg {
            Color::Reset => None,
            Color::Cyan => Some("cyan"),
            Color::Green => Some("green"),
            Color::Yellow => Some("yellow"),
            Color::Red => Some("red"),
            other => panic!("a colour without a class: {other:?}"),
        };
        Self { color, modifier: cell.modifier }
    }

    fn is(self, modifier: Modifier) -> bool {
        self.modifier.contains(modifier)
    }

    /// The classes of something filled, or of a line.
    fn classes(self, plain: &'static str) -> String {
        let fill = if self.is(Modifier::REVERSED) { "b" } else { self.color.unwrap_or("f") };
        let mut classes = if plain == "l" {
            [Some("l"), self.color].into_iter().flatten().collect::<Vec<_>>().join(" ")
        } else {
            fill.to_owned()
        };
        for (modifier, class) in [(Modifier::DIM, " dim"), (Modifier::BOLD, " bold")] {
            if self.is(modifier) {
                classes.push_str(class);
            }
        }
        classes
    }
}

/// The screen as an SVG. `title` says to those who cannot see it what it shows.
pub(super) fn svg(screen: &TestBackend, title: &str) -> String {
    let buffer = screen.buffer();
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" role=\"img\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"p\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n",
        escaped(title),
        width - 1,
        height - 1
    );
    for (y, row) in buffer.content.chunks(columns.max(1)).enumerate() {
        draw_row(&mut svg, row, MARGIN + y * CELL.1);
    }
    if screen.cursor_visible() {
        let at = screen.cursor_position();
        let (x, y) = (MARGIN + usize::from(at.x) * CELL.0, MARGIN + usize::from(at.y) * CELL.1);
        let _ = writeln!(svg, "<rect class=\"f\" x=\"{x}\" y=\"{}\" width=\"2\" height=\"16\"/>", y + 2);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw_row(svg: &mut String, row: &[Cell], y: usize) {
    let mut x = 0;
    while let Some(first) = row.get(x) {
        let look = Look::of(first);
        let drawn = is_shape(first);
        let mut text = String::new();
        let start = x;
        while let Some(cell) = row.get(x)
            && Look::of(cell) == look
            && is_shape(cell) == drawn
        {
            text.push_str(cell.symbol());
            x += cell.symbol().width().max(1);
        }
        let left = MARGIN + start * CELL.0;
        let wide = (x - start) * CELL.0;
        if look.is(Modifier::REVERSED) {
            let class = look.color.unwrap_or("f");
            let _ = writeln!(
                svg,
                "<rect class=\"f {class}\" x=\"{left}\" y=\"{y}\" width=\"{wide}\" height=\"{}\"/>",
                CELL.1
            );
        }
        if look.is(Modifier::UNDERLINED) {
            let y = y + BASELINE + 2;
            let class = look.classes("f");
            let _ = writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{left}\" y=\"{y}\" width=\"{wide}\" height=\"1\"/>"
            );
        }
        if drawn {
            draw_shapes(svg, &text, look, left, y);
        } else if !text.trim().is_empty() {
            draw_text(svg, &text, look, left, y);
        }
    }
}

/// Writes the words of a run, each group of them at its place: several blanks in a row would become one.
fn draw_text(svg: &mut String, text: &str, look: Look, left: usize, y: usize) {
    let mut before = 0;
    for words in text.split("  ") {
        let start = before + words.width() - words.trim_start().width();
        before += words.width() + 2;
        let words = words.trim();
        if !words.is_empty() {
            let _ = writeln!(
                svg,
                "<text class=\"{}\" x=\"{}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
                look.classes("f"),
                left + start * CELL.0,
                y + BASELINE,
                words.width() * CELL.0,
                escaped(words)
            );
        }
    }
}

fn draw_shapes(svg: &mut String, text: &str, look: Look, left: usize, y: usize) {
    let (mut lines, mut bars) = (String::new(), String::new());
    let mut rest = text;
    while let Some(symbol) = rest.chars().next() {
        let x = left + (text.width() - rest.width()) * CELL.0;
        let same = rest.len() - rest.trim_start_matches(symbol).len();
        let count = same / symbol.len_utf8();
        match shape(symbol) {
            Some(Shape::Across) => {
                let _ = write!(lines, "M{x} {y}m0 9.5h{}", count * CELL.0);
            }
            Some(Shape::Line(steps)) => {
                for at in 0..count {
                    let _ = write!(lines, "M{} {y}{steps}", x + at * CELL.0);
                }
            }
            Some(Shape::Bar(eighths)) => {
                let tall = CELL.1 * eighths / 8;
                for at in 0..count {
                    let _ = write!(bars, "M{} {}h8v{tall}h-8z", x + at * CELL.0, y + CELL.1 - tall);
                }
            }
            None => {}
        }
        rest = &rest[same..];
    }
    for (class, path) in [("l", lines), ("f", bars)] {
        if !path.is_empty() {
            let _ = writeln!(svg, "<path class=\"{}\" d=\"{path}\"/>", look.classes(class));
        }
    }
}

/// What a character of lines or blocks is drawn as.
enum Shape {
    /// A line through the middle of the cell, and of those like it beside it.
    Across,
    /// Steps of a path from the top left of the cell.
    Line(&'static str),
    /// A bar from the bottom, so many eighths of the cell high.
    Bar(usize),
}

fn shape(symbol: char) -> Option<Shape> {
    let steps = match symbol {
        '─' => return Some(Shape::Across),
        '│' => "m4.5 0v19",
        '╭' => "m4.5 19v-4.5q0-5 4.5-5",
        '╮' => "m0 9.5q4.5 0 4.5 5v4.5",
        '╰' => "m4.5 0v4.5q0 5 4.5 5",
        '╯' => "m0 9.5q4.5 0 4.5-5v-4.5",
        _ => return "▁▂▃▄▅▆▇█".chars().position(|bar| bar == symbol).map(|at| Shape::Bar(at + 1)),
    };
    Some(Shape::Line(steps))
}

/// Whether a cell holds a line or a block.
fn is_shape(cell: &Cell) -> bool {
    cell.symbol().chars().next().and_then(shape).is_some()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
