"""json and jsonb functions and operators, with PostgreSQL's containment rules and output text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from vecsql.errors import CannotCoerce, InvalidParameterValue
from vecsql.executor.duck_functions.registry import duck
from vecsql.types import JSONB

MISSING = object()


def load(text: str) -> Any:
    """Parse; numbers keep their digits."""
    return json.loads(text, parse_int=Number, parse_float=Number)


class Number(str):
    """A JSON number as written."""

    __slots__ = ()


def show(value: Any) -> str:
    """json text of a value, as PostgreSQL's json_build functions space it."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quote(k)}: {show(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(show, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def normal(text: str) -> str:
    return str(JSONB.from_text(text, -1))


def member(value: Any, key: str) -> Any:
    return value.get(key, MISSING) if isinstance(value, dict) else MISSING


def _item(value: Any, index: int) -> Any:
    if not isinstance(value, list) or not -len(value) <= index < len(value):
        return MISSING
    return value[index]


def path_member(value: Any, path: list[str | None]) -> Any:
    for step in path:
        if step is None:
            return MISSING
        if isinstance(value, list):
            try:
                value = _item(value, int(step))
            except ValueError:
                return MISSING
        else:
            value = member(value, step)
        if value is MISSING:
            return MISSING
    return value


def as_text(value: Any) -> str | None:
    if value is None or value is MISSING:
        return None
    if isinstance(value, Number):
        return str(value)
    return value if isinstance(value, str) else show(value)


def _json(value: Any) -> str | None:
    return None if value is MISSING else show(value)


def _jsonb(value: Any) -> str | None:
    return None if value is MISSING else normal(show(value))


Step = Callable[[Any, Any], Any]


def _getter(step: Step, finish: Callable[[Any], str | None]) -> Callable[[str, Any], str | None]:
    return lambda text, key: finish(step(load(text), key))


for _kind, _finish in (("json", _json), ("jsonb", _jsonb)):
    for _name, _type, _step in (
        ("get", "VARCHAR", member), ("at", "INTEGER", _item), ("path", "VARCHAR[]", path_member)
    ):  # fmt: skip
        duck(f"vs_{_kind}_{_name}(VARCHAR, {_type}) -> VARCHAR")(_getter(_step, _finish))
        duck(f"vs_{_kind}_{_name}_text(VARCHAR, {_type}) -> VARCHAR")(_getter(_step, as_text))


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, Number) and isinstance(b, Number):
        return float(a) == float(b)
    return type(a) is type(b) and bool(a == b)


def contains(a: Any, b: Any, top: bool = True) -> bool:
    """jsonb @>."""
    if isinstance(a, dict) and isinstance(b, dict):
        return all(k in a and contains(a[k], v, False) for k, v in b.items())
    if isinstance(a, list) and isinstance(b, list):
        return all(any(contains(x, y, False) for x in a) for y in b)
    if top and isinstance(a, list) and not isinstance(b, (dict, list)):
        return any(equal(x, b) for x in a)
    return equal(a, b)


@duck("vs_jsonb_contains(VARCHAR, VARCHAR) -> BOOLEAN")
def jsonb_contains(a: str, b: str) -> bool:
    return contains(load(a), load(b))


def _exists(value: Any, key: str | None) -> bool:
    if isinstance(value, dict):
        return key in value
    if isinstance(value, list):
        return any(type(v) is str and v == key for v in value)
    return type(value) is str and value == key


@duck("vs_jsonb_exists(VARCHAR, VARCHAR) -> BOOLEAN")
def jsonb_exists(a: str, key: str) -> bool:
    return _exists(load(a), key)


@duck("vs_jsonb_exists_any(VARCHAR, VARCHAR[]) -> BOOLEAN")
def jsonb_exists_any(a: str, keys: list[str | None]) -> bool:
    value = load(a)
    return any(_exists(value, k) for k in keys)


@duck("vs_jsonb_exists_all(VARCHAR, VARCHAR[]) -> BOOLEAN")
def jsonb_exists_all(a: str, keys: list[str | None]) -> bool:
    value = load(a)
    return all(_exists(value, k) for k in keys)


@duck("vs_jsonb_concat(VARCHAR, VARCHAR) -> VARCHAR")
def concat(a: str, b: str) -> str:
    x, y = load(a), load(b)
    if isinstance(x, dict) and isinstance(y, dict):
        return normal(show({**x, **y}))
    if (isinstance(x, dict) or isinstance(y, dict)) and not (
        isinstance(x, list) or isinstance(y, list)
    ):
        raise InvalidParameterValue("invalid concatenation of jsonb objects")
    left = x if isinstance(x, list) else [x]
    return normal(show(left + (y if isinstance(y, list) else [y])))


