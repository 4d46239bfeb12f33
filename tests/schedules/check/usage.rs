//! Owns the specification of counting grants while they are written.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use claviger_api::KeyId;
use claviger_schedules::image::Image;
use claviger_schedules::service::{Service, Verdict};
use claviger_schedules::world::World;

use crate::concurrency::Meanwhile;
use crate::exploration::explore;

/// How many callers there are, and how often each is granted.
const CALLERS: usize = 2;
const TIMES: u64 = 2;

fn counted(service: &Service, id: &KeyId) -> u64 {
    service.key_usage(id).expect("the key is there").days.iter().map(|day| day.granted).sum()
}

#[test]
fn a_grant_is_counted_once_whatever_is_written_meanwhile() {
    explore(&Image::of(1), async |World { service, callers, .. }| {
        let (id, caller) = callers[0].clone();
        let (asked, granted) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let mut meanwhile = Meanwhile::default();
        for _ in 0..CALLERS {
            let (caller, asked, granted) = (caller.clone(), Rc::clone(&asked), Rc::clone(&granted));
            meanwhile.begin(async move {
                for _ in 0..TIMES {
                    asked.set(asked.get() + 1);
                    assert!(matches!(caller.present(None).await, Ok(Verdict::Granted(_))));
                    granted.set(granted.get() + 1);
                }
            });
        }
        let saved = Arc::clone(&service);
        meanwhile.begin(async move {
            for _ in 0..3 {
                saved.save_usage().await.expect("there is room");
            }
        });
        for _ in 0..3 {
            let least = granted.get();
            let counted = counted(&service, &id);
            assert!(counted >= least, "{counted} of {least} that were granted before are counted");
            assert!(counted <= asked.get(), "{counted} of {} that were asked for are counted", asked.get());
        }
        meanwhile.ends().await;
        assert_eq!(counted(&service, &id), granted.get());
        service.save_usage().await.expect("there is room");
        assert_eq!(counted(&service, &id), granted.get());
    });
}
