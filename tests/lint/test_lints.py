#!/usr/bin/env python3
"""The lints are held to samples: what each must flag, and what it must let pass."""

import importlib.machinery
import importlib.util
import sys
import unittest
from pathlib import Path

LINTS = Path(__file__).resolve().parents[2] / "scripts" / "lint.d"
sys.path.insert(0, str(LINTS))
sys.dont_write_bytecode = True


def load(name):
    loader = importlib.machinery.SourceFileLoader(name, str(LINTS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


coroutines, includes, names = load("coroutines"), load("includes"), load("names")


def body(statement):
    return "namespace a {\nasio::awaitable<void> f(int x) {\n" + statement + "\n}\n}\n"


class Coroutines(unittest.TestCase):
    BAD = {
        "braced argument": "co_await g(Options{1, 2});",
        "braced result": "auto r = std::vector{co_await g()};",
        "brace on another line": "co_await g(x,\n  Foo{\n1});",
        "empty braces": "co_await g({});",
        "designated": "co_await g(Foo{.a = 1});",
        "lambda argument": "co_await g([&] { return 1; });",
        "ternary around": "auto r = x ? co_await g() : 0;",
        "ternary argument": "co_await g(x ? 1 : 2);",
        "in a condition": "if (co_await g(Foo{1})) { h(); }",
        "in an initialiser of if": "if (auto r = co_await g(x ? 1 : 2); r) h();",
        "in a range": "for (auto i : co_await g({})) h(i);",
        "in a while": "while (co_await g([] { return 1; })) {}",
        "behind a case": "switch (x) { case 1: co_await g({}); break; }",
        "in co_return": "co_return co_await g(Foo{});",
        "co_yield": "co_yield Foo{1};",
        "after a comment that closes": "/* { */ co_await g(/* ; */ {});",
        "behind a raw string": 'h(R"x(;"{)x"); co_await g({});',
        "behind a digit separator": "h(1'000); co_await g(Foo{'a'});",
        "coroutine lambda": "auto l = [](int y) -> asio::awaitable<void> { co_return; };",
        "coroutine lambda of two types":
            "auto l = [&]() -> awaitable<void, Ex> { co_await g(); };",
        "spawned lambda": "co_spawn(ex, [x]() mutable -> asio::awaitable<void> { co_await g(); }, d);",
        "executor inside a call": "h(co_await asio::this_coro::executor);",
        "executor as a receiver": "auto t = (co_await this_coro::executor).context();",
        "nested block": "if (x) { for (;;) { try { co_await g(Foo{1}); } catch (...) {} } }",
        "else branch": "if (x) h(); else co_await g({});",
    }
    GOOD = {
        "plain": "co_await g(x);",
        "named first": "Options o{1, 2};\nco_await g(std::move(o));",
        "block of an if": "if (co_await g(x)) { h(); } else { k({}); }",
        "block of a while": "while (co_await g(x)) { Foo f{1}; }",
        "block of a for": "for (auto i = co_await g(x); i < 3; ++i) { Foo f{i}; }",
        "switch": "switch (co_await g(x)) { case A::b: h({}); break; default: break; }",
        "executor alone": "auto ex = co_await asio::this_coro::executor;",
        "cancellation state": "auto s = co_await asio::this_coro::cancellation_state;",
        "brace in a string": 'co_await g("{ ? [&] {}");',
        "brace in a raw string": 'co_await g(R"({"a": 1})");',
        "brace in a char": "co_await g('{', '?');",
        "brace in a comment": "co_await g(x /* { ? */);  // {}",
        "lambda beside it": "auto l = [&](int y) { return y ? Foo{1} : Foo{2}; };\nco_await g(l);",
        "lambda that only calls": "co_spawn(ex, [self] { return self->run(); }, asio::detached);",
        "races": "auto r = co_await (g(x) || h(x));",
        "local struct": "struct L { int v{1}; void m() { k(Foo{1}); } };\nco_await g(x);",
        "subscript": "co_await g(a[1], b[i]);",
        "structured binding": "auto [e, n] = co_await g(x);",
        "do": "do { h({}); } while (co_await g(x));",
        "preprocessor": "#define M {co_await ?}\nco_await g(x);",
    }

    def test_flags(self):
        for what, text in self.BAD.items():
            with self.subTest(what):
                self.assertTrue(coroutines.check("f.cpp", body(text)))

    def test_passes(self):
        for what, text in self.GOOD.items():
            with self.subTest(what):
                self.assertEqual(coroutines.check("f.cpp", body(text)), [])

    def test_default_argument(self):
        bad = "class A { asio::awaitable<std::vector<int>> f(int a, B b = {}); };"
        good = "class A { virtual asio::awaitable<int> f(int a, F<int()> b) = 0; void g(int a = 1); };"
        self.assertTrue(coroutines.check("f.hpp", bad))
        self.assertEqual(coroutines.check("f.hpp", good), [])

    def test_line(self):
        text = body("h();\nco_await g(\n    Foo{1});")
        self.assertEqual([line for _, line, _ in coroutines.check("f.cpp", text)], [5])

    def test_member_of_a_class_with_initialisers(self):
        text = ("class A : public B {\n A() : a_{1}, b_(Foo{2}) {}\n"
                " awaitable<void> f() { co_await g(Foo{1}); }\n int a_{0};\n};")
        self.assertEqual(len(coroutines.check("f.hpp", text)), 1)


class Includes(unittest.TestCase):
    BAD = [
        ("policy/rules/decide.cpp", '#include "wire/connect.hpp"'),
        ("policy/rules/decide.cpp", "#include <boost/asio/awaitable.hpp>"),
        ("proxy/wire/connect.cpp", '#include "net/stream.hpp"'),
        ("proxy/wire/connect.cpp", "#include <boost/asio/ip/tcp.hpp>"),
        ("proxy/wire/connect.cpp", '#include "names/scan.hpp"'),
        ("proxy/tls/authority.cpp", '#include "flow/connection.hpp"'),
        ("proxy/net/dialer.cpp", '#  include "flow/connection.hpp"'),
        ("proxy/state/audit.cpp", '#include "flow/connection.hpp"'),
        ("proxy/flow/intercept.cpp", '#include "commands/serve.hpp"'),
        ("proxy/flow/intercept.cpp", "#include <boost/asio/ssl/stream.hpp>"),
        ("proxy/flow/intercept.cpp", "using S = asio::ssl::stream<T>;"),
        ("proxy/commands/serve.cpp", '#include "main.hpp"'),
        ("proxy/main.cpp", '#include "flow/listener.hpp"'),
        ("include/ssmgate/names/host.hpp", "#include <boost/asio/ip/address.hpp>"),
        ("include/ssmgate/names/host.hpp", "#include <openssl/ssl.h>"),
        ("include/ssmgate/names/host.hpp", "#include <yaml-cpp/yaml.h>"),
        ("include/ssmgate/names/host.hpp", '#include "wire/connect.hpp"'),
    ]
    GOOD = [
        ("policy/rules/decide.cpp", '#include "ssmgate/rules/decide.hpp"'),
        ("policy/rules/decide.cpp", '#include "names/scan.hpp"'),
        ("policy/text/tree.cpp", "#include <yaml-cpp/eventhandler.h>"),
        ("proxy/wire/connect.cpp", '#include "ssmgate/names/host.hpp"'),
        ("proxy/wire/response.cpp", "#include <boost/beast/http/parser.hpp>"),
        ("proxy/net/tls_stream.cpp", "#include <boost/asio/ssl/stream.hpp>"),
        ("proxy/net/tls_stream.cpp", "using S = asio::ssl::stream<T>;"),
        ("proxy/flow/intercept.cpp", '#include "wire/connect.hpp"'),
        ("proxy/flow/upstream_pool.cpp", "#include <boost/asio/ssl/error.hpp>"),
        ("proxy/commands/serve.cpp", '#include "flow/listener.hpp"'),
        ("proxy/main.cpp", '#include "commands/serve.hpp"'),
        ("tests/proxy/wire/test_connect.cpp", '#include "wire/connect.hpp"'),
    ]

    def test_flags(self):
        for path, line in self.BAD:
            with self.subTest(path=path, line=line):
                self.assertTrue(includes.check(path, line))

    def test_passes(self):
        for path, line in self.GOOD:
            with self.subTest(path=path, line=line):
                self.assertEqual(includes.check(path, line), [])


class Names(unittest.TestCase):
    def flagged(self, text, path="proxy/a.cpp", executable=False):
        return bool(names.check(path, text, executable))

    def test_words(self):
        for parts in (("see /ro", "ot/x"), ("in /wo", "rk/main"),
                      ("// TO", "DO: later"), ("// FIX", "ME"),
                      ('"resolved": "https://registry.npm', 'js.org/a"'), ("https://py", "pi.org/")):
            with self.subTest(parts):
                self.assertTrue(self.flagged("".join(parts)))
        for text in ("network/homework/x", "a path under the root / of it", "the work/ folder",
                     "~/.config/ssmgate", "mastodon"):
            with self.subTest(text):
                self.assertFalse(self.flagged(text))

    def test_text_that_is_only_emptied(self):
        for text in ("  way.buffer = std::string();", "text_ = std::string{};", "a->b = std::string();",
                     "x[i] = std::string();", "*out = std::string();", "if (c) x = std::string();"):
            self.assertTrue(self.flagged(text))
        for text in ("  std::string text = std::string();", "  free_text(way.buffer);",
                     "  return a == std::string();"):
            self.assertFalse(self.flagged(text))

    def test_length(self):
        self.assertTrue(self.flagged("int a;\n" * 401))
        self.assertFalse(self.flagged("int a;\n" * 400))
        self.assertFalse(self.flagged("word\n" * 401, path="docs/a.md"))

    def test_run_bit(self):
        self.assertTrue(self.flagged("#!/bin/sh\n", path="scripts/a"))
        self.assertTrue(self.flagged("int a;\n", executable=True))
        self.assertFalse(self.flagged("#!/bin/sh\n", path="scripts/a", executable=True))


if __name__ == "__main__":
    unittest.main()
