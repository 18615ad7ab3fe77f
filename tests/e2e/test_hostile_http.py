"""Raw bytes of an attacker inside the TLS and before it: what is refused reaches nobody, what is
relayed arrives once, in order, byte for byte. TLS itself is in test_hostile_tls."""

import contextlib
import json
import random
import socket
import unittest

from case import EndToEnd
from clients import ALICE, TARGET
from raw import HOST, connect, exchange, open_tls, read_answer, read_to_end, signed, trusting
from waiting import wait_for

GOOD = {"Target": TARGET}
BODY = json.dumps(GOOD).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)

# What stands in the place of the sound length. Each is a request for some reader and another, or
# none, for the next: the spellings of CL/TE desynchronisation that are known.
LENGTHS = {
    "two lengths alike": LENGTH * 2,
    "two lengths": LENGTH + b"Content-Length: 0\r\n",
    "a list of lengths": LENGTH[:-2] + b", %d\r\n" % len(BODY),
    "an empty length": b"Content-Length:\r\n",
    "a signed length": b"Content-Length: +%d\r\n" % len(BODY),
    "a negative length": b"Content-Length: -1\r\n",
    "a length in hexadecimal": b"Content-Length: 0x%x\r\n" % len(BODY),
    "a length with an exponent": b"Content-Length: 3e1\r\n",
    "a length with a unit": LENGTH[:-2] + b"b\r\n",
    "a length that overflows": b"Content-Length: 18446744073709551649\r\n",
    "eleven digits": b"Content-Length: %011d\r\n" % len(BODY),
    "a length and a comment": LENGTH[:-2] + b";x\r\n",
    "a length in Arabic digits": "Content-Length: \u0663\u0663\r\n".encode(),
    "a blank before the colon": b"Content-Length : %d\r\n" % len(BODY),
    "a tab before the colon": b"Content-Length\t: %d\r\n" % len(BODY),
    "a vertical tab in the value": b"Content-Length:\x0b%d\r\n" % len(BODY),
    "an underscore": LENGTH + b"Content_Length: 0\r\n",
    "a dot": LENGTH + b"Content.Length: 0\r\n",
    "without the hyphen": LENGTH + b"ContentLength: 0\r\n",
    "with a digit": LENGTH + b"Content-Length2: 0\r\n",
    "a blank in the name": LENGTH + b"Content Length: 0\r\n",
    "a folded length": b"Content-Length:\r\n %d\r\n" % len(BODY),
    "a length folded into another": LENGTH + b"X-Odd: a\r\n Content-Length: 0\r\n",
    "a first line that is folded": b"\r\n".join((b" " + LENGTH[:-2], LENGTH)),
    "a bare LF before it": LENGTH[:-2] + b"\nContent-Length: 0\r\n",
    "a bare CR before it": LENGTH[:-2] + b"\rContent-Length: 0\r\n",
    "a NUL": LENGTH[:-2] + b"\0\r\n",
    "a NUL in the name": LENGTH + b"Content-Length\0: 0\r\n",
    "no name": LENGTH + b": 0\r\n",
    "no colon": LENGTH + b"Content-Length\r\n",
    "chunked beside a length": LENGTH + b"Transfer-Encoding: chunked\r\n",
    "chunked before a length": b"Transfer-Encoding: chunked\r\n" + LENGTH,
    "chunked alone": b"Transfer-Encoding: chunked\r\n",
    "identity": LENGTH + b"Transfer-Encoding: identity\r\n",
    "an empty coding": LENGTH + b"Transfer-Encoding:\r\n",
    "xchunked": LENGTH + b"Transfer-Encoding: xchunked\r\n",
    "a list of codings": LENGTH + b"Transfer-Encoding: chunked, identity\r\n",
    "two codings": LENGTH + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
    "in capitals": LENGTH + b"TRANSFER-ENCODING: CHUNKED\r\n",
    "a quoted coding": LENGTH + b'Transfer-Encoding: "chunked"\r\n',
    "a blank before chunked's colon": LENGTH + b"Transfer-Encoding : chunked\r\n",
    "a vertical tab before chunked": LENGTH + b"Transfer-Encoding:\x0bchunked\r\n",
    "a form feed behind chunked": LENGTH + b"Transfer-Encoding: chunked\x0c\r\n",
    "chunked behind a bare LF": LENGTH + b"X-Odd: a\nTransfer-Encoding: chunked\r\n",
    "chunked behind a bare CR": LENGTH + b"X-Odd: a\rTransfer-Encoding: chunked\r\n",
    "chunked that is folded": LENGTH + b"Transfer-Encoding:\r\n chunked\r\n",
    "chunked folded into another": LENGTH + b"X-Odd: a\r\n\tTransfer-Encoding: chunked\r\n",
    "chunked with an underscore": LENGTH + b"Transfer_Encoding: chunked\r\n",
    "chunked without its hyphen": LENGTH + b"TransferEncoding: chunked\r\n",
    "a control in chunked's name": LENGTH + b"Transfer-\x01Encoding: chunked\r\n",
    "a byte above ASCII in its name": LENGTH + b"Transfer\xadEncoding: chunked\r\n",
    "an unknown expectation": LENGTH + b"Expect: 200-ok\r\n",
}

