# make demo: a report on the built-in phantom.   make test: everything that guards the code.
# Both set up .venv themselves; they need Python >= 3.11 with pip, and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
DEMO ?= demo-case

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1

.PHONY: demo test lint types layers unit setup programs clean

demo: setup
	@$(BIN)/vertaug demo -o $(DEMO)

test: lint types layers unit

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports --no-logo

unit: setup programs
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term

setup: $(READY)

# A Python without the venv module (some Linux packages split it off) gets virtualenv instead.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "vertaug needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV) > /dev/null 2>&1 || { rm -rf $(VENV) && \
	  $(PYTHON) -m pip install --quiet --target .make/virtualenv virtualenv && \
	  PYTHONPATH=.make/virtualenv $(PYTHON) -m virtualenv --quiet $(VENV); }

$(READY): $(BIN)/python pyproject.toml
	@echo "installing vertaug with everything it uses into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --editable ".[all,dev]"
	@touch $@

# Programs that some tests run: a PostgreSQL server, and CalculiX. Those tests skip without them.
programs:
	@{ command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb; } > /dev/null 2>&1 && \
	  command -v ccx > /dev/null 2>&1 || { \
	  echo "installing PostgreSQL and CalculiX for tests (once)"; \
	  [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1 && \
	  { apt-get -o Acquire::Retries=0 -o Acquire::http::Timeout=20 update && \
	  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql calculix-ccx; } > /dev/null 2>&1 || \
	  echo "not possible here (needs root and apt-get): tests with PostgreSQL and CalculiX are skipped"; }

clean:
	rm -rf $(VENV) .make .pytest_cache .mypy_cache .ruff_cache .coverage
