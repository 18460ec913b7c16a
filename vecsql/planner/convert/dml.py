"""INSERT, UPDATE and DELETE: libpg_query trees to the shapes sqlglot gives them."""

from __future__ import annotations

from sqlglot import exp

from vecsql.errors import FeatureNotSupported
from vecsql.planner.convert.expressions import identifier
from vecsql.planner.convert.queries import QueryConverter
from vecsql.planner.convert.types import Tree


class Converter(QueryConverter):
    """The whole converter: expressions, queries and data modification."""

    def modification(self, tag: str, tree: Tree) -> exp.Expression:
        convert = {
            "InsertStmt": self.insert, "UpdateStmt": self.update, "DeleteStmt": self.delete
        }.get(tag)  # fmt: skip
        if convert is None:
            raise FeatureNotSupported(f"{tag} is not supported")
        return convert(tree)

    def insert(self, tree: Tree) -> exp.Insert:
        table: exp.Expression = self.table(tree["relation"])
        if "cols" in tree:
            table = exp.Schema(
                this=table, expressions=[self._column(c["ResTarget"]) for c in tree["cols"]]
            )
        source = tree.get("selectStmt")
        node = exp.Insert(
            this=table,
            expression=self.query(source) if source else None,
            default=source is None,
            conflict=self._conflict(tree["onConflictClause"])
            if "onConflictClause" in tree
            else None,
        )
        override = tree.get("override", "OVERRIDING_NOT_SET")
        if override != "OVERRIDING_NOT_SET":
            node.meta["overriding"] = "user" if override == "OVERRIDING_USER_VALUE" else "system"
        self._finish(node, tree)
        return node

    def _column(self, tree: Tree) -> exp.Identifier:
        if "indirection" in tree:
            raise FeatureNotSupported("assignment to a field or an element is not supported")
        return identifier(tree["name"], self.offset(tree))

    def _conflict(self, tree: Tree) -> exp.OnConflict:
        update = tree["action"] == "ONCONFLICT_UPDATE"
        node = exp.OnConflict(action=exp.Var(this="DO UPDATE" if update else "DO NOTHING"))
        node.meta["pos"] = self.offset(tree)
        infer = tree.get("infer", {})
        if "conname" in infer:
            node.set("constraint", identifier(infer["conname"]))
        if "indexElems" in infer:
            node.set(
                "conflict_keys", [self._index_element(e["IndexElem"]) for e in infer["indexElems"]]
            )
        if "whereClause" in infer:
            node.set("index_predicate", exp.Where(this=self.expression(infer["whereClause"])))
        if update:
            node.set("expressions", self._assignments(tree["targetList"]))
        if "whereClause" in tree:
            node.set("where", exp.Where(this=self.expression(tree["whereClause"])))
        return node

    def _index_element(self, tree: Tree) -> exp.Ordered:
        if "expr" in tree:
            return exp.Ordered(this=self.expression(tree["expr"]))
        return exp.Ordered(this=exp.Column(this=identifier(tree["name"])))

    def _assignments(self, trees: list[Tree]) -> list[exp.Expression]:
        """SET a = 1, (b, c) = (2, 3): one EQ per column; a multi-column sub-select keeps its Tuple of columns."""
        assignments: list[exp.Expression] = []
        for item in trees:
            body = item["ResTarget"]
            column = exp.Column(this=self._column(body))
            column.meta["pos"] = self.offset(body)
            multi = body["val"].get("MultiAssignRef")
            if multi is None:
                assignments.append(exp.EQ(this=column, expression=self.expression(body["val"])))
                continue
            position = multi["colno"] - 1
            source = multi["source"]
            if "RowExpr" in source:
                value = self.expression(source["RowExpr"]["args"][position])
                assignments.append(exp.EQ(this=column, expression=value))
            elif position == 0:
                columns = exp.Tuple(expressions=[column])
                assignments.append(exp.EQ(this=columns, expression=self.expression(source)))
            else:
                assignments[-1].this.append("expressions", column)
        return assignments

    def update(self, tree: Tree) -> exp.Update:
        node = exp.Update(
            this=self.table(tree["relation"]), expressions=self._assignments(tree["targetList"])
        )
        if "fromClause" in tree:
            from_, joins = self.from_items(tree["fromClause"])
            node.set("from_", from_)
            if joins:
                from_.this.set("joins", (from_.this.args.get("joins") or []) + joins)
        self._finish(node, tree)
        return node

    def delete(self, tree: Tree) -> exp.Delete:
        node = exp.Delete(this=self.table(tree["relation"]))
        if "usingClause" in tree:
            from_, joins = self.from_items(tree["usingClause"])
            if joins:
                from_.this.set("joins", joins)
            node.set("using", [from_.this])
        self._finish(node, tree)
        return node

    def _finish(self, node: exp.Expression, tree: Tree) -> None:
        if "whereClause" in tree:
            node.set("where", exp.Where(this=self.expression(tree["whereClause"])))
        if "returningList" in tree:
            node.set("returning", exp.Returning(expressions=self.targets(tree["returningList"])))
        if "withClause" in tree:
            node.set("with_", self.with_clause(tree["withClause"]))
