"""YAML files as an editor's JSON schema sees them: YAML 1.2 core types, through PyYAML, which by
itself reads 1.1 (where `yes` is a boolean and 010 is eight). Found again under Debian's Python when
another one, without the packages, is first on the path."""

import os
import sys

DEBIAN = "/usr/bin/python3"

try:
    import jsonschema
    import yaml
except ImportError as missing:
    if os.path.realpath(sys.executable) != os.path.realpath(DEBIAN) and os.path.exists(DEBIAN):
        os.execv(DEBIAN, [DEBIAN, "-B", *sys.argv])
    sys.exit(f"{missing}; install them: apt-get install python3-jsonschema python3-yaml")

import re


class Core(yaml.SafeLoader):
    """SafeLoader with the resolvers of YAML 1.2's core schema alone."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in [
        ("null", r"~|null|Null|NULL|", "~nN\0"),
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|"
                  r"\.(nan|NaN|NAN)", "-+.0123456789")]:
    letters = [letter if letter != "\0" else "" for letter in first]
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"), letters)


def construct_int(loader, node):
    text = loader.construct_scalar(node)
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)


Core.add_constructor("tag:yaml.org,2002:int", construct_int)
Core.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(
    loader.construct_scalar(node).replace(".inf", "inf").replace(".nan", "nan")))


def read(text):
    """The document as Python values; raises yaml.YAMLError."""
    return yaml.load(text, Loader=Core)


def validator(schema):
    made = jsonschema.Draft7Validator(schema)
    made.check_schema(schema)
    return made
