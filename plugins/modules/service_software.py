#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_software
short_description: Install the programs of a service, or tell what is installed
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Installs a service from packages of the distribution, of a repository that the host already has or of a vendor's
    O(repository), or from a release archive below C(/opt). Nothing is started, no configuration is touched, and nothing
    is ever removed.
  - Everything that can be found out before a change is found out before a change - an unsupported distribution, a
    package that is not offered, an archive or a checksum file that cannot be fetched, a user that is in the way,
    too little space.
  - A host is looked at once in a run of C(ansible-playbook), for all services together, so a task that finds
    everything in place costs at most one execution on the host, and the second task of the run costs none.
  - An archive is fetched by the target itself, compared with its SHA-256 on every host and every time, unpacked
    beside its place and renamed, so it is there whole or not at all. What an interrupted run has left is cleared
    away by the next one.
notes:
  - Error messages name variables of a role called O(name), such as C(prometheus_version) for C(prometheus).
  - Packages are installed without recommended ones, without starting services (C(policy-rc.d)), and keep changed
    configuration files.
  - A package is not upgraded because a newer one is offered; security updates are left to the host.
  - A directory C(/opt/<name>/<version>) that somebody made by hand is taken as it is when it holds the
    O(archive.binaries).
  - C(HTTP_PROXY), C(HTTPS_PROXY) and C(NO_PROXY) of the task's environment are obeyed, and so is C(~/.netrc) of the
    user.
  - Something else that installs software between two tasks of one run goes unnoticed; see O(refresh).
attributes:
  check_mode:
    support: full
    description:
      - Does every preflight, asks the sources of an archive, and tells what would be installed. Writes nothing.
        On a host without package lists the version of a package is not known; RV(notes) says so.
  diff_mode:
    support: full
    description: Shows the version before and after.
  platform:
    support: full
    platforms: debian
    description: Debian 12 and 13. Ubuntu 22.04 and 24.04 are accepted and not tested.
options:
  name:
    description: Name of the service; also the directory below C(/opt) and the prefix of the variables in messages.
    type: str
    required: true
  state:
    description:
      - V(present) installs what is missing.
      - V(query) only tells what is there, or what V(present) would install.
    type: str
    choices: [present, query]
    default: present
  method:
    description:
      - V(package) installs O(packages) with apt.
      - V(archive) unpacks O(archive) into C(/opt/<name>/<version>).
    type: str
    choices: [package, archive]
    required: true
  version:
    description:
      - With O(method=package) a pattern for the version of the first package, such as V(2.53.*); empty for what the
        distribution has.
      - With O(method=archive) the exact version, without a C(v) in front.
      - Must be text (in quotes), as YAML takes C(3.10) for the number 3.1. V(latest) is refused.
    type: str
    default: ""
  packages:
    description:
      - Packages for O(method=package). The first one is the one whose version counts.
      - With O(method=archive) the first one tells which version was in use before.
    type: list
    elements: str
    default: []
  optional_packages:
    description:
      - Packages that are installed where the distribution has them, unless there is a program of that name in
        C(/usr/bin).
    type: list
    elements: str
    default: []
  users:
    description:
      - System users that the packages create. If one exists and is not a system user, the installation would fail
        halfway, so it is refused before.
      - Without it, V(prometheus) if the name of a package begins with C(prometheus).
    type: list
    elements: str
  allow_downgrade:
    description:
      - Whether O(method=package) may install a version below the one in use.
      - The version of an archive is exact and so always asked for.
    type: bool
    default: false
  archive:
    description: The release archive for O(method=archive); ignored otherwise.
    type: dict
    suboptions:
      url:
        description:
          - Where it is, C(https), C(http) or C(file) (a path on the target). A tar archive (plain, gzip, bzip2,
            xz), or the bare program.
          - C({version}) and C({arch}) (V(amd64), V(arm64), V(armv7), V(386), ...) are filled in for each host.
        type: str
        required: true
      checksum:
        description: C(sha256:) and 64 hexadecimal digits. Needed unless there is O(archive.checksums_url).
        type: str
        default: ""
      checksums_url:
        description:
          - The release's file of SHA-256 sums (as of C(sha256sum), or BSD style). The archive must be in it by its
            exact name.
          - The same placeholders are filled in. Not used when O(archive.checksum) is given.
        type: str
        default: ""
      binaries:
        description:
          - Programs the archive must hold, relative to its one top directory. Each must answer C(--version).
        type: list
        elements: str
        required: true
      ca_file:
        description: File on the target with the certificate authorities for C(https); the system's ones without it.
        type: path
      username:
        description: User for HTTP basic authentication; never sent to where a redirect leads.
        type: str
      password:
        description: Its password.
        type: str
      timeout:
        description: Seconds to wait for an answer, or for the next data.
        type: int
        default: 30
  repository:
    description:
      - A vendor's apt repository that O(packages) come from; for O(method=package) only.
      - Needs an exact O(version), which is pinned for all O(packages), so that C(apt upgrade) does not move them.
      - The files are C(/etc/apt/keyrings/ets-<repository>.asc), C(/etc/apt/sources.list.d/ets-<repository>.sources) and
        C(/etc/apt/preferences.d/ets-<name>.pref). If apt cannot use them, they are taken back.
      - The repository is asked before anything is written, in check mode too, whenever there is something to install.
    type: dict
    suboptions:
      name:
        description: Names its files; services that share a repository give the same.
        type: str
        required: true
      url:
        description: Its address, C(https) or C(http), without user and password (apt reads C(/etc/apt/auth.conf.d)).
        type: str
        required: true
      suite:
        description: The suite; one that ends in a slash is a flat repository without components.
        type: str
        default: stable
      components:
        description: Its components.
        type: list
        elements: str
        default: [main]
      key:
        description: Its public OpenPGP key in ASCII armour. Exactly one of the three ways to give it is expected.
        type: str
        default: ""
      key_file:
        description: A file on the controller that holds the key.
        type: str
        default: ""
      key_url:
        description: Where the target fetches the key. It is fetched once, and again when the source changes.
        type: str
        default: ""
      ca_file:
        description: File on the target with the certificate authorities for C(https), for the question whether the
          repository is there and for the key. apt itself reads C(Acquire::https::CAInfo).
        type: path
      timeout:
        description: Seconds to wait for an answer.
        type: int
        default: 30
  hint:
    description: A sentence that is added to the message when a source cannot be used.
    type: str
    default: ""
  refresh:
    description: Look at the host again although this run has done so already.
    type: bool
    default: false
