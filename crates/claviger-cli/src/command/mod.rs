//! Owns which part of the executable answers which command. Must not do the work of any.

mod accounts;
mod activity;
mod backup;
mod compact;
mod completions;
mod consent;
mod doctor;
mod handover;
mod integrate;
mod keys;
mod man;
mod restore;
mod rpc;
mod service;
mod status;
mod stop;
mod storage_mode;
mod verify;

use crate::args::{Args, Command, Demo, Integrate, Look};
use crate::failure::Failure;
use crate::output::Format;
use crate::settings::Settings;
use crate::{connection, daemon, demo, interface};

/// What every command that talks to the daemon is told.
pub(crate) struct Context {
    /// Where the daemon is.
    pub(crate) settings: Settings,
    /// Who reads the output.
    pub(crate) format: Format,
}

/// Does what the command line asks for.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let Args { places, json, look, command } = args;
    let format = if json { Format::Json } else { Format::Text };
    let context = || Settings::find(&places).map(|settings| Context { settings, format });
    match command {
        None => interface::run(&context()?.settings, look),
        Some(Command::Man) => man::run(),
        Some(Command::Completions { shell }) => completions::run(shell),
        Some(Command::Demo(own)) => {
            let Demo { keys, look: own } = own;
            let look = Look { plain: look.plain || own.plain, mouse: look.mouse || own.mouse };
            demo::run(look, Settings::find_keymap(&places)?, keys)
        }
        Some(Command::Daemon(daemon)) => daemon::run(&context()?.settings, &daemon),
        Some(Command::Status) => connection::wait(status::run(&context()?)),
        Some(Command::Stop) => connection::wait(stop::run(&context()?)),
        Some(Command::Backup { file }) => connection::wait(backup::run(&context()?, &file)),
        Some(Command::Compact) => connection::wait(compact::run(&context()?)),
        Some(Command::Restore { file, yes }) => restore::run(&context()?, &file, yes),
        Some(Command::Doctor) => connection::wait(doctor::run(&places, format)),
        Some(Command::Keys(keys)) => connection::wait(keys::run(&context()?, keys)),
        Some(Command::Accounts(accounts)) => connection::wait(accounts::run(&context()?, accounts)),
        Some(Command::StorageMode { state }) => connection::wait(storage_mode::run(&context()?, state)),
        Some(Command::Verify(verify)) => connection::wait(verify::run(&context()?, verify)),
        Some(Command::Activity(activity)) => connection::wait(activity::run(&context()?, activity)),
        Some(Command::Integrate(Integrate::Systemd(scope))) => service::print(&places, scope),
        Some(Command::Integrate(Integrate::Gateway(gateway))) => {
            integrate::run(&context()?.settings, &gateway)
        }
        Some(Command::Service(service)) => service::run(&places, format, &service),
        Some(Command::Rpc(rpc)) => connection::wait(rpc::run(&context()?, rpc)),
    }
}
