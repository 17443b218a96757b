# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._preflight import topology_problems
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import (
    Problems,
    environment_maps,
    environment_seen_by,
    read_hosts,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

Hosts = dict[str, dict[str, t.Any]]


def inventory(hosts: Hosts | None = None, common: dict[str, t.Any] | None = None, **groups: list[str]) -> Inventory:
    """Three hosts, two of them Prometheus servers, unless told otherwise."""
    chosen: dict[str, list[str]] = {"observability_hosts": ["web1", "web2", "mon1"], "prometheus": ["mon1"], **groups}
    names = dict.fromkeys(name for members in chosen.values() for name in members)
    variables = {name: {**(common or {}), **(hosts or {}).get(name, {})} for name in names}
    return Inventory({"all": list(names), "ungrouped": [], **chosen}, variables)


def problems(*arguments: t.Any, **groups: t.Any) -> list[str]:
    return topology_problems(inventory(*arguments, **groups), None)


def test_nothing_wrong() -> None:
    assert problems() == []
    assert problems(alertmanager=["mon1"]) == []


def test_an_environment() -> None:
    environment = environment_seen_by(inventory(alertmanager=["mon1", "web2"]), "mon1")
    assert environment.name == "default"
    assert [(host.name, [service.name for service in host.services]) for host in environment.hosts] == [
        ("mon1", ["node_exporter", "prometheus", "alertmanager"]),
        ("web1", ["node_exporter"]),
        ("web2", ["node_exporter", "alertmanager"]),
    ]
    assert environment.hosts_with(BY_NAME["alertmanager"]) == ["mon1", "web2"]
    assert [endpoint.node for endpoint in environment.endpoints(BY_NAME["node_exporter"])] == ["mon1", "web1", "web2"]


def test_two_environments_do_not_see_each_other() -> None:
    production, staging = ({"observability_environment": name} for name in ("production", "staging"))
    both = inventory(
        {"web1": production, "mon1": production, "web2": staging, "mon2": staging},
        observability_hosts=["web1", "web2", "mon1", "mon2"],
        prometheus=["mon1", "mon2"],
        alertmanager=["mon2"],
    )
    assert [host.name for host in environment_seen_by(both, "mon1").hosts] == ["mon1", "web1"]
    assert [host.name for host in environment_seen_by(both, "web2").hosts] == ["mon2", "web2"]
    assert environment_seen_by(both, "mon1").hosts_with(BY_NAME["alertmanager"]) == []
    assert topology_problems(both, None) == []


def test_mistakes_of_another_environment_do_not_matter() -> None:
    production, staging = ({"observability_environment": name} for name in ("production", "staging"))
    both = inventory(
        {"web1": production, "mon1": production, "web2": {**staging, "node_exporter_port": 0}, "mon2": staging},
        observability_hosts=["web1", "web2", "mon1", "mon2"],
        prometheus=["mon1", "mon2"],
    )
    expected = ["Host web2: node_exporter_port is 0; expected a port, a whole number from 1 to 65535."]
    assert environment_seen_by(both, "mon1").name == "production"
    with pytest.raises(InputError) as caught:
        environment_seen_by(both, "mon2")
    assert str(caught.value) == expected[0]
    assert topology_problems(both, None) == expected
    assert topology_problems(both, ["mon1", "web1"]) == []
    assert topology_problems(both, ["web2"]) == expected
    assert topology_problems(both, ["mon1", "web2"]) == expected


def test_hosts_of_no_group_do_not_choose_the_environment() -> None:
    production = {"observability_environment": "production"}
    some = inventory({"web1": production, "mon1": production}, observability_hosts=["web1", "mon1"], switches=["sw1"])
    assert topology_problems(some, ["sw1", "web1"]) == []
    assert topology_problems(some, ["sw1"]) == []


def test_a_group_of_another_service_chooses_the_environment() -> None:
    staging = {"observability_environment": "staging"}
    some = inventory({"kib1": staging}, backup_hosts=["kib1"])
    assert topology_problems(some, ["kib1"]) == [
        (
            "The group observability_hosts has no host in the environment 'staging' (observability_environment); "
            "expected at least one. If the environment is wrong: Known: default."
        ),
        (
            "The group prometheus has no host in the environment 'staging' (observability_environment); expected at "
            "least one. If the environment is wrong: Known: default."
        ),
    ]
    assert topology_problems(some, None) == []


MAP = {"observability_groups": {"prometheus": "prom_servers", "observability_hosts": "linux"}}


def test_groups_with_other_names() -> None:
    mapped = inventory(common=MAP, linux=["web1", "mon1"], prom_servers=["mon1"])
    environment = environment_seen_by(mapped, "mon1")
    assert [host.name for host in environment.hosts] == ["mon1", "web1"]  # web2 is only in observability_hosts
    assert topology_problems(mapped, None) == []


def test_environments_with_names_of_their_own() -> None:
    production = {"observability_environment": "production", **MAP}
    both = inventory(
        {"web1": production, "mon1": production},
        linux=["web1", "mon1"],
        prom_servers=["mon1"],
        observability_hosts=["web2", "mon2"],
        prometheus=["mon2"],
    )
    assert environment_maps(both, Problems()) == {"production": MAP["observability_groups"], "default": {}}
    assert [host.name for host in environment_seen_by(both, "mon1").hosts] == ["mon1", "web1"]
    assert [host.name for host in environment_seen_by(both, "mon2").hosts] == ["mon2", "web2"]
    assert topology_problems(both, None) == []


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (
            {"observability_groups": {"prometeus": "x"}},
            (
                "Hosts mon1, web1, web2: observability_groups names the unknown group 'prometeus'; did you mean "
                "'prometheus'? Known: alertmanager, backup_hosts, blackbox_exporter, container_hosts,"
            ),
        ),
        (
            {"observability_groups": ["prometheus"]},
            "Hosts mon1, web1, web2: observability_groups is a list; expected a dictionary.",
        ),
        (
            {"observability_groups": {"prometheus": ["a"]}},
            "Hosts mon1, web1, web2: observability_groups.prometheus is a list; expected the name of a group",
        ),
        (
            {"observability_groups": {"prometheus": ""}},
            (
                "Hosts mon1, web1, web2: observability_groups.prometheus is ''; expected the name of a group of the "
                "inventory."
            ),
        ),
        (
            {"observability_groups": {"alertmanager": "promethus"}},
            (
                "observability_groups.alertmanager is 'promethus', which is no group of the inventory; did you mean "
                "'prometheus'? Known: observability_hosts, prometheus."
            ),
        ),
    ],
)
def test_wrong_names_of_groups(groups: dict[str, t.Any], expected: str) -> None:
    found = problems(common=groups, observability_play_prometheus_is_x=["mon1"])
    assert [sentence for sentence in found if sentence.startswith(expected)] == found[:1]
    with pytest.raises(InputError) as caught:
        environment_seen_by(inventory(common=groups), "mon1")
    # The host that asks cannot look further.
    assert str(caught.value).startswith(expected.replace("Hosts mon1, web1, web2", "Host mon1"))


