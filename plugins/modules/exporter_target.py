#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: exporter_target
short_description: Tell whether the service that an exporter watches is up
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Judges what M(enterprise_tickets.observability.managed_service) observed. A watched service that is down, keeps the
    exporter out, or lacks something is a warning, or with O(require) a failure, in the exporter's own words.
  - Does not talk to the host.
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode.
  diff_mode:
    support: none
    description: There is nothing to show.
  platform:
    support: full
    platforms: debian
    description: Debian and Ubuntu with systemd.
options:
  name:
    description: The exporter, for messages.
    type: str
    required: true
  title:
    description: What people call the watched service.
    type: str
    required: true
  observed:
    description: The value RV(enterprise_tickets.observability.managed_service#module:observed).
    type: dict
    required: true
  up:
    description: The metric that is 1 while the watched service is.
    type: str
    required: true
  error_metric:
    description: A metric whose label C(err) holds the exporter's words. Without it its log does.
    type: str
    default: ""
  refused:
    description: Regular expressions. Words that match one mean that the service lives, but keeps the exporter out.
    type: list
    elements: str
    default: []
  conditions:
    description: What has to hold beside being up.
    type: list
    elements: dict
    default: []
    suboptions:
      metric:
        description: Has to be there.
        type: str
        required: true
      value:
        description: The value that all of its series must have.
        type: float
        default: 1
      present:
        description: That it is there is enough, whatever its value.
        type: bool
        default: false
      problem:
        description: What is wrong otherwise, as the end of a sentence.
        type: str
        required: true
  require:
    description: Fail where there would be a warning.
    type: bool
    default: false
  quiet:
    description: Neither warn nor fail, only return what was found; for when something is going to be mended next.
    type: bool
    default: false
seealso:
  - module: enterprise_tickets.observability.managed_service
"""

EXAMPLES = r"""
- name: Tell whether Redis is watched
  enterprise_tickets.observability.exporter_target:
    name: redis_exporter
    title: Redis
    observed: "{{ exporter.observed }}"
    up: redis_up
    error_metric: redis_exporter_last_scrape_error
    refused:
      - WRONGPASS
      - NOAUTH
"""

RETURN = r"""
observed:
  description: The value of O(observed).
  returned: always
  type: dict
well:
  description: Whether everything that was asked about is as it should be. Also true when nothing was asked.
  returned: always
  type: bool
targets:
  description: What was found, by the name of the watched service.
  returned: always
  type: dict
  contains:
    state:
      description: What was found.
      type: str
      choices: [up, down, refused, limited, silent]
    message:
      description: The same as a sentence; empty when all is well.
      type: str
    words:
      description: The exporter's own words.
      type: list
      elements: str
  sample:
    main:
      state: down
      message: "redis_exporter runs, but Redis (main) is down. redis_exporter says: connect: connection refused"
      words: ["connect: connection refused"]
"""