@duck("vs_jsonb_delete(VARCHAR, VARCHAR) -> VARCHAR")
def delete(a: str, key: str) -> str:
    return delete_all(a, [key])


@duck("vs_jsonb_delete_all(VARCHAR, VARCHAR[]) -> VARCHAR")
def delete_all(a: str, keys: list[str | None]) -> str:
    value = load(a)
    if isinstance(value, dict):
        return normal(show({k: v for k, v in value.items() if k not in keys}))
    if isinstance(value, list):
        return normal(show([v for v in value if type(v) is not str or v not in keys]))
    raise InvalidParameterValue("cannot delete from scalar")


@duck("vs_jsonb_delete_at(VARCHAR, INTEGER) -> VARCHAR")
def delete_at(a: str, index: int) -> str:
    value = load(a)
    if isinstance(value, dict):
        raise InvalidParameterValue("cannot delete from object using integer index")
    if not isinstance(value, list):
        raise InvalidParameterValue("cannot delete from scalar")
    if -len(value) <= index < len(value):
        del value[index]
    return normal(show(value))


def _edit(value: Any, path: list[Any], change: Callable[[Any, Any], None]) -> None:
    """Apply `change(container, key)` where the path ends, if it leads anywhere."""
    for step in path[:-1]:
        value = path_member(value, [step])
        if value is MISSING:
            return
    if isinstance(value, (dict, list)) and path:
        change(value, path[-1])


@duck("vs_jsonb_delete_path(VARCHAR, VARCHAR[]) -> VARCHAR")
def delete_path(a: str, path: list[str | None]) -> str:
    value = load(a)

    def drop(container: Any, key: Any) -> None:
        if isinstance(container, dict):
            container.pop(key, None)
        elif -len(container) <= int(key) < len(container):
            del container[int(key)]

    _edit(value, path, drop)
    return normal(show(value))


@duck("vs_jsonb_set(VARCHAR, VARCHAR[], VARCHAR, BOOLEAN) -> VARCHAR")
def jsonb_set(a: str, path: list[str | None], new: str, create: bool) -> str:
    value, item = load(a), load(new)

    def put(container: Any, key: Any) -> None:
        if isinstance(container, dict):
            if create or key in container:
                container[key] = item
            return
        index = int(key)
        if -len(container) <= index < len(container):
            container[index] = item
        elif create:
            container.insert(0 if index < 0 else len(container), item)

    _edit(value, path, put)
    return normal(show(value))


@duck("vs_jsonb(VARCHAR) -> VARCHAR")
def to_jsonb(text: str) -> str:
    return normal(text)


@duck("vs_jsonb_strip_nulls(VARCHAR) -> VARCHAR")
def strip_nulls(a: str) -> str:
    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if v is not None}
        return [strip(v) for v in value] if isinstance(value, list) else value

    return normal(show(strip(load(a))))


@duck("vs_jsonb_pretty(VARCHAR) -> VARCHAR")
def pretty(a: str) -> str:
    def render(value: Any, indent: str) -> str:
        inner = indent + "    "
        if isinstance(value, dict) and value:
            body = ",\n".join(f"{inner}{quote(k)}: {render(v, inner)}" for k, v in value.items())
            return "{\n" + body + f"\n{indent}}}"
        if isinstance(value, list) and value:
            return "[\n" + ",\n".join(inner + render(v, inner) for v in value) + f"\n{indent}]"
        if isinstance(value, (dict, list)):
            left, right = ("{", "}") if isinstance(value, dict) else ("[", "]")
            return f"{left}\n{indent}{right}"
        return show(value)

    return render(load(a), "")


@duck("vs_json_typeof(VARCHAR) -> VARCHAR")
def type_of(a: str) -> str:
    value = load(a)
    if isinstance(value, Number):
        return "number"
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names[type(value)]


@duck("vs_json_array_length(VARCHAR) -> INTEGER")
def array_length(a: str) -> int:
    return len(_array(a, "get array length of a"))


def _array(a: str, action: str) -> list[Any]:
    value = load(a)
    if not isinstance(value, list):
        raise InvalidParameterValue(
            f"cannot {action} {'non-array' if isinstance(value, dict) else 'scalar'}"
        )
    return value


@duck("vs_json_elements(VARCHAR) -> VARCHAR[]")
def json_elements(a: str) -> list[str]:
    return [show(v) for v in _array(a, "extract elements from a")]


