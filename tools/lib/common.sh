# shellcheck shell=bash
# shellcheck disable=SC2034  # the scripts that source this use the variables
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Paths and small helpers shared by the scripts in tools/. To be sourced, not run.
# Messages go to standard error, so that standard output stays free for what a caller asked for.

ETS_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
ETS_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/enterprise_tickets_observability
readonly ETS_ROOT ETS_CACHE

note() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
  printf '%s: error: %s\n' "${0##*/}" "$1" >&2
  if (($# > 1)); then
    printf '  %s\n' "${@:2}" >&2
  fi
  exit 1
}

is_root() {
  ((EUID == 0))
}

# True on Debian, Ubuntu and what calls itself a child of theirs.
is_debian_like() {
  local ids
  [[ -r /etc/os-release ]] || return 1
  ids=$(. /etc/os-release && printf ' %s %s ' "${ID:-}" "${ID_LIKE:-}")
  [[ $ids == *' debian '* || $ids == *' ubuntu '* ]]
}

# apt_install PACKAGE... : installs what is missing. Where this process may not do that, prints the command and stops.
apt_install() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  if ! is_root || ! is_debian_like; then
    die "these Debian packages are needed and this user cannot install them: ${missing[*]}" \
      "Run as root:" \
      "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" \
      "and call this command again."
  fi
  note "installing ${missing[*]}"
  apt_get update
  apt_get install --yes --no-install-recommends "${missing[@]}"
}

# apt-get that waits for a running unattended upgrade, asks nothing, and speaks only when it fails.
apt_get() {
  local output
  if ! output=$(DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q "$@" 2>&1 9>&-); then
    printf '%s\n' "$output" >&2
    die "apt-get $* failed; its output is above"
  fi
}

# One set-up or teardown at a time per user: two of them would build the same image or start two engines.
# File descriptor 9 holds the lock until the script ends; long-lived children must close it (9>&-).
take_lock() {
  mkdir -p "$ETS_CACHE/state"
  exec 9>"$ETS_CACHE/lock"
  if ! flock --nonblock 9; then
    note "another set-up is running; waiting for it"
    flock 9
  fi
}
