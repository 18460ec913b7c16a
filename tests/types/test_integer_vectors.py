import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql.types import INT2VECTOR, OIDVECTOR
from vecsql.types.base import ColumnType, by_name

SMALL = st.lists(st.integers(-(2**15), 2**15 - 1))


@given(SMALL)
def test_int2vector_round_trips(values):
    assert INT2VECTOR.from_text(INT2VECTOR.to_text(values), -1) == values
    assert INT2VECTOR.from_binary(INT2VECTOR.to_binary(values), -1) == values


def test_text_form_has_spaces():
    assert INT2VECTOR.to_text([3, 0]) == "3 0"
    assert OIDVECTOR.to_text([1978, 3126]) == "1978 3126"


def test_bounds_start_at_zero():
    assert INT2VECTOR.to_binary([7]).hex() == "0000000100000000000000150000000100000000000000020007"


@pytest.mark.parametrize("name", ["int2vector", "oidvector"])
def test_names(name):
    found = by_name(name)
    assert str(ColumnType(found)) == name
    assert pa.types.is_list(found.arrow(-1))
    assert by_name(f"_{name}").element is found
