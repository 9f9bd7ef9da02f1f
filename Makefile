# dbopt: the developer's commands. Each makes what it needs first; `git clone` and `make test` is all.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
# uv where it is there, else pip
UV := $(shell command -v uv 2>/dev/null)
PYTEST_WORKERS ?= 2

.PHONY: demo dev test lint format docs bench build lock clean servers

demo: $(VENV)/run.stamp          ## the whole loop on an embedded PostgreSQL
	$(BIN)/dbopt demo

dev: $(VENV)/dev.stamp           ## .venv with everything, .venv/bin/dbopt

test: $(VENV)/dev.stamp servers  ## all tests; installs the servers that they need
	$(BIN)/pytest -n $(PYTEST_WORKERS) --dist worksteal

lint: $(VENV)/dev.stamp          ## ruff, mypy --strict, the layer rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp        ## let ruff arrange the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/dev.stamp          ## generate docs/commands.md from the code
	$(BIN)/python -m tests.docs.generate

bench: $(VENV)/dev.stamp $(PEERS)/stamp ## benchmarks against the peers: figures, no verdict
	sh tests/install_servers.sh pgbadger libjson-xs-perl libtext-csv-xs-perl
	$(BIN)/python -m tests.benchmarks

build: $(VENV)/dev.stamp         ## wheel and sdist
	$(BIN)/python -m hatchling build

lock:                            ## renew the lock files (needs uv)
	uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links pyproject.toml --all-extras --group build -o .lock/run.txt
	uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links pyproject.toml --all-extras --group dev -o .lock/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links .lock/peers.in -o .lock/peers.txt

servers:                         ## PostgreSQL 15 with HypoPG and pg_partman, and Chromium, for the tests
	sh tests/install_servers.sh

clean:
	rm -rf $(VENV) $(PEERS) build dist .pytest_cache .mypy_cache .ruff_cache

# -- the virtual environment ------------------------------------------------------------------------------------------

$(BIN)/python:
ifeq ($(UV),)
	sh .lock/ensure_venv.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
else
	$(UV) venv -q --python $(PYTHON) $(VENV)
endif

# A stamp says which lock file was installed last; a newer lock file or project file installs again.
$(VENV)/%.stamp: .lock/%.txt pyproject.toml | $(BIN)/python
ifeq ($(UV),)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
else
	$(UV) pip install -q --python $(BIN)/python --require-hashes -r $<
	$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
endif
	touch $@

# What `make bench` compares with: an environment of its own, so that none of it gets into dbopt's.
$(PEERS)/stamp: .lock/peers.txt
ifeq ($(UV),)
	sh .lock/ensure_venv.sh $(PYTHON)
	$(PYTHON) -m venv --clear $(PEERS)
	$(PEERS)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
else
	$(UV) venv -q --clear --python $(PYTHON) $(PEERS)
	$(UV) pip install -q --python $(PEERS)/bin/python --require-hashes -r $<
endif
	touch $@
