package rooms_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func mastodonPEM(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestMastodonVAPIDPair(t *testing.T) {
	// The application server's pair in RFC 8291, appendix A, where padding is left out.
	scalar, err := base64.RawURLEncoding.DecodeString("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
	require.NoError(t, err)
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	require.NoError(t, err)

	sec1, err := x509.MarshalECPrivateKey(key)
	first := mastodonPEM(t, "EC PRIVATE KEY", sec1, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	second := mastodonPEM(t, "PRIVATE KEY", pkcs8, err)
	for _, text := range []string{first, second} {
		private, public, err := mastodon.VAPIDPair(text)
		require.NoError(t, err)
		require.Equal(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw=", private)
		require.Equal(t, "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8=", public)
	}
}

func TestMastodonVAPIDPairKeepsLeadingZeros(t *testing.T) {
	scalar := make([]byte, 32)
	scalar[31] = 7
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	require.NoError(t, err)
	der, err := x509.MarshalECPrivateKey(key)
	private, _, err := mastodon.VAPIDPair(mastodonPEM(t, "EC PRIVATE KEY", der, err))
	require.NoError(t, err)
	require.Equal(t, base64.URLEncoding.EncodeToString(scalar), private)
}

func TestMastodonVAPIDPairRefusesOtherKeys(t *testing.T) {
	_, _, err := mastodon.VAPIDPair("not a key")
	require.ErrorContains(t, err, "not PEM")

	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalECPrivateKey(p384)
	_, _, err = mastodon.VAPIDPair(mastodonPEM(t, "EC PRIVATE KEY", der, err))
	require.ErrorContains(t, err, "on the curve P-384, not P-256")

	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err = x509.MarshalPKCS8PrivateKey(other)
	_, _, err = mastodon.VAPIDPair(mastodonPEM(t, "PRIVATE KEY", der, err))
	require.ErrorContains(t, err, "not one of an elliptic curve")
}

func TestMastodonGeneratesKeysOnce(t *testing.T) {
	args := mastodonArgs()
	r := &mocks.Recorder{}
	var instance *mastodon.Mastodon
	require.NoError(t, r.Run(func(ctx *pulumi.Context) (err error) {
		instance, err = mastodon.New(ctx, "mastodon", &args)
		return err
	}))

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

	keys := r.One(t, mastodonSecret, "mastodon-keys").Input("stringData").(map[string]any)
	require.Len(t, keys, 6)
	require.Equal(t, "hex-of-mastodon-secret-key-base", keys["secret-key-base"])
	require.Equal(t, "result-of-mastodon-active-record-primary-key", keys["are-primary-key"])
	require.Equal(t, "result-of-mastodon-active-record-deterministic-key", keys["are-deterministic-key"])
	require.Equal(t, "result-of-mastodon-active-record-key-derivation-salt", keys["are-derivation-salt"])
	require.Len(t, keys["vapid-private-key"], 44)
	require.Len(t, keys["vapid-public-key"], 88)
	require.False(t, pulumi.IsSecret(instance.VAPIDPublicKey), "the public key is public")
}

func mastodonExisting() *mastodon.Keys {
	return &mastodon.Keys{
		SecretKeyBase: mastodonHidden("old-base"), VAPIDPrivateKey: mastodonHidden("old-private"), VAPIDPublicKey: mastodonHidden("old-public"),
		ActiveRecordPrimaryKey: mastodonHidden("old-primary"), ActiveRecordDeterministicKey: mastodonHidden("old-deterministic"),
		ActiveRecordKeyDerivationSalt: mastodonHidden("old-salt"),
	}
}

func TestMastodonTakesExistingKeys(t *testing.T) {
	args := mastodonArgs()
	args.Existing = mastodonExisting()
	r := runMastodon(t, args)
	for _, res := range r.All() {
		require.NotContains(t, res.Type, "random:")
		require.NotContains(t, res.Type, "tls:")
	}
	require.Equal(t, map[string]any{
		"secret-key-base": "old-base", "vapid-private-key": "old-private", "vapid-public-key": "old-public",
		"are-primary-key": "old-primary", "are-deterministic-key": "old-deterministic", "are-derivation-salt": "old-salt",
	}, r.One(t, mastodonSecret, "mastodon-keys").Input("stringData"))
}
