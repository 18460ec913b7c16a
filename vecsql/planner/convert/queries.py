"""SELECT, VALUES and set operations: libpg_query trees to the shapes sqlglot gives them."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from vecsql.errors import FeatureNotSupported
from vecsql.planner.convert.expressions import ExpressionConverter, identifier, names_of, only
from vecsql.planner.convert.types import Tree

SETOPS = {"SETOP_UNION": exp.Union, "SETOP_INTERSECT": exp.Intersect, "SETOP_EXCEPT": exp.Except}
JOIN_SIDES = {"JOIN_LEFT": "LEFT", "JOIN_RIGHT": "RIGHT", "JOIN_FULL": "FULL"}
STRENGTHS = {
    "LCS_FORUPDATE": "UPDATE", "LCS_FORNOKEYUPDATE": "NO KEY UPDATE",
    "LCS_FORSHARE": "SHARE", "LCS_FORKEYSHARE": "KEY SHARE",
}  # fmt: skip


class QueryConverter(ExpressionConverter):
    """Adds queries and FROM items to the expressions."""

    def query(self, tree: Tree) -> exp.Expression:
        """A SelectStmt node (SELECT, VALUES, set operation), with its WITH clause; or DML inside WITH."""
        tag, body = only(tree)
        if tag != "SelectStmt":
            return self.modification(tag, body)
        return self.select(body)

    def modification(self, tag: str, tree: Tree) -> exp.Expression:
        raise FeatureNotSupported("data-modifying statements in WITH are not supported")

    def select(self, tree: Tree) -> exp.Expression:
        if tree.get("intoClause"):
            raise FeatureNotSupported("SELECT INTO is not supported here")
        if tree.get("op", "SETOP_NONE") != "SETOP_NONE":
            node = self._set_operation(tree)
        elif "valuesLists" in tree:
            node = exp.Values(expressions=[self.expression(row) for row in tree["valuesLists"]])
        else:
            node = self._simple_select(tree)
        self._tail(node, tree)
        return node

    def _tail(self, node: exp.Expression, tree: Tree) -> None:
        if "sortClause" in tree:
            node.set("order", self.order(tree["sortClause"]))
        if "limitCount" in tree:
            count = self.expression(tree["limitCount"])
            if not isinstance(count, exp.Null):
                limit = exp.Limit(expression=count)
                if tree.get("limitOption") == "LIMIT_OPTION_WITH_TIES":
                    limit.meta["with_ties"] = True
                node.set("limit", limit)
        if "limitOffset" in tree:
            offset = self.expression(tree["limitOffset"])
            if not isinstance(offset, exp.Null):
                node.set("offset", exp.Offset(expression=offset))
        if "lockingClause" in tree:
            node.set("locks", [self._lock(lock["LockingClause"]) for lock in tree["lockingClause"]])
        if "withClause" in tree:
            node.set("with_", self.with_clause(tree["withClause"]))

    def _lock(self, tree: Tree) -> exp.Lock:
        strength = STRENGTHS[tree["strength"]]
        node = exp.Lock(
            update=strength.endswith("UPDATE"),
            expressions=[self.table(r["RangeVar"]) for r in tree.get("lockedRels", ())],
        )
        node.meta["strength"] = strength
        node.meta["wait"] = tree.get("waitPolicy", "LockWaitBlock")
        return node

    def with_clause(self, tree: Tree) -> exp.With:
        """WITH [RECURSIVE] ..."""
        ctes = []
        for item in tree["ctes"]:
            body = item["CommonTableExpr"]
            columns = [identifier(n) for n in names_of(body.get("aliascolnames", []))]
            alias = exp.TableAlias(this=identifier(body["ctename"]), columns=columns)
            cte = exp.CTE(this=self.query(body["ctequery"]), alias=alias)
            if "cycle_clause" in body or "search_clause" in body:
                raise FeatureNotSupported("SEARCH and CYCLE clauses are not supported")
            cte.meta["pos"] = self.offset(body)
            materialized = body.get("ctematerialized", "CTEMaterializeDefault")
            if materialized != "CTEMaterializeDefault":
                cte.set("materialized", materialized == "CTEMaterializeAlways")
            ctes.append(cte)
        return exp.With(expressions=ctes, recursive=tree.get("recursive", False))

    def _set_operation(self, tree: Tree) -> exp.Expression:
        sides = [self._operand(tree[side]) for side in ("larg", "rarg")]
        return SETOPS[tree["op"]](
            this=sides[0], expression=sides[1], distinct=not tree.get("all", False)
        )

    def _operand(self, tree: Tree) -> exp.Expression:
        node = self.select(tree)
        if any(k in tree for k in ("sortClause", "limitCount", "limitOffset", "withClause")):
            return exp.Subquery(this=node)
        return node

    def _simple_select(self, tree: Tree) -> exp.Select:
        node = exp.Select(expressions=self.targets(tree.get("targetList")))
        if "distinctClause" in tree:
            on = [d for d in tree["distinctClause"] if d]
            node.set(
                "distinct",
                exp.Distinct(on=exp.Tuple(expressions=self.expressions(on)) if on else None),
            )
        if "fromClause" in tree:
            from_, joins = self.from_items(tree["fromClause"])
            node.set("from_", from_)
            if joins:
                node.set("joins", joins)
        if "whereClause" in tree:
            node.set("where", exp.Where(this=self.expression(tree["whereClause"])))
        if "groupClause" in tree:
            group = exp.Group(expressions=[self._grouping(g) for g in tree["groupClause"]])
            group.set("all", False)
            if tree.get("groupDistinct"):
                group.meta["distinct"] = True
            node.set("group", group)
        if "havingClause" in tree:
            node.set("having", exp.Having(this=self.expression(tree["havingClause"])))
        if "windowClause" in tree:
            windows = []
            for item in tree["windowClause"]:
                body = item["WindowDef"]
                window = self.window(
                    {k: v for k, v in body.items() if k != "name"}, identifier(body["name"])
                )
                windows.append(window)
            node.set("windows", windows)
        return node

    def _grouping(self, tree: Tree) -> exp.Expression:
        if "GroupingSet" not in tree:
            return self.expression(tree)
        body = tree["GroupingSet"]
        content = [self._grouping(item) for item in body.get("content", ())]
        kind = body["kind"]
        if kind == "GROUPING_SET_ROLLUP":
            return exp.Rollup(expressions=content)
        if kind == "GROUPING_SET_CUBE":
            return exp.Cube(expressions=content)
        if kind == "GROUPING_SET_SETS":
            return exp.GroupingSets(expressions=content)
        return exp.Tuple(expressions=content)

    def targets(self, trees: list[Tree] | None) -> list[exp.Expression]:
        """A SELECT or RETURNING list."""
        return [self._target(tree["ResTarget"]) for tree in trees or ()]

    def _target(self, tree: Tree) -> exp.Expression:
        value = self.expression(tree["val"])
        if "name" not in tree:
            return value
        node = exp.Alias(this=value, alias=identifier(tree["name"]))
        node.meta["pos"] = self.offset(tree)
        return node

    def from_items(self, trees: list[Tree]) -> tuple[exp.From, list[exp.Join]]:
        """FROM a, b JOIN c ...: the first item is From, the others are Joins as sqlglot has them."""
        first, joins = self._flatten(trees[0])
        for tree in trees[1:]:
            item, nested = self._flatten(tree)
            if nested:
                item.set("joins", nested)
            joins.append(exp.Join(this=item))
        return exp.From(this=first), joins

    def _flatten(self, tree: Tree) -> tuple[exp.Expression, list[exp.Join]]:
        tag, body = only(tree)
        if tag != "JoinExpr":
            return self.from_item(tag, body), []
        if "alias" in body:
            return self._aliased_join(body), []
        first, joins = self._flatten(body["larg"])
        right, nested = self._flatten(body["rarg"])
        if nested:
            right.set("joins", nested)
        joins.append(self._join(body, right))
        return first, joins

    def _aliased_join(self, tree: Tree) -> exp.Expression:
        bare = {k: v for k, v in tree.items() if k != "alias"}
        first, joins = self._flatten({"JoinExpr": bare})
        select = exp.Select(expressions=[exp.Star()], from_=exp.From(this=first), joins=joins)
        return exp.Subquery(this=select, alias=self.alias(tree["alias"]))

    def _join(self, tree: Tree, right: exp.Expression) -> exp.Join:
        node = exp.Join(this=right, side=JOIN_SIDES.get(tree["jointype"]))
        if tree.get("isNatural"):
            node.set("method", "NATURAL")
        elif "usingClause" in tree:
            node.set("using", [identifier(n) for n in names_of(tree["usingClause"])])
            if "join_using_alias" in tree:
                raise FeatureNotSupported("JOIN USING alias is not supported")
        elif "quals" in tree:
            node.set("on", self.expression(tree["quals"]))
        elif not node.args.get("side"):
            node.set("kind", "CROSS")
        return node

    def alias(self, tree: Tree | None) -> exp.TableAlias | None:
        if tree is None:
            return None
        columns = [identifier(n) for n in names_of(tree.get("colnames", []))]
        return exp.TableAlias(this=identifier(tree["aliasname"]), columns=columns)

    def from_item(self, tag: str, tree: Tree) -> exp.Expression:
        """One item of FROM that is not a join."""
        if tag == "RangeVar":
            return self.table(tree)
        if tag == "RangeSubselect":
            query = exp.Subquery(this=self.query(tree["subquery"]))
            return self._lateral_or(query, tree)
        if tag == "RangeFunction":
            return self._range_function(tree)
        if tag == "RangeTableSample":
            return self._sample(tree)
        raise FeatureNotSupported(f"{tag} in FROM is not supported")

    def table(self, tree: Tree) -> exp.Table:
        """A RangeVar as exp.Table."""
        position = self.offset(tree)
        node = exp.Table(
            this=identifier(tree["relname"], position), alias=self.alias(tree.get("alias"))
        )
        if "schemaname" in tree:
            node.set("db", identifier(tree["schemaname"]))
        if "catalogname" in tree:
            node.set("catalog", identifier(tree["catalogname"]))
        node.meta["pos"] = position
        return node

    def _lateral_or(self, query: exp.Expression, tree: Tree) -> exp.Expression:
        alias = self.alias(tree.get("alias"))
        if tree.get("lateral"):
            return exp.Lateral(this=query, alias=alias)
        query.set("alias", alias)
        return query

    def _range_function(self, tree: Tree) -> exp.Expression:
        """f(...) [WITH ORDINALITY] [AS alias (columns)] as exp.Table(this=Anonymous)."""
        functions = tree["functions"]
        if len(functions) > 1:
            calls = [self.expression(f["List"]["items"][0]) for f in functions]
            call: Any = exp.Anonymous(this="rows from", expressions=calls)
        else:
            items = functions[0]["List"]["items"]
            call = self.expression(items[0])
            if len(items) > 1 and items[1]:
                call.meta["coldefs"] = items[1]
        node = exp.Table(this=call, alias=self.alias(tree.get("alias")))
        if tree.get("ordinality"):
            node.set("ordinality", True)
        if "coldeflist" in tree:
            node.meta["coldefs"] = [
                (c["ColumnDef"]["colname"], self.data_type(c["ColumnDef"]["typeName"]))
                for c in tree["coldeflist"]
            ]
        node.meta["pos"] = call.meta.get("pos", -1)
        return node

    def _sample(self, tree: Tree) -> exp.Expression:
        relation = self.from_item(*only(tree["relation"]))
        method = names_of(tree["method"])[-1]
        relation.set(
            "sample",
            exp.TableSample(
                method=exp.Var(this=method), percent=self.expression(tree["args"][0]),
                seed=self.expression(tree["repeatable"]) if "repeatable" in tree else None,
            ),
        )  # fmt: skip
        return relation
