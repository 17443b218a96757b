# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the documents can be read by what they are for, name what there is, and give no secret away."""

from __future__ import annotations

import ast
import configparser
import json
import re
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from lscl.parser import parse_lscl

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "roles").glob("*/README.md")])
BLOCK = re.compile(r"^( *)```(?P<language>\S*)\n(?P<text>.*?)^\1```$", re.MULTILINE | re.DOTALL)
NAMESPACE = "enterprise_tickets.observability"

# Tests give providers' forms to what checks them; nobody's key or address has these.
SECRETS = re.compile(
    r"AKIA[0-9A-Z]{16}"  # Amazon
    r"|gh[pousr]_\w{36}|github_pat_\w{22}|glpat-[\w-]{20}"  # GitHub, GitLab
    r"|xox[abprs]-[\w-]{10,}|hooks\.slack\.com/services/T\w+"  # Slack
    r"|-----BEGIN (?:\w+ )?PRIVATE KEY-----\\?n?\s*[\w+/]{40}"
)


class Loader(yaml.SafeLoader):
    """Takes Ansible's tags, such as !vault, for nothing special."""


Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def shell(text: str) -> None:
    """Raise a ValueError where it is no script."""
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr)


READERS: dict[str, Callable[[str], Any]] = {
    "console": shell,
    "ini": configparser.RawConfigParser().read_string,
    "json": json.loads,
    "logstash": parse_lscl,
    "promql": promql_parser.parse,
    "python": lambda text: ast.parse(textwrap.dedent(re.sub(r"^#.*\n", "", text))),
    "sh": shell,
    "text": str,
    "yaml": lambda text: yaml.load(text, Loader),
}


def unreadable(document: str) -> list[str]:
    """What is wrong with the examples of a document."""
    problems = []
    for block in BLOCK.finditer(document):
        reader = READERS.get(block["language"])
        try:
            if reader is None:
                raise ValueError(f"its language is {block['language']!r}; expected one of {', '.join(READERS)}")
            reader(block["text"])
        except (ValueError, SyntaxError, configparser.Error, yaml.YAMLError) as error:
            problems.append(f"{block['text'].strip()}\n{error}")
    return problems


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_is_of_its_language(document: Path) -> None:
    assert unreadable(document.read_text()) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("yaml", "a: [1"),
        ("json", "{'a': 1}"),
        ("ini", "a = 1"),
        ("sh", "if true; then"),
        ("python", "Service("),
        ("promql", "up ="),
        ("", "words"),
    ],
)
def test_an_example_that_cannot_be_read_is_found(language: str, text: str) -> None:
    assert len(unreadable(f"```{language}\n{text}\n```\n")) == 1


def variables() -> frozenset[str]:
    """Those of the roles, and those that all roles share."""
    specifications = [yaml.safe_load(path.read_text()) for path in ROOT.glob("roles/*/meta/argument_specs.yml")]
    of_roles = {name for each in specifications for name in each["argument_specs"]["main"]["options"]}
    places = ("plugins/plugin_utils/**/*.py", "playbooks/**/*.yml", "roles/*/defaults/*.yml", "roles/*/vars/*.yml")
    sources = "".join(path.read_text() for place in places for path in ROOT.glob(place))
    return frozenset(of_roles | set(re.findall(r"\bobservability_[a-z_]+", sources)))


def example_keys() -> Iterator[tuple[str, str]]:
    """Top-level names of the examples that stand for variables of an inventory, and of our inventories."""
    prefix = re.compile(rf"(?:observability|{'|'.join(path.name for path in (ROOT / 'roles').iterdir())})_")
    texts = [
        (document, block["text"])
        for document in DOCUMENTS
        for block in BLOCK.finditer(document.read_text())
        if block["language"] == "yaml"
    ]
    files = [*ROOT.glob("inventories/*/group_vars/**/*.yml"), *ROOT.glob("docs/examples/*.yml")]
    for path, text in texts + [(path, path.read_text()) for path in files]:
        where = str(path.relative_to(ROOT))
        data = yaml.load(text, Loader)
        yield from ((where, name) for name in (data if isinstance(data, dict) else {}) if prefix.match(name))


def test_examples_set_variables_that_there_are() -> None:
    found = list(example_keys())
    assert len(found) > 50
    known = variables() | {"observability_hosts", "backup_hosts"}  # these are groups
    assert [(where, name) for where, name in found if name not in known] == []


def test_documents_name_playbooks_plugins_and_commands_that_there_are() -> None:
    names = {path.stem for top in ("modules", "filter", "lookup") for path in (ROOT / "plugins" / top).iterdir()}
    names |= {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    names |= {path.name for path in (ROOT / "roles").iterdir()}
    names.add("process_exporter")  # the guide makes it up
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text()
        assert set(re.findall(rf"{re.escape(NAMESPACE)}\.(\w+)", text)) <= names, document
        assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets, document
        paths = re.findall(r"(?:^|[`\s])((?:tools|scripts|molecule|inventories)/[\w/.-]+)", text)
        assert [path for path in paths if not (ROOT / path.rstrip(".")).exists()] == [], document


def sources() -> Iterator[Path]:
    """All that is ours in the checkout, and not what tools made."""
    made = {"build", "collections", "__pycache__"}
    ours = [path for path in ROOT.iterdir() if path.name not in made and not path.name.startswith(".")]
    for top in [*ours, ROOT / ".ci", ROOT / ".config", ROOT / ".github"]:
        yield from (
            path for path in [top, *top.rglob("*")] if path.is_file() and not made & set(path.relative_to(ROOT).parts)
        )


def secrets(path: Path) -> list[str]:
    try:
        return SECRETS.findall(path.read_text())
    except UnicodeDecodeError:
        return []


def test_nothing_looks_like_a_real_secret() -> None:
    paths = list(sources())
    assert len(paths) > 500
    assert {str(path): found for path in paths if (found := secrets(path))} == {}


@pytest.mark.parametrize(
    "secret",
    ["AKIA" + "A" * 16, "ghp_" + "a" * 36, "https://hooks.slack." + "com/services/T0/B0/x", "xoxb" + "-" + "1" * 12],
)
def test_a_real_secret_would_be_found(secret: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(f"key: {secret}\n")
    assert secrets(tmp_path / "file") == [secret.removeprefix("https://").removesuffix("/B0/x")]
