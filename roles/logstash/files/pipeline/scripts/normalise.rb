# frozen_string_literal: true

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

require 'ipaddr'

# Brings what the sources write differently into one form: [event][duration] (nanoseconds) and [response_time]
# (milliseconds), [source][ip], log levels in lower case; empty values and "-" go.

INTERNAL = %w[10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8 169.254.0.0/16 ::1/128 fc00::/7 fe80::/10]
           .map { |network| IPAddr.new(network) }.freeze
MAYBE_EMPTY = %w[[source][address] [user][name] [url][query] [url][domain] [http][request][referrer] [user_agent][original]
                 [http][request][id] [ets][upstream_time]].freeze
NANOSECONDS = { '[@metadata][seconds]' => 1_000_000_000, '[@metadata][milliseconds]' => 1_000_000 }.freeze

# What is no duration, or longer than Elasticsearch can count in nanoseconds, is none.
def number(value)
  found = Float(value)
  found if found.between?(0, 1_000_000_000)
rescue ArgumentError, TypeError
  nil
end

def durations(event)
  NANOSECONDS.each do |field, factor|
    value = number(event.get(field))
    next if value.nil?

    event.set('[event][duration]', (value * factor).round)
    event.set('[response_time]', (value * factor / 1_000_000).round(3))
  end
  # NGINX lists every upstream it has tried; the last one has answered.
  upstream = number(event.get('[ets][upstream_time]').to_s.split(/[,:]\s*/).last)
  event.remove('[ets][upstream_time]')
  event.set('[ets][upstream_time_ms]', (upstream * 1000).round(3)) if upstream
end

# What is no address (a host name, unix:) stays in [source][address].
def source(event)
  address = event.get('[source][address]')
  return unless address.is_a?(String)

  ip = IPAddr.new(address.split('%').first)
  ip = ip.native
  event.set('[source][ip]', ip.to_s)
  event.set('[@metadata][source_internal]', true) if INTERNAL.any? { |network| network.include?(ip) }
  event.remove('[source][address]')
rescue IPAddr::Error
  nil
end

def filter(event)
  MAYBE_EMPTY.each { |field| event.remove(field) if ['', '-'].include?(event.get(field)) }
  durations(event)
  source(event)
  level = event.get('[log][level]')
  event.set('[log][level]', level.downcase) if level.is_a?(String)
  [event]
end
