#!/usr/bin/env python3
"""Writes scalars.jsonl: spellings of scalars, and what two other readers make of each.

    npm install yaml && ./make.py > scalars.jsonl      # in this folder; needs python3-ruamel.yaml

A line is {"yaml": TEXT, "value": …} where both read the same, {"yaml": TEXT} where both refuse.
What they disagree on is left out. Scalars that are no null are given as text, as written.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

import ruamel.yaml
from ruamel.yaml.nodes import ScalarNode, SequenceNode

HERE = os.path.dirname(os.path.abspath(__file__))
DRAW = random.Random(7)
NULLS = ("", "~", "null", "Null", "NULL")
WORDS = ["a", "b", "db.example.com", "x y", "::1", "a:b", "#c", "c#d", "-", "- e", "?", "&f", "*",
         "it's", '"', "'", "\\", "1", "~", "{g}", "[h]", ",", ":", "::", "%i", "@j", "`k`", "|",
         ">", "!l", "...", "---", "\t", "\u00e9", "\u65e5\u672c", "m: n", "o #p", "10.0.0.0/8",
         "^OPS-[0-9]+", "i-0abc", "*.x.y", "{{z}}", "a, b", "\u00a0", "\ufffd"]
ESCAPES = ["\\0", "\\a", "\\b", "\\t", "\\n", "\\v", "\\f", "\\r", "\\e", "\\ ", '\\"', "\\/",
           "\\\\", "\\N", "\\_", "\\L", "\\P", "\\x41", "\\u00e9", "\\U0001F600", "\\'", "\\q",
           "\\xZ", "\\U00110000", "\\u12", "\\\n", "\\\n  ", "\\\n\n  ", "\\\t", "\\1", "\\uE000",
           "\\A"]
HEADS = ["", "", "-", "+", "1", "2", "2-", "+2", "-1", "3", "0", "--", "10"]


def text():
    return " ".join(DRAW.choice(WORDS) for _ in range(DRAW.choice([1, 1, 1, 2, 2, 3])))


def blanks():
    return "\n" * DRAW.choice([1, 1, 1, 2, 3])


def twice(indent):
    out = '"'
    for _ in range(DRAW.randint(0, 5)):
        kind = DRAW.random()
        if kind < .35:
            out += DRAW.choice(ESCAPES)
        elif kind < .6:
            out += text().replace("\\", "").replace('"', "")
        elif kind < .8:
            out += DRAW.choice(["", " ", "  ", "\t"])
            out += blanks().replace("\n", "\n" + DRAW.choice(["", "  "]))
            out += " " * indent + DRAW.choice(["", "  ", "\t"])
        else:
            out += " "
    return out + '"'


def single(indent):
    out = "'"
    for _ in range(DRAW.randint(0, 5)):
        kind = DRAW.random()
        if kind < .2:
            out += "''"
        elif kind < .6:
            out += text().replace("'", "")
        elif kind < .8:
            out += DRAW.choice(["", " ", "  "]) + blanks() + " " * indent + DRAW.choice(["", "  "])
        else:
            out += DRAW.choice(["\\", "\\n", '"'])
    return out + "'"


def plain(indent):
    out = text()
    for _ in range(DRAW.choice([0, 0, 0, 1, 2])):
        out += DRAW.choice(["", " "]) + blanks() + " " * indent + DRAW.choice(["", "  "]) + text()
    return out


def block(indent):
    out = DRAW.choice("|>") + DRAW.choice(HEADS) + DRAW.choice(["", "", "", " ", "  # c", " #"])
    for _ in range(DRAW.randint(0, 5)):
        if DRAW.random() < .25:
            out += "\n" + DRAW.choice(["", "", " ", " " * indent, " " * (indent + 2)])
        else:
            out += "\n" + " " * (indent + DRAW.choice([0, 0, 0, 0, 1, 2])) + text()
    return out + DRAW.choice(["", "\n", "\n", "\n\n", "\n\n\n"])


def document():
    scalar = DRAW.choice([twice, twice, single, plain, plain, block, block])
    place = DRAW.choice([0, 1, 6, 7]) if scalar is block else DRAW.randint(0, 7)
    if place == 0:
        end = DRAW.choice(["", "\n", "\nz: end\n", "\n\nz: end\n", " # c\nz: end\n"])
        return "k: " + scalar(2) + end
    if place == 1:
        return "k:\n- " + scalar(2) + DRAW.choice(["\n", "\n- end\n", "\n\n- end\n"])
    if place == 2:
        return "k: [" + scalar(1) + DRAW.choice(["", " ", ","]) + DRAW.choice(["]\n", ", end]\n"])
    if place == 3:
        return "{k: " + scalar(1) + DRAW.choice(["", ", z: end"]) + "}\n"
    if place == 4:
        quoted = DRAW.choice(["z", "'z'", '"z"'])
        return f"k: {{m: {scalar(2)}, {quoted}{DRAW.choice([':', ': '])}{scalar(2)}}}\n"
    if place == 5:
        return scalar(1) + DRAW.choice([": ", ":", " : "]) + "v\n"
    if place == 6:
        return "k:\n  m: " + scalar(4) + DRAW.choice(["\n", "\n  z: end\n", "\nz: end\n"])
    return "k:\n  - m: " + scalar(6) + DRAW.choice(["\n", "\n    z: end\n", "\n  - end\n"])


def simple(node):
    if isinstance(node, ScalarNode):
        return None if node.style is None and node.value in NULLS else node.value
    if isinstance(node, SequenceNode):
        return [simple(item) for item in node.value]
    out = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode) or key.value in out:
            raise ValueError("key")
        out[key.value] = simple(value)
    return out


def read(yaml):
    try:
        for event in ruamel.yaml.YAML(typ="safe", pure=True).parse(yaml):
            if getattr(event, "anchor", None) or getattr(event, "tag", None):
                return {"error": True}
        node = ruamel.yaml.YAML(typ="safe", pure=True).compose(yaml)
        return {"value": None if node is None else simple(node)}
    except Exception:  # whatever it is, the text was not read
        return {"error": True}


def main():
    yamls = {document() for _ in range(4000)}
    yamls = sorted(y.replace("\n", "\r\n") if DRAW.random() < .05 else y for y in sorted(yamls))
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("".join(json.dumps(y) + "\n" for y in yamls))
        file.flush()
        ran = subprocess.run(["node", os.path.join(HERE, "oracle.mjs"), file.name], check=True,
                             text=True, stdout=subprocess.PIPE)
    for yaml, line in zip(yamls, ran.stdout.split("\n")):
        found = read(yaml)
        if found == json.loads(line):
            found.pop("error", None)
            sys.stdout.write(json.dumps({"yaml": yaml, **found}) + "\n")


if __name__ == "__main__":
    main()
