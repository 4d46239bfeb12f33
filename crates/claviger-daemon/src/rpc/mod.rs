//! Owns JSON-RPC: parse, call the service, map the error. Must not hold a rule.

mod backup;
mod error;
mod events;
mod gate;
mod methods;
mod news;
mod shortcut;

use std::path::PathBuf;
use std::sync::Arc;

use claviger_api::{Access, Timestamp};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;

use crate::service::Service;
use crate::store::Author;

pub use error::error_object;
pub use gate::{DEPTH, GateLayer, NOT_A_CALL, NoAnswer, OverWebSocket, max_answer};
pub use news::Newsroom;
pub use shortcut::{VerifyCall, granted_text, verify_at_once};

/// What the methods answer from.
pub struct Context {
    /// The use cases.
    pub service: Arc<Service>,
    /// What subscribers hear.
    pub news: Newsroom,
    /// Facts about this daemon.
    pub about: About,
}

/// Facts about this daemon that do not change while it runs.
#[derive(Clone, Debug)]
pub struct About {
    /// When it began to serve.
    pub started_at: Timestamp,
    /// Where the store is.
    pub data_dir: PathBuf,
    /// Where the sockets are.
    pub runtime_dir: PathBuf,
}

/// Who is at the other end of a connection, by `SO_PEERCRED`. The process id is for the log only.
pub type Peer = Author;

/// The methods of one socket: those that are not in it do not exist there.
///
/// # Errors
/// A name is registered twice.
pub fn module(context: &Arc<Context>, socket: Access) -> Result<RpcModule<Context>, RegisterMethodError> {
    let mut module = RpcModule::from_arc(Arc::clone(context));
    methods::register_verification(&mut module, socket)?;
    events::register_revisions(&mut module)?;
    if socket == Access::Admin {
        methods::register_administration(&mut module)?;
        events::register_events(&mut module)?;
        backup::register_backups(&mut module)?;
    }
    Ok(module)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use claviger_api::method::{Method, Subscription, Visitor, visit};

    use super::*;
    use crate::service::Clock;
    use crate::store::Store;
    use crate::token::{HashingCost, KeyPrefix};

    struct Names(Access, BTreeSet<&'static str>);

    impl Names {
        fn add(&mut self, access: Access, names: &[&'static str]) {
            if self.0 == Access::Admin || access == Access::Verify {
                self.1.extend(names);
            }
        }
    }

    impl Visitor for Names {
        fn method<M: Method>(&mut self) {
            self.add(M::ACCESS, &[M::NAME]);
        }

        fn subscription<S: Subscription>(&mut self) {
            self.add(S::ACCESS, &[S::NAME, S::UNSUBSCRIBE]);
        }
    }

    #[tokio::test]
    async fn each_socket_has_just_the_methods_of_the_table() {
        let service = Service::start(
            Store::memory().unwrap(),
            Clock::system(),
            KeyPrefix::default(),
            HashingCost::new(8, 1, 1).unwrap(),
        )
        .unwrap();
        let about =
            About { started_at: Timestamp::default(), data_dir: PathBuf::new(), runtime_dir: PathBuf::new() };
        let context = Arc::new(Context { news: Newsroom::of(&service), service, about });
        for socket in [Access::Admin, Access::Verify] {
            let mut table = Names(socket, BTreeSet::new());
            visit(&mut table);
            let module = module(&context, socket).unwrap();
            assert_eq!(module.method_names().collect::<BTreeSet<_>>(), table.1);
        }
    }
}
