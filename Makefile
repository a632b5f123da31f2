# One word does the whole job: each target sets up what it needs in .venv first, on a fresh machine with Python 3.11 or newer.
# PYTHON=/path/to/python chooses the interpreter; VENV=folder the place of the environment; V=1 shows what pip says.

SHELL  := /bin/bash
VENV   ?= .venv
BIN    := $(VENV)/bin
PY     := $(BIN)/python
STAMP  := $(VENV)/.ready
JOBS   ?= 2
QUIET  := $(if $(V),,-q)
PIP    := $(PY) -m pip --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long lint bench models schema wheel clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: $(STAMP) ## create .venv and install everything that development needs

# pyproject.toml decides what is installed, so the environment is made again when it changes, and only then.
$(STAMP): pyproject.toml .ci/setup
	@PYTHON="$(PYTHON)" VENV="$(VENV)" V="$(V)" sh .ci/setup
	@touch $@

demo: $(STAMP) ## the whole story on sample complaints, in under a minute
	@$(PY) cli.py demo

test: $(STAMP) ## lint, types, import contract and the tests; under five minutes on two cores
	@$(BIN)/ruff check $(QUIET) .
	@$(BIN)/mypy --no-error-summary
	@$(PY) -m pytest -q -n $(JOBS) -m "not long"

test-long: $(STAMP) ## the suites that take minutes: many random packs, mutated rules, kills, memory
	@TRIAGE_LONG=1 $(PY) -m pytest -q -n $(JOBS)

lint: $(STAMP) ## ruff, mypy --strict, import contract
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(STAMP) ## throughput and latency, beside plain recipes
	@$(PIP) install $(QUIET) -e ".[bench]"
	@$(PY) benchmarks/run.py

models: $(STAMP) ## train the shipped models again from the texts in models/*/texts
	@$(PY) tools/build_models.py

wheel: $(STAMP) ## build the wheel and the sdist into dist/
	@$(PY) -m build --outdir dist . $(if $(V),,>/dev/null)
	@ls -l dist

clean: ## remove what was made: the environment, caches, dist/
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
