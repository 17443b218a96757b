# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs the scripts of the pipeline's ruby filters outside Logstash: the scripts are real, the event is a stand-in for
# LogStash::Event with the methods that the scripts use. One JSON object per line: {script, params, event} in, the event out.
require 'json'

module LogStash
  module Json
    def self.dump(value)
      JSON.generate(value)
    end
  end

  class Event
    def initialize(data)
      @data = data
    end

    attr_reader :data

    def get(reference)
      path(reference).reduce(@data) { |part, key| part.is_a?(Hash) ? part[key] : nil }
    end

    def set(reference, value)
      *parents, last = path(reference)
      target = parents.reduce(@data) { |part, key| part[key] = {} unless part[key].is_a?(Hash); part[key] }
      target[last] = JSON.parse(JSON.generate([value])).first
    end

    def remove(reference)
      *parents, last = path(reference)
      target = parents.reduce(@data) { |part, key| part.is_a?(Hash) ? part[key] : nil }
      target.is_a?(Hash) ? target.delete(last) : nil
    end

    def tag(name)
      (@data['tags'] ||= []) << name unless Array(@data['tags']).include?(name)
    end

    def to_hash
      JSON.parse(JSON.generate(@data.reject { |key, _| key == '@metadata' }))
    end

    private

    def path(reference)
      return [reference] unless reference.start_with?('[')
      raise ArgumentError, "no reference to a field: #{reference}" unless reference =~ /\A(\[[^\[\],]+\])+\z/

      reference.scan(/[^\[\]]+/)
    end
  end
end

scripts = Hash.new do |known, (path, params)|
  script = Object.new
  script.instance_eval(File.read(path), path)
  script.register(params) if script.singleton_methods.include?(:register)
  known[[path, params]] = script
end

$stdout.sync = true
$stdin.set_encoding('UTF-8')
$stdout.set_encoding('UTF-8')
$stdin.each_line do |line|
  request = JSON.parse(line)
  event = LogStash::Event.new(request['event'])
  begin
    events = scripts[[request['script'], request['params']]].filter(event)
    raise "#{request['script']} returned #{events.inspect}" unless events.is_a?(Array) && events.all?(LogStash::Event)

    puts JSON.generate({ 'events' => events.map(&:data) })
  rescue StandardError => e
    puts JSON.generate({ 'error' => "#{request['script']}: #{e.class}: #{e.message} #{e.backtrace.first}" })
  end
end
