//! Owns how much of a test is done: little in every run, as much as a recipe of the justfile asks for in a long one. Must
//! not decide what is right.

/// How often to do something: what the environment says, else what is usual.
pub(crate) fn effort(variable: &str, usual: usize) -> usize {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is no number")),
        Err(_) => usual,
    }
}

/// Tells a figure to whoever runs a long form, with `--nocapture`.
#[allow(clippy::print_stdout, reason = "the recipes show what was measured")]
pub(crate) fn tell(figure: &str) {
    println!("figure: {figure}");
}
