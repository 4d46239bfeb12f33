# Lists what there is.
default:
    @just --list

# What CI runs: formatting, lints, docs, tests.
check:
    .ci/run

# Opens the interface on a throw-away store with sample data.
demo:
    cargo run --release -- demo

# Looks the dependencies up in the database of known faults (https://rustsec.org), which is fetched for it.
advisories:
    cargo deny check advisories

# All tests.
test:
    cargo test --workspace

# Fuzzes secrets, requests and stored records: 60 seconds in all unless told otherwise (an hour: `just fuzz 3600`).
fuzz seconds="60":
    #!/usr/bin/env bash
    set -euo pipefail
    if ! cargo fuzz --version >/dev/null 2>&1; then
        echo "just fuzz needs cargo-fuzz and a C++ compiler. To have the first: cargo install --locked cargo-fuzz" >&2
        exit 1
    fi
    # The address sanitizer is the one part of cargo-fuzz that a stable toolchain lacks. It looks for what unsafe code does, and
    # there is none of ours; without it, nothing but stable flags is used.
    for target in secret request record; do
        corpus=tests/fuzz/corpus/$target
        mkdir -p "$corpus"
        # New inputs go into the first directory; the seeds stay as they are.
        cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none "$target" "$corpus" "tests/fuzz/seeds/$target" -- \
            -max_total_time=$((({{ seconds }} + 2) / 3)) -print_final_stats=1 -verbosity=0
    done

# Plays 2,000 random histories of 40 steps against the plain model.
histories:
    PROPTEST_CASES=2000 cargo test --release -p claviger-daemon --lib histories

# Plays 20,000 schedules of each scenario in which the daemon's threads come between each other.
schedules schedules="20000":
    CLAVIGER_SCHEDULES={{schedules}} cargo test --release -p claviger-schedules -- --nocapture

