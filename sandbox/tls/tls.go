// Package tls simulates the Pulumi provider "tls" as far as private keys of elliptic curves go: it makes real keys,
// which live in Pulumi's state alone, as those of the real provider do. Every change of an input replaces the key.
// Property facts: schema of pulumi-tls v5.5.
package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the real provider's ID is the SHA-1 of the public key
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"

	sdk "github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"golang.org/x/crypto/ssh"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// version is that of the SDK that the program uses.
const version = "5.5.1"

// New makes the simulated provider. What it makes lives in Pulumi's state and never in the cloud.
func New(c *cloud.Cloud) plugin.Provider {
	return sim.New(sim.Package{
		Name:    "tls",
		Version: version,
		Local:   true,
		Config:  sim.FieldsOf(sdk.ProviderArgs{}, sim.Rules{Secret: "proxy.password"}),
		Resources: map[string]sim.Resource{
			"tls:index/privateKey:PrivateKey": sim.From(sdk.PrivateKeyArgs{}, sdk.PrivateKey{}, sim.Rules{
				// The real provider's own choice of a curve, P224, is one that OpenSSH does not know.
				Required: "ecdsaCurve", Replaces: "algorithm ecdsaCurve rsaBits", Computed: "rsaBits",
				Secret: "privateKeyOpenssh privateKeyPem privateKeyPemPkcs8",
				Checks: map[string][]sim.Check{
					"algorithm": {sim.OneOf("ECDSA")}, "ecdsaCurve": {sim.OneOf(slices.Sorted(maps.Keys(curves))...)},
				},
			}, sim.Resource{Create: createKey}),
		},
	}, c)
}

var curves = map[string]elliptic.Curve{"P256": elliptic.P256(), "P384": elliptic.P384(), "P521": elliptic.P521()}

func createKey(_ sim.Call, state sim.State) (string, error) {
	key, err := ecdsa.GenerateKey(curves[state.String("ecdsaCurve")], rand.Reader)
	if err != nil {
		return "", fmt.Errorf("generating a private key: %w", err)
	}
	sec1, errSEC1 := x509.MarshalECPrivateKey(key)
	pkcs8, errPKCS8 := x509.MarshalPKCS8PrivateKey(key)
	public, errPublic := x509.MarshalPKIXPublicKey(key.Public())
	openSSH, errOpenSSH := ssh.MarshalPrivateKey(key, "")
	publicSSH, errPublicSSH := ssh.NewPublicKey(key.Public())
	if err := errors.Join(errSEC1, errPKCS8, errPublic, errOpenSSH, errPublicSSH); err != nil {
		return "", fmt.Errorf("encoding a private key: %w", err)
	}
	inPEM := func(what string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: what, Bytes: der}))
	}
	state.Merge(sim.State{
		"privateKeyPem": inPEM("EC PRIVATE KEY", sec1), "privateKeyPemPkcs8": inPEM("PRIVATE KEY", pkcs8),
		"publicKeyPem": inPEM("PUBLIC KEY", public), "privateKeyOpenssh": string(pem.EncodeToMemory(openSSH)),
		"publicKeyOpenssh":           string(ssh.MarshalAuthorizedKey(publicSSH)),
		"publicKeyFingerprintMd5":    ssh.FingerprintLegacyMD5(publicSSH),
		"publicKeyFingerprintSha256": ssh.FingerprintSHA256(publicSSH),
	})
	sum := sha1.Sum(public) //nolint:gosec // as above
	return hex.EncodeToString(sum[:]), nil
}
