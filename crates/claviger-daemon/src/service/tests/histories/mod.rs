//! Owns long histories: random steps, restarts, crashes and restores, after each of which the whole store is as a plain model says,
//! and no authority has grown except by an explicit grant. Must not try one rule at a time.

mod accounts;
mod authority;
mod calls;
mod choice;
mod model;
mod past;
mod place;
mod rules;
mod step;
mod subject;
mod verdicts;
mod whole;

use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use authority::Authority;
use model::Model;
use step::Step;
use subject::Subject;

/// How many histories are tried where `PROPTEST_CASES` does not say.
const HISTORIES: u32 = 24;

/// How many steps each has.
const STEPS: usize = 40;

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::new()).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Step> {
        choice::steps(model)
    }

    /// Every number names a key or a backup that was made before: what shrinking takes away may have made it.
    fn preconditions(model: &Self, step: &Step) -> bool {
        step.act.key().is_none_or(|key| key < model.made())
            && step.act.backup().is_none_or(|backup| backup < model.backups.len())
    }

    fn apply(mut model: Self, step: &Step) -> Self {
        // The look at every secret that followed the step before.
        model.probe();
        model.take(step);
        model
    }
}

/// A daemon, and what its keys may be granted.
struct History {
    subject: Subject,
    authority: Authority,
}

impl StateMachineTest for History {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        Self { subject: Subject::new(), authority: Authority::default() }
    }

    fn apply(mut history: Self, model: &Model, step: Step) -> Self {
        let Self { subject, authority } = &mut history;
        let answer = subject.take(&step);
        assert_eq!(Some(&answer), model.answer.as_ref(), "the answer to {step:?}");
        whole::assert_same(subject, model);
        authority.learn(&step.act, &answer);
        authority.see(&subject.probe());
        history
    }
}

fn config() -> Config {
    let config = Config { max_shrink_iters: 4_000, failure_persistence: None, ..Config::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { HISTORIES };
    Config { cases, ..config }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn after_every_step_the_store_is_as_the_model_and_no_authority_has_grown_by_itself(sequential STEPS => History);
}
