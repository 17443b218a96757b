# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of an internal authority: what is wrong with them, and how they are signed. PRIVATE to the collection.

Controller only: `cryptography` comes with ansible-core.
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import ip_address

# Every ansible-core brings it, but the environments in which ansible-test imports and documents plugins do not.
with contextlib.suppress(ImportError):
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey

#: Clocks of hosts differ.
SKEW: t.Final = datetime.timedelta(hours=1)
_COMMON_NAME_LENGTH: t.Final = 64


class CertificateError(ValueError):
    """A certificate or key is not usable; the message is for people and holds no secret."""


@dataclass(frozen=True)
class Wish:
    """The certificate that a host should have.

    Attributes:
        common_name: The subject.
        names: Host names and IP addresses that it is valid for.
        days: How long it is valid.
        renew_days: How many days before its end another one is made.
    """

    common_name: str
    names: tuple[str, ...]
    days: int
    renew_days: int


@dataclass(frozen=True)
class Judgement:
    """What is the matter with the certificate of a host.

    Attributes:
        reason: Why another one is needed; empty where it is well.
        usable: Whether clients still take it.
        foreign: Whether an authority has issued it that is trusted no more: those who trust that one only would refuse
            another certificate.
    """

    reason: str = ""
    usable: bool = True
    foreign: bool = False