# Breaks a copy of the daemon in each of the ways in tests/schedules/faults, and sees that the check of schedules finds it.
schedules-broken:
    #!/usr/bin/env bash
    set -euo pipefail
    faults=$PWD/tests/schedules/faults
    export CARGO_TARGET_DIR=$PWD/target/broken CLAVIGER_SCHEDULES=1000
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    git ls-files -z | xargs -0 cp --parents -t "$copy"
    cd "$copy"
    missed=0
    for fault in "$faults"/*.patch; do
        name=$(basename "$fault" .patch)
        if ! git apply "$fault"; then
            echo "does not apply: $name" && missed=1 && continue
        fi
        if cargo test -q -p claviger-schedules --test schedules -- --skip trust:: >log 2>&1; then
            echo "NOT FOUND: $name" && missed=1
        elif grep -q "could not compile" log; then
            echo "does not build: $name" && missed=1
        else
            echo "found by $(grep -cE '^    [a-z]+::' log): $name"
        fi
        git apply -R "$fault"
    done
    exit $missed

# Measures everything in turn: over the sockets beside bare servers, changes beside the disk, how the cost grows, in process, and the interface.
bench keys="1000": (bench-sockets keys) (bench-writes keys) (bench-growth keys)
    cargo bench -p claviger-bench
    cargo bench -p claviger-daemon
    cargo bench -p claviger-tui --features bench
    cargo bench -p claviger --bench terminal

# Asks the daemon over its socket in every way, beside a bare echo and a bare hyper, and prints one table.
bench-sockets keys="1000":
    cargo build --release -p claviger
    cargo run --release -p claviger-bench -- run --keys {{keys}}

# Changes keys over the daemon's socket in every way, beside the disk alone and one slow hash, and prints one table with the limits.
bench-writes keys="1000":
    cargo build --release -p claviger
    cargo run --release -p claviger-bench -- writes --keys {{keys}}

# Asks the daemon with wide scopes, and beside idle connections, subscribers and changes, and prints how the cost grows.
bench-growth keys="1000":
    cargo build --release -p claviger
    cargo run --release -p claviger-bench -- growth --keys {{keys}}

# Counts the instructions of a verification, and fails where they differ by more than 5 % from those of the last time; needs valgrind.
instructions:
    cargo build --release -p claviger-bench --bins
    cargo run --release -p claviger-bench -- instructions

# Writes down what `just instructions` counts, with the reason for what changed.
instructions-bless why:
    cargo build --release -p claviger-bench --bins
    cargo run --release -p claviger-bench -- instructions --bless {{quote(why)}}

# Looks whether refusals can be told apart by the time that they take.
timing:
    cargo bench -p claviger --bench timing

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

# Cuts the power 20,000 times during stores' lives, and looks at what is left.
power-cut cuts="20000":
    CLAVIGER_CUTS={{cuts}} cargo test --release -p claviger-daemon power_cut

# Makes every fault of the table in docs/security.md, each at length. Takes some fifteen minutes once it is built; needs strace.
faults: kills rot starts races crowd slow failing-io power-cut histories schedules storm

# Boots systemd on a throw-away copy of this system, and installs, uses, breaks and removes Claviger's service in it. Needs root.
service-check:
    cargo build --release
    crates/claviger/packaging/check/boot crates/claviger/packaging/check/service "$PWD/target/release/claviger"

# Builds the Debian package in target/debian, with the manual page and the completions, and holds the executable to its size.
package:
    #!/usr/bin/env bash
    set -euo pipefail
    if ! cargo deb --version >/dev/null 2>&1; then
        echo "just package needs cargo-deb. To have it: cargo install --locked cargo-deb" >&2
        exit 1
    fi
    cargo build --release --locked
    crates/claviger/packaging/check/size target/release/claviger
    mkdir -p target/package
    claviger=target/release/claviger
    "$claviger" man >target/package/claviger.1
    "$claviger" completions bash >target/package/claviger.bash
    "$claviger" completions zsh >target/package/_claviger
    "$claviger" completions fish >target/package/claviger.fish
    gzip --best --no-name <CHANGELOG.md >target/package/changelog.gz
    cargo deb --quiet --no-build --locked -p claviger

# Installs, upgrades, removes and purges the Debian package on throw-away copies of this system: without systemd, then booted. Needs root.
package-check: package
    #!/usr/bin/env bash
    set -euo pipefail
    package=$(ls -t target/debian/claviger_*.deb | head -n 1)
    check=crates/claviger/packaging/check
    "$check/chroot" "$check/package" "$package"
    "$check/boot" "$check/package-booted" "$PWD/$package"

# Builds an executable that needs no libraries of the system, where the toolchain has the target for it.
static:
    #!/usr/bin/env bash
    set -euo pipefail
    target=$(uname -m)-unknown-linux-musl
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
        echo "just static needs the target: rustup target add $target" >&2
        exit 1
    fi
    if ! command -v musl-gcc >/dev/null && ! command -v "$(uname -m)-linux-musl-gcc" >/dev/null; then
        echo "just static needs musl's C compiler, for the assembly of blake3: apt-get install musl-tools" >&2
        exit 1
    fi
    cargo build --release --locked --target "$target"
    crates/claviger/packaging/check/size "target/$target/release/claviger"

# Kills the daemon 1,000 times while four writers write, and looks for what was answered.
kills kills="1000":
    CLAVIGER_KILLS={{kills}} cargo test --release -p claviger --test e2e -- --nocapture kills::

# Damages a store 2,000 times: flipped bits, zeroed sectors, files cut short.
rot damages="2000":
    CLAVIGER_ROT={{damages}} cargo test --release -p claviger --test e2e -- --nocapture rot::

# Starts 100 daemons at once: without a store, on stale sockets, and beside one that serves.
starts starts="100":
    CLAVIGER_STARTS={{starts}} cargo test --release -p claviger --test e2e -- --nocapture starts::

# Plays 2,000 rounds of rotation against verification, and of disconnecting against editing.
races rounds="2000":
    CLAVIGER_ROUNDS={{rounds}} cargo test --release -p claviger --test e2e -- --nocapture races::

# Brings a crowd of 1,000 to a daemon with few descriptors, bodies of 100 MB, and batches of 10,000 calls.
crowd callers="1000":
    CLAVIGER_CROWD={{callers}} cargo test --release -p claviger --test e2e -- --nocapture --test-threads 1 crowds::

# Brings callers who are slow or silent, so many of each of six kinds.
slow callers="40":
    CLAVIGER_SLOW={{callers}} cargo test --release -p claviger --test e2e -- --nocapture slow::

# Fails each of the daemon's writes, syncs, truncations and openings once, by strace, which it needs.
failing-io times="60":
    #!/usr/bin/env bash
    set -euo pipefail
    if ! strace --version >/dev/null 2>&1; then
        echo "just failing-io needs strace, which the system's packages have under that name" >&2
        exit 1
    fi
    CLAVIGER_FAILURES={{times}} cargo test --release -p claviger --test e2e -- --nocapture --ignored failing_io::

# Lets a mixed load go on for an hour unless told otherwise (a minute: `just soak 60`), and fails where memory, latency, descriptors or the store grow without a reason.
soak seconds="3600":
    CLAVIGER_SOAK={{seconds}} cargo test --release -p claviger --test e2e -- --nocapture soak::whatever

# Measures a restart with 1,000 busy keys, with the key of their digests and without it.
restart:
    cargo bench -p claviger --bench restart

# Measures whole processes: commands while a daemon runs, and the daemon from its start to its first answer.
bench-starts:
    cargo bench -p claviger --bench starts

# Measures a storm of 1,000 connections, half of which hang up, beside a caller whose key is warm.
storm:
    cargo bench -p claviger --bench storm
