# Each target sets up what it needs: a virtual environment with the locked dependencies.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test lint pages bench soak lock image clean
help:
	@echo "make demo    real models, real traffic, two candidates shadowed, a report (a few minutes)"
	@echo "make test    lint, types, import contract and all tests, with a real Redis"
	@echo "make lint    lint, types and import contract alone"
	@echo "make pages   write the pages that are made from the code"
	@echo "make bench   against nginx and Envoy in one run; prints the table of docs/performance.md"
	@echo "make soak    half an hour of load and random faults; says what was lost, wrong or kept (benchmarks/soak/)"
	@echo "make lock    resolve the dependencies anew into requirements/*.txt"
	@echo "make image   the container image, with Docker"

$(VENV)/.%: requirements/%.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$*.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(VENV)/.demo
	$(BIN)/understudy demo

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest

pages: $(VENV)/.test
	$(BIN)/python -m understudy.settings.page docs/settings.md examples/understudy.toml
	$(BIN)/python -m understudy.metrics_page docs/statistics.md

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks; first=$$?; $(BIN)/python -m benchmarks.instrument && exit $$first

SEED ?= 1
soak: $(VENV)/.bench
	$(BIN)/python -m benchmarks.soak --seed $(SEED)

lock:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	sh requirements/lock.sh $(BIN)/uv

image:
	docker build --tag understudy:$$(sed -n 's/^version = "\(.*\)"$$/\1/p' pyproject.toml) .

clean:
	rm -rf $(VENV) .understudy build dist *.egg-info
