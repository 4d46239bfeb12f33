//! Owns the specification of ending the writer while changes are handed in.

use std::sync::Arc;

use claviger_schedules::image::Image;
use claviger_schedules::service::Error;
use claviger_schedules::world::{OPERATOR, World, name};

use crate::concurrency::Meanwhile;
use crate::exploration::explore;
use crate::follower::snapshot;

#[test]
fn a_change_that_is_handed_in_while_the_writer_ends_is_made_and_answered_or_neither() {
    explore(&Image::of(3), async |World { service, callers, .. }| {
        let mut meanwhile = Meanwhile::default();
        for (id, _) in callers {
            let service = Arc::clone(&service);
            meanwhile.begin(async move {
                let mut told = service.key(&id).expect("the key is there").name;
                for change in 0..3 {
                    let new = format!("{told}, {change}");
                    match service.rename_key(OPERATOR, id, name(&new), None).await {
                        Ok(_) => told = new,
                        Err(error) => assert!(matches!(error, Error::Fault(_)), "{error}"),
                    }
                }
                assert_eq!(service.key(&id).expect("the key is there").name, told);
            });
        }
        service.finish().await;
        let at_the_end = snapshot(&service);
        meanwhile.ends().await;
        assert!(snapshot(&service) == at_the_end, "something was written after the end");
    });
}
