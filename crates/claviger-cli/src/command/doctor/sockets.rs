//! Owns what is checked of the runtime directory and the sockets in it. Must not change any of it.

use std::path::Path;

use claviger_api::{ADMIN_SOCKET, VERIFY_SOCKET};
use claviger_daemon::SocketConfig;
use claviger_daemon::place::quoted;
use claviger_daemon::run::PASSABLE;
use claviger_daemon::socket::group_id;

use super::contact::{Contact, Voice};
use super::daemon::refused;
use super::finding::{Check, Finding};
use super::standing::{Kind, Standing, Wanted, judge, look, look_through};
use super::{Maker, Site};
use crate::systemd::SOCKETS;

/// Looks at the runtime directory and the sockets. Without their settings nobody can tell whom they should let in.
pub(super) fn examine(site: &Site<'_>, runtime_dir: &Path, sockets: Option<&SocketConfig>) -> Vec<Finding> {
    let check = Check::RuntimeDirectory;
    let mode = if sockets.is_none_or(SocketConfig::lets_others_in) { PASSABLE } else { 0o700 };
    // What another configuration of ours may have left is closed by the next daemon.
    let wanted = Wanted { kind: Kind::Directory, mode, loosest: PASSABLE };
    let shown = runtime_dir.display();
    let standing = match look_through(runtime_dir) {
        Ok(standing) => standing,
        // The sockets in it would only say the same again.
        Err(error) => return vec![site.owner.unseen(check, runtime_dir, &error)],
    };
    let mut findings = vec![match standing {
        Some(standing) => {
            Finding::of(check, judge(runtime_dir, standing, &wanted, &site.owner), || shown.to_string())
        }
        None => Finding::ok(check, format!("{shown} is not there yet: the first daemon makes it")),
    }];
    if standing.is_some_and(|standing| standing.kind != Kind::Directory) {
        return findings;
    }
    let bound = |sockets: &SocketConfig| {
        [
            Bound::by(sockets.admin_mode(), sockets.admin_group.as_deref()),
            Bound::by(sockets.verify_mode, sockets.verify_group.as_deref()),
        ]
    };
    let [admin, verify] = sockets.map_or([Bound::ANYHOW; 2], bound);
    for (check, name, bound) in
        [(Check::AdminSocket, ADMIN_SOCKET, admin), (Check::VerifySocket, VERIFY_SOCKET, verify)]
    {
        let path = runtime_dir.join(name);
        findings.push(match look(&path) {
            Err(error) => site.owner.unseen(check, &path, &error),
            Ok(standing) => judge_socket(site, check, &path, standing, &bound),
        });
    }
    findings
}

/// How a socket is bound.
#[derive(Clone, Copy, Debug)]
struct Bound {
    /// What it lets in at least.
    mode: u32,
    /// What it may let in at most.
    loosest: u32,
    /// The group that it is given; `None` leaves the daemon's own.
    group: Option<u32>,
}

impl Bound {
    /// Where it is not known how.
    const ANYHOW: Self = Self { mode: 0, loosest: 0o777, group: None };

    fn by(mode: u32, group: Option<&str>) -> Self {
        Self { mode, loosest: mode, group: group.and_then(group_id) }
    }
}

fn judge_socket(
    site: &Site<'_>,
    check: Check,
    path: &Path,
    standing: Option<Standing>,
    bound: &Bound,
) -> Finding {
    let Some(standing) = standing else {
        return match site.contact {
            Contact::Answers(_) => Finding::wrong(check, "it is gone", site.restart()),
            Contact::Closed(closed) => judge_voice(site, check, &closed.verify),
            Contact::None | Contact::Refused(_) => Finding::ok(check, "none: a daemon makes it"),
        };
    };
    let wanted = Wanted { kind: Kind::Socket, mode: bound.mode, loosest: bound.loosest };
    let is_ours = standing.kind == Kind::Socket && standing.owner == site.owner.uid;
    if is_ours && matches!(site.contact, Contact::None) {
        // What nobody listens behind lets nobody in, whatever its mode is.
        let detail = "left by a daemon that was killed: nobody listens, and the next daemon replaces it";
        return Finding::warning(check, detail, format!("{}rm {}", site.owner.sudo(), quoted(path)));
    }
    if let Some(fault) = judge(path, standing, &wanted, &site.owner) {
        // Its mode is a setting, which is not told: the daemon binds it anew with that mode.
        let hint = if is_ours && check == Check::VerifySocket { site.restart() } else { fault.hint };
        return Finding::wrong(check, fault.detail, hint);
    }
    if bound.mode & !standing.mode != 0 {
        return too_tight(site, check, standing.mode, bound.mode);
    }
    let of_another_group = bound.group.is_some_and(|group| group != standing.group);
    let voice = match (site.contact, check) {
        (Contact::Answers(_), _) if of_another_group => {
            let detail = format!("it belongs to another group than sockets.{}_group says", of(check));
            return Finding::warning(check, detail, site.restart());
        }
        (Contact::Closed(closed), Check::AdminSocket) => return Finding::ok(check, &*closed.admin),
        (Contact::Closed(closed), _) => &closed.verify,
        (Contact::Answers(answer), Check::VerifySocket) => &answer.verify,
        _ => &Voice::Answers,
    };
    match voice {
        Voice::Answers if site.owner.is_another() => {
            Finding::ok(check, format!("a socket with mode {:04o}, which lets you in", standing.mode))
        }
        Voice::Answers => Finding::ok(check, format!("a socket of ours with mode {:04o}", standing.mode)),
        voice => judge_voice(site, check, voice),
    }
}

