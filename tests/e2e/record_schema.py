"""Records against conf/schema/audit-record.schema.json, with the keywords that it uses.

Standard library only, like all of these tests; an unknown keyword is an error, never passed over.
"""

import json
import re
from pathlib import Path

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "conf" / "schema" /
                     "audit-record.schema.json").read_text("utf-8"))
TYPES = {"string": str, "integer": int, "array": list, "object": dict}
WORDS = {"$schema", "title", "description", "type", "properties", "then", "else"}


def fits(schema, value):
    """True when `value` is what `schema` describes."""
    return not list(faults(schema, value, "record"))


def faults(schema, value, where):
    """Every way in which it is not, in words."""
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or isinstance(value, bool)):
        yield f"{where} is no {kind}: {value!r}"
        return
    for keyword, wanted in schema.items():
        if keyword not in WORDS:
            yield from KEYWORDS[keyword](schema, wanted, value, where)
    for name, inner in schema.get("properties", {}).items():
        if isinstance(value, dict) and name in value:
            yield from faults(inner, value[name], f"{where}.{name}")


def _require(test):
    def check(_, wanted, value, where):
        if not test(wanted, value):
            yield f"{where} is {value!r}, not {wanted!r}"
    return check


def _additional(schema, wanted, value, where):
    for name in set(value) - set(schema.get("properties", {})):
        if wanted is False:
            yield f"{where} has {name!r}"
        else:
            yield from faults(wanted, value[name], f"{where}.{name}")


def _items(_, wanted, value, where):
    for item in value:
        yield from faults(wanted, item, f"{where}[]")


def _required(_, wanted, value, where):
    for name in wanted:
        if name not in value:
            yield f"{where} has no {name!r}"


def _if(schema, wanted, value, where):
    yield from faults(schema["then" if fits(wanted, value) else "else"], value, where)


def _not(_, wanted, value, where):
    if fits(wanted, value):
        yield f"{where} is {wanted}"


def _any(_, wanted, value, where):
    if not any(fits(each, value) for each in wanted):
        yield f"{where} is none of {wanted}"


KEYWORDS = {
    "additionalProperties": _additional, "items": _items, "required": _required,
    "if": _if, "not": _not, "anyOf": _any,
    "enum": _require(lambda wanted, value: value in wanted),
    "const": _require(lambda wanted, value: value == wanted),
    "pattern": _require(lambda wanted, value: re.search(wanted, value) is not None),
    "minLength": _require(lambda wanted, value: len(value) >= wanted),
    "minItems": _require(lambda wanted, value: len(value) >= wanted),
    "minimum": _require(lambda wanted, value: value >= wanted),
    "maximum": _require(lambda wanted, value: value <= wanted),
}


def assert_record(test, record):
    test.assertEqual(list(faults(SCHEMA, record, "record")), [])