def test_hosts_that_disagree_about_groups() -> None:
    assert problems({"web2": MAP}, prom_servers=["mon1"], linux=["web1"]) == [
        (
            "Host web2: observability_groups differs from that of other hosts of the environment 'default'; expected "
            "the same value everywhere, so set it in the group all."
        )
    ]


@pytest.mark.parametrize(
    ("arguments", "groups", "expected"),
    [
        (
            {},
            {"prometheus": []},
            [
                (
                    "The group prometheus has no host in the environment 'default' (observability_environment); "
                    "expected at least one."
                )
            ],
        ),
        (
            {},
            {"observability_hosts": [], "prometheus": []},
            [
                (
                    "The group observability_hosts has no host in the environment 'default' "
                    "(observability_environment); expected at least one."
                ),
                (
                    "The group prometheus has no host in the environment 'default' (observability_environment); "
                    "expected at least one."
                ),
            ],
        ),
        (
            {},
            {"observability_hosts": []},
            [
                (
                    "The group observability_hosts has no host in the environment 'default' "
                    "(observability_environment); expected at least one."
                )
            ],
        ),
        (
            {"common": {"observability_groups": {"prometheus": "prom"}}},
            {"prom": []},
            [
                (
                    "The group prometheus (observability_groups calls it prom) has no host in the environment "
                    "'default' (observability_environment); expected at least one."
                )
            ],
        ),
        (
            {
                "hosts": {"web2": {"observability_environment": "prodution"}},
                "common": {"observability_environment": "production"},
            },
            {},
            [
                (
                    "The group prometheus has no host in the environment 'prodution' (observability_environment); "
                    "expected at least one. If the environment is wrong: did you mean 'production'? Known: production."
                ),
            ],
        ),
        (
            {"common": {"prometheus_port": 9100}},
            {},
            [
                (
                    "Host mon1: node_exporter and prometheus both listen on port 9100 (0.0.0.0 and 0.0.0.0); expected "
                    "different values of node_exporter_port and prometheus_port."
                )
            ],
        ),
        (
            {"common": {"node_exporter_port": 70000}},
            {},
            ["Hosts mon1, web1, web2: node_exporter_port is 70000; expected a port, a whole number from 1 to 65535."],
        ),
        (
            {"common": {"observability_environment": ["x"]}},
            {},
            ["Hosts mon1, web1, web2: observability_environment is a list; expected a text."],
        ),
        (
            {"hosts": {"web1": {"ansible_host": "10.0.0.1"}, "web2": {"ansible_host": "10.0.0.1"}}},
            {},
            [
                (
                    "Host web2: node_exporter has the same address 10.0.0.1:9100 (ansible_host) as that of host web1; "
                    "expected an address of its own, or scrape: false in observability_endpoints.node_exporter of one "
                    "of them."
                )
            ],
        ),
        (
            {"hosts": {"web1": {"ansible_host": "127.0.0.1", "ansible_port": 2222}}},
            {},
            [
                (
                    "Host web1: ansible_host is '127.0.0.1', under which Prometheus on mon1 would reach itself; "
                    "expected an address that others reach, so set observability_address."
                )
            ],
        ),
        (
            {"hosts": {"web1": {"node_exporter_listen_address": "127.0.0.1"}}},
            {},
            [
                (
                    "Host web1: node_exporter_listen_address is '127.0.0.1', which only the host itself reaches, but "
                    "Prometheus on mon1 needs it; expected an address that others reach. Where something forwards to "
                    "it, say so in observability_endpoints.node_exporter."
                )
            ],
        ),
    ],
)
def test_problems(arguments: dict[str, t.Any], groups: dict[str, t.Any], expected: list[str]) -> None:
    assert problems(**arguments, **groups) == expected


