"""A certificate authority for one test session, and as many server certificates as tests want.

Clients verify for real: they trust `Authority.certificate` and nothing else.
"""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """Paths of a PEM certificate and its key, and the serial number by which a client can tell two apart."""

    certificate: Path
    key: Path
    serial: int


class Authority:
    """Signs server certificates; all files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mailroom tests")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        built = (
            _valid(x509.CertificateBuilder(), days=10)
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = folder / "ca.pem"
        self.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *hosts: str, days: int = 5) -> ServerCertificate:
        """Write NAME.pem and NAME.key for `hosts` (default: localhost and 127.0.0.1). Issuing a name again replaces
        the files with a fresh pair, as a renewal does; a negative `days` makes one that has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        serial = x509.random_serial_number()
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        built = (
            _valid(x509.CertificateBuilder(), days=days)
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(serial)
            .add_extension(x509.SubjectAlternativeName([_host(h) for h in hosts or ("localhost", "127.0.0.1")]), False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        made = ServerCertificate(self._folder / f"{name}.pem", self._folder / f"{name}.key", serial)
        made.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
        made.key.touch(mode=0o600)
        made.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return made

    def client_context(self) -> ssl.SSLContext:
        """A verifying client context that trusts this authority only."""
        return ssl.create_default_context(cafile=self.certificate)


def server_context(certificate: ServerCertificate) -> ssl.SSLContext:
    """A server context with that certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def _valid(builder: x509.CertificateBuilder, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    end = now + days * _DAY
    return builder.not_valid_before(min(now, end) - _DAY).not_valid_after(end)


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
