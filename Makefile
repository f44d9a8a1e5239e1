# The same verbs for people and for CI. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
PYTHON ?= python3.11
PYTEST_ARGS ?=
TESTS := tests --ignore=tests/trainers --ignore=tests/bench

UV := .cache/uv/bin/uv
TOOLS := .venv/.installed
TRAINERS := trainers/.venv/.installed
JSONNET = $(shell git ls-files 'generators/*sonnet' 'pipelines/*sonnet')
export UV_PYTHON_DOWNLOADS := never

# Bytecode for a start that is quick from the first, even where Python may write none; not for what nobody imports.
UNUSED := /tests/|/transformers/models/|/spacy/lang/../|/pygments/lexers/
COMPILE := -P -m compileall -qq -j 0 -x '$(UNUSED)'

.PHONY: help demo test tests check workflows trainers render pr bench lock setup clean

help: ## What can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

demo: setup ## The whole story on this machine: data -> training -> release -> predictions
	@.venv/bin/python -m releasectl.sandbox.demo

test: setup ## Everything that must hold: checks, unit, golden, contract and end-to-end tests
	@$(MAKE) --no-print-directory -j2 --output-sync=target check trainers & beside=$$!; \
	trap "kill $$beside 2> /dev/null || true" EXIT; \
	$(MAKE) --no-print-directory tests || failed=1; \
	wait $$beside || { echo "check or trainers failed, see above" >&2; failed=1; }; \
	[ -z "$${failed-}" ]

tests: $(TOOLS)  # twice as many workers as cores: the longest tests mostly wait
	.venv/bin/python -m pytest $(TESTS) -n 4 -q $(PYTEST_ARGS)

check: $(TOOLS) workflows ## Style, types, layers, schemas, rendered files, releases
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/jsonnetfmt --test $(JSONNET)
	.venv/bin/releasectl render --check
	.venv/bin/releasectl check

workflows: $(TOOLS) ## Harden and validate what GitHub runs
	.venv/bin/zizmor --quiet --offline --persona=auditor --collect=all .github
	.venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml
	.venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	.venv/bin/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml

trainers: setup ## Lint and test the trainers
	.venv/bin/ruff check trainers tests/trainers
	.venv/bin/ruff format --check trainers tests/trainers
	trainers/.venv/bin/python -m pytest tests/trainers -q -p no:cacheprovider

render: $(TOOLS) ## Write environments/*/rendered and pipelines/*/rendered
	.venv/bin/releasectl render

pr: $(TOOLS) ## Push what is committed as a branch, and open a pull request
	@.venv/bin/releasectl pr

bench: setup ## Measure start-up, rendering, apply, ingress and the DAG
	.venv/bin/python -m pytest tests/bench --benchmark-columns=min,median,max,rounds -q

lock: $(UV) ## Compile the requirement files anew, with hashes
	$(UV) pip compile -q --upgrade --generate-hashes --python-version 3.11 requirements-uv.in -o requirements-uv.txt
	$(UV) pip compile -q --upgrade --generate-hashes --python-version 3.11 requirements.in -o requirements.txt
	$(UV) pip compile -q --upgrade --generate-hashes --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	$(UV) pip compile -q --upgrade --generate-hashes --python-version 3.11 --override trainers/overrides.txt \
	  trainers/requirements.in -o trainers/requirements.txt

setup: ## Both Python environments
	@$(MAKE) --no-print-directory -s -j2 $(TOOLS) $(TRAINERS)

clean: ## Stop the sandbox, remove its state, both environments and every cache
	@for root in . .sandbox/demo/repository; do \
	  if [ -x .venv/bin/releasectl ] && [ -d $$root/.sandbox ]; then .venv/bin/releasectl -C $$root sandbox down; fi; done
	rm -rf .sandbox .venv trainers/.venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info .import_linter_cache

$(UV): requirements-uv.txt
	@echo "bootstrapping uv with pip"  # not that of an environment on the PATH: uv makes them without pip
	@base=$$($(PYTHON) -P -c 'import sys; print(sys.base_prefix)'); \
	"$$base/bin/python3.11" -P -m pip install -q --root-user-action=ignore --disable-pip-version-check --no-warn-script-location --require-hashes \
	  --upgrade --target .cache/uv -r requirements-uv.txt
	@touch $@

$(TOOLS): requirements.txt requirements-dev.txt pyproject.toml | $(UV)
	@echo "installing the toolkit's environment (.venv)"
	@[ -x .venv/bin/python ] || $(UV) venv -q --python $(PYTHON) .venv
	@$(UV) pip sync -q --python .venv/bin/python --require-hashes requirements.txt requirements-dev.txt
	@$(UV) pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
	@.venv/bin/python $(COMPILE) .venv/lib releasectl generators policies || true
	@touch $@

$(TRAINERS): trainers/requirements.txt | $(UV)
	@echo "installing the trainers' environment (trainers/.venv, TensorFlow included: about 4 GB on disk)"
	@[ -x trainers/.venv/bin/python ] || $(UV) venv -q --python $(PYTHON) trainers/.venv
	@$(UV) pip sync -q --python trainers/.venv/bin/python --require-hashes trainers/requirements.txt
	@trainers/.venv/bin/python $(COMPILE) trainers || true
	@touch $@
