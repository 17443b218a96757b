# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._checksums import (
    find_checksum,
    parse_checksum,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError

A, B, C = "a" * 64, "b" * 64, "c" * 64
NAME = "prometheus-3.5.0.linux-amd64.tar.gz"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{A}  {NAME}\n", A),
        (f"{A} *{NAME}\n", A),
        (f"{A}  ./{NAME}\n", A),
        (f"{A}  dist/linux/{NAME}\n", A),
        (f"{A.upper()}  {NAME}\r\n", A),
        (f"SHA256 ({NAME}) = {A}\n", A),
        (f"SHA256(dist/{NAME})= {A}\n", A),
        (f"SHA512 ({NAME}) = {A}{A}\nSHA256 ({NAME}) = {B}\n", B),
        # Names that contain the wanted one, before it.
        (f"{A}  old-{NAME}\n{B}  {NAME}.asc\n{C}  {NAME}\n", C),
        (f"{A}  {NAME}\n{A}  copy/{NAME}\n", A),
        (f"# sums\n\n{A}  {NAME}\n", A),
    ],
)
def test_finds_the_sum_of_exactly_the_archive(text: str, expected: str) -> None:
    assert find_checksum(text, NAME) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lists no SHA-256 sums at all"),
        ("<html>not found</html>", "lists no SHA-256 sums at all"),
        (f"{A}  prometheus-3.5.0.linux-arm64.tar.gz\n", "it lists prometheus-3.5.0.linux-arm64.tar.gz"),
        (f"{A}  old-{NAME}\n", "has no SHA-256 sum"),
        (f"{A}  {NAME}.asc\n", "has no SHA-256 sum"),
        (f"{'a' * 32}  {NAME}\n", "has no SHA-256 sum"),
        (f"{'a' * 63}g  {NAME}\n", "has no SHA-256 sum"),
        (f"{A}  {NAME}\n{B}  other/{NAME}\n", "2 different"),
        (f"{A}\n", "has no SHA-256 sum"),
        ("".join(f"{A}  file-{number}\n" for number in range(9)), "and 4 more"),
    ],
)
def test_refuses_a_file_without_one_sum_for_the_archive(text: str, message: str) -> None:
    with pytest.raises(SoftwareError, match=message):
        find_checksum(text, NAME)


def test_a_lone_sum_counts_when_its_file_is_called_after_the_archive() -> None:
    assert find_checksum(f"{A}\n", NAME, sums_name=f"{NAME}.sha256") == A
    with pytest.raises(SoftwareError):
        find_checksum(f"{A}\n", NAME, sums_name="sha256sums.txt")
    with pytest.raises(SoftwareError):
        find_checksum(f"{A}\n{B}\n", NAME, sums_name=f"{NAME}.sha256")


@pytest.mark.parametrize(("text", "expected"), [("", ""), (f"sha256:{A}", A), (f"SHA256:{A.upper()}", A), (A, A)])
def test_reads_a_given_sum(text: str, expected: str) -> None:
    assert parse_checksum(text) == expected


@pytest.mark.parametrize(
    "text", ["sha256:", "sha256:abc", f"sha512:{A}", f"md5:{'a' * 32}", f"{A}a", f"sha256:{'z' * 64}"]
)
def test_refuses_a_given_sum_of_another_form(text: str) -> None:
    with pytest.raises(SoftwareError, match="expected sha256: followed by 64"):
        parse_checksum(text)
