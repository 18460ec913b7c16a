"""Text input, text output and errors of every type, compared with PostgreSQL 18 and pgvector literal by literal."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.pq import DiagnosticField, ExecStatus

from vecsql import types
from vecsql.errors import Error
from vecsql.types.base import ColumnType

pytestmark = pytest.mark.slow

LITERALS: dict[str, list[str]] = {
    "boolean": ["t", "TRUE", " yes ", "on", "of", "o", "0", "1", "maybe", "", "fa"],
    "smallint": ["1", "-32768", "32768", " 7 ", "1_000", "0x1F", "1.5", "", "+5"],
    "integer": ["2147483647", "2147483648", "abc", "1e3", "0b101", "0o17", "-0", "1__0", "1_"],
    "bigint": ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "12a"],
    "real": [
        "0.1", "1e-5", "0.0001", "0.00012", "123456", "1234567", "1e6", "3.4028235e38", "1e39", "1e-46",
        "NaN", "inf", "-Infinity", "-0", "16777216", "0.3333333333", "x", "1e-45", "999999.94", "+inf", "-nan",
    ],
    "double precision": [
        "0.1", "1e-5", "0.0001", "123456789012345", "1e15", "999999999999999.9", "1e400", "1e-400", "5e-324",
        "NaN", " Infinity ", "-inf", "-0", "1.", ".5", ".", "1e", "0.30000000000000004", "1e22", "1.7976931348623157e308",
        "infinit", "0x10",
    ],
    "numeric": [
        "1", "1.50", "-0.00", "1e3", "1.5e-3", "NaN", "Infinity", "-inf", "1_000.5", ".5", "5.", "abc", "1e200000",
        "0x1f", "12345678901234567890.12345678901234567890", "", "1.2.3", "000123.4500", "+7", "1e-20",
    ],
    "numeric(10,2)": ["1.005", "-1.005", "99999999.994", "99999999.995", "NaN", "Infinity", "1e8", "0.004", "-0.004"],
    "numeric(3,0)": ["999.4", "999.5", "0.5", "1.5", "-2.5"],
    "numeric(2,-3)": ["12345", "99499", "99500", "499", "500"],
    "numeric(3,5)": ["0.00999", "0.01", "0.001234"],
    "text": ["abc", "", " a ", "é€😀"],
    "character varying(3)": ["abc", "abcd", "abc  ", "é€😀"],
    "character(3)": ["a", "abc", "abcd", "abc ", ""],
    "name": ["a", "x" * 70],
    '"char"': ["a", "ab", ""],
    "bytea": ["\\x00ff", "\\xDEAD beef", "\\x0", "\\x0g", "abc", "a\\\\b", "\\001\\377", "\\9", "é", ""],
    "date": [
        "2024-02-29", "2023-02-29", "2024-13-01", "Jan 2, 2024", "2 jan 2024", "01/02/2024", "20240102", "1999-Jan-08",
        "2024-1-2", "08-Jan-1999", "epoch", "foo", "2024-01-02 03:04", "0001-01-01", "2024-00-10", "2024-01-32", "",
        "January 8, 1999", "1/8/1999", "99-01-08", "2024-01-02junk", "Tuesday, 2 January 2024",
    ],
    "time": ["03:04", "03:04:05.123456", "03:04:05.1234567", "3:4:5", "25:00", "03:60", "04:05 PM", "12:00 AM", "foo", "030405", "23:59:59.9"],
    "time(2)": ["03:04:05.125", "03:04:05.995", "03:04:05.004"],
    "timestamp": [
        "2024-01-02 03:04:05", "2024-01-02T03:04:05.600", "2024-01-02", "2024-01-02 03:04:05+05", "2024-01-02 24:00:00",
        "2024-01-02 25:00:00", "foo", "2024-02-30", "epoch", "Jan 2 2024 3:04 PM", "20240102T030405", "20240102 030405",
        "2024-01-02 03:04:05.1234567", "2024-01-02 23:59:60", "2024-01-02 03:04:61", "", "03:04", "2024-01-02 03",
    ],
    "timestamp(3)": ["2024-01-02 03:04:05.1235", "1999-01-02 03:04:05.1235", "2024-12-31 23:59:59.9996"],
    "timestamptz": [
        "2024-01-02 03:04:05", "2024-01-02 03:04:05+05:30", "2024-01-02 03:04:05-8", "2024-01-02 03:04:05 -0330",
        "2024-01-02T03:04:05Z", "2024-07-02 03:04 America/New_York", "2024-07-02 03:04 EST", "2024-07-02 03:04 PST",
        "2024-01-02 03:04:05 Nowhere/Town", "2024-01-02 03:04:05+16", "bar", "2024-01-02 03:04:05 utc", "epoch",
        "2024-01-02 03:04:05+05:30:15", "2024-01-02 03:04:05 blah", "2024-03-10 02:30 America/New_York",
        "2024-11-03 01:30 America/New_York", "2024-01-02 03:04:05.123456789+00",
    ],
    "timetz": ["03:04:05+02", "03:04:05.5-03:30", "03:04", "x"],
    "interval": [
        "1 day", "1 year 2 mons 3 days 04:05:06.789", "-1 day", "1 day -02:03", "P1Y2M3DT4H5M6S", "1-2", "3 4:05:06",
        "1.5 months", "1.5 days", "2 weeks", "1 week 2 days ago", "@ 1 minute", "90 minutes", "1 fortnight", "", "100",
        "-1 mon +1 day", "1 mon -1 day", "P1W", "PT0.5S", "0", "-00:00:01", "1 hour 30 min", "1.2345678 seconds",
        "25 hours", "1 decade", "1 century", "1 millennium", "1h", "5 s", "1 us", "1 ms", "-1 year -2 mons +3 days",
        "1.5 years", "1.5 weeks", "foo", "1 day 2", "99999999999 years", "2147483648 days", "2147483647 months", "9999999999999 hours", "P-1Y", "-P1Y",
    ],
    "uuid": [
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
        "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "a0eebc99", "", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0-eebc999c0b4ef8bb6d6bb9bd380a11",
    ],
    "json": ['{"a":1, "a": 2}', "[1,  2]", '"x"', "nul", "{", "", '{"a"}', "1.0e5", "[1,]", "'a'", "NaN", '"a', "1 2"],
    "jsonb": [
        '{"bb":1, "a":2, "a":3}', '[1.0, 1e2, 1.50, -0, 1E-2, true, null]', '"\\u00e9\\n\\u0001\\/"', '{"k": {"z":[], "y":{}}}',
        "01", "{", '"\\u0000"', '{"a" 1}', '{"aa":1,"b":2,"é":3,"c":4}', "[]", "  1  ", '"\\ud83d\\ude00"', "tru",
        "123456789012345678901234567890", '"\x7f\\b\\f\\t"',
    ],
    "integer[]": [
        "{}", "{1,2,3}", "{1,NULL,3}", " { 1 , 2 } ", "{{1,2},{3,4}}", "{1,2", "1,2", "{1,,2}", "{a}", "{{1},{2,3}}",
        "{1}}", "{null}", '{"1"}', "{}}", "", "{ }", "{1 2}", "[1:2]={1}", "{1,{2}}", "{{},{}}",
    ],
    "text[]": ['{a,"b c","d\\"e",NULL,"NULL","",null}', "{a b, c }", '{"a,b"}', "{a\\,b}", '{"a}', '{a"b}', "{\\N}", '{"a"b}', '{ "x" }'],
    "numeric(5,1)[]": ["{1.25,2}", "{99999}"],
    "timestamptz[]": ['{"2024-01-02 03:04:05+00"}'],
    "vector": [
        "[1,2,3]", "[1.5,-0.25,1e-5]", " [ 1 , 2 ] ", "[1,2", "1,2", "[]", "[,]", "[1,]", "[1,,2]", "[a]", "[NaN]", "[inf]",
        "[nan,a]", "[1e40]", "[1e-50]", "", "[1,2]x", "[1e6,1e5,0.0001,0.00001,123456.7]", "[0.1,0.2,3.4028235e38]", "[1 2]", "[ ]", "{1,2}", "[[1]]",
    ],
    "vector(3)": ["[1,2,3]", "[1,2]", "[1,2,3,4]"],
    "halfvec": [
        "[1,2,3]", "[1.5,-0.25,1e-5]", " [ 1 , 2 ] ", "[1,2", "1,2", "[]", "[,]", "[1,]", "[1,,2]", "[a]", "[NaN]", "[inf]", "[nan,a]",
        "[65504]", "[65519]", "[65520]", "[1e40]", "[1e-50]", "", "[1,2]x", "[2.98e-8,3e-8,6e-8,0.1,2049,12345]", "[ ]", "{1,2}", "[1e400]",
    ],
    "halfvec(3)": ["[1,2,3]", "[1,2]", "[1,2,3,4]"],
    "sparsevec": [
        "{1:1,3:2.5}/5", " { 1 : 1 , 3 : 2.5 } / 5 ", "{}/5", "{ }/5", "{1:0}/5", "{3:1,1:2}/5", "{1:1,1:2}/5", "{0:1}/5", "{6:1}/5",
        "{1:1}/0", "{1:1}/-1", "{}/0", "{}/1000000001", "{}/1000000000", "{1:1}/5x", "{1:1}", "{1:1/5", "1:1}/5", "{1}/5", "{1:}/5",
        "{:1}/5", "{1:a}/5", "{a:1}/5", "{1:1,}/5", "{,1:1}/5", "{1:nan}/5", "{1:inf}/5", "{1:1e400}/5", "{1:1e-50}/5", "{1:0e-50}/5",
        "{2147483648:1}/5", "{-1:1}/5", "{4294967297:1}/5", "{}/4294967297", "{}/", "", "{1:1.5,2:1e-7,3:1e10}/5", "{1:1}/ 5", "{1:1}x/5",
        "{1:1 2:2}/5", "{0:0}/5", "{9:0}/5", "{3:1,0:1}/5", "{7:1,1:1}/5",
    ],
    "sparsevec(3)": ["{1:1}/3", "{1:1}/4", "{4:1}/4"],
    "halfvec[]": ['{"[1,2]","[3,4]",NULL}', '{"[1]"', '{1}'],
    "sparsevec[]": ['{"{1:1,2:3}/3"}', "{x}"],
    "bit(3)": ["101", "b101", "x5", "10", "1012", "1011"],
    "bit varying(5)": ["101", "101010", "", "x1", "xg"],
    "oid": ["1", "-1", "4294967295", "4294967296", "x"],
    "int2vector": ["1 2 3", ""],
}  # fmt: skip


def column_type(name: str) -> ColumnType:
    dims = name.endswith("[]")
    base, _, modifiers = name.removesuffix("[]").partition("(")
    sql_type = types.by_name(base)
    assert sql_type is not None, base
    typmod = -1
    if modifiers:
        assert sql_type.parse_typmod is not None
        typmod = sql_type.parse_typmod([int(m) for m in modifiers.rstrip(")").split(",")])
    if dims:
        sql_type = types.by_oid(sql_type.array_oid)
        assert sql_type is not None
    return ColumnType(sql_type, typmod)


def ours(name: str, literal: str) -> str:
    ctype = column_type(name)
    try:
        value = ctype.type.from_text(literal, ctype.typmod)
        return ctype.type.to_text(ctype.type.coerce(value, ctype.typmod))
    except Error as error:
        return "\n".join(filter(None, (error.sqlstate, error.message, error.detail, error.hint)))


def theirs(postgres: psycopg.Connection, name: str, literal: str) -> str:
    """As INSERT does it: a cast would cut strings silently."""
    result = postgres.pgconn.exec_(f"CREATE TEMP TABLE sample (v {name})".encode())
    try:
        insert = postgres.pgconn.exec_params(b"INSERT INTO sample VALUES ($1)", [literal.encode()])
        if insert.status == ExecStatus.FATAL_ERROR:
            fields = (DiagnosticField.SQLSTATE, DiagnosticField.MESSAGE_PRIMARY,
                      DiagnosticField.MESSAGE_DETAIL, DiagnosticField.MESSAGE_HINT)  # fmt: skip
            return "\n".join(v.decode() for f in fields if (v := insert.error_field(f)))
        result = postgres.pgconn.exec_(b"SELECT v FROM sample")
        value = result.get_value(0, 0)
        assert value is not None
        return value.decode()
    finally:
        postgres.pgconn.exec_(b"DROP TABLE sample")


CASES = [(name, literal) for name, literals in LITERALS.items() for literal in literals]


@pytest.mark.parametrize(("name", "literal"), CASES)
def test_literal(postgres: psycopg.Connection, name: str, literal: str) -> None:
    assert ours(name, literal) == theirs(postgres, name, literal)
