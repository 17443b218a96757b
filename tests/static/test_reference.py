# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The start page, the reference and the picture show all that there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import SERVICES, Service

from tools import reference

ROOT = Path(__file__).parents[2]


def test_the_reference_is_fresh() -> None:
    assert reference.PAGE.read_text() == reference.page(), "run: python -m tools.reference"


def test_the_web_page_of_the_playbooks_is_fresh() -> None:
    assert reference.PLAYBOOKS_PAGE.read_text() == reference.playbooks_page(), "run: python -m tools.reference"


def test_the_start_page_leads_to_every_guide() -> None:
    text = (ROOT / "docs" / "README.md").read_text()
    guides = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {name for name in guides if f"({name}" not in text} == set()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_picture_shows_every_service(service: Service) -> None:
    assert f":{service.port}" in (ROOT / "docs" / "architecture.svg").read_text()
