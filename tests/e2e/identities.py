"""What callers show: passwords in a users file, certificates of a CA of their own, its revocations.

Owns the files of one folder. Nothing here is fit for anything but a test.
"""

import base64
import ctypes
import os
import time
from pathlib import Path

from standin.tls import openssl

PASSWORD = "correct horse: battery"  # with a colon and a space
OTHER_PASSWORD = "tr0ub4dor"


def crypt_hash(password, method="$y$", cost=0):
    """crypt(3) by the libxcrypt that the gateway uses, too."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt_gensalt.restype = library.crypt.restype = ctypes.c_char_p
    salt = library.crypt_gensalt(method.encode(), ctypes.c_ulong(cost), None, 0)
    return library.crypt(password.encode(), salt).decode()


def write_users(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(0o600)
    return str(path)


def basic(name, password):
    """The field's value."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class ClientAuthority:
    """A CA for people. `issue` gives (certificate, key); `revocations` a CRL file."""

    def __init__(self, folder, name="people"):
        self.folder = Path(folder) / name
        self.folder.mkdir(parents=True)
        self.certificate = self.folder / "ca.pem"
        self._key = self.folder / "ca.key"
        self._config = self.folder / "openssl.cnf"
        self._config.write_text(
            "[req]\ndistinguished_name=dn\n[dn]\n[root]\nbasicConstraints=critical,CA:TRUE\n"
            "keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
            f"[ca]\ndefault_ca=own\n[own]\ndatabase={self.folder}/index.txt\n"
            "default_md=sha256\n")
        self._make_key(self._key)
        openssl("req", "-x509", "-new", "-key", self._key, "-days", "30", "-subj", f"/CN={name}",
                "-config", self._config, "-extensions", "root", "-out", self.certificate)

    def _make_key(self, path):
        old = os.umask(0o077)
        try:
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-out", path)
        finally:
            os.umask(old)

    def issue(self, label, names="", subject="/CN=somebody", days=7, use="clientAuth"):
        """`names` in OpenSSL's words: "URI:…,DNS:…,email:…"; empty: no such extension."""
        certificate, key = self.folder / f"{label}.pem", self.folder / f"{label}.key"
        request, extensions = self.folder / f"{label}.csr", self.folder / f"{label}.ext"
        self._make_key(key)
        extensions.write_text("basicConstraints=critical,CA:FALSE\n"
                              f"keyUsage=critical,digitalSignature\nextendedKeyUsage={use}\n"
                              + (f"subjectAltName={names}\n" if names else ""))
        openssl("req", "-new", "-key", key, "-subj", subject, "-config", self._config,
                "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                "-set_serial", int.from_bytes(os.urandom(8), "big") + 1, "-days", days,
                "-extfile", extensions, "-out", certificate)
        return certificate, key

    def revocations(self, *certificates, name="crl.pem", expired=False, days=1):
        lines = []
        for certificate in certificates:
            serial = self._serial(certificate)
            lines.append(f"R\t301231235959Z\t240101000000Z\t{serial}\tunknown\t/CN=gone\n")
        (self.folder / "index.txt").write_text("".join(lines))
        (self.folder / "index.txt.attr").write_text("unique_subject = no\n")
        begin, end = ("20200101000000Z", "20200102000000Z") if expired else (
            "20200101000000Z", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400)))
        path = self.folder / name
        openssl("ca", "-gencrl", "-config", self._config, "-cert", self.certificate,
                "-keyfile", self._key, "-crl_lastupdate", begin, "-crl_nextupdate", end,
                "-out", path)
        return path

    def _serial(self, certificate):
        out = self.folder / "serial.txt"
        openssl("x509", "-in", certificate, "-noout", "-serial", "-out", out)
        return out.read_text().strip().partition("=")[2]
