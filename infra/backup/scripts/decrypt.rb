# frozen_string_literal: true

# Tries the instance's keys on what is restored: values that Mastodon keeps encrypted (Active Record encryption) must
# open. It runs beside rehearse.sh and prints nothing of what it reads.
#
# How Rails encrypts: PBKDF2 with 2**16 rounds of SHA-256 makes the key, SHA-1 that of what Rails before 7.1 wrote; the
# column holds JSON with AES-256-GCM's text, vector and tag in base64
# (activerecord/lib/active_record/encryption/{key_generator,message_serializer,cipher/aes256_gcm}.rb,
# activesupport/lib/active_support/key_generator.rb).

require 'json'
require 'openssl'
require 'pg'

SHARED = "#{ENV.fetch('WORK')}/shared".freeze
COLUMNS = [%w[users otp_secret], %w[keypairs private_key]].freeze

def done(answer)
  File.write("#{SHARED}/decrypted.new", answer)
  File.rename("#{SHARED}/decrypted.new", "#{SHARED}/decrypted")
  exit
end

sleep 1 until File.exist?("#{SHARED}/restored") || File.exist?("#{SHARED}/over")
exit if File.exist?("#{SHARED}/over")

def keys
  %w[SHA256 SHA1].map do |digest|
    OpenSSL::KDF.pbkdf2_hmac(ENV.fetch('ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY'), iterations: 2**16, length: 32,
                             salt: ENV.fetch('ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT'), hash: digest)
  end
end

def opens?(message, key)
  text, vector, tag = [message.fetch('p'), *message.fetch('h').values_at('iv', 'at')].map { |part| part.unpack1('m0') }
  return false unless tag.bytesize == 16

  cipher = OpenSSL::Cipher.new('aes-256-gcm').decrypt
  cipher.key, cipher.iv, cipher.auth_tag, cipher.auth_data = key, vector, tag, ''
  cipher.update(text) + cipher.final
  true
rescue OpenSSL::Cipher::CipherError
  false
end

begin
  database = PG.connect(host: '127.0.0.1', port: 5433, user: 'postgres', dbname: 'rehearsal')
  tried = COLUMNS.filter_map do |table, column|
    known = database.exec_params('SELECT 1 FROM information_schema.columns WHERE table_name = $1 AND column_name = $2',
                                 [table, column])
    next if known.ntuples.zero?

    newest = database.exec("SELECT #{column} FROM #{table} WHERE #{column} LIKE '{%' ORDER BY id DESC LIMIT 1")
    next if newest.ntuples.zero?

    message = JSON.parse(newest.getvalue(0, 0))
    unless keys.any? { |key| opens?(message, key) }
      done("#{table}.#{column} does not open: the ACTIVE_RECORD_ENCRYPTION keys are not those it was written with")
    end
    "#{table}.#{column}"
  end
  done(tried.empty? ? 'ok nothing in the database is encrypted' : "ok the keys open #{tried.join(' and ')}")
rescue StandardError => e
  done("the keys could not be tried: #{e.class}")
end
