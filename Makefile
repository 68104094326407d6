# Thin on purpose: every recipe is a command you could type. `make` alone shows them.
.DEFAULT_GOAL := help
.PHONY: help ready run demo bench lint test test-replicas test-pg15
MAKEFLAGS += --no-print-directory

# The first Python of 3.11 or newer that can make a virtual environment; else any, to say what is missing.
PYTHON ?= $(shell for p in /usr/bin/python3 python3; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; exit; }; \
	done; echo python3)
BIN := .venv/bin
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web
CODE := trading notices bidding experts archive supervision portal migrations benchmarks
TEMPLATES := trading notices bidding experts archive supervision portal

help: ## show this
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /\1\t/p' Makefile | while IFS='	' read -r name what; do printf '  make %-13s %s\n' "$$name" "$$what"; done

ready:
	@$(PYTHON) -I portal/bootstrap.py $(if $(filter test,$(MAKECMDGOALS)),--tests)

run: ready ## serve the demonstration city on this machine until Ctrl-C (data is kept)
	@$(BIN)/trading up

demo: ready ## one open tender from notice to contract, its evidence into OUT=folder
	@test -n "$(OUT)" || { echo 'usage: make demo OUT=folder' >&2; exit 2; }
	@$(BIN)/trading demo open-tender --out "$(OUT)"

bench: ready ## every performance goal beside its limit, one line each; ONLY=a,b for some of them
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

lint: ready ## style, types, layers, templates, JavaScript types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet $(TEMPLATES)
	$(NPM) run --silent check

test: lint ## everything: lint, JavaScript, unit, integration, journeys, browser
	$(NPM) test
	$(BIN)/pytest -q -n 2 --dist loadfile tests/unit tests/architecture tests/integration
	$(BIN)/pytest -q -n 2 --dist loadfile tests/journeys
	$(BIN)/pytest -q tests/browser

test-replicas: ready ## compose.yml started on this machine; one of each pair dies in the middle of a tender; the restore drill
	$(BIN)/pytest -q tests/journeys/replicas_walk.py

test-pg15: ready ## the integration tests on Debian's PostgreSQL 15, where it is installed
	@$(BIN)/python -m tests.pg15
