# frozen_string_literal: true

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sets ECS's categories from what is known by now, and leaves each tag once. Lines that no pattern has understood become
# events of the kind pipeline_error, which is counted and shown.

def categories(event, tags)
  found = []
  found << 'web' if event.get('[http][request][method]')
  found << 'authentication' if tags.include?('authentication')
  found << 'database' if event.get('[fields][ets_source]') == 'postgresql'
  found << 'configuration' if event.get('[ets][category]') == 'audit'
  found
end

def outcome(event)
  return if event.get('[event][outcome]')

  status = event.get('[http][response][status_code]')
  return unless status.is_a?(Integer) && status.positive?

  event.set('[event][outcome]', status < 400 ? 'success' : 'failure')
end

def filter(event)
  case event.get('[ets][category]')
  when 'audit' then event.set('[data_stream][dataset]', 'ets.audit')
  when 'security' then event.tag('security')
  end
  action = event.get('[event][action]').to_s
  event.tag('authentication') if action.start_with?('authentication.', 'account.')
  tags = Array(event.get('tags')).uniq
  found = categories(event, tags)
  event.set('[event][category]', found) unless found.empty?
  outcome(event)
  event.set('[event][kind]', 'pipeline_error') if tags.any? { |tag| tag.start_with?('_') }
  event.set('[event][dataset]', event.get('[data_stream][dataset]'))
  event.set('tags', tags) unless tags.empty?
  [event]
end
