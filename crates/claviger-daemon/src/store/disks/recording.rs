//! Owns a disk with two files that remembers every write and sync, and what could be left of it after the power was cut. Must
//! not know what is in them.

use std::io;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

/// What disks write whole: a write is torn only between these (a logical block of ATA and `NVMe`).
const SECTOR: usize = 512;

/// One thing that happened to a disk.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Write {
        at: usize,
        bytes: Vec<u8>,
    },
    Length(usize),
    Sync,
    /// A change was answered; the store had this revision.
    Answered(u64),
}

/// Whether a disk does what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Honesty {
    Honest,
    /// Every seventh sync is answered and not done.
    SkipsSyncs,
}

/// A file on a disk in memory, which has a second one. What happens to both is one sequence.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    content: Arc<Mutex<Content>>,
    /// Which of the two it is.
    file: usize,
}

/// What the two files hold.
pub(crate) type Files = [Vec<u8>; 2];

#[derive(Debug)]
struct Content {
    files: Files,
    events: Vec<(usize, Event)>,
    honesty: Honesty,
    syncs: usize,
}

impl Disk {
    /// A disk with these two files.
    pub(crate) fn of(files: Files, honesty: Honesty) -> [Self; 2] {
        let content = Content { files, events: Vec::new(), honesty, syncs: 0 };
        let content = Arc::new(Mutex::new(content));
        [0, 1].map(|file| Self { content: Arc::clone(&content), file })
    }

    /// What both files hold.
    pub(crate) fn files(&self) -> Files {
        self.content.lock().unwrap().files.clone()
    }

    /// What happened to both since the last look.
    pub(crate) fn take_events(&self) -> Vec<(usize, Event)> {
        std::mem::take(&mut self.content.lock().unwrap().events)
    }

    pub(crate) fn answered(&self, revision: u64) {
        self.content.lock().unwrap().events.push((self.file, Event::Answered(revision)));
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().files[self.file].len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let content = self.content.lock().unwrap();
        let at = usize::try_from(offset).unwrap();
        let found = content.files[self.file].get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut content = self.content.lock().unwrap();
        let len = usize::try_from(len).unwrap();
        content.files[self.file].resize(len, 0);
        content.events.push((self.file, Event::Length(len)));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut content = self.content.lock().unwrap();
        content.syncs += 1;
        if content.honesty == Honesty::Honest || !content.syncs.is_multiple_of(7) {
            content.events.push((self.file, Event::Sync));
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut content = self.content.lock().unwrap();
        let at = usize::try_from(offset).unwrap();
        put(&mut content.files[self.file], at, data);
        content.events.push((self.file, Event::Write { at, bytes: data.to_vec() }));
        Ok(())
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    let end = at + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(data);
}

/// What is safely on a disk, and what is not yet, at a moment that moves on through its events.
pub(crate) struct Platter<'a> {
    safe: Files,
    events: &'a [(usize, Event)],
    /// How many of the events have happened.
    now: usize,
    /// How many of them the last sync of each file has made safe, as far as they are about that file.
    synced: [usize; 2],
    /// The last revision that was answered.
    pub(crate) answered: u64,
}

impl<'a> Platter<'a> {
    pub(crate) fn new(safe: Files, events: &'a [(usize, Event)]) -> Self {
        Self { safe, events, now: 0, synced: [0; 2], answered: 0 }
    }

    /// Goes on to the moment after so many events.
    pub(crate) fn go_to(&mut self, now: usize) {
        while self.now < now {
            match &self.events[self.now] {
                (file, Event::Sync) => {
                    for event in self.loose(*file) {
                        apply(&mut self.safe[*file], event);
                    }
                    self.synced[*file] = self.now + 1;
                }
                (_, Event::Answered(revision)) => self.answered = *revision,
                (_, Event::Write { .. } | Event::Length(_)) => {}
            }
            self.now += 1;
        }
    }

    /// What happened to a file since it was synced.
    fn loose(&self, file: usize) -> Vec<&'a Event> {
        let events = &self.events[self.synced[file]..self.now];
        events.iter().filter(|(about, _)| *about == file).map(|(_, event)| event).collect()
    }

    /// What the disk holds if the power is cut now: of what was not synced some was written and some not, in any order,
    /// and a write may be torn.
    pub(crate) fn cut(&self, chance: &mut Chance) -> Files {
        let mut files = self.safe.clone();
        for (file, image) in files.iter_mut().enumerate() {
            let mut loose = self.loose(file);
            for left in (1..loose.len()).rev() {
                loose.swap(left, chance.below(left + 1));
            }
            // Of how many in eight something is kept: now and then all of it, or none.
            let kept = chance.below(9);
            for event in loose {
                match event {
                    Event::Write { at, bytes } => write_torn(image, *at, bytes, kept, chance),
                    event if chance.below(8) < kept => apply(image, event),
                    _ => {}
                }
            }
        }
        files
    }
}

fn apply(bytes: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Write { at, bytes: data } => put(bytes, *at, data),
        Event::Length(len) => bytes.resize(*len, 0),
        Event::Sync | Event::Answered(_) => {}
    }
}

fn write_torn(image: &mut Vec<u8>, at: usize, data: &[u8], kept: usize, chance: &mut Chance) {
    let is_torn = chance.below(2) == 0;
    let is_kept = chance.below(8) < kept;
    let mut from = 0;
    while from < data.len() {
        let to = ((at + from) / SECTOR * SECTOR + SECTOR - at).min(data.len());
        if if is_torn { chance.below(8) < kept } else { is_kept } {
            put(image, at + from, &data[from..to]);
        }
        from = to;
    }
}

/// Numbers that look random and are the same for the same seed (`SplitMix64`, Steele, Lea and Flood 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}
