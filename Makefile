# Everything that there is to run. Needs python3 (3.11 or newer) and make; the rest is installed into
# .venv/, and what is written while running goes to var/.

SHELL := /bin/sh
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=

export PYTHONPYCACHEPREFIX := $(CURDIR)/var/cache/pyc

.DEFAULT_GOAL := help
.PHONY: help run test check e2e chaos contract pictures lock base dev

help: ## this list
	@$(PYTHON) -c "import re; [print(f'  make {name:8} {text}') for name, text in \
	  re.findall(r'^([a-z0-9]+):.*?## (.*)', open('Makefile').read(), re.M)]"
	@echo "Settings: make run PORT=8001; see .env.example. Tests: make test ARGS='tests/phases -k gate'."

run: base ## start the portal with its demo on http://localhost:8000
	@$(PY) -m rollout_portal.lib.local_env "$${ENV_FILE:-$${VAR_DIR:-var}/env}"
	@exec $(PY) manage.py run_stack --prepare

test: dev ## the whole suite on SQLite, then on PostgreSQL where one is found
	@exec $(PY) -m tests.run $(ARGS)

check: dev ## style, types, layers, templates, migrations, deployment settings
	@exec $(PY) -m tests.check

e2e: dev ## the portal in a real browser
	@exec $(PY) -m tests.run --e2e $(ARGS)

chaos: dev ## kill senders and the broker for some minutes, and count
	@exec $(PY) -m pytest -m chaos tests/chaos $(ARGS)

contract: dev ## the API against its own description, with generated requests
	@exec $(PY) -m pytest -m contract tests/monitoring/test_contract.py $(ARGS)

pictures: dev ## take the pictures of the README anew, from a fresh demo
	@exec $(PY) -m tests.e2e.pictures

lock: dev ## resolve requirements/*.in anew into requirements/*.txt
	@exec $(PY) requirements/lock.py $(ARGS)

base:
	@$(PYTHON) requirements/install.py base embedded

dev:
	@$(PYTHON) requirements/install.py dev embedded
