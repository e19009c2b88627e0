# Two commands for a person: `make run` and `make test`. Each sets up what it needs first.

PYTHON ?= python3
IN_VENV = .venv/bin/python -m
LANGUAGES = es fr pt ar hi bn sw vi zh ht tl
CATALOGS = $(patsubst %.po,%.mo,$(wildcard locales/*/LC_MESSAGES/*.po))

# Alembic's own table; time limits that migrations/env.py and the role set; counters that stay small.
NOT_FOR_SQUAWK = prefer-text-field,require-lock-timeout,require-statement-timeout,prefer-bigint-over-int

FIND_SECRETS = .venv/lint/bin/detect-secrets-hook --no-verify
SEARCHED = .ci deploy docs jobs migrations portal signaling static templates tests Makefile README.md pyproject.toml wsgi.py

# Compiled once, not in each of the many processes of a run, whatever this machine's habit is.
export PYTHONDONTWRITEBYTECODE =

# One more than cores: while one waits for a browser, a partner or a process that comes back, the others work.
WORKERS = 3

.PHONY: help run test verify lint bench reset translations setup setup-lint setup-tests catalogs
.DEFAULT_GOAL := help

help:
	@echo "make run           start the portal with demo clinics (PORT=8000 TLS_PORT=8443 SIGNALING_PORT=8001)"
	@echo "make test          unit, integration and browser tests, under 10 minutes"
	@echo "make verify        every generated combination of roles, tenants and sizes"
	@echo "make lint          ruff, mypy, import-linter, djlint, squawk, bandit, semgrep, secrets, a list of parts"
	@echo "make bench         measure, and print the figures of docs/benchmarks.md"
	@echo "make translations  bring the message catalogs up to date with the texts in the code"
	@echo "make reset         delete everything that make run has kept in var/"

setup:
	@$(PYTHON) deploy/bootstrap.py

setup-lint:
	@$(PYTHON) deploy/bootstrap.py --with-lint

setup-tests:
	@$(PYTHON) deploy/bootstrap.py --with-browser

run: setup catalogs
	@exec $(IN_VENV) deploy.supervisor

test: setup-tests catalogs
	$(IN_VENV) pytest -n $(WORKERS) -m "not verify"

verify: setup-tests catalogs
	@rm -rf var/accessibility
	$(IN_VENV) pytest -n $(WORKERS) -m verify
	@# The conformance report of docs/accessibility.md is what this run found.
	$(IN_VENV) tests.accessibility.report --check

lint: setup-lint
	$(IN_VENV) ruff check .
	$(IN_VENV) ruff format --check .
	$(IN_VENV) mypy
	.venv/bin/python -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(IN_VENV) djlint templates --lint --quiet
	@mkdir -p var
	$(IN_VENV) alembic upgrade head --sql > var/migrations.sql 2> /dev/null
	.venv/bin/squawk --pg-version 18.0 --exclude $(NOT_FOR_SQUAWK) var/migrations.sql
	.venv/lint/bin/bandit --quiet --recursive --configfile pyproject.toml portal jobs signaling deploy
	$(IN_VENV) deploy.house_rules
	@# What looks like a secret and is none stands in the baseline, a copy of which is rewritten when lines move (3).
	@cp deploy/secrets.baseline var/secrets.baseline
	$(FIND_SECRETS) --baseline var/secrets.baseline $$(find $(SEARCHED) -type f ! -path '*/__pycache__/*' ! -name secrets.baseline) || test $$? -eq 3
	@printf 'key = "AKIA%s"\n' 2E0A8F3B244C9986 > var/planted.py && ! $(FIND_SECRETS) var/planted.py > /dev/null
	.venv/lint/bin/cyclonedx-py requirements --output-reproducible --output-format JSON --output-file var/sbom.json requirements.txt
	$(IN_VENV) deploy.parts var/sbom.json

bench: setup-tests catalogs
	$(IN_VENV) tests.bench

reset: setup
	@$(IN_VENV) deploy.reset

# The source text is the message id; compiled catalogs are not in the repository.
catalogs: $(CATALOGS)

%.mo: %.po | setup
	@$(IN_VENV) babel.messages.frontend --quiet compile --input-file $< --output-file $@

translations: setup
	@mkdir -p var
	$(IN_VENV) babel.messages.frontend --quiet extract --mapping-file babel.cfg --keywords "_l lazy_gettext lazy_pgettext:1c,2" \
		--add-comments "For translators:" --no-location --sort-output --omit-header --output-file var/messages.pot \
		portal templates
	@for language in $(LANGUAGES); do \
		catalog=locales/$$language/LC_MESSAGES/messages.po; \
		if [ -e $$catalog ]; then action="update --no-fuzzy-matching --ignore-obsolete"; else action=init; fi; \
		mkdir -p $$(dirname $$catalog); \
		$(IN_VENV) babel.messages.frontend --quiet $$action --no-wrap --input-file var/messages.pot \
			--output-file $$catalog --locale $$language || exit 1; \
	done
	@$(MAKE) --no-print-directory catalogs
