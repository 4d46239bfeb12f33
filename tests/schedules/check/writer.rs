//! Owns the specification of changes that are handed in at the same time.

use std::sync::Arc;

use claviger_api::method::ConnectAccount;
use claviger_api::{AccountId, KeyId};
use claviger_schedules::image::Image;
use claviger_schedules::service::{Error, Service};
use claviger_schedules::world::{ACCOUNTS, OPERATOR, World, name, only};
use shuttle::future::yield_now;

use crate::concurrency::Meanwhile;
use crate::exploration::explore;
use crate::follower::{Follower, snapshot};

/// Makes a change, and looks whether its reply came after the commit and after its event.
async fn change<T>(service: &Arc<Service>, id: KeyId, change: impl Future<Output = Result<T, Error>>) {
    let mut follower = Follower::begin(service);
    let before = follower.keys.get(&id).cloned();
    change.await.expect("nothing is against it");
    follower.follow(service);
    let after = follower.keys.get(&id).cloned();
    assert_ne!(after, before, "the reply came before the event");
    assert_eq!(snapshot(service).1.get(&id).cloned(), after, "the reply came before the commit");
}

/// Changes three keys at the same time, while two more changes are refused.
fn change_three_keys(meanwhile: &mut Meanwhile, World { service, callers, .. }: &World) {
    let ids: Vec<KeyId> = callers.iter().map(|(id, _)| *id).collect();
    let [renamed, narrowed, deleted, refused] = ids[..] else { panic!("four keys") };
    let handle = || Arc::clone(service);
    let service = handle();
    meanwhile.begin(async move {
        change(&service, renamed, service.rename_key(OPERATOR, renamed, name("other"), None)).await;
    });
    let service = handle();
    meanwhile.begin(async move {
        let scope = only(&ACCOUNTS[..1]);
        change(&service, narrowed, service.set_key_scope(OPERATOR, narrowed, scope, None)).await;
    });
    let service = handle();
    meanwhile.begin(async move {
        change(&service, deleted, service.delete_key(OPERATOR, deleted, None)).await;
    });
    let service = handle();
    meanwhile.begin(async move {
        let taken = service.rename_key(OPERATOR, refused, name("KEY 1"), None).await;
        assert_eq!(taken, Err(Error::NameTaken));
    });
    let service = handle();
    meanwhile.begin(async move {
        let account = ConnectAccount {
            name: name("again"),
            institution: None,
            mask: None,
            kind: None,
            id: AccountId::parse(ACCOUNTS[0]),
        };
        assert_eq!(service.connect_account(OPERATOR, account).await, Err(Error::AccountIdTaken));
    });
}

#[test]
fn a_reply_comes_after_its_commit_and_its_event_and_a_refusal_leaves_the_others_alone() {
    explore(&Image::of(4), async |world| {
        let (before, _) = snapshot(&world.service);
        let mut meanwhile = Meanwhile::default();
        change_three_keys(&mut meanwhile, &world);
        meanwhile.ends().await;
        assert_eq!(snapshot(&world.service).0, before + 3);
    });
}

/// Follows from some moment on, and looks at the end whether anything was missed.
pub(crate) async fn follow_while_changed(world: World, begin: fn(&Arc<Service>) -> Follower) {
    let mut meanwhile = Meanwhile::default();
    change_three_keys(&mut meanwhile, &world);
    let mut follower = begin(&world.service);
    for _ in 0..3 {
        follower.follow(&world.service);
        yield_now().await;
    }
    meanwhile.ends().await;
    follower.follow(&world.service);
    assert_eq!((follower.revision, follower.keys), snapshot(&world.service), "a change was missed");
}

#[test]
fn whoever_follows_from_any_moment_on_sees_each_revision_once_and_in_order() {
    explore(&Image::of(4), |world| follow_while_changed(world, Follower::begin));
}
