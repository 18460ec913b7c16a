# Every target sets up what it needs in .venv; a fresh machine needs only git, make and Python 3.11+.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-

.PHONY: demo test check format bench bench-micro bench-load bench-overhead bench-in-process bench-filtered \
	bench-index-build bench-writes bench-streaming bench-exact bench-growth clean

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

# One thread, one call per query: hnswlib, faiss HNSW, ScaNN
bench-in-process: $(STAMP)peers
	$(BIN)/python -m benchmarks.in_process

# The grid of filters: qdrant-edge in process; pgvector and lancedb over the wire (about 15 minutes; QUICK=--quick takes three)
bench-filtered: $(STAMP)peers
	$(BIN)/python -m benchmarks.filtered process $(QUICK)
	$(BIN)/python -m benchmarks.filtered wire $(QUICK)

bench-index-build: $(STAMP)peers
	$(BIN)/python -m benchmarks.index_build

bench-writes: $(STAMP)peers
	$(BIN)/python -m benchmarks.writes

bench-streaming: $(STAMP)bench
	$(BIN)/python -m benchmarks.streaming

bench-exact: $(STAMP)peers
	$(BIN)/python -m benchmarks.exact

bench-growth: $(STAMP)peers
	$(BIN)/python -m benchmarks.growth

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