seealso:
  - module: enterprise_tickets.observability.managed_service
    description: Puts a release into use (its links in C(/usr/local/bin) are part of the service's files).
"""

EXAMPLES = r"""
- name: Install Prometheus from the distribution's packages
  enterprise_tickets.observability.service_software:
    name: prometheus
    method: package
    packages: [prometheus]
    optional_packages: [promtool] # part of the package prometheus before Debian 13
  become: true
  register: software

- name: Install a release of Prometheus
  enterprise_tickets.observability.service_software:
    name: prometheus
    method: archive
    version: "3.5.0"
    packages: [prometheus]
    archive:
      url: "https://github.com/prometheus/prometheus/releases/download/v{version}/\
        prometheus-{version}.linux-{arch}.tar.gz"
      checksums_url: https://github.com/prometheus/prometheus/releases/download/v{version}/sha256sums.txt
      binaries: [prometheus, promtool]
  become: true

- name: Install Grafana from its vendor's repository
  enterprise_tickets.observability.service_software:
    name: grafana
    method: package
    version: "13.1.4"
    packages: [grafana]
    users: [grafana]
    repository:
      name: grafana
      url: https://apt.grafana.com
      key_url: https://apt.grafana.com/gpg-full.key
  become: true

- name: Ask what is installed
  enterprise_tickets.observability.service_software:
    name: prometheus
    state: query
    method: package
    packages: [prometheus]
  register: software

- name: Find out before a maintenance window whether the installation would work
  enterprise_tickets.observability.service_software:
    name: prometheus
    method: package
    packages: [prometheus]
  check_mode: true
"""

RETURN = r"""
name:
  description: Name of the service.
  returned: success
  type: str
  sample: prometheus
method:
  description: How it is installed.
  returned: success
  type: str
  sample: package
version:
  description:
    - Upstream's version that is installed, or that would be installed (the candidate of apt, or the archive's
      version).
    - Empty when it is not known.
  returned: success
  type: str
  sample: 2.53.3
package_version:
  description: Version of the first package as Debian writes it; empty with O(method=archive).
  returned: success
  type: str
  sample: 2.53.3+ds1-2
previous_version:
  description:
    - Upstream's version that was in use when this run looked at the host first, empty if there was none. That is
      where a link in C(/usr/local/bin) leads, otherwise the installed package.
  returned: success
  type: str
  sample: 2.42.0
installed:
  description: Whether the software is there (in check mode, whether it was).
  returned: success
  type: bool
satisfied:
  description: Whether it is there in the version that was asked for (in check mode, whether it was).
  returned: success
  type: bool
path:
  description:
    - Directory of the release with O(method=archive), also when it is not there yet; empty with O(method=package).
  returned: success
  type: str
  sample: /opt/prometheus/3.5.0
bin_dir:
  description: Directory in which the programs are, or will be.
  returned: success
  type: str
  sample: /usr/bin
architecture:
  description: Architecture of the host as release archives call it; empty when it is not known.
  returned: success
  type: str
  sample: amd64
os:
  description: The distribution.
  returned: success
  type: dict
  contains:
    id:
      description: C(ID) of C(/etc/os-release).
      type: str
      sample: debian
    version_id:
      description: C(VERSION_ID) of it.
      type: str
      sample: "12"
    codename:
      description: C(VERSION_CODENAME) of it.
      type: str
      sample: bookworm
    name:
      description: C(PRETTY_NAME) of it.
      type: str
      sample: Debian GNU/Linux 12 (bookworm)
    tested:
      description: Whether this collection is tested on it.
      type: bool
notes:
  description: What is worth knowing, one sentence each.
  returned: success
  type: list
  elements: str
  sample: ["no package lists on this host: the version is not known before the first apt update"]
"""
