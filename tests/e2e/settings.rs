//! Owns the tests of `config.toml`. Must not test what a setting does once it is taken.

use std::fs::{self};

use crate::harness::Home;

#[test]
fn an_unknown_setting_is_an_error_that_names_it() {
    for (config, named) in [
        ("colour = 1\n", "colour"),
        ("[argon2]\nmemory = 64\n", "memory"),
        ("[sockets]\nadmin_mode = \"0666\"\n", "admin_mode"),
        ("[digests]\nkept = \"auto\"\n", "kept"),
        ("[sokets]\nverify_mode = \"0600\"\n", "sokets"),
    ] {
        let home = Home::new();
        fs::write(home.config(), config).unwrap();
        let failure = home.start_in_vain();
        assert!(failure.said.contains(named), "{named} is not named: {}", failure.said);
        assert!(!home.admin().path().exists());
    }
}

#[test]
fn a_setting_out_of_its_bounds_is_an_error_that_names_it() {
    for (config, named) in [
        ("key_prefix = \"a\"\n", "key_prefix"),
        ("key_prefix = \"abcdefghijklm\"\n", "key_prefix"),
        ("key_prefix = \"CLV\"\n", "key_prefix"),
        ("key_prefix = \"a_b\"\n", "key_prefix"),
        ("key_prefix = 7\n", "key_prefix"),
        ("[argon2]\nmemory_kib = 131073\n", "memory_kib"),
        ("[argon2]\nmemory_kib = 0\n", "memory_kib"),
        ("[argon2]\niterations = 11\n", "iterations"),
        ("[argon2]\niterations = 0\n", "iterations"),
        ("[argon2]\nparallelism = 5\n", "parallelism"),
        ("[argon2]\nparallelism = 0\n", "parallelism"),
        ("[sockets]\nverify_mode = \"0777\"\n", "verify_mode"),
        ("[sockets]\nverify_mode = \"rw\"\n", "verify_mode"),
        ("[sockets]\nverify_group = \"no-such-group-here\"\n", "verify_group"),
        ("[sockets]\nadmin_group = \"no-such-group-here\"\n", "admin_group"),
        ("[sockets]\nadmin_uids = [\"root\"]\n", "admin_uids"),
        ("[digests]\nkeep = \"always\"\n", "digests.keep"),
        ("key_prefix = \n", "config.toml"),
    ] {
        let home = Home::new();
        fs::write(home.config(), config).unwrap();
        let failure = home.start_in_vain();
        assert!(failure.said.contains(named), "{config:?}: {named} is not named: {}", failure.said);
        assert!(!failure.said.contains("panicked"), "{}", failure.said);
    }
}

#[test]
fn a_configuration_that_was_asked_for_and_is_not_there_is_an_error_that_names_it() {
    let home = Home::new();
    fs::remove_file(home.config()).unwrap();
    let failure = home.start_in_vain();
    assert!(failure.said.contains("config.toml"), "{}", failure.said);
}
