"""Kernels called by records: 64-bit words that hold the arguments of a call, so that many calls are one from Python.

A call from Python takes every argument apart and lets go of the interpreter's lock. A search of a table in eight parts did
both eight times, and each time waited for whoever had taken the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import as_dtype

from vecsql.kernels.distance import nearest
from vecsql.kernels.graph_search import code_search, graph_search
from vecsql.kernels.half import HALVES
from vecsql.kernels.ivf_search import ivf_search
from vecsql.kernels.jit import kernel, read_only

# The first words of a record: which kernel, where it is, its result.
WAY, ADDRESS, FOUND, ARGUMENTS = range(4)
KERNELS = {
    "nearest": nearest,
    "graph_search": graph_search,
    "code_search": code_search,
    "ivf_search": ivf_search,
}
NEAREST, WALK, SCAN, LISTS = range(len(KERNELS))  # ways, in the order of KERNELS
HALF = len(KERNELS)  # to be added for float16 rows
WAYS = {name: way for way, name in enumerate(KERNELS)}
WAYS |= {f"half_{name}": HALF + way for name, way in WAYS.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an argument is in a record: an array as its address and its shape, anything else as one word."""

    word: int
    dtype: np.dtype[Any]
    dimensions: int  # 0: a number


def places_of(name: str) -> tuple[dict[str, Place], int]:
    """The places of a kernel's arguments by their names, and how many words its records have."""
    compiled = KERNELS[name]
    names = compiled.py_func.__code__.co_varnames
    places, word = {}, ARGUMENTS
    for argument, kind in zip(names, _arguments(compiled), strict=False):
        is_array = isinstance(kind, types.Array)
        dimensions = kind.ndim if is_array else 0
        places[argument] = Place(word, as_dtype(kind.dtype if is_array else kind), dimensions)
        word += 1 + dimensions
    return places, word


def address_of(compiled: Any) -> int:
    """Where the machine code of a kernel is."""
    (result,) = compiled.overloads.values()
    return int(result.library.get_pointer_to_function(result.fndesc.llvm_func_name))


def _arguments(compiled: Any) -> Sequence[Any]:
    (signature,) = compiled.nopython_signatures
    arguments: Sequence[Any] = signature.args
    return arguments


def _by_record(compiled: Any, rows: Any = None) -> Any:
    """A function of a record's address that calls such a kernel; with another type of rows where one is given."""
    first, *rest = _arguments(compiled)
    kinds = (rows or first, *rest)

    @intrinsic
    def call(typingctx: Any, record: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            word = ir.IntType(64)
            base = builder.inttoptr(args[0], word.as_pointer())

            def load(at: int) -> Any:
                return builder.load(builder.gep(base, [ir.Constant(word, at)]))

            values, at = [], ARGUMENTS
            for kind in kinds:
                if isinstance(kind, types.Array):
                    shape = [load(at + 1 + i) for i in range(kind.ndim)]
                    values.append(_array(context, builder, kind, load(at), shape))
                    at += kind.ndim
                elif isinstance(kind, types.Float):
                    values.append(builder.bitcast(load(at), context.get_value_type(kind)))
                else:
                    values.append(context.cast(builder, load(at), types.int64, kind))
                at += 1
            function = context.call_conv.get_function_type(types.int64, kinds)
            status, found = context.call_conv.call_function(
                builder, builder.inttoptr(load(ADDRESS), function.as_pointer()), types.int64, kinds, values
            )  # fmt: skip
            with builder.if_then(status.is_error, likely=False):
                context.call_conv.return_status_propagate(builder, status)
            builder.store(found, builder.gep(base, [ir.Constant(word, FOUND)]))
            return context.get_dummy_value()

        return types.void(types.int64), codegen

    return call


def _array(context: Any, builder: Any, kind: Any, address: Any, shape: list[Any]) -> Any:
    """A C-contiguous array that nobody counts who uses it."""
    array = context.make_array(kind)(context, builder)
    itemsize = context.get_constant(types.intp, as_dtype(kind.dtype).itemsize)
    strides = [itemsize]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    data = builder.inttoptr(address, array.data.type)
    populate_array(array, data, shape, strides, itemsize, meminfo=None, parent=None)
    return array._getvalue()


@intrinsic
def _way_of(typingctx: Any, record: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        base = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.load(builder.gep(base, [ir.Constant(ir.IntType(64), WAY)]))

    return types.int64(types.int64), codegen


_nearest, _half_nearest = _by_record(nearest), _by_record(nearest, HALVES)
_walk, _half_walk = _by_record(graph_search), _by_record(graph_search, HALVES)
_scan, _half_scan = _by_record(code_search), _by_record(code_search, HALVES)
_lists, _half_lists = _by_record(ivf_search), _by_record(ivf_search, HALVES)


@kernel(types.void(read_only(types.int64, 1)))
def run_calls(records: Any) -> None:
    """Make the calls whose records are at these addresses, one after the other, and write their results there."""
    for i in range(records.shape[0]):
        record = records[i]
        way = _way_of(record)
        if way == NEAREST:
            _nearest(record)
        elif way == WALK:
            _walk(record)
        elif way == SCAN:
            _scan(record)
        elif way == LISTS:
            _lists(record)
        elif way == HALF + NEAREST:
            _half_nearest(record)
        elif way == HALF + WALK:
            _half_walk(record)
        elif way == HALF + SCAN:
            _half_scan(record)
        elif way == HALF + LISTS:
            _half_lists(record)
