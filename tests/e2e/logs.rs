//! Owns the tests of the log's forms. Must not test what is logged when.

use serde_json::{Value, json};

use crate::harness::Home;

fn with_format(format: &str) -> Home {
    let mut home = Home::new();
    home.under = vec!["env".to_owned(), format!("CLAVIGER_LOG_FORMAT={format}")];
    home
}

#[test]
fn each_line_of_a_json_log_is_an_object_with_its_facts_and_no_secret() {
    let mut daemon = with_format("json").start();
    let key = daemon.create_for_all("key");
    daemon.verify.ok("keys.verify", &json!({"secret": key.secret}));
    assert_eq!(daemon.stop(), 0);
    let log = daemon.home.log_text();
    assert!(!log.contains(&key.secret), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        for fact in ["timestamp", "level", "target", "message"] {
            assert!(line[fact].is_string(), "{line}");
        }
    }
    let said = |message| lines.iter().find(|line| line["message"] == message).unwrap();
    assert_eq!(said("ready")["runtime_dir"], daemon.home.run.to_str().unwrap());
    assert_eq!(said("asked to stop")["uid"], rustix::process::getuid().as_raw());
}

#[test]
fn the_journals_form_is_text_where_there_is_no_journal_to_take_it() {
    if std::path::Path::new("/run/systemd/journal/socket").exists() {
        return;
    }
    let mut daemon = with_format("journal").start();
    daemon.stop();
    assert!(
        daemon.home.log_text().contains("INFO claviger_daemon::run: ready"),
        "{}",
        daemon.home.log_text()
    );
}

#[test]
fn a_form_that_there_is_not_is_a_usage_error() {
    let failure = with_format("xml").start_in_vain();
    assert_eq!(failure.status, 2);
    assert!(failure.said.contains("CLAVIGER_LOG_FORMAT must be text, json or journal"), "{failure:?}");
    assert!(!failure.said.contains("xml"), "{failure:?}");
}
