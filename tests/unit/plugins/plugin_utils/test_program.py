# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils import _health
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._program import PROGRAMS, assemble

DIRECTORY = Path(_health.__file__).parent


@pytest.fixture(params=PROGRAMS)
def program(request, tmp_path) -> Path:
    path = tmp_path / request.param
    path.write_text(assemble(request.param, lambda name: (DIRECTORY / f"{name}.py").read_text()))
    return path


def test_it_needs_nothing_of_ansible(program) -> None:
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(program.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert "ansible_collections" not in imported
    assert imported - {"jmespath"} <= sys.stdlib_module_names


def test_no_name_is_defined_twice(program) -> None:
    """In one file the second would take the place of the first."""
    names: Counter[str] = Counter()
    for node in ast.parse(program.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names[node.name] += 1
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    assert [name for name, count in names.items() if count > 1] == []


def test_python_3_9_can_read_it(program) -> None:
    ast.parse(program.read_text(), feature_version=(3, 9))


def test_it_runs(program) -> None:
    done = subprocess.run([sys.executable, str(program), "--help"], capture_output=True, text=True, check=True)
    assert f"usage: {program.name}" in done.stdout


def test_it_works(tmp_path) -> None:
    path = tmp_path / "program"
    path.write_text(assemble("enterprise-tickets-health-check", lambda name: (DIRECTORY / f"{name}.py").read_text()))
    config = tmp_path / "checks.json"
    config.write_text(json.dumps([{"id": "h.d", "group": "H", "title": "D", "kind": "disk", "paths": ["/none"]}]))
    done = subprocess.run(
        [sys.executable, str(path), "--json", "--config", str(config)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, json.loads(done.stdout)["checks"][0]["state"]) == (3, "unknown"), done.stderr
