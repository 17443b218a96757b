#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: managed_service
short_description: Deploy the files of a systemd service as one transaction
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Renders all files of a service on the controller, sends them in one piece, has the service's own tools
    validate them
    where nobody else sees them, switches all of them or none, makes the service reload, restart or start, and
    waits until
    it is ready. If it does not become ready, the previous files come back and the service runs with them again.
  - What runs is what is on disk. After each success it is recorded which files the process has loaded. When a file
    was changed since, or an earlier run was cut off before its reload, the reaction is made up for by the next run.
  - Files that an earlier run deployed and that are no longer listed are removed in the same transaction.
  - A run that finds nothing to do costs one execution on the host.
notes:
  - Needs root on the host (C(become)), C(systemd), and C(unshare), C(setpriv) and C(mount) of util-linux.
  - State is kept in C(/var/lib/enterprise_tickets_observability/<name>/), readable by root only. It holds paths,
    inode numbers and times, never content or a hash of it.
  - A new user is created before and removed again if the files are refused.
attributes:
  check_mode:
    support: full
    description:
      - Validates and shows what would change, also before the package is installed; RV(notes) says what could
        not be checked.
        Writes nothing but a private directory below C(/run), which is removed.
  diff_mode:
    support: full
    description: Secret files appear as a remark only.
  platform:
    support: full
    platforms: debian
    description: Debian and Ubuntu with systemd.
