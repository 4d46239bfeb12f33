//! Owns who may use a socket, beyond what its mode says. Must not know what is asked there.

use std::ffi::CString;

use nix::unistd::{Gid, Uid, User, getgrouplist};

/// Who may use a socket.
#[derive(Clone, Debug)]
pub enum Admission {
    /// Whoever its mode lets in.
    Everybody,
    /// These users, and the members of this group.
    Operators {
        /// Users by number.
        uids: Vec<u32>,
        /// A group by number.
        group: Option<u32>,
    },
}

/// What is known of somebody at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Admitted,
    Refused,
    /// Only the system's list of users and groups tells whether this user is a member of this group.
    MemberOf {
        uid: u32,
        group: u32,
    },
}

impl Admission {
    /// What is known of a process with this user and group.
    pub(super) fn of(&self, uid: u32, gid: u32) -> Standing {
        match self {
            Self::Everybody => Standing::Admitted,
            Self::Operators { uids, .. } if uids.contains(&uid) => Standing::Admitted,
            Self::Operators { group: None, .. } => Standing::Refused,
            Self::Operators { group: Some(group), .. } if gid == *group => Standing::Admitted,
            Self::Operators { group: Some(group), .. } => Standing::MemberOf { uid, group: *group },
        }
    }
}

/// Whether the system's list has a user as a member of a group. Blocks while that list is read, which may lie elsewhere.
///
/// The credentials of a peer (unix(7), `SO_PEERCRED`) name one group only, and the list is what counts today: who was taken
/// out of the group is refused though an old process of theirs still has it.
pub(super) fn is_member(uid: u32, group: u32) -> bool {
    let Ok(Some(user)) = User::from_uid(Uid::from_raw(uid)) else { return false };
    let Ok(name) = CString::new(user.name) else { return false };
    getgrouplist(&name, user.gid).is_ok_and(|groups| groups.contains(&Gid::from_raw(group)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_users_is_asked_only_where_nothing_else_tells() {
        let group = |group| Admission::Operators { uids: vec![0, 7], group };
        for (admission, uid, gid, standing) in [
            (Admission::Everybody, 5, 5, Standing::Admitted),
            (group(None), 7, 5, Standing::Admitted),
            (group(None), 5, 7, Standing::Refused),
            (group(Some(9)), 7, 5, Standing::Admitted),
            (group(Some(9)), 5, 9, Standing::Admitted),
            (group(Some(9)), 5, 5, Standing::MemberOf { uid: 5, group: 9 }),
        ] {
            assert_eq!(admission.of(uid, gid), standing, "{admission:?} {uid} {gid}");
        }
    }

    #[test]
    fn membership_is_what_the_systems_list_says() {
        let root = User::from_uid(Uid::from_raw(0)).unwrap().unwrap();
        assert!(is_member(0, root.gid.as_raw()));
        assert!(!is_member(0, 4_000_000_000));
        assert!(!is_member(4_000_000_000, root.gid.as_raw()), "nobody has this number");
    }
}
