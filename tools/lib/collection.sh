# shellcheck shell=bash
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ansible-core finds a collection only under .../ansible_collections/<namespace>/<name>. This makes such a path inside
# the checkout, untracked: a real directory with one link per entry. A single link to the checkout would contain itself.

readonly ETS_COLLECTION_LINKS=$ETS_ROOT/collections/ansible_collections/enterprise_tickets/observability
readonly ETS_COLLECTION_ENTRIES=(CHANGELOG.rst LICENSE README.md changelogs docs galaxy.yml meta playbooks plugins roles tests)

link_collection() {
  local entry
  mkdir -p "$ETS_COLLECTION_LINKS"
  for entry in "${ETS_COLLECTION_ENTRIES[@]}"; do
    if [[ -e $ETS_ROOT/$entry ]]; then
      ln -sfn "../../../../$entry" "$ETS_COLLECTION_LINKS/$entry"
    else
      rm -f "$ETS_COLLECTION_LINKS/$entry"
    fi
  done
}