fn judge_voice(site: &Site<'_>, check: Check, voice: &Voice) -> Finding {
    match voice {
        Voice::Answers => Finding::ok(check, "it answers"),
        Voice::NotForUs(whose) => Finding::ok(check, &**whose),
        Voice::Refused(failure) => refused(check, failure, &site.claviger),
    }
}

/// Whoever the settings let in and the socket does not is turned away without a word from the daemon.
fn too_tight(site: &Site<'_>, check: Check, mode: u32, said: u32) -> Finding {
    let detail = format!(
        "it has mode {mode:04o}, and sockets.{}_mode says {said:04o}: some whom that lets in are kept out",
        of(check)
    );
    let hint = match (site.maker(), check) {
        (Maker::Systemd(manager), Check::AdminSocket) => manager.edit(site.owner.viewer, SOCKETS[0]),
        (Maker::Systemd(manager), _) => manager.edit(site.owner.viewer, SOCKETS[1]),
        (Maker::Another, _) => format!("have the service manager that makes it give it mode {said:04o}"),
        (Maker::Daemon, _) => site.restart(),
    };
    Finding::warning(check, detail, hint)
}

/// What the settings of a socket begin with.
fn of(check: Check) -> &'static str {
    if check == Check::AdminSocket { "admin" } else { "verify" }
}

#[cfg(test)]
mod tests {
    use super::super::contact::{Answer, Closed, Listener};
    use super::super::finding::State;
    use super::super::owner::Owner;
    use super::*;
    use crate::args::Places;
    use crate::failure::Failure;
    use crate::systemd::Manager;

    const PATH: &str = "/r/verify.sock";
    const SOCKET: Standing = Standing { kind: Kind::Socket, owner: 1000, group: 7, mode: 0o660 };
    const RESTART: &str = "claviger stop && claviger";
    const BOUND: Bound = Bound { mode: 0o660, loosest: 0o660, group: Some(7) };

    fn judged(check: Check, contact: &Contact, standing: Option<Standing>) -> (State, String) {
        let places = Places::default();
        let site = Site::sample(contact, &places);
        let finding = judge_socket(&site, check, Path::new(PATH), standing, &BOUND);
        (finding.state, finding.hint.unwrap_or_default())
    }