# In the place of `POST / HTTP/1.1`.
LINES = (b"POST / HTTP/1.0", b"POST / HTTP/2.0", b"POST / HTTP/1.2", b"POST / HTTP/1.1 x",
         b"POST / HTTP/01.1", b"POST / http/1.1", b"POST /", b"POST  / HTTP/1.1",
         b"POST\t/ HTTP/1.1", b"POST / HTTP/1.1\t", b" POST / HTTP/1.1", b"\r\n\r\nPOST / HTTP/1.1",
         b"\nPOST / HTTP/1.1", b"POST /\0 HTTP/1.1", b"PRI * HTTP/2.0")
# These are sound, and yet no request that is judged: the connection goes on behind the refusal.
OTHER_LINES = (b"GET / HTTP/1.1", b"post / HTTP/1.1", b"POST // HTTP/1.1", b"POST /? HTTP/1.1",
               b"POST /%2e HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT x:443 HTTP/1.1",
               b"POST https://ssm.us-east-1.amazonaws.com/ HTTP/1.1", b"PUT / HTTP/1.1",
               b"POST /#x HTTP/1.1", b"POST /; HTTP/1.1")
# Headers that ask for another protocol, or for a signed field to be dropped on the way.
OTHER_HEADERS = (b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n",
                 b"Upgrade: websocket\r\n", b"Connection: X-Amz-Target\r\n",
                 b"Connection: Host\r\n",
                 b"Connection: keep-alive\r\nConnection: Content-Type\r\n",
                 b"Connection: \"close\"\r\n", b"Host: ssm.us-east-1.amazonaws.com\r\n",
                 b"Host: evil.example\r\n", b"X-Amz-Target: AmazonSSM.SendCommand\r\n")


def good(operation="StartSession", body=GOOD):
    return signed(ALICE, operation, body)