@duck("vs_jsonb_elements(VARCHAR) -> VARCHAR[]")
def jsonb_elements(a: str) -> list[str]:
    return [normal(show(v)) for v in _array(a, "extract elements from a")]


@duck("vs_json_elements_text(VARCHAR) -> VARCHAR[]")
def elements_text(a: str) -> list[str | None]:
    return [as_text(v) for v in _array(a, "extract elements from a")]


def _object(a: str, action: str) -> dict[str, Any]:
    value = load(a)
    if not isinstance(value, dict):
        raise InvalidParameterValue(
            f"cannot {action} {'an array' if isinstance(value, list) else 'a scalar'}"
        )
    return value


@duck("vs_json_keys(VARCHAR) -> VARCHAR[]")
def keys(a: str) -> list[str]:
    return list(_object(a, "call json_object_keys on"))


@duck("vs_json_values(VARCHAR) -> VARCHAR[]")
def values(a: str) -> list[str]:
    return [show(v) for v in _object(a, "deconstruct").values()]


@duck("vs_jsonb_values(VARCHAR) -> VARCHAR[]")
def jsonb_values(a: str) -> list[str]:
    return [normal(show(v)) for v in _object(a, "deconstruct").values()]


@duck("vs_json_values_text(VARCHAR) -> VARCHAR[]")
def values_text(a: str) -> list[str | None]:
    return [as_text(v) for v in _object(a, "deconstruct").values()]


@duck("vs_jsonb_scalar(VARCHAR, VARCHAR) -> VARCHAR")
def scalar(a: str, target: str) -> str | None:
    value = load(a)
    if value is None:
        return None
    kind = type_of(a)
    if kind != ("boolean" if target == "boolean" else "number"):
        raise CannotCoerce(f"cannot cast jsonb {kind} to type {target}")
    return show(value)


@duck("vs_json_quote(VARCHAR) -> VARCHAR")
def json_quote(text: str) -> str:
    return quote(text)


@duck("vs_json_float(VARCHAR) -> VARCHAR")
def json_float(text: str) -> str:
    return text if text[-1].isdigit() else quote(text)


@duck("vs_json_moment(VARCHAR) -> VARCHAR")
def json_moment(text: str) -> str:
    iso = text.replace(" ", "T", 1)
    return quote(iso + ":00" if len(iso) > 3 and iso[-3] in "+-" and ":" in iso[:-3] else iso)


@duck("vs_json_object_text(VARCHAR[]) -> VARCHAR", nulls=True)
def object_text(parts: list[str]) -> str:
    return "{" + ",".join(f"{k}:{v}" for k, v in zip(parts[::2], parts[1::2], strict=True)) + "}"


@duck("vs_json_build_object(VARCHAR[]) -> VARCHAR", nulls=True)
def build_object(parts: list[str]) -> str:
    if len(parts) % 2:
        raise InvalidParameterValue("argument list must have even number of elements")
    pairs = []
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        if key == "null":
            raise InvalidParameterValue("null value not allowed for object key")
        pairs.append(f"{key if key.startswith(chr(34)) else quote(key)} : {value}")
    return "{" + ", ".join(pairs) + "}"


@duck("vs_json_build_array(VARCHAR[]) -> VARCHAR", nulls=True)
def build_array(parts: list[str]) -> str:
    return "[" + ", ".join(parts) + "]"


@duck("vs_json_agg(VARCHAR[]) -> VARCHAR", nulls=True)
def json_agg(parts: list[str] | None) -> str | None:
    return None if parts is None else "[" + ", ".join(parts) + "]"


@duck("vs_jsonb_agg(VARCHAR[]) -> VARCHAR", nulls=True)
def jsonb_agg(parts: list[str] | None) -> str | None:
    return None if parts is None else normal("[" + ",".join(parts) + "]")


def _object_agg(names: list[str] | None, items: list[str] | None) -> str | None:
    if names is None or items is None:
        return None
    return "{ " + ", ".join(f"{quote(k)} : {v}" for k, v in zip(names, items, strict=True)) + " }"


duck("vs_json_object_agg(VARCHAR[], VARCHAR[]) -> VARCHAR", nulls=True)(_object_agg)


@duck("vs_jsonb_object_agg(VARCHAR[], VARCHAR[]) -> VARCHAR", nulls=True)
def jsonb_object_agg(names: list[str] | None, items: list[str] | None) -> str | None:
    text = _object_agg(names, items)
    return None if text is None else normal(text)
