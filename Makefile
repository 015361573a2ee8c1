# Everything a contributor types. CI runs `make test` and nothing that is not here.
# The environment is made on first use from a bare `python3` with venv, and again when the lock changes.

PYTHON ?= python3
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
SYNCED := $(VENV)/.synced
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help sync check test test-pages pictures demo up down status doctor bench generate lock docs sbom clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

sync: $(SYNCED) ## make the environment .venv, exactly as locked

check: $(SYNCED) ## format, lint, types, imports and generated files: what a review need not look for
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m referral_exchange.generate --check
	$(BIN)/python -m referral_exchange.contract_docs --check
	$(BIN)/python -m referral_exchange.schema_lint

# Compiled files are kept, whatever the environment says: the workers and hundreds of processes read them again.
test test-pages: export PYTHONDONTWRITEBYTECODE :=

# Tests wait for processes, so three files at a time keep two cores busy; each worker has a platform of its own.
# Who gets which file, and when: tests/kit/sharing_out.py.
test: $(SYNCED) ## every test, on a real broker and registry
	$(BIN)/pytest -n $(WORKERS) --dist loadfile

test-pages: $(SYNCED) ## the pages in a real browser, which the first run fetches
	$(BIN)/pytest -n $(WORKERS) --dist loadfile tests/pages

pictures: $(SYNCED) ## take the README's pictures of the pages anew
	$(BIN)/python tests/kit/pictures.py

bench: $(SYNCED) ## measure on this machine, when nothing else runs; results in tests/bench/results
	$(BIN)/python tests/bench/run.py

demo: $(SYNCED) ## one night, live in this terminal; leaves the platform running
	$(BIN)/exchange demo

up down status doctor: $(SYNCED)
	$(BIN)/exchange $@

# The help above reads these lines; the rule for all four stands before them.
up: ## bring the platform up on this machine
down: ## stop it
status: ## which processes run
doctor: ## check everything and say how to mend what fails

generate: $(SYNCED) ## write the event classes, the contract's documents and the API descriptions anew
	$(BIN)/python -m referral_exchange.generate
	$(BIN)/python -m referral_exchange.contract_docs
	$(BIN)/python -m consent_ledger.description
	$(BIN)/python -m ngo_bridge.api.document
	$(BIN)/python -m service_directory.api.document

lock: $(SYNCED) ## resolve the dependencies anew into requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		--group dev pyproject.toml -o requirements.lock

docs: $(SYNCED) ## the documentation as a site of plain files, in build/site
	$(BIN)/python -m exchange_command.documentation . build/site

sbom: $(SYNCED) ## write what all of it is made of, with hashes, to build/sbom.cdx.json
	$(BIN)/python -m exchange_command.bill_of_materials requirements.lock build/sbom.cdx.json

clean: ## remove the environment and what the tools left; the platform's data stays
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "$(PYTHON) is not Python 3.11 or newer; install one and run: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; }
	@echo "making the environment $(VENV) (once, about a minute)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# --no-deps: the lock is whole. The project itself is installed last, with the build tools of the lock.
$(SYNCED): requirements.lock pyproject.toml $(MADE)
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
