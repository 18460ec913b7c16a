"""`python -m benchmarks.exact`: the ten nearest rows by L2 distance, exactly, one query at a time, one thread.

vecsql's flat search (the call) and its SQL with vecsql.recall = 1 on a table without an index, faiss IndexFlatL2, and DuckDB's array_distance.
All answers are compared. Writes benchmarks/results/exact.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

import vecsql
from benchmarks import data, report
from benchmarks.measure import K, Series, Truth, one_round
from vecsql import kernels
from vecsql.index import flat

Search = Callable[[data.Floats], Any]


def flat_search(base: data.Floats) -> Search:
    return lambda query: flat.search(base, query, K, "l2").positions


def embedded(base: data.Floats) -> Search:
    db = vecsql.connect(":memory:", autocommit=True)
    db.load("items", {"id": np.arange(len(base)), "embedding": base})
    db.execute("SET vecsql.recall = 1.0")
    cursor = db.cursor()
    sql = f"SELECT id FROM items ORDER BY embedding <-> $1 LIMIT {K}"
    return lambda query: [row[0] for row in cursor.execute(sql, (query,))]


def faiss_flat(base: data.Floats) -> Search:
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatL2(base.shape[1])
    index.add(base)
    return lambda query: index.search(query.reshape(1, -1), K)[1][0]


def duckdb_scan(base: data.Floats) -> Search:
    dims = base.shape[1]
    connection = duckdb.connect(config={"threads": 1})
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(base.ravel()), dims)
    rows = pa.table({"id": np.arange(len(base)), "v": vectors})
    connection.register("source", rows)
    connection.execute("CREATE TABLE items AS SELECT * FROM source")
    sql = f"SELECT id FROM items ORDER BY array_distance(v, ?::FLOAT[{dims}]) LIMIT {K}"

    def search(query: data.Floats) -> list[int]:
        return [row[0] for row in connection.execute(sql, [query.tolist()]).fetchall()]

    return search


def truth_of(base: data.Floats, queries: data.Floats) -> Truth:
    exact = [((base - query) ** 2).sum(axis=1).argsort(kind="stable")[:K] for query in queries]
    return np.array(exact, np.int32)


def measure(dataset: data.Dataset, queries: int, rounds: int) -> list[list[str]]:
    base, asked = dataset.base, list(dataset.queries[:queries])
    sides = {
        "vecsql flat search": flat_search(base),
        "vecsql SQL": embedded(base),
        "faiss IndexFlatL2": faiss_flat(base),
        "DuckDB array_distance": duckdb_scan(base),
    }
    truth = truth_of(base, dataset.queries[:queries])
    series = {name: Series(name) for name in sides}
    for _ in range(rounds):
        for name, search in sides.items():
            one_round(search, asked, series[name], truth)
    ours = series["vecsql flat search"].qps
    shape = f"{len(base):,} x {base.shape[1]}"
    return [
        [name, shape, f"{one.qps * len(base) / 1e6:,.1f}", f"{1e3 / one.qps:.2f}", f"{one.recall:.3f}", f"{ours / one.qps:.2f}x"]
        for name, one in series.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exact", description=__doc__)
    parser.add_argument("--data", choices=["text", "glove"], nargs="+", default=["text", "glove"])
    parser.add_argument("--queries", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    kernels.warm_up()
    kernels.wait()
    lines: list[list[str]] = []
    for name in options.data:
        lines += measure(data.named(name, 100), options.queries, options.rounds)
    head = [
        "what",
        "rows",
        "million rows/s",
        "ms per query",
        "recall@10",
        "flat search is faster by",
    ]
    report.write("exact", "\n".join([
        "# Exact scans, L2, ten nearest, one thread",
        "",
        f"`python -m benchmarks.exact` on {report.machine()}; {options.queries} queries, medians of {options.rounds} rounds taking turns.",
        "",
        report.table(head, lines),
    ]))  # fmt: skip


if __name__ == "__main__":
    main()
