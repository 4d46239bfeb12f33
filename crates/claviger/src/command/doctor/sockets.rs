//! Owns what is checked of the runtime directory and the sockets in it. Must not change any of it.

use std::path::Path;

use claviger_api::{ADMIN_SOCKET, VERIFY_SOCKET};
use claviger_daemon::SocketConfig;
use claviger_daemon::place::quoted;
use claviger_daemon::run::PASSABLE;
use claviger_daemon::socket::group_id;

use super::Site;
use super::contact::Contact;
use super::daemon::refused;
use super::finding::{Check, Finding};
use super::standing::{Kind, Standing, Wanted, judge, look, look_through, unseen};

/// Looks at the runtime directory and the sockets.
pub(super) fn examine(site: &Site<'_>, runtime_dir: &Path, sockets: &SocketConfig) -> Vec<Finding> {
    let check = Check::RuntimeDirectory;
    let mode = if sockets.lets_others_in() { PASSABLE } else { 0o700 };
    // What another configuration of ours may have left is closed by the next daemon.
    let wanted = Wanted { kind: Kind::Directory, mode, loosest: PASSABLE, ..site.wanted() };
    let shown = runtime_dir.display();
    let standing = match look_through(runtime_dir) {
        Ok(standing) => standing,
        // The sockets in it would only say the same again.
        Err(error) => return vec![Finding::of(check, Some(unseen(runtime_dir, &error)), String::new)],
    };
    let mut findings = vec![match standing {
        Some(standing) => Finding::of(check, judge(runtime_dir, standing, &wanted), || shown.to_string()),
        None => Finding::ok(check, format!("{shown} is not there yet: the first daemon makes it")),
    }];
    if standing.is_some_and(|standing| standing.kind != Kind::Directory) {
        return findings;
    }
    let number = |group: &Option<String>| group.as_deref().and_then(group_id);
    let admin = Bound { mode: sockets.admin_mode(), group: number(&sockets.admin_group) };
    let verify = Bound { mode: sockets.verify_mode, group: number(&sockets.verify_group) };
    for (check, name, bound) in
        [(Check::AdminSocket, ADMIN_SOCKET, admin), (Check::VerifySocket, VERIFY_SOCKET, verify)]
    {
        let path = runtime_dir.join(name);
        findings.push(match look(&path) {
            Err(error) => Finding::of(check, Some(unseen(&path, &error)), String::new),
            Ok(standing) => judge_socket(site, check, &path, standing, &bound),
        });
    }
    findings
}

/// How a socket is bound.
#[derive(Clone, Copy, Debug)]
struct Bound {
    mode: u32,
    /// The group that it is given; `None` leaves the daemon's own.
    group: Option<u32>,
}

fn judge_socket(
    site: &Site<'_>,
    check: Check,
    path: &Path,
    standing: Option<Standing>,
    bound: &Bound,
) -> Finding {
    let restart = format!("{claviger} stop && {claviger}", claviger = site.claviger);
    let Some(standing) = standing else {
        return match site.contact {
            Contact::Answers(_) => Finding::wrong(check, "it is gone", restart),
            _ => Finding::ok(check, "none: a daemon makes it"),
        };
    };
    let wanted = Wanted { kind: Kind::Socket, mode: bound.mode, loosest: bound.mode, ..site.wanted() };
    let is_ours = standing.kind == Kind::Socket && standing.owner == wanted.owner;
    if is_ours && matches!(site.contact, Contact::None) {
        // What nobody listens behind lets nobody in, whatever its mode is.
        let detail = "left by a daemon that was killed: nobody listens, and the next daemon replaces it";
        return Finding::warning(check, detail, format!("rm {}", quoted(path)));
    }
    if let Some(fault) = judge(path, standing, &wanted) {
        // Its mode is a setting, which is not told: the daemon binds it anew with that mode.
        let hint = if is_ours && check == Check::VerifySocket { restart } else { fault.hint };
        return Finding::wrong(check, fault.detail, hint);
    }
    if let Contact::Answers(answer) = site.contact {
        if let (Check::VerifySocket, Err(failure)) = (check, &answer.verify) {
            return refused(check, failure, &site.claviger);
        }
        if bound.group.is_some_and(|group| group != standing.group) {
            let setting = if check == Check::AdminSocket { "admin_group" } else { "verify_group" };
            let detail = format!("it belongs to another group than sockets.{setting} says");
            return Finding::warning(check, detail, restart);
        }
    }
    Finding::ok(check, format!("a socket of ours with mode {:04o}", standing.mode))
}

#[cfg(test)]
mod tests {
    use super::super::contact::Answer;
    use super::super::finding::State;
    use super::*;
    use crate::failure::Failure;

    const PATH: &str = "/r/verify.sock";
    const SOCKET: Standing = Standing { kind: Kind::Socket, owner: 1000, group: 7, mode: 0o660 };

    fn judged(check: Check, contact: &Contact, standing: Option<Standing>) -> (State, String) {
        let site = Site { uid: 1000, viewer: 1000, claviger: "claviger".to_owned(), contact };
        let bound = Bound { mode: 0o660, group: Some(7) };
        let finding = judge_socket(&site, check, Path::new(PATH), standing, &bound);
        (finding.state, finding.hint.unwrap_or_default())
    }

    #[test]
    fn sockets_are_judged_by_how_they_stand_and_whether_somebody_listens() {
        const RESTART: &str = "claviger stop && claviger";
        let answers = Contact::Answers(Box::new(Answer::sample()));
        let refused = Contact::Refused(Failure::failed("no"));
        let (admin, verify) = (Check::AdminSocket, Check::VerifySocket);
        let file = Standing { kind: Kind::File, ..SOCKET };
        let foreign = Standing { owner: 5, ..SOCKET };
        let loose = Standing { mode: 0o666, ..SOCKET };
        let tight = Standing { mode: 0o060, ..SOCKET };
        let other_group = Standing { group: 8, ..SOCKET };
        let aside = "mv '/r/verify.sock' '/r/verify.sock'.aside";
        for (check, contact, standing, state, hint) in [
            (verify, &answers, Some(SOCKET), State::Ok, ""),
            (verify, &refused, Some(SOCKET), State::Ok, ""),
            (verify, &Contact::None, None, State::Ok, ""),
            (verify, &refused, None, State::Ok, ""),
            (verify, &answers, None, State::Wrong, RESTART),
            (verify, &Contact::None, Some(SOCKET), State::Warning, "rm '/r/verify.sock'"),
            (verify, &Contact::None, Some(loose), State::Warning, "rm '/r/verify.sock'"),
            (verify, &Contact::None, Some(file), State::Wrong, aside),
            (verify, &Contact::None, Some(foreign), State::Wrong, "sudo chown 1000 '/r/verify.sock'"),
            (verify, &answers, Some(loose), State::Wrong, RESTART),
            (verify, &answers, Some(tight), State::Wrong, RESTART),
            (verify, &answers, Some(other_group), State::Warning, RESTART),
            (admin, &answers, Some(loose), State::Wrong, "chmod 0660 '/r/verify.sock'"),
            (admin, &answers, Some(other_group), State::Warning, RESTART),
        ] {
            assert_eq!(judged(check, contact, standing), (state, hint.to_owned()), "{check:?} {standing:?}");
        }
        let mut deaf = Answer::sample();
        deaf.verify = Err(Failure::failed("it does not answer").hint("look at its log"));
        let deaf = Contact::Answers(Box::new(deaf));
        assert_eq!(judged(verify, &deaf, Some(SOCKET)), (State::Wrong, "look at its log".to_owned()));
    }
}
