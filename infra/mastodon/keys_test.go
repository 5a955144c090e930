package mastodon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/mastodon"
)

func TestGeneratesKeysOnce(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	base := r.One(t, "random:index/randomBytes:RandomBytes", "mastodon-secret-key-base")
	require.Equal(t, 64.0, base.Input("length"))
	require.Contains(t, base.IgnoreChanges, "length")
	texts := r.OfType("random:index/randomPassword:RandomPassword")
	require.Len(t, texts, 3)
	for _, text := range texts {
		require.Equal(t, 32.0, text.Input("length"))
		require.Equal(t, false, text.Input("special"))
		require.Subset(t, text.IgnoreChanges, []string{"length", "special", "keepers"})
	}
	vapid := r.One(t, "tls:index/privateKey:PrivateKey", "mastodon-vapid")
	require.Equal(t, "ECDSA", vapid.Input("algorithm"))
	require.Equal(t, "P256", vapid.Input("ecdsaCurve"))
	require.Subset(t, vapid.IgnoreChanges, []string{"algorithm", "ecdsaCurve"})

	keys := r.One(t, secretType, "mastodon-keys").Input("stringData").(map[string]any)
	require.Len(t, keys, 6)
	require.Equal(t, "hex-of-mastodon-secret-key-base", keys["secret-key-base"])
	require.Equal(t, "result-of-mastodon-active-record-primary-key", keys["are-primary-key"])
	require.Equal(t, "result-of-mastodon-active-record-deterministic-key", keys["are-deterministic-key"])
	require.Equal(t, "result-of-mastodon-active-record-key-derivation-salt", keys["are-derivation-salt"])
	require.Len(t, keys["vapid-private-key"], 44)
	require.Len(t, keys["vapid-public-key"], 88)
}

func existingKeys() *mastodon.Keys {
	return &mastodon.Keys{
		SecretKeyBase: hidden("old-base"), VAPIDPrivateKey: hidden("old-private"), VAPIDPublicKey: hidden("old-public"),
		ActiveRecordPrimaryKey: hidden("old-primary"), ActiveRecordDeterministicKey: hidden("old-deterministic"),
		ActiveRecordKeyDerivationSalt: hidden("old-salt"),
	}
}

func TestTakesExistingKeys(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.Existing = existingKeys()
	r := run(t, args)
	for _, res := range r.All() {
		require.NotContains(t, res.Type, "random:")
		require.NotContains(t, res.Type, "tls:")
	}
	require.Equal(t, map[string]any{
		"secret-key-base": "old-base", "vapid-private-key": "old-private", "vapid-public-key": "old-public",
		"are-primary-key": "old-primary", "are-deterministic-key": "old-deterministic",
		"are-derivation-salt": "old-salt",
	}, r.One(t, secretType, "mastodon-keys").Input("stringData"))
}
