"""C++ text → tokens, without comments and preprocessor lines; literals become one token each."""

import re
from typing import NamedTuple


class Token(NamedTuple):
    text: str  # a literal is `""` or `''`, whatever it held
    line: int


PUNCTUATION = ["<=>", "...", "->*", "::", "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
               "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", ".*"]

PATTERN = re.compile(
    r"""(?P<space>\s+|\\\n)
      | (?P<comment>//(?:[^\n\\]|\\(?:.|\n))*|/\*.*?\*/)
      | (?P<directive>\#(?:[^\n\\/]|\\(?:.|\n)|/(?![*/])|/\*.*?\*/)*)
      | (?P<raw>(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")
      | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
      | (?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
      | (?P<number>\.?\d(?:[eEpP][+-]|'?[\w.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<punctuation>""" + "|".join(re.escape(p) for p in PUNCTUATION) + r"|.)",
    re.VERBOSE | re.DOTALL)


def tokenize(text):
    tokens = []
    line = 1
    for match in PATTERN.finditer(text):
        kind, value = match.lastgroup, match.group()
        if kind == "tag":  # the innermost group of a raw string
            kind = "raw"
        if kind in ("raw", "string"):
            tokens.append(Token('""', line))
        elif kind == "char":
            tokens.append(Token("''", line))
        elif kind in ("number", "name", "punctuation"):
            tokens.append(Token(value, line))
        line += value.count("\n")
    return tokens


PAIRS = {"(": ")", "[": "]", "{": "}"}


def matching(tokens, start, end):
    """The index behind the bracket that closes the one at `start`, at most `end`."""
    opening, closing = tokens[start].text, PAIRS[tokens[start].text]
    depth = 0
    for i in range(start, end):
        if tokens[i].text == opening:
            depth += 1
        elif tokens[i].text == closing:
            depth -= 1
            if depth == 0:
                return i + 1
    return end
