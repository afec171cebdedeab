# `make demo` shows quintain at work, `make test` checks it. `make help` lists the rest.

PYTHON ?= python3
VENV   ?= .venv
KEEP   ?=
ARGS   ?=
UPGRADE ?=

# Twice the cores: many tests wait for a page, a pause or a process, and use none meanwhile.
workers = $$((2 * $$(getconf _NPROCESSORS_ONLN)))
bin  := $(VENV)/bin
pip  := $(bin)/python -m pip --disable-pip-version-check -qq
said := @printf '\n==> %s\n'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint types layers format lock bench clean

help:
	@echo 'make demo          a tour of quintain: sets up, shows the main job, ends by itself'
	@echo 'make demo KEEP=1   the same, and server and chatbot stay until Ctrl-C'
	@echo 'make test          lint, types, layers, and the whole test suite (ARGS="-k vault -x" for pytest)'
	@echo '                   with ARGS="-m \"not tools\"" without the testing tools of others (2.4 GB in .cache)'
	@echo 'make lint          lint, types and layers alone'
	@echo 'make format        put the code into its one format'
	@echo 'make bench         measure calls, streams and writes (docs/bench.md; ARGS="gateway --peers nginx")'
	@echo 'make lock          pin the dependencies anew from pyproject.toml (UPGRADE=1: to the newest)'
	@echo 'make clean         remove the environment and every cache'
	@echo
	@echo 'Needs Python 3.11 or newer with venv. Another than python3: make PYTHON=python3.12 demo'
	@echo 'make test drives Chromium and packages from npm: chromium, libnss3-tools, node 20 or newer, npm'

demo: $(VENV)/.base
	@$(bin)/quintain demo $(if $(filter-out 0 no,$(KEEP)),--keep)

test: lint
	$(said) 'pytest: the tests, in parallel'
	@$(bin)/python -m pytest -n $(workers) --dist worksteal $(ARGS)

lint: $(VENV)/.dev
	$(said) 'ruff check: lint'
	@$(bin)/ruff check .
	$(said) 'ruff format: one format'
	@$(bin)/ruff format --check .
	$(said) 'mypy: types'
	@$(bin)/mypy
	$(said) 'lint-imports: no room imports one above it'
	@$(bin)/lint-imports

format: $(VENV)/.dev
	@$(bin)/ruff check --fix .
	@$(bin)/ruff format .

bench: $(VENV)/.base
	@$(bin)/python bench/run.py $(or $(ARGS),gateway)
	$(if $(ARGS),,@$(bin)/python bench/run.py store)

# --- the environment -------------------------------------------------------------------------
# A stamp is newer than what it was made from, or it is made again.

$(VENV)/.base: pyproject.toml requirements/base.txt
	@command -v $(PYTHON) >/dev/null || { \
	  echo 'There is no $(PYTHON): install Python 3.11 or newer, or name one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "quintain needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`." >&2; \
	  echo 'Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments: its modules venv and ensurepip are missing." >&2; \
	  echo 'On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@$(bin)/python -m pip --version >/dev/null 2>&1 || { \
	  echo '==> Making $(VENV), only the first time'; $(PYTHON) -m venv --clear $(VENV); }
	@echo '==> Installing quintain and what it needs into $(VENV), as pinned in requirements/base.txt'
	@$(pip) install --require-hashes -r requirements/base.txt
	@$(pip) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	@echo '==> Installing the tools and test clients, as pinned in requirements/dev.txt'
	@$(pip) install --require-hashes -r requirements/dev.txt
	@$(bin)/python -m pip --disable-pip-version-check check
	@touch $@

# --- the lock --------------------------------------------------------------------------------
# For every platform and every Python from 3.11, with the hash of each file, and without a word
# about where the files came from.

compile = .venv-lock/bin/uv pip compile pyproject.toml requirements/build.in --quiet \
  --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --constraint requirements/together.in $(if $(UPGRADE),--upgrade)

lock:
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip --disable-pip-version-check -qq install 'uv>=0.9'
	@$(compile) --output-file requirements/base.txt
	@$(compile) --group dev --all-extras --constraint requirements/base.txt --output-file requirements/dev.txt
	@if grep -nE '://|^-' requirements/base.txt requirements/dev.txt; then \
	  echo 'The lock names a place that only this machine may know: see the lines above.' >&2; exit 1; fi
	@wc -l requirements/base.txt requirements/dev.txt

clean:
	rm -rf $(VENV) .venv-lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .cache .npm-tests
