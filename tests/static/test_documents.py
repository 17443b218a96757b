# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links between the documents lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "roles").glob("*/README.md")])
# [text](target), ![text](target), [name]: target
LINK = re.compile(r"\]\((?P<inline>[^)\s]+)\)|^\[[^\]]+\]: (?P<defined>\S+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def links(text: str) -> list[str]:
    """Targets within the repository."""
    found = [match["inline"] or match["defined"] for match in LINK.finditer(FENCED.sub("", text))]
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """What headings can be linked by, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(document: Path) -> list[str]:
    """Links of a document that lead nowhere."""
    missing = []
    for target in links(document.read_text()):
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists() or (anchor and anchor not in anchors(path.read_text())):
            missing.append(target)
    return missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    assert broken(document) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_conflict_of_a_merge_is_left(document: Path) -> None:
    assert re.findall(r"^(?:<{7}|={7}|>{7})(?: .*)?$", document.read_text(), re.MULTILINE) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# A heading: here\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[1](other.md) [2](gone.md) [3](other.md#a-heading-here) ![4](other.md#gone) [5](https://example.com) [6][6]\n"
        "```\n[7](in-code.md)\n```\n[6]: gone.svg\n"
    )
    assert broken(page) == ["gone.md", "other.md#gone", "gone.svg"]


def test_sizes_are_those_of_the_recorded_pages() -> None:
    recorded = ROOT / "tests" / "fixtures" / "expositions" / "recorded"
    table = re.findall(r"^\| ([a-z_]+) ([0-9.]+) \| (\d+) \|", (ROOT / "docs" / "sizing.md").read_text(), re.MULTILINE)
    assert len(table) > 5
    for program, version, count in table:
        lines = (recorded / f"{program}_{version}.prom").read_text().splitlines()
        assert (program, len([line for line in lines if line and not line.startswith("#")])) == (program, int(count))
