# `make demo` sets everything up and shows the product; `make test` sets everything up and passes the tests.
# Needs make and python3 with venv (Debian: python3-venv), nothing else; uv makes it faster where it is installed.

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(shell command -v uv 2>/dev/null)
PYTEST := $(PYTHON) -m pytest -q -n 2
# the journeys that lead through every room: run on the embedded default's database too
WHOLE_JOB := tests/journeys/test_main_job.py tests/journeys/test_command_line.py
PIP_INSTALL = $(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes
ifdef UV
# the system's certificates, as a company's proxy may need; pip where uv cannot reach its registry but pip can
INSTALL = UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 $(UV) pip install --quiet --python $(PYTHON) --require-hashes -r $(1) \
	|| $(PIP_INSTALL) -r $(1)
else
INSTALL = $(PIP_INSTALL) -r $(1)
endif

.DEFAULT_GOAL := help
.PHONY: help demo serve stop test lint check pins secrets chromium

help:
	@echo "make demo    set up, run the demonstration, print where to look"
	@echo "make serve   start Dokima, or find the one that runs"
	@echo "make stop    stop it; nothing is lost"
	@echo "make test    set up and run every test (FAST=1 leaves out the slow ones)"
	@echo "make check   lint, types, import contracts, migrations, drawn diagrams"
	@echo "make secrets make the secrets that docker-compose.yml reads"
	@echo "make pins    renew requirements/*.txt from pyproject.toml (needs uv)"

demo: $(VENV)/run.stamp
	@$(PYTHON) manage.py demo

serve: $(VENV)/run.stamp
	@$(PYTHON) manage.py serve --detach

stop: $(VENV)/run.stamp
	@$(PYTHON) manage.py stop

test: $(VENV)/dev.stamp chromium
	$(PYTEST) -m "not slow and not journey"
ifndef FAST
	$(PYTEST) -m "slow and not journey"
endif
	$(PYTEST) -m journey
	$(PYTEST) $(WHOLE_JOB) --embedded

lint: $(VENV)/dev.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

check: lint
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py draw_lifecycles --check

pins:
	uv pip compile --quiet --generate-hashes --universal --no-header pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --generate-hashes --universal --no-header pyproject.toml --group dev -o requirements/dev.txt

# Readable by the containers' own user, in a folder that only you can enter.
secrets:
	@mkdir -p -m 700 secrets
	@[ -e secrets/secret_key ] || python3 -c 'import secrets; print(secrets.token_urlsafe(48))' > secrets/secret_key
	@[ -e secrets/postgres_password ] || python3 -c 'import secrets; print(secrets.token_hex(24))' > secrets/postgres_password
	@[ -e secrets/database_url ] || echo "postgres://dokima:$$(cat secrets/postgres_password)@postgres:5432/dokima" > secrets/database_url
	@[ -e secrets/openai_api_key ] || touch secrets/openai_api_key
	@chmod 644 secrets/*
	@echo "secrets/ is complete. A judge's API key goes into secrets/openai_api_key."

# The journeys drive a real browser. Installed where that is permitted, else asked for; CI refuses to go without.
chromium:
	@if command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium for the browser tests."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
		echo "chromium is not installed: the browser tests will be skipped. Install it with: sudo apt-get install chromium"; \
	fi

$(PYTHON):
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Dokima needs Python 3.11 or newer.")'
	@python3 -m venv $(VENV) || { echo "python3 has no venv. On Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/run.stamp: requirements/run.txt | $(PYTHON)
	@echo "Installing what Dokima needs (once)."
	@$(call INSTALL,requirements/run.txt)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt | $(PYTHON)
	@echo "Installing what the tests need (once)."
	@$(call INSTALL,requirements/dev.txt)
	@touch $@
