//! Owns one run of how the cost of a verification grows, top to bottom: with the accounts of a scope, and with who else is
//! connected. Must not hold a figure of its own.

pub mod bystanders;
pub mod row;
pub mod table;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claviger_api::Secret;
use claviger_daemon::token::HashingCost;

use crate::Outcome;
use crate::driver::Questions;
use crate::kind::Kind;
use crate::pin::{Cores, Pinning};
use crate::plan::Way;
use crate::samples::{Round, median, median_of};
use crate::seed::{present_wide, seed};
use crate::server::Servers;
use crate::writes::operator::Operator;
use bystanders::{Bystanders, Places};
use row::{Asked, Row};

/// How many keys there are with scopes of each width, but for those with one account.
const KEYS: usize = 8;

/// What a run is told.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many keys the store has, besides those that are presented.
    pub keys: usize,
    /// How many accounts wide scopes have.
    pub wide: Vec<usize>,
    /// How often everything is measured in turn.
    pub rounds: usize,
    /// How long each measure is taken in each round.
    pub during: Duration,
    /// The daemon's executable.
    pub claviger: PathBuf,
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it was told.
    pub plan: Plan,
    /// Where those were who listen and rename, as seen from the servers.
    pub bystanders: Cores,
    /// What each row came to.
    pub figures: HashMap<Row, Found>,
}

/// What a row came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// What asking took.
    pub round: Round,
    /// How long what was answered is. Bytes.
    pub answer: usize,
    /// How many changes were made in a second meanwhile.
    pub changes: Option<f64>,
}

impl Found {
    /// Each figure's median of several rounds; `None` of no rounds.
    fn median_of(rounds: &[Self]) -> Option<Self> {
        let all: Vec<Round> = rounds.iter().map(|found| found.round).collect();
        let answer = rounds.last()?.answer;
        let changes = median(rounds.iter().filter_map(|found| found.changes).collect());
        Some(Self { round: median_of(&all)?, answer, changes })
    }
}

/// The questions of all rows, ready to be asked.
pub struct Asking(HashMap<Row, Questions>);

impl Asking {
    /// Seeds a store, whose measured keys cost this, with scopes that are so wide, and writes down what is to be asked of it.
    ///
    /// # Errors
    /// Something is there already, or the disk failed.
    pub async fn seed(data: &Path, keys: usize, wide: &[usize], cost: HashingCost) -> Outcome<Self> {
        let (service, presentable) = seed(data, keys, cost).await?;
        let (narrow, account) = presentable.of(Kind::Valid);
        let mut secrets: HashMap<usize, Vec<Secret>> = HashMap::from([(1, narrow)]);
        for accounts in wide {
            secrets.insert(*accounts, present_wide(&service, *accounts, KEYS).await?);
        }
        service.finish().await;
        let questions = |row: Row| {
            let account = row.asked.names_an_account().then_some(account);
            Ok((row, Questions::new(row.asked.question(), &secrets[&row.grown.accounts()], account)?))
        };
        Ok(Self(Row::all(wide).into_iter().map(questions).collect::<Outcome<_>>()?))
    }
}

/// Where is asked: servers that serve, and a key that can be renamed.
pub struct Field {
    places: Places,
    pinning: Pinning,
    key: String,
}

impl Field {
    /// Makes the key.
    ///
    /// # Errors
    /// It is refused.
    pub fn new(places: Places, pinning: Pinning) -> Outcome<Self> {
        let (key, _) = Operator::connect(&places.admin)?.create("renamed")?;
        Ok(Self { places, pinning, key })
    }

    /// Has every secret verified once, so that no row waits for the slow hash.
    ///
    /// # Errors
    /// A wrong answer.
    pub fn warm(&self, asking: &Asking) -> Outcome<()> {
        for (row, questions) in &asking.0 {
            if row.asked == Asked::Authorize {
                questions.ask(&self.places.verify, 1, Duration::ZERO)?;
            }
        }
        Ok(())
    }

    /// Asks what a row asks for so long, with one call under way, on the core of the servers; whoever else is there listens and
    /// renames on the other one, where there is one.
    ///
    /// # Errors
    /// Anything is not as it should be: a wrong answer, too.
    pub fn take(&self, row: Row, asking: &Asking, during: Duration) -> Outcome<Found> {
        let Row { asked, grown } = row;
        let (questions, places) = (&asking.0[&row], &self.places);
        self.pinning.as_driver(Cores::Two)?;
        let bystanders = Bystanders::gather(grown, places, questions, &self.key)?;
        self.pinning.as_driver(Cores::One)?;
        let socket = if asked == Asked::Bare { &places.hyper } else { &places.verify };
        let (_, answer) = questions.ask_once(socket)?;
        let round = questions.ask(socket, 1, during)?;
        Ok(Found { round, answer, changes: bystanders.leave()? })
    }
}

/// Seeds a store in a directory of its own, starts the servers and measures all, telling `progress` of each step.
///
/// # Errors
/// Anything is not as it should be: a wrong answer, too.
pub fn run(plan: Plan, progress: &mut dyn FnMut(&str)) -> Outcome<Report> {
    // A short path leaves room for the sockets' names.
    let directory = tempfile::Builder::new().prefix("clvg").tempdir_in("/tmp")?;
    let pinning = Pinning::find()?;
    progress(&format!("making a store of {} keys, and scopes of {:?} accounts", plan.keys, plan.wide));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let data = directory.path().join("data");
    let asking = runtime.block_on(Asking::seed(&data, plan.keys, &plan.wide, HashingCost::default()))?;
    progress("starting the daemon, and verifying its keys for the first time");
    pinning.as_server()?;
    let servers = Servers::start(directory.path(), &plan.claviger)?;
    let socket = |way| servers.socket(way).to_owned();
    let (hyper, verify) = (socket(Way::Hyper), socket(Way::Authorize));
    let field = Field::new(Places { hyper, verify, admin: servers.admin().to_owned() }, pinning)?;
    field.warm(&asking)?;
    let mut rounds: HashMap<Row, Vec<Found>> = HashMap::new();
    for round in 1..=plan.rounds {
        progress(&format!("round {round} of {}", plan.rounds));
        for row in Row::all(&plan.wide) {
            let found = field.take(row, &asking, plan.during).map_err(|error| format!("{row}: {error}"))?;
            rounds.entry(row).or_default().push(found);
        }
    }
    let figures = rounds.into_iter().filter_map(|(row, found)| Some((row, Found::median_of(&found)?)));
    let bystanders = if pinning.possible().contains(&Cores::Two) { Cores::Two } else { Cores::One };
    Ok(Report { plan, bystanders, figures: figures.collect() })
}
