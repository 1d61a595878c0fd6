# Everything a person does here, by name. `make` alone lists it. Written for GNU make 3.81 and newer.

ARGS     =
WORKERS  = auto
INVOICES = 1000
SEED     =
UV       = uv
BIN      = .venv/bin
STAMP    = .venv/.installed
FOREIGN  = .foreign

# The first Python that is new enough and can make environments; name your own with `make PYTHON=…`.
NEW    = import sys; sys.exit(sys.version_info < (3, 11))
FITS   = import venv, ensurepip; $(NEW)
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
  $$python -c '$(FITS)' >/dev/null 2>&1 && { echo $$python; exit; }; done; echo python3)

# Settings that the checks need in order to load the product. They open nothing.
CHECK_ENV = env -u MIGRATE_DATABASE_URL DATABASE_URL= DJANGO_SETTINGS_MODULE=uku.settings \
  UKU_SECRET_KEY=for-checks-only-for-checks-only-for-checks \
  UKU_TOKEN_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

# Some hundred processes start in the tests; without bytecode each of them would compile all of Uku.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo run worker sim test check mutants foreign bench sweep histories soak format lock dist compare clean

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP)  ## make the environment from the lock

demo: $(STAMP)  ## run the main job and serve it; ARGS=--exit to end after its checks, ARGS=--reset to start anew
	@$(BIN)/uku demo $(ARGS)

run: $(STAMP)  ## serve the web pages
	@$(BIN)/uku serve $(ARGS)

worker: $(STAMP)  ## run background jobs
	@$(BIN)/uku worker $(ARGS)

sim: $(STAMP)  ## run the simulated Fortnox alone
	@$(BIN)/uku sim $(ARGS)

test: $(STAMP)  ## run the tests; ARGS for pytest, such as ARGS="-k money"
	@$(BIN)/python -c 'import shutil, sys; sys.exit(not any(map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))))' || \
	  echo "Chromium is missing: browser tests are skipped. To have them: apt-get install chromium"
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses=4 --dist loadfile --no-loadscope-reorder -rs --durations=10 $(STRICT) $(ARGS)

check: $(STAMP)  ## lint, format, types, import contracts, migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(CHECK_ENV) $(BIN)/mypy
	@$(CHECK_ENV) $(BIN)/mypy bench
	@$(BIN)/lint-imports
	@$(CHECK_ENV) $(BIN)/python -W ignore::RuntimeWarning -m django makemigrations --check --dry-run

mutants: $(STAMP)  ## break one rule at a time in a copy; each must make a test fail
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses=4 -m mutants tests/test_mutants.py $(ARGS)

foreign: $(STAMP) $(FOREIGN)/.installed  ## put clients that others wrote, unmodified, to the simulator
	@$(BIN)/python -m pytest -n 0 -m foreign tests/foreign $(ARGS)

bench: $(STAMP)  ## measure the simulator, the books, the client, matching, pages, an import, files and the loop; figures, not tests
	@$(BIN)/python bench/simulator.py
	@$(BIN)/python bench/books.py
	@$(BIN)/python bench/client_pace.py
	@$(BIN)/python bench/matching.py
	@$(BIN)/python bench/pages.py
	@$(BIN)/python bench/importing.py
	@$(BIN)/python bench/import_files.py
	@$(BIN)/python bench/work.py
	@$(BIN)/python bench/connections.py $(ARGS)

sweep: $(STAMP)  ## kill a worker at each step of everything done about an invoice, in each scene; `make test` leaves out repeats
	@UKU_SWEEP=1 $(BIN)/python -m pytest -n 0 tests/uku/integrations/fortnox/test_killed_invoices.py -q $(ARGS)

histories: $(STAMP)  ## live all random histories, and ten times as many examples of each property among them, new ones each time
	@UKU_SOAK=1 $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses=4 -m history $(ARGS)

soak: $(STAMP)  ## a random life of INVOICES invoices with faults, killed workers and a restarted database; SEED repeats one
	@$(BIN)/python bench/soak.py --invoices $(INVOICES) $(if $(SEED),--seed $(SEED)) $(ARGS)

format: $(STAMP)  ## put the code into its format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock:  ## resolve the dependencies anew, with uv; ARGS=--upgrade takes the newest versions
	$(UV) pip compile pyproject.toml --extra demo --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-emit-package fortnox-api --no-emit-package fortnox-sim \
	  -o requirements/lock.txt $(ARGS)
	$(UV) pip compile requirements/foreign.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate -o requirements/foreign.txt $(ARGS)

dist: $(STAMP)  ## build the wheels of the three distributions, and the sources of the two libraries, into dist/
	@rm -rf dist
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -w dist \
	  packages/fortnox-api packages/fortnox-sim .
	@for package in fortnox-api fortnox-sim; do \
	  (cd packages/$$package && $(CURDIR)/$(BIN)/python -m hatchling build -t sdist -d $(CURDIR)/dist >/dev/null) || exit; done
	@ls dist

compare: $(STAMP) $(FOREIGN)/.installed  ## read the same with fortpyx, pyfortnox and ours, in peace and with faults; prints a table
	@$(BIN)/python bench/clients.py

clean:  ## remove the environment and caches; data in .uku stays
	rm -rf .venv .foreign .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .screenshots htmlcov dist
	find src packages tests -name __pycache__ -prune -exec rm -rf {} +

# In CI a skip for something that CI was to bring is a failure.
STRICT = $(if $(UKU_REQUIRE_BROWSER),-p tests.no_silent_skips)

# fortpyx pins a pydantic that has wheels up to Python 3.12.
$(FOREIGN)/.installed: requirements/foreign.txt
	@$(BIN)/python -m venv --clear $(FOREIGN)
	@$(FOREIGN)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
	  -r requirements/foreign.txt
	@touch $@

$(STAMP): requirements/lock.txt pyproject.toml $(wildcard packages/*/pyproject.toml)
	@$(PYTHON) -c '$(NEW)' 2>/dev/null || { echo "Uku needs Python 3.11 or newer. Install it, or name it:" \
	  "make setup PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c '$(FITS)' 2>/dev/null || { echo "Uku needs Python's venv module, which is missing." \
	  "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -c 'import pip; $(NEW)' 2>/dev/null || { echo "Making .venv with $(PYTHON)"; $(PYTHON) -m venv --clear .venv; }
	@echo "Installing what requirements/lock.txt names"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
	  -r requirements/lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  -e packages/fortnox-api -e packages/fortnox-sim -e .
	@touch $@
