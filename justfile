# Lists what there is.
default:
    @just --list

# What CI runs: formatting, lints, docs, tests.
check:
    .ci/run

# Opens the interface on a throw-away store with sample data.
demo:
    cargo run --release -- demo

# All tests.
test:
    cargo test --workspace

# Plays 2,000 random histories of 40 steps against the plain model.
histories:
    PROPTEST_CASES=2000 cargo test --release -p claviger-daemon --lib histories

# Measures verification, and the interface with few and with many keys.
bench:
    cargo bench -p claviger-daemon
    cargo bench -p claviger-tui --features bench
    cargo bench -p claviger

# Writes docs/openrpc.json anew from the code.
openrpc:
    CLAVIGER_BLESS=1 cargo test -p claviger-api openrpc

# Draws the pictures in docs/pictures anew from the interface.
pictures:
    CLAVIGER_BLESS=1 cargo test -p claviger-tui documented::pictures

# Prints the tables of presses in README.md and docs/interface.md anew.
presses:
    CLAVIGER_BLESS=1 cargo test -p claviger-tui documented::presses

# Builds the documentation of the crates.
docs:
    cargo doc --workspace --no-deps