class Smuggling(EndToEnd):
    def send(self, request):
        """All that comes back for `request` and a sound one behind it, until the end."""
        with open_tls(self.world) as stream:
            stream.sendall(request + good())
            answer, rest = read_answer(stream)
            return answer, rest + read_to_end(stream)

    def assert_closed(self, request):
        self.mark()
        answer, rest = self.send(request)
        self.assertEqual((answer.status, rest), (400, b""))
        self.assertEqual(answer.header("content-type"), "application/x-amz-json-1.1")
        self.assert_nothing_reached()
        line, = wait_for(self.decisions, "the record")
        self.assertEqual(line["decision"], "malformed")

    def test_every_spelling_of_a_length(self):
        for name, lines in LENGTHS.items():
            with self.subTest(name):
                self.assert_closed(good().replace(LENGTH, lines))

    def test_request_lines_of_another_protocol(self):
        for line in LINES:
            with self.subTest(line):
                self.assert_closed(good().replace(b"POST / HTTP/1.1", line))

    def assert_refused_and_goes_on(self, request):
        self.mark()
        with open_tls(self.world) as stream:
            stream.sendall(request + good())
            first, rest = read_answer(stream)
            self.assertEqual(first.status, 400)
            second, _ = read_answer(stream, rest)
        self.assertEqual(second.status, 200)
        self.assert_relayed("StartSession")
        self.assertEqual([line["decision"] for line in self.decisions()], ["malformed", "allow"])

    def test_other_methods_and_targets(self):
        for line in OTHER_LINES:
            with self.subTest(line):
                self.assert_refused_and_goes_on(good().replace(b"POST / HTTP/1.1", line))

    def test_headers_that_mean_another_request(self):
        for lines in OTHER_HEADERS:
            with self.subTest(lines):
                self.assert_refused_and_goes_on(good().replace(LENGTH, LENGTH + lines))

    def test_a_length_that_takes_in_the_next_request(self):
        inner = good()
        operation = "DescribeInstanceInformation"
        request = signed(ALICE, operation, b"{}" + inner)
        self.mark()
        with open_tls(self.world) as stream:
            stream.sendall(request)
            read_answer(stream)
        # One request with a strange body, and no StartSession: the length alone says what is whose.
        self.assertEqual([record["operation"] for record in self.reached()], [operation])
        self.assertEqual(self.reached()[0]["body"], b"{}" + inner)

    def test_a_request_behind_a_body_too_short_for_its_length(self):
        self.mark()
        cut = good().replace(LENGTH, b"Content-Length: %d\r\n" % (len(BODY) + 40))
        with open_tls(self.world) as stream:
            stream.sendall(cut + good()[:39])
            stream.settimeout(1)
            with self.assertRaises(TimeoutError):
                stream.recv(1)
        self.assert_nothing_reached()


class InOrder(EndToEnd):
    def test_what_is_relayed_arrives_once_in_order_byte_for_byte(self):
        dice = random.Random(4)
        sent, wanted, statuses = [], [], []
        for number in range(60):
            kind = dice.randrange(3)
            body = {**GOOD, "Reason": f"number {number} " + "x" * dice.randrange(200)}
            if kind == 1:
                body["DocumentName"] = "AWS-StartSSHSession"
            operation = "DescribeInstanceInformation" if kind == 2 else "StartSession"
            name = "X-Odd-" + "aB"[number % 2] * dice.randrange(1, 9)
            extra = [(name, "x" * dice.randrange(3000))]
            request = signed(ALICE, operation, json.dumps(body).encode(), unsigned=extra)
            sent.append(request)
            statuses.append(400 if kind == 1 else 200)
            if kind != 1:
                wanted.append(request)
        bytes_sent = b"".join(sent)
        with open_tls(self.world) as stream:
            rest, got = b"", []
            at = 0
            while at < len(bytes_sent):
                size = dice.choice((1, 7, 100, 5000))
                stream.sendall(bytes_sent[at:at + size])
                at += size
            for _ in sent:
                answer, rest = read_answer(stream, rest)
                got.append(answer.status)
        self.assertEqual(got, statuses)
        arrived = [record["head"] + record["body"] for record in self.reached()]
        self.assertEqual(arrived, wanted)


