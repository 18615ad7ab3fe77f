"""What a scrape says: counts after real requests, bounded labels, and the dashboard and alerts in
conf/, every metric of which must be in a real scrape."""

import json
import re
import socket
import unittest
from pathlib import Path

import raw
from case import EndToEnd
from clients import ALICE
from test_admin import ask, ssmgate
from reloading import replace
from session_client import start, terminate
from waiting import wait_for
from world import POLICY

CONF = Path(__file__).resolve().parents[2] / "conf"
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def scrape(gateway):
    """{name: {frozen labels: value}}; every line must be one that Prometheus reads."""
    status, body, fields = ask(gateway, "GET", "/metrics")
    assert status == 200 and fields["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {}
    for line in body.decode().splitlines():
        if line.startswith("#"):
            assert re.match(r"^# (HELP|TYPE) ssmgate_\w+ .+$", line), line
            continue
        name, labels, value = SAMPLE.match(line).groups()
        labels = frozenset(LABEL.findall(labels or ""))
        assert labels not in found.setdefault(name, {}), line
        found[name][labels] = float(value)
    return found


def value(found, name, **labels):
    return found.get(name, {}).get(frozenset(labels.items()), 0)


def metrics_of(text):
    """The metrics that an expression names."""
    return set(re.findall(r"\bssmgate_\w+", text))


class Metrics(EndToEnd):
    def ask_for(self, **parameters):
        """A StartSession by hand; its status."""
        body = json.dumps({"Target": "i-0123456789abcdef0", **parameters}).encode()
        return raw.exchange(self.world, raw.signed(ALICE, "StartSession", body))

    def test_what_is_decided_is_counted_by_decision_code_and_rule(self):
        gateway = self.world.gateway
        before = scrape(gateway)
        self.assertEqual(self.ask_for().status, 200)
        self.assertEqual(self.ask_for(DocumentName="AWS-StartSSHSession").status, 400)
        self.assertEqual(self.ask_for(Extra="x").status, 400)

        def counted(decision, code, rule):
            name = "ssmgate_decisions_total"
            labels = {"decision": decision, "code": code, "rule": rule}
            return value(scrape(gateway), name, **labels) - value(before, name, **labels)
        self.assertEqual(counted("allow", "allowed", "shell"), 1)
        self.assertEqual(counted("deny", "no-rule", ""), 1)
        self.assertEqual(counted("malformed", "unknown-member", ""), 1)
        self.assertEqual(value(scrape(gateway), "ssmgate_malformed_total", code="unknown-member") -
                         value(before, "ssmgate_malformed_total", code="unknown-member"), 1)
        wait_for(lambda: value(scrape(gateway), "ssmgate_upstream_seconds_count") >
                 value(before, "ssmgate_upstream_seconds_count"), "the relayed request's time")
        self.assertGreater(value(scrape(gateway), "ssmgate_audit_write_seconds_count"), 0)

    def test_no_label_is_what_a_client_chose(self):
        gateway = self.world.gateway
        self.ask_for(DocumentName="Client-Chosen-Document", Reason="client-chosen reason")
        text = ask(gateway, "GET", "/metrics")[1].decode()
        for word in ("Client-Chosen", "client-chosen", "i-0123456789abcdef0", "amazonaws"):
            self.assertNotIn(word, text)
        known = {"decision", "code", "rule", "direction", "from", "reason", "sink", "revision",
                 "mode", "result", "version", "le"}
        self.assertLessEqual({label for series in scrape(gateway).values() for labels in series
                              for label, _ in labels}, known)

    def test_a_failed_handshake_has_its_reason(self):
        gateway = self.world.gateway
        name = "ssmgate_handshake_failures_total"
        before = value(scrape(gateway), name, reason="distrusted")
        with raw.connect(gateway.port) as stream:
            context = raw.trusting(self.world.stand_in.root)  # not the gateway's
            with self.assertRaises((OSError, raw.ssl.SSLError)):
                context.wrap_socket(stream, server_hostname=raw.HOST)
        wait_for(lambda: value(scrape(gateway), name, reason="distrusted") == before + 1,
                 "the handshake to be counted")

    def test_connections_and_tunnels_come_and_go(self):
        gateway = self.world.gateway
        before = scrape(gateway)
        with socket.create_connection(("127.0.0.1", gateway.port), 30):
            wait_for(lambda: value(scrape(gateway), "ssmgate_connections") >
                     value(before, "ssmgate_connections"), "the connection")
        wait_for(lambda: value(scrape(gateway), "ssmgate_connections") <=
                 value(before, "ssmgate_connections"), "its end")
        self.assertEqual(value(scrape(gateway), "ssmgate_tunnels"), 0)

    def test_live_sessions_come_and_go(self):
        gateway = self.world.gateway

        def live():
            counts = json.loads(ask(gateway, "GET", "/v1/status")[1])["counts"]
            found = value(scrape(gateway), "ssmgate_sessions")
            self.assertEqual(counts["sessions"], found)
            return found
        before = live()
        session = start(self.world)["SessionId"]
        self.assertEqual(live(), before + 1)
        self.assertEqual(terminate(self.world, session).status, 200)
        self.assertEqual(live(), before)

    def test_reloads_are_counted_and_rules_keep_their_counts(self):
        gateway = self.world.gateway
        self.ask_for()
        labels = {"decision": "allow", "code": "allowed", "rule": "shell"}
        before = scrape(gateway)
        replace(gateway.folder / "policy.yaml", POLICY + "# another\n")
        self.assertEqual(ssmgate(self.world, "reload").status, 0)
        after = scrape(gateway)
        self.assertEqual(value(after, "ssmgate_decisions_total", **labels),
                         value(before, "ssmgate_decisions_total", **labels))
        self.assertGreater(value(after, "ssmgate_reloads_total", result="taken"),
                           value(before, "ssmgate_reloads_total", result="taken"))
        self.assertNotEqual(before["ssmgate_policy_info"], after["ssmgate_policy_info"])
        self.assertEqual(len(after["ssmgate_policy_info"]), 1)

    def test_status_counts_what_the_scrape_counts(self):
        gateway = self.world.gateway
        self.ask_for()
        counts = json.loads(ask(gateway, "GET", "/v1/status")[1])["counts"]
        found = scrape(gateway)["ssmgate_decisions_total"]
        for word, decision in (("allowed", "allow"), ("denied", "deny"), ("malformed", "malformed")):
            self.assertEqual(counts[word], sum(number for labels, number in found.items()
                                               if ("decision", decision) in labels))


class Conf(EndToEnd):
    """`mode: report`, so that the metric about it is there, too."""

    policy = POLICY + "mode: report\nuntil: 2099-01-01\n"

    def names(self):
        return set(scrape(self.world.gateway))

    def test_every_metric_of_the_dashboard_is_in_a_scrape(self):
        board = json.loads((CONF / "grafana" / "ssmgate.json").read_text())
        self.assertEqual(board["uid"], "ssmgate")
        named = set()
        for panel in board["panels"]:
            self.assertTrue(panel["targets"], panel["title"])
            for target in panel["targets"]:
                found = metrics_of(target["expr"])
                self.assertTrue(found, target["expr"])
                named |= found
        self.assertEqual(named - self.names(), set())
        self.assertGreater(len(named), 20)

    def test_every_metric_of_the_alerts_is_in_a_scrape(self):
        text = (CONF / "prometheus" / "alerts.yaml").read_text()
        expressions = re.findall(r"^ +expr: (.+)$", text, re.MULTILINE)
        self.assertEqual(len(expressions), text.count("- alert: "))
        named = set()
        for expression in expressions:
            found = metrics_of(expression)
            self.assertTrue(found, expression)
            named |= found
        self.assertEqual(named - self.names(), set())

    def test_every_metric_is_in_the_docs(self):
        text = (CONF.parent / "docs" / "operations.md").read_text()
        for name in self.names():
            plain = re.sub(r"_(bucket|sum|count)$", "", name)
            self.assertIn(plain.removeprefix("ssmgate_"), text)


if __name__ == "__main__":
    unittest.main()
