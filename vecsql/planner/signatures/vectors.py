"""The functions, operators and aggregates of pgvector, as signature lines."""

from __future__ import annotations

DENSE = ("vector", "halfvec")
TYPES = (*DENSE, "sparsevec")
DISTANCES = (
    ("<->", "l2_distance", "l2"), ("<=>", "cosine_distance", "cosine"), ("<+>", "l1_distance", "l1"),
)  # fmt: skip

_DENSE_FUNCTIONS = """
l2_normalize({0}) -> {0} = vs_{0}_normalize({{0}})
subvector({0}, int4, int4) -> {0} = vs_{0}_subvector({{0}}, {{1}}, {{2}})
binary_quantize({0}) -> bit = vs_{0}_binary_quantize({{0}})
"""

_FUNCTIONS = """
vector_dims(vector) -> int4 = CAST(len({0}) AS INTEGER)
vector_dims(halfvec) -> int4 = CAST(array_length({0}) AS INTEGER)
vector_norm(vector) -> float8 = vs_vector_norm({0})
l2_norm(halfvec) -> float8 = vs_vector_norm({0})
l2_norm(sparsevec) -> float8 = vs_sparsevec_norm({0})
l2_normalize(sparsevec) -> sparsevec = vs_sparsevec_normalize({0})
hamming_distance(bit, bit) -> float8 = vs_bit_hamming({0}, {1})
jaccard_distance(bit, bit) -> float8 = vs_bit_jaccard({0}, {1})
length(bit) -> int4 = CAST(length({0}) AS INTEGER)
bit_length(bit) -> int4 = CAST(length({0}) AS INTEGER)
octet_length(bit) -> int4 = CAST((length({0}) + 7) // 8 AS INTEGER)
bit_count(bit) -> int8 = CAST(length(replace({0}, '0', '')) AS BIGINT)
"""

_CASTS = (
    ("vector", "halfvec", "vs_halfvec_from_vector({0})"), ("halfvec", "vector", "{0}"), ("vector", "float4", "{0}"),
    ("halfvec", "float4", "{0}"), ("vector", "sparsevec", "vs_sparsevec_from_vector({0})"),
    ("halfvec", "sparsevec", "vs_sparsevec_from_vector({0})"), ("sparsevec", "vector", "vs_sparsevec_to_vector({0})"),
    ("sparsevec", "halfvec", "vs_sparsevec_to_halfvec({0})"),
)  # fmt: skip

_OPERATORS = """
<~>(bit, bit) -> float8 = vs_bit_hamming({0}, {1})
<%>(bit, bit) -> float8 = vs_bit_jaccard({0}, {1})
&(bit, bit) -> bit = vs_bit_and({0}, {1})
|(bit, bit) -> bit = vs_bit_or({0}, {1})
#(bit, bit) -> bit = vs_bit_xor({0}, {1})
~(bit) -> bit = vs_bit_not({0})
||(varbit, varbit) -> varbit = ({0} || {1})
"""


def functions() -> str:
    """The lines of scalar functions."""
    lines = [_FUNCTIONS.strip()]
    for name in TYPES:
        lines += [
            f"{function}({name}, {name}) -> float8 = vs_{name}_{suffix}({{0}}, {{1}})"
            for _, function, suffix in (*DISTANCES, ("", "inner_product", "ip"))
        ]
        for suffix, called in (("l2_squared_distance", "l2_squared"), ("negative_inner_product", "negative_ip")):  # fmt: skip
            call = f"vs_{name}_{called}({{0}}, {{1}})"
            lines.append(f"{name}_{suffix}({name}, {name}) -> float8 = {call}")
    lines += [_DENSE_FUNCTIONS.strip().format(name) for name in DENSE]
    for source, target, call in _CASTS:
        result = "_float4" if target == "float4" else target
        lines.append(f"{source}_to_{target}({source}, int4, bool) -> {result} = {call}")
    for element in ("int4", "float4", "float8", "numeric"):
        lines += [
            f"array_to_{name}(_{element}, int4, bool) -> {name} = vs_{name}_from_array(CAST({{0}} AS DOUBLE[]))"
            for name in TYPES
        ]
    return "\n".join(lines)


def operators() -> str:
    """The lines of operators."""
    lines = [_OPERATORS.strip()]
    for name in TYPES:
        lines += [
            f"{symbol}({name}, {name}) -> float8 = vs_{name}_{suffix}({{0}}, {{1}})"
            for symbol, suffix in (
                *((s, suffix) for s, _, suffix in DISTANCES),
                ("<#>", "negative_ip"),
            )
        ]
        compare = f"vs_{'sparsevec' if name == 'sparsevec' else 'vector'}_compare({{0}}, {{1}})"
        lines += [
            f"{symbol}({name}, {name}) -> bool = ({compare} {symbol} 0)"
            for symbol in ("=", "<>", "<", "<=", ">", ">=")
        ]
    for name in DENSE:
        lines += [
            f"{symbol}({name}, {name}) -> {name} = vs_{name}_{suffix}({{0}}, {{1}})"
            for symbol, suffix in (("+", "add"), ("-", "sub"), ("*", "mul"))
        ]
        both = "{0} IS NOT NULL AND {1} IS NOT NULL"
        joined = f"CASE WHEN {both} THEN list_concat({{0}}, {{1}}) END"
        lines.append(f"||({name}, {name}) -> {name} = {joined}")
    return "\n".join(lines)


def aggregates() -> str:
    """The lines of aggregates."""
    return "\n".join(
        f"{function}({name}) -> {name} = vs_{name}_{function}(list({{0}})@)"
        for name in DENSE
        for function in ("sum", "avg")
    )
