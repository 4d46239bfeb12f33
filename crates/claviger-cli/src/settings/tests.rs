//! Owns the specification of where settings come from, and which of two wins. Must not test what a setting does.

use super::*;

fn resolve(places: &Places, env: &[(&str, &str)]) -> Result<Settings, Failure> {
    Settings::resolve(places, |name| {
        env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
    })
}

fn paths(places: &Places, env: &[(&str, &str)]) -> (String, String) {
    let settings = resolve(places, env).unwrap();
    let data = settings.data_dir().unwrap().to_str().unwrap().to_owned();
    (data, settings.runtime_dir().to_str().unwrap().to_owned())
}

fn pair(data: &str, runtime: &str) -> (String, String) {
    (data.to_owned(), runtime.to_owned())
}

#[test]
fn flags_win_over_the_environment_over_xdg_over_home() {
    let none = Places::default();
    let home = ("HOME", "/h");
    let xdg = [home, ("XDG_DATA_HOME", "/d"), ("XDG_STATE_HOME", "/s")];
    let own = [home, xdg[1], xdg[2], ("CLAVIGER_DATA_DIR", "/cd"), ("CLAVIGER_RUNTIME_DIR", "/cr")];
    assert_eq!(paths(&none, &[home]), pair("/h/.local/share/claviger", "/h/.local/state/claviger/run"));
    assert_eq!(paths(&none, &xdg), pair("/d/claviger", "/s/claviger/run"));
    assert_eq!(paths(&none, &own), pair("/cd", "/cr"));
    let flags = Places { data_dir: Some("/fd".into()), runtime_dir: Some("/fr".into()), ..Places::default() };
    assert_eq!(paths(&flags, &own), pair("/fd", "/fr"));
}

#[test]
fn the_file_stands_between_the_environment_and_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("claviger/config.toml");
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, "data_dir = \"/file/d\"\nruntime_dir = \"/file/r\"\nkey_prefix = \"acme\"").unwrap();
    let base = dir.path().to_str().unwrap();
    let env = [("HOME", "/h"), ("XDG_CONFIG_HOME", base)];
    assert_eq!(paths(&Places::default(), &env), pair("/file/d", "/file/r"));
    let settings = resolve(&Places::default(), &env).unwrap();
    assert_eq!(settings.config_file(), Some(file.as_path()));
    assert_eq!(settings.daemon().unwrap().key_prefix.as_str(), "acme");
    let env = [env[0], env[1], ("CLAVIGER_DATA_DIR", "/cd")];
    assert_eq!(paths(&Places::default(), &env), pair("/cd", "/file/r"));
}

#[test]
fn empty_variables_are_unset_and_relative_bases_are_ignored() {
    let env = [
        ("HOME", "/h"),
        ("XDG_DATA_HOME", "rel"),
        ("XDG_STATE_HOME", ""),
        ("CLAVIGER_DATA_DIR", ""),
        ("CLAVIGER_RUNTIME_DIR", ""),
        ("CLAVIGER_CONFIG", ""),
    ];
    let expected = pair("/h/.local/share/claviger", "/h/.local/state/claviger/run");
    assert_eq!(paths(&Places::default(), &env), expected);
}

#[test]
fn relative_flags_mean_the_working_directory_and_empty_ones_nothing() {
    let places = Places { runtime_dir: Some("run".into()), ..Places::default() };
    let settings = resolve(&places, &[]).unwrap();
    assert_eq!(settings.runtime_dir(), std::env::current_dir().unwrap().join("run"));
    let places = Places { runtime_dir: Some("".into()), ..Places::default() };
    assert_eq!(resolve(&places, &[("HOME", "/h")]).unwrap_err().code(), Some("USAGE"));
}

#[test]
fn without_home_only_what_is_needed_must_be_chosen() {
    let failure = format!("{:?}", resolve(&Places::default(), &[]).unwrap_err());
    assert!(failure.contains("HOME") && failure.contains("CLAVIGER_RUNTIME_DIR"), "{failure}");
    let settings = resolve(&Places::default(), &[("CLAVIGER_RUNTIME_DIR", "/run/claviger")]).unwrap();
    assert_eq!(settings.verify_socket(), Path::new("/run/claviger/verify.sock"));
    let failure = format!("{:?}", settings.daemon().unwrap_err());
    assert!(failure.contains("HOME") && failure.contains("CLAVIGER_DATA_DIR"), "{failure}");
}

#[test]
fn a_missing_file_is_a_fault_only_where_it_was_named() {
    assert!(resolve(&Places::default(), &[("HOME", "/nowhere")]).unwrap().config_file().is_none());
    for (places, env) in [
        (Places { config: Some("/nowhere/c.toml".into()), ..Places::default() }, None),
        (Places::default(), Some(("CLAVIGER_CONFIG", "/nowhere/c.toml"))),
    ] {
        let env: Vec<_> = [("HOME", "/h")].into_iter().chain(env).collect();
        let failure = format!("{:?}", resolve(&places, &env).unwrap_err());
        assert!(failure.contains("cannot read /nowhere/c.toml"), "{failure}");
    }
}

#[test]
fn who_only_looks_needs_no_home_and_learns_of_a_broken_file_beside_the_rest() {
    let discover = |places: &Places, env: &[(&str, &str)]| {
        let find = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        Settings::discover_in(places, find).unwrap()
    };
    let found = discover(&Places::default(), &[]);
    assert!(found.data_dir.is_none() && found.runtime_dir.is_none() && found.config.unwrap().is_none());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "runtime_dir = \"/file/r\"\nunknown = 1").unwrap();
    let places = Places { config: Some(file.path().into()), ..Places::default() };
    let found = discover(&places, &[("HOME", "/h")]);
    assert_eq!(found.data_dir.unwrap(), Path::new("/h/.local/share/claviger"));
    assert_eq!(found.runtime_dir.unwrap(), Path::new("/h/.local/state/claviger/run"));
    assert!(format!("{:?}", found.config).contains("unknown setting"));
}

#[test]
fn how_an_installation_is_called_again_is_known_wherever_its_places_come_from() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "data_dir = \"/file/d\"").unwrap();
    let config = file.path().to_str().unwrap();
    let discover = |env: &[(&str, &str)]| {
        let find = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        let found = Settings::discover_in(&Places::default(), find).unwrap();
        [found.chosen, found.from_elsewhere].map(|places| {
            [places.data_dir, places.runtime_dir, places.config]
                .map(|place| place.map(|place| place.to_str().unwrap().to_owned()).unwrap_or_default())
        })
    };
    let home = ("HOME", "/h");
    let (data, run) = ("/h/.local/share/claviger", "/h/.local/state/claviger/run");
    let none = [""; 3];
    assert_eq!(discover(&[home]), [none, [data, run, ""]]);
    let variables =
        [("CLAVIGER_DATA_DIR", "/d"), ("CLAVIGER_RUNTIME_DIR", "/r"), ("CLAVIGER_CONFIG", config)];
    assert_eq!(discover(&variables), [["/d", "/r", config]; 2]);
    // Whoever reads this file needs no data directory named, but the other one.
    assert_eq!(discover(&[home, variables[2]]), [["", "", config], ["", run, config]]);
}

#[test]
fn a_broken_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    fs::write(&file, "sockets.verifymode = \"0600\"").unwrap();
    let places = Places { config: Some(file), ..Places::default() };
    let failure = format!("{:?}", resolve(&places, &[("HOME", "/h")]).unwrap_err());
    assert!(failure.contains("config.toml: unknown setting \\\"sockets.verifymode\\\""), "{failure}");
}
