# All developer commands. Each target works on a fresh clone; `make` alone lists them.

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(or $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,\
	$(shell $(name) -c '$(SUPPORTED)' 2>/dev/null && echo $(name)))),python3)
UV := $(or $(shell command -v uv),.tools/bin/uv)
BIN := .venv/bin
READY := .venv/.ready
DATA := $(abspath $(or $(USER_ACTIVITY_DATA_DIR),data))

# One process more than there are CPUs, because some tests wait for servers; at most four, because more fill a small
# machine's memory. Files keep the order of conftest.py: otherwise the plugin would run files with few tests last, and
# these take the longest.
WORKERS = $(shell $(PYTHON) -c 'import os; print(min(4, 1 + os.cpu_count()))')
PYTEST_ARGS ?= --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

COMPOSE = @command -v docker >/dev/null || { echo "docker is not installed: docs/deployment.md says what you need." >&2; exit 2; }; \
	test -f deploy/compose.env || { echo "deploy/compose.env is missing: copy deploy/compose.env.example to it and fill it in." >&2; exit 2; }; \
	docker compose --env-file deploy/compose.env

.DEFAULT_GOAL := help
.PHONY: help install demo dev test test-long test-all test-nightly coverage up down logs psql lint types format bench docs dashboards test-sql lock release clean
.DELETE_ON_ERROR:

help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(READY) ## Create the environment in .venv, with `user-activity` in it; does nothing if it is up to date.

demo: $(READY) ## Simulate a year of messy activity, build all tables from it, and show the results.
	@$(BIN)/user-activity demo

dev: $(READY) ## Start the Dagster UI, with sensors and schedules on.
	@$(BIN)/user-activity dev

test: $(READY) ## Run the tests of all packages and guarantees, on both warehouses (some minutes).
	$(BIN)/pytest $(PYTEST_ARGS) -m "not long"

test-all: $(READY) ## Run all tests, with more random examples (about an hour on two cores).
	TESTS=all $(BIN)/pytest $(PYTEST_ARGS)

test-long: $(READY) ## Run the tests that `make test` leaves out, and the laws with more random examples.
	TESTS=all $(BIN)/pytest $(PYTEST_ARGS) -m "long or law"

test-nightly: $(READY) ## Run the property tests on hundreds of random examples (hours). Failing examples stay in .hypothesis/.
	TESTS=nightly $(BIN)/pytest $(PYTEST_ARGS) -m law --timeout 0

test-sql: $(READY) ## Run dbt's unit tests of the rules in sql/models/rules.yml, without a warehouse.
	@mkdir -p sql/target/unit_tests
	@USER_ACTIVITY_WAREHOUSE=duckdb USER_ACTIVITY_DUCKDB_PATH=sql/target/unit_tests/scratch.duckdb $(BIN)/dbt test \
		--select test_type:unit --project-dir sql --profiles-dir sql --target-path target/unit_tests

coverage: $(READY) ## Run `make test` with coverage, and write the report to htmlcov/index.html.
	$(BIN)/pytest $(PYTEST_ARGS) -m "not long" --cov=user_activity --cov-report=term --cov-report=html

lint: $(READY) ## Check style, formatting, imports between packages, and the SQL.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/sqlfluff lint --disable-progress-bar sql/models sql/macros
	$(BIN)/python sql/lint_macros.py sql/macros sql/tests

types: $(READY) ## Check the types.
	$(BIN)/mypy

format: $(READY) ## Format the Python code, and apply safe automatic fixes.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## Measure speed and memory, each figure with its floor (the least possible cost) from the same run.
	$(BIN)/python -m bench

up: ## Start the compose deployment, with the settings of deploy/compose.env.
	$(COMPOSE) up --detach --build --wait

down: ## Stop the compose deployment; its volumes stay.
	$(COMPOSE) down

logs: ## Follow the logs of the compose deployment.
	$(COMPOSE) logs --follow --tail 100

psql: ## Open psql on the warehouse of the compose deployment.
	$(COMPOSE) exec postgres psql --username postgres warehouse

docs: $(READY) ## Write docs/data-dictionary.md and docs/presets.md, and one HTML page of a built warehouse's tables and lineage.
	@$(BIN)/python docs/dictionary.py
	@$(BIN)/python docs/presets.py
	@mkdir -p "$(DATA)/dbt/docs"
	@USER_ACTIVITY_DUCKDB_PATH="$(DATA)/warehouse/user_activity.duckdb" USER_ACTIVITY_LAKE_DIR="$(DATA)/lake" \
		$(BIN)/dbt docs generate --static --quiet --project-dir sql --profiles-dir sql --target-path "$(DATA)/dbt/docs"
	@echo "docs/data-dictionary.md"
	@echo "docs/presets.md"
	@echo "$(DATA)/dbt/docs/static_index.html"

dashboards: $(READY) ## Write the dashboards that Grafana loads, from the panels and queries in deploy/grafana.
	@$(BIN)/python -m deploy.grafana

lock: $(READY) ## Choose the newest versions that pyproject.toml allows and write them to requirements.lock.
	$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet -o requirements.lock

release: ## Set a release's version and date, commit and tag it: make release VERSION=1.2.3.
	@$(PYTHON) .ci/release.py "$(VERSION)"

clean: ## Remove the environment and everything that tools have written; data/ stays.
	rm -rf .venv .tools sql/target sql/logs logs bench/results .hypothesis .coverage htmlcov \
		.pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find user_activity user_activity_tests -type d -name __pycache__ -prune -exec rm -rf {} +

# Libraries are compiled on installation: where Python may not write bytecode, each start would compile them again.
$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c '$(SUPPORTED)' || { \
		echo "Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name one that fits: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@test -x $(UV) || $(PYTHON) -m venv .tools || { \
		echo "$(PYTHON) has no venv module: install it (Debian: apt-get install python3-venv), or install uv." >&2; exit 1; }
	@test -x $(UV) || .tools/bin/pip install --quiet uv
	$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@
