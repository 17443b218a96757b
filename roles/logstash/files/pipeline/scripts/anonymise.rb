# frozen_string_literal: true

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

require 'ipaddr'
require 'openssl'

# Anonymises an event: users become keyed hashes, addresses networks (/24, /48), and every text anywhere in the event loses
# what may be personal or secret. New fields need no entry here; what is exempt is listed.

# Facts about our own machines and about the event, written by Filebeat and the pipeline.
EXEMPT = %w[@timestamp @version @metadata agent data_stream ecs host input fields].freeze
USERS = %w[[user][name] [user][id] [user][email] [user][full_name] [user][effective][name]].freeze
SQL = %w[[postgresql][log][query] [postgresql][log][detail]].freeze

SECRET_KEY = /(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|authorization|cookie)\z/i
# No expression may take more than linear time: what repeats has a bound or cannot start again inside itself.
SECRETS = [
  # Passwords in URLs.
  [%r{(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}://)[^/\s@"']{0,200}:[^/\s"']{0,200}@}i, '\1[secret]@'],
  # JSON Web Tokens.
  [/(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/, '[token]'],
  # key=value, "key": "value", Header: Bearer value, PASSWORD 'value'
  # (sudo's PWD=/home is a directory.)
  [/((?-i:(?!PWD=\/))(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|authorization|cookie|session_?id)\\?["']?\s{0,3}(?:[:=]|%3D|\s(?='))\s{0,3}\\?["']?)(?:(?:Bearer|Basic|Digest)\s{1,3})?[^\s"'&,;\\}]+/i, '\1[secret]'],
  [/\b((?:Bearer|Basic)\s+)[A-Za-z0-9._~+\/-]{8,}=*/i, '\1[secret]'],
  # E-mail addresses, also in a URL's encoding.
  [/(?<![[:alnum:]._%+-])[[:alnum:]._%+-]+(?:@|%40)[[:alnum:]-]+(?:\.[[:alnum:]-]+)+/, '[email]']
].freeze
IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/
CARD = /(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w])/
PHONES = [
  /(?<!\w)(?:\+|00(?=[1-9]\d?[ +\/-]))[1-9](?:[ +()\/.-]{0,2}\d){7,13}(?!\w)/,
  /(?<![\w.:\/-])0[1-9]\d{1,3}[ +\/-]\d{3,4}[ -]?\d{3,5}(?![\w])/,
  /(?<![\w])\(\d{3}\)[ +]?\d{3}-\d{4}(?!\w)/
].freeze
IPV4 = /(?<![\w.])((?:\d{1,3}\.){2}\d{1,3})\.\d{1,3}(?![\w]|\.\d)/
HEX = '[0-9A-Fa-f]{1,4}'
IPV6 = /(?<![\w:.])(?:(?:#{HEX}:){7}#{HEX}|(?:#{HEX}(?::#{HEX}){0,6})?::(?:#{HEX}(?::#{HEX}){0,6})?(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?)(?:%\w+)?(?![\w:])/
LITERAL = /'(?:[^']|'')*(?:'|\z)|\$(\w*)\$.*?(?:\$\1\$|\z)/m
KEY_DETAIL = /(\((?:[^()]|\([^()]*\))*\))=\(.*\)/m
ROW_DETAIL = /(Failing row contains )\(.*\)/m

def register(params)
  @key = params['hmac_key'].to_s
  raise ArgumentError, 'ETS_HMAC_KEY needs at least 32 characters' if @key.length < 32

  @key_name = params['hash_key_name'].to_s
  @technical = Array(params['technical_users'])
end

def keyed_hash(value)
  OpenSSL::HMAC.hexdigest('SHA256', @key, value)[0, 32]
end

def iban?(text)
  compact = text.delete(' ')
  digits = (compact[4..] + compact[0, 4]).gsub(/[A-Z]/) { |letter| (letter.ord - 55).to_s }
  compact.length.between?(15, 34) && (digits.to_i % 97) == 1
end

def card?(text)
  sum = text.delete('^0-9').reverse.chars.each_with_index.sum do |digit, index|
    value = digit.to_i * (index.odd? ? 2 : 1)
    value > 9 ? value - 9 : value
  end
  (sum % 10).zero?
end

def network(text)
  # IPAddr refuses a zone (%eth0) that is not its own.
  address = IPAddr.new(text.split('%').first).native
  address.mask(address.ipv4? ? 24 : 48).to_s
rescue IPAddr::Error
  '[address]'
end

def scrub(text)
  # Nothing else is a valid text for a regular expression.
  text = text.scrub("\u{fffd}")
  SECRETS.each { |expression, replacement| text = text.gsub(expression, replacement) }
  text = text.gsub(IBAN) { |found| iban?(found) ? '[iban]' : found }
  text = text.gsub(CARD) { |found| card?(found) ? '[card]' : found }
  PHONES.each { |expression| text = text.gsub(expression, '[phone]') }
  text = text.gsub(IPV6) { |found| found == '::' ? found : network(found) }
  text.gsub(IPV4, '\1.0')
end

def without_literals(text)
  text.gsub(KEY_DETAIL, '\1=(?)').gsub(ROW_DETAIL, '\1(?)').gsub(LITERAL, "'?'")
end

# Scrubs a value of any shape; the names of users are removed from texts as well.
def cleaned(value, names)
  case value
  when String then scrub(names.reduce(value) { |text, name| text.gsub(/(?<![\w])#{Regexp.escape(name)}(?![\w])/, '[user]') })
  when Array then value.map { |item| cleaned(item, names) }
  when Hash
    pairs = value.map do |key, item|
      [scrub(key), SECRET_KEY.match?(key) && item.is_a?(String) ? '[secret]' : cleaned(item, names)]
    end
    # What is empty has had only fields that were removed.
    pairs.to_h.reject { |_, item| item == {} }
  else value
  end
end

def pseudonymise_users(event)
  names = []
  USERS.each do |field|
    value = event.get(field)
    next if value.nil? || @technical.include?(value)

    name = value.to_s
    # A name of one or two letters, or a number, would turn half of a text into "[user]".
    # Where the message is JSON, it may be written otherwise there.
    names.push(name, LogStash::Json.dump([name])[2..-3]) if name =~ /\A(?=.*\D).{3,}\z/
    event.set('[user][hash]', keyed_hash(name)) unless event.get('[user][hash]')
    event.remove(field)
  end
  event.set('[labels][hash_key]', @key_name) if event.get('[user][hash]')
  names
end

def pseudonymise_source(event)
  address = event.get('[source][ip]')
  return unless address

  event.set('[ets][source_hash]', keyed_hash(address))
  event.set('[labels][hash_key]', @key_name)
end

# The place is rough enough by itself, except for these.
def blur_place(event)
  event.remove('[source][geo][location]')
  event.remove('[source][geo][postal_code]')
end

def anonymise(event)
  # The raw line; it would be scrubbed like the rest, but nobody needs it twice.
  event.remove('[event][original]')
  names = pseudonymise_users(event)
  pseudonymise_source(event)
  blur_place(event)
  if event.get('[fields][ets_source]') == 'postgresql'
    (SQL + ['message']).each do |field|
      text = event.get(field)
      event.set(field, without_literals(text.scrub("\u{fffd}"))) if text.is_a?(String)
    end
  end
  event.to_hash.each do |key, value|
    next if EXEMPT.include?(key)

    clean = cleaned(value, names)
    clean == {} ? event.remove("[#{key}]") : event.set("[#{key}]", clean)
  end
end

def filter(event)
  begin
    anonymise(event)
  rescue StandardError => e
    event.to_hash.each_key { |key| event.remove("[#{key}]") unless EXEMPT.include?(key) }
    event.set('[event][kind]', 'pipeline_error')
    event.set('message', "An event could not be anonymised and has lost its content: #{e.class}")
    event.tag('_ets_anonymise_failed')
  end
  [event]
end
