# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Infrastructure: hosts by utilisation, saturation and errors; containers."""

from __future__ import annotations

from dashboards.links import APPLICATION, MONITORING
from dashboards.model import Dashboard, Row
from dashboards.panels import NONE_IS_GOOD, UP_OR_DOWN, bars, coloured, graph, stat, table
from dashboards.queries import DISK_AVAILABLE, DISKS_OF_ALERTS, RATE
from dashboards.thresholds import above, below

NICS = 'device!~"lo|veth.*|docker.*|br-.*|virbr.*|cali.*|tap.*"'
DISKS = 'device!~"dm-.*|loop.*|sr.*|ram.*|zram.*"'
SPACE = below(warning="disk_available_ratio", critical="disk_available_critical_ratio")
CADVISOR = "cAdvisor on the container hosts"

NOW = Row(
    "",
    [
        stat(
            "Hosts",
            "A tile for each watched host. Good: all up.",
            'up{@,job="node"}',
            "short",
            legend="{{node}}",
            tiles=True,
            mappings=UP_OR_DOWN,
            thresholds=below(critical=1),
            width=6,
            height=7,
            alerts=["NodeDown"],
            links=[MONITORING],
        ),
        table(
            "Hosts at a glance",
            "Each host with what may run out. Good: no colour but green.",
            {"node": "Node"},
            {
                "CPU": "max by (node) (instance:node_cpu_utilisation:ratio_rate5m{@})",
                "Memory": "max by (node) (instance:node_memory_utilisation:ratio{@})",
                "Disk left": f"min by (node) ({DISK_AVAILABLE})",
                "Disk busy": "max by (node) (instance_device:node_disk_io_time:ratio_rate5m{@})",
                "Network": "max by (node) (instance_device:node_network_utilisation:ratio_rate5m{@})",
                "Failed units": 'sum by (node) (node_systemd_unit_state{@,state="failed"})',
                "Up for": "time() - max by (node) (node_boot_time_seconds{@})",
            },
            "percentunit",
            sort="CPU",
            width=18,
            height=7,
            overrides=[
                coloured("CPU", "percentunit", above(critical="cpu_usage_ratio")),
                coloured("Memory", "percentunit", above(critical="memory_usage_ratio")),
                coloured("Disk left", "percentunit", SPACE),
                coloured("Disk busy", "percentunit", above(warning="disk_io_ratio")),
                coloured("Network", "percentunit", above(warning="network_usage_ratio")),
                coloured("Failed units", "short", above(warning=1)),
                coloured("Up for", "s", above()),
            ],
            alerts=[
                "HighCPUUsage",
                "HighMemoryUsage",
                "DiskSpaceLow",
                "DiskSpaceCritical",
                "HighDiskIO",
                "HighNetworkUtilisation",
                "SystemdUnitFailed",
            ],
        ),
    ],
)

PROCESSORS = Row(
    "Processors and memory",
    [
        graph(
            "CPU",
            "How busy the processors of each host are, waiting for disks not counted. Good: below the line.",
            {"{{node}}": "instance:node_cpu_utilisation:ratio_rate5m{@}"},
            "percentunit",
            maximum=1,
            thresholds=above(critical="cpu_usage_ratio"),
            alerts=["HighCPUUsage"],
        ),
        graph(
            "CPU by mode",
            "What the processors of the chosen hosts do, in processors. Good: little `iowait` and `steal`.",
            {"{{mode}}": f'sum by (mode) (rate(node_cpu_seconds_total{{@,mode!="idle"}}{RATE}))'},
            "short",
            stacked=True,
            alerts=["HighCPUUsage"],
        ),
        graph(
            "Load per processor",
            "Processes that run or wait, for each processor. Good: below 1.",
            {"{{node}}": 'node_load5{@} / on (instance) (count by (instance) (node_cpu_seconds_total{@,mode="idle"}))'},
            "short",
            alerts=["HighCPUUsage"],
        ),
        graph(
            "Memory used",
            "Share of the memory that is not available; the page cache is not counted. Good: below the line.",
            {"{{node}}": "instance:node_memory_utilisation:ratio{@}"},
            "percentunit",
            maximum=1,
            thresholds=above(critical="memory_usage_ratio"),
            alerts=["HighMemoryUsage"],
        ),
        graph(
            "Pressure",
            "Share of the time in which some process waited for CPU, memory or disk. Good: near 0; the line is "
            "for memory. More says that the resource is really short.",
            {
                f"{{{{node}}}} {what}": f"rate(node_pressure_{what}_waiting_seconds_total{{@}}{RATE})"
                for what in ("cpu", "memory", "io")
            },
            "percentunit",
            thresholds=above(warning="memory_pressure_ratio"),
            alerts=["MemoryPressure", "HighCPUUsage"],
        ),
        graph(
            "Swapping and killed processes",
            "Pages per second read from swap, and processes that the kernel killed for lack of memory in ten minutes. "
            "Good: 0.",
            {
                "{{node}} pages in": f"rate(node_vmstat_pswpin{{@}}{RATE})",
                "{{node}} killed": f"rate(node_vmstat_oom_kill{{@}}{RATE}) * 600",
            },
            "short",
            alerts=["OOMKill", "SwapFillingUp"],
        ),
    ],
)

