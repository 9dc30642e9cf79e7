# Every target sets up what it needs. Nothing is written outside this folder and the user's cache.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# Python without the ending that the linters go by.
SCRIPTS := tests/servers/install tests/servers/prometheus tests/images/build
# Native tests of the core, run a second time: natively the suite runs on the Prometheus of the machine.
CORE := tests/e2e/test_runtime_commands.py tests/e2e/test_reload.py tests/e2e/test_verify.py tests/e2e/test_remote_write.py \
	tests/e2e/test_native_histograms.py
# Without bytecode every command that a test runs would compile all of stackctl anew: a third of its time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-down test test-pinned unit lint format docs site pictures bench corpus faults clean fuzz

help: ## Show what each target does
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(READY) ## Make the virtual environment and install stackctl into it

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: setup ## Start a small application and its stack; reload a rule; verify everything
	$(BIN)/python examples/quickstart/demo.py up

demo-down: setup ## Stop what `make demo` has started, and remove its data
	$(BIN)/python examples/quickstart/demo.py down

test: setup ## Run the whole suite; with CI=true it first brings up real servers to test on
	@if [ "$(CI)" = true ]; then tests/servers/up; fi
	$(MAKE) lint
	$(BIN)/pytest -n 2 tests/unit
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder tests --ignore tests/unit
	@if [ "$(CI)" = true ]; then $(MAKE) test-pinned; fi

test-pinned: setup ## Run the core on the Prometheus that stackctl pins
	STACKCTL_TOOLS_DIR=$$($(BIN)/python tests/servers/prometheus) $(BIN)/pytest -n 4 --dist loadfile -m "not docker" tests/contract/packs $(CORE)

unit: setup ## Run the fast tests only, with a fifth of the generated examples
	$(BIN)/pytest --quick -p no:logging tests/unit

lint: setup ## Check style and types
	$(BIN)/ruff check . $(SCRIPTS)
	$(BIN)/ruff format --check . $(SCRIPTS)
	$(BIN)/mypy

format: setup ## Put the code into its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup ## Write the reference pages anew
	$(BIN)/python docs/generate.py

site: setup ## Build the documentation site into build/site; a dead link fails it
	$(BIN)/python docs/website.py build/site

pictures: setup ## Draw the pictures of packs again: make pictures PACKS='http redis'; needs prometheus and chromium
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pillow
	PYTHONPATH=. $(BIN)/python docs/pictures.py $(PACKS)

bench: setup ## Measure speed, as ratios against real tools
	$(BIN)/python bench/run.py

faults: setup ## Interrupt every command at every step: make faults ARGS='--runtime docker --every --part 1/20'
	$(BIN)/python -m tests.faults.run $(ARGS)

corpus: setup ## Run check and render over a folder of other files, beside promtool: make corpus DIR=...
	$(BIN)/python -m tests.corpus.run $(DIR)

fuzz: setup ## Give the readers what nobody writes: make fuzz MINUTES=n
	FUZZ_MINUTES=$(or $(MINUTES),10) $(BIN)/pytest -s tests/fuzz/test_readers.py
	FUZZ_MANIFESTS=$$(( $(or $(MINUTES),10) * 200 )) $(BIN)/pytest -s tests/fuzz/test_differential.py

clean: ## Remove the virtual environment and all caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
