"""The catalog functions as DuckDB runs them."""

import duckdb
import pytest

from tests.catalog.sample import HNSW, ITEMS, SEQUENCE, sample_catalog
from vecsql import errors
from vecsql.catalog import functions
from vecsql.settings.session import Settings
from vecsql.types.base import by_name


@pytest.fixture(scope="module")
def database():
    connection = duckdb.connect(":memory:", config={"threads": 1})
    for statement in functions.macros():
        connection.execute(statement)
    known: set[str] = set()
    every = {f.duckdb for overloads in functions.SIGNATURES.values() for f in overloads}
    functions.register(connection, every, known)
    return connection


@pytest.fixture
def call(database):
    state = functions.SystemState(
        sample_catalog(),
        {
            "user": "alice",
            "database": "papers",
            "settings": Settings(),
            "byte_count": lambda oid: 20480,
        },
    )
    database.execute(f"SET VARIABLE {functions.STATE_VARIABLE} = {state.id}")

    def run(name: str, *arguments: object, overload: int | None = None) -> object:
        fitting = [f for f in functions.SIGNATURES[name] if len(f.args) == len(arguments)]
        function = fitting[overload or 0]
        hidden = [functions.STATE_SQL] if function.stateful else []
        slots = ", ".join([*hidden, *(f"${i}" for i in range(1, len(arguments) + 1))])
        return database.execute(f"SELECT {function.duckdb}({slots})", list(arguments)).fetchone()[0]

    run.state = state
    return run


def test_signatures_name_known_types():
    for overloads in functions.SIGNATURES.values():
        for function in overloads:
            for name in (*function.args, function.result):
                assert name in functions.POLYMORPHIC or by_name(name) is not None, function


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("format_type", (1700, None), "numeric"),
        ("format_type", (16385, 3), "vector(3)"),
        ("pg_get_userbyid", (10,), "postgres"),
        ("pg_table_is_visible", (ITEMS,), True),
        ("pg_table_is_visible", (1,), None),
        ("obj_description", (ITEMS, "pg_class"), "things"),
        ("obj_description", (ITEMS, "pg_type"), None),
        ("col_description", (ITEMS, 2), "what it is called"),
        ("to_regclass", ("items",), ITEMS),
        ("to_regclass", ("nope",), None),
        ("to_regtype", ("vector",), 16385),
        ("to_regtype", ("hstore",), None),
        ("regtypeout", (1007,), "integer[]"),
        ("regclassout", (ITEMS,), "items"),
        ("regnamespaceout", (2200,), "public"),
        ("regprocout", (2,), "2"),
        ("pg_get_serial_sequence", ("items", "id"), "public.items_id_seq"),
        ("pg_get_serial_sequence", ("items", "name"), None),
        ("current_database", (), "papers"),
        ("current_user", (), "alice"),
        ("current_schema", (), "public"),
        ("current_schemas", (True,), ["pg_catalog", "public"]),
        ("quote_ident", ("Select",), '"Select"'),
        ("quote_literal", ("it's",), "'it''s'"),
        ("quote_nullable", (None,), "NULL"),
        ("pg_encoding_to_char", (6,), "UTF8"),
        ("pg_char_to_encoding", ("utf-8",), 6),
        ("pg_size_pretty", (10239,), "10239 bytes"),
        ("pg_size_pretty", (10240,), "10 kB"),
        ("pg_size_pretty", (123456789,), "118 MB"),
        ("pg_relation_size", (ITEMS,), 20480),
        ("pg_total_relation_size", (ITEMS,), 5 * 20480),
        ("has_table_privilege", ("items", "select"), True),
        ("pg_is_in_recovery", (), False),
        ("current_setting", ("server_encoding",), "UTF8"),
        ("current_setting", ("no.such", True), None),
        ("set_config", ("application_name", "me", False), "me"),
        ("pg_partition_ancestors", (ITEMS,), []),
        ("pg_get_partkeydef", (ITEMS,), None),
        ("pg_get_indexdef", (HNSW, 1, True), "embedding"),
    ],
)
def test_answers(call, name, arguments, answer):
    assert call(name, *arguments) == answer


@pytest.mark.parametrize(
    ("name", "argument", "error"),
    [
        ("regclassin", "nope", errors.UndefinedTable),
        ("regtypein", "nope", errors.UndefinedObject),
        ("regnamespacein", "nope", errors.InvalidSchemaName),
        ("regrolein", "nope", errors.UndefinedObject),
        ("current_setting", "no.such", errors.UndefinedObject),
    ],
)
def test_errors_survive_duckdb(call, name, argument, error):
    with pytest.raises(duckdb.Error) as raised:
        call(name, argument)
    original = functions.original_error(raised.value)
    assert isinstance(original, error)


def test_an_error_of_duckdb_itself_is_not_ours():
    assert functions.original_error(duckdb.BinderException("no such column")) is None


def test_subscripts_of_vectors_start_at_zero(database):
    assert database.sql("SELECT vs_vector_subscripts([5, 6], 1)").fetchall() == [([0, 1],)]
    assert database.sql("SELECT vs_subscripts([5, 6], 1)").fetchall() == [([1, 2],)]
    assert database.sql("SELECT vs_subscripts([5, 6], 2)").fetchall() == [([],)]


@pytest.mark.parametrize("name", functions.TABLE_FUNCTIONS)
def test_table_functions(call, database, name):
    function = functions.TABLE_FUNCTIONS[name]
    argument = {"text[]": "['m=16', 'a=b=c']", "regclass": str(SEQUENCE), "oid": str(SEQUENCE)}
    given = [argument.get(kind, "NULL") for kind in function.args]
    columns = [f"{sql.format(*given)} AS {column}" for column, _, sql in function.columns]
    row = database.execute(f"SELECT {', '.join(columns)}").fetchone()
    expected = {
        "pg_options_to_table": (["m", "a"], ["16", "b=c"]),
        "aclexplode": ([], [], [], []),
        "pg_get_sequence_data": ([1], [False]),
        "pg_sequence_parameters": ([1], [1], [2**63 - 1], [1], [False], [1], [20]),
    }
    if name == "pg_get_keywords":
        assert dict(zip(row[0], row[1], strict=True))["select"] == "R"
    else:
        assert row == expected[name]