extends_documentation_fragment: []
options:
  name:
    description: Name of the service; names its state directory and its lock.
    type: str
    required: true
  unit:
    description: The systemd unit, with its suffix.
    type: str
    required: true
  state:
    description:
      - V(started) deploys and sees to it that the service runs and is ready. A service that somebody stopped
        is started.
      - V(stopped) deploys and sees to it that it does not run.
      - A masked unit is an error in either case, and nothing is changed.
    type: str
    choices: [started, stopped]
    default: started
  enabled:
    description: Whether the service starts at boot.
    type: bool
    default: true
  user:
    description: The user of the service. Validators run as this user.
    type: dict
    suboptions:
      name:
        description: Name of the user.
        type: str
        required: true
      group:
        description: Its primary group; the user's name where it is not given.
        type: str
      create:
        description: Make a system user and group where they are missing. Leave it off where a package makes the user.
        type: bool
        default: false
      home:
        description: Home directory of a user that is created; it is not made.
        type: str
        default: /nonexistent
      shell:
        description: Shell of a user that is created.
        type: str
        default: /usr/sbin/nologin
  directories:
    description:
      - Directories, in any order. Missing parents that are not listed are made as root's, with mode C(0755).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path.
        type: str
        required: true
      owner:
        description: Name of the owner.
        type: str
        default: root
      group:
        description: Name of the group.
        type: str
        default: root
      mode:
        description: Permission bits as an octal string.
        type: str
        default: "0755"
  links:
    description: Symbolic links, for example to the version of a program that is in use.
    type: list
    elements: dict
    default: []
    suboptions:
      dest:
        description: Absolute path of the link.
        type: str
        required: true
      src:
        description: Where it points.
        type: str
        required: true
      on_change:
        description: What a change asks of the service.
        type: str
        choices: [restart, reload, none]
        default: restart
  files:
    description: The files of the service. Each has exactly one of O(files[].content), O(files[].template) and
      O(files[].src).
    type: list
    elements: dict
    default: []
    suboptions:
      dest:
        description: Absolute path.
        type: str
        required: true
      content:
        description:
          - The text of the file. A dictionary or list becomes YAML below a header that says who manages the
            file, or JSON
            where O(files[].dest) ends in C(.json).
        type: raw
      template:
        description: A Jinja template, looked up as by M(ansible.builtin.template).
        type: str
      src:
        description:
          - A file on the controller that is sent as it is, byte by byte. The place for the native text of
            other programs
            in which C({{) has a meaning of its own.
        type: str
      owner:
        description: Name of the owner.
        type: str
        default: root
      group:
        description: Name of the group.
        type: str
        default: root
      mode:
        description: Permission bits as an octal string.
        type: str
        default: "0644"
      on_change:
        description:
          - What a change asks of the service. V(none) is for files that the service watches itself.
          - A service that cannot reload is restarted instead.
        type: str
        choices: [restart, reload, none]
        default: restart
      secret:
        description:
          - The content is never shown in a diff. Its values, not its keys, are masked in the output of tools.
        type: bool
        default: false
  exclusive:
    description:
      - Directories that are wholly ours, at least three levels deep. Any file in them that is not in O(files)
        or O(links) is
        removed.
    type: list
    elements: str
    default: []
  watch:
    description: Files that others manage, such as certificates; when one has changed since it was loaded, the
      service reloads, or restarts.
    type: list
    elements: str
    default: []
  watch_reaction:
    description: What a change of a watched file asks of the service; V(restart) where a reload does not read them.
    type: str
    choices: [reload, restart]
    default: reload
  programs:
    description:
      - Files of the program that an interpreter runs, such as Java; when one was replaced by an upgrade of its package
        since the service has started, it restarts. A program that is an executable itself is found without.
    type: list
    elements: str
    default: []
  readable:
    description:
      - Files that the configuration refers to and that the user of the service must be able to read, tested with the
        proposed files in place. For what the service's own tool does not check.
    type: list
    elements: str
    default: []
  validate:
    description:
      - Commands that must succeed with the proposed files, each a list of words. They see the proposed files
        at their real
        paths, in a mount namespace of their own, and run as O(user).
    type: list
    elements: list
    default: []
  ready:
    description: The HTTP request that the service answers once it is ready. Proxies are not used.
    type: dict
    suboptions:
      url:
        description: Address with scheme, port and path.
        type: str
        required: true
      timeout:
        description: Seconds to wait while the process lives. When the process ends, the wait ends at once.
        type: float
        default: 600
      status:
        description: HTTP status codes that mean ready.
        type: list
        elements: int
        default: [200]
      expect:
        description:
          - Texts that the answer, which is JSON, must have, by the keys that lead to them, with dots in between.
          - For a service that answers before it is ready.
        type: dict
        default: {}
      username:
        description: User for HTTP basic authentication.
        type: str
        default: ""
      password:
        description: Its password.
        type: str
        default: ""
      ca_file:
        description: Certificate authority on the host that signed the server's certificate; the system's where empty.
        type: str
        default: ""
      client_cert:
        description: Certificate on the host that the server asks of its clients.
        type: str
        default: ""
      client_key:
        description: Its key.
        type: str
        default: ""
      verify:
        description: Check the server's certificate and name.
        type: bool
        default: true
  loaded:
    description:
      - How the service confirms a reload. Either O(loaded.reload_url), or O(loaded.metrics_url) with both
        metrics. Without it
        a reload counts when C(systemctl reload) succeeds and the service is ready.
      - Uses the TLS settings and credentials of O(ready).
    type: dict
    suboptions:
      reload_url:
        description: An address that reloads on POST and answers 200 once it has.
        type: str
        default: ""
      metrics_url:
        description: The service's own metrics.
        type: str
        default: ""
      success_metric:
        description: Is 1 when the last reload succeeded.
        type: str
        default: ""
      timestamp_metric:
        description: Moves with every successful reload.
        type: str
        default: ""
      timeout:
        description: Seconds to wait for the confirmation.
        type: float
        default: 30
  observe:
    description:
      - What to ask an exporter about the services it watches, once it is ready. The answer is RV(observed); whatever it
        is, the task does not fail for it. M(enterprise_tickets.observability.exporter_target) makes something of it.
      - Uses the TLS settings and credentials of O(ready).
    type: dict
    suboptions:
      urls:
        description: Addresses of the exporter's metrics, by the name of the watched service that each tells about.
        type: dict
        required: true
      up:
        description: The metric that is 1 while the watched service is.
        type: str
        required: true
      metrics:
        description: Further metrics to return.
        type: list
        elements: str
        default: []
      timeout:
        description: Seconds that one answer may take.
        type: float
        default: 20
  before_restart:
    description:
      - Requests that a running service must answer before it is restarted, in their order, while no file has been
        changed. If one fails, nothing is changed. What has to follow after the restart is for the tasks that follow.
      - Uses the TLS settings and credentials of O(ready).
    type: list
    elements: dict
    default: []
    suboptions:
      url:
        description: Address with scheme, port and path.
        type: str
        required: true
      method:
        description: HTTP method.
        type: str
        default: POST
      body:
        description: JSON text; none where empty.
        type: str
        default: ""
      status:
        description: HTTP status codes that mean success.
        type: list
        elements: int
        default: [200]
      timeout:
        description: Seconds that the answer may take.
        type: float
        default: 60
  rollback:
    description:
      - V(files) puts the previous files back if the service does not become ready.
      - V(none) leaves the new ones, for a version whose data the previous one cannot read.
    type: str
    choices: [files, none]
    default: files
  rollback_reason:
    description: Why O(rollback=none); part of the message.
    type: str
    default: ""
  secrets:
    description: Further values to mask in the output of tools and in log lines.
    type: list
    elements: str
    default: []
seealso:
  - module: enterprise_tickets.observability.service_software
"""

EXAMPLES = r"""
- name: Configure | Deploy Prometheus
  enterprise_tickets.observability.managed_service:
    name: prometheus
    unit: prometheus.service
    user: {name: prometheus}
    directories:
      - {path: /etc/prometheus, group: prometheus, mode: "0750"}
      - {path: /etc/prometheus/rules, group: prometheus, mode: "0750"}
    files:
      - dest: /etc/prometheus/prometheus.yml
        content: "{{ __prometheus_config }}"
        group: prometheus
        mode: "0640"
        on_change: reload
      - {dest: /etc/systemd/system/prometheus.service, template: prometheus.service.j2}
    exclusive: [/etc/prometheus/rules]
    watch: [/etc/prometheus/tls/server.crt]
    validate:
      - [promtool, check, config, /etc/prometheus/prometheus.yml]
    ready: {url: "http://127.0.0.1:9090/-/ready"}
    loaded:
      metrics_url: http://127.0.0.1:9090/metrics
      success_metric: prometheus_config_last_reload_successful
      timestamp_metric: prometheus_config_last_reload_success_timestamp_seconds
"""

RETURN = r"""
reaction:
  description: What the service was made to do, or would be in check mode.
  returned: always
  type: str
  choices: [none, reload, restart, start, stop]
  sample: reload
reasons:
  description: Why.
  returned: always
  type: list
  elements: str
  sample: ["its files changed"]
checked:
  description: Validators that were run and agreed.
  returned: success
  type: list
  elements: str
  sample: ["promtool check config /etc/prometheus/prometheus.yml"]
notes:
  description: What a person should know, such as what check mode could not check.
  returned: always
  type: list
  elements: str
  sample: ["not validated, promtool is not installed yet: promtool check config /etc/prometheus/prometheus.yml"]
removed:
  description: Paths that were removed, or would be.
  returned: success
  type: list
  elements: str
  sample: ["/etc/prometheus/rules/retired.yml"]
validator_output:
  description: The words of the tool that refused the files, secret values masked.
  returned: when a validator refused
  type: list
  elements: str
log:
  description: The last lines the service wrote to the journal, secret values masked.
  returned: when the service did not become ready
  type: list
  elements: str
observed:
  description: What the exporter said, by the name of the watched service. Empty when it was not asked, as in check mode
    when something would change.
  returned: success
  type: dict
  contains:
    status:
      description: HTTP status of the answer; 0 without an answer.
      type: int
    reason:
      description: Why there was no answer.
      type: str
    metrics:
      description: Lists of labels and values, by the name of the metric.
      type: dict
    log:
      description: What the exporter wrote to its log meanwhile, secret values masked. Empty while the service is up.
      type: list
      elements: str
  sample:
    main:
      status: 200
      reason: ""
      metrics:
        redis_up:
          - labels: {}
            value: 1.0
      log: []
"""
