//! Owns the process whose instructions are counted: it verifies one kind of secret again and again, under the allocator of the
//! product. Must not measure anything itself.

use std::alloc::System;

use claviger_api::id::PresentedAccountId;
use claviger_bench::Outcome;
use claviger_bench::in_process::{change, verify_presented};
use claviger_bench::instructions::{CALLS, Counted, KEYS};
use claviger_bench::kind::Kind;
use claviger_bench::seed::{cheap, seed};
use claviger_daemon::service::Verdict;
use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> Outcome<()> {
    let wanted = std::env::args().nth(1).ok_or("which secrets?")?;
    let counted = Counted::ALL.into_iter().find(|counted| counted.label() == wanted);
    let counted = counted.ok_or("no such verification is counted")?;
    let kind = counted.kind();
    let directory = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (service, presentable) = seed(&directory.path().join("data"), KEYS, cheap()?).await?;
        let (secrets, account) = presentable.of(kind);
        let account = PresentedAccountId::new(account);
        for (call, secret) in secrets.iter().cycle().take(CALLS as usize).enumerate() {
            if matches!(counted, Counted::First(_)) && call % secrets.len() == 0 {
                change(&service).await?;
            }
            let verdict = verify_presented(&service, secret, &account)?;
            if matches!(verdict, Verdict::Granted(_)) != (kind == Kind::Valid) {
                return Err(format!("another verdict than is due: {verdict:?}").into());
            }
        }
        service.finish().await;
        Ok(())
    })
}
