# shellcheck shell=bash
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The virtual environment. It lives in the cache, named after what went into it, so that several checkouts share it and
# a change of the requirements makes a new one instead of mending the old.

readonly ETS_REQUIREMENTS=$ETS_ROOT/requirements/dev.txt

# ansible-core 2.19 runs on a controller with Python 3.11 to 3.13.
python_is_supported() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

# Prints the interpreter to use: $PYTHON when it is set, else the first supported one.
find_python() {
  local candidate
  if [[ -n ${PYTHON:-} ]]; then
    python_is_supported "$PYTHON" || die "PYTHON=$PYTHON is not Python 3.11 to 3.13, which ansible-core 2.19 needs"
    printf '%s\n' "$PYTHON"
    return
  fi
  for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if python_is_supported "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# The distribution's python3 comes without ensurepip (python3-venv holds it); an interpreter built by pyenv has it.
python_can_make_venv() {
  "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

venv_path() {
  local key
  key=$({ "$1" -c 'import sys; print(sys.version_info[:2], sys.base_prefix)' && cat "$ETS_REQUIREMENTS"; } | sha256sum)
  printf '%s/venv-%s\n' "$ETS_CACHE" "${key:0:12}"
}

# Sets ETS_VENV. The marker file says that the installation went through: a broken one is made anew.
ensure_venv() {
  local python
  if ! python=$(find_python); then
    is_debian_like || die "Python 3.11 to 3.13 is needed (ansible-core 2.19); set PYTHON=/path/to/python3"
    apt_install python3 python3-venv
    python=$(find_python) || die "this system's python3 is not 3.11 to 3.13, which ansible-core 2.19 needs" \
      "Install one and set PYTHON=/path/to/it."
  fi
  if ! python_can_make_venv "$python"; then
    apt_install python3-venv
    python_can_make_venv "$python" || die "$python has no venv and ensurepip modules; set PYTHON=/path/to/another python3"
  fi
  ETS_VENV=$(venv_path "$python")
  if [[ ! -e $ETS_VENV/.complete ]]; then
    note "making the virtual environment $ETS_VENV (about 40 s)"
    rm -rf "$ETS_VENV"
    "$python" -m venv "$ETS_VENV"
    "$ETS_VENV/bin/python" -m pip install -qq --disable-pip-version-check --requirement "$ETS_REQUIREMENTS" >&2
    touch "$ETS_VENV/.complete"
  fi
  ln -sfn "$ETS_VENV" "$ETS_ROOT/.venv"
}

# Resolves dev.in in a throw-away environment of the oldest supported Python and writes the pins.
update_requirements() {
  local python scratch
  python=$(find_python) || die "Python 3.11 to 3.13 is needed"
  scratch=$(mktemp -d)
  # shellcheck disable=SC2064  # the path is to be expanded now
  trap "rm -rf '$scratch'" EXIT
  "$python" -m venv "$scratch/venv"
  "$scratch/venv/bin/python" -m pip install -qq --requirement "$ETS_ROOT/requirements/dev.in" >&2
  {
    printf '# Made by tools/setup --update-requirements from dev.in; do not edit.\n'
    "$scratch/venv/bin/python" -m pip freeze -qq
  } >"$ETS_REQUIREMENTS"
  note "wrote ${ETS_REQUIREMENTS#"$ETS_ROOT/"}"
}
