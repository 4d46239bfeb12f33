//! Owns the kernel's keyring of this user as a place for a key (user-keyring(7)): it is in memory that is never swapped, and
//! outlives every process. Must not let anybody but this uid read it.

use linux_keyutils::{Key, KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};
use rustix::process::geteuid;
use zeroize::Zeroizing;

use super::Unusable;
use crate::token::DigestKey;

/// What this uid may do, and nobody else anything: not even a process of another user that was started with a keyring of
/// ours, and so possesses what is in it. Nothing changes the key once it is there.
const FOR_THIS_USER: Permission =
    Permission::VIEW.union(Permission::READ).union(Permission::SEARCH).union(Permission::LINK);

impl From<KeyError> for Unusable {
    fn from(error: KeyError) -> Self {
        Self::Keyring(error)
    }
}

/// Finds a key, unless it is not just as we leave one.
pub(super) fn find(name: &str) -> Result<Option<DigestKey>, Unusable> {
    let key = match of_user()?.search(name) {
        Ok(key) => key,
        Err(KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(if is_ours_alone(key)? { read(key)? } else { None })
}

/// Puts a key into the keyring, in the place of another one of that name.
pub(super) fn keep(name: &str, key: &DigestKey) -> Result<(), Unusable> {
    let users = of_user()?;
    // Only who possesses a key may close it to others, and the user's own keyring is in no session's that a service manager
    // began. So it comes there from the thread's, and is closed before.
    let threads = KeyRing::from_special_id(KeyRingIdentifier::Thread, true)?;
    let made = threads.add_key(name, key.as_bytes())?;
    let permissions = KeyPermissionsBuilder::builder().user(FOR_THIS_USER).build();
    let kept = made.set_perms(permissions).and_then(|()| users.link_key(made));
    threads.unlink_key(made)?;
    Ok(kept?)
}

/// Takes a key away, where there is one.
pub(super) fn forget(name: &str) {
    if let Ok(users) = of_user()
        && let Ok(key) = users.search(name)
    {
        let _ = users.unlink_key(key);
    }
}

fn of_user() -> Result<KeyRing, KeyError> {
    KeyRing::from_special_id(KeyRingIdentifier::User, true)
}

fn is_ours_alone(key: Key) -> Result<bool, KeyError> {
    let found = key.metadata()?;
    let permissions = KeyPermissionsBuilder::builder().user(FOR_THIS_USER).build();
    Ok(found.get_uid() == geteuid().as_raw() && found.get_perms().bits() == permissions.bits())
}

fn read(key: Key) -> Result<Option<DigestKey>, KeyError> {
    // One byte more than there should be tells a longer one.
    let mut bytes = Zeroizing::new([0; DigestKey::LEN + 1]);
    let len = key.read(&mut *bytes)?;
    let mut kept = Zeroizing::new([0; DigestKey::LEN]);
    kept.copy_from_slice(&bytes[..DigestKey::LEN]);
    Ok((len == DigestKey::LEN).then(|| DigestKey::from_bytes(kept)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::random_number;

    /// A name in the keyring that is free again when this is dropped.
    struct Name(String);

    impl Name {
        /// `None` where the kernel keeps no keys for us, as in many a container.
        fn new() -> Option<Self> {
            of_user().ok()?;
            Some(Self(format!("claviger-test:{:016x}", random_number().unwrap())))
        }

        fn find(&self) -> Option<[u8; DigestKey::LEN]> {
            find(&self.0).unwrap().map(|key| *key.as_bytes())
        }
    }

    impl Drop for Name {
        fn drop(&mut self) {
            forget(&self.0);
        }
    }

    #[test]
    fn a_key_is_found_by_its_name_until_it_is_taken_away() {
        let Some(name) = Name::new() else { return };
        assert_eq!(name.find(), None);
        let (first, second) = (DigestKey::random().unwrap(), DigestKey::random().unwrap());
        for key in [&first, &second] {
            keep(&name.0, key).unwrap();
            assert_eq!(name.find().as_ref(), Some(key.as_bytes()));
        }
        forget(&name.0);
        assert_eq!(name.find(), None);
        forget(&name.0);
    }

    #[test]
    fn another_thread_finds_it_and_nobody_but_this_user_may_read_it() {
        let Some(name) = Name::new() else { return };
        let key = DigestKey::random().unwrap();
        std::thread::scope(|scope| scope.spawn(|| keep(&name.0, &key)).join().unwrap()).unwrap();
        assert_eq!(name.find().as_ref(), Some(key.as_bytes()));
        let found = of_user().unwrap().search(&name.0).unwrap().metadata().unwrap();
        assert_eq!(found.get_perms().bits() & !0x003f_0000, 0);
    }

    #[test]
    fn one_that_is_not_as_we_leave_it_is_not_used_and_can_be_replaced() {
        let Some(name) = Name::new() else { return };
        let users = of_user().unwrap();
        let threads = KeyRing::from_special_id(KeyRingIdentifier::Thread, true).unwrap();
        let narrow = KeyPermissionsBuilder::builder().user(FOR_THIS_USER);
        for (payload, permissions) in [
            (&[7; 31][..], narrow.build()),
            (&[7; 33], narrow.build()),
            (&[7; 32], narrow.world(Permission::VIEW).build()),
            (&[7; 32], narrow.posessor(Permission::ALL).build()),
        ] {
            let other = threads.add_key(&name.0, payload).unwrap();
            other.set_perms(permissions).unwrap();
            users.link_key(other).unwrap();
            assert_eq!(name.find(), None, "{} bytes, {:x}", payload.len(), permissions.bits());
            threads.unlink_key(other).unwrap();
            let key = DigestKey::random().unwrap();
            keep(&name.0, &key).unwrap();
            assert_eq!(name.find().as_ref(), Some(key.as_bytes()));
        }
    }
}
