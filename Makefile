# Everything sets itself up: Python 3.11+ and make are all that a machine needs.

PYTHON ?= python3
PORT ?= 3000
TARGET ?= local
BIN := .venv/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make requirements"
SOURCES := functions local_emulator bookstrack catalogue tests benchmarks

.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## Enrich 100 real books on this machine, with a live progress bar
	@$(BIN)/python -m tools.demo

emulator: setup ## Run the whole system on PORT (3000), until Ctrl-C
	@exec $(BIN)/python -m tools.stack --port $(PORT)

test: setup .stamps/sam .stamps/node chromium ## Run every check and test (WORKERS=2 side by side)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES) tools
	PYTHONPATH=functions:. $(BIN)/lint-imports
	$(BIN)/python -m pytest --numprocesses $(or $(WORKERS),2) --dist loadfile
	$(BIN)/python -m benchmarks.delivery --check

conformance: setup ## Compare with AWS, case by case: the emulator, or TARGET=STACK for a deployment
	$(BIN)/python -m pytest tests/conformance --target $(TARGET) --fidelity-table

chaos: setup ## Break jobs by seeded faults (SCHEDULES=200 LONG=10 CROWD=20 WORKERS=4), or one again: SEED=57 (WORKS=1500)
	@$(BIN)/python -m tests.chaos --workers $(or $(WORKERS),4) $(if $(SEED),--seed $(SEED) --works $(or $(WORKS),100), \
		--schedules $(or $(SCHEDULES),200) --long $(or $(LONG),10) --crowd $(or $(CROWD),20)) $(OPTIONS)
	@$(if $(SEED),,$(BIN)/python -m pytest -q tests/chaos/check_sabotage.py)

contracts: setup ## Make docs/openapi.yaml and docs/asyncapi.yaml anew, from the code
	@$(BIN)/python -m tools.contracts

fuzz: setup .stamps/node ## Send the running system thousands of random requests and frames
	$(BIN)/python -m pytest tests/contracts --fuzz

unit: setup ## Run the fast tests
	$(BIN)/python -m pytest tests/unit

cold-start: setup ## Time the import of each handler beside its floor
	@$(BIN)/python -m benchmarks.cold_start

scan-accuracy: setup ## Measure the offline spine reader on PHOTOS, a folder with truth.json
	@$(BIN)/python -m benchmarks.scan_accuracy $(if $(PHOTOS),--photos $(PHOTOS)) --misses

bench: setup ## Measure everything anew, into docs (fifty minutes; OPTIONS="--only delivery,scale")
	@$(BIN)/python -m benchmarks $(OPTIONS)

bench-check: setup ## Fail where requests, bytes or frames are a quarter more than expected (a minute)
	@$(BIN)/python -m benchmarks.delivery --check $(OPTIONS)

bench-delivery: setup ## Measure push beside polling (ROUNDS=3, OPTIONS="--quick")
	@$(BIN)/python -m benchmarks.delivery --rounds $(or $(ROUNDS),3) $(OPTIONS)

bench-scale: setup ## Measure what an item costs in larger jobs and more of them (ROUNDS=3, OPTIONS="--quick")
	@$(BIN)/python -m benchmarks.scale --rounds $(or $(ROUNDS),3) $(OPTIONS)

bench-scaling: setup ## Tell what AWS's quotas allow, by a model
	@$(BIN)/python -m benchmarks.scaling $(OPTIONS)

bench-emulator: setup ## Measure the emulator beside its floors and peers (ROUNDS=5, OPTIONS="--quick")
	@$(BIN)/python -m benchmarks.emulator --rounds $(or $(ROUNDS),5) $(OPTIONS)

bench-connections: setup ## Hold 5,000 idle connections, 200 new ones a second
	@$(BIN)/python -m benchmarks.connections $(OPTIONS)

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: .stamps/venv ## Make .venv, with the project in it

.stamps/venv: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Setting up .venv (once, about a minute)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP_INSTALL) -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@mkdir -p .stamps && touch $@

.stamps/sam: requirements/sam.txt
	@echo "Setting up SAM CLI in .venv-sam (once)"
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/python $(PIP_INSTALL) -r requirements/sam.txt
	@mkdir -p .stamps && touch $@

# What the tests need from npm: dynalite, a second implementation of DynamoDB; a chat's SDK; the schema of AsyncAPI;
# Lambda's client for Node.js. Node.js itself comes as a Python wheel.
NODE_FOLDERS := tests/integration/dynalite tests/templates/chat/src tests/contracts

.stamps/node: $(foreach folder,$(NODE_FOLDERS),$(folder)/package.json $(folder)/package-lock.json) .stamps/venv
	@echo "Setting up what the tests need from npm (once)"
	@for folder in $(NODE_FOLDERS); do PATH="$(CURDIR)/$(BIN):$$PATH" \
		$(BIN)/npm ci --loglevel error --no-audit --no-fund --prefix $$folder || exit 1; done
	@$(BIN)/python -m local_emulator.nodejs
	@mkdir -p .stamps && touch $@

# The console's test opens it in a real browser: Debian's, which root may install.
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		{ test "$$(id -u)" = 0 && echo "Installing Chromium (once)" && apt-get update -qq >/dev/null && \
			DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; } || \
		{ echo "Chromium is needed to test the console: apt-get update && apt-get install -y chromium (as root)"; exit 1; }

requirements: ## Pin the requirements anew, with hashes (needs uv)
	$(COMPILE) requirements/functions.in --output-file functions/requirements.txt
	$(COMPILE) requirements/photos.in --output-file layers/photos/requirements.txt
	$(COMPILE) requirements/container.in --output-file containers/ocr/requirements.txt
	$(COMPILE) requirements/dev.in --output-file requirements/dev.txt
	$(COMPILE) requirements/sam.in --output-file requirements/sam.txt
	$(COMPILE) requirements/ministack.in --output-file requirements/ministack.txt

clean: ## Remove everything that make made
	rm -rf .venv .venv-sam .stamps .aws-sam .local_emulator $(addsuffix /node_modules,$(NODE_FOLDERS)) \
		build/chaos .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info

.PHONY: help demo emulator test conformance contracts fuzz chaos unit cold-start scan-accuracy bench bench-check \
	bench-delivery bench-scale bench-scaling bench-emulator bench-connections format setup chromium requirements clean
