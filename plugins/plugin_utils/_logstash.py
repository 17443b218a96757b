# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logstash's pipelines as data, and what is wrong with the role's variables. PRIVATE to the collection.

Facts of Logstash 8.19 and 9: docs/reference/logstash-settings-file.md, config/pipelines.yml, and
logstash-core/lib/logstash/settings.rb (what a pipeline may set) of elastic/logstash.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import expected_names
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._java_heap import (
    LARGEST_HEAP,
    heap_bytes,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._secrets import secret_problems
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_text,
    check_keys,
    plain,
    shown,
)

_PIPELINES: t.Final = "logstash_pipelines"
_ID: t.Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_KEY: t.Final = re.compile(r"[A-Za-z0-9_.]+\Z")
_BYTES: t.Final = re.compile(r"(\d{1,15})\s*(b|kb|mb|gb|tb|pb)\Z", re.IGNORECASE)
_UNITS: t.Final = {"b": 0, "kb": 10, "mb": 20, "gb": 30, "tb": 40, "pb": 50}

#: What a pipeline may set in pipelines.yml; Logstash does not start with anything else.
PIPELINE_SETTINGS: t.Final = frozenset(
    (
        *("config.debug", "config.support_escapes", "dead_letter_queue.enable", "dead_letter_queue.flush_interval"),
        *("dead_letter_queue.max_bytes", "dead_letter_queue.retain.age", "dead_letter_queue.storage_policy"),
        *("path.dead_letter_queue", "path.queue", "pipeline.batch.delay", "pipeline.batch.size"),
        *("pipeline.ecs_compatibility", "pipeline.ordered", "pipeline.plugin_classloaders", "pipeline.reloadable"),
        *("pipeline.unsafe_shutdown", "pipeline.workers", "queue.checkpoint.acks", "queue.checkpoint.interval"),
        *("queue.checkpoint.retry", "queue.checkpoint.writes", "queue.drain", "queue.max_bytes", "queue.max_events"),
        *("queue.page_capacity", "queue.type"),
    )
)
#: Settings of logstash.yml that a variable gives.
_OWN: t.Final[Mapping[str, str]] = {
    "api.http.host": "logstash_api_listen_address",
    "api.http.port": "logstash_api_port",
    "config.reload.automatic": "",
    "dead_letter_queue.max_bytes": "logstash_dead_letter_queue_max_bytes",
    "log.level": "logstash_log_level",
    "path.config": _PIPELINES,
    "path.data": "logstash_data_dir",
    "pipeline.batch.size": "logstash_batch_size",
    "pipeline.workers": "logstash_workers",
    "queue.max_bytes": "logstash_queue_max_bytes",
    "queue.page_capacity": "logstash_queue_page_capacity",
}
# The pipeline does not take a shorter one.
_KEY_LENGTH: t.Final = 32
_SHIPPED_SECRETS: t.Final = ("ETS_ELASTICSEARCH_PASSWORD", "ETS_HMAC_KEY")


class Defaults(t.NamedTuple):
    """What holds for a pipeline that says nothing else.

    :param queue: ``queue.max_bytes``.
    :param page: ``queue.page_capacity``.
    :param dead_letters: ``dead_letter_queue.max_bytes``.
    """

    queue: str
    page: str
    dead_letters: str


class Pipeline(t.NamedTuple):
    """A pipeline.

    :param id: its id.
    :param path: directory of its files on the controller; empty for the collection's own pipeline.
    :param settings: what pipelines.yml says of it, beside its id and files.
    """

    id: str
    path: str
    settings: dict[str, t.Any]


def size(text: object, where: str) -> int:
    """The bytes of a size as Logstash writes it, such as ``64mb``.

    :raises InputError: it is none.
    """
    match = _BYTES.match(text) if isinstance(text, str) else None
    if match is None:
        raise InputError(f"{where} is {shown(text)}; expected a size with its unit, such as 64mb or 4gb.")
    return int(match[1]) << _UNITS[match[2].lower()]


def heap_size(text: object) -> int:
    """The bytes of a heap as Java's options have it, such as ``512m`` or ``4g``.

    :raises InputError: it is none.
    """
    number = heap_bytes(text) if isinstance(text, str) else None
    if not number:
        raise InputError(f"logstash_heap_size is {shown(text)}; expected a size such as 512m or 4g.")
    return number


