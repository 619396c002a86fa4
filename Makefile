# The words one types here. `make help` lists them; each target's recipe is all it does.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
# Tests wait for servers more than they compute: twice as many processes as two cores keep both busy.
WORKERS := 4
FAST := tests/unit tests/golden tests/contract tests/house

# Tests start the daemon hundreds of times: where Python may not keep what it compiled, each start takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check deps bench score fuzz clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.demo ## play Mailroom on this machine; ARGS=--once ends after checking itself
	$(BIN)/python -m bridge.demo $(ARGS)

test: deps ## all tests, with real servers; ARGS="-k word" narrows them
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.dev ## format, lint, types, import contracts, file lengths, fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/lengths.py bridge tests
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile $(FAST)

deps: $(VENV)/.dev ## what the tests need: Python packages, and Dovecot and Postfix from Debian
	tools/test-servers

bench: $(VENV)/.dev ## benchmarks, as ratios to bare peers; with CORPORA=DIR scores too
	$(BIN)/python -m bench $(ARGS)
	@$(if $(CORPORA),$(BIN)/python -m bench.score $(CORPORA))

score: $(VENV)/.dev ## scores on mail corpora: make score CORPORA=DIR
	@test -n "$(CORPORA)" || { echo "say which: make score CORPORA=DIR" >&2; exit 2; }
	$(BIN)/python -m bench.score $(CORPORA)

fuzz: $(VENV)/fuzz/.made ## mails by chance until one breaks the reader; ARGS="-max_total_time=900"
	mkdir -p .fuzz
	PYTHONPATH=$(VENV)/fuzz nice -n 19 $(BIN)/python -m tests.fuzz .fuzz $(ARGS)

clean: ## remove caches, build output and the demo's state; the virtual environment stays
	rm -rf build dist .demo .world .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find bridge tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/pip:
	tools/make-venv $(VENV)

# Beside the other packages: nothing but `make fuzz` needs the fuzzer, and not every Python has it.
$(VENV)/fuzz/.made: pyproject.toml | $(VENV)/.dev
	@$(BIN)/python -m pip install -qq --upgrade --target $(VENV)/fuzz 'atheris>=3,<4'
	touch $@

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/pip
	@echo "Installing Mailroom with its demo into $(VENV); a fresh machine takes a minute …"
	@$(BIN)/python -m pip install -qq -e '.[demo]'
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/pip
	@echo "Installing Mailroom with its development tools into $(VENV); a fresh machine takes a minute …"
	@$(BIN)/python -m pip install -qq -e '.[demo,dev]'
	touch $@ $(VENV)/.demo
