# Two commands on a fresh machine do everything: `make demo` and `make test`.
# SIMPANG_LIGHT=1 leaves out torch and ultralytics (the `yolo` extra) and their tests.

PYTHON ?= python3
CLIPS ?= ../shared/clips
BIN := .venv/bin
LOCK := $(if $(filter 1,$(SIMPANG_LIGHT)),locks/light.txt,locks/full.txt)
UV_VERSION := 0.13.9
LOCKING := -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
WEB := $(shell find portal/web -type f -not -path '*/node_modules/*' 2>/dev/null)

.PHONY: setup demo demo-check test lint bench bench-truth bench-view lock clean

setup: .venv/ready-$(notdir $(LOCK)) portal/static/index.html tests/support/timescaledb/node_modules/.ready browser

.venv/ready-%: locks/% pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Simpang needs Python 3.11 or later; call make PYTHON=/path/to/python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $<
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

portal/static/index.html: .venv/ready-$(notdir $(LOCK)) $(WEB)
	cd portal/web && $(NODE) npm ci --no-progress && $(NODE) npm run build
	@touch $@

tests/support/timescaledb/node_modules/.ready: .venv/ready-$(notdir $(LOCK)) tests/support/timescaledb/package-lock.json
	cd tests/support/timescaledb && $(NODE) npm ci --no-progress
	@touch $@

# Debian's Chromium, for the tests and checks that look at the pages.
.PHONY: browser
browser:
	@command -v chromium >/dev/null || \
		{ sudo=$$(command -v sudo || true); $$sudo apt-get update -q && $$sudo apt-get install -y -q chromium; } || \
		echo "No Chromium here: install it (package chromium), or the browser tests are skipped."

# A simulated city; with CLIPS=DIR given, the recordings of that folder.
demo: setup
	$(BIN)/simpang demo $(if $(filter-out file default undefined,$(origin CLIPS)),--clips $(CLIPS))

demo-check: setup
	$(BIN)/python -m tests.demo_check

# Tests that start servers mostly wait for them: three at a time, and whoever has none left takes another's.
test: setup
	cd portal/web && $(NODE) npm test
	$(BIN)/pytest -m "not integration" -n 2 --dist loadfile
	$(BIN)/pytest -m integration -n 3 --dist worksteal

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd portal/web && $(NODE) npm run check

# How fast: build/bench/speed.json and speed.png, from parts that run by themselves, too (python -m bench.performance.capacity, ...);
# before them the first bench against ObjectCounter, and the memory of 720p cameras.
bench: setup
	$(BIN)/python -m bench.performance.vs_objectcounter
	$(BIN)/python -m bench.performance.memory
	$(BIN)/python -m bench.performance.performance_report

# How right our facts are against known truth, side by side with peers: build/bench/truth.json. Then the memory of a
# replay over a day of traffic: build/bench/day.json.
bench-truth: setup
	$(BIN)/python -m bench.accuracy.accuracy_report
	$(BIN)/python -m bench.performance.soak_replay

# How well turned, covered, blurred and frozen cameras are told, and what bad light costs: build/bench/view_*.json.
bench-view: setup
	mkdir -p build/bench
	$(BIN)/python -m bench.robustness.view_faults $(CLIPS) --json build/bench/view_faults.json
	$(BIN)/python -m bench.robustness.low_light $(CLIPS)/.. --json build/bench/view_light.json

# After a change of the dependencies in pyproject.toml. The locks name versions and hashes, and no registry.
lock:
	$(BIN)/uv pip compile $(LOCKING) pyproject.toml --extra yolo --extra quantise --extra demo --group dev -o locks/full.txt
	$(BIN)/uv pip compile $(LOCKING) pyproject.toml --extra quantise --extra demo --group dev -c locks/full.txt -o locks/light.txt
	$(BIN)/uv pip compile $(LOCKING) pyproject.toml -c locks/full.txt -o locks/base.txt

clean:
	rm -rf .venv build portal/static portal/web/node_modules tests/support/timescaledb/node_modules *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
