# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics that the ticket system has to expose, and a check of any exposition against them.

PRIVATE to the collection as far as plugins go. Rule and dashboard tests import `CONTRACT`; users run
`scripts/metric_contract_check`. Standard library only, relative imports only, Python 3.10: the directory also works
when it is copied into the repository of the application, as ``python3 -m _metric_contract URL``.
"""

from __future__ import annotations

from ._check import check
from ._contract import CONTRACT
from ._exposition import Exposition, Sample, parse
from ._findings import Check, Finding, Options, Problem
from ._model import Contract, Group, Kind, Label, Metric

__all__ = [
    "CONTRACT",
    "Check",
    "Contract",
    "Exposition",
    "Finding",
    "Group",
    "Kind",
    "Label",
    "Metric",
    "Options",
    "Problem",
    "Sample",
    "check",
    "parse",
]
