import pytest

import vecsql
from vecsql.executor.catalog_answers import is_stable


@pytest.fixture
def db():
    with vecsql.connect(":memory:") as connection:
        yield connection


TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"


def test_ddl_is_seen_at_once(db):
    assert db.execute(TABLES).fetchall() == []
    db.execute("CREATE TABLE a (id int)")
    assert db.execute(TABLES).fetchall() == [("a",)]
    db.execute("ALTER TABLE a RENAME TO b")
    assert db.execute(TABLES).fetchall() == [("b",)]
    assert db.execute(TABLES).fetchall() == [("b",)]


def test_a_rolled_back_table_is_not_remembered(db):
    cursor = db.cursor()
    for _ in range(3):
        cursor.execute("BEGIN")
        cursor.execute("CREATE TABLE gone (id int)")
        assert cursor.execute(TABLES).fetchall() == [("gone",)]
        cursor.execute("ROLLBACK")
        assert db.execute(TABLES).fetchall() == []


def test_parameters_are_part_of_the_question(db):
    query = "SELECT oid FROM pg_type WHERE typname = $1"
    assert db.execute(query, ["int4"]).fetchall() == [(23,)]
    assert db.execute(query, ["vector"]).fetchall() == [(16385,)]
    assert db.execute(query, ["int4"]).fetchall() == [(23,)]


def test_settings_are_read_anew(db):
    query = "SELECT setting FROM pg_settings WHERE name = 'application_name'"
    for name in ("one", "two"):
        db.execute(f"SET application_name = '{name}'")
        assert db.execute(query).fetchall() == [(name,)]


def test_the_search_path_is_part_of_the_question(db):
    db.execute("CREATE SCHEMA app")
    db.execute("CREATE TABLE app.t (id int)")
    query = "SELECT oid::regclass::text FROM pg_class WHERE relname = 't'"
    assert db.execute(query).fetchall() == [("app.t",)]
    db.execute("SET search_path = app")
    assert db.execute(query).fetchall() == [("t",)]


@pytest.mark.parametrize(
    ("sql", "relations", "stable"),
    [
        ("SELECT 1", ("pg_catalog.pg_class",), True),
        ("SELECT 1", ("pg_catalog.pg_settings",), False),
        ("SELECT 1", ("pg_catalog.pg_database",), True),
        ("SELECT vs_pg_table_is_visible_1(s, oid)", (), True),
        ("SELECT vs_pg_relation_size_1(s, oid)", (), False),
        ("SELECT getvariable('vecsql_now')", (), False),
        ("SELECT random()", (), False),
    ],
)
def test_what_may_be_kept(sql, relations, stable):
    assert is_stable(sql, relations) is stable
