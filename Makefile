# Everything a person or CI calls. Needs git, make and Python 3.11 or later with venv; the rest is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
REAL_DATA ?= $(wildcard ../shared/data)
.DEFAULT_GOAL := help
.PHONY: help install nightly ui test test-browser lint soak bench bench-dedupe lock wheel clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 20

install: .venv/.installed  ## .venv with the locked dependencies

# The lock is complete, so pip has nothing to resolve (--no-deps) and everything to verify (--require-hashes).
.venv/.installed: requirements.txt pyproject.toml
	@echo "Installing into .venv (about two minutes the first time) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make install PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

nightly: install  ## one night on the sample city, from its servers to var/current/warehouse.duckdb
	@$(BIN)/yizhan nightly --sample

ui: install  ## Prefect UI, the served deployments and the sample city, until Ctrl-C
	@$(BIN)/yizhan serve --sample

lint: install  ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks
	$(BIN)/lint-imports

test: install  ## the suite
	$(BIN)/pytest tests -q -n 2 --dist loadfile -m "not soak" $(if $(REAL_DATA),--real-data $(REAL_DATA))

soak: install  ## the long ones: kills, many nights
	$(BIN)/pytest tests -q -n 2 --dist loadfile -m soak --timeout 1700

test-browser: install .venv/.browser  ## an operator's morning in Chromium; leaves its pictures in docs/pictures
	@tests/browser/install
	$(BIN)/pytest tests/browser -q -m browser --timeout 900 --pictures docs/pictures

.venv/.browser: tests/browser/requirements.txt .venv/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/browser/requirements.txt
	@touch $@

bench: install  ## time the night and its stages; rewrites benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.night

# Splink has an environment of its own: python3 -m venv DIR && DIR/bin/pip install -r benchmarks/requirements-peers.txt
bench-dedupe: install  ## every dedupe benchmark, beside Splink with SPLINK=DIR/bin/python; rewrites benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.dedupe_peers $(if $(SPLINK),--splink $(SPLINK))
	$(BIN)/python -m benchmarks.dedupe_ablation $(if $(REAL_DATA),--data $(REAL_DATA))
	$(BIN)/python -m benchmarks.dedupe_accuracy $(if $(SPLINK),--splink $(SPLINK))
	$(BIN)/python -m benchmarks.dedupe_learning $(if $(REAL_DATA),--data $(REAL_DATA))
	$(BIN)/python -m benchmarks.dedupe_incremental
	$(if $(REAL_DATA),$(BIN)/python -m benchmarks.dedupe_real --data $(REAL_DATA) $(if $(SPLINK),--splink $(SPLINK)))

lock: install  ## renew requirements.txt and tests/browser/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra sample --extra dev --generate-hashes \
	  --no-emit-index-url --no-header --custom-compile-command "make lock" --output-file requirements.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --constraints requirements.txt --generate-hashes \
	  --no-emit-index-url --no-header --custom-compile-command "make lock" --output-file tests/browser/requirements.txt tests/browser/requirements.in

wheel: install  ## dist/yizhan-*.whl
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:  ## remove .venv and what tools cache; var/ (the warehouse) is yours and stays
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
