# Abonent. `make` lists what there is.
PYTHON ?= python3
PORT ?= 8000
PROFILE ?= skynet
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
TESTS ?=

.DEFAULT_GOAL := help
.PHONY: help run test lint types contracts tests soak bench fmt messages pictures lock system-packages

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: $(READY) ## set everything up and serve the demo at http://localhost:8000 (PORT=…, PROFILE=skynet|spnet)
	@PORT=$(PORT) ABONENT_PROFILE=$(PROFILE) ABONENT_SANDBOX=1 exec $(VENV)/bin/abonent serve

test: $(READY_DEV) system-packages lint types contracts tests ## lint, types, import contracts and all tests

lint: $(READY_DEV)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(READY_DEV)
	$(VENV)/bin/mypy

contracts: $(READY_DEV)
	$(VENV)/bin/lint-imports

# Hundreds of processes of ours are started by them: what is compiled once is kept. Three for two cores: they wait much.
tests: $(READY_DEV)
	PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n 3 --dist loadscope --no-loadscope-reorder -m "not soak" $(TESTS)

soak: $(READY_DEV) ## the long tests with the full numbers
	$(PY) -m pytest -m soak $(TESTS)

bench: $(READY) ## every benchmark: a table, and a JSON line each
	$(VENV)/bin/abonent bench charge --accounts 100000
	$(VENV)/bin/abonent bench portal --accounts 100000
	$(VENV)/bin/abonent bench payments
	$(VENV)/bin/abonent bench preview
	$(VENV)/bin/abonent bench addresses
	$(VENV)/bin/abonent bench signin
	$(VENV)/bin/abonent bench radius
	$(VENV)/bin/abonent bench access
	$(VENV)/bin/abonent bench streams
	$(VENV)/bin/abonent bench sms
	$(VENV)/bin/abonent bench search --accounts 200000
	$(VENV)/bin/abonent bench import --accounts 20000
	$(VENV)/bin/abonent bench documents --accounts 2000

fmt: $(READY_DEV) ## format the code
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

messages: $(READY_DEV) ## collect the texts to translate and compile the translations
	$(PY) -m abonent.ui.messages

pictures: $(READY_DEV) ## make the guides' pictures anew (needs Chromium)
	$(PY) -m tests.browser.pictures

lock: ## pin the dependencies anew (needs uv)
	for name in run dev; do uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt; done

# Chromium, FreeRADIUS and Kannel for the tests: installed where we may, else they say what was skipped and why.
system-packages:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq && apt-get install -y -qq chromium fonts-dejavu-core >/dev/null; } \
	  || echo "chromium is missing and cannot be installed here: the browser's tests will be skipped"
	@PATH="$$PATH:/usr/sbin"; command -v freeradius >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq && apt-get install -y -qq --no-install-recommends freeradius freeradius-postgresql \
	  freeradius-utils >/dev/null; } \
	  || echo "freeradius is missing and cannot be installed here: the tests of access will be skipped"
	@test -x /usr/lib/kannel/test/drive_smpp || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends kannel-extras >/dev/null; } \
	  || echo "kannel-extras is missing and cannot be installed here: a test of SMPP will be skipped"

$(READY): requirements/run.txt pyproject.toml
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Abonent runs on…"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(READY_DEV): requirements/dev.txt $(READY)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