class Authority:
    """The authority that signs. Further certificates after the first are trusted as well, while one replaces another.

    Args:
        certificate: PEM of one or more certificates.
        private_key: PEM of the first one's key; empty where nothing is to be signed.

    Raises:
        CertificateError: One of them is not usable.
    """

    def __init__(self, certificate: str, private_key: str = "") -> None:
        self.pem = certificate.strip() + "\n"
        try:
            self._trusted = x509.load_pem_x509_certificates(self.pem.encode())
        except ValueError:
            raise CertificateError(
                "observability_ca_certificate: found no certificate, expected the text of a file in PEM format, which "
                "begins with -----BEGIN CERTIFICATE-----; the playbook create_ca makes one."
            ) from None
        self.certificate = self._trusted[0]
        self._check_certificate()
        self._key = self._read_key(private_key) if private_key else None

    @property
    def can_sign(self) -> bool:
        """Whether the key is there."""
        return self._key is not None

    def _check_certificate(self) -> None:
        try:
            basic = self.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        except x509.ExtensionNotFound:
            basic = x509.BasicConstraints(ca=False, path_length=None)
        if not basic.ca:
            raise CertificateError(
                "observability_ca_certificate: found the certificate of a server, expected that of an authority "
                "(basicConstraints CA:TRUE)."
            )
        now, end = _now(), self.certificate.not_valid_after_utc
        if end <= now:
            raise CertificateError(f"observability_ca_certificate: expired on {end:%Y-%m-%d}, expected a valid one.")

    def _read_key(self, text: str) -> PrivateKey:
        try:
            key = serialization.load_pem_private_key(text.strip().encode() + b"\n", None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # Nothing of the text, nor of what the library says about it.
            raise CertificateError(
                "observability_ca_private_key: found something else than a key, expected the text of a file in PEM "
                "format without a password (Ansible Vault protects it)."
            ) from None
        if not isinstance(key, t.get_args(PrivateKey)):
            raise CertificateError("observability_ca_private_key: found a key that cannot sign, expected RSA or EC.")
        if _public(key.public_key()) != _public(self.certificate.public_key()):
            raise CertificateError(
                "observability_ca_private_key: found the key of another certificate, expected that of the first one in "
                "observability_ca_certificate."
            )
        return t.cast(PrivateKey, key)

    def judge(self, certificate: str, public_key: str, wish: Wish) -> Judgement:
        """Compare what a host has with what it should have.

        Args:
            certificate: PEM; empty where there is none.
            public_key: PEM of the public half of the host's key; empty where there is none.
            wish: What it should have.
        """
        if not certificate or not public_key:
            return Judgement("there is none", usable=False)
        try:
            found = x509.load_pem_x509_certificate(certificate.encode())
            key = serialization.load_pem_public_key(public_key.encode())
            names = _names_of(found)
        except (ValueError, UnsupportedAlgorithm):
            return Judgement("it is damaged", usable=False)
        if _public(found.public_key()) != _public(key):
            return Judgement("it does not belong to the key beside it", usable=False)
        if not self._issued(found):
            trusted = any(map(_issuer_of(found), self._trusted))
            # What has expired is refused by everybody anyway.
            foreign = not trusted and found.not_valid_after_utc > _now()
            return Judgement("another authority has issued it", usable=trusted, foreign=foreign)
        if names != frozenset(map(_plain, wish.names)):
            return Judgement("it has other names", usable=names >= frozenset(map(_plain, wish.names)))
        if found.not_valid_after_utc <= _now():
            return Judgement(f"it expired on {found.not_valid_after_utc:%Y-%m-%d}", usable=False)
        if found.not_valid_after_utc - datetime.timedelta(days=wish.renew_days) <= _now():
            return Judgement(f"it expires on {found.not_valid_after_utc:%Y-%m-%d}")
        return Judgement()

    def _issued(self, certificate: x509.Certificate) -> bool:
        return _issuer_of(certificate)(self.certificate)

    def sign(self, request: str, wish: Wish) -> str:
        """Sign the request of a host. Only its key is taken from it.

        Args:
            request: PEM of a certificate signing request.
            wish: What the certificate should say.

        Returns:
            PEM of the certificate.

        Raises:
            CertificateError: The request is damaged, or there is no key.
        """
        if self._key is None:
            raise CertificateError("observability_ca_private_key: found nothing, expected the key of the authority.")
        try:
            asked = x509.load_pem_x509_csr(request.encode())
            valid = asked.is_signature_valid
        except (ValueError, UnsupportedAlgorithm):
            valid = False
        if not valid:
            raise CertificateError("the host's request for a certificate is damaged")
        now = _now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wish.common_name[:_COMMON_NAME_LENGTH])]))
            .issuer_name(self.certificate.subject)
            .public_key(asked.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(now - SKEW, self.certificate.not_valid_before_utc))
            .not_valid_after(min(now + datetime.timedelta(days=wish.days), self.certificate.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            # Nodes of a cluster are servers and clients of each other.
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(x509.SubjectAlternativeName(list(map(_general_name, wish.names))), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(asked.public_key()), critical=False)
            .add_extension(_authority_key_identifier(self.certificate), critical=False)
        )
        return builder.sign(self._key, _digest(self._key)).public_bytes(serialization.Encoding.PEM).decode()


def make_authority(name: str, days: int) -> tuple[str, str]:
    """Make an authority: its certificate and its key, both PEM.

    Args:
        name: Its common name.
        days: How long it is valid.
    """
    key = ec.generate_private_key(ec.SECP384R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = _now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), key.private_bytes(*form).decode()


def end_of(certificate: str) -> str:
    """The day on which a certificate in PEM format expires."""
    return f"{x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc:%Y-%m-%d}"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _public(key: t.Any) -> bytes:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return t.cast(bytes, key.public_bytes(*form))


def _issuer_of(certificate: x509.Certificate) -> t.Callable[[x509.Certificate], bool]:
    def has_issued(authority: x509.Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    return has_issued


def _names_of(certificate: x509.Certificate) -> frozenset[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(_plain(str(name.value)) for name in names)


def _plain(name: str) -> str:
    address = ip_address(name)
    return str(address) if address is not None else name.lower().rstrip(".")


def _general_name(name: str) -> x509.GeneralName:
    address = ip_address(name)
    return x509.IPAddress(ipaddress.ip_address(str(address))) if address is not None else x509.DNSName(_plain(name))


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key_identifier(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(t.cast(t.Any, authority.public_key()))
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _digest(key: PrivateKey) -> hashes.SHA256 | None:
    """Edwards curves bring a digest of their own."""
    return None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else hashes.SHA256()


def names_problem(names: Sequence[str]) -> str:
    """What is wrong with the names of a certificate, or an empty text."""
    for name in names:
        if not name or (ip_address(name) is None and (not name.isascii() or any(sign in name for sign in " /:@"))):
            return f"found {name!r}, expected a host name or an IP address"
    return "" if names else "found none, expected a host name or an IP address"
