"""sigv4.py against AWS's published vectors, and against what an AWS client signs."""

import datetime
import hashlib
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from standin import sigv4  # noqa: E402
from standin.credentials import Caller, known_callers  # noqa: E402
from standin.http1 import parse_head  # noqa: E402

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TIME = "20150830T123600Z"

# SOURCE: aws-sig-v4-test-suite: name, request line and headers, body, signature.
VECTORS = [
    ("get-vanilla", "GET / HTTP/1.1", [], "",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-relative", "GET /example/.. HTTP/1.1", [], "",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-slash", "GET // HTTP/1.1", [], "",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-space", "GET /example space/ HTTP/1.1", [], "",
     "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
    ("get-unreserved", "GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
     " HTTP/1.1", [], "",
     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    ("get-utf8", "GET /\u1234 HTTP/1.1", [], "",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    ("get-vanilla-empty-query-key", "GET /?Param1=value1 HTTP/1.1", [], "",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
    ("get-vanilla-query-order-key-case", "GET /?Param2=value2&Param1=value1 HTTP/1.1", [], "",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ("get-header-key-duplicate", "GET / HTTP/1.1",
     ["My-Header1:value2", "My-Header1:value2", "My-Header1:value1"], "",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
    ("get-header-value-order", "GET / HTTP/1.1",
     ["My-Header1:value4", "My-Header1:value1", "My-Header1:value3", "My-Header1:value2"], "",
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
    ("get-header-value-trim", "GET / HTTP/1.1",
     ["My-Header1: value1", "My-Header2: \"a   b   c\""], "",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    ("post-vanilla", "POST / HTTP/1.1", [], "",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("post-header-value-case", "POST / HTTP/1.1", ["My-Header1:VALUE1"], "",
     "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
    ("post-x-www-form-urlencoded", "POST / HTTP/1.1",
     ["Content-Type:application/x-www-form-urlencoded"], "Param1=value1",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
]


def make_request(line, headers, body):
    lines = [line, "Host:example.amazonaws.com", *headers, f"X-Amz-Date:{TIME}", "", ""]
    request = parse_head("\r\n".join(lines).encode())
    request.body = body.encode()
    return request


class PublishedVectors(unittest.TestCase):
    def test_signatures(self):
        for name, line, headers, body, expected in VECTORS:
            with self.subTest(name):
                request = make_request(line, headers, body)
                signed = tuple(sorted({key.lower() for key, _ in request.headers}))
                claim = sigv4.Claim("AKIDEXAMPLE", "20150830", "us-east-1", "service", signed, "")
                self.assertEqual(sigv4.sign(request, claim, SECRET, TIME), expected)


class Verdicts(unittest.TestCase):
    """One good request, then the same with one thing changed."""

    NOW = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.timezone.utc)
    CALLERS = {"AKIDEXAMPLE": Caller("AKIDEXAMPLE", SECRET, "example")}

    def signed_request(self, headers=(), body='{"Target": "i-0123456789abcdef0"}'):
        request = make_request("POST / HTTP/1.1",
                               ["Content-Type: application/x-amz-json-1.1", *headers], body)
        signed = tuple(sorted({key.lower() for key, _ in request.headers}))
        claim = sigv4.Claim("AKIDEXAMPLE", "20150830", "us-east-1", "ssm", signed, "")
        signature = sigv4.sign(request, claim, SECRET, TIME)
        request.headers.append(("Authorization", (
            f" AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{claim.scope}, "
            f"SignedHeaders={';'.join(signed)}, Signature={signature}")))
        return request

    def verify(self, request, now=None):
        return sigv4.verify(request, self.CALLERS, now or self.NOW)

    def refuse(self, request, code, now=None):
        with self.assertRaises(sigv4.Unverified) as caught:
            self.verify(request, now)
        self.assertEqual(caught.exception.code, code)

    def test_good_request_is_verified(self):
        self.assertEqual(self.verify(self.signed_request()).user, "example")

    def test_changed_bytes_are_caught(self):
        def change_header(request, name, value):
            request.headers = [(key, value if key == name else old)
                               for key, old in request.headers]
        changes = {
            "body": lambda r: setattr(r, "body", r.body.replace(b": ", b":")),
            "method": lambda r: setattr(r, "method", "PUT"),
            "path": lambda r: setattr(r, "target", "/x"),
            "query": lambda r: setattr(r, "target", "/?x="),
            "host": lambda r: change_header(r, "Host", "example.amazonaws.com."),
            "type": lambda r: change_header(r, "Content-Type", "application/x-amz-json-1.0"),
            "twice": lambda r: r.headers.append(("Host", "example.amazonaws.com")),
        }
        for name, change in changes.items():
            with self.subTest(name):
                request = self.signed_request()
                change(request)
                self.refuse(request, "InvalidSignatureException")

    def test_header_case_order_and_outer_blanks_do_not_matter(self):
        request = self.signed_request()
        request.headers = [(name.swapcase(), f"  {value} ")
                           for name, value in reversed(request.headers)]
        self.verify(request)

    def test_header_added_but_not_signed(self):
        request = self.signed_request()
        request.headers.append(("Via", "1.1 somebody"))
        self.verify(request)
        request.headers.append(("X-Amz-Target", "AmazonSSM.StartSession"))
        self.refuse(request, "InvalidSignatureException")

    def test_body_hash_header_must_be_the_bodys(self):
        wrong = hashlib.sha256(b"another").hexdigest()
        self.refuse(self.signed_request([f"X-Amz-Content-Sha256: {wrong}"]),
                    "InvalidSignatureException")

    def test_clock(self):
        minutes = datetime.timedelta(minutes=1)
        for shift in (-15, 15):
            self.verify(self.signed_request(), self.NOW + shift * minutes)
        for shift in (-16, 16):
            self.refuse(self.signed_request(), "InvalidSignatureException",
                        self.NOW + shift * minutes)

    def test_unknown_key_and_session_token(self):
        self.refuse(self.signed_request(["X-Amz-Security-Token: x"]),
                    "UnrecognizedClientException")
        request = self.signed_request()
        with self.assertRaises(sigv4.Unverified) as caught:
            sigv4.verify(request, {}, self.NOW)
        self.assertEqual(caught.exception.code, "UnrecognizedClientException")

    def test_authorization_missing_twice_or_another(self):
        request = self.signed_request()
        name, value = request.headers.pop()
        self.refuse(request, "MissingAuthenticationTokenException")
        request.headers += [(name, value), (name, value)]
        self.refuse(request, "IncompleteSignatureException")
        request.headers[-2:] = [(name, "Bearer x")]
        self.refuse(request, "IncompleteSignatureException")


class SignedByAnAwsClient(unittest.TestCase):
    def test_botocore(self):
        try:
            from botocore.auth import SigV4Auth
            from botocore.awsrequest import AWSRequest
            from botocore.credentials import Credentials
        except ImportError:
            self.skipTest("no botocore for this Python; the vectors above hold without it")
        for caller in known_callers().values():
            body = b'{"Target": "i-0123456789abcdef0", "Reason": "\\u2014"}'
            made = AWSRequest("POST", "https://ssm.us-east-1.amazonaws.com/", data=body, headers={
                "Host": "ssm.us-east-1.amazonaws.com", "X-Amz-Target": "AmazonSSM.StartSession",
                "Content-Type": "application/x-amz-json-1.1"})
            token = caller.session_token or None
            SigV4Auth(Credentials(caller.access_key, caller.secret, token), "ssm",
                      "us-east-1").add_auth(made)
            lines = ["POST / HTTP/1.1", *(f"{k}: {v}" for k, v in made.headers.items()), "", ""]
            request = parse_head("\r\n".join(lines).encode("latin-1"))
            request.body = body
            now = datetime.datetime.now(datetime.timezone.utc)
            self.assertEqual(sigv4.verify(request, known_callers(), now), caller)


if __name__ == "__main__":
    unittest.main()