    #[test]
    fn sockets_are_judged_by_how_they_stand_and_whether_somebody_listens() {
        let answers = Contact::Answers(Box::new(Answer::sample()));
        let refused = Contact::Refused(Failure::failed("no"));
        let (admin, verify) = (Check::AdminSocket, Check::VerifySocket);
        let file = Standing { kind: Kind::File, ..SOCKET };
        let foreign = Standing { owner: 5, ..SOCKET };
        let loose = Standing { mode: 0o666, ..SOCKET };
        let closed = Standing { mode: 0o060, ..SOCKET };
        let other_group = Standing { group: 8, ..SOCKET };
        let aside = "mv '/r/verify.sock' '/r/verify.sock'.aside";
        let as_another = "sudo -H -u '#5' claviger --config '/c' doctor";
        for (check, contact, standing, state, hint) in [
            (verify, &answers, Some(SOCKET), State::Ok, ""),
            (verify, &refused, Some(SOCKET), State::Ok, ""),
            (verify, &Contact::None, None, State::Ok, ""),
            (verify, &refused, None, State::Ok, ""),
            (verify, &answers, None, State::Wrong, RESTART),
            (verify, &Contact::None, Some(SOCKET), State::Warning, "rm '/r/verify.sock'"),
            (verify, &Contact::None, Some(loose), State::Warning, "rm '/r/verify.sock'"),
            (verify, &Contact::None, Some(file), State::Wrong, aside),
            (verify, &Contact::None, Some(foreign), State::Wrong, as_another),
            (verify, &answers, Some(loose), State::Wrong, RESTART),
            (verify, &answers, Some(closed), State::Wrong, RESTART),
            (verify, &answers, Some(other_group), State::Warning, RESTART),
            (admin, &answers, Some(loose), State::Wrong, "chmod 0660 '/r/verify.sock'"),
            (admin, &answers, Some(other_group), State::Warning, RESTART),
        ] {
            assert_eq!(judged(check, contact, standing), (state, hint.to_owned()), "{check:?} {standing:?}");
        }
        let mut deaf = Answer::sample();
        deaf.verify = Voice::Refused(Failure::failed("it does not answer").hint("look at its log"));
        let deaf = Contact::Answers(Box::new(deaf));
        assert_eq!(judged(verify, &deaf, Some(SOCKET)), (State::Wrong, "look at its log".to_owned()));
    }

    #[test]
    fn sockets_that_are_for_others_are_not_wrong() {
        let for_others = || Voice::NotForUs("for members of the group gateways".to_owned());
        let mut answer = Answer::sample();
        answer.verify = for_others();
        let answers = Contact::Answers(Box::new(answer));
        let closed = |verify| {
            Contact::Closed(Box::new(Closed {
                admin: "for members of the group operators".to_owned(),
                verify,
            }))
        };
        let places = Places::default();
        let (admin, verify) = (Check::AdminSocket, Check::VerifySocket);
        for (check, contact, detail) in [
            (verify, answers, "for members of the group gateways"),
            (verify, closed(for_others()), "for members of the group gateways"),
            (verify, closed(Voice::Answers), "a socket with mode 0660, which lets you in"),
            (admin, closed(Voice::Answers), "for members of the group operators"),
        ] {
            let mut site = Site::sample(&contact, &places);
            site.owner = Owner::sample(5, 1000);
            let finding = judge_socket(&site, check, Path::new(PATH), Some(SOCKET), &BOUND);
            assert_eq!(finding, Finding::ok(check, detail));
            let loose = Some(Standing { mode: 0o666, ..SOCKET });
            let finding = judge_socket(&site, check, Path::new(PATH), loose, &Bound::ANYHOW);
            assert_eq!(finding.state, State::Ok, "without the settings nobody knows whom it should let in");
        }
    }

    #[test]
    fn a_socket_that_keeps_out_whom_the_settings_let_in_is_told_with_both_modes() {
        let tight = Standing { mode: 0o600, ..SOCKET };
        let answers = |listener| Contact::Answers(Box::new(Answer { listener, ..Answer::sample() }));
        let places = Places::default();
        let (user, system) = (Some(Manager::User), Some(Manager::System));
        let (admin, verify) = (Check::AdminSocket, Check::VerifySocket);
        for (check, listener, manager, hint) in [
            (verify, Listener::Daemon, None, RESTART),
            (verify, Listener::Daemon, user, RESTART),
            (verify, Listener::Another, user, "systemctl --user edit claviger-verify.socket"),
            (admin, Listener::Another, user, "systemctl --user edit claviger-admin.socket"),
            (verify, Listener::Another, system, "sudo systemctl edit claviger-verify.socket"),
            (verify, Listener::Another, None, "have the service manager that makes it give it mode 0660"),
        ] {
            let contact = answers(listener);
            let mut site = Site::sample(&contact, &places);
            site.manager = manager;
            let finding = judge_socket(&site, check, Path::new(PATH), Some(tight), &BOUND);
            assert_eq!((finding.state, finding.hint.as_deref()), (State::Warning, Some(hint)));
            assert!(
                finding.detail.contains("mode 0600") && finding.detail.contains("0660"),
                "{}",
                finding.detail
            );
        }
        let answers = answers(Listener::Another);
        let mut site = Site::sample(&answers, &places);
        site.manager = user;
        let loose = Some(Standing { mode: 0o666, ..SOCKET });
        let finding = judge_socket(&site, verify, Path::new(PATH), loose, &BOUND);
        assert!(finding.hint.unwrap().starts_with("systemctl --user restart "));
    }
}
