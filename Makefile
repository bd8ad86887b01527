# Everything that the project needs is installed into .venv and a cache folder; root is not needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo demo-all demo-istio demo-analysis demo-blue-green test lint bench bench-lossless format lock clean help

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-16s %s\n", $$1, $$2}' Makefile

demo: $(READY) ## See the article's canary happen on a real cluster, through nginx
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/serinus demo

demo-all: $(READY) ## The same through nginx, then Istio, then judged by Prometheus, then blue-green
	@export PATH="$(CURDIR)/$(BIN):$$PATH"; worst=0; for scenario in nginx istio analysis blue-green; do \
		echo "== serinus demo --scenario $$scenario"; \
		serinus demo --scenario $$scenario || { code=$$?; worst=1; test $$code -eq 1 || exit $$code; }; \
	done; exit $$worst

demo-istio: $(READY) ## The same through Istio, and between services inside
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/serinus demo --scenario istio

demo-analysis: $(READY) ## A version that Prometheus finds bad is rolled back by itself
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/serinus demo --scenario analysis

demo-blue-green: $(READY) ## All traffic is switched at once, when a person says so
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/serinus demo --scenario blue-green

test: $(READY) lint ## Run the linters and every test, those on the real cluster included
	@export PATH="$(CURDIR)/$(BIN):$$PATH"; pytest --numprocesses 4 --dist worksteal || { test $$? -eq 1 && \
		echo "What failed beside other tests is run again, alone: it has to pass there." && \
		pytest --last-failed --last-failed-no-failures none; }

lint: $(READY) ## Check style, types and the layers of the design
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(READY) ## Measure API calls, CPU, memory and reaction times
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks

bench-lossless: $(READY) ## Prove that no request is lost: 100 updates, 200,000 requests
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.lossless

format: $(READY) ## Bring the code into the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(READY) ## Choose the newest versions of all dependencies that fit
	@$(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --extra dev \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --output-file requirements.lock

clean: ## Remove the environment and all caches inside this folder
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing dependencies into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