@pytest.mark.parametrize(
    ("arguments", "groups"),
    [
        # The only Prometheus reaches its own host over loopback.
        ({"hosts": {"mon1": {"node_exporter_listen_address": "127.0.0.1", "prometheus_listen_address": "::1"}}}, {}),
        # A single machine that is called localhost.
        ({}, {"observability_hosts": ["localhost"], "prometheus": ["localhost"]}),
        # A reverse proxy forwards to it.
        (
            {
                "hosts": {
                    "web1": {
                        "node_exporter_listen_address": "127.0.0.1",
                        "observability_endpoints": {"node_exporter": {"port": 9443, "scheme": "https"}},
                    }
                }
            },
            {},
        ),
        # Nobody scrapes it.
        (
            {
                "hosts": {
                    "web1": {
                        "ansible_host": "localhost",
                        "observability_endpoints": {"node_exporter": {"scrape": False}},
                    }
                }
            },
            {},
        ),
        # One address, but each exporter has its own port (port forwarding).
        (
            {
                "hosts": {
                    "web1": {"ansible_host": "10.0.0.1"},
                    "web2": {"ansible_host": "10.0.0.1", "node_exporter_port": 9101},
                }
            },
            {},
        ),
        (
            {
                "common": {
                    "prometheus_port": 9100,
                    "node_exporter_listen_address": "10.0.0.1",
                    "prometheus_listen_address": "10.0.0.2",
                }
            },
            {},
        ),
        # Variables of services that a host does not run are none of its business.
        ({"hosts": {"web1": {"prometheus_port": 0, "alertmanager_port": "x"}}}, {}),
    ],
)
def test_no_problems(arguments: dict[str, t.Any], groups: dict[str, t.Any]) -> None:
    assert problems(**arguments, **groups) == []


def test_a_pair_of_servers_must_reach_each_other() -> None:
    pair = inventory(
        {"mon1": {"prometheus_listen_address": "127.0.0.1"}},
        observability_hosts=["mon1", "mon2"],
        prometheus=["mon1", "mon2"],
    )
    with pytest.raises(InputError, match=r"^Host mon1: prometheus_listen_address is '127\.0\.0\.1'.* on mon2 needs it"):
        environment_seen_by(pair, "mon2")


def test_an_alertmanager_that_is_not_scraped_must_be_reached_all_the_same() -> None:
    hosts = {
        "web1": {
            "alertmanager_listen_address": "::1",
            "observability_endpoints": {"alertmanager": {"scrape": False}},
        }
    }
    assert [sentence.partition(",")[0] for sentence in problems(hosts, alertmanager=["web1"])] == [
        "Host web1: alertmanager_listen_address is '::1'"
    ]


