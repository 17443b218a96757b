# shellcheck shell=bash
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Base images: small Debian systems that boot systemd, made from the distribution's packages. No image registry is
# involved. The root file systems are kept in the cache; the images are imported from them.

readonly ETS_SUITES=(bookworm trixie)
readonly ETS_IMAGE=ets-base
# The test containers' network. Docker resolves container names on it, which it does not on its default bridge.
readonly ETS_NETWORK=ets-test
readonly ETS_IMAGE_PACKAGES=systemd,systemd-sysv,dbus,python3,python3-apt,ca-certificates,iproute2,procps,sudo,curl,openssh-server

# What systemd needs in a container, on hosts with cgroup v1 and with cgroup v2: it mounts (SYS_ADMIN; AppArmor's
# docker-default profile forbids that, and hosts without AppArmor ignore the word) and manages its own part of the
# host's cgroup tree. --privileged is avoided: it gives more, and fails where CAP_SYS_RESOURCE cannot be had.
readonly ETS_CONTAINER_FLAGS=(
  --cap-add SYS_ADMIN
  --security-opt seccomp=unconfined
  --security-opt apparmor=unconfined
  --cgroupns host
  --volume /sys/fs/cgroup:/sys/fs/cgroup:rw
  --tmpfs /run:exec
  --tmpfs /run/lock
  --tmpfs /tmp:exec
)

# Prints "URI suite" of every Debian archive in this machine's apt configuration.
machine_archives() {
  # shellcheck disable=SC2016  # apt's own variables
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null | sort -u
}

# debian_mirror main|security: the mirror that this machine uses, so that a machine with an internal one never leaves it.
# A machine that is not Debian (Ubuntu) has none: there ETS_DEBIAN_MIRROR and ETS_DEBIAN_SECURITY_MIRROR say it.
debian_mirror() {
  local uri suite
  case $1 in
    main) uri=${ETS_DEBIAN_MIRROR:-} ;;
    security) uri=${ETS_DEBIAN_SECURITY_MIRROR:-} ;;
  esac
  if [[ -n $uri ]]; then
    printf '%s\n' "${uri%/}"
    return
  fi
  while read -r uri suite; do
    [[ $uri == http*/debian*/ ]] || continue
    if [[ ($1 == security && $suite == *-security) || ($1 == main && $suite != *-*) ]]; then
      printf '%s\n' "${uri%/}"
      return
    fi
  done < <(machine_archives)
  die "no Debian mirror found in this machine's apt sources" \
    "Set ETS_DEBIAN_MIRROR and ETS_DEBIAN_SECURITY_MIRROR to their addresses."
}

# The machine's proxy and validity settings as mmdebstrap options: they end up in the image as well, where apt needs them too.
machine_apt_options() {
  apt-config dump | sed -nE 's/^(Acquire::(https?::[A-Za-z:-]+|Check-[A-Za-z-]+) .*;)$/--aptopt=\1/p'
}

# Changes whenever the image would come out differently.
image_recipe() {
  printf '%s\n' "$1" "$ETS_IMAGE_PACKAGES" "$(debian_mirror main)" "$(debian_mirror security)" "$(machine_apt_options)" \
    | sha256sum | cut -c1-16
}

ensure_images() {
  local suite
  for suite in "${ETS_SUITES[@]}"; do
    ensure_image "$suite"
  done
}

ensure_image() {
  local suite=$1 recipe tarball
  recipe=$(image_recipe "$suite")
  [[ $(docker image inspect --format '{{index .Config.Labels "ets.recipe"}}' "$ETS_IMAGE:$suite" 2>/dev/null) == "$recipe" ]] && return
  tarball=$ETS_CACHE/$ETS_IMAGE-$suite-$recipe.tar
  [[ -e $tarball ]] || build_root_file_system "$suite" "$tarball"
  note "importing the base image $ETS_IMAGE:$suite"
  docker import --change 'CMD ["/lib/systemd/systemd"]' --change 'ENV container=docker' \
    --change "LABEL ets.recipe=$recipe" "$tarball" "$ETS_IMAGE:$suite" >/dev/null
  check_image_boots "$suite"
}

build_root_file_system() {
  local suite=$1 tarball=$2 partial mirror security log
  local -a options
  apt_install mmdebstrap debian-archive-keyring
  mirror=$(debian_mirror main)
  security=$(debian_mirror security)
  mapfile -t options < <(machine_apt_options)
  partial=$ETS_CACHE/state/$suite.tar # mmdebstrap tells the format by the name
  log=$ETS_CACHE/state/mmdebstrap-$suite.log
  note "building the base image of Debian $suite (about 30 s)"
  rm -f "$ETS_CACHE/$ETS_IMAGE-$suite-"*.tar
  if ! mmdebstrap --variant=apt --include="$ETS_IMAGE_PACKAGES" "${options[@]}" "$suite" "$partial" \
    "deb $mirror $suite main" "deb $mirror $suite-updates main" "deb $security $suite-security main" \
    >"$log" 2>&1 9>&-; then
    cat "$log" >&2
    die "mmdebstrap could not build Debian $suite; its output is above"
  fi
  mv "$partial" "$tarball"
}

# An image that does not boot on this host would make every test fail in its own puzzling way: find out once, here.
check_image_boots() {
  local suite=$1 name=ets-boot-check-$1-$$
  if ! start_container "$name" "$suite"; then
    docker rmi "$ETS_IMAGE:$suite" >/dev/null
    die "systemd does not come up in a container of $ETS_IMAGE:$suite on this host; flags used:" "${ETS_CONTAINER_FLAGS[*]}"
  fi
  docker rm --force --volumes "$name" >/dev/null
}

# start_container NAME SUITE [DOCKER-RUN-ARGUMENT...]: a booted system under that name, made when it is not there.
# One that does not boot is removed.
start_container() {
  local name=$1 suite=$2 state
  shift 2
  if [[ $(docker inspect --format '{{.State.Running}}' "$name" 2>/dev/null) != true ]]; then
    docker run --detach --pull never --name "$name" --hostname "$name" "${ETS_CONTAINER_FLAGS[@]}" "$@" "$ETS_IMAGE:$suite" >/dev/null || return
  fi
  state=$(wait_for_boot "$name") || true
  [[ $state == running ]] && return
  note "the state of $name is ${state:-unknown}, not running:"
  docker exec "$name" systemctl --failed --no-legend >&2 || docker logs "$name" >&2 || true
  docker rm --force --volumes "$name" >/dev/null
  return 1
}

# Prints systemd's state once it has booted. The bus may need a moment before systemctl can ask at all.
wait_for_boot() {
  local tries state
  for ((tries = 0; tries < 60; tries++)); do
    state=$(timeout 60 docker exec "$1" systemctl is-system-running --wait 2>/dev/null) || true
    if [[ -n $state && $state != offline ]]; then
      printf '%s\n' "$state"
      return
    fi
    sleep 0.5
  done
  return 1
}

forget_images() {
  local suite
  for suite in "${ETS_SUITES[@]}"; do
    rm -f "$ETS_CACHE/$ETS_IMAGE-$suite-"*.tar
    docker image inspect "$ETS_IMAGE:$suite" >/dev/null 2>&1 && docker rmi --force "$ETS_IMAGE:$suite" >/dev/null
  done
  return 0
}

ensure_network() {
  docker network inspect "$ETS_NETWORK" >/dev/null 2>&1 || docker network create "$ETS_NETWORK" >/dev/null
}
