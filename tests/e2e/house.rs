//! Owns the rules of the house that a compiler does not check: which way the arrows go, and how a file opens. Must not
//! run the product.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every Rust file under a directory.
fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The lines of code of a file, without comments, each with its number.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
}

/// Whether a line of code has this path or word, not as a part of another.
fn mentions(line: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

/// The lines of a manifest that name one of our crates as a dependency of any kind.
fn named_in_manifest(manifest: &str, dependency: &str) -> bool {
    let mut inside = false;
    manifest.lines().any(|line| {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.starts_with('[') {
            inside = line.trim_matches(['[', ']']).split('.').any(|part| part.ends_with("dependencies"));
            return inside && line.trim_matches(['[', ']']).ends_with(&format!(".{dependency}"));
        }
        let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
        inside && name.trim_matches('"') == dependency
    })
}

/// Each crate with those of ours that it must not know.
const MUST_NOT_KNOW: [(&str, &[&str]); 6] = [
    ("claviger-api", &["claviger-daemon", "claviger-tui", "claviger-cli", "claviger", "claviger-bench"]),
    ("claviger-daemon", &["claviger-tui", "claviger-cli", "claviger", "claviger-bench"]),
    ("claviger-tui", &["claviger-daemon", "claviger-cli", "claviger", "claviger-bench"]),
    ("claviger-cli", &["claviger", "claviger-bench"]),
    ("claviger", &["claviger-tui", "claviger-bench"]),
    ("claviger-bench", &["claviger-tui", "claviger-cli", "claviger"]),
];

#[test]
fn arrows_go_from_the_command_line_to_daemon_and_interface_and_from_both_to_the_language_and_none_to_the_measures()
 {
    for (name, forbidden) in MUST_NOT_KNOW {
        let room = root().join("crates").join(name);
        let manifest = fs::read_to_string(room.join("Cargo.toml")).unwrap();
        for other in forbidden {
            assert!(!named_in_manifest(&manifest, other), "the manifest of {name} names {other}");
            let path = format!("{}::", other.replace('-', "_"));
            for file in rust_files(&room) {
                let text = fs::read_to_string(&file).unwrap();
                for (number, line) in code(&text) {
                    let turned = line
                        .match_indices(&path)
                        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
                    assert!(!turned, "{}:{number} uses {other}", file.display());
                }
            }
        }
    }
    let command_line = fs::read_to_string(root().join("crates/claviger-cli/Cargo.toml")).unwrap();
    for known in ["claviger-api", "claviger-daemon", "claviger-tui"] {
        assert!(named_in_manifest(&command_line, known), "the check of manifests does not see {known}");
    }
}

#[test]
fn these_tests_know_no_more_of_the_product_than_its_language() {
    for file in rust_files(&root().join("tests/e2e")) {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in code(&text) {
            let uses = line.trim_start();
            let turned = ["daemon", "tui", "cli"]
                .into_iter()
                .any(|room| uses.starts_with(&format!("use claviger_{room}")));
            assert!(!turned, "{}:{number} reaches into a library", file.display());
        }
    }
}

/// The files of a module, whether it is one file or a directory.
fn module_files(source: &Path, module: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let file = source.join(format!("{module}.rs"));
    if file.is_file() {
        files.push(file);
    }
    let directory = source.join(module);
    if directory.is_dir() {
        files.extend(rust_files(&directory));
    }
    files
}

/// The text of a file before its unit tests, which may use more.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

#[test]
fn token_and_domain_do_no_io_and_read_no_clock() {
    let source = root().join("crates/claviger-daemon/src");
    let forbidden = [
        "redb",
        "tokio",
        "jsonrpsee",
        "hyper",
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "SystemTime",
        "Instant",
    ];
    let mut seen = 0;
    for module in ["token", "domain"] {
        for file in module_files(&source, module) {
            seen += 1;
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in code(without_tests(&text)) {
                for word in forbidden {
                    assert!(!mentions(line, word), "{}:{number} uses {word}", file.display());
                }
            }
        }
    }
    assert!(seen >= 2, "token and domain are somewhere else than this test looks");
}

#[test]
fn only_the_store_knows_redb() {
    let source = root().join("crates/claviger-daemon/src");
    let store = module_files(&source, "store");
    for file in rust_files(&source).into_iter().filter(|file| !store.contains(file)) {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in code(without_tests(&text)) {
            assert!(
                !mentions(line, "redb::") && !mentions(line, "use redb"),
                "{}:{number} uses redb",
                file.display()
            );
        }
    }
}

#[test]
fn threads_of_the_service_meet_by_what_the_check_of_schedules_can_replace() {
    let service = root().join("crates/claviger-daemon/src/service");
    let elsewhere =
        ["std::thread", "std::sync::mpsc", "tokio::sync", "tokio::task", "tokio::time", "tokio::spawn"];
    let files = rust_files(&service);
    let product =
        files.iter().filter(|file| !file.starts_with(service.join("tests")) && !file.ends_with("tests.rs"));
    for file in product {
        let text = fs::read_to_string(file).unwrap();
        for (number, line) in code(text.split("mod tests {").next().unwrap_or_default()) {
            let lock = mentions(line, "std::sync")
                && ["Mutex", "RwLock", "Condvar"].iter().any(|lock| mentions(line, lock));
            let other = elsewhere.iter().any(|path| mentions(line, path));
            assert!(!lock && !other, "{}:{number} does not use crate::sync", file.display());
        }
    }
}

#[test]
fn the_interfaces_update_and_view_are_pure() {
    let source = root().join("crates/claviger-tui/src");
    let forbidden =
        ["tokio", "std::fs", "std::net", "std::process", "std::env", "SystemTime", "Instant::now"];
    for module in ["state", "update", "view", "keymap"] {
        for file in module_files(&source, module) {
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in code(without_tests(&text)) {
                for word in forbidden {
                    assert!(!mentions(line, word), "{}:{number} uses {word}", file.display());
                }
            }
        }
    }
}

#[test]
fn every_file_opens_by_saying_what_it_owns() {
    let mut files = rust_files(&root().join("crates"));
    files.extend(rust_files(&root().join("tests")));
    assert!(files.len() > 20);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with //!", file.display());
        let opening: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(
            opening.iter().map(|line| line.len()).sum::<usize>() > 30,
            "{} says too little",
            file.display()
        );
    }
}

#[test]
fn no_file_of_the_product_allows_unsafe_code() {
    for file in rust_files(&root().join("crates")) {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in code(&text) {
            assert!(!line.contains("allow(unsafe_code"), "{}:{number}", file.display());
        }
    }
}
