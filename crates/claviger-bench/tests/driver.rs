//! Owns the short form of a run: every question is asked of real sockets, and answered as it should be. Must not take times.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use claviger_api::VERIFY_SOCKET;
use claviger_bench::driver::Questions;
use claviger_bench::kind::Kind;
use claviger_bench::plan::{Load, Row, Way};
use claviger_bench::seed::{Presentable, cheap, seed};
use claviger_bench::server::{echo, http};
use claviger_daemon::{Config, Keep, Sockets, run};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The three servers in this process, until this is dropped.
struct Servers {
    directory: TempDir,
    presentable: Presentable,
    _runtime: Runtime,
}

impl Servers {
    fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("clvb").tempdir_in("/tmp").unwrap();
        let at = |name: &str| directory.path().join(name);
        let runtime = Runtime::new().unwrap();
        let presentable = runtime.block_on(async {
            let (service, presentable) = seed(&at("data"), 10, cheap().unwrap()).await.unwrap();
            service.finish().await;
            presentable
        });
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
        let servers = Self { directory, presentable, _runtime: runtime };
        for way in [Way::Echo, Way::Hyper] {
            while !servers.socket(way).exists() {
                thread::yield_now();
            }
        }
        servers
    }

    fn socket(&self, way: Way) -> PathBuf {
        let name = match way {
            Way::Echo => "echo".to_owned(),
            Way::Hyper => "hyper".to_owned(),
            _ => format!("run/{VERIFY_SOCKET}"),
        };
        self.directory.path().join(name)
    }

    /// Asks by one way with secrets of one kind, as if they were of another.
    fn ask(&self, row: Row, presented: Kind, load: Load) -> Result<(), String> {
        let (secrets, account) = self.presentable.of(presented);
        let questions = Questions::new(row, &secrets, account).unwrap();
        let asked = questions.ask(&self.socket(row.way), load.in_flight(), Duration::ZERO);
        asked.map(drop).map_err(|error| error.to_string())
    }
}

#[test]
fn every_row_is_answered_as_is_due_and_nothing_else_is_measured() {
    let servers = Servers::start();
    for row in Row::all() {
        for load in Load::ALL {
            servers.ask(row, row.kind, load).unwrap();
        }
    }
    for way in [Way::Authorize, Way::Post, Way::WebSocket] {
        for (due, presented) in [(Kind::Valid, Kind::Forged), (Kind::Forged, Kind::Valid)] {
            let said = servers.ask(Row { way, kind: due }, presented, Load::Many).unwrap_err();
            assert!(said.contains(&format!("{due:?}")), "{said}");
        }
    }
}
