//! Owns what the documentation shows of the interface: its pictures and its tables of presses, made from the code and
//! compared with what is committed. Must not be part of the product.

mod pictures;
mod presses;
mod svg;

use std::path::{Path, PathBuf};

/// Compares a file of the repository with what it should be, or writes it where `CLAVIGER_BLESS` is set.
fn check(path: &str, expected: &str, recipe: &str) {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path);
    if std::env::var_os("CLAVIGER_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().map(PathBuf::from).unwrap_or_default()).unwrap();
        std::fs::write(&file, expected).unwrap();
    }
    assert!(read(path) == expected, "{path} is stale: run `just {recipe}` and look at the difference");
}

/// A file of the repository; empty where there is none.
fn read(path: &str) -> String {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path);
    std::fs::read_to_string(file).unwrap_or_default()
}
