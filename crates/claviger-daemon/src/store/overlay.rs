//! Owns a file that is read and never written: what redb writes stays in memory. Must not know what is in it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// The unit in which writes are kept. Bytes.
const PAGE: usize = 4096;

/// The file as redb sees it: its own bytes, with what was written since on top of them.
#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    /// How long the file seems to be.
    len: u64,
    /// From here on the file's own bytes no longer count.
    own: u64,
    /// Pages that were written, by number.
    pages: HashMap<u64, Box<[u8; PAGE]>>,
}

impl Overlay {
    /// Begins with the file as it is.
    ///
    /// # Errors
    /// The operating system does not tell its length.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, written: Mutex::new(Written { len, own: len, pages: HashMap::new() }) })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the file's own bytes; zeros beyond its end.
    fn read_own(&self, own: u64, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let there = usize::try_from(own.saturating_sub(offset)).unwrap_or(usize::MAX).min(out.len());
        let (from_file, beyond) = out.split_at_mut(there);
        beyond.fill(0);
        self.file.read_exact_at(from_file, offset)
    }
}

/// The parts of a range that lie in one page each: page, place in the page, place in the range, length.
fn parts(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let inside = usize::try_from(at % PAGE as u64).unwrap_or(0);
        let part = (PAGE - inside).min(len - done);
        let from = done;
        done += part;
        (part > 0).then_some((at / PAGE as u64, inside, from, part))
    })
}

fn check_range(written: &Written, offset: u64, len: usize) -> io::Result<()> {
    let inside = offset.checked_add(len as u64).is_some_and(|end| end <= written.len);
    if inside { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.written();
        check_range(&written, offset, out.len())?;
        for (page, inside, from, part) in parts(offset, out.len()) {
            let out = &mut out[from..from + part];
            match written.pages.get(&page) {
                Some(bytes) => out.copy_from_slice(&bytes[inside..inside + part]),
                None => self.read_own(written.own, offset + from as u64, out)?,
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut written = self.written();
        if len < written.len {
            // What is cut off must not be seen again when the file grows.
            written.pages.retain(|page, bytes| {
                let begin = page * PAGE as u64;
                let kept = usize::try_from(len.saturating_sub(begin)).unwrap_or(PAGE).min(PAGE);
                bytes[kept..].fill(0);
                kept > 0
            });
            written.own = written.own.min(len);
        }
        written.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        check_range(&written, offset, data.len())?;
        for (page, inside, from, part) in parts(offset, data.len()) {
            if !written.pages.contains_key(&page) {
                let mut bytes = Box::new([0; PAGE]);
                self.read_own(written.own, page * PAGE as u64, &mut *bytes)?;
                written.pages.insert(page, bytes);
            }
            if let Some(bytes) = written.pages.get_mut(&page) {
                bytes[inside..inside + part].copy_from_slice(&data[from..from + part]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn overlay(len: usize) -> (tempfile::NamedTempFile, Overlay) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![1; len]).unwrap();
        let overlay = Overlay::new(File::open(file.path()).unwrap()).unwrap();
        (file, overlay)
    }

    fn bytes(overlay: &Overlay, offset: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![9; len];
        overlay.read(offset, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_is_written_is_read_back_and_the_file_stays() {
        let (file, overlay) = overlay(3 * PAGE);
        overlay.write(4094, &[2; 4]).unwrap();
        assert_eq!(bytes(&overlay, 4093, 6), [1, 2, 2, 2, 2, 1]);
        let ours = bytes(&overlay, 0, 3 * PAGE).iter().map(|byte| usize::from(byte - 1)).sum::<usize>();
        assert_eq!(ours, 4);
        assert_eq!(std::fs::read(file.path()).unwrap(), vec![1; 3 * PAGE]);
    }

    #[test]
    fn what_was_cut_off_is_zero_when_it_grows_again() {
        let (_file, overlay) = overlay(2 * PAGE);
        overlay.write(100, &[2; 10]).unwrap();
        overlay.set_len(105).unwrap();
        overlay.set_len(3 * PAGE as u64).unwrap();
        assert_eq!(bytes(&overlay, 98, 9), [1, 1, 2, 2, 2, 2, 2, 0, 0]);
        assert_eq!(bytes(&overlay, PAGE as u64, 2 * PAGE), vec![0; 2 * PAGE]);
        overlay.write(PAGE as u64 + 1, &[3]).unwrap();
        assert_eq!(bytes(&overlay, PAGE as u64, 3), [0, 3, 0]);
    }

    #[test]
    fn there_is_nothing_beyond_the_end() {
        let (_file, overlay) = overlay(10);
        assert_eq!(overlay.len().unwrap(), 10);
        assert!(overlay.read(8, &mut [0; 3]).is_err());
        assert!(overlay.read(u64::MAX, &mut [0; 3]).is_err());
        assert!(overlay.write(10, &[0]).is_err());
    }
}
