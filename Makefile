# Needs Python 3.11 and make. Every target sets itself up.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

# What was compiled once need not be compiled again by each of the processes that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo quick test test-rest test-all check bench bench-surge lock clean
.DEFAULT_GOAL := help

help: ## what one can do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## a virtual environment with locked, hashed versions

$(VENV)/.ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup ## April 2025 on an invented tenant and workspace (ARGS=--auto plays both admins)
	$(BIN)/countersign demo $(ARGS)

quick: setup ## tests of the pure core, cards, decoding, settings: within a minute
	$(PYTEST) --lane quick $(ARGS)

test: setup ## what a change can break, in some minutes (ARGS=path); the browser tests need Chromium
	$(PYTEST) --lane test $(ARGS)

test-rest: setup ## what test-all adds to test: PostgreSQL everywhere, random kills, outages
	$(PYTEST) --lane rest $(ARGS)

test-all: setup ## every test in one go
	$(PYTEST) --lane all $(ARGS)

check: setup ## ruff, mypy, import rules, dead code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/vulture

bench: setup ## figures beside their bounds (about 20 minutes); writes docs/remediation-benchmark.md
	$(BIN)/python -m tests.bench.walk
	$(BIN)/python -m tests.bench.decoding
	$(BIN)/python -m tests.bench.whole_process
	$(BIN)/python -m tests.bench.briefing
	$(BIN)/python -m tests.bench.signing
	$(BIN)/python -m tests.bench.acknowledging
	$(BIN)/python -m tests.bench.remediation

bench-surge: setup ## what the detector is worth; writes docs/surge-benchmark.md (ARGS=--quick writes nothing)
	$(BIN)/python -m tests.bench.surge $(ARGS)

lock: ## resolve the locked versions again (needs uv)
	uv pip compile pyproject.toml --group dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-dev.lock
	uv pip compile pyproject.toml --extra postgres --extra chart --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

clean: ## forget the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
