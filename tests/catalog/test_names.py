import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.sample import HNSW, ITEMS, SEQUENCE, sample_catalog
from vecsql import errors
from vecsql.catalog import identifiers, names


@pytest.mark.parametrize(
    ("name", "quoted"),
    [("items", "items"), ("Items", '"Items"'), ("select", '"select"'), ("name", "name"), ("a b", '"a b"'),
     ('a"b', '"a""b"'), ("", '""'), ("user", '"user"'), ("1a", '"1a"')],
)  # fmt: skip
def test_identifiers_are_quoted_when_they_must_be(name, quoted):
    assert identifiers.quote_identifier(name) == quoted


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
                min_size=1, max_size=3))  # fmt: skip
def test_quoted_identifiers_split_into_what_they_were(parts):
    text = ".".join('"' + part.replace('"', '""') + '"' for part in parts)
    assert identifiers.split_identifier(text) == parts


def test_bad_identifier():
    with pytest.raises(errors.InvalidParameterValue):
        identifiers.split_identifier('"unterminated')


@pytest.mark.parametrize(
    ("text", "oid"),
    [("items", ITEMS), ("public.items", ITEMS), ('"items"', ITEMS), ("ITEMS", ITEMS), ("app.items", None),
     ("items_embedding_idx", HNSW), ("items_id_seq", SEQUENCE), ("pg_class", 1259),
     ("pg_catalog.pg_class", 1259), ("postgres.public.items", ITEMS), ("nope", None), ("123", 123)],
)  # fmt: skip
def test_relations_by_name(text, oid):
    assert names.relation_oid(sample_catalog(), text) == oid


def test_regclass_literals():
    catalog = sample_catalog()
    assert names.regclass_in(catalog, "items") == ITEMS
    with pytest.raises(errors.UndefinedTable, match=r'relation "app\.nope" does not exist'):
        names.regclass_in(catalog, "app.nope")
    assert names.regclass_out(catalog, ITEMS) == "items"
    assert names.regclass_out(catalog, ITEMS, ("app",)) == "public.items"
    assert names.regclass_out(catalog, 1259) == "pg_class"
    assert names.regclass_out(catalog, 424242) == "424242"
    assert names.regclass_out(catalog, 0) == "-"


@pytest.mark.parametrize(
    ("text", "name", "typmod"),
    [("int4", "int4", -1), ("integer", "int4", -1), ("INTEGER", "int4", -1), ("vector", "vector", -1),
     ("vector(3)", "vector", 3), ("public.vector", "vector", -1), ("pg_catalog.int8", "int8", -1),
     ("text[]", "_text", -1), ("numeric(10,2)", "numeric", (10 << 16 | 2) + 4), ("_int4", "_int4", -1),
     ("character varying(20)", "varchar", 24), ('"char"', "char", -1), ("timestamp with time zone", "timestamptz", -1),
     ('"vector"', "vector", -1)],
)  # fmt: skip
def test_types_by_name(text, name, typmod):
    found, modifier = names.type_named(text)
    assert (found.name, modifier) == (name, typmod)


@pytest.mark.parametrize("text", ["hstore", "nope[]", "app.int4"])
def test_unknown_types(text):
    assert names.type_named(text) is None
