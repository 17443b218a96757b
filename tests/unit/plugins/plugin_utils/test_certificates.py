# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import datetime
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _certificates
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._certificates import (
    Authority,
    CertificateError,
    Judgement,
    Wish,
    end_of,
    make_authority,
    names_problem,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

WISH = Wish("log1", ("log1", "192.0.2.1", "2001:DB8::1"), 100, 30)


class Pair(t.NamedTuple):
    """The public half of a host's key and its request."""

    public_key: str
    request: str


def pair() -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody else")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Pair(
        key.public_key().public_bytes(*form).decode(), request.public_bytes(serialization.Encoding.PEM).decode()
    )


@pytest.fixture(scope="module")
def ours() -> tuple[str, str]:
    return make_authority("Lab CA", 3650)


@pytest.fixture(scope="module")
def host() -> Pair:
    return pair()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[int], None]:
    """Lets so many days pass."""
    now = datetime.datetime.now(datetime.UTC)
    return lambda days: monkeypatch.setattr(_certificates, "_now", lambda: now + datetime.timedelta(days=days))


def test_only_the_key_is_taken_from_the_request(ours: tuple[str, str], host: Pair) -> None:
    certificate = x509.load_pem_x509_certificate(Authority(*ours).sign(host.request, WISH).encode())
    assert certificate.subject.rfc4514_string() == "CN=log1"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["log1", "192.0.2.1", "2001:db8::1"]
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    key = certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert key.decode() == host.public_key


def test_a_certificate_never_outlives_its_authority(host: Pair) -> None:
    certificate, key = make_authority("Short CA", 10)
    assert end_of(Authority(certificate, key).sign(host.request, WISH)) == end_of(certificate)


def test_what_was_signed_is_well(ours: tuple[str, str], host: Pair) -> None:
    authority = Authority(*ours)
    certificate = authority.sign(host.request, WISH)
    assert authority.judge(certificate, host.public_key, WISH).reason == ""
    # Order and case of the names are no difference.
    assert authority.judge(certificate, host.public_key, dataclasses.replace(WISH, names=WISH.names[::-1])).reason == ""


@pytest.mark.parametrize(
    ("names", "usable"), [(("log1",), True), (("log1", "log2"), False), ((*WISH.names, "log2"), False)]
)
def test_other_names(ours: tuple[str, str], host: Pair, names: tuple[str, ...], usable: bool) -> None:
    authority = Authority(*ours)
    judgement = authority.judge(
        authority.sign(host.request, WISH), host.public_key, dataclasses.replace(WISH, names=names)
    )
    assert (judgement.reason, judgement.usable) == ("it has other names", usable)


@pytest.mark.parametrize(
    ("days", "reason", "usable"), [(69, "", True), (71, "expires on", True), (101, "expired", False)]
)
def test_it_is_renewed_before_it_ends(
    ours: tuple[str, str], host: Pair, later: t.Callable[[int], None], days: int, reason: str, usable: bool
) -> None:
    authority = Authority(*ours)
    certificate = authority.sign(host.request, WISH)
    later(days)
    judgement = authority.judge(certificate, host.public_key, WISH)
    assert (reason in judgement.reason, bool(judgement.reason), judgement.usable) == (True, bool(reason), usable)


def test_another_authority_and_one_that_replaces_it(ours: tuple[str, str], host: Pair) -> None:
    certificate = Authority(*ours).sign(host.request, WISH)
    other, key = make_authority("Other CA", 3650)
    judgement = Authority(other, key).judge(certificate, host.public_key, WISH)
    assert judgement == Judgement("another authority has issued it", usable=False, foreign=True)
    # While both are trusted, nobody is refused.
    judgement = Authority(other + ours[0], key).judge(certificate, host.public_key, WISH)
    assert judgement == Judgement("another authority has issued it", usable=True, foreign=False)


def test_what_has_expired_keeps_nobody_from_another_authority(
    ours: tuple[str, str], host: Pair, later: t.Callable[[int], None]
) -> None:
    certificate = Authority(*ours).sign(host.request, WISH)
    later(101)
    judgement = Authority(*make_authority("Other CA", 3650)).judge(certificate, host.public_key, WISH)
    assert judgement == Judgement("another authority has issued it", usable=False, foreign=False)


@pytest.mark.parametrize(
    ("certificate", "key", "reason"),
    [
        ("", None, "there is none"),
        (None, "", "there is none"),
        ("rubbish", None, "it is damaged"),
        (None, pair().public_key, "it does not belong to the key beside it"),
    ],
)
def test_half_a_pair(ours: tuple[str, str], host: Pair, certificate: str | None, key: str | None, reason: str) -> None:
    authority = Authority(*ours)
    found = authority.sign(host.request, WISH) if certificate is None else certificate
    judgement = authority.judge(found, host.public_key if key is None else key, WISH)
    assert (judgement.reason, judgement.usable) == (reason, False)


def test_what_is_no_authority(ours: tuple[str, str], host: Pair, later: t.Callable[[int], None]) -> None:
    with pytest.raises(CertificateError, match="observability_ca_certificate: found no certificate"):
        Authority("", "")
    with pytest.raises(CertificateError, match="found the certificate of a server"):
        Authority(Authority(*ours).sign(host.request, WISH))
    with pytest.raises(CertificateError, match="observability_ca_private_key: found the key of another certificate"):
        Authority(ours[0], make_authority("Other CA", 1)[1])
    with pytest.raises(
        CertificateError, match="observability_ca_private_key: found something else than a key"
    ) as error:
        Authority(ours[0], "$ANSIBLE_VAULT;1.1;AES256 6162")
    assert "6162" not in str(error.value)
    with pytest.raises(CertificateError, match="request for a certificate is damaged"):
        Authority(*ours).sign("rubbish", WISH)
    later(4000)
    with pytest.raises(CertificateError, match="observability_ca_certificate: expired on"):
        Authority(*ours)


@pytest.mark.parametrize("names", [(), ("",), ("log 1",), ("https://log1",), ("log1:9200",), ("lög1",)])
def test_names_that_no_certificate_has(names: tuple[str, ...]) -> None:
    assert "expected a host name or an IP address" in names_problem(names)
    assert names_problem(WISH.names) == ""
