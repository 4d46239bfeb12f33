//! Owns the short form of a run: every question is asked of real sockets, and answered as it should be. Must not take times.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use claviger_api::{ADMIN_SOCKET, VERIFY_SOCKET};
use claviger_bench::driver::Questions;
use claviger_bench::growth::bystanders::Places;
use claviger_bench::growth::row::{self, Asked, Grown};
use claviger_bench::growth::{Asking, Field};
use claviger_bench::kind::Kind;
use claviger_bench::pin::Pinning;
use claviger_bench::plan::{Load, Row, Way};
use claviger_bench::seed::{cheap, seed};
use claviger_bench::server::{echo, http};
use claviger_daemon::{Config, Keep, Sockets, run};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The three servers in this process, until this is dropped.
struct Servers {
    directory: TempDir,
    _runtime: Runtime,
}

impl Servers {
    /// Starts them where a store has been seeded, and gives what that gave.
    fn start<T>(seed: impl AsyncFnOnce(&Path) -> T) -> (Self, T) {
        let directory = tempfile::Builder::new().prefix("clvb").tempdir_in("/tmp").unwrap();
        let at = |name: &str| directory.path().join(name);
        let runtime = Runtime::new().unwrap();
        let seeded = runtime.block_on(seed(&at("data")));
        let mut config = Config { hashing: cheap().unwrap(), ..Config::new(at("data"), at("run")) };
        config.digests.keep = Keep::Never;
        let (ready, is_ready) = channel();
        let supervisor = Arc::new(move || ready.send(()).unwrap());
        runtime.spawn(run(config, Sockets::Own, supervisor, std::future::pending()));
        is_ready.recv().unwrap();
        for (name, serve) in [("echo", echo::serve as fn(&Path) -> _), ("hyper", http::serve)] {
            let path = at(name);
            thread::spawn(move || serve(&path).unwrap());
        }
        let servers = Self { directory, _runtime: runtime };
        for way in [Way::Echo, Way::Hyper] {
            while !servers.socket(way).exists() {
                thread::yield_now();
            }
        }
        (servers, seeded)
    }

    fn socket(&self, way: Way) -> PathBuf {
        let name = match way {
            Way::Echo => "echo".to_owned(),
            Way::Hyper => "hyper".to_owned(),
            _ => format!("run/{VERIFY_SOCKET}"),
        };
        self.directory.path().join(name)
    }
}

#[test]
fn every_row_is_answered_as_is_due_and_nothing_else_is_measured() {
    let (servers, presentable) = Servers::start(async |data: &Path| {
        let (service, presentable) = seed(data, 10, cheap().unwrap()).await.unwrap();
        service.finish().await;
        presentable
    });
    // With secrets of one kind, as if they were of another.
    let ask = |row: Row, presented: Kind, load: Load| {
        let (secrets, account) = presentable.of(presented);
        let questions = Questions::new(row, &secrets, Some(account)).unwrap();
        let asked = questions.ask(&servers.socket(row.way), load.in_flight(), Duration::ZERO);
        asked.map(drop).map_err(|error| error.to_string())
    };
    for row in Row::all() {
        for load in Load::ALL {
            ask(row, row.kind, load).unwrap();
        }
    }
    for way in [Way::Authorize, Way::Post, Way::WebSocket] {
        for (due, presented) in [(Kind::Valid, Kind::Forged), (Kind::Forged, Kind::Valid)] {
            let said = ask(Row { way, kind: due }, presented, Load::Many).unwrap_err();
            assert!(said.contains(&format!("{due:?}")), "{said}");
        }
    }
}

#[test]
fn every_row_of_what_grows_is_answered_as_is_due_and_every_account_of_a_scope_is_named() {
    let wide = [5, 200];
    let (servers, asking) =
        Servers::start(async |data: &Path| Asking::seed(data, 10, &wide, cheap().unwrap()).await);
    let (hyper, verify) = (servers.socket(Way::Hyper), servers.socket(Way::Post));
    let places = Places { hyper, admin: verify.with_file_name(ADMIN_SOCKET), verify };
    let field = Field::new(places, Pinning::find().unwrap()).unwrap();
    let asking = asking.unwrap();
    field.warm(&asking).unwrap();
    let mut answers = HashMap::new();
    for row in row::Row::all(&wide) {
        let found = field.take(row, &asking, Duration::ZERO).unwrap_or_else(|error| panic!("{row}: {error}"));
        let is_changed = matches!(row.grown, Grown::Changes | Grown::ChangesHeard);
        assert_eq!(found.changes.is_some(), is_changed, "{row}");
        if let Grown::Scope(accounts) = row.grown {
            assert!(found.answer > accounts * "acc_000000000000".len(), "{row}: {}", found.answer);
        }
        answers.insert((row.asked, row.grown), found.answer);
    }
    for accounts in wide {
        let answer = |asked| answers[&(asked, Grown::Scope(accounts))];
        // Who asks for none is told no account besides the scope's.
        assert!(answer(Asked::PostForNone) < answer(Asked::Post) - "acc_000000000000".len());
    }
}
