//! Owns counting the instructions of a verification in process: a figure that does not wobble. Must not know what the file
//! says of them.

pub mod figures;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::kind::Kind;
use figures::Figures;

/// Which verification is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The first of a secret since something changed.
    First(Kind),
    /// One that was asked before.
    Again(Kind),
}

impl Counted {
    /// All that are counted.
    pub const ALL: [Self; 4] = [
        Self::First(Kind::Valid),
        Self::Again(Kind::Valid),
        Self::Again(Kind::Forged),
        Self::Again(Kind::Unknown),
    ];

    /// What the file calls it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Again(Kind::Valid) => "again",
            Self::First(kind) | Self::Again(kind) => kind.label(),
        }
    }

    /// What is presented.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::First(kind) | Self::Again(kind) => kind,
        }
    }
}

/// How many keys the store has.
pub const KEYS: usize = 1_000;

/// How many verifications one count is the mean of.
pub const CALLS: u32 = 640;

/// The executable that is counted, beside this one.
const SUBJECT: &str = "claviger-bench-in-process";

/// The function whose instructions are counted, with all that it calls.
const FUNCTION: &str = "*in_process*verify_presented*";

/// The file of figures.
#[must_use]
pub fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.toml")
}

/// What to do with what was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Hold it to the file.
    Compare,
    /// Write it into the file, with this explanation of what changed.
    Bless(String),
}

/// Counts, and compares or writes. Gives what to tell.
///
/// # Errors
/// valgrind is missing, or a figure differs by too much.
pub fn count(then: &Then, progress: &mut dyn FnMut(&str)) -> Outcome<String> {
    need_valgrind()?;
    let compiler = compiler()?;
    let mut counted = Vec::new();
    for verification in Counted::ALL {
        progress(&format!("counting a verification: {}", verification.label()));
        counted.push((verification.label(), instructions(verification)?));
    }
    let mut told: Vec<String> =
        counted.iter().map(|(secret, now)| format!("{secret:<10}{now:>8} instructions")).collect();
    let path = file();
    // A file that is not there yet is written by blessing.
    let figures = match (fs::read_to_string(&path), then) {
        (Ok(text), _) => Figures::read(&text)?,
        (Err(_), Then::Bless(_)) => Figures { compiler: String::new(), figures: Vec::new() },
        (Err(error), Then::Compare) => return Err(format!("{}: {error}", path.display()).into()),
    };
    if let Then::Bless(why) = then {
        fs::write(&path, figures.blessed(&counted, &compiler, why).write())?;
        return Ok(told.join("\n"));
    }
    if figures.compiler != compiler {
        told.push(format!("counted with {compiler}, the file with {}", figures.compiler));
    }
    let differences = figures.differences(&counted);
    if differences.is_empty() {
        return Ok(told.join("\n"));
    }
    told.extend(differences);
    let hint = if figures.compiler == compiler {
        "find out why; if it is meant: just instructions-bless \"WHY\""
    } else {
        "the compilers differ: count the commit before yours with this one, to see what is yours"
    };
    Err(format!("the verification costs another number of instructions\n{}\nhint: {hint}", told.join("\n"))
        .into())
}

fn need_valgrind() -> Outcome<()> {
    let found =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => Ok(()),
        _ => {
            let hint = "hint: the system's packages have it under that name: apt-get install valgrind";
            Err(format!("counting instructions needs valgrind, which is not here\n{hint}").into())
        }
    }
}

fn compiler() -> Outcome<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output()?;
    Ok(String::from_utf8(said.stdout)?.trim().to_owned())
}

/// The instructions of one verification, on the average.
fn instructions(counted: Counted) -> Outcome<u64> {
    let directory = tempfile::tempdir()?;
    let counts = directory.path().join("counts");
    let subject = std::env::current_exe()?.with_file_name(SUBJECT);
    let said = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", &format!("--toggle-collect={FUNCTION}")])
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(&subject)
        .arg(counted.label())
        .output()?;
    if !said.status.success() {
        let said = String::from_utf8_lossy(&said.stderr);
        return Err(format!("{} under valgrind: {said}", subject.display()).into());
    }
    let total = total(&fs::read_to_string(counts)?).ok_or("callgrind gave no total")?;
    if total == 0 {
        return Err(format!("callgrind met no function like {FUNCTION}: is the executable stripped?").into());
    }
    Ok(total / u64::from(CALLS))
}

/// The sum that callgrind's file ends with.
fn total(counts: &str) -> Option<u64> {
    counts.lines().find_map(|line| line.strip_prefix("totals:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_from_callgrinds_file() {
        assert_eq!(total("version: 1\nevents: Ir\n\nfn=(1)\n16 4\n\ntotals: 1234\n"), Some(1234));
        assert_eq!(total("version: 1\n"), None);
    }
}
