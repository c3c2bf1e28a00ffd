# One target for each thing that a person does; `make help` lists them from the comments behind them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# `make test PROFILE=ci`, `make run ARGS="--pair mesos,TCP"`
PROFILE ?= default
ARGS ?=
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
# Where cargo builds: CARGO_TARGET_DIR when it is set, as cargo does it.
TARGET := $(or $(CARGO_TARGET_DIR),target)
# An explicit target keeps build scripts and procedural macros out of the static build.
HOST := $(shell rustc -vV | sed -n 's/^host: //p')

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-15s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## the whole procedure without a cluster: all six definitions, a chart, a report
	cargo build --quiet --package hc-rig --bins
	cargo run --quiet --package hc-rig -- try $(ARGS)

.PHONY: test
test: nextest ## all tests; the container backend too whenever a Docker engine answers
	.ci/test $(PROFILE)

.PHONY: test-container
test-container: nextest image ## the container backend only; fails without a Docker engine
	.ci/suite container --profile $(PROFILE) $(ARGS)

.PHONY: pages
pages: nextest ## the report's pages in Chromium; HC_RIG_PICTURES=DIR keeps pictures of them
	.ci/suite pages --profile $(PROFILE) $(ARGS)

.PHONY: capture
capture: nextest ## captures over ssh against a real sshd on loopback
	.ci/suite capture --profile $(PROFILE) $(ARGS)

.PHONY: live
live: nextest ## all scenarios on the cluster that the environment names (see docs/live.md)
	.ci/not-applicable --forget
	cargo run --quiet --package hc-rig -- doctor --no-probe
	cargo nextest run --profile live --package hc-rig-scenarios --features live-cluster --test live $(ARGS) || status=$$?; \
	.ci/not-applicable; exit $${status:-0}

.PHONY: live-smoke
live-smoke: nextest ## eight representative scenarios, at most ten minutes
	.ci/not-applicable --forget
	cargo run --quiet --package hc-rig -- doctor --no-probe
	cargo nextest run --profile live-smoke --package hc-rig-scenarios --features live-cluster --test live $(ARGS) || status=$$?; \
	.ci/not-applicable; exit $${status:-0}

.PHONY: live-rehearsal
live-rehearsal: nextest ## the same without a cluster, on a fake DC/OS in a process of its own; ARGS=--small for a part of it
	.ci/not-applicable --forget
	.ci/live-rehearsal $(ARGS) || status=$$?; .ci/not-applicable; exit $${status:-0}

.PHONY: soak
soak: nextest ## what must hold for long: 100 tasks of each pair for five minutes, on real processes and in virtual time
	cargo nextest run --profile soak --package hc-rig-scenarios --features soak --test offline $(ARGS)

.PHONY: live-soak
live-soak: nextest ## the same on the cluster that the environment names
	cargo run --quiet --package hc-rig -- doctor --no-probe
	cargo nextest run --profile soak --package hc-rig-scenarios --features live-cluster,soak --test live $(ARGS)

.PHONY: image
image: ## the container image of hc-rig with the fake Marathon: FROM scratch, a static program (needs Docker)
	RUSTFLAGS="-C target-feature=+crt-static" cargo build --profile image --package hc-rig --bin hc-rig --target $(HOST)
	# A folder of its own, because Docker is handed all of it; and no symbols.
	rm -rf "$(TARGET)/image"
	install -D --strip "$(TARGET)/$(HOST)/image/hc-rig" "$(TARGET)/image/hc-rig"
	install -d "$(TARGET)/image/runs"
	# The program holds the font.
	install -D --mode 644 --target-directory "$(TARGET)/image/licences" LICENSE-MIT LICENSE-APACHE rig/fonts/LICENSE-DejaVu.txt
	docker build --quiet --tag localhost/hc-rig/fake-marathon:$(VERSION) --file fake-marathon/Dockerfile "$(TARGET)/image"

.PHONY: parity
parity: nextest ## the fake beside the recorded real Marathon, case by case
	cargo nextest run --package hc-rig-recordings --test parity --no-capture $(ARGS)

.PHONY: clients
clients: ## other people's clients (Python, Go, Prometheus) against the fake Marathon
	fixtures/clients/run

.PHONY: fuzz
fuzz: nextest ## broken input for every parser of foreign bytes, from new seeds: SECONDS=60 in all
	.ci/fuzz --seconds $(or $(SECONDS),60)

.PHONY: chaos
chaos: nextest ## runs of the program through a proxy that breaks what passes, with kills: SEEDS=50 new ones
	HC_RIG_CHAOS_SEED=$${HC_RIG_CHAOS_SEED:-$$RANDOM} HC_RIG_CHAOS_SEEDS=$(or $(SEEDS),50) .ci/suite chaos --profile fuzz --no-capture $(ARGS)

.PHONY: bench
bench: ## what the rig and the fake cost, row by row beside their peers; writes docs/benchmarks.md (15 minutes)
	bench/run.py --write $(ARGS)

.PHONY: bench-quick
bench-quick: instructions ## two minutes of it once built, without peers: instructions of the hot paths, then some rows
	bench/run.py --quick $(ARGS)

.PHONY: instructions
instructions: ## instructions of the hot paths, beside the stored ones (needs valgrind); ARGS=--write stores them
	.ci/instructions $(ARGS)

.PHONY: lint
lint: deny ## formatting, clippy, rustdoc, licences and banned crates
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features --quiet
	@# cargo-deny reads the manifests of other platforms' crates too, which building does not download.
	cargo fetch --locked --quiet
	cargo deny --all-features --offline check --hide-inclusion-graph licenses bans sources

.PHONY: advisories
advisories: deny ## known vulnerabilities of dependencies; says so where the advisory database cannot be had
	.ci/advisories

.PHONY: doc
doc: ## the API documentation, in the folder doc of the target directory
	cargo doc --workspace --no-deps --all-features

.PHONY: clean
clean: ## what building left behind; run folders stay, since hc-rig clean needs them
	cargo clean

.PHONY: ci
ci: lint ## what CI runs (.ci/run calls it)
	$(MAKE) advisories
	@# The seeds of property tests and of fuzz targets are fixed, so that a failure most likely belongs to the change.
	PROPTEST_RNG_SEED=1 $(MAKE) test PROFILE=ci
	.ci/fuzz --each 60
	HC_RIG_CHAOS_SEED=6 $(MAKE) chaos SEEDS=50
	@# The program that the tests were built with.
	PROGRAMS=$(TARGET)/debug $(MAKE) clients
	$(MAKE) instructions

# Tools of cargo, installed for this user when they are missing.
.PHONY: nextest deny
nextest:
	@cargo nextest --version >/dev/null 2>&1 || cargo install cargo-nextest --locked
deny:
	@cargo deny --version >/dev/null 2>&1 || cargo install cargo-deny --locked