STORAGE = Row(
    "Disks",
    [
        bars(
            "Space left",
            "The ten fullest file systems. Good: green.",
            f"bottomk(10, {DISK_AVAILABLE})",
            "percentunit",
            legend="{{node}} {{mountpoint}}",
            maximum=1,
            thresholds=SPACE,
            alerts=["DiskSpaceLow", "DiskSpaceCritical"],
        ),
        table(
            "Days until full",
            "When each file system is full at the pace of the last six hours; one that does not fill is not listed. "
            "Good: no rows, or weeks.",
            {"node": "Node", "mountpoint": "File system"},
            {
                "Full in": f"node_filesystem_avail_bytes{{@,{DISKS_OF_ALERTS}}}"
                f" / (-deriv(node_filesystem_avail_bytes{{@,{DISKS_OF_ALERTS}}}[6h]) > 0)"
            },
            "s",
            width=8,
            empty_when="no file system fills up",
            alerts=["DiskWillFillIn24h"],
        ),
        graph(
            "Inodes left",
            "Share of the inodes that are free. Good: above the line.",
            {
                "{{node}} {{mountpoint}}": 'node_filesystem_files_free{@,fstype=~"ext4|xfs"}'
                " / (node_filesystem_files{@} > 0)"
            },
            "percentunit",
            maximum=1,
            thresholds=below(warning="inodes_available_ratio"),
            alerts=["InodesLow"],
        ),
        graph(
            "Busy",
            "Share of the time in which a disk had work. Good: below the line; NVMe and RAID may be at 100 % and well.",
            {"{{node}} {{device}}": "instance_device:node_disk_io_time:ratio_rate5m{@}"},
            "percentunit",
            maximum=1,
            thresholds=above(warning="disk_io_ratio"),
            alerts=["HighDiskIO"],
        ),
        graph(
            "Time per request",
            "Mean time of a disk's reads and writes. Good: a few milliseconds, below the line.",
            {
                "{{node}} {{device}} read": f"rate(node_disk_read_time_seconds_total{{@,{DISKS}}}{RATE})"
                f" / (rate(node_disk_reads_completed_total{{@,{DISKS}}}{RATE}) > 0)",
                "{{node}} {{device}} write": f"rate(node_disk_write_time_seconds_total{{@,{DISKS}}}{RATE})"
                f" / (rate(node_disk_writes_completed_total{{@,{DISKS}}}{RATE}) > 0)",
            },
            "s",
            thresholds=above(warning="disk_latency_seconds"),
            alerts=["HighDiskLatency"],
        ),
        table(
            "Read-only file systems",
            "File systems that are mounted read-only. Good: no rows; the kernel does so after errors of the disk.",
            {"node": "Node", "mountpoint": "File system", "device": "Device"},
            {"Read-only": 'node_filesystem_readonly{@,fstype=~"ext4|xfs",mountpoint!~"/boot.*"} == 1'},
            width=8,
            thresholds=NONE_IS_GOOD,
            empty_when="every file system can be written",
            alerts=["FilesystemReadOnly"],
        ),
    ],
)

