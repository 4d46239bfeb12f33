//! Owns the specification of what a presented secret opens: whose it is, and which accounts it may see. Must not test how it
//! is presented.

use super::*;

#[tokio::test]
async fn out_of_scope_absent_and_impossible_accounts_are_one_refusal() {
    let world = World::new();
    world.connect("mine").await;
    world.connect("other").await;
    let key = world.create("CI", only(&["mine"])).await;
    assert_eq!(world.verify(&key.secret, Some("mine")).await, Ok(only(&["mine"])));
    for account in ["other", "absent", "", "no such id", "MINE"] {
        assert_eq!(world.verify(&key.secret, Some(account)).await, Err(Refusal::NoSuchAccount), "{account}");
    }
}

#[tokio::test]
async fn a_key_with_all_accounts_sees_those_connected_later_and_no_absent_one() {
    let world = World::new();
    let key = world.create("All", Scope::All).await;
    assert_eq!(world.verify(&key.secret, Some("later")).await, Err(Refusal::NoSuchAccount));
    world.connect("later").await;
    assert_eq!(world.verify(&key.secret, Some("later")).await, Ok(Scope::All));
}

#[tokio::test]
async fn wrong_unknown_rotated_deleted_and_malformed_secrets_are_one_refusal() {
    let (world, foreign) = (World::new(), World::new());
    let old = world.create("CI", Scope::All).await;
    let new = world.rotate(old.key.id).await;
    let gone = world.create("Gone", Scope::All).await;
    world.service.delete_key(OPERATOR, gone.key.id, None).await.unwrap();
    let elsewhere = foreign.create("CI", Scope::All).await;
    let right = new.secret.expose();
    let mut wrong_body = right.to_owned().into_bytes();
    wrong_body[20] ^= 1;
    for text in [
        old.secret.expose(),
        gone.secret.expose(),
        elsewhere.secret.expose(),
        std::str::from_utf8(&wrong_body).unwrap(),
        &right.replace("clv_", "abc_"),
        &format!("{right} "),
        &right.to_uppercase(),
        "",
    ] {
        assert_eq!(world.verify(&Secret::new(text), None).await, Err(Refusal::Unauthorized), "{text}");
    }
    assert_eq!(world.verify(&new.secret, None).await, Ok(Scope::All));
}

#[tokio::test]
async fn storage_mode_is_looked_at_after_the_secret_and_before_the_account() {
    let world = World::new();
    assert!(!world.service.settings().unwrap().storage_mode);
    let key = world.create("CI", Scope::All).await;
    assert!(world.service.settings().unwrap().storage_mode);
    world.service.set_storage_mode(OPERATOR, StorageMode::Off).await.unwrap();
    assert_eq!(world.verify(&key.secret, Some("absent")).await, Err(Refusal::StorageModeOff));
    assert_eq!(world.verify(&Secret::new("wrong"), None).await, Err(Refusal::Unauthorized));
    world.create("Another", Scope::All).await;
    assert_eq!(world.verify(&key.secret, None).await, Ok(Scope::All));
}

#[tokio::test]
async fn visible_accounts_are_those_of_the_scope_by_name() {
    let world = World::new();
    for id in ["c", "b", "a"] {
        world.connect(id).await;
    }
    let (all, some) = (world.create("All", Scope::All).await, world.create("Some", only(&["c", "a"])).await);
    let list = async |secret: &Secret| match world.service.visible_accounts(OPERATOR, secret).await.unwrap() {
        Verdict::Granted(visible) => {
            visible.accounts.into_iter().map(|account| account.name).collect::<Vec<_>>()
        }
        Verdict::Refused(refusal) => panic!("{refusal:?}"),
    };
    assert_eq!(list(&all.secret).await, ["a", "b", "c"]);
    assert_eq!(list(&some.secret).await, ["a", "c"]);
}

#[tokio::test]
async fn a_forged_secret_is_refused_without_waiting_for_a_hash() {
    let world = World::new();
    let key = world.create("CI", Scope::All).await;
    let mut forged = key.secret.expose().to_owned();
    let last = forged.pop().unwrap();
    forged.push(if last == 'a' { 'b' } else { 'a' });
    let forged = Secret::new(forged);
    let mut verdict = pin!(world.service.verify(OPERATOR, &forged, None));
    let at_once = verdict.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(at_once, Poll::Ready(Ok(Verdict::Refused(Refusal::Unauthorized)))));
}

#[tokio::test]
async fn a_cold_key_is_hashed_once_however_many_ask() {
    let directory = tempfile::tempdir().unwrap();
    let secret = {
        let world = World::on_disk(directory.path());
        let made = world.create("CI", Scope::All).await;
        world.service.finish().await;
        made.secret
    };
    let world = World::on_disk(directory.path());
    // More than the queue holds: were each a hash of its own, some would be told that it is busy.
    let asked = (0..crate::service::WAITING_JOBS * 4).map(|_| {
        let (service, secret) = (Arc::clone(&world.service), secret.clone());
        tokio::spawn(async move { service.verify(OPERATOR, &secret, None).await })
    });
    for verdict in asked.collect::<Vec<_>>() {
        assert!(matches!(verdict.await.unwrap(), Ok(Verdict::Granted(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_that_begins_after_the_reply_is_granted_by_an_old_secret() {
    let world = Arc::new(World::new());
    let mut current = world.create("CI", Scope::All).await;
    for _ in 0..200 {
        let old = current.secret.clone();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let (world, old) = (Arc::clone(&world), old.clone());
                tokio::spawn(async move { while world.verify(&old, None).await.is_ok() {} })
            })
            .collect();
        current = world.rotate(current.key.id).await;
        assert_eq!(world.verify(&old, None).await, Err(Refusal::Unauthorized));
        assert_eq!(world.verify(&current.secret, None).await, Ok(Scope::All));
        for other in others {
            other.await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_was_granted_behind_the_slow_hash_is_kept_for_the_same_question_and_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let secret = {
        let world = World::on_disk(directory.path());
        world.connect("mine").await;
        world.create("CI", only(&["mine"])).await.secret
    };
    let world = World::on_disk(directory.path());
    let mine = PresentedAccountId::new("mine");
    assert!(world.service.verify_at_once(OPERATOR, &secret, Some(&mine)).is_none(), "the key is warm");
    let Verdict::Granted(first) = world.service.verify(OPERATOR, &secret, Some(&mine)).await.unwrap() else {
        panic!("a right secret is refused");
    };
    let is_kept = |account: Option<&PresentedAccountId>| {
        let again = world.service.verify_at_once(OPERATOR, &secret, account);
        matches!(again, Some(Verdict::Granted(again)) if Arc::ptr_eq(&again, &first))
    };
    assert!(is_kept(Some(&mine)));
    assert!(!is_kept(None));
}
