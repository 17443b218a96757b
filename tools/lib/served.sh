# shellcheck shell=bash
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Directories of made files that tests download from a container. Directory, container and host name carry a key of
# what makes the content, so checkouts that make different ones do not disturb each other.

# served NAME: sets DIRECTORY, HOST and CONTAINER. The function "recipe" prints what makes the content.
served() {
  local key
  key=$(recipe | sha256sum)
  key=${key:0:12}
  readonly STATE=$ETS_CACHE/$1-
  readonly DIRECTORY=$STATE$key
  readonly HOST=$key.$1.test
  readonly CONTAINER=ets-$1-$key
}

running() {
  [[ $(docker inspect --format '{{.State.Running}}' "$CONTAINER" 2>/dev/null) == true ]]
}

# serve [DOCKER-ARGUMENT...] -- COMMAND...: run the command in the container, with the directory as /srv.
serve() {
  local arguments=()
  touch "$DIRECTORY" # its last use
  find "$ETS_CACHE" -maxdepth 1 -path "$STATE*" -mtime +7 -exec rm -rf {} +
  running && return
  while [[ $1 != -- ]]; do
    arguments+=("$1")
    shift
  done
  shift
  docker rm --force "$CONTAINER" >/dev/null 2>&1 || true # one that was left stopped; mostly there is none
  docker create --name "$CONTAINER" --volume "$DIRECTORY:/srv:ro" "${arguments[@]}" "$ETS_IMAGE:trixie" "$@" >/dev/null
  docker network connect --alias "$HOST" "$ETS_NETWORK" "$CONTAINER"
  docker start "$CONTAINER" >/dev/null
}
