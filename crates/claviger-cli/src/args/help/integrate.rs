//! Owns the longer texts of the help of `claviger integrate`. Must not know what takes them.

/// Behind `integrate --help`.
pub(in crate::args) const ALL: &str = "\
Each is complete, commented, and for this installation's sockets. A gateway
asks Claviger about every request: /accounts/ID needs a key that may see that
account, every other path a right key. Nothing is let through while the daemon
is away. How to install one: docs/integrations.

Examples:
  claviger integrate nginx > /etc/nginx/conf.d/claviger.conf
  claviger integrate nginx --listen 127.0.0.1:8081 --application 10.0.0.7:80
  claviger integrate caddy > /etc/caddy/Caddyfile
  claviger integrate envoy > /etc/envoy/envoy.yaml
  claviger integrate haproxy > /etc/haproxy/haproxy.cfg
  claviger integrate haproxy --lua > /etc/haproxy/claviger.lua
  claviger integrate systemd";

/// Behind `integrate nginx --help`.
pub(in crate::args) const NGINX: &str = "\
Examples:
  claviger integrate nginx > /etc/nginx/conf.d/claviger.conf
  claviger integrate nginx --listen 127.0.0.1:8081 --application 10.0.0.7:80";

/// Behind `integrate caddy --help`.
pub(in crate::args) const CADDY: &str = "\
Examples:
  claviger integrate caddy > /etc/caddy/Caddyfile";

/// Behind `integrate envoy --help`.
pub(in crate::args) const ENVOY: &str = "\
Examples:
  claviger integrate envoy > /etc/envoy/envoy.yaml";

/// What `integrate haproxy` is, without the marks of a comment.
pub(in crate::args) const FOR_HAPROXY: &str =
    "For HAProxy: a haproxy.cfg, and with --lua the script beside it";

/// Behind `integrate haproxy --help`.
pub(in crate::args) const HAPROXY: &str = "\
Examples:
  claviger integrate haproxy > /etc/haproxy/haproxy.cfg
  claviger integrate haproxy --lua > /etc/haproxy/claviger.lua";

/// Behind `integrate systemd --help`.
pub(in crate::args) const SYSTEMD: &str = "\
`claviger service install` puts them where they belong.

Examples:
  claviger integrate systemd
  claviger integrate systemd --system";
