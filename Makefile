# The commands of this project. Each does its own set-up, and only when a lock file has changed since.
# What takes more than a line is a script in .ci/.

PORT ?= 8501
JOBS ?= 2

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALL := $(PYTHON) -m pip install -qq --no-input --disable-pip-version-check --require-hashes
LOCK := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	--custom-compile-command "make upgrade"

# Installed already, as files that are newer than the lock file they stand for.
RUNTIME := $(VENV)/.runtime-installed
TESTING := $(VENV)/.testing-installed

# What looks for vulnerabilities has an environment of its own: it needs much that nothing else does.
AUDIT_VENV := .venv-audit

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-deep check audit fix bench bench-pages soak simulator upgrade clean domain-coverage test-servers

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUNTIME) ## Serve the dashboard, on invented data unless REVAL_* says otherwise (PORT=8501 SCENARIO=…)
	@$(if $(SCENARIO),REVAL_SCENARIO='$(SCENARIO)' )$(PYTHON) -m streamlit run app.py --server.port $(PORT)

test: check domain-coverage test-servers ## Check and test everything that a change needs (JOBS=2 processes)
	$(PYTHON) -m pytest -n $(JOBS) --dist loadfile -m "not slow" --ignore tests/domain

test-deep: check domain-coverage test-servers ## The same with the slow tests, and many more examples per rule
	$(PYTHON) -m pytest -n $(JOBS) --dist loadfile --hypothesis-profile deep

check: $(TESTING) ## Check style and types; changes nothing
	$(PYTHON) -m ruff check --quiet --output-format concise
	$(PYTHON) -m ruff format --check --quiet
	$(PYTHON) -m mypy

audit: $(TESTING) ## Ask whether a vulnerability is known in what we depend on (needs the network); check the licences
	@$(PYTHON) -m docs.licences && agreed=0 || agreed=1; .ci/audit $(AUDIT_VENV) || exit $$?; exit $$agreed

fix: $(TESTING) ## Format, correct what can be corrected, and write the generated documents
	$(PYTHON) -m ruff check --fix-only --quiet
	$(PYTHON) -m ruff format --quiet
	$(PYTHON) -m docs.generate

bench: test-servers ## Time a sync at full scale, on both databases, against a floor
	$(PYTHON) -m tests.bench

bench-pages: test-servers ## Time the screens in a real browser, at full scale and ten times that, against an empty page
	$(PYTHON) -m tests.bench.pages

soak: test-servers ## Play 60 days of faults, kills and restarts at full scale (DATABASE=postgresql), and check the end
	$(PYTHON) -m tests.soak $(if $(DATABASE),--database $(DATABASE))

simulator: $(RUNTIME) ## Serve the GMC and TIS with invented people
	$(PYTHON) -m reval_core simulator

upgrade: $(TESTING) ## Lock the newest versions of everything that we depend on
	$(LOCK) --upgrade pyproject.toml --output-file requirements.txt
	$(LOCK) --upgrade --group pyproject.toml:test --constraint requirements.txt --output-file tests/requirements.txt
	$(LOCK) --upgrade --group pyproject.toml:audit --constraint requirements.txt --output-file .ci/audit-requirements.txt
	$(MAKE) $(TESTING)
	$(PYTHON) -m docs.licences --write

clean: ## Delete what these commands made; data in var/ stays
	rm -rf $(VENV) $(AUDIT_VENV) .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/artefacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

domain-coverage: $(TESTING)
	$(PYTHON) -m pytest tests/domain --cov reval_core/domain --cov-branch --cov-fail-under 100 --cov-report term

test-servers: $(TESTING)
	@.ci/install-test-servers $(PYTHON)

$(PYTHON):
	@.ci/create-venv $(VENV)

$(RUNTIME): requirements.txt | $(PYTHON)
	@echo "Installing what the product needs (once, about a minute)"
	@$(INSTALL) --requirement requirements.txt
	@touch $@

$(TESTING): tests/requirements.txt $(RUNTIME)
	@echo "Installing what the tests need (once, about a minute)"
	@$(INSTALL) --requirement requirements.txt --requirement tests/requirements.txt
	@touch $@
