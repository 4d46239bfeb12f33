//! Owns what is measured: the rows of the table, and under which loads. Must not measure.

use serde::Serialize;

use crate::kind::Kind;
use crate::wire::Framing;

/// How many calls are under way at once where there are many.
pub const MANY: usize = 32;

/// What is asked, and by which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The bytes come back as they are: what the socket alone costs.
    Echo,
    /// hyper with one constant answer: what HTTP/1.1 alone costs.
    Hyper,
    /// `GET /authorize`.
    Authorize,
    /// JSON-RPC by POST.
    Post,
    /// JSON-RPC on one WebSocket, however many calls are under way.
    WebSocket,
    /// JSON-RPC on a WebSocket for each call that is under way.
    WebSockets,
}

/// How many calls are under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// One: the next call is sent when the last is answered.
    One,
    /// [`MANY`]: with every answer the next call is sent.
    Many,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Row {
    /// By which way.
    pub way: Way,
    /// Which secrets are presented.
    pub kind: Kind,
}

impl Load {
    /// Both.
    pub const ALL: [Self; 2] = [Self::One, Self::Many];

    /// How many calls that is.
    #[must_use]
    pub fn in_flight(self) -> usize {
        match self {
            Self::One => 1,
            Self::Many => MANY,
        }
    }
}

impl Row {
    /// What everything is compared with.
    pub const BARE: Self = Self { way: Way::Hyper, kind: Kind::Valid };

    /// All of them, in the table's order.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let valid = |way| Self { way, kind: Kind::Valid };
        let every = |way| Kind::ALL.map(|kind| Self { way, kind });
        let mut rows = vec![valid(Way::Echo), Self::BARE];
        rows.extend([Way::Authorize, Way::Post, Way::WebSocket].into_iter().flat_map(every));
        rows.push(valid(Way::WebSockets));
        rows
    }

    /// Whether this load says anything that another row's does not.
    #[must_use]
    pub fn is_measured_with(self, load: Load) -> bool {
        self.way != Way::WebSockets || load == Load::Many
    }

    /// What the table calls it.
    #[must_use]
    pub fn label(self) -> String {
        let way = match self.way {
            Way::Echo => return "bare echo".to_owned(),
            Way::Hyper => return "bare hyper".to_owned(),
            Way::Authorize => "/authorize",
            Way::Post => "POST",
            Way::WebSocket => "WebSocket",
            Way::WebSockets => "WebSockets",
        };
        format!("{way}, {}", self.kind.label())
    }
}

impl Way {
    /// On how many connections so many calls are under way.
    #[must_use]
    pub fn connections(self, in_flight: usize) -> usize {
        if self == Self::WebSocket { 1 } else { in_flight }
    }

    /// How answers to requests of this length are told apart.
    #[must_use]
    pub fn framing(self, request: usize) -> Framing {
        match self {
            Self::Echo => Framing::Echo(request),
            Self::Hyper | Self::Authorize | Self::Post => Framing::Http,
            Self::WebSocket | Self::WebSockets => Framing::WebSocket,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_of_secret_is_presented_by_every_way_to_the_daemon() {
        let rows = Row::all();
        let labels: HashSet<String> = rows.iter().map(|row| row.label()).collect();
        assert_eq!((rows.len(), labels.len()), (2 + 3 * 6 + 1, rows.len()));
        assert!(rows.contains(&Row::BARE));
    }

    #[test]
    fn a_websocket_carries_many_calls_and_other_connections_one() {
        assert_eq!(Way::WebSocket.connections(MANY), 1);
        assert_eq!(Way::WebSockets.connections(MANY), MANY);
        assert_eq!(Way::Post.connections(1), 1);
    }
}