class LargeBodies(EndToEnd):
    """One may have 16 MiB, an owner 64 MiB, of what has come and not of what was announced."""

    changes = {"limits": {"body_timeout": "120s"}, "listen": [
        {"address": "127.0.0.1:0"}, {"address": "127.0.0.1:0", "clients": ["192.0.2.0/24"]}]}
    MOST = 16 * 1024 * 1024

    def large(self, size):
        return {"DocumentName": "AWS-RunShellScript", "Comment": "x" * size}

    def ask(self):
        return exchange(self.world, signed(ALICE, "SendCommand", self.large(1024 * 1024)))

    def test_others_have_room_until_it_is_taken(self):
        body = json.dumps(self.large(0)).encode().replace(b'""', b'"%s"' % (b"x" * self.MOST))
        whole = signed(ALICE, "SendCommand", body[-self.MOST:])
        first = len(whole) - self.MOST + 100
        with contextlib.ExitStack() as streams:
            greedy = [streams.enter_context(open_tls(self.world)) for _ in range(16)]
            for stream in greedy:
                stream.sendall(whole[:first])
            del greedy[4:]
            self.assertEqual(self.ask().status, 200)
            self.assert_relayed("SendCommand")
            self.mark()
            for stream in greedy:  # with their heads a little less than 64 MiB in all
                stream.sendall(whole[first:-8192])
            # One that asks before that may take the room that one of these then lacks, and loses.
            wait_for(lambda: self.world.gateway.unread(self.world.gateway.port) == 0, "the gateway to read all")
            refused = wait_for(lambda: (answer := self.ask()).status == 400 and answer, "no room")
            self.assertIn("over-limit", refused.json["message"])
            self.assertEqual(exchange(self.world, good()).status, 200)
        wait_for(lambda: self.ask().status == 200, "room again")

    def test_of_who_is_not_let_in_none_is_held(self):
        body = json.dumps(self.large(0)).encode().replace(b'""', b'"%s"' % (b"x" * self.MOST))
        whole = signed(ALICE, "SendCommand", body[-self.MOST:])
        with contextlib.ExitStack() as streams:
            # More than an owner may hold.
            shut_out = [self.enter_shut(streams) for _ in range(5)]
            for stream in shut_out:
                stream.sendall(whole[:-1])
            wait_for(lambda: self.world.gateway.unread(self.world.gateway.ports[1]) == 0, "the gateway to read all")
            self.assertEqual(self.ask().status, 200)
            self.assert_relayed("SendCommand")
            for stream in shut_out:
                stream.sendall(whole[-1:])
                answer, _ = read_answer(stream)
                self.assertEqual(answer.status, 400)
                self.assertIn("client-not-allowed", answer.json["message"])
        self.assertEqual(len(self.reached("SendCommand")), 1)

    def enter_shut(self, streams):
        outer = connect(self.world.gateway.ports[1])
        return streams.enter_context(
            trusting(self.world.bundle).wrap_socket(outer, server_hostname=HOST))

    def test_more_than_one_may_have(self):
        self.mark()
        with open_tls(self.world) as stream:
            request = signed(ALICE, "SendCommand", b"{}")
            stream.sendall(request.replace(b"Content-Length: 2",
                                           b"Content-Length: %d" % (self.MOST + 1)))
            answer, rest = read_answer(stream)
            self.assertEqual((answer.status, rest, read_to_end(stream)), (400, b"", b""))
        self.assertIn("too-large", answer.json["message"])
        self.assert_nothing_reached()


def head(line=b"CONNECT %s:443 HTTP/1.1" % HOST.encode(), *fields):
    return b"\r\n".join((line, b"Host: %s:443" % HOST.encode(), *fields, b"", b""))


