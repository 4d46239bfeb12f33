//! Owns the specification of asking several times at once under the same request id.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use claviger_api::page::Limit;
use claviger_api::{RequestId, Scope, Secret};
use claviger_schedules::image::Image;
use claviger_schedules::service::{Error, Service, Verdict};
use claviger_schedules::world::{OPERATOR, World, name};

use crate::concurrency::{Meanwhile, hang_up_after};
use crate::exploration::explore;

fn request(text: &str) -> RequestId {
    RequestId::parse(text).expect("a request id")
}

async fn create(service: &Arc<Service>, text: &str, id: &str) -> Result<Secret, Error> {
    service.create_key(OPERATOR, name(text), Scope::All, Some(request(id))).await.map(|made| made.secret)
}

#[test]
fn under_one_request_id_one_key_is_made_whoever_hangs_up() {
    explore(&Image::of(0), async |World { service, .. }| {
        let mut meanwhile = Meanwhile::default();
        let first = Rc::new(RefCell::new(None));
        for _ in 0..2 {
            let (service, first) = (Arc::clone(&service), Rc::clone(&first));
            meanwhile.begin(async move {
                let made = create(&service, "new", "once").await.expect("the name is free");
                let mut first = first.borrow_mut();
                let first = first.get_or_insert_with(|| made.clone());
                assert!(*first == made, "two answers under one request id");
            });
        }
        for times in 1..3 {
            let service = Arc::clone(&service);
            meanwhile.begin(async move {
                hang_up_after(times, create(&service, "new", "once")).await;
            });
        }
        meanwhile.ends().await;
        assert_eq!(service.list_keys(None, Limit::default()).expect("the store reads").keys.len(), 1);
    });
}

#[test]
fn under_one_request_id_a_key_is_rotated_once() {
    explore(&Image::of(1), async |World { service, callers, .. }| {
        let (id, old) = callers[0].clone();
        let mut meanwhile = Meanwhile::default();
        for _ in 0..3 {
            let (service, old) = (Arc::clone(&service), old.clone());
            meanwhile.begin(async move {
                let rotated = service.rotate_key(OPERATOR, id, None, Some(request("once"))).await;
                let new = old.with(rotated.expect("the key is there").secret);
                assert!(
                    matches!(new.present(None).await, Ok(Verdict::Granted(_))),
                    "a dead secret was answered"
                );
            });
        }
        meanwhile.ends().await;
        assert_eq!(service.key(&id).expect("the key is there").version, 2);
    });
}

#[test]
fn of_two_request_ids_that_want_one_name_one_has_it_and_the_other_is_refused() {
    explore(&Image::of(0), async |World { service, .. }| {
        let mut meanwhile = Meanwhile::default();
        let answers = Rc::new(RefCell::new(Vec::new()));
        for request in ["one", "one", "other", "other"] {
            let (service, answers) = (Arc::clone(&service), Rc::clone(&answers));
            meanwhile.begin(async move {
                let answer = create(&service, "new", request).await;
                assert!(answer.is_ok() || answer.as_ref().err() == Some(&Error::NameTaken));
                answers.borrow_mut().push((request, answer.ok()));
            });
        }
        meanwhile.ends().await;
        let answers = answers.borrow();
        let made = answers.iter().find_map(|(request, made)| made.as_ref().map(|made| (*request, made)));
        let (winner, made) = made.expect("nobody is in the way of the first");
        for (request, answer) in &*answers {
            let expected = (*request == winner).then_some(made);
            assert!(answer.as_ref() == expected, "another answer under the same request id");
        }
    });
}

#[test]
fn what_was_made_after_a_refusal_is_answered_again_under_the_same_request_id() {
    explore(&Image::of(1), async |World { service, callers, .. }| {
        let mut meanwhile = Meanwhile::default();
        let made = Rc::new(RefCell::new(None));
        for _ in 0..3 {
            let (service, made) = (Arc::clone(&service), Rc::clone(&made));
            meanwhile.begin(async move {
                match create(&service, "key 0", "once").await {
                    Ok(secret) => {
                        let first = made.borrow_mut().get_or_insert_with(|| secret.clone()).clone();
                        assert!(first == secret, "two answers under one request id");
                    }
                    Err(error) => assert_eq!(error, Error::NameTaken),
                }
            });
        }
        let (id, _) = callers[0];
        service.rename_key(OPERATOR, id, name("other"), None).await.expect("nothing is against it");
        meanwhile.ends().await;
        let again = create(&service, "key 0", "once").await.expect("the name is free, or the answer is kept");
        assert!(made.borrow().as_ref().is_none_or(|made| *made == again), "another answer");
    });
}
