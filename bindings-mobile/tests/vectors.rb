# The vector files, read in place, through the Ruby that UniFFI generates.
#
# -I names the folder with keyfob_mobile.rb, LD_LIBRARY_PATH that of its library; the argument is the
# folder of the vectors.

require 'io/wait' # asynchronous functions want it first
require 'json'
require 'keyfob_mobile'

module Vectors
  include KeyfobMobile
  # Ruby's times have no last second; what is written as an `Instant` has: that of the year 9999.
  LAST_SECOND = 253_402_300_799
  CHANNELS = %w[sms voice email].freeze

  module_function

  def base32(it)
    made = Secret.from_base32(it['text'])
    { 'secret' => hex(made.expose_bytes), 'canonical' => made.expose_base32 }
  end

  def hotp(it)
    made = Hotp.new(secret(it), algorithm(it), it['digits'])
    found = case it['kind']
            when 'generate' then return { 'code' => made.generate(it['counter']) }
            when 'verify' then made.verify(it['code'], it['counter'], it['look_ahead'])
            else made.resynchronise(*it['codes'], it['counter'], it['look_ahead'])
            end
    raise it['id'] unless found.is_accepted == found.accepted?

    { 'outcome' => found.code, 'next_counter' => found.accepted? ? found.next_counter : nil }.compact
  end

  def totp(it)
    window = it['window'] && Window.new(before: it['window'][0], after: it['window'][1])
    epoch = it['epoch'] && Time.at(it['epoch']).utc
    made = Totp.new(secret(it), algorithm(it), it['digits'], it['period'], window, epoch, it['drift_limit'])
    return judged(it, made) if it['kind'] == 'verify'

    time = Time.at(it['time']).utc
    { 'code' => made.generate(time), 'remaining' => made.remaining(time) }
  end

  def steam(it)
    made = Steam.new(secret(it))
    return judged(it, made) if it['kind'] == 'verify'

    { 'code' => made.generate(Time.at(it['time']).utc) }
  end

  def judged(it, verifier)
    state = TotpState.new(last_step: it['state']['last_step'], drift: it['state']['drift'])
    outcomes = it['attempts'].map do |attempt|
      found = verifier.verify(attempt['code'], Time.at(attempt['time']).utc, state)
      raise it['id'] unless found.is_accepted == found.accepted?

      shown = { 'outcome' => found.code }
      shown['step'] = found.step if found.accepted? || found.replayed?
      next shown unless found.accepted?

      state = found.state
      raise it['id'] unless state.last_step == found.step

      shown.merge('drift' => found.drift, 'state_drift' => state.drift)
    end
    { 'outcomes' => outcomes }
  end

  def codes(it)
    return recovery(it) if it['kind'] == 'recovery'

    policy = CodePolicy.new(it['length'], Alphabet.const_get(it['alphabet'].upcase))
    if it['kind'] == 'policy'
      return { 'entropy_millibits' => policy.entropy_millibits, 'is_guessable' => policy.is_guessable }
    end

    code = policy.normalise(it['typed'])
    code.nil? ? { 'outcome' => 'malformed' } : { 'code' => code }
  end

  def recovery(it)
    kept = -> { RecoverySet.from_entries([RecoveryEntry.new(hash: [it['valid']].pack('H*'), used: false)]) }
    found = kept.call.redeem(it['typed'])
    shown = it['expect']['shown']
    return { 'outcome' => found.code } if !found.is_accepted || shown.nil?

    raise it['id'] unless kept.call.redeem(shown).is_accepted

    { 'outcome' => found.code, 'shown' => shown }
  end

  def uri(it)
    modes = { 'strict' => [ReadingMode::STRICT], 'lenient' => [ReadingMode::LENIENT] }
    modes.default = [ReadingMode::STRICT, ReadingMode::LENIENT]
    found = modes[it['mode']].map do |mode|
      read(it, KeyfobMobile.parse_enrolment(it['uri'], mode))
    rescue KeyfobError::Invalid => e
      { 'error' => e.code }
    end
    raise it['id'] unless found.uniq.size == 1

    found.first
  end

  def read(it, parsed)
    enrolment = parsed.enrolment
    rebuilt = enrolment.to_uri
    raise it['id'] unless it.fetch('rebuilt', rebuilt) == rebuilt
    again = KeyfobMobile.parse_enrolment(rebuilt, ReadingMode::LENIENT).enrolment
    raise it['id'] unless again.is_same_as(enrolment)

    described(enrolment).merge(
      'parameters' => enrolment.parameters.map { |each| [each.name, each.expose_value] },
      'warnings' => parsed.warnings.map(&:code)
    )
  end

  def migration(it)
    found = KeyfobMobile.parse_migration(it['uri'])
    skipped = found.skipped.map { |each| { 'index' => each.index, 'name' => each.name, 'reason' => each.code } }
    {
      'entries' => found.entries.map { |each| described(each) }, 'skipped' => skipped,
      'batch_size' => found.batch_size, 'batch_index' => found.batch_index, 'batch_id' => found.batch_id
    }
  end

  def described(enrolment)
    kind = enrolment.kind
    shown = {
      'type' => kind.code, 'issuer' => enrolment.issuer, 'account' => enrolment.account,
      'secret' => enrolment.secret.expose_base32, 'algorithm' => ALGORITHMS.key(enrolment.algorithm),
      'digits' => enrolment.digits
    }
    shown['period'] = kind.period if kind.totp?
    shown['counter'] = kind.counter if kind.hotp?
    shown
  end

  def messages(it)
    case it['kind']
    when 'recipient'
      names = KeyfobMobile.parse_recipient(Channel.const_get(it['channel'].upcase), it['text'])
      { 'canonical' => names.canonical, 'masked' => names.masked }
    when 'template'
      KeyfobMobile.check_template(it['text'])
      { 'accepted' => true }
    when 'message'
      { 'text' => KeyfobMobile.compose_message(*it.values_at('template', 'code', 'minutes', 'context'), ending(it)) }
    when 'context' then { 'bytes' => hex(KeyfobMobile.context_bytes(it['fields'])) }
    when 'segments'
      found = KeyfobMobile.count_segments(it['text'])
      { 'encoding' => found.encoding, 'units' => found.units, 'count' => found.count }
    else
      text = KeyfobMobile.speak_message(*it.values_at('template', 'code', 'minutes', 'context'))
      { 'text' => text, 'ssml' => KeyfobMobile.to_ssml(text) }
    end
  end

  def ending(it)
    name, value = it['ending']&.first
    case name
    when 'origin-bound' then Ending::ORIGIN_BOUND.new(host: value)
    when 'android-app-hash' then Ending::ANDROID_APP_HASH.new(hash: value)
    end
  end

  ALGORITHMS = { 'SHA1' => Algorithm::SHA1, 'SHA256' => Algorithm::SHA256, 'SHA512' => Algorithm::SHA512 }.freeze

  def algorithm(it) = ALGORITHMS[it['algorithm']]

  def secret(it) = Secret.from_bytes([it['secret']].pack('H*'))

  def hex(bytes) = bytes.unpack1('H*')

  # What the types have no word for, and so nobody can say.
  def reason_to_skip(it)
    times = [it['time'], it['epoch'], *it.fetch('attempts', []).map { |attempt| attempt['time'] }].compact
    return 'a time that is no 64 bits with a sign' if times.any? { |time| time > LAST_SECOND }

    'a channel that is none of the enum' if it['channel'] && !CHANNELS.include?(it['channel'])
  end

  # What is skipped for that, by family: these cases and no others.
  UNSAYABLE = {
    messages: %w[channel-upper-case channel-unknown],
    steam: %w[the-rfc-key-at-18446744073709551615],
    totp: %w[
      the-last-second-there-is the-last-step-there-is
      the-window-does-not-wrap-at-the-end the-last-step-is-burned-for-ever
    ]
  }.freeze

  def fault(it, family)
    expected = it['expect']
    found = begin
      send(family, it)
    rescue KeyfobError::Invalid => e
      { 'error' => e.code, 'position' => e.position }.slice('error', *expected.keys)
    end
    "#{it['id']}: #{expected} but #{found}" unless found == expected
  end
