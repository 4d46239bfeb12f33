//! Owns whether the digests in a store outlive the daemon: their key is found or made, or they go. Must not know where the key
//! can live.

use crate::config::Keep;
use crate::keeping::{Kept, Origin, Places};
use crate::store::Store;
use crate::token::{DigestKey, NoRandomness};

/// Finds the key of the digests in the store, or makes one; `None` where none is kept. Digests that no key is left of go; that
/// they do is not needed, for they prove nothing.
pub(super) fn keep(store: &Store, places: &Places, wanted: Keep) -> Result<Option<DigestKey>, NoRandomness> {
    let kept = match wanted {
        Keep::Auto => places.take()?,
        Keep::Never => {
            places.forget();
            None
        }
    };
    match (&kept, wanted) {
        (Some(kept), _) => tracing::debug!(place = %kept.place, "digests of proven secrets are kept"),
        (None, Keep::Auto) => tracing::info!("no digests are kept: no place in memory keeps their key"),
        (None, Keep::Never) => tracing::debug!("no digests are kept, as the settings say"),
    }
    if !matches!(kept, Some(Kept { origin: Origin::Found, .. }))
        && let Err(error) = store.forget_digests()
    {
        tracing::warn!(%error, "digests that are worth nothing stay in the store");
    }
    Ok(kept.map(|kept| kept.key))
}
