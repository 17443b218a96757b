# shellcheck shell=bash
# shellcheck disable=SC2034  # the scripts that source this use the variables
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the demo consists of; its inventory is inventories/demo.

readonly ETS_DEMO_NETWORK=ets-demo
readonly ETS_DEMO_MONITOR=ets-demo-monitor ETS_DEMO_APP=ets-demo-app ETS_DEMO_DB=ets-demo-db
declare -rA ETS_DEMO_HOSTS=([$ETS_DEMO_MONITOR]=trixie [$ETS_DEMO_APP]=trixie [$ETS_DEMO_DB]=bookworm)
# What this machine may reach.
declare -rA ETS_DEMO_PORTS=([$ETS_DEMO_MONITOR]="9090 9093 3000 5601" [$ETS_DEMO_APP]=80)
