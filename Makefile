# `make demo` and `make test` work on a fresh machine with git, Python 3.11 and make; .ci/set-up does the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
READY := .venv/.ready
PYTEST_ARGS ?=
# Twice the processors of a small machine: half of their time tests wait for other processes.
WORKERS ?= 4
# Hundreds of processes import the same modules: they are compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check lint types collected system clients soak docs site format lock clean distclean

help: ## List what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

$(READY): requirements.lock pyproject.toml .ci/set-up
	@.ci/set-up
	@touch $@

demo: $(READY) ## Show the whole flow on a server of its own
	@.ci/packages --only-ask
	@$(BIN)/papaya demo

test: system ## Check the code, build the site and run every test but the long ones
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types lint collected site clients
	$(BIN)/python -m pytest -m "not soak" -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

check: $(READY) ## Lint, formatting, types, direction of imports, no circles
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types lint

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY)
	$(BIN)/mypy

# pytest compiles each file of tests, which every process would do for itself; what is wrong with one is told later.
collected: $(READY)
	@$(BIN)/python -m pytest -m "not soak" --collect-only --quiet >/dev/null || true

system: $(READY)
	@.ci/packages

clients: $(READY)
	@.ci/clients

soak: system clients ## Run the long tests and write their dated results to docs/evidence/
	@mkdir -p docs/evidence
	@{ echo "commit $$(git describe --always --dirty), $$($(BIN)/python --version), $$(nproc) processors"; \
		$(BIN)/python -m pytest -m soak --hypothesis-profile=soak --timeout=0 --no-header -v -rP $(PYTEST_ARGS); \
	} | tee "docs/evidence/$$(date -u +%Y-%m-%d)-soak.txt"

docs: $(READY) ## Write docs/manifest.md, docs/commands.md and docs/licenses.md again
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/licenses.py

site: $(READY) ## Build the documentation in build/site; broken links are errors
	@.ci/site

format: $(READY) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY) ## Resolve the pinned packages again; LOCK_ARGS="--upgrade" for newer versions
	.ci/lock $(LOCK_ARGS)

clean: ## Remove what builds and checks leave behind
	rm -rf build dist .make .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## Remove the virtual environment too
	rm -rf .venv
