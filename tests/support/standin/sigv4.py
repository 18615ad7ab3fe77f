"""Verification of AWS Signature Version 4, written from AWS's specification and nothing else.

Owns: canonical request, string to sign, signing key, and the verdict on a received request. It
shares no code with any AWS client, so that agreement with one means something.
SOURCE: AWS General Reference, "Create a signed AWS API request"; and its published test suite,
which test_sigv4.py runs.
"""

import datetime
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
CLOCK_SKEW = datetime.timedelta(minutes=15)
MUST_BE_SIGNED = ("host", "content-type", "x-amz-date", "x-amz-target", "x-amz-security-token",
                  "x-amz-content-sha256")

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Za-z0-9]+)/(\d{8})/([A-Za-z0-9-]+)/([A-Za-z0-9-]+)/"
    r"aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")


class Unverified(Exception):
    """Why a request is not what its caller signed. `code` is the AWS error that says so."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Claim:
    access_key: str
    date: str
    region: str
    service: str
    signed: tuple
    signature: str

    @property
    def scope(self):
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def parse_claim(request):
    found = request.values("authorization")
    if not found:
        raise Unverified("MissingAuthenticationTokenException", "Missing Authentication Token")
    match = AUTHORIZATION.fullmatch(found[0]) if len(found) == 1 else None
    if not match:
        raise Unverified("IncompleteSignatureException", "not one AWS4-HMAC-SHA256 header")
    access_key, date, region, service, signed, signature = match.groups()
    return Claim(access_key, date, region, service, tuple(signed.split(";")), signature)


def canonical_path(path):
    """RFC 3986 §5.2.4 without `.` and `..`, no empty segments, then every byte encoded (again)."""
    kept = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    joined = "/" + "/".join(kept)
    if kept and (path.endswith(("/", "/.", "/.."))):
        joined += "/"
    return quote(joined.encode("latin-1"), safe="/-_.~")


def canonical_query(query):
    def coded(text):
        return quote(unquote_to_bytes(text.encode("latin-1")), safe="-_.~")
    pairs = [part.partition("=") for part in query.split("&") if part]
    return "&".join(f"{name}={value}"
                    for name, value in sorted((coded(n), coded(v)) for n, _, v in pairs))


def canonical_request(request, signed):
    path, _, query = request.target.partition("?")
    lines = [request.method, canonical_path(path), canonical_query(query)]
    for name in signed:
        values = (re.sub(" +", " ", value) for value in request.values(name))
        lines.append(f"{name}:{','.join(values)}")
    lines += ["", ";".join(signed), hashlib.sha256(request.body).hexdigest()]
    return "\n".join(lines).encode("latin-1")


def signing_key(secret, claim):
    key = ("AWS4" + secret).encode()
    for part in (claim.date, claim.region, claim.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def sign(request, claim, secret, time):
    """The signature, in lower-case hex, that the holder of `secret` gives to this request."""
    digest = hashlib.sha256(canonical_request(request, claim.signed)).hexdigest()
    text = "\n".join((ALGORITHM, time, claim.scope, digest))
    return hmac.new(signing_key(secret, claim), text.encode(), hashlib.sha256).hexdigest()


def check_time(request, claim, now):
    time = request.value("x-amz-date") or ""
    if not re.fullmatch(r"\d{8}T\d{6}Z", time) or not time.startswith(claim.date):
        raise Unverified("IncompleteSignatureException", "no X-Amz-Date that fits the scope")
    stamp = datetime.datetime.strptime(time, "%Y%m%dT%H%M%SZ")
    if abs(now - stamp.replace(tzinfo=datetime.timezone.utc)) > CLOCK_SKEW:
        raise Unverified("InvalidSignatureException", f"Signature expired: {time}")
    return time


def check_signed_headers(request, claim):
    if tuple(sorted(set(claim.signed))) != claim.signed:
        raise Unverified("IncompleteSignatureException", "SignedHeaders are not sorted")
    for name in claim.signed:
        if not request.values(name):
            raise Unverified("InvalidSignatureException", f"signed header {name} is missing")
    for name in MUST_BE_SIGNED:
        if request.values(name) and name not in claim.signed:
            raise Unverified("InvalidSignatureException", f"header {name} is not signed")


def check_body_hash(request):
    stated = request.values("x-amz-content-sha256")
    if stated and stated != [hashlib.sha256(request.body).hexdigest()]:
        raise Unverified("InvalidSignatureException", "x-amz-content-sha256 is not the body's")


def verify(request, callers, now):
    """The Caller who signed exactly these bytes, or Unverified.

    `callers`: access key id → Caller. `now`: an aware time in UTC.
    """
    claim = parse_claim(request)
    caller = callers.get(claim.access_key)
    sent_token = ",".join(request.values("x-amz-security-token"))
    if caller is None or not hmac.compare_digest(caller.session_token.encode(),
                                                 sent_token.encode("latin-1")):
        raise Unverified("UnrecognizedClientException",
                         "The security token included in the request is invalid.")
    time = check_time(request, claim, now)
    check_signed_headers(request, claim)
    check_body_hash(request)
    expected = sign(request, claim, caller.secret, time)
    if not hmac.compare_digest(expected, claim.signature):
        raise Unverified("InvalidSignatureException",
                         "The request signature we calculated does not match the signature you "
                         "provided. Check your AWS Secret Access Key and signing method. Consult "
                         "the service documentation for details.")
    return caller