def read_pipelines(value: object) -> list[Pipeline]:
    """The pipelines out of the variable.

    :raises InputError: it is not what it should be; the message says where.
    """
    pipelines: list[Pipeline] = []
    for index, item in enumerate(as_list(plain(value, _PIPELINES), _PIPELINES)):
        where = f"{_PIPELINES}[{index}]"
        given = as_mapping(item, where)
        check_keys(given, where, ("id", "path", "settings"), "key")
        name = given.get("id")
        if not isinstance(name, str) or not _ID.match(name):
            raise InputError(
                f"{where}.id is {shown(name)}; expected a name of letters, digits, hyphens and underscores."
            )
        if any(name == other.id for other in pipelines):
            raise InputError(f"{where}.id is {name!r}, as that of another pipeline; expected different ones.")
        settings = as_mapping(given.get("settings"), f"{where}.settings")
        for key in settings:
            if key not in PIPELINE_SETTINGS:
                raise InputError(
                    f"{where}.settings has {key!r}, which no pipeline may set; "
                    f"{expected_names(str(key), PIPELINE_SETTINGS)}"
                )
        pipelines.append(Pipeline(name, as_text(given.get("path"), f"{where}.path"), settings))
    shipped = [pipeline.id for pipeline in pipelines if not pipeline.path]
    if len(shipped) > 1:
        raise InputError(
            f"{_PIPELINES}: {' and '.join(shipped)} have no path, which makes each the collection's own pipeline; "
            "expected one, for both would listen on the same port."
        )
    if not pipelines:
        raise InputError(f"{_PIPELINES} is empty; expected a pipeline. To stop Logstash there is logstash_state.")
    return pipelines


def files_of(pipeline: Pipeline, shipped: str) -> list[tuple[str, str]]:
    """The files of a pipeline: path on the controller, and relative path.

    :param pipeline: the pipeline.
    :param shipped: directory of the collection's own pipeline.
    :raises InputError: there is no such directory, or no `*.conf` in it.
    """
    top = pipeline.path or shipped
    found = sorted(
        os.path.join(directory, name)
        for directory, _directories, names in os.walk(top)
        for name in names
        if not name.startswith(".")
    )
    files = [(path, os.path.relpath(path, top)) for path in found]
    if not any(name.endswith(".conf") and "/" not in name for _path, name in files):
        raise InputError(
            f"{_PIPELINES}: the path of {pipeline.id} is {top!r}; expected a directory on the controller with files "
            "whose names end in .conf."
        )
    return files


def layout(value: object, defaults: Defaults, directory: str, shipped: str, group: str) -> dict[str, t.Any]:
    """Everything that becomes of the pipelines on a host.

    :param value: the variable.
    :param defaults: sizes that hold for those that set none.
    :param directory: the directory on the host in which each pipeline has one of its own.
    :param shipped: directory of the collection's own pipeline on the controller.
    :param group: the group that reads the files.
    :returns: ``text`` of pipelines.yml, ``files`` and ``directories`` for managed_service, ``queue_bytes`` that the
        queues of each may take, and ``shipped``, the directory of the collection's own pipeline on the host.
    :raises InputError: something is wrong.
    """
    pipelines = read_pipelines(value)
    entries, files, directories, own = [], [], {directory}, ""
    for pipeline in pipelines:
        top = f"{directory}/{pipeline.id}"
        directories.add(top)
        own = own if pipeline.path else top
        entries.append({"pipeline.id": pipeline.id, "path.config": f"{top}/*.conf", **pipeline.settings})
        for path, name in files_of(pipeline, shipped):
            dest = f"{top}/{name}"
            parent = os.path.dirname(dest)
            while parent != top:
                directories.add(parent)
                parent = os.path.dirname(parent)
            # Only a pipeline whose own text has changed is loaded anew; what its text names is read when it is.
            loaded = name.endswith(".conf") and "/" not in name
            files.append(_entry(dest, path, group, "reload" if loaded else "restart"))
    return {
        # JSON, which is YAML as well, so that the program on the host needs no library to read it.
        "text": f"# Managed by Ansible (enterprise_tickets.observability). Changes made here are overwritten.\n"
        f"{json.dumps(entries, indent=2)}\n",
        "files": files,
        "directories": [{"path": path, "group": group, "mode": "0750"} for path in sorted(directories)],
        "queue_bytes": {pipeline.id: sum(_queues(pipeline, defaults)) for pipeline in pipelines},
        "shipped": own,
    }


def _entry(dest: str, path: str, group: str, on_change: str) -> dict[str, t.Any]:
    return {"dest": dest, "src": path, "group": group, "mode": "0640", "on_change": on_change}


def _queues(pipeline: Pipeline, defaults: Defaults) -> Iterator[int]:
    """Bytes that its queue and its dead letters may take."""
    settings = pipeline.settings
    if settings.get("queue.type", "persisted") == "persisted":
        yield size(settings.get("queue.max_bytes", defaults.queue), f"{_PIPELINES}: queue.max_bytes of {pipeline.id}")
    if settings.get("dead_letter_queue.enable", True):
        where = f"{_PIPELINES}: dead_letter_queue.max_bytes of {pipeline.id}"
        yield size(settings.get("dead_letter_queue.max_bytes", defaults.dead_letters), where)


