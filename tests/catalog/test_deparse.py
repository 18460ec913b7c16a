"""Expected texts are what PostgreSQL 18 printed for the same expressions over the same column types."""

import pytest

from tests.catalog.sample import ctype
from vecsql.catalog.deparse import expression_text
from vecsql.catalog.model import Column, Table

COLUMNS = {"a": "int4", "b": "text", "c": "varchar", "d": "numeric", "e": "text", "j": "jsonb",
           "n": "float8", "p": "int4", "q": "text", "w": "vector"}  # fmt: skip
TABLE = Table(1, 2200, "d1", tuple(Column(i, name, ctype(kind))
              for i, (name, kind) in enumerate(COLUMNS.items(), 1)))  # fmt: skip

CONDITIONS = [
    ("a < p", "(a < p)", "a < p"),
    ("a between 1 and 5", "((a >= 1) AND (a <= 5))", "a >= 1 AND a <= 5"),
    ("coalesce(a,0) > 0", "(COALESCE(a, 0) > 0)", "COALESCE(a, 0) > 0"),
    ("a % 2 = 0", "((a % 2) = 0)", "(a % 2) = 0"),
    ("a not in (1,2)", "(a <> ALL (ARRAY[1, 2]))", "a <> ALL (ARRAY[1, 2])"),
    ("b in ('x','y')", "(b = ANY (ARRAY['x'::text, 'y'::text]))", "b = ANY (ARRAY['x'::text, 'y'::text])"),
    ("b::int > 0", "((b)::integer > 0)", "b::integer > 0"),
    ("c = 'q' or c like 'z%'", "(((c)::text = 'q'::text) OR ((c)::text ~~ 'z%'::text))",
     "c::text = 'q'::text OR c::text ~~ 'z%'::text"),
    ("c ~ '^a' and lower(c) <> c", "(((c)::text ~ '^a'::text) AND (lower((c)::text) <> (c)::text))",
     "c::text ~ '^a'::text AND lower(c::text) <> c::text"),
    ("case when a > 1 then b = 'x' else true end",
     "\nCASE\n    WHEN (a > 1) THEN (b = 'x'::text)\n    ELSE true\nEND",
     "\nCASE\n    WHEN a > 1 THEN b = 'x'::text\n    ELSE true\nEND"),
    ("a::text = b", "((a)::text = b)", "a::text = b"),
    ("a is distinct from p", "(a IS DISTINCT FROM p)", "a IS DISTINCT FROM p"),
    ("d>=0 and d<1.5", "((d >= (0)::numeric) AND (d < 1.5))", "d >= 0::numeric AND d < 1.5"),
    ("e ilike 'a%' and e not like 'b'", "((e ~~* 'a%'::text) AND (e !~~ 'b'::text))",
     "e ~~* 'a%'::text AND e !~~ 'b'::text"),
    ("j ? 'a'", "(j ? 'a'::text)", "j ? 'a'::text"),
    ("j->>'a' = 'b'", "((j ->> 'a'::text) = 'b'::text)", "(j ->> 'a'::text) = 'b'::text"),
    ("n > 0", "(n > (0)::double precision)", "n > 0::double precision"),
    ("length(q) > 3 and q is not null and not (q = 'a')",
     "((length(q) > 3) AND (q IS NOT NULL) AND (NOT (q = 'a'::text)))",
     "length(q) > 3 AND q IS NOT NULL AND NOT q = 'a'::text"),
    ("vector_dims(w) = 3", "(vector_dims(w) = 3)", "vector_dims(w) = 3"),
]  # fmt: skip

DEFAULTS = [
    ("text", "'hi'", "'hi'::text"),
    ("varchar", "'hi'", "'hi'::character varying"),
    ("int4", "-1", "'-1'::integer"),
    ("bool", "true", "true"),
    ("timestamptz", "current_timestamp", "CURRENT_TIMESTAMP"),
    ("timestamptz", "now() + interval '1 day'", "(now() + '1 day'::interval)"),
    ("jsonb", "'{}'", "'{}'::jsonb"),
    ("_text", "'{}'", "'{}'::text[]"),
    ("int4", "a * 2 + 1", "((a * 2) + 1)"),
    ("int4", "(1+2)*3", "((1 + 2) * 3)"),
    ("text", "lower(b) || 'x'", "(lower(b) || 'x'::text)"),
    ("text", "upper('abc')", "upper('abc'::text)"),
    ("numeric", "9.99", "9.99"),
    ("vector", "'[1,2,3]'", "'[1,2,3]'::vector"),
    ("int8", "nextval('items_id_seq'::regclass)", "nextval('items_id_seq'::regclass)"),
    ("uuid", "gen_random_uuid()", "gen_random_uuid()"),
]


@pytest.mark.parametrize(("source", "plain", "pretty"), CONDITIONS, ids=[c[0] for c in CONDITIONS])
def test_conditions_print_as_in_postgresql(source, plain, pretty):
    assert expression_text(source, TABLE) == plain
    assert expression_text(source, TABLE, pretty=True) == pretty


@pytest.mark.parametrize(("kind", "source", "printed"), DEFAULTS, ids=[d[1] for d in DEFAULTS])
def test_defaults_take_the_type_of_their_column(kind, source, printed):
    assert expression_text(source, TABLE, target=ctype(kind)) == printed


def test_printing_is_stable():
    for source, plain, _ in CONDITIONS:
        assert expression_text(plain.strip(), TABLE) == plain, source


def test_what_is_not_covered_stays_as_written():
    assert expression_text("(SELECT max(x) FROM t)", TABLE) == "(SELECT max(x) FROM t)"
