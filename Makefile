# Upright. `make demo` and `make test` are all that a newcomer needs; both set up what they use, without root.
.DEFAULT_GOAL := help
PYTHON ?= python3
# Installs quicker than pip, which takes its place where this one cannot be had, or is set to nothing: make setup UV=
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
# A CPU build of it is 1 GB; the version in constraints.txt passes too: make test-torch TORCH=torch==2.15.0 (6 GB).
TORCH ?= torch==2.13.0
# Where it is set, every one of the many short processes below would compile all that it imports again.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(VENV)/.dev ## a virtual environment with everything for development

demo: $(VENV)/.demo ## assess a real AI system, prove the result, then look at it in the web application
	@$(BIN)/python examples/mortgage/demo.py
	@XDG_CONFIG_HOME=$(CURDIR)/demo/config XDG_STATE_HOME=$(CURDIR)/demo/state $(BIN)/upright demo \
		--workspace demo/mortgage --home demo/server $$(test -t 1 || echo --prepare-only)

# Programs of Debian that some tests need: installed where one may, else those tests are listed as NOT RUN.
programs:
	@missing=""; for one in chromium nginx:nginx-light; do \
		PATH=$$PATH:/usr/sbin command -v $${one%:*} >/dev/null || missing="$$missing $${one#*:}"; done; \
	test -z "$$missing" || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
		{ apt-get update -qq >/dev/null; apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } || true

test: $(VENV)/.dev programs ## every test; what cannot run is listed, and then this fails unless ALLOW_NOT_RUN=1
	$(BIN)/python tests/both.py -n $(WORKERS) --dist worksteal

test-torch: $(VENV)-torch/.dev ## what is said of torch, tried with it: installs TORCH in an environment of its own
	$(VENV)-torch/bin/python -m pytest -q tests/extras

# By pip, and alone after what is pinned: an index names the CPU build (no CUDA) by the same version.
$(VENV)-torch/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)-torch
	$(VENV)-torch/bin/python -m pip install -q -c constraints.txt -e '.[dev]'
	$(VENV)-torch/bin/python -m pip install -q $(TORCH)
	@touch $@

check: $(VENV)/.dev ## style, types, the house's rules and the examples in docstrings; seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q --ds=upright.site.settings --doctest-modules src/upright
	$(BIN)/upright catalogue lint

bench: $(VENV)/.dev ## measure beside peers, each in its own environment; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

docs: $(VENV)/.dev ## the reference pages made from the code
	$(BIN)/python -m docs.generate

screenshots: $(VENV)/.dev ## the guide's pictures, taken anew of the demo that was made
	$(BIN)/python -m docs.screenshots

messages: $(VENV)/.dev ## texts for translators, and what the server reads of them; says what lacks a translation
	$(BIN)/python -m upright.site.messages

constraints: ## pin every extra anew, without any index address
	uv pip compile --universal --all-extras --no-header --no-annotate --python-version 3.11 \
		pyproject.toml -o constraints.txt --upgrade

clean: ## remove what was built, keep what you wrote
	rm -rf $(VENV) $(VENV)-torch demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache benchmarks/.venvs

# uv where it can be had (it is quicker), pip where it cannot. Bytecode is made now, as pip does: the sandboxed child that
# loads a model may write nothing, and would compile scikit-learn anew each time.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Upright needs Python 3.11 or later; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@{ test -n "$(UV)" && $(UV) venv -q --python $(PYTHON) $(VENV) 2>/dev/null; } || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "No virtual environment could be made. On Debian: apt-get install python3-venv, or install uv."; exit 2; }
	@test -z "$(UV)" || ! test -x $(BIN)/pip || $(BIN)/python -m pip install -q uv 2>/dev/null || true

comma := ,

define install
	@if [ -n "$(UV)" ] && [ -x $(BIN)/uv ]; then $(BIN)/uv pip install -q --compile-bytecode -p $(BIN)/python -c constraints.txt -e '.[$(1)]'; \
	elif [ -n "$(UV)" ] && command -v $(UV) >/dev/null; then $(UV) pip install -q --compile-bytecode -p $(BIN)/python -c constraints.txt -e '.[$(1)]'; \
	else $(BIN)/python -m pip install -q -c constraints.txt -e '.[$(1)]'; fi
	@touch $@
endef

$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	$(call install,demo$(comma)server)

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(call install,dev)

.PHONY: help setup demo programs test check bench docs screenshots messages constraints clean
