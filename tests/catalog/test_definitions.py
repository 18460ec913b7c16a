import pytest

from tests.catalog.sample import (
    BTREE,
    HNSW,
    ITEMS,
    PRIMARY_KEY,
    UNIQUE_CODE,
    VIEW,
    ctype,
    items,
    sample_catalog,
)
from vecsql.catalog import definitions
from vecsql.catalog.model import View
from vecsql.catalog.system_objects import constraint_text, derived_oid


@pytest.mark.parametrize(
    ("oid", "text"),
    [
        (PRIMARY_KEY, "CREATE UNIQUE INDEX items_pkey ON public.items USING btree (id)"),
        (UNIQUE_CODE, "CREATE UNIQUE INDEX items_code_key ON public.items USING btree (code)"),
        (HNSW, "CREATE INDEX items_embedding_idx ON public.items USING hnsw (embedding vector_cosine_ops)"
               " WITH (m='16', ef_construction='64')"),
        (BTREE, "CREATE INDEX items_category_lower_idx ON public.items USING btree"
                " (category DESC, lower(name)) WHERE (price > (10)::numeric)"),
        (1, None),
    ],
)  # fmt: skip
def test_index_definitions(oid, text):
    assert definitions.index_definition(sample_catalog(), oid) == text


def test_pretty_index_definition_omits_a_visible_schema():
    catalog = sample_catalog()
    pretty = definitions.index_definition(catalog, BTREE, pretty=True)
    assert pretty.endswith(
        "ON items USING btree (category DESC, lower(name)) WHERE price > 10::numeric"
    )
    assert " ON public.items " in definitions.index_definition(
        catalog, BTREE, pretty=True, path=("app",)
    )


def test_index_columns():
    catalog = sample_catalog()
    shown = [definitions.index_column_definition(catalog, BTREE, n, pretty=True) for n in (1, 2, 3)]
    assert shown == ["category", "lower(name)", ""]


def test_constraint_definitions():
    catalog = sample_catalog()
    by_name = {c.name: constraint_text(catalog, c.oid, pretty=False) for c in items().constraints}
    assert by_name == {
        "items_pkey": "PRIMARY KEY (id)",
        "items_code_key": "UNIQUE (code)",
        "items_price_check": "CHECK ((price > (0)::numeric))",
    }
    assert constraint_text(catalog, derived_oid(ITEMS, 2), pretty=False) == "NOT NULL name"
    assert constraint_text(catalog, 99, pretty=False) is None


@pytest.mark.parametrize(
    ("oid", "typmod", "text"),
    [
        (1700, (10 << 16 | 2) + 4, "numeric(10,2)"),
        (1700, None, "numeric"),
        (16385, 384, "vector(384)"),
        (1043, 24, "character varying(20)"),
        (1009, -1, "text[]"),
        (18, -1, '"char"'),
        (0, None, "-"),
        (4242, None, "???"),
        (None, None, None),
    ],
)
def test_format_type(oid, typmod, text):
    assert definitions.format_type(oid, typmod) == text


VIEWS = [
    (
        ("id", "name"),
        "SELECT id, name FROM items WHERE price < 10",
        " SELECT id,\n    name\n   FROM items\n  WHERE (price < (10)::numeric);",
        " SELECT id,\n    name\n   FROM items\n  WHERE price < 10::numeric;",
    ),
    (
        ("id", "other"),
        "select i.id, o.name as other from items i join items o on i.id = o.category order by i.id desc limit 3",
        " SELECT i.id,\n    o.name AS other\n   FROM (items i\n     JOIN items o ON ((i.id = o.category)))\n"
        "  ORDER BY i.id DESC\n LIMIT 3;",
        " SELECT i.id,\n    o.name AS other\n   FROM items i\n     JOIN items o ON i.id = o.category\n"
        "  ORDER BY i.id DESC\n LIMIT 3;",
    ),
    (
        ("category", "n"),
        "select category, count(*) as n from items group by category having count(*) > 1",
        " SELECT category,\n    count(*) AS n\n   FROM items\n  GROUP BY category\n HAVING (count(*) > 1);",
        " SELECT category,\n    count(*) AS n\n   FROM items\n  GROUP BY category\n HAVING count(*) > 1;",
    ),
    (
        ("one",),
        "WITH x AS (SELECT 1 AS one) SELECT one FROM x;",
        " WITH x AS (SELECT 1 AS one) SELECT one FROM x;",
        None,
    ),
]


@pytest.mark.parametrize(("columns", "query", "plain", "pretty"), VIEWS, ids=range(len(VIEWS)))
def test_view_definitions(columns, query, plain, pretty):
    catalog = sample_catalog()
    view = View(VIEW, 2200, "v", query, tuple((name, ctype("int8")) for name in columns))
    changed = catalog.evolve(views={VIEW: view})
    assert definitions.view_definition(changed, VIEW) == plain
    assert definitions.view_definition(changed, VIEW, pretty=True) == (pretty or plain)
