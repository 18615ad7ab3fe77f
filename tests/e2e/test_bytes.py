"""What arrives at the service is byte for byte what the client signed and sent."""

import gzip
import json
import random
import re
import unittest

from case import EndToEnd
from clients import ALICE, BOB, TARGET, aws, boto3, javascript
from raw import HOST, connect, exchange, open_tls, read_answer, read_to_end, signed, trusting
from world import World

VARYING = re.compile(rb"(x-amz-date|authorization|amz-sdk-invocation-id|user-agent):", re.I)
HOP_BY_HOP = re.compile(rb"(connection|keep-alive|proxy-[a-z-]+|te|trailer|upgrade):", re.I)


def comparable(record):
    """Header lines in order and case, without hop-by-hop ones, and without what time changes."""
    lines = record["head"].split(b"\r\n")
    kept = [line for line in lines if not HOP_BY_HOP.match(line)]
    return [line.partition(b":")[0] if VARYING.match(line) else line for line in kept]


class SameAsWithoutGateway(EndToEnd):
    """Each client twice: through the gateway, and through a proxy that looks at nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = World(with_gateway=False)
        cls.addClassCleanup(cls.plain.close)

    def compare(self, drive):
        seen = []
        for world in (self.world, self.plain):
            before = len(world.stand_in.records("request"))
            drive(world)
            record, = world.stand_in.records("request")[before:]
            self.assertEqual(record["signature"], "ok")
            seen.append((comparable(record), record["body"], record["sni"]))
        self.assertEqual(seen[0], seen[1])

    def test_aws_cli(self):
        reason = "caf\u00e9 \u2014 #42"
        self.compare(lambda world: aws(world, "start-session", "--target", TARGET, "--reason",
                                       reason, caller=BOB))

    def test_boto3(self):
        self.compare(lambda world: boto3(world, "start_session", {"Target": TARGET}))

    def test_javascript(self):
        given = json.dumps({"Target": TARGET, "Reason": "caf\u00e9 \u2014 #42"})
        self.compare(lambda world: javascript(world, "start_session.mjs", "StartSession", given))


class HandMade(EndToEnd):
    """Requests that no SDK sends, but that are sound: the head must arrive as it was."""

    BODY = b'{"Target" :\t"i-0123456789abcdef0" , "Reason":"\\u00e9\xc3\xa9"}\n'

    def assert_same(self, request, host=HOST):
        answer = exchange(self.world, request, host)
        self.assertEqual(answer.status, 200, answer.body)
        record = self.assert_relayed("StartSession")
        head, _, body = request.partition(b"\r\n\r\n")
        self.assertEqual(record["head"], head + b"\r\n\r\n")
        self.assertEqual(record["body"], body)

    def test_shuffled_order_and_case(self):
        chance = random.Random(20261123)

        def rearrange(pairs):
            pairs = [("".join(chance.choice((letter.lower(), letter.upper())) for letter in name),
                      value) for name, value in pairs]
            chance.shuffle(pairs)
            return pairs
        for number in range(12):
            with self.subTest(number):
                self.mark()
                self.assert_same(signed(BOB, "StartSession", self.BODY, arrange=rearrange))

    def test_blanks_inside_and_empty_and_repeated_headers(self):
        extra = [("X-Empty", ""), ("X-Twice", "b"), ("x-twice", "a"), ("X-Blanks", "a  b\tc"),
                 ("Via", "1.0 elsewhere"), ("X-Forwarded-For", "192.0.2.1"),
                 ("X-Latin", "caf\u00e9"), ("Accept-Encoding", "gzip;q=0"), ("Date", "today")]
        self.assert_same(signed(ALICE, "StartSession", self.BODY, unsigned=extra))

    def test_hop_by_hop_headers_go_and_nothing_else(self):
        extra = [("Connection", "keep-alive"), ("Keep-Alive", "timeout=5"),
                 ("Proxy-Connection", "keep-alive"), ("Proxy-Authorization", "Basic planted"),
                 ("X-Last", "1")]
        request = signed(ALICE, "StartSession", self.BODY, unsigned=extra)
        self.assertEqual(exchange(self.world, request).status, 200)
        head = self.assert_relayed("StartSession")["head"].lower()
        for name in (b"keep-alive:", b"proxy-connection:", b"proxy-authorization:", b"planted"):
            self.assertNotIn(name, head)
        self.assertIn(b"\r\nx-last: 1\r\n", head)

    def test_host_with_trailing_dot(self):
        host = HOST + "."
        self.assert_same(signed(ALICE, "StartSession", self.BODY, host=host), host)

    def test_large_body_of_another_operation(self):
        body = {"DocumentName": "AWS-RunShellScript", "Comment": "x" * 3_000_000}
        request = signed(ALICE, "SendCommand", body)
        self.assertEqual(exchange(self.world, request).status, 200)
        record = self.assert_relayed("SendCommand")
        self.assertEqual(record["body"], request.partition(b"\r\n\r\n")[2])

    def test_one_byte_at_a_time(self):
        request = signed(ALICE, "StartSession", self.BODY)
        with open_tls(self.world) as stream:
            for start in range(len(request)):
                stream.sendall(request[start:start + 1])
            self.assertEqual(read_answer(stream)[0].status, 200)
        self.assert_relayed("StartSession")

    def test_connect_as_http_1_1(self):
        head = f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode()
        with connect(self.world.gateway.port, head=head) as plain, \
                trusting(self.world.bundle).wrap_socket(plain, server_hostname=HOST) as stream:
            stream.sendall(signed(ALICE, "StartSession", self.BODY))
            self.assertEqual(read_answer(stream)[0].status, 200)
        self.assert_relayed("StartSession")


class Answers(EndToEnd):
    """What the service answers comes back as it was, but for hop-by-hop headers."""

    MADE_FOR_ONE = re.compile(rb"(date|x-amzn-requestid|content-length):", re.I)

    def comparable(self, answer):
        lines = [line for line in answer.head.split(b"\r\n") if not HOP_BY_HOP.match(line)]
        return [line.partition(b":")[0] if self.MADE_FOR_ONE.match(line) else line
                for line in lines]

    def test_same_as_without_gateway(self):
        calls = (("GetConnectionStatus", {"Target": TARGET}, ()),
                 ("StartSession", {"Target": TARGET}, ()),
                 ("StartSession", {"Target": TARGET}, [("Accept-Encoding", "gzip")]),
                 ("SendCommand", {"DocumentName": "AWS-RunShellScript", "Comment": "x" * 300_000},
                  ()),
                 ("NoSuchOperation", {}, ()))
        with World(with_gateway=False) as plain:
            for operation, body, more in calls:
                with self.subTest(operation, more=more):
                    answers = [exchange(world, signed(ALICE, operation, body, unsigned=more))
                               for world in (self.world, plain)]
                    self.assertEqual(*map(self.comparable, answers))
                    self.assertEqual(*(self.shape(answer) for answer in answers))

    @staticmethod
    def shape(answer):
        """The members of an answer; what is in them differs from one call to the next."""
        body = answer.body
        if answer.header("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return sorted(json.loads(body))


class OneConnection(EndToEnd):
    """Every request of a connection is judged on its own."""

    GOOD = {"Target": TARGET}
    BAD = {"Target": TARGET, "DocumentName": "AWS-StartSSHSession"}

    def requests(self, *bodies):
        return [signed(ALICE, "StartSession", body) for body in bodies]

    def test_keep_alive_and_a_refusal_between(self):
        with open_tls(self.world) as stream:
            statuses = []
            for request in self.requests(self.GOOD, self.BAD, self.GOOD):
                stream.sendall(request)
                statuses.append(read_answer(stream)[0].status)
        self.assertEqual(statuses, [200, 400, 200])
        self.assert_relayed("StartSession", 2)

    def test_pipelined(self):
        bodies = (self.GOOD, self.BAD, self.GOOD, self.BAD, self.GOOD)
        with open_tls(self.world) as stream:
            stream.sendall(b"".join(self.requests(*bodies)))
            rest, answers = b"", []
            for _ in bodies:
                answer, rest = read_answer(stream, rest)
                answers.append(answer)
        self.assertEqual([answer.status for answer in answers], [200, 400, 200, 400, 200])
        self.assertIn("AWS-StartSSHSession", answers[1].json["message"])
        self.assert_relayed("StartSession", 3)

    def test_ambiguous_framing_ends_the_connection(self):
        good = signed(ALICE, "StartSession", self.GOOD)
        length = b"Content-Length: %d\r\n" % len(json.dumps(self.GOOD))
        spoilt = {
            "both lengths": good.replace(length, length + b"Transfer-Encoding: chunked\r\n"),
            "two lengths": good.replace(length, length + length),
            "a list of lengths": good.replace(length, length[:-2] + b", 33\r\n"),
            "a folded line": good.replace(length, length + b"X-Folded: a\r\n b\r\n"),
            "a bare LF": good.replace(length, length[:-2] + b"\n"),
            "a blank before the colon": good.replace(length, b"Content-Length : 33\r\n"),
            "a respelt length": good.replace(length, length + b"Content_Length: 0\r\n"),
            "another version": good.replace(b"HTTP/1.1", b"HTTP/1.0"),
        }
        for name, request in spoilt.items():
            with self.subTest(name), open_tls(self.world) as stream:
                self.assertNotEqual(request, good)
                self.mark()
                stream.sendall(request + good)
                answer, rest = read_answer(stream)
                self.assertEqual(answer.status, 400)
                self.assertEqual(rest + read_to_end(stream), b"")
                self.assert_nothing_reached()


if __name__ == "__main__":
    unittest.main()
