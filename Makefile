# Two commands matter: `make demo` and `make test`. Each sets up what it needs first.
.DEFAULT_GOAL := help
.PHONY: help setup demo test soak bench-landing bench-guard bench-lakehouse bench-merge conformance up down lint unit java docs stack
SHELL := bash

PYTEST := .venv/bin/python -m pytest
# Layers that need no running part.
OFFLINE := tests/unit tests/property
DOCTESTS := --doctest-modules python --ignore=python/metastore_sync/sql
# The whole story first, on a stack that nobody has used; then each part on its own.
ON_STACK := tests/e2e tests/dags tests/dbt tests/integration
# Kills what it lands with, so it has a light stack of its own, and a machine to itself.
FAULTS := tests/faults

help: ## Show what make can do
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 24

setup: ## Make .venv, the Connect plugin and the jars; does nothing the second time
	@bash setup/bootstrap.sh

demo: setup ## Start everything, land real data, build the tables, show them with their receipts
	@.venv/bin/tidegate demo

test: lint unit java stack ## Run every layer of tests, fastest first; the first that fails ends it

soak: setup ## Run all seeds and long histories (hours)
	TIDEGATE_SOAK=1 mvn -B -f connect/pom.xml test
	TIDEGATE_SOAK=1 $(PYTEST) tests --ignore=$(FAULTS)
	TIDEGATE_SOAK=1 $(PYTEST) $(FAULTS)

bench-landing: setup ## Measure how fast the sink drains a topic, beside a consumer that only counts
	@.venv/bin/python -m bench.landing --save

bench-guard: setup ## Measure how fast schemas are inferred, beside DuckDB and Spark
	@.venv/bin/python -m bench.guard --save

bench-merge: setup ## Measure ten merges into TPC-H's line items, beside delta-rs and DuckDB
	@.venv/bin/uv pip install --system-certs --quiet --python .venv/bin/python --require-hashes -r requirements.bench.lock
	@.venv/bin/python -m bench.merge --save

bench-lakehouse: setup ## Measure bronze beside a plain read, cost over a growing history, and runs without news
	@.venv/bin/python -m bench.lakehouse --save

conformance: setup ## Run each feature of dbt on Iceberg by dbt-spark alone and by ours, and write the page
	TIDEGATE_RECORD=1 $(PYTEST) tests/dbt/test_conformance.py
	@.venv/bin/python setup/write_lists.py

up: setup ## Start the local stack and wait until every part is healthy
	@.venv/bin/tidegate up

down: ## Stop the local stack; data stays
	@.venv/bin/tidegate down

lint: setup ## Style, types, import direction, SQL
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python setup/write_lists.py --check
	.venv/bin/sqlfluff lint --disable-progress-bar dbt_project/models

unit: setup ## Tests that need no running part (seconds)
	$(PYTEST) $(OFFLINE) $(DOCTESTS)

java: setup ## Tests of the S3 sink
	mvn -B -ntp -Dstyle.color=never -f connect/pom.xml test

docs: setup ## Write the generated pages of the documentation
	@.venv/bin/python setup/write_lists.py
	mvn -B -ntp -q -Dstyle.color=never -f connect/pom.xml test -Dtest=ConnectorPageTest -Dtidegate.docs.write=true

stack: setup ## Tests against the local stack, which they start when it is down
	$(PYTEST) $(ON_STACK)
	$(PYTEST) $(FAULTS)