end

FAMILIES = %i[base32 codes hotp messages migration steam totp uri].freeze

folder = ARGV.fetch(0)
read = ->(name) { JSON.parse(File.read(File.join(folder, name))) }
manifest = read.call('manifest.json')
failed = (manifest.keys | ['flows.json']) - FAMILIES.map { |family| "#{family}.json" } - ['flows.json']
FAMILIES.each do |family|
  name = "#{family}.json"
  skipped, run = read.call(name)['cases'].partition { |it| Vectors.reason_to_skip(it) }
  faults = run.filter_map { |it| Vectors.fault(it, family) }
  ids = skipped.map { |it| it['id'] }
  named = Vectors::UNSAYABLE.fetch(family, [])
  misjudged = (ids | named) - (ids & named)
  faults += misjudged.map { |id| "#{id}: skipped or not, against what is named" }
  reasons = skipped.group_by { |it| Vectors.reason_to_skip(it) }
  told = reasons.map { |reason, cases| "; #{cases.size} skipped: #{reason}" }.join
  puts "#{name} #{run.size}/#{manifest[name]}#{told}"
  next if faults.empty? && run.size + skipped.size == manifest[name]

  failed << name
  puts faults
end
puts "#{FAMILIES.size - failed.size} passed, #{failed.size} failed"
exit(failed.empty?)
