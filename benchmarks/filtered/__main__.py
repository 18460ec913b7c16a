"""`python -m benchmarks.filtered process|wire`: QPS at recall >= .95 over the grid of filters.

`process`: vecsql's index call and embedded SQL against qdrant-edge. `wire`: vecsql's server against the best plan and setting of
pgvector, and against embedded lancedb. vecsql runs with its default vecsql.recall in all cells; the peers are tuned for each cell.
Cells may be measured in several runs (--shares, --kinds); a report shows all that are in .bench/. `--quick` takes some cells and few queries.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.filtered import embedded, grid, tuning, wire
from benchmarks.filtered.summary import Results, text
from benchmarks.report import write

TARGET = 0.95
ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def sides(where: str, base: data.Floats, columns: grid.Columns) -> Iterator[list[Any]]:
    if where == "wire":
        with wire.contestants(base, columns) as made:
            yield made
    else:
        yield embedded.contestants(base, columns)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.filtered", description=__doc__)
    parser.add_argument("where", choices=["process", "wire"])
    parser.add_argument("--data", choices=["text", "glove"], default="text")
    parser.add_argument("--shares", type=float, nargs="+", default=list(grid.SHARES))
    parser.add_argument("--kinds", choices=grid.KINDS, nargs="+", default=list(grid.KINDS))
    parser.add_argument("--queries", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.6, help="bound of one try or round")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", help="only these contestants, by name")
    parser.add_argument(
        "--keep-settings",
        action="store_true",
        help="do not tune the peers anew where .bench/ has a result",
    )
    parser.add_argument("--build", action="store_true", help="build the indexes, measure nothing")
    options = parser.parse_args()
    if options.quick:
        options.shares, options.queries, options.seconds = [50.0, 10.0, 1.0, 0.1], 40, 0.2
    dataset = data.named(options.data)
    columns = grid.columns(dataset.base)
    saved = ROOT / ".bench" / f"filtered-{options.where}-{options.data}.json"
    results: Results = json.loads(saved.read_text()) if saved.exists() else {}
    with sides(options.where, dataset.base, columns) as made:
        chosen = [one for one in made if not options.only or one.name in options.only]
        wanted = grid.cells(dataset, options.shares, options.kinds, options.queries)
        for cell in [] if options.build else wanted:
            before = results.get(cell.name, []) if options.keep_settings else []
            known = {o["who"]: tuple(o["setting"]) for o in before}
            outcomes = tuning.run(chosen, cell, TARGET, options.rounds, options.seconds, known)
            results[cell.name] = [asdict(outcome) for outcome in outcomes]
            for outcome in outcomes:
                print(f"{cell.name}: {outcome}", flush=True)
    saved.write_text(json.dumps(results, indent=1))
    if results and not options.build:
        command = f"python -m benchmarks.filtered {options.where} --data {options.data}"
        write(
            f"filtered_{options.where}_{options.data}",
            text(options.where, dataset, results, command),
        )


if __name__ == "__main__":
    main()