# Bytes that are no CONNECT, or an ambiguous one: 400 and the end.
CONNECTS = (
    b"connect ssm.us-east-1.amazonaws.com:443 HTTP/1.1\r\n\r\n", head(b"CONNECT x HTTP/1.1"),
    *(head(b"CONNECT " + target + b" HTTP/1.1") for target in (
        b":443", b"x:0", b"x:65536", b"x:0443", b"x:+443", b"x:443x", b"x:4 43", b"x:443/",
        b"u@x:443", b"u:p@x:443", b"http://x:443", b"https://x:443/", b"/x:443", b"x:443?q",
        b"x:443#f", b"[::1:443", b"::1:443", b"[fe80::1%25eth0]:443", b"[::ffff:1.2.3.4", 
        b"x%2ey:443", b"x..y:443", b"-x:443", b"x\0y:443", b"x\xc3\xa9:443", b"*:443",
        b"0x7f.1:443", b"127.1:443",
        b"2130706433:443", b"0177.0.0.1:443", b"a" * 64 + b".example:443")),
    head(b"CONNECT x:443 HTTP/1.1"), head(b"CONNECT x:443 HTTP/2.0"), head(b"CONNECT x:443"),
    head(b"CONNECT  x:443 HTTP/1.1"), head(b"CONNECT\tx:443 HTTP/1.1"), b"\r\n" + head(),
    head(b"GET http://x/ HTTP/1.1"), head(b"POST / HTTP/1.1"), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    *(b"\r\n".join((b"CONNECT %s:443 HTTP/1.1" % HOST.encode(), *fields, b"", b"")) for fields in (
        (), (b"Host: evil.example:443",), (b"Host: %s:444" % HOST.encode(),), (b"Host:",),
        (b"Host: %s:443" % HOST.encode(),) * 2, (b"Host : %s:443" % HOST.encode(),))),
    *(head(*[head().split(b"\r\n")[0]], field) for field in (
        b"Content-Length: 0", b"Content-Length: 5", b"Transfer-Encoding: chunked",
        b"Content_Length: 5", b"X-Folded: a\r\n b", b"X-Lf: a\nb: c", b"X-Nul: \0", b"X Y: z", b"X",
        b"Proxy-Authorization: Basic eDp5\r\nProxy-Authorization: Basic eDp5")),
)


class Connects(EndToEnd):
    def ask(self, data):
        """What is answered; the record, which may come a moment later, is there."""
        before = len(self.world.gateway.audit("connect"))
        with socket.create_connection(("127.0.0.1", self.world.gateway.port), 30) as stream:
            stream.sendall(data)
            stream.shutdown(socket.SHUT_WR)
            answer = read_to_end(stream)
        wait_for(lambda: len(self.world.gateway.audit("connect")) > before, "the record")
        return answer

    def test_what_is_no_connect_is_400(self):
        for data in CONNECTS:
            with self.subTest(data):
                before = len(self.world.gateway.audit("connect"))
                answer = self.ask(data)
                self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer[:60])
                self.assertEqual(json.loads(answer.partition(b"\r\n\r\n")[2])["__type"],
                                 "ValidationException")
                line, = wait_for(lambda: self.world.gateway.audit("connect")[before:], "the record")
                self.assertEqual(line["decision"], "malformed")

    def test_a_head_without_end_is_431(self):
        self.assertTrue(self.ask(b"CONNECT x:443 HTTP/1.1\r\nX: " + b"x" * 70000).startswith(
            b"HTTP/1.1 431 "))

    def test_what_a_log_would_show_is_shown_as_ascii(self):
        answer = self.ask(head(b"CONNECT \x1b[2J\xe2\x80\xae:443 HTTP/1.1"))
        record = self.world.gateway.audit_file.read_bytes().split(b"\n")[-2]
        log = self.world.gateway.log.text.encode()
        for text in (answer.partition(b"\r\n\r\n")[2], record, log):
            self.assertNotIn(b"\x1b", text)
            self.assertTrue(text.isascii())

    def test_names_of_ssm_in_other_words_are_ssm(self):
        for name in ("SSM.us-east-1.AMAZONAWS.com", HOST + "."):
            with self.subTest(name):
                self.mark()
                with trusting(self.world.bundle).wrap_socket(
                        connect(self.world.gateway.port, name), server_hostname=HOST) as stream:
                    stream.sendall(good())
                    self.assertEqual(read_answer(stream)[0].status, 200)
                self.assert_relayed("StartSession")

    def test_bytes_behind_the_head_are_the_tunnels(self):
        """CONNECT and a request that no proxy may take for its own, in one piece."""
        answer = self.ask(head() + good())
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "))
        self.assert_nothing_reached()


if __name__ == "__main__":
    unittest.main()
