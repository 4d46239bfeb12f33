//! Owns by what the threads and tasks of service and store meet: locks, channels, and how they begin. Must not add anything
//! to them. The check of schedules (tests/schedules) puts others in its place.

pub(crate) use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic, mpsc,
};
pub(crate) use std::thread;

pub(crate) use tokio::sync::{Notify, OnceCell, broadcast, oneshot, watch};
pub(crate) use tokio::{task, time};
