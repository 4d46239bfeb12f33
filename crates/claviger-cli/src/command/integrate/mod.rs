//! Owns `claviger integrate` for gateways: configurations for this installation. Must not need a daemon, and must print nothing that the
//! tests have not run as it is printed.

use std::path::Path;

use crate::args::{Addresses, Gateway};
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;

const NGINX: &str = include_str!("nginx.conf");
const CADDY: &str = include_str!("Caddyfile");
const ENVOY: &str = include_str!("envoy.yaml");
const HAPROXY: &str = include_str!("haproxy.cfg");
const HAPROXY_LUA: &str = include_str!("haproxy.lua");

/// Prints what is asked for.
pub(crate) fn run(settings: &Settings, gateway: &Gateway) -> Result<(), Failure> {
    let socket = settings.verify_socket();
    let text = match gateway {
        Gateway::Nginx(addresses) => filled(NGINX, addresses, &quoted(plain(&socket)?)),
        Gateway::Caddy(addresses) => filled(CADDY, addresses, literal(plain(&socket)?)?),
        Gateway::Envoy(addresses) => filled(ENVOY, addresses, &quoted(plain(&socket)?)),
        Gateway::Haproxy { lua: true, .. } => {
            HAPROXY_LUA.replace("@SOCKET@", &quoted(unexpanded(plain(&socket)?)?))
        }
        Gateway::Haproxy { addresses, .. } => {
            unexpanded(plain(&socket)?)?;
            filled(HAPROXY, addresses, "")
        }
    };
    output::text(&text)
}

/// A template with its places filled. The socket comes last: its path may read like a place.
fn filled(template: &str, addresses: &Addresses, socket: &str) -> String {
    let (host, port) = addresses.application.rsplit_once(':').unwrap_or_default();
    template
        .replace("@LISTEN@", &addresses.listen.to_string())
        .replace("@IP@", &addresses.listen.ip().to_string())
        .replace("@PORT@", &addresses.listen.port().to_string())
        .replace("@APPLICATION@", &addresses.application)
        .replace("@APPLICATION_HOST@", host.trim_matches(['[', ']']))
        .replace("@APPLICATION_PORT@", port)
        .replace("@SOCKET@", socket)
}

/// A path that a line of a configuration can hold.
fn plain(path: &Path) -> Result<&str, Failure> {
    path.to_str().filter(|text| !text.chars().any(char::is_control)).ok_or_else(|| {
        let message = "the runtime directory's path is not plain text, so no configuration can name it";
        Failure::failed(message).hint("choose another with --runtime-dir")
    })
}

/// What stands between double quotes, where a backslash takes the next character as it is.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// What stands between backticks, where nothing can be escaped and braces are filled in.
fn literal(text: &str) -> Result<&str, Failure> {
    if text.contains(['`', '{', '}']) { Err(unnameable("a backtick or a brace", "Caddy")) } else { Ok(text) }
}

/// What no variable of the environment is filled into.
fn unexpanded(text: &str) -> Result<&str, Failure> {
    if text.contains('$') { Err(unnameable("a dollar sign", "HAProxy")) } else { Ok(text) }
}

fn unnameable(what: &str, gateway: &str) -> Failure {
    let message =
        format!("the runtime directory's path has {what}, which {gateway} cannot read in an address");
    Failure::failed(message).hint("choose another with --runtime-dir")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses { listen: "[::1]:8080".parse().unwrap(), application: "app.internal:3000".to_owned() }
    }

    #[test]
    fn every_place_is_filled_and_a_path_is_quoted_once() {
        let socket = Path::new("/a \"b\"\\c/@LISTEN@/verify.sock");
        let socket = plain(socket).unwrap();
        let text = filled(NGINX, &addresses(), &quoted(socket));
        assert!(text.contains("server \"unix:/a \\\"b\\\"\\\\c/@LISTEN@/verify.sock\";"), "{text}");
        assert!(text.contains("listen [::1]:8080;") && text.contains("server app.internal:3000;"), "{text}");
        let text = filled(CADDY, &addresses(), literal(socket).unwrap());
        assert!(text.contains("`unix//a \"b\"\\c/@LISTEN@/verify.sock` {"), "{text}");
        assert!(text.contains("http://:8080 {\n\tbind ::1\n"), "{text}");
        for template in [NGINX, CADDY, ENVOY, HAPROXY] {
            let text = filled(template, &addresses(), "/s");
            assert!(!text.contains("APPLICATION_"), "{text}");
            for place in ["@SOCKET@", "@APPLICATION@", "@LISTEN@", "@IP@", "@PORT@"] {
                assert!(!text.contains(place), "{place}: {text}");
            }
        }
    }

    #[test]
    fn a_path_that_no_line_can_hold_is_refused() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        for path in ["/a\nb", "/a\tb"] {
            assert!(plain(Path::new(path)).is_err());
        }
        assert!(plain(Path::new(OsStr::from_bytes(b"/\xff"))).is_err());
        for path in ["/a`b", "/{env.HOME}"] {
            assert!(literal(path).is_err() && plain(Path::new(path)).is_ok());
        }
        assert!(unexpanded("/$HOME").is_err());
    }
}
