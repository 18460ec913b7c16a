"""Expressions printed as PostgreSQL's ruleutils prints them: DEFAULT, CHECK, index predicates.

The source is parsed with PostgreSQL's grammar; types are followed as far as printing needs them, since PostgreSQL shows
the casts that it inserts: price > 0 prints as (price > (0)::numeric). What is not covered prints as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pgparse

from vecsql.catalog import sql_files
from vecsql.catalog.identifiers import quote_identifier, quote_literal
from vecsql.catalog.model import Table
from vecsql.types.base import ColumnType, by_name, by_oid

Tree = Mapping[str, Any]

_ARITHMETIC = {"*": 2, "/": 2, "%": 2, "+": 1, "-": 1}
_COMPARISONS = {"=", "<>", "!=", "<", "<=", ">", ">="}
_NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8")
_TEXTS = ("text", "varchar", "bpchar", "name")
_TEXT_OPERATORS = {"~", "!~", "~*", "!~*", "~~", "!~~", "~~*", "!~~*", "||"}
_BOOLEAN_TESTS = {
    "IS_TRUE": "IS TRUE", "IS_NOT_TRUE": "IS NOT TRUE", "IS_FALSE": "IS FALSE",
    "IS_NOT_FALSE": "IS NOT FALSE", "IS_UNKNOWN": "IS UNKNOWN", "IS_NOT_UNKNOWN": "IS NOT UNKNOWN",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Piece:
    """A printed part: its type (None: not known; 'unknown': a bare string literal) and how tightly it binds."""

    text: str
    type: str | None = None
    binds: str = "atom"  # atom, cast, not, and, or, or the operator
    literal: str | None = None  # the value of an untyped or numeric literal


class Uncovered(Exception):
    """The expression has a part that this module does not print."""


def expression_text(
    source: str, table: Table | None, *, pretty: bool = False, target: ColumnType | None = None
) -> str:
    """The expression as pg_get_expr() prints it; `target` is the column type that a default is for."""
    columns = {c.name: c.type for c in table.columns} if table else {}
    try:
        tree = pgparse.parse(f"SELECT {source}")[0]["stmt"]["SelectStmt"]["targetList"][0]
        printer = Printer({name: ctype.type.name for name, ctype in columns.items()}, pretty)
        piece = printer.print(tree["ResTarget"]["val"])
        if target is not None:
            piece = printer.assigned(piece, target)
        return printer.settled(piece).text
    except (Uncovered, pgparse.PGQueryError, KeyError):
        return source


def expression_type(source: str, table: Table) -> str:
    """The type name of an expression, as far as printing knows it; text if it does not."""
    types = {column.name: column.type.type.name for column in table.columns}
    try:
        tree = pgparse.parse(f"SELECT {source}")[0]["stmt"]["SelectStmt"]["targetList"][0]
        return Printer(types, False).print(tree["ResTarget"]["val"]).type or "text"
    except (Uncovered, pgparse.PGQueryError, KeyError):
        return "text"


@cache
def _function_types() -> dict[tuple[str, int], tuple[tuple[str, ...], str]]:
    """(argument types, result type) of functions that have one overload of that many arguments."""
    found: dict[tuple[str, int], tuple[tuple[str, ...], str] | None] = {}
    for row in sql_files.read_rows("pg_catalog/pg_proc.tsv"):
        oids = [int(oid) for oid in (*row["proargtypes"].split(), row["prorettype"])]
        names = tuple(getattr(by_oid(oid), "name", "") for oid in oids)
        if "" in names:
            continue
        key = (row["proname"], len(oids) - 1)
        found[key] = None if key in found else (names[:-1], names[-1])
    return {key: value for key, value in found.items() if value is not None}


class Printer:
    """Prints expressions; `types` gives the type names of the columns in scope."""

    def __init__(
        self, types: Mapping[str, str], pretty: bool, owners: Mapping[str, str] | None = None
    ) -> None:
        self.types = types
        self.pretty = pretty
        self.owners = owners  # the alias to qualify each column with, when there are several

    def print(self, node: Tree) -> _Piece:
        kind, body = next(iter(node.items()))
        method = _METHODS.get(kind)
        if method is None:
            raise Uncovered(kind)
        return method(self, body)

    def settled(self, piece: _Piece) -> _Piece:
        """A literal that nothing has given a type becomes text."""
        return self.cast(piece, "text") if piece.type == "unknown" else piece

    def assigned(self, piece: _Piece, target: ColumnType) -> _Piece:
        """The piece as the value of a column: a string literal takes the column's type."""
        if piece.type == "unknown":
            return self.cast(piece, target.type.name)
        negative = piece.literal is not None and piece.literal.startswith("-")
        return self._negative(piece) if negative else piece

    def cast(self, piece: _Piece, name: str) -> _Piece:
        """With an explicit ::type of the named type."""
        shown = _sql_name(name)
        if piece.type == "unknown":
            return _Piece(f"{piece.text}::{shown}", name, "cast")
        if piece.literal is not None and piece.literal.startswith("-"):
            return _Piece(f"'{piece.literal}'::{shown}", name, "cast")
        return _Piece(f"{self._operand_of_cast(piece)}::{shown}", name, "cast")

    def _operand_of_cast(self, piece: _Piece) -> str:
        bare = self.pretty and piece.binds in ("atom", "cast")
        return (
            piece.text
            if bare or (piece.text.startswith("(") and not self.pretty)
            else f"({piece.text})"
        )

    def _negative(self, piece: _Piece) -> _Piece:
        return _Piece(
            f"'{piece.literal}'::{_sql_name(piece.type or 'integer')}", piece.type, "cast"
        )

    def _column(self, body: Tree) -> _Piece:
        names = [field["String"]["sval"] for field in body["fields"]]
        owner = names[-2] if len(names) > 1 else (self.owners or {}).get(names[-1], "")
        return _Piece(self.column_text(owner, names[-1]), self.types.get(names[-1]))

    def column_text(self, alias: str, name: str) -> str:
        """A column, qualified if there are several relations."""
        shown = quote_identifier(name)
        return f"{quote_identifier(alias)}.{shown}" if self.owners and alias else shown

    def _constant(self, body: Tree) -> _Piece:
        if body.get("isnull"):
            return _Piece("NULL", "unknown")
        if "sval" in body:
            value = body["sval"].get("sval", "")
            return _Piece(quote_literal(value), "unknown", literal=value)
        if "boolval" in body:
            return _Piece("true" if body["boolval"].get("boolval") else "false", "bool")
        if "ival" in body:
            number = str(body["ival"].get("ival", 0))
            return _Piece(number, "int4", literal=number)
        number = body["fval"]["fval"]
        big = number.lstrip("-").isdigit() and abs(int(number)) < 2**63
        return _Piece(number, "int8" if big else "numeric", literal=number)

    def _type_cast(self, body: Tree) -> _Piece:
        name, shown = _type_of(body["typeName"])
        piece = self.print(body["arg"])
        if piece.type == "unknown":
            return _Piece(f"{piece.text}::{shown}", name, "cast")
        return _Piece(f"{self._operand_of_cast(piece)}::{shown}", name, "cast")

    def _call(self, body: Tree) -> _Piece:
        names = [part["String"]["sval"] for part in body["funcname"]]
        if body.get("agg_star") and set(body) <= {"funcname", "agg_star", "location", "funcformat"}:
            return _Piece(f"{quote_identifier(names[-1])}(*)", "int8")
        unsupported = {"agg_order", "agg_filter", "over", "agg_distinct", "agg_star"} & set(body)
        if unsupported or body.get("funcformat") == "COERCE_SQL_SYNTAX":
            raise Uncovered(names[-1])
        arguments = [self.print(argument) for argument in body.get("args", ())]
        wanted, result = _function_types().get((names[-1], len(arguments)), ((), ""))
        shown = [self._argument(a, w) for a, w in _pairs(arguments, wanted)]
        name = ".".join(quote_identifier(part) for part in names if part != "pg_catalog")
        return _Piece(f"{name}({', '.join(piece.text for piece in shown)})", result or None)

    def _argument(self, piece: _Piece, wanted: str) -> _Piece:
        if piece.type == "unknown":
            return self.cast(piece, wanted) if wanted else self.settled(piece)
        if wanted == "text" and piece.type in ("varchar", "bpchar"):
            return self.cast(piece, "text")
        if wanted in ("numeric", "float8") and piece.type in _NUMBERS and piece.type != wanted:
            return self.cast(piece, wanted)
        return self._plain_number(piece)

    def _plain_number(self, piece: _Piece) -> _Piece:
        return self._negative(piece) if piece.literal and piece.literal.startswith("-") else piece

    def _value_function(self, body: Tree) -> _Piece:
        name = body["op"].removeprefix("SVFOP_").removesuffix("_N")
        typmod = body.get("typmod", -1)
        return _Piece(f"{name}({typmod})" if typmod >= 0 else name, _VALUE_TYPES.get(name))

    def _expression(self, body: Tree) -> _Piece:
        kind, operator = body["kind"], body["name"][-1]["String"]["sval"]
        operator = "<>" if operator == "!=" else operator
        if kind in ("AEXPR_OP", "AEXPR_LIKE", "AEXPR_ILIKE"):
            if "lexpr" not in body:
                return self._prefix(operator, self.print(body["rexpr"]))
            return self._binary(operator, self.print(body["lexpr"]), self.print(body["rexpr"]))
        if kind == "AEXPR_IN":
            return self._in(operator, self.print(body["lexpr"]), body["rexpr"]["List"]["items"])
        if kind in ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"):
            return self._between(kind, body)
        if kind in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"):
            middle = "IS DISTINCT FROM" if kind == "AEXPR_DISTINCT" else "IS NOT DISTINCT FROM"
            return self._binary("=", self.print(body["lexpr"]), self.print(body["rexpr"]), middle)
        if kind in ("AEXPR_OP_ANY", "AEXPR_OP_ALL"):
            left, right = self.print(body["lexpr"]), self.print(body["rexpr"])
            word = "ANY" if kind == "AEXPR_OP_ANY" else "ALL"
            return self._operator(
                f"{self._inside(left)} {operator} {word} ({right.text})", operator
            )
        raise Uncovered(kind)

    def _prefix(self, operator: str, piece: _Piece) -> _Piece:
        return self._operator(f"{operator} {self._inside(piece)}", operator, piece.type)

    def _binary(
        self, operator: str, left: _Piece, right: _Piece, shown: str | None = None
    ) -> _Piece:
        left, right = self._unified(operator, left, right)
        text = f"{self._inside(left, operator)} {shown or operator} {self._inside(right, operator, right=True)}"
        logical = operator in _COMPARISONS or operator in _TEXT_OPERATORS - {"||"}
        kind = "text" if operator in ("->>", "#>>") else left.type
        return self._operator(text, operator, "bool" if logical else kind)

    def _operator(self, text: str, operator: str, kind: str | None = "bool") -> _Piece:
        return _Piece(text if self.pretty else f"({text})", kind, operator)

    def _unified(self, operator: str, left: _Piece, right: _Piece) -> tuple[_Piece, _Piece]:
        """Both sides with the casts that PostgreSQL inserts."""
        wanted = _common_type(operator, left.type, right.type)
        if operator in ("->", "->>", "?") and right.type == "unknown":
            return left, self.cast(right, "text")
        if wanted is None:
            return self._plain_number(self.settled(left)), self._plain_number(self.settled(right))
        return self._converted(left, wanted), self._converted(right, wanted)

    def _converted(self, piece: _Piece, wanted: str) -> _Piece:
        if piece.type in (wanted, None):
            return self._plain_number(piece)
        if wanted in ("int2", "int4", "int8") and piece.type in ("int2", "int4", "int8"):
            return self._plain_number(piece)  # there are operators for each pair
        return self.cast(piece, wanted)

    def _inside(self, piece: _Piece, parent: str = "", *, right: bool = False) -> str:
        """The operand of an operator; only pretty printing has to think about parentheses."""
        if not self.pretty or piece.binds in ("atom", "cast"):
            return piece.text
        own, outer = _ARITHMETIC.get(piece.binds), _ARITHMETIC.get(parent)
        if own is not None and outer is not None and (own > outer or (own == outer and not right)):
            return piece.text
        return f"({piece.text})"

    def _in(self, operator: str, left: _Piece, items: Sequence[Tree]) -> _Piece:
        elements = [self.print(item) for item in items]
        if left.type in ("varchar", "bpchar"):
            typed = [self.cast(e, left.type) if e.type == "unknown" else e for e in elements]
            array = f"(ARRAY[{', '.join(e.text for e in typed)}])::text[]"
            left = self.cast(left, "text")
        else:
            typed = [self._unified("=", left, element)[1] for element in elements]
            left = self._unified("=", left, elements[0])[0]
            array = f"ARRAY[{', '.join(e.text for e in typed)}]"
            array = array if array.startswith("ARRAY") else f"({array})"
        if len(elements) == 1:
            return self._binary(operator, left, typed[0])
        wrapped = f"({array})" if not array.startswith("((") else array
        word = "ANY" if operator == "=" else "ALL"
        return self._operator(f"{self._inside(left)} {operator} {word} {wrapped}", operator)

    def _between(self, kind: str, body: Tree) -> _Piece:
        value, (low, high) = self.print(body["lexpr"]), (
            self.print(item) for item in body["rexpr"]["List"]["items"]
        )  # fmt: skip
        if kind == "AEXPR_BETWEEN":
            return self._joined(
                [self._binary(">=", value, low), self._binary("<=", value, high)], "AND"
            )
        return self._joined([self._binary("<", value, low), self._binary(">", value, high)], "OR")

    def _joined(self, parts: Sequence[_Piece], word: str) -> _Piece:
        loose = {"AND": ("or",), "OR": ()}[word]
        texts = [f"({p.text})" if self.pretty and p.binds in loose else p.text for p in parts]
        return self._operator(f" {word} ".join(texts), word.lower())

    def _boolean(self, body: Tree) -> _Piece:
        parts = [self.print(argument) for argument in body["args"]]
        if body["boolop"] == "NOT_EXPR":
            (only,) = parts
            text = f"({only.text})" if self.pretty and only.binds in ("and", "or") else only.text
            return self._operator(f"NOT {text}", "not")
        return self._joined(parts, "AND" if body["boolop"] == "AND_EXPR" else "OR")

    def _null_test(self, body: Tree) -> _Piece:
        test = "IS NULL" if body["nulltesttype"] == "IS_NULL" else "IS NOT NULL"
        return self._operator(f"{self._inside(self.print(body['arg']))} {test}", "is")

    def _boolean_test(self, body: Tree) -> _Piece:
        test = _BOOLEAN_TESTS[body["booltesttype"]]
        return self._operator(f"{self._inside(self.print(body['arg']))} {test}", "is")

    def _coalesce(self, body: Tree) -> _Piece:
        return self._variadic("COALESCE", body)

    def _extreme(self, body: Tree) -> _Piece:
        return self._variadic("GREATEST" if body["op"] == "IS_GREATEST" else "LEAST", body)

    def _variadic(self, name: str, body: Tree) -> _Piece:
        pieces = [self.print(argument) for argument in body["args"]]
        known = next((p.type for p in pieces if p.type not in ("unknown", None)), None)
        shown = [self.cast(p, known or "text") if p.type == "unknown" else p for p in pieces]
        return _Piece(f"{name}({', '.join(p.text for p in shown)})", known)

    def _array(self, body: Tree) -> _Piece:
        pieces = [self.settled(self.print(element)) for element in body.get("elements", ())]
        kind = f"_{pieces[0].type}" if pieces and pieces[0].type else None
        return _Piece(f"ARRAY[{', '.join(p.text for p in pieces)}]", kind)

    def _case(self, body: Tree) -> _Piece:
        lines = ["", "CASE" + (f" {self.print(body['arg']).text}" if "arg" in body else "")]
        results = []
        for branch in (argument["CaseWhen"] for argument in body["args"]):
            results.append(self.settled(self.print(branch["result"])))
            lines.append(f"    WHEN {self.print(branch['expr']).text} THEN {results[-1].text}")
        if "defresult" in body:
            default = self.print(body["defresult"])
            known = results[0].type or "text"
            shown = self.cast(default, known) if default.type == "unknown" else default
            lines.append(f"    ELSE {shown.text}")
        else:
            lines.append(f"    ELSE NULL::{_sql_name(results[0].type or 'text')}")
        return _Piece("\n".join([*lines, "END"]), results[0].type)


