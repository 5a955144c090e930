package mastodon

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"
)

func inPEM(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestVAPIDPair(t *testing.T) {
	t.Parallel()
	// The application server's pair in RFC 8291, appendix A, where padding is left out.
	scalar, err := base64.RawURLEncoding.DecodeString("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
	require.NoError(t, err)
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	require.NoError(t, err)

	sec1, err := x509.MarshalECPrivateKey(key)
	first := inPEM(t, "EC PRIVATE KEY", sec1, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	second := inPEM(t, "PRIVATE KEY", pkcs8, err)
	for _, text := range []string{first, second} {
		private, public, err := vapidPair(text)
		require.NoError(t, err)
		require.Equal(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw=", private)
		require.Equal(t,
			"BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8=", public)
	}
}

func TestVAPIDPairKeepsLeadingZeros(t *testing.T) {
	t.Parallel()
	scalar := make([]byte, 32)
	scalar[31] = 7
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	require.NoError(t, err)
	der, err := x509.MarshalECPrivateKey(key)
	private, _, err := vapidPair(inPEM(t, "EC PRIVATE KEY", der, err))
	require.NoError(t, err)
	require.Equal(t, base64.URLEncoding.EncodeToString(scalar), private)
}

func TestVAPIDPairRefusesOtherKeys(t *testing.T) {
	t.Parallel()
	_, _, err := vapidPair("not a key")
	require.ErrorContains(t, err, "not PEM")

	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalECPrivateKey(p384)
	_, _, err = vapidPair(inPEM(t, "EC PRIVATE KEY", der, err))
	require.ErrorContains(t, err, "on the curve P-384, not P-256")

	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err = x509.MarshalPKCS8PrivateKey(other)
	_, _, err = vapidPair(inPEM(t, "PRIVATE KEY", der, err))
	require.ErrorContains(t, err, "not one of an elliptic curve")
}
