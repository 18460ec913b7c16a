"""libpg_query's expression trees turned into sqlglot expressions, each with its source position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from vecsql.errors import FeatureNotSupported
from vecsql.planner.convert.types import Tree, TypeName, type_name

BINARY: dict[str, type[exp.Expression]] = {
    "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
    "+": exp.Add, "-": exp.Sub, "*": exp.Mul, "/": exp.Div, "%": exp.Mod, "^": exp.Pow, "||": exp.DPipe,
}  # fmt: skip

LIKE: dict[str, tuple[type[exp.Expression], bool]] = {
    "~~": (exp.Like, False), "!~~": (exp.Like, True), "~~*": (exp.ILike, False), "!~~*": (exp.ILike, True),
    "~": (exp.SimilarTo, False), "!~": (exp.SimilarTo, True),
}  # fmt: skip

VALUE_FUNCTIONS = {
    "SVFOP_CURRENT_DATE": "current_date", "SVFOP_CURRENT_TIME": "current_time",
    "SVFOP_CURRENT_TIME_N": "current_time", "SVFOP_CURRENT_TIMESTAMP": "current_timestamp",
    "SVFOP_CURRENT_TIMESTAMP_N": "current_timestamp", "SVFOP_LOCALTIME": "localtime",
    "SVFOP_LOCALTIME_N": "localtime", "SVFOP_LOCALTIMESTAMP": "localtimestamp",
    "SVFOP_LOCALTIMESTAMP_N": "localtimestamp", "SVFOP_CURRENT_ROLE": "current_role",
    "SVFOP_CURRENT_USER": "current_user", "SVFOP_USER": "user", "SVFOP_SESSION_USER": "session_user",
    "SVFOP_CURRENT_CATALOG": "current_catalog", "SVFOP_CURRENT_SCHEMA": "current_schema",
}  # fmt: skip

FRAME_ROWS, FRAME_GROUPS = 0x4, 0x8
FRAME_UNBOUNDED_START, FRAME_UNBOUNDED_END = 0x20, 0x100
FRAME_CURRENT_START, FRAME_CURRENT_END = 0x200, 0x400
FRAME_PRECEDING_START, FRAME_PRECEDING_END = 0x800, 0x1000
FRAME_FOLLOWING_START, FRAME_FOLLOWING_END = 0x2000, 0x4000
FRAME_EXCLUDE = {0x8000: "CURRENT ROW", 0x10000: "GROUP", 0x20000: "TIES"}


def only(tree: Tree) -> tuple[str, Any]:
    """The node tag and body of a libpg_query node."""
    return next(iter(tree.items()))


def identifier(name: str, position: int = -1) -> exp.Identifier:
    """An identifier whose case is exact already."""
    node = exp.Identifier(this=name, quoted=True)
    if position >= 0:
        node.meta["pos"] = position
    return node


def names_of(parts: list[Tree]) -> list[str]:
    return [part["String"].get("sval", "") for part in parts]


def _balanced(nodes: list[exp.Expression], kind: type[exp.Expression]) -> exp.Expression:
    """AND/OR of many operands as a shallow tree, so that thousands of them do not exhaust the stack."""
    while len(nodes) > 1:
        pairs = [kind(this=nodes[i], expression=nodes[i + 1]) for i in range(0, len(nodes) - 1, 2)]
        if len(nodes) % 2:
            pairs.append(nodes[-1])
        nodes = pairs
    return nodes[0]


class ExpressionConverter:
    """Turns expression trees of one statement into sqlglot nodes; `query` is supplied by QueryConverter."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.base = 0  # byte offset of the statement within the text that was parsed
        self._bytes = None if text.isascii() else text.encode()

    def offset(self, tree: Tree) -> int:
        """Character offset of a node in the statement text, -1 if unknown."""
        location = tree.get("location", 0)
        if location < 0:
            return -1
        location -= self.base
        return (
            location
            if self._bytes is None
            else len(self._bytes[:location].decode("utf-8", "ignore"))
        )

    def query(self, tree: Tree) -> exp.Expression:
        raise NotImplementedError

    def expression(self, tree: Tree) -> exp.Expression:
        """Convert any expression node."""
        tag, body = only(tree)
        convert: Callable[[Tree], exp.Expression] | None = getattr(self, f"_{tag}", None)
        if convert is None:
            raise FeatureNotSupported(f"{tag} is not supported")
        node = convert(body)
        if "location" in body or "pos" not in node.meta:
            position = self.offset(body)
            if position >= 0:
                node.meta.setdefault("pos", position)
        return node

    def expressions(self, trees: list[Tree] | None) -> list[exp.Expression]:
        return [self.expression(tree) for tree in trees or ()]

    def _List(self, tree: Tree) -> exp.Expression:  # noqa: N802
        return exp.Tuple(expressions=self.expressions(tree.get("items")))

    def _bits(self, text: str) -> exp.Expression:
        """B'101' and X'1F' are constants of type bit."""
        digits = text[1:]
        if text[0] == "x":
            digits = "".join(f"{int(digit, 16):04b}" for digit in digits)
        to = exp.DataType(this=exp.DataType.Type.USERDEFINED, kind="varbit")
        to.meta["type_name"] = TypeName(("pg_catalog", "varbit"), (), 0, -1)
        return exp.Cast(this=exp.Literal.string(digits), to=to)

    def _A_Const(self, tree: Tree) -> exp.Expression:  # noqa: N802
        if tree.get("isnull"):
            return exp.Null()
        if "ival" in tree:
            return exp.Literal(this=str(tree["ival"].get("ival", 0)), is_string=False)
        if "fval" in tree:
            return exp.Literal(this=tree["fval"]["fval"], is_string=False)
        if "boolval" in tree:
            return exp.Boolean(this=tree["boolval"].get("boolval", False))
        if "bsval" in tree:
            return self._bits(tree["bsval"]["bsval"])
        return exp.Literal(this=tree["sval"].get("sval", ""), is_string=True)

    def _ColumnRef(self, tree: Tree) -> exp.Expression:  # noqa: N802
        fields = tree["fields"]
        position = self.offset(tree)
        names: list[exp.Expression] = [
            exp.Star() if "A_Star" in f else identifier(f["String"].get("sval", ""), position)
            for f in fields
        ]
        if len(names) == 1 and isinstance(names[0], exp.Star):
            return names[0]
        slots = ("this", "table", "db", "catalog")
        return exp.Column(**dict(zip(slots, reversed(names), strict=False)))

    def _ParamRef(self, tree: Tree) -> exp.Expression:  # noqa: N802
        return exp.Parameter(this=exp.Literal(this=str(tree.get("number", 0)), is_string=False))

    def _A_Expr(self, tree: Tree) -> exp.Expression:  # noqa: N802
        kind = tree["kind"]
        name = names_of(tree["name"])[-1]
        special = getattr(self, f"_{kind.lower()}", None)
        if special is not None:
            return special(tree, name)
        right = self.expression(tree["rexpr"])
        if "lexpr" not in tree:
            return self._prefix(name, right)
        return self.binary(name, self.expression(tree["lexpr"]), right)

    @staticmethod
    def binary(name: str, left: exp.Expression, right: exp.Expression) -> exp.Expression:
        """`left name right` as sqlglot's class for the operator, or exp.Operator."""
        kind = BINARY.get(name)
        if kind is not None:
            return kind(this=left, expression=right)
        return exp.Operator(this=left, operator=name, expression=right)

    @staticmethod
    def _prefix(name: str, operand: exp.Expression) -> exp.Expression:
        if name == "-":
            if (
                isinstance(operand, exp.Literal)
                and not operand.is_string
                and not operand.this.startswith("-")
            ):
                return exp.Literal(this="-" + operand.this, is_string=False)
            return exp.Neg(this=operand)
        if name == "+" and isinstance(operand, exp.Literal) and not operand.is_string:
            return operand
        return exp.Operator(operator=name, expression=operand)

    def _aexpr_op_any(self, tree: Tree, name: str) -> exp.Expression:
        right = exp.Any(this=self.expression(tree["rexpr"]))
        return self.binary(name, self.expression(tree["lexpr"]), right)

    def _aexpr_op_all(self, tree: Tree, name: str) -> exp.Expression:
        right = exp.All(this=self.expression(tree["rexpr"]))
        return self.binary(name, self.expression(tree["lexpr"]), right)

    def _aexpr_in(self, tree: Tree, name: str) -> exp.Expression:
        items = self.expressions(tree["rexpr"]["List"]["items"])
        node: exp.Expression = exp.In(this=self.expression(tree["lexpr"]), expressions=items)
        return self._negated(node, name == "<>", tree)

    def _aexpr_distinct(self, tree: Tree, name: str) -> exp.Expression:
        return exp.NullSafeNEQ(**self._sides(tree))

    def _aexpr_not_distinct(self, tree: Tree, name: str) -> exp.Expression:
        return exp.NullSafeEQ(**self._sides(tree))

    def _aexpr_nullif(self, tree: Tree, name: str) -> exp.Expression:
        return exp.Nullif(**self._sides(tree))

    def _sides(self, tree: Tree) -> dict[str, exp.Expression]:
        return {
            "this": self.expression(tree["lexpr"]),
            "expression": self.expression(tree["rexpr"]),
        }

    def _aexpr_like(self, tree: Tree, name: str) -> exp.Expression:
        kind, negated = LIKE[name]
        sides = self._sides(tree)
        pattern = sides["expression"]
        node: exp.Expression = kind(**sides)
        if isinstance(pattern, exp.Anonymous) and pattern.this in (
            "like_escape",
            "similar_to_escape",
        ):
            node.set("expression", pattern.expressions[0])
            if len(pattern.expressions) > 1:
                node = exp.Escape(this=node, expression=pattern.expressions[1])
        return self._negated(node, negated, tree)

    _aexpr_ilike = _aexpr_like
    _aexpr_similar = _aexpr_like

    def _negated(self, node: exp.Expression, negated: bool, tree: Tree) -> exp.Expression:
        node.meta["pos"] = self.offset(tree)
        return exp.Not(this=node) if negated else node

    def _between(self, tree: Tree, *, negated: bool, symmetric: bool) -> exp.Expression:
        low, high = self.expressions(tree["rexpr"]["List"]["items"])
        node = exp.Between(this=self.expression(tree["lexpr"]), low=low, high=high)
        if symmetric:
            node.set("symmetric", True)
        return self._negated(node, negated, tree)

    def _aexpr_between(self, tree: Tree, name: str) -> exp.Expression:
        return self._between(tree, negated=False, symmetric=False)

    def _aexpr_not_between(self, tree: Tree, name: str) -> exp.Expression:
        return self._between(tree, negated=True, symmetric=False)

    def _aexpr_between_sym(self, tree: Tree, name: str) -> exp.Expression:
        return self._between(tree, negated=False, symmetric=True)

    def _aexpr_not_between_sym(self, tree: Tree, name: str) -> exp.Expression:
        return self._between(tree, negated=True, symmetric=True)

    def _BoolExpr(self, tree: Tree) -> exp.Expression:  # noqa: N802
        args = self.expressions(tree["args"])
        if tree["boolop"] == "NOT_EXPR":
            return exp.Not(this=args[0])
        return _balanced(args, exp.And if tree["boolop"] == "AND_EXPR" else exp.Or)

    def _NullTest(self, tree: Tree) -> exp.Expression:  # noqa: N802
        node: exp.Expression = exp.Is(this=self.expression(tree["arg"]), expression=exp.Null())
        return self._negated(node, tree["nulltesttype"] == "IS_NOT_NULL", tree)

    def _BooleanTest(self, tree: Tree) -> exp.Expression:  # noqa: N802
        kind = tree["booltesttype"]
        negated = kind.startswith("IS_NOT_")
        value = kind.removeprefix("IS_NOT_").removeprefix("IS_")
        right = exp.Null() if value == "UNKNOWN" else exp.Boolean(this=value == "TRUE")
        node = exp.Is(this=self.expression(tree["arg"]), expression=right)
        node.meta["boolean_test"] = True
        return self._negated(node, negated, tree)

    def _CaseExpr(self, tree: Tree) -> exp.Expression:  # noqa: N802
        ifs = []
        for when in tree["args"]:
            body = when["CaseWhen"]
            ifs.append(
                exp.If(this=self.expression(body["expr"]), true=self.expression(body["result"]))
            )
        return exp.Case(
            this=self.expression(tree["arg"]) if "arg" in tree else None,
            ifs=ifs,
            default=self.expression(tree["defresult"]) if "defresult" in tree else None,
        )

    def _CoalesceExpr(self, tree: Tree) -> exp.Expression:  # noqa: N802
        first, *rest = self.expressions(tree["args"])
        return exp.Coalesce(this=first, expressions=rest)

    def _MinMaxExpr(self, tree: Tree) -> exp.Expression:  # noqa: N802
        first, *rest = self.expressions(tree["args"])
        kind = exp.Greatest if tree["op"] == "IS_GREATEST" else exp.Least
        return kind(this=first, expressions=rest)

    def _SQLValueFunction(self, tree: Tree) -> exp.Expression:  # noqa: N802
        return exp.Anonymous(this=VALUE_FUNCTIONS[tree["op"]], expressions=[])

    def data_type(self, tree: Tree) -> exp.DataType:
        """A TypeName tree as exp.DataType; the exact name is in meta['type_name']."""
        name: TypeName = type_name(tree, self.offset(tree))
        node = exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=str(name))
        node.meta["type_name"] = name
        return node

    def _TypeCast(self, tree: Tree) -> exp.Expression:  # noqa: N802
        node = exp.Cast(this=self.expression(tree["arg"]), to=self.data_type(tree["typeName"]))
        node.meta["pos"] = self.offset(tree)
        return node

    def _CollateClause(self, tree: Tree) -> exp.Expression:  # noqa: N802
        name = exp.Var(this=names_of(tree["collname"])[-1])
        return exp.Collate(this=self.expression(tree["arg"]), expression=name)

    def _A_ArrayExpr(self, tree: Tree) -> exp.Expression:  # noqa: N802
        return exp.Array(expressions=self.expressions(tree.get("elements")))

    def _RowExpr(self, tree: Tree) -> exp.Expression:  # noqa: N802
        return exp.Tuple(expressions=self.expressions(tree.get("args")))

    def _GroupingFunc(self, tree: Tree) -> exp.Expression:  # noqa: N802
        return exp.Anonymous(this="grouping", expressions=self.expressions(tree["args"]))

    def _SetToDefault(self, tree: Tree) -> exp.Expression:  # noqa: N802
        return exp.Var(this="DEFAULT")

    def _NamedArgExpr(self, tree: Tree) -> exp.Expression:  # noqa: N802
        return exp.Kwarg(this=exp.Var(this=tree["name"]), expression=self.expression(tree["arg"]))

    def _CurrentOfExpr(self, tree: Tree) -> exp.Expression:  # noqa: N802
        node = exp.Boolean(this=True)
        node.meta["current_of"] = tree["cursor_name"]
        return node

    def _A_Indirection(self, tree: Tree) -> exp.Expression:  # noqa: N802
        node = self.expression(tree["arg"])
        position = self.offset(tree["arg"][only(tree["arg"])[0]])
        for step in tree["indirection"]:
            tag, body = only(step)
            if tag == "A_Indices":
                node = exp.Bracket(this=node, expressions=[self._subscript(body)])
            elif tag == "A_Star":
                node = exp.Dot(this=node, expression=exp.Star())
            else:
                node = exp.Dot(this=node, expression=identifier(body["sval"]))
            node.meta["pos"] = position
        return node

    def _subscript(self, tree: Tree) -> exp.Expression:
        upper = self.expression(tree["uidx"]) if "uidx" in tree else None
        if not tree.get("is_slice"):
            assert upper is not None
            return upper
        lower = self.expression(tree["lidx"]) if "lidx" in tree else None
        return exp.Slice(this=lower, expression=upper)

    def _SubLink(self, tree: Tree) -> exp.Expression:  # noqa: N802
        query = self.query(tree["subselect"])
        kind = tree["subLinkType"]
        position = self.offset(tree)
        if kind == "EXISTS_SUBLINK":
            return exp.Exists(this=query)
        if kind == "EXPR_SUBLINK":
            return exp.Subquery(this=query)
        if kind == "ARRAY_SUBLINK":
            array = exp.Array(expressions=[exp.Subquery(this=query)])
            array.meta["query"] = True
            return array
        left = self.expression(tree["testexpr"])
        if kind == "ANY_SUBLINK" and "operName" not in tree:
            node: exp.Expression = exp.In(this=left, query=exp.Subquery(this=query))
        else:
            wrap = exp.Any if kind == "ANY_SUBLINK" else exp.All
            name = names_of(tree["operName"])[-1]
            node = self.binary(name, left, wrap(this=exp.Subquery(this=query)))
        node.meta["pos"] = position
        return node

    def _FuncCall(self, tree: Tree) -> exp.Expression:  # noqa: N802
        *schema, name = names_of(tree["funcname"])
        args = self.expressions(tree.get("args"))
        if tree.get("agg_star"):
            args = [exp.Star()]
        if tree.get("agg_distinct"):
            args = [exp.Distinct(expressions=args)]
        order = self.order(tree.get("agg_order"))
        call = exp.Anonymous(this=name, expressions=args)
        if schema and schema[0] != "pg_catalog":
            call.meta["schema"] = schema[0]
        call.meta["pos"] = self.offset(tree)
        if tree.get("funcformat") == "COERCE_SQL_SYNTAX":
            call.meta["sql_syntax"] = True
        if tree.get("func_variadic"):
            call.meta["variadic"] = True
        node: exp.Expression = call
        if order is not None:
            if tree.get("agg_within_group"):
                node = exp.WithinGroup(this=call, expression=order)
            else:
                call.set("order", order)
        if "agg_filter" in tree:
            node = exp.Filter(
                this=node, expression=exp.Where(this=self.expression(tree["agg_filter"]))
            )
        if "over" in tree:
            node = self.window(tree["over"], node)
        node.meta["pos"] = call.meta["pos"]
        return node

    def order(self, trees: list[Tree] | None) -> exp.Order | None:
        """ORDER BY; nulls_first is always set, as PostgreSQL's defaults say."""
        if not trees:
            return None
        return exp.Order(expressions=[self._sort(tree["SortBy"]) for tree in trees])

    def _sort(self, tree: Tree) -> exp.Expression:
        if tree["sortby_dir"] == "SORTBY_USING":
            descending = names_of(tree["useOp"])[-1] == ">"
        else:
            descending = tree["sortby_dir"] == "SORTBY_DESC"
        nulls = tree["sortby_nulls"]
        nulls_first = (
            descending if nulls == "SORTBY_NULLS_DEFAULT" else nulls == "SORTBY_NULLS_FIRST"
        )
        return exp.Ordered(
            this=self.expression(tree["node"]), desc=descending, nulls_first=nulls_first
        )

    def window(self, tree: Tree, this: exp.Expression) -> exp.Window:
        """OVER (...) or OVER name, or a definition in the WINDOW clause."""
        options = tree.get("frameOptions", 0)
        alias = tree.get("refname")
        named = tree.get("name")
        return exp.Window(
            this=this,
            alias=identifier(str(named or alias)) if named or alias else None,
            partition_by=self.expressions(tree.get("partitionClause")),
            order=self.order(tree.get("orderClause")),
            spec=self._frame(tree, options) if options & 1 else None,
            over="OVER",
        )

    def _frame(self, tree: Tree, options: int) -> exp.WindowSpec:
        rows, groups = options & FRAME_ROWS, options & FRAME_GROUPS
        exclude = next((text for bit, text in FRAME_EXCLUDE.items() if options & bit), None)
        start, start_side = self._bound(tree.get("startOffset"), options, start=True)
        end, end_side = self._bound(tree.get("endOffset"), options, start=False)
        return exp.WindowSpec(
            kind="ROWS" if rows else "GROUPS" if groups else "RANGE",
            start=start, start_side=start_side, end=end, end_side=end_side,
            exclude=exp.Var(this=exclude) if exclude else None,
        )  # fmt: skip

    def _bound(self, offset: Tree | None, options: int, *, start: bool) -> tuple[Any, str | None]:
        current = FRAME_CURRENT_START if start else FRAME_CURRENT_END
        preceding = FRAME_PRECEDING_START if start else FRAME_PRECEDING_END
        unbounded = FRAME_UNBOUNDED_START if start else FRAME_UNBOUNDED_END
        if options & current:
            return "CURRENT ROW", None
        if options & unbounded:
            return "UNBOUNDED", "PRECEDING" if start else "FOLLOWING"
        assert offset is not None
        return self.expression(offset), "PRECEDING" if options & preceding else "FOLLOWING"
