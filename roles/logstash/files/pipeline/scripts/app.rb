# frozen_string_literal: true

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Maps the parsed line in [@metadata][app] to ECS fields. A value of the wrong type, and every key without a place of its
# own, is kept as text under [ets][details], which is scrubbed like all texts.

TEXTS = {
  'message' => 'message', 'timestamp' => '[@metadata][timestamp]', 'level' => '[log][level]',
  'logger' => '[log][logger]', 'service' => '[service][name]', 'method' => '[http][request][method]',
  'path' => '[url][path]', 'query' => '[url][query]', 'user_agent' => '[user_agent][original]',
  'client' => '[source][address]', 'user' => '[user][name]', 'request_id' => '[http][request][id]',
  'event' => '[event][action]', 'outcome' => '[event][outcome]', 'reason' => '[event][reason]',
  'category' => '[ets][category]'
}.freeze
NUMBERS = { 'status' => '[http][response][status_code]', 'response_time' => '[@metadata][milliseconds]' }.freeze
EXCEPTION = { 'type' => '[error][type]', 'message' => '[error][message]', 'stack_trace' => '[error][stack_trace]' }.freeze
# The application reports what became of something in its own words; ECS allows these.
OUTCOMES = %w[success failure unknown].freeze

def take_exception(event, value)
  return false unless value.is_a?(Hash) && value.values.all? { |part| part.is_a?(String) }

  EXCEPTION.each { |key, field| event.set(field, value[key]) if value[key] }
  (value.keys - EXCEPTION.keys).empty?
end

# Whether the value has found its place.
def take(event, key, value)
  if key == 'outcome' && !OUTCOMES.include?(value)
    false
  elsif TEXTS.key?(key) && value.is_a?(String)
    event.set(TEXTS[key], value)
    true
  elsif NUMBERS.key?(key) && value.is_a?(Numeric)
    event.set(NUMBERS[key], value)
    true
  elsif key == 'tags' && value.is_a?(Array)
    # A tag with an underscore in front is the pipeline's own.
    good = value.select { |tag| tag.is_a?(String) && tag =~ /\A[a-z]\w*\z/ }
    good.each { |tag| event.tag(tag) }
    good == value
  elsif key == 'exception'
    take_exception(event, value)
  else
    value.nil?
  end
end

# Keys that Logstash would take for references to fields lose their brackets.
def texts(rest)
  rest.to_h { |key, value| [key.tr('[].', '_'), value.is_a?(String) ? value : LogStash::Json.dump(value)] }
end

def filter(event)
  app = event.get('[@metadata][app]')
  unless app.is_a?(Hash)
    event.tag('_ets_unparsable_app')
    return [event]
  end
  # Without a message of its own, the line as it came stays the message.
  rest = app.reject { |key, value| take(event, key, value) }
  event.set('[ets][details]', texts(rest)) unless rest.empty?
  event.remove('[@metadata][app]')
  [event]
end
