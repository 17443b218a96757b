# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    bundle_from_spec,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.masking import (
    Masker,
    for_bundle,
)


@pytest.mark.parametrize(
    ("secrets", "text", "expected"),
    [
        (["hunter22"], "password hunter22 refused", "password ******** refused"),
        (["abcd", "abcdefgh"], "abcdefgh abcd", "******** ********"),
        (["abc"], "abc stays: too short to be told from other text", "abc stays: too short to be told from other text"),
        ([], "nothing", "nothing"),
        (["Zq9-correct"], "cannot unmarshal `Zq9-cor...` into int", "cannot unmarshal `********...` into int"),
        (["Zq9-correct"], "Zq9-… and so on...", "********… and so on..."),
    ],
)
def test_values_are_masked_longest_first(secrets: list[str], text: str, expected: str) -> None:
    assert Masker(secrets).text(text) == expected


def test_lists_and_dictionaries_are_masked_throughout() -> None:
    assert Masker(["hunter22"]).tree({"log": ["a hunter22", 3], "ok": True}) == {"log": ["a ********", 3], "ok": True}


@pytest.mark.parametrize(
    "word", ["root", "0644", "reload", "prometheus", "/etc/prometheus/web.yml", "prometheus.service"]
)
def test_words_of_the_specification_are_never_masked(word: str) -> None:
    spec = {
        "name": "prometheus",
        "unit": "prometheus.service",
        "files": [{"dest": "/etc/prometheus/web.yml", "mode": "0644", "on_change": "reload"}],
        "secrets": [word, "hunter22"],
    }
    masker = for_bundle(bundle_from_spec(spec, [b""]))
    assert masker.text(word + " hunter22") == word + " ********"


def test_the_probes_password_is_masked() -> None:
    spec = {"name": "x", "unit": "x.service", "ready": {"url": "http://h:1/", "username": "u", "password": "s3cret-pw"}}
    assert for_bundle(bundle_from_spec(spec, [])).text("HTTP s3cret-pw") == "HTTP ********"
