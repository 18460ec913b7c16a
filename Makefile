# Every target sets up what it needs in .venv; a fresh machine needs only git, make and Python 3.11+.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-

.PHONY: demo test check format bench bench-micro bench-load bench-overhead clean

demo: $(STAMP)bench
	$(BIN)/python -m benchmarks.demo

test: $(STAMP)test
	$(BIN)/python -m pytest

check: $(STAMP)dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# recall@10 against QPS over real sockets: vecsql and PostgreSQL + pgvector, interleaved (docs/benchmarks.md)
bench: $(STAMP)bench
	$(BIN)/python -m benchmarks.vs_pgvector

bench-micro: $(STAMP)bench
	$(BIN)/python -m pytest benchmarks/micro --benchmark-enable --benchmark-only

bench-load: $(STAMP)bench
	$(BIN)/python -m benchmarks.load

bench-overhead: $(STAMP)bench
	$(BIN)/python -m benchmarks.overhead

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("vecsql needs Python 3.11 or newer; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(STAMP)%: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	@$(BIN)/python -m compileall -q vecsql benchmarks
	@touch $@

clean:
	rm -rf $(VENV) .demo build dist
