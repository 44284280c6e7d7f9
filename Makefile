# Everything from a fresh clone with python3.11, pip, make and git. `make help` lists the targets.
PYTHON ?= python3.11
UV     := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
BIN    := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench browser lock clean

help:  ## what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

# Debian's Python has neither venv nor a writable site-packages; uv's wheel brings its own binary and needs neither.
.tools/bin/uv:
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools 'uv>=0.8'

.venv/.synced: pyproject.toml requirements.lock | $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python .venv requirements.lock
	@$(UV) pip install --quiet --python .venv --no-deps -e .
	@touch $@

setup: .venv/.synced  ## install everything into .venv (leaves .venv/bin/whyspan)

demo: setup  ## ingest the sample runs, explain them, open the dashboard (Ctrl-C stops it)
	@$(BIN)/whyspan demo

check: setup  ## format, lint, import contracts, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

test: check  ## everything CI checks
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: setup  ## measure; prints tables, asserts nothing
	$(BIN)/python -m benchmarks

browser:  ## install Debian's chromium for the browser tests (needs root and apt)
	apt-get update -qq && apt-get install -y -qq chromium >/dev/null

lock: | $(UV)  ## pin every dependency with hashes
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --all-extras --group dev \
		--python-version 3.11 pyproject.toml -o requirements.lock

clean:  ## remove what make built
	rm -rf .venv .tools .whyspan dist