_METHODS: dict[str, Callable[[Printer, Tree], _Piece]] = {
    "ColumnRef": Printer._column,
    "A_Const": Printer._constant,
    "TypeCast": Printer._type_cast,
    "FuncCall": Printer._call,
    "SQLValueFunction": Printer._value_function,
    "A_Expr": Printer._expression,
    "BoolExpr": Printer._boolean,
    "NullTest": Printer._null_test,
    "BooleanTest": Printer._boolean_test,
    "CoalesceExpr": Printer._coalesce,
    "MinMaxExpr": Printer._extreme,
    "A_ArrayExpr": Printer._array,
    "CaseExpr": Printer._case,
}
_VALUE_TYPES = {
    "CURRENT_TIMESTAMP": "timestamptz", "CURRENT_DATE": "date", "LOCALTIMESTAMP": "timestamp",
    "CURRENT_TIME": "timetz", "LOCALTIME": "time", "CURRENT_USER": "name", "SESSION_USER": "name",
}  # fmt: skip


def _common_type(operator: str, left: str | None, right: str | None) -> str | None:
    """The type that both operands are brought to; None if nothing is known to be converted."""
    kinds = {left, right}
    if kinds == {"unknown"}:
        return "text"
    if kinds & set(_TEXTS) and (operator in _COMPARISONS or operator in _TEXT_OPERATORS):
        return "text" if kinds <= {*_TEXTS, "unknown"} and kinds != {"bpchar"} else None
    if None in kinds:
        return None
    if "unknown" in kinds:
        known = next(kind for kind in (left, right) if kind != "unknown")
        if known in ("timestamp", "timestamptz", "date") and operator in ("+", "-"):
            return None
        return known
    if left in _NUMBERS and right in _NUMBERS:
        return max((left, right), key=lambda name: _NUMBERS.index(name or ""))
    return None


def _pairs(arguments: Sequence[_Piece], wanted: Sequence[str]) -> list[tuple[_Piece, str]]:
    return [(a, wanted[i] if i < len(wanted) else "") for i, a in enumerate(arguments)]


def _sql_name(name: str) -> str:
    found = by_name(name)
    return found.sql_name if found else name


def _type_of(tree: Tree) -> tuple[str, str]:
    """(registry name, printed name) of a type name in a parse tree."""
    name = tree["names"][-1]["String"]["sval"]
    found = by_name('"char"' if name == "char" else name)  # the keyword CHAR is parsed as bpchar
    if found is None:
        raise Uncovered(name)
    if "arrayBounds" in tree:
        found = by_oid(found.array_oid) or found
    modifiers = [m["A_Const"]["ival"].get("ival", 0) for m in tree.get("typmods", ())]
    parse = (found.element or found).parse_typmod
    return found.name, str(ColumnType(found, parse(modifiers) if modifiers and parse else -1))
