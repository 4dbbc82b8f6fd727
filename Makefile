# Mubiao: `make` alone prints what there is.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help install run test check slow chaos bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ The two that matter
run: .venv/run.ok .venv/pages.ok ## set up, then serve a demo region on this machine (Ctrl-C stops all of it)
	@$(BIN)/flask --app wsgi serve

test: .venv/test.ok .venv/pages-test.ok .venv/browser.ok ## set up, then every test but the slow and the chaos ones
	@$(PYTEST)

##@ Before a change goes in
check: .venv/test.ok ## format, lint, types, import directions, migrations in step
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/flask --app wsgi migrations-in-step

##@ Longer trials
slow: .venv/test.ok ## the tests marked slow
	@$(PYTEST) -m slow -n 0 || { test $$? = 5 && echo "There is no slow test yet."; }
chaos: .venv/test.ok ## kill, race and tamper (this machine's services only)
	@$(PYTEST) -m chaos -n 0
bench: .venv/bench.ok ## measurements, as ratios against a yardstick
	@for b in transition http fanout reading; do $(BIN)/python -m bench.$$b || exit 1; done

##@ Set-up
install: .venv/run.ok .venv/pages.ok ## the virtual environment in .venv/, safe to repeat
lock: .venv/run.ok ## write requirements/*.txt anew from *.in
	@$(BIN)/pip install --quiet uv
	@for r in run test bench node; do $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	  requirements/$$r.in -o requirements/$$r.txt || exit 1; done
	@cd web && npm update --package-lock-only
.venv/pages.ok: web/package-lock.json deploy/front_end.py | .venv/run.ok
	@echo "Installing what the pages load ..."
	@$(BIN)/python deploy/front_end.py
	@touch $@
.venv/pages-test.ok: web/package-lock.json deploy/front_end.py | .venv/test.ok
	@echo "Installing what the pages and their tests load ..."
	@$(BIN)/python deploy/front_end.py --with-tests
	@touch $@ .venv/pages.ok

.venv/browser.ok: | .venv/test.ok
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  echo "Installing chromium for the browser tests ..." && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
	  echo "No chromium here: the browser tests will be named as not tried."
	@touch $@

clean: ## remove what the commands above made (the data in var/ too)
	rm -rf .venv var web/node_modules web/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/%.ok: requirements/%.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it with PYTHON=..., as in: make run PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	@echo "Installing what '$*' needs into .venv/ (a minute or two) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/$*.txt
	@touch $@
