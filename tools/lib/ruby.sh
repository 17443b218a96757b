# shellcheck shell=bash
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Ruby runs the scripts of the Logstash pipeline in tests/logs. Without it only those tests fail, and say so.

ensure_ruby() {
  if command -v ruby >/dev/null; then
    return
  fi
  if is_root && is_debian_like; then
    apt_install ruby
  else
    note "Ruby is missing: the part logs of the tests needs it (apt-get install ruby)"
  fi
}
