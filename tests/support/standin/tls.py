"""The test root and the certificates under it, made by the `openssl` command.

Owns key and certificate files of one folder. Leaves are made when a name is first asked for by
SNI, so any SSM host of any region works. Nothing here is fit for anything but a test.
"""

import os
import ssl
import subprocess
from pathlib import Path

DEFAULT_NAME = "ssm.us-east-1.amazonaws.com"


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")


class TestRoot:
    """A root of its own in `folder`: root.pem is what whoever tests must trust."""

    def __init__(self, folder, name="ssmgate test root"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "root.pem"
        self._key = self.folder / "root.key"
        self._leaf_key = self.folder / "leaf.key"
        if not self.certificate.exists():
            self._create(name)

    def _create(self, name):
        old = os.umask(0o077)
        try:
            for key in (self._key, self._leaf_key):
                openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-out", key)
        finally:
            os.umask(old)
        # openssl.cnf's own extensions would come twice: -config keeps it out.
        openssl("req", "-x509", "-new", "-key", self._key, "-days", "30", "-subj", f"/CN={name}",
                "-config", self._minimal_config(), "-extensions", "root",
                "-out", self.certificate)

    def _minimal_config(self):
        config = self.folder / "openssl.cnf"
        config.write_text("[req]\ndistinguished_name=dn\n[dn]\n[root]\n"
                          "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
                          "subjectKeyIdentifier=hash\n")
        return config

    def leaf(self, name, days=7):
        """A chain file for one DNS name. `days` below zero: one that has expired."""
        chain = self.folder / f"leaf-{name}-{days}.pem"
        if not chain.exists():
            request, extensions = chain.with_suffix(".csr"), chain.with_suffix(".ext")
            extensions.write_text(
                f"subjectAltName=DNS:{name}\nbasicConstraints=critical,CA:FALSE\n"
                "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
                "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
            openssl("req", "-new", "-key", self._leaf_key, "-subj", "/CN=stand-in", "-config",
                    self._minimal_config(), "-out", request)
            made = chain.with_suffix(".tmp")
            openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                    "-set_serial", int.from_bytes(os.urandom(8), "big") + 1, "-days", days,
                    "-extfile", extensions, "-out", made)
            made.rename(chain)
        return chain

    def leaf_context(self, name, days=7):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self.leaf(name, days), self._leaf_key)
        return context

    def server_context(self, is_served):
        """A context that shows a leaf for the SNI name where `is_served(name)` says so."""
        contexts = {}

        def choose(connection, name, _default):
            connection.asked_name = name
            if name is None:
                return None
            if not is_served(name):
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            if name not in contexts:
                contexts[name] = self.leaf_context(name)
            connection.context = contexts[name]
            return None

        default = self.leaf_context(DEFAULT_NAME)
        default.sni_callback = choose
        return default
