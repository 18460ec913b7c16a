import pytest

from tests.catalog.sample import BTREE, HNSW, ITEMS, PRIMARY_KEY, UNIQUE_CODE, items, sample_catalog
from vecsql.catalog import definitions
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