def problems(settings: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the role's variables, by their names without its prefix; a sentence for each."""
    found = [*_of(lambda: _pipeline_problems(settings)), *_of(lambda: _heap_problems(settings))]
    has_shipped = any(
        isinstance(item, Mapping) and not item.get("path") for item in _sequence(settings.get("pipelines"))
    )
    return [
        *found,
        *_setting_problems(settings.get("settings")),
        *(_shipped_problems(settings) if has_shipped else ()),
        *_extra_secret_problems(settings.get("secrets")),
    ]


def _sequence(value: object) -> Sequence[t.Any]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _of(check: t.Callable[[], Iterator[str]]) -> Iterator[str]:
    """The sentences of a check, the one that it stops with included."""
    try:
        yield from check()
    except InputError as error:
        yield str(error)


def _pipeline_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    defaults = Defaults(
        *(settings.get(key, "") for key in ("queue_max_bytes", "queue_page_capacity", "dead_letter_queue_max_bytes"))
    )
    size(defaults.queue, "logstash_queue_max_bytes")
    size(defaults.dead_letters, "logstash_dead_letter_queue_max_bytes")
    size(defaults.page, "logstash_queue_page_capacity")
    for pipeline in read_pipelines(settings.get("pipelines")):
        files_of(pipeline, str(settings.get("shipped") or ""))
        list(_queues(pipeline, defaults))
        queue = pipeline.settings.get("queue.max_bytes", defaults.queue)
        page = pipeline.settings.get("queue.page_capacity", defaults.page)
        if size(page, f"{_PIPELINES}: queue.page_capacity of {pipeline.id}") > size(queue, _PIPELINES):
            yield (
                f"logstash_queue_page_capacity: found {page} for the pipeline {pipeline.id}, expected at most its "
                f"queue's {queue} (logstash_queue_max_bytes); Logstash would not start."
            )


def _heap_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    # Whether it is more than half of the memory is found out on the host.
    if heap_size(settings.get("heap_size")) > LARGEST_HEAP:
        yield f"logstash_heap_size: found {settings['heap_size']}, expected at most 31g."


def _setting_problems(settings: object) -> Iterator[str]:
    if not isinstance(settings, Mapping):
        yield "logstash_settings: expected a dictionary of settings of logstash.yml, by their dotted names."
        return
    for key in settings:
        if key in _OWN:
            instead = f"this is what {_OWN[key]} is for" if _OWN[key] else "the role reloads what it has changed itself"
            yield f"logstash_settings: found {key!r}; {instead}."
        elif str(key).startswith(("http.", "modules")):
            yield f"logstash_settings: found {key!r}, which Logstash 9 does not know any more; expected api.* instead."


def _shipped_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    """What the collection's own pipeline needs."""
    yield from secret_problems("logstash_hmac_key", settings.get("hmac_key"), minimum=_KEY_LENGTH, ascii_only=True)
    yield from secret_problems(
        "logstash_elasticsearch_password", settings.get("elasticsearch_password"), ascii_only=True
    )
    hosts = _sequence(settings.get("elasticsearch_hosts"))
    if not hosts:
        yield (
            "logstash_elasticsearch_hosts: found none, expected the addresses of Elasticsearch; they come from the "
            "group elasticsearch of the inventory."
        )
    for url in hosts:
        if not isinstance(url, str) or urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
            yield f"logstash_elasticsearch_hosts: found {shown(url)}, expected an address with https://."
    if bool(settings.get("tls_cert_file")) != bool(settings.get("tls_key_file")):
        yield "logstash_tls_cert_file and logstash_tls_key_file: found one of them, expected both or none."
    if not settings.get("ca_certificate"):
        yield (
            "logstash_ca_certificate: found nothing, expected the certificate of the authority (observability_ca_"
            "certificate) that Filebeat and Elasticsearch are known by; the playbook create_ca makes one."
        )


def _extra_secret_problems(secrets: object) -> Iterator[str]:
    if not isinstance(secrets, Mapping):
        yield "logstash_secrets: expected a dictionary of names and secrets."
        return
    for name, value in secrets.items():
        if not _KEY.match(str(name)):
            yield f"logstash_secrets: {name!r} is no name of the keystore; expected letters, digits, _ and dots."
        elif str(name).upper() in _SHIPPED_SECRETS:
            yield f"logstash_secrets.{name}: the collection's own pipeline has a variable for this."
        else:
            yield from secret_problems(f"logstash_secrets.{name}", value, minimum=1, ascii_only=True)
