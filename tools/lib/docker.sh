# shellcheck shell=bash
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The Docker engine: used when one runs, installed and started only by root on Debian and Ubuntu. What was started is
# written down, so that tools/teardown ends exactly that and nothing else.

readonly ETS_ENGINE_STATE=$ETS_CACHE/state/docker-engine
readonly ETS_ENGINE_LOG=$ETS_CACHE/state/dockerd.log

engine_answers() {
  command -v docker >/dev/null && docker info >/dev/null 2>&1
}

systemd_is_running() {
  [[ -d /run/systemd/system ]]
}

# process_field PID N: a field of /proc/PID/stat, counted from the process name (which may hold blanks) on; - when there
# is no such process.
process_field() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || stat=') -'
  awk -v field="$2" '{ print (NF > 1) ? $field : "-" }' <<<"${stat##*) }"
}

process_state() {
  process_field "$1" 1
}

# In clock ticks since boot: together with the pid it names one process for good.
process_start_time() {
  process_field "$1" 20
}

engine_is_needed_message() {
  die "a Docker engine is needed and none answers" "$1" \
    "On Debian or Ubuntu run as root:" \
    "  apt-get update && apt-get install --no-install-recommends docker.io mmdebstrap" \
    "  systemctl start docker        (without systemd: dockerd &)" \
    "and let your user talk to it (usermod -aG docker YOU, then log in again), or run this command as root." \
    "What needs no containers works without: make check"
}

ensure_engine() {
  engine_answers && return
  is_debian_like || engine_is_needed_message "This system is neither Debian nor Ubuntu: install Docker the way its makers say."
  is_root || engine_is_needed_message "You are not root, so it is not installed or started for you."
  command -v dockerd >/dev/null || [[ -x /usr/sbin/dockerd ]] || apt_install docker.io
  start_engine
}

start_engine() {
  local pid
  if systemd_is_running; then
    note "starting docker.service"
    systemctl start docker.service 9>&-
    printf 'systemd\n' >"$ETS_ENGINE_STATE"
  else
    note "starting dockerd"
    PATH=$PATH:/usr/sbin:/sbin setsid dockerd >"$ETS_ENGINE_LOG" 2>&1 </dev/null 9>&- &
    pid=$!
    printf 'process %s %s\n' "$pid" "$(process_start_time "$pid")" >"$ETS_ENGINE_STATE"
  fi
  wait_for_engine "${pid:-}"
}

wait_for_engine() {
  local pid=$1 tries
  for ((tries = 0; tries < 120; tries++)); do
    engine_answers && return
    if [[ -n $pid && $(process_state "$pid") == [Z-] ]]; then
      tail -n 20 "$ETS_ENGINE_LOG" >&2
      die "dockerd ended at once; the end of its log is above"
    fi
    sleep 0.5
  done
  die "the Docker engine did not answer within 60 s" "Its log: ${pid:+$ETS_ENGINE_LOG}${pid:-journalctl -u docker}"
}

# Waits until a process is gone, or is a zombie that nobody collects (in containers whose first process does not).
wait_for_end() {
  local tries
  for ((tries = 0; tries < 150; tries++)); do
    [[ $(process_state "$1") == [Z-] ]] && return
    sleep 0.2
  done
  die "process $1 (dockerd) does not end; its log: $ETS_ENGINE_LOG"
}

# Ends the engine that start_engine started. Containers that still run keep it: they are somebody's.
stop_engine() {
  local kind pid started
  [[ -r $ETS_ENGINE_STATE ]] || return 0
  read -r kind pid started <"$ETS_ENGINE_STATE"
  if engine_answers && [[ -n $(docker ps --quiet) ]]; then
    note "the Docker engine stays up, because containers run: $(docker ps --format '{{.Names}}' | paste -sd' ')"
    return 0
  fi
  case $kind in
    systemd)
      note "stopping docker.service"
      systemctl stop docker.service docker.socket
      ;;
    process)
      if [[ $(process_start_time "$pid") == "$started" ]]; then
        note "stopping dockerd"
        kill "$pid"
        wait_for_end "$pid"
      fi
      ;;
  esac
  rm -f "$ETS_ENGINE_STATE"
}
