//go:build unix

package backup_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"hash"
	"testing"

	"github.com/stretchr/testify/require"
)

// schema is the shape of the tables that matter here, as Mastodon 4.7 has them: numbers that carry the time, foreign
// keys, partial indexes, a function, a view.
const schema = `
CREATE FUNCTION timestamp_id(table_name text) RETURNS bigint LANGUAGE sql VOLATILE AS
  $$ SELECT (date_part('epoch', now()) * 1000)::bigint << 16 $$;
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
CREATE TABLE accounts (
  id bigint PRIMARY KEY DEFAULT timestamp_id('accounts'), username varchar NOT NULL DEFAULT '', domain varchar,
  note text NOT NULL DEFAULT '', created_at timestamp NOT NULL);
CREATE UNIQUE INDEX index_accounts_on_username_and_domain_lower 
  ON accounts (lower(username), coalesce(lower(domain), ''));
CREATE TABLE users (
  id bigserial PRIMARY KEY, email varchar NOT NULL DEFAULT '',
  account_id bigint NOT NULL REFERENCES accounts ON DELETE CASCADE, otp_secret varchar, settings text);
CREATE TABLE keypairs (
  id bigserial PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts, private_key text, public_key text NOT NULL);
CREATE TABLE statuses (
  id bigint PRIMARY KEY DEFAULT timestamp_id('statuses'), uri varchar, text text NOT NULL DEFAULT '',
  created_at timestamp NOT NULL, account_id bigint NOT NULL REFERENCES accounts,
  reblog_of_id bigint REFERENCES statuses,
  deleted_at timestamp, visibility integer NOT NULL DEFAULT 0);
CREATE INDEX index_statuses_20190820 ON statuses (account_id, id DESC, visibility) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX index_statuses_on_uri ON statuses (uri text_pattern_ops) WHERE uri IS NOT NULL;
CREATE TABLE media_attachments (
  id bigint PRIMARY KEY, status_id bigint REFERENCES statuses ON DELETE SET NULL, file_file_name varchar,
  file_file_size integer, remote_url varchar NOT NULL DEFAULT '', created_at timestamp NOT NULL);
CREATE TABLE follows (
  id bigserial PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts,
  target_account_id bigint NOT NULL REFERENCES accounts, UNIQUE (account_id, target_account_id));
CREATE MATERIALIZED VIEW account_summaries AS SELECT id AS account_id, username FROM accounts WITH NO DATA;
`

// rows are of one account for each hundred statuses, each of which has about as much text as people write.
const rows = `
INSERT INTO schema_migrations SELECT 20200101000000 + g FROM generate_series(1, 400) g;
INSERT INTO accounts SELECT 109000000000000000 + g, 'name' || g, CASE WHEN g % 10 > 0 THEN 'example.com' END,
  md5(g::text), now() AT TIME ZONE 'UTC' - g * interval '1 minute' FROM generate_series(0, STATUSES / 100) g;
INSERT INTO users (email, account_id) SELECT username || '@example.com', id FROM accounts WHERE domain IS NULL;
INSERT INTO keypairs (account_id, public_key) SELECT id, 'public' FROM accounts WHERE domain IS NULL;
INSERT INTO statuses SELECT 110000000000000000 + g, 'https://example.com/users/name/statuses/' || g,
  repeat(md5(g::text) || ' ', 4) || md5((g * 7)::text), now() AT TIME ZONE 'UTC' - (STATUSES - g) * interval '1 second',
  109000000000000000 + g / 100 FROM generate_series(0, STATUSES - 1) g;
INSERT INTO media_attachments SELECT 110000000000000000 + g, 110000000000000000 + g, 'picture' || g || '.png', 7,
  CASE WHEN g % 4 > 0 THEN 'https://example.com/' || g ELSE '' END, now() AT TIME ZONE 'UTC' - interval '3 days'
  FROM generate_series(0, STATUSES / 10 - 1) g;
INSERT INTO follows (account_id, target_account_id) SELECT a.id, b.id FROM accounts a, accounts b
  WHERE a.id <> b.id AND b.id < 109000000000000005 AND a.id < 109000000000002000;
`

const (
	primaryKey = "secret-primary-key-of-32-letters"
	salt       = "secret-salt-of-32-letters-xxxxxx"
)

// encrypted is a text as Rails keeps it in a column that Mastodon says is encrypted (activerecord,
// lib/active_record/encryption/encryptor.rb), by a second implementation.
func encrypted(t testing.TB, text, primaryKey string, digest func() hash.Hash) string {
	t.Helper()
	key, err := pbkdf2.Key(digest, primaryKey, []byte(salt), 1<<16, 32)
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	gcm, err := cipher.NewGCM(block)
	require.NoError(t, err)
	vector := make([]byte, gcm.NonceSize())
	_, err = rand.Read(vector)
	require.NoError(t, err)
	sealed := gcm.Seal(nil, vector, []byte(text), nil)
	payload, tag := sealed[:len(sealed)-gcm.Overhead()], sealed[len(sealed)-gcm.Overhead():]
	message, err := json.Marshal(map[string]any{"p": payload, "h": map[string]any{"iv": vector, "at": tag}})
	require.NoError(t, err)
	return string(message)
}

// encrypt gives the newest user a second factor and the newest account a key.
func (w *world) encrypt(primaryKey string) {
	w.t.Helper()
	old := encrypted(w.t, "JBSWY3DPEHPK3PXP", primaryKey, sha1.New)
	current := encrypted(w.t, "-----BEGIN PRIVATE KEY-----", primaryKey, sha256.New)
	w.sql(w.t, "mastodon", w.database, "UPDATE users SET otp_secret = '"+old+"' WHERE id = (SELECT max(id) FROM "+
		"users); UPDATE keypairs SET private_key = '"+current+"' WHERE id = (SELECT max(id) FROM keypairs)")
}