NETWORK = Row(
    "Network, clock, units",
    [
        graph(
            "Bandwidth used",
            "The busier direction of each link, as a share of its speed. Good: below the line.",
            {"{{node}} {{device}}": "instance_device:node_network_utilisation:ratio_rate5m{@}"},
            "percentunit",
            thresholds=above(warning="network_usage_ratio"),
            needs="a speed that the card reports or ets_host_link_speed_bytes",
            alerts=["HighNetworkUtilisation"],
        ),
        graph(
            "Traffic",
            "Bytes per second. Good: the usual.",
            {
                "{{node}} {{device}} in": f"rate(node_network_receive_bytes_total{{@,{NICS}}}{RATE})",
                "{{node}} {{device}} out": f"rate(node_network_transmit_bytes_total{{@,{NICS}}}{RATE})",
            },
            "Bps",
            alerts=["HighNetworkUtilisation"],
        ),
        graph(
            "Errors and drops",
            "Packets per second that were broken or dropped. Good: 0.",
            {
                "{{node}} {{device}} errors": f"rate(node_network_receive_errs_total{{@,{NICS}}}{RATE})"
                f" + rate(node_network_transmit_errs_total{{@,{NICS}}}{RATE})",
                "{{node}} {{device}} drops": f"rate(node_network_receive_drop_total{{@,{NICS}}}{RATE})"
                f" + rate(node_network_transmit_drop_total{{@,{NICS}}}{RATE})",
            },
            "ops",
            alerts=["NetworkErrors"],
        ),
        graph(
            "Clock",
            "How far each clock may be off. Good: milliseconds; 16 s and more says that nothing disciplines it.",
            {"{{node}}": "node_timex_maxerror_seconds{@}"},
            "s",
            alerts=["ClockNotSynchronised"],
        ),
        table(
            "Failed units",
            "Units of systemd that have failed. Good: no rows.",
            {"node": "Node", "name": "Unit"},
            {"Failed": 'node_systemd_unit_state{@,state="failed"} == 1'},
            width=8,
            thresholds=above(warning=1),
            empty_when="no unit has failed",
            alerts=["SystemdUnitFailed"],
        ),
        table(
            "Started within a day",
            "Hosts that have been started within 24 hours. Good: only those that you restarted.",
            {"node": "Node"},
            {"Up for": "time() - node_boot_time_seconds{@} < 86400"},
            "s",
            width=8,
            empty_when="no host has been started within 24 hours",
            alerts=["NodeRebooted"],
        ),
    ],
)

CONTAINERS = Row(
    "Containers",
    [
        table(
            "Containers at a glance",
            "Each container with what it uses, and how often it was started again or processes in it were killed for "
            "want of memory within a day. Good: memory well below its limit, the other two 0.",
            {"node": "Node", "name": "Container"},
            {
                "CPU": f'sum by (node, name) (rate(container_cpu_usage_seconds_total{{@,name!=""}}{RATE}))',
                "Memory": 'sum by (node, name) (container_memory_working_set_bytes{@,name!=""})',
                "Of its limit": 'sum by (node, name) (container_memory_working_set_bytes{@,name!=""})'
                ' / (sum by (node, name) (container_spec_memory_limit_bytes{@,name!=""}) > 0)',
                "Restarts": 'sum by (node, name) (changes(container_start_time_seconds{@,name!=""}[1d]))',
                "Killed": 'sum by (node, name) (increase(container_oom_events_total{@,name!=""}[1d]))',
                "Up for": 'time() - max by (node, name) (container_start_time_seconds{@,name!=""})',
            },
            "short",
            sort="CPU",
            needs=CADVISOR,
            overrides=[
                coloured("Memory", "bytes", above()),
                coloured("Of its limit", "percentunit", above(warning="container_memory_ratio")),
                coloured("Restarts", "short", above(warning=1)),
                coloured("Killed", "short", above(critical=1)),
                coloured("Up for", "s", above()),
            ],
            alerts=["ContainerMemoryNearLimit", "ContainerOOM", "ContainerRestarting", "ContainerMissing"],
            links=[APPLICATION],
        ),
        graph(
            "CPU of containers",
            "Processors that each container uses. Good: below its limit.",
            {"{{node}} {{name}}": f'sum by (node, name) (rate(container_cpu_usage_seconds_total{{@,name!=""}}{RATE}))'},
            "short",
            width=12,
            needs=CADVISOR,
            alerts=["ContainerCPUThrottled"],
            links=[APPLICATION],
        ),
        graph(
            "CPU held back",
            "Share of the periods in which a container was stopped because its CPU quota was used up. Good: below the "
            "line.",
            {
                "{{node}} {{name}}": f'rate(container_cpu_cfs_throttled_periods_total{{@,name!=""}}{RATE})'
                f" / (rate(container_cpu_cfs_periods_total{{@}}{RATE}) > 0)"
            },
            "percentunit",
            width=12,
            thresholds=above(warning="container_throttled_ratio"),
            needs=CADVISOR + " and containers with a CPU quota",
            alerts=["ContainerCPUThrottled"],
            links=[APPLICATION],
        ),
        graph(
            "Killed in containers",
            "Processes per ten minutes that were killed for lack of memory. Good: 0.",
            {"{{node}} {{name}}": f'sum by (node, name) (rate(container_oom_events_total{{@,name!=""}}{RATE})) * 600'},
            "short",
            width=12,
            needs=CADVISOR,
            alerts=["ContainerOOM"],
            links=[APPLICATION],
        ),
    ],
)

DASHBOARD = Dashboard(
    uid="ets-infrastructure",
    title="Infrastructure",
    description="Hosts and containers: what is busy, what is short, what fails.",
    rows=[NOW, PROCESSORS, STORAGE, NETWORK, CONTAINERS],
    jobs="node|cadvisor",
)
