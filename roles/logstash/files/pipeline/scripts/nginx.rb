# frozen_string_literal: true

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Maps the parsed line in [@metadata][nginx] to ECS fields. Keys are the names of NGINX's variables, which most formats
# use, or short ones; of several for one field the first counts. Values are texts, or numbers where the format has no
# quotes around them. What else is in the line stays in the message only.

TEXTS = {
  '[@metadata][timestamp]' => %w[time_iso8601 time_local timestamp time @timestamp],
  '[source][address]' => %w[remote_addr client],
  '[user][name]' => %w[remote_user user],
  '[@metadata][request]' => %w[request],
  '[http][request][method]' => %w[request_method method],
  '[url][path]' => %w[uri path],
  '[url][query]' => %w[args query_string query],
  '[url][domain]' => %w[host http_host server_name],
  '[http][request][referrer]' => %w[http_referer http_referrer referer referrer],
  '[user_agent][original]' => %w[http_user_agent user_agent],
  '[http][request][id]' => %w[request_id],
  '[@metadata][protocol]' => %w[server_protocol protocol],
  '[@metadata][request_uri]' => %w[request_uri],
  '[@metadata][seconds]' => %w[request_time],
  '[ets][upstream_time]' => %w[upstream_response_time upstream_time]
}.freeze
INTEGERS = {
  '[http][response][status_code]' => %w[status],
  '[http][response][body][bytes]' => %w[body_bytes_sent bytes],
  '[http][response][bytes]' => %w[bytes_sent]
}.freeze

def first(line, keys)
  keys.map { |key| line[key] }.find { |value| value.is_a?(Numeric) || (value.is_a?(String) && !['', '-'].include?(value)) }
end

# Bytes and states are never larger; Elasticsearch takes 64 bits.
def integer(value)
  text = value.to_s
  text.to_i if text.match?(/\A\d{1,18}\z/)
end

def take(event, line)
  TEXTS.each { |field, keys| (value = first(line, keys)) && event.set(field, value.to_s) }
  INTEGERS.each { |field, keys| (value = integer(first(line, keys))) && event.set(field, value) }
end

# The same as of `$request`, where the format has its parts.
def complete(event)
  path, query = event.get('[@metadata][request_uri]').to_s.split('?', 2)
  event.set('[url][path]', path) if path.to_s != '' && !event.get('[url][path]')
  event.set('[url][query]', query) if query.to_s != '' && !event.get('[url][query]')
  version = event.get('[@metadata][protocol]').to_s[%r{\AHTTP/(\d(?:\.\d)?)\z}, 1]
  event.set('[http][version]', version) if version
end

def filter(event)
  line = event.get('[@metadata][nginx]')
  if line.is_a?(Hash) && first(line, TEXTS['[@metadata][timestamp]']) && first(line, INTEGERS['[http][response][status_code]'])
    take(event, line)
    complete(event)
  else
    event.tag('_ets_unparsable_nginx_access')
  end
  event.remove('[@metadata][nginx]')
  [event]
end