def test_groups_that_do_not_exist() -> None:
    found = topology_problems(Inventory({"all": ["web1"]}, {"web1": {}}), None)
    assert found == [
        (
            "The inventory has no group observability_hosts; expected at least one host in it. If the group exists "
            "under another name, say so in observability_groups.observability_hosts."
        ),
        (
            "The inventory has no group prometheus; expected at least one host in it. If the group exists under "
            "another name, say so in observability_groups.prometheus."
        ),
    ]
    with pytest.raises(InputError) as caught:
        environment_seen_by(Inventory({"all": ["web1"]}, {"web1": {}}), "web1")
    assert str(caught.value) == "\n".join(found)
    assert topology_problems(Inventory({}, {}), []) == found


def test_an_unknown_host() -> None:
    with pytest.raises(InputError, match=r"^The inventory has no host 'nobody'; expected inventory_hostname\.$"):
        environment_seen_by(inventory(), "nobody")


def test_many_hosts_share_a_sentence() -> None:
    names = [f"web{number:02}" for number in range(20)]
    found = problems(common={"node_exporter_port": 0}, observability_hosts=names)
    assert found == [
        (
            "Hosts web00, web01, web02 and 17 more: node_exporter_port is 0; expected a port, a whole number from 1 to "
            "65535."
        )
    ]


def test_all_mistakes_at_once() -> None:
    hosts: Hosts = {
        "web1": {"node_exporter_port": 0, "observability_labels": {"a-b": 1}},
        "web2": {"observability_address": "a b"},
        "mon1": {"prometheus_extra_scrape_jobs": {}, "prometheus_scrape_job_settings": {"nod_exporter": {}}},
    }
    found = problems(hosts)
    assert [sentence.partition(";")[0] for sentence in found] == [
        "Host web1: node_exporter_port is 0",
        "Host web2: observability_address is 'a b'",
        "Host mon1: prometheus_extra_scrape_jobs is a dictionary",
        "Host mon1: prometheus_scrape_job_settings names the unknown service 'nod_exporter'",
    ]


def test_each_host_is_read_once() -> None:
    """Reading is what takes the time."""
    read: list[str] = []

    class Counting(dict[str, t.Any]):
        def __getitem__(self, name: str) -> t.Any:
            read.append(name)
            return super().__getitem__(name)

    names = [f"web{number:02}" for number in range(50)]
    groups = {"all": [*names], "observability_hosts": names, "prometheus": names[:2], "alertmanager": names[:3]}
    hostvars = Counting({name: {} for name in names})
    environment_seen_by(Inventory(groups, hostvars), names[0])
    assert sorted(read) == sorted([*names, names[0]])
    read.clear()
    topology_problems(Inventory(groups, hostvars), names)
    # One host of each group in advance, and the servers again for their settings.
    assert len(read) == len(names) + 1 + 2


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_paused_and_left_as_it_was(enabled: bool) -> None:
    seen: list[bool] = []

    class Watching(dict[str, t.Any]):
        def __getitem__(self, name: str) -> t.Any:
            seen.append(gc.isenabled())
            if len(seen) == 4:
                raise KeyError(name)
            return super().__getitem__(name)

    groups = {"observability_hosts": ["a", "b", "c"], "prometheus": ["a"]}
    before = gc.isenabled()
    try:
        gc.enable() if enabled else gc.disable()
        with pytest.raises(KeyError):
            environment_seen_by(Inventory(groups, Watching(a={}, b={}, c={})), "a")
        assert gc.isenabled() is enabled
    finally:
        gc.enable() if before else gc.disable()
    assert seen == [enabled, False, False, False]


def test_the_order_of_groups_does_not_matter() -> None:
    groups = {"observability_hosts": ["b", "a", "c"], "prometheus": ["c", "b"]}
    turned = {name: members[::-1] for name, members in reversed(groups.items())}
    variables: Hosts = {"a": {}, "b": {}, "c": {}}
    one = environment_seen_by(Inventory(groups, variables), "a")
    assert one == environment_seen_by(Inventory(turned, variables), "c")
    assert [host.name for host in one.hosts] == ["a", "b", "c"]


def services_of(groups: dict[str, list[str]], host: str) -> set[str]:
    every = {"observability_hosts": ["log1", "web1"], "prometheus": ["web1"], **groups}
    hosts = read_hosts(Inventory(every, {"log1": {}, "web1": {}}), {})
    return {service.name for found in hosts if found.name == host for service in found.services}


def test_filebeat_runs_everywhere_but_only_where_there_is_a_logstash() -> None:
    assert services_of({}, "web1") == {"node_exporter", "prometheus"}
    assert services_of({"logstash": []}, "web1") == {"node_exporter", "prometheus"}
    assert services_of({"logstash": ["log1"]}, "web1") == {"node_exporter", "prometheus", "filebeat"}
