# Every target makes the virtual environment it needs; Python 3.10 or later is the only requirement.
#   make demo | test | test-all | fuzz FUZZ=10000 | bench [CASE=rosenbrock] | accuracy | clean
PYTHON ?= python3
VENV ?= .venv
BENCH_VENV ?= .venv-bench
FUZZ ?= 2000
JOBS ?= 2
PY = $(VENV)/bin/python

.PHONY: demo test lint pytest test-all fuzz bench accuracy clean
.DELETE_ON_ERROR:

demo: $(VENV)/demo.stamp
	$(PY) examples/digits.py

test: lint pytest

lint: $(VENV)/dev.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/mypy

pytest: $(VENV)/dev.stamp
	$(PY) -m pytest -q -n $(JOBS) $(TESTS)

# The tests on every Python from 3.10 on that this machine has, each in its own environment.
test-all: lint
	@set -e; for py in $$($(PYTHON) tools/pythons.py); do \
	    minor=$$($$py -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	    echo "== Python $$minor"; \
	    $(MAKE) --no-print-directory pytest PYTHON=$$py VENV=.venv-$$minor; \
	done

fuzz: $(VENV)/dev.stamp
	FUZZ=$(FUZZ) $(PY) -m pytest -q -s tests -k fuzz

bench: $(BENCH_VENV)/bench.stamp
	$(BENCH_VENV)/bin/python -m benchmarks $(CASE)

# 10⁷ points a function: some minutes.
accuracy: $(VENV)/dev.stamp
	$(PY) -m tools.accuracy

# $(VENV)/dev.stamp: the environment with the package and its `dev` extra, renewed when pyproject.toml changes.
%.stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	    || { echo "jitad needs Python 3.10 or later; set PYTHON=..."; exit 1; }
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install -q --disable-pip-version-check -e '.[$(*F)]'
	touch $@

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
