//! Owns one run over the sockets, top to bottom: seed, start, ask in interleaved rounds, sum up. Must not hold a figure of its
//! own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claviger_daemon::token::HashingCost;
use serde::Serialize;

use crate::Outcome;
use crate::driver::Questions;
use crate::pin::{Cores, Pinning};
use crate::plan::{Load, Row};
use crate::samples::{Round, median_of};
use crate::seed::seed;
use crate::server::Servers;

/// What a run is told.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many keys the store has, besides those that are presented.
    pub keys: usize,
    /// How often everything is measured in turn.
    pub rounds: usize,
    /// How long each measure is taken in each round.
    pub during: Duration,
    /// Which rows: those that have this in their name, and what all are compared with.
    pub only: String,
    /// The daemon's executable.
    pub claviger: PathBuf,
}

/// One measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Cell {
    /// What was asked.
    #[serde(flatten)]
    pub row: Row,
    /// How many calls were under way.
    pub load: Load,
    /// Where server and driver were.
    pub cores: Cores,
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it was told.
    pub plan: Plan,
    /// How servers and driver could stand to each other.
    pub cores: Vec<Cores>,
    /// The median of each measure's rounds.
    pub figures: HashMap<Cell, Round>,
}

impl Report {
    /// A measure, with what it is of bare hyper's under the same load: the latency of half of the calls, and the rate.
    #[must_use]
    pub fn beside_bare(&self, cell: Cell) -> Option<(Round, f64, f64)> {
        let round = self.figures.get(&cell)?;
        let bare = self.figures.get(&Cell { row: Row::BARE, ..cell })?;
        Some((*round, round.p50 / bare.p50, round.rate / bare.rate))
    }

    /// All measures for a program. Times are microseconds.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        #[derive(Serialize)]
        struct Measure {
            #[serde(flatten)]
            cell: Cell,
            p50: f64,
            p99: f64,
            rate: f64,
            p50_of_hyper: f64,
            rate_of_hyper: f64,
        }
        let measures = cells(&self.cores).into_iter().filter_map(|cell| {
            let (Round { p50, p99, rate }, p50_of_hyper, rate_of_hyper) = self.beside_bare(cell)?;
            Some(Measure { cell, p50, p99, rate, p50_of_hyper, rate_of_hyper })
        });
        serde_json::json!({
            "keys": self.plan.keys,
            "rounds": self.plan.rounds,
            "milliseconds": self.plan.during.as_millis(),
            "measures": measures.collect::<Vec<_>>(),
        })
    }
}

/// Every measure, in the order in which they are taken: what is compared is close together.
fn cells(cores: &[Cores]) -> Vec<Cell> {
    let loads = cores.iter().flat_map(|cores| Load::ALL.map(|load| (*cores, load)));
    loads
        .flat_map(|(cores, load)| {
            let rows = Row::all().into_iter().filter(move |row| row.is_measured_with(load));
            rows.map(move |row| Cell { row, load, cores })
        })
        .collect()
}

/// Seeds a store in a directory of its own, starts the servers and measures all, telling `progress` of each step.
///
/// # Errors
/// Anything is not as it should be: a wrong answer, too.
pub fn run(plan: Plan, progress: &mut dyn FnMut(&str)) -> Outcome<Report> {
    // A short path leaves room for the sockets' names.
    let directory = tempfile::Builder::new().prefix("clvb").tempdir_in("/tmp")?;
    let pinning = Pinning::find()?;
    progress(&format!("making a store of {} keys", plan.keys));
    let asked = questions(&directory.path().join("data"), plan.keys)?;
    progress("starting the daemon, and verifying its keys for the first time");
    pinning.as_server()?;
    let servers = Servers::start(directory.path(), &plan.claviger)?;
    let cores = pinning.possible();
    let wanted = |cell: &Cell| cell.row == Row::BARE || cell.row.label().contains(&plan.only);
    let cells: Vec<Cell> = cells(cores).into_iter().filter(wanted).collect();
    let mut rounds: HashMap<Cell, Vec<Round>> = HashMap::new();
    for round in 1..=plan.rounds {
        progress(&format!("round {round} of {}", plan.rounds));
        for cell in &cells {
            pinning.as_driver(cell.cores)?;
            let questions = &asked[&cell.row];
            let socket = servers.socket(cell.row.way);
            let found = questions.ask(socket, cell.load.in_flight(), plan.during)?;
            rounds.entry(*cell).or_default().push(found);
        }
    }
    let figures = rounds.into_iter().filter_map(|(cell, rounds)| Some((cell, median_of(&rounds)?))).collect();
    Ok(Report { plan, cores: cores.to_vec(), figures })
}

/// Seeds a store, whose measured keys have cost what a key costs, and writes down what is to be asked of it.
fn questions(data: &Path, keys: usize) -> Outcome<HashMap<Row, Questions>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let presentable = runtime.block_on(async {
        let (service, presentable) = seed(data, keys, HashingCost::default()).await?;
        service.finish().await;
        Outcome::Ok(presentable)
    })?;
    let questions = |row: Row| {
        let (secrets, account) = presentable.of(row.kind);
        Ok((row, Questions::new(row, &secrets, Some(account))?))
    };
    Row::all().into_iter().map(questions).collect()
}
