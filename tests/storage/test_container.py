"""Containers: sections come back, and every damaged byte is noticed and named."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql import errors
from vecsql.storage.container import ALIGNMENT, Container, array_section, arrow_section, pack


def packed() -> np.ndarray:
    sections = [
        array_section("ids", np.arange(5, dtype=np.int64)),
        array_section("vectors", np.ones((2, 3), np.float32), np.zeros((1, 3), np.float32)),
        arrow_section("names", pa.record_batch([pa.array(["a", None])], ["c1"])),
        array_section("nothing", np.zeros((0, 3), np.float32)),
    ]
    return np.concatenate([c.reshape(-1).view(np.uint8) for c in pack(1, sections, {"x": [1, 2]})])


def test_roundtrip() -> None:
    container = Container.open(packed(), "here")
    assert container.kind == 1
    assert container.meta == {"x": [1, 2]}
    assert container.array("ids").tolist() == [0, 1, 2, 3, 4]
    assert container.array("vectors").tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0]]
    assert container.array("nothing").shape == (0, 3)
    assert container.batch("names").column(0).to_pylist() == ["a", None]
    assert (
        container.array("vectors").ctypes.data % ALIGNMENT == container.data.ctypes.data % ALIGNMENT
    )
    container.verify()


@given(st.data())
def test_damage_is_noticed(data: st.DataObject) -> None:
    original = packed()
    at = data.draw(st.integers(0, len(original) - 1))
    damaged = original.copy()
    damaged[at] ^= data.draw(st.integers(1, 255))
    clean = Container.open(original, "here")
    ends = [(e.offset, e.offset + e.length) for e in clean._entries.values()]
    padding = [(end, -(-end // ALIGNMENT) * ALIGNMENT) for _, end in ends]
    if any(low <= at < high for low, high in padding):
        Container.open(damaged, "here").verify()
    else:
        with pytest.raises(errors.DataCorrupted, match="checksum mismatch in here"):
            Container.open(damaged, "here").verify()


def test_damage_names_the_section() -> None:
    damaged = packed()
    damaged[64] ^= 1
    with pytest.raises(
        errors.DataCorrupted, match='checksum mismatch in here: section "ids" at byte 64'
    ):
        Container.open(damaged, "here").array("ids")
