"""The JSON schemas of conf/schema say of a file what the loader says, as far as a schema can see.

- every file that the loader takes validates;
- every file that it refuses does not, but for those of unseen.txt, which name what only the loader
  sees; with SSMGATE_UPDATE_GOLDEN set that list is written anew, to be read before a commit;
- at every place the schema knows exactly the keys that the loader knows.
"""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import core_yaml  # first: it may begin again with another Python
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOLDEN = ROOT / "tests" / "golden"
UNSEEN = HERE / "unseen.txt"
SCHEMAS = {kind: json.loads((ROOT / "conf" / "schema" / f"{kind}.schema.json").read_text("utf-8"))
           for kind in ("policy", "policy-test", "config")}
NONSENSE = "qqqqqqqqqqqqqqqq"


def is_test(path):
    return path.name.endswith(".test.yaml")


FILES = {
    "policy": [path for folder in (GOLDEN / "policies", GOLDEN / "faults", GOLDEN / "decide",
                                   GOLDEN / "policy-test", ROOT / "conf" / "policies")
               for path in sorted(folder.glob("*.yaml")) if not is_test(path)],
    "policy-test": [path for folder in (GOLDEN / "policy-test", ROOT / "conf" / "policies")
                    for path in sorted(folder.glob("*.test.yaml"))],
    "config": [ROOT / "conf" / "ssmgate.yaml", *sorted((GOLDEN / "config").glob("*.yaml"))],
}

# A file with one place that has an unknown key, written %s, and the path of that place in the
# schema. Every mapping with keys of its own is here.
PLACES = {
    "policy": [
        ("version: 1\n%s: 1\n", []),
        ("version: 1\nallow: [{%s: 1}]\n", ["allow", 0]),
        ("version: 1\ndeny: [{%s: 1}]\n", ["deny", 0]),
        ("version: 1\noperations: {%s: 1}\n", ["operations"]),
        ("version: 1\ndeny: [{id: a, hours: {%s: 1}}]\n", ["deny", 0, "hours"]),
        ("version: 1\nallow: [{id: a, parameters: {p: {%s: 1}}}]\n",
         ["allow", 0, "parameters", "p"]),
    ],
    "policy-test": [
        ("%s: 1\n", []),
        ("policy: p\ncases: [{%s: 1}]\n", ["cases", 0]),
    ],
    "config": [
        ("%s: 1\n", []),
        ("listen: [{%s: 1}]\n", ["listen", 0]),
        ("listen: [{address: \"127.0.0.1:1\", tls: {%s: 1}}]\n", ["listen", 0, "tls"]),
        ("intercept: {%s: 1}\n", ["intercept"]),
        ("admin: {%s: 1}\n", ["admin"]),
        ("sessions: {%s: 1}\n", ["sessions"]),
        ("ca: {%s: 1}\n", ["ca"]),
        ("egress: {%s: 1}\n", ["egress"]),
        ("upstream: {%s: 1}\n", ["upstream"]),
        ("upstream: {proxy: {%s: 1}}\n", ["upstream", "proxy"]),
        ("audit: {%s: 1}\n", ["audit"]),
        ("audit: {sinks: [{%s: 1}]}\n", ["audit", "sinks", 0]),
        ("limits: {%s: 1}\n", ["limits"]),
    ],
}


def load(kind, paths):
    """What the loader says of each file: a list of lines for each."""
    done = subprocess.run([os.environ["LOAD_FILE"], kind, *map(str, paths)], capture_output=True,
                          timeout=60, check=True)
    said = done.stdout.decode("utf-8", "backslashreplace")
    parts = re.split(r"^== .*\n", said, flags=re.MULTILINE)[1:]
    assert len(parts) == len(paths), said
    return [part.splitlines() for part in parts]


def load_text(kind, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return load(kind, [file.name])[0]


def resolve(schema, node):
    while "$ref" in node:
        found = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def at_place(schema, path):
    """The subschema of a place: keys lead into mappings, 0 into the items of a list."""
    node = resolve(schema, schema)
    for step in path:
        if step == 0:
            node = node.get("items") or node["else"]["items"]
        else:
            node = node["properties"].get(step) if step in node.get("properties", {}) \
                else node["additionalProperties"]
        node = resolve(schema, node)
    return node


def all_mappings(schema, node, path=()):
    """The paths of every subschema that is a mapping with keys of its own."""
    node = resolve(schema, node)
    if not isinstance(node, dict):
        return
    if "properties" in node and node.get("additionalProperties") is False:
        yield path
    for key, value in node.get("properties", {}).items():
        yield from all_mappings(schema, value, (*path, key))
    if isinstance(node.get("additionalProperties"), dict):
        yield from all_mappings(schema, node["additionalProperties"], (*path, "p"))
    items = node.get("items") or node.get("else", {}).get("items")
    if items:
        yield from all_mappings(schema, items, (*path, 0))


class Schemas(unittest.TestCase):
    def judge(self, kind):
        """Pairs of a file and (the loader takes it, the schema does)."""
        check = core_yaml.validator(SCHEMAS[kind])
        for path, said in zip(FILES[kind], load(kind, FILES[kind])):
            loads = not any(": error: " in line for line in said)
            try:
                validates = check.is_valid(core_yaml.read(path.read_bytes()))
            except (yaml.YAMLError, ValueError, RecursionError):
                validates = False  # what no editor can read is seen by all
            yield path.relative_to(ROOT).as_posix(), loads, validates

    def test_files(self):
        unseen = []
        for kind in SCHEMAS:
            for name, loads, validates in self.judge(kind):
                with self.subTest(file=name):
                    if loads:
                        self.assertTrue(validates, "the loader takes it, the schema does not")
                    elif validates:
                        unseen.append(name)
        if os.environ.get("SSMGATE_UPDATE_GOLDEN"):
            UNSEEN.write_text("".join(name + "\n" for name in unseen), "utf-8")
        self.assertEqual(unseen, UNSEEN.read_text("utf-8").split(),
                         "broken files that the schema passes; see the head of this test")

    def test_there_are_files_of_each_kind(self):
        for kind, paths in FILES.items():
            said = load(kind, paths)
            self.assertTrue(any(not lines for lines in said), kind)
            self.assertTrue(any(lines for lines in said), kind)

    def test_keys(self):
        for kind, places in PLACES.items():
            for text, path in places:
                with self.subTest(kind=kind, path=path):
                    said = load_text(kind, text % NONSENSE)
                    line = next(line for line in said if f"unknown key `{NONSENSE}`" in line)
                    known = re.findall("`([^`]+)`", line.rsplit("; ", 1)[1])
                    self.assertEqual(sorted(known),
                                     sorted(at_place(SCHEMAS[kind], path)["properties"]))

    def test_no_place_is_forgotten(self):
        for kind, places in PLACES.items():
            probed = {json.dumps(path).replace("deny", "allow") for _, path in places}
            for path in all_mappings(SCHEMAS[kind], SCHEMAS[kind]):
                with self.subTest(kind=kind, path=path):
                    self.assertIn(json.dumps(list(path)).replace("deny", "allow"), probed)

    def test_every_key_says_what_it_is(self):
        for kind, schema in SCHEMAS.items():
            for path in all_mappings(schema, schema):
                for key, value in at_place(schema, path)["properties"].items():
                    with self.subTest(kind=kind, path=path, key=key):
                        self.assertTrue(resolve(schema, value).get("description"))


if __name__ == "__main__":
    unittest.main()
