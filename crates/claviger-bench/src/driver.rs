//! Owns asking as fast as answers come, and how long each takes. Must not look into an answer further than that it is the one
//! that is due.

use std::path::Path;
use std::time::{Duration, Instant};

use claviger_api::Secret;

use crate::Outcome;
use crate::plan::Row;
use crate::samples::{Round, Samples};
use crate::wire::request::{answered, bytes, check, looks_right};
use crate::wire::{Answer, Connection, Framing};

/// How often each request is sent, and its answer read whole, before anything is measured.
const WARM_UP: usize = 2;

/// The requests of one row, ready to be sent, and where to.
pub struct Questions {
    row: Row,
    account: Option<&'static str>,
    requests: Vec<Vec<u8>>,
}

impl Questions {
    /// Makes one request for each secret, for an account or for none.
    ///
    /// # Errors
    /// There are none, or an echo could not tell where they end.
    pub fn new(row: Row, secrets: &[Secret], account: Option<&'static str>) -> Outcome<Self> {
        let requests: Vec<Vec<u8>> =
            secrets.iter().enumerate().map(|(id, secret)| bytes(row.way, secret, account, id)).collect();
        let first = requests.first().ok_or("nothing to ask")?;
        if row.way.framing(first.len()) == Framing::Echo(first.len())
            && requests.iter().any(|request| request.len() != first.len())
        {
            return Err("requests of an echo must have one length".into());
        }
        Ok(Self { row, account, requests })
    }

    /// Asks on new connections: first until all is warm, holding each answer to the verdict that is due, then for so long.
    ///
    /// # Errors
    /// An answer is not the one that is due, or none came.
    pub fn ask(&self, socket: &Path, in_flight: usize, during: Duration) -> Outcome<Round> {
        let framing = self.framing();
        let count = self.row.way.connections(in_flight);
        let mut connections: Vec<Connection> =
            (0..count).map(|_| Connection::open(socket, framing)).collect::<Outcome<_>>()?;
        for (nth, connection) in connections.iter_mut().enumerate() {
            for turn in 0..(self.requests.len() * WARM_UP).div_ceil(count) {
                connection.send(self.request(nth, count, turn))?;
                check(self.row.way, self.row.kind, self.account, &connection.receive()?)?;
            }
        }
        match connections.as_mut_slice() {
            [one] if in_flight > 1 => self.at_once(one, in_flight, during),
            many => self.in_turn(many, during),
        }
    }

    /// Asks once on a new connection, holding the answer to the verdict that is due, and gives the connection back, with the
    /// length of what was said. Bytes.
    ///
    /// # Errors
    /// The answer is not the one that is due, or none came.
    pub fn ask_once(&self, socket: &Path) -> Outcome<(Connection, usize)> {
        let mut connection = Connection::open(socket, self.framing())?;
        connection.send(&self.requests[0])?;
        let answer = connection.receive()?;
        check(self.row.way, self.row.kind, self.account, &answer)?;
        let length = answer.body.len();
        Ok((connection, length))
    }

    fn framing(&self) -> Framing {
        self.row.way.framing(self.requests[0].len())
    }

    /// The request that one of `of` sends when it has sent so many.
    fn request(&self, nth: usize, of: usize, sent: usize) -> &[u8] {
        &self.requests[(nth + sent * of) % self.requests.len()]
    }

    fn glance(&self, answer: &Answer<'_>) -> Outcome<()> {
        if looks_right(self.row.way, self.row.kind, answer) {
            return Ok(());
        }
        let said = String::from_utf8_lossy(answer.body);
        Err(format!("{}: another answer came than is due: {:?} {said}", self.row.label(), answer.status)
            .into())
    }

    /// One call under way on each connection, which are read in turn: each gets its next call with its answer. Without
    /// waiting for whichever is ready, which would cost a system call of its own.
    fn in_turn(&self, connections: &mut [Connection], during: Duration) -> Outcome<Round> {
        let of = connections.len();
        let mut samples = Samples::default();
        let begun = Instant::now();
        let mut sent = vec![begun; of];
        for (nth, connection) in connections.iter_mut().enumerate() {
            sent[nth] = Instant::now();
            connection.send(self.request(nth, of, 0))?;
        }
        for turn in 1.. {
            for (nth, connection) in connections.iter_mut().enumerate() {
                self.glance(&connection.receive()?)?;
                let now = Instant::now();
                samples.push(now - sent[nth]);
                sent[nth] = now;
                connection.send(self.request(nth, of, turn))?;
            }
            if begun.elapsed() >= during {
                break;
            }
        }
        let took = begun.elapsed();
        for connection in connections {
            self.glance(&connection.receive()?)?;
        }
        samples.round(took).ok_or_else(|| "nothing was measured".into())
    }

    /// Many calls under way on one connection: what has come is taken, and as many calls are sent, in one piece.
    fn at_once(&self, connection: &mut Connection, in_flight: usize, during: Duration) -> Outcome<Round> {
        let mut samples = Samples::default();
        let mut outgoing = Vec::new();
        let mut turns = vec![0; in_flight];
        (0..in_flight).for_each(|nth| outgoing.extend(self.request(nth, in_flight, 0)));
        let begun = Instant::now();
        let mut sent = vec![begun; in_flight];
        connection.send(&outgoing)?;
        loop {
            outgoing.clear();
            loop {
                let answer = connection.receive()?;
                self.glance(&answer)?;
                let nth = answered(answer.body)? % in_flight;
                let now = Instant::now();
                samples.push(now - sent[nth]);
                sent[nth] = now;
                turns[nth] += 1;
                outgoing.extend(self.request(nth, in_flight, turns[nth]));
                if !connection.has_next()? {
                    break;
                }
            }
            if begun.elapsed() >= during {
                break;
            }
            connection.send(&outgoing)?;
        }
        // Those that are still under way go with the connection.
        samples.round(begun.elapsed()).ok_or_else(|| "nothing was measured".into())
    }
}
