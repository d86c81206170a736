# Custos. `make` lists the verbs; README.md tells what they are for.

PORT ?= 8000
export PORT

# The first Python that the lock files are made for; needed only until .venv exists.
CANDIDATES := python3.11 python3.12 python3.13 python3
SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for name in $(CANDIDATES); do \
	if $$name -c '$(SUITABLE)' 2>/dev/null; then echo $$name; break; fi; done)
BOOTSTRAP = $(if $(PYTHON),$(PYTHON) -m config.launcher.bootstrap,\
	{ echo 'Custos needs CPython 3.11 to 3.13: install it (Debian: apt-get install python3 python3-venv).' >&2; exit 1; })
IN_VENV := .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help run stop demo-reset test check fix bench verify lock screenshots

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run: ## Start Custos with a demo at http://127.0.0.1:$PORT; Ctrl-C stops it
	@$(BOOTSTRAP)
	@exec $(IN_VENV) config.launcher run

stop: ## Stop what `make run` started, from another terminal
	@$(IN_VENV) config.launcher stop

demo-reset: ## Remove the demo's data and keys; refuses while it is running
	@$(IN_VENV) config.launcher demo-reset

test: ## Run every test, installing what they need
	@$(BOOTSTRAP) --dev
	@$(IN_VENV) config.launcher.packages
	@$(IN_VENV) pytest -n 2 --dist worksteal

check: ## Format, lint, types, contracts, migrations, templates, quick tests
	@$(BOOTSTRAP) --dev
	@$(IN_VENV) ruff format --check .
	@$(IN_VENV) ruff check .
	@$(IN_VENV) mypy
	@.venv/bin/lint-imports
	@.venv/bin/python -W ignore manage.py makemigrations --check --dry-run
	@$(IN_VENV) djlint --quiet --lint templates
	@$(IN_VENV) pytest -n 2 -q -m 'not slow and not browser and not idp'

fix: ## Format and repair what the linters can
	@$(BOOTSTRAP) --dev
	@$(IN_VENV) ruff check --fix .
	@$(IN_VENV) ruff format .

bench: ## Measure, and write bench/results.json
	@$(BOOTSTRAP) --dev
	@$(IN_VENV) bench

verify: ## Verify the whole audit log of the running installation
	@.venv/bin/python manage.py verify_audit

screenshots: ## Take the README's pictures again, of a fresh demo
	@$(BOOTSTRAP) --dev
	@$(IN_VENV) tests.journeys.screenshots

lock: ## Resolve and hash the requirements again
	@$(BOOTSTRAP) --dev
	@for name in requirements requirements-embedded requirements-dev requirements-canaille requirements-peers; do \
		.venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
			--generate-hashes --no-header --no-annotate $(UPGRADE) $$name.in -o $$name.txt; done
