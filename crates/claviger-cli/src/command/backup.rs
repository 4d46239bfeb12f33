//! Owns `claviger backup`. Must not write over anything.

mod unnamed;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use claviger_api::client::{CallError, Client};
use claviger_api::method::Backups;
use claviger_daemon::store::{Rows, look_into};
use serde::Serialize;
use unnamed::Unnamed;

use crate::command::Context;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::progress::{self, Progress};
use crate::{connection, phrase, signal};

/// What was written.
#[derive(Serialize)]
struct Written {
    revision: u64,
    keys: u64,
    accounts: u64,
    bytes: u64,
}

/// Has the daemon copy its store, and writes the copy to a new file. It gets its name only when it is whole, looked through
/// and on disk.
pub(crate) async fn run(context: &Context, file: &Path) -> Result<(), Failure> {
    if file.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let client = connection::admin(&context.settings).await?;
    let directory = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // For its owner only, from birth; and gone again where anything fails.
    let copy = Unnamed::in_directory(directory).map_err(|error| unwritten(&error))?;
    // What is begun is taken away also where somebody has had enough.
    let interrupted = signal::termination().map_err(|error| unwritten(&error))?;
    let progress = progress::begin_bytes("copying the store");
    let bytes = tokio::select! {
        received = receive(&client, copy.file(), &progress) => received?,
        () = interrupted => return Err(Failure::failed("interrupted: nothing was written")),
    };
    progress.says("looking through the copy");
    copy.file().sync_all().map_err(|error| unwritten(&error))?;
    let written = look_through(&copy, bytes)?;
    copy.name(file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => taken(),
        _ => unwritten(&error),
    })?;
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|error| unwritten(&error))?;
    drop(progress);
    match context.format {
        Format::Json => output::json(&written),
        Format::Text => {
            let Written { revision, keys, accounts, bytes } = written;
            let counts = format!("{}, {}", phrase::count(keys, "key"), phrase::count(accounts, "account"));
            output::note(&format!("backed up revision {revision}: {counts}, {}", phrase::bytes(bytes)));
            Ok(())
        }
    }
}

async fn receive(client: &Client, copy: &File, progress: &Progress) -> Result<u64, Failure> {
    parts(client, copy, progress).await.map_err(|failure| match failure {
        // Unlike a change, of which nobody knew then whether it was made.
        Broken::Off => Failure::failed("the daemon broke off: nothing was written")
            .hint("its log says why, where it still runs"),
        Broken::Otherwise(failure) => failure,
    })
}

/// Why not all of a backup came.
enum Broken {
    Off,
    Otherwise(Failure),
}

impl From<CallError> for Broken {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Disconnected | CallError::TimedOut => Self::Off,
            other => Self::Otherwise(other.into()),
        }
    }
}

async fn parts(client: &Client, mut copy: &File, progress: &Progress) -> Result<u64, Broken> {
    let mut parts = client.subscribe::<Backups>().await?;
    let mut received = 0;
    loop {
        let part = parts.next().await?;
        let bytes = BASE64_STANDARD.decode(&part.data).map_err(|_| CallError::BadAnswer)?;
        copy.write_all(&bytes).map_err(|error| Broken::Otherwise(unwritten(&error)))?;
        received += bytes.len() as u64;
        progress.of(part.total_bytes, received);
        if !part.more {
            return if received == part.total_bytes {
                Ok(received)
            } else {
                Err(CallError::BadAnswer.into())
            };
        }
    }
}

/// Whether what came is a store that a daemon would open.
fn look_through(copy: &Unnamed, bytes: u64) -> Result<Written, Failure> {
    let broken = |reason: String| Failure::failed(format!("the copy that came is no good: {reason}"));
    let (found, store) = look_into(&copy.path()).map_err(|error| broken(error.reason()))?;
    found.tables.map_err(|error| broken(error.to_string()))?;
    let counts = store.read(|rows| Ok((rows.key_count()?, rows.account_count()?)));
    let (keys, accounts) = counts.map_err(|error| broken(error.to_string()))?;
    Ok(Written { revision: found.state.revision, keys, accounts, bytes })
}

fn taken() -> Failure {
    Failure::failed("something is there already: nothing was written").hint("choose a name that is free")
}

/// Says why, without the path that the library puts into what the operating system said: no argument is repeated.
fn unwritten(error: &io::Error) -> Failure {
    let error = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
    Failure::failed(format!("the backup cannot be written: {error}"))
}
