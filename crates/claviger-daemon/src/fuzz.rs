//! Owns the way from the targets of `tests/fuzz` into the crate: one function a target, which panics where something
//! does not hold that must. Must not be part of the product: it is there in tests and with the feature `fuzz` only.

pub use crate::socket::fuzz::request;
pub use crate::store::fuzz::{Reading, record};
pub use crate::token::fuzz::secret;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use claviger_api::method::{Method, Subscription, Visitor, visit};

    use super::*;
    use crate::token::TagMatch;

    /// The seeds of a target, each with its file's name.
    fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/seeds").join(target);
        let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
        let seeds: Vec<_> = files
            .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
            .collect();
        assert!(!seeds.is_empty(), "{target} has no seeds");
        seeds
    }

    /// What a seed is said to be: the first word of its name.
    fn kind(name: &str) -> &str {
        name.split('-').next().unwrap_or_default()
    }

    #[test]
    fn each_seed_of_a_secret_is_what_its_name_says() {
        for (name, bytes) in seeds("secret") {
            let expected = match kind(&name) {
                "current" => Some(TagMatch::Current),
                "retired" => Some(TagMatch::Retired),
                "forged" => Some(TagMatch::Forged),
                "malformed" => None,
                _ => panic!("{name} says nothing"),
            };
            assert_eq!(secret(&bytes), expected, "{name}");
        }
    }

    #[test]
    fn each_seed_of_a_record_is_what_its_name_says() {
        for (name, bytes) in seeds("record") {
            let expected = match kind(&name) {
                "key" => Reading { key: true, ..Reading::default() },
                "account" => Reading { account: true, ..Reading::default() },
                "entry" => Reading { entry: true, ..Reading::default() },
                "state" => Reading { state: true, ..Reading::default() },
                "revocation" => Reading { revocation: true, ..Reading::default() },
                "digest" => Reading { digest: true, ..Reading::default() },
                "damaged" => Reading::default(),
                _ => panic!("{name} says nothing"),
            };
            assert_eq!(record(&bytes), expected, "{name}");
        }
    }

    #[test]
    fn each_seed_of_a_request_is_answered_as_it_must_be() {
        for (name, bytes) in seeds("request") {
            assert_eq!(request(&bytes), kind(&name) == "call", "{name}");
        }
    }

    #[test]
    fn there_is_a_request_for_each_method() {
        struct Seeded(Vec<String>);
        impl Seeded {
            fn has(&self, method: &str) {
                let call = format!("\"method\":\"{method}\"");
                assert!(self.0.iter().any(|seed| seed.contains(&call)), "no seed calls {method}");
            }
        }
        impl Visitor for Seeded {
            fn method<M: Method>(&mut self) {
                self.has(M::NAME);
            }

            fn subscription<S: Subscription>(&mut self) {
                self.has(S::NAME);
                self.has(S::UNSUBSCRIBE);
            }
        }
        let texts =
            seeds("request").into_iter().map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned());
        visit(&mut Seeded(texts.collect()));
    }
}
