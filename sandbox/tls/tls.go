// Package tls simulates the Pulumi provider "tls" as far as private keys go: it makes real keys, which live in Pulumi's
// state alone, as those of the real provider do. Every change of an input replaces the key. Property facts: schema of
// pulumi-tls v5.0.
package tls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the real provider's ID is the SHA-1 of the public key
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"

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
				Replaces: "algorithm ecdsaCurve rsaBits", Computed: "ecdsaCurve rsaBits",
				Secret: "privateKeyOpenssh privateKeyPem privateKeyPemPkcs8",
				Checks: map[string][]sim.Check{
					"algorithm":  {sim.OneOf("RSA", "ECDSA", "ED25519")},
					"ecdsaCurve": {sim.OneOf("P224", "P256", "P384", "P521")}, "rsaBits": {sim.Between(1024, 16384)},
				},
			}, sim.Resource{Create: createKey}),
		},
	}, c)
}

// generate makes the key, and its PEM block in the form that is customary for the algorithm.
func generate(state sim.State) (crypto.Signer, *pem.Block, error) {
	switch state.String("algorithm") {
	case "RSA":
		state.SetDefault("rsaBits", 2048)
		key, err := rsa.GenerateKey(rand.Reader, state.Int("rsaBits"))
		if err != nil {
			return nil, nil, err
		}
		return key, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}, nil
	case "ECDSA":
		state.SetDefault("ecdsaCurve", "P224")
		curves := map[string]elliptic.Curve{
			"P224": elliptic.P224(), "P256": elliptic.P256(), "P384": elliptic.P384(), "P521": elliptic.P521(),
		}
		key, err := ecdsa.GenerateKey(curves[state.String("ecdsaCurve")], rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		der, err := x509.MarshalECPrivateKey(key)
		return key, &pem.Block{Type: "EC PRIVATE KEY", Bytes: der}, err
	default:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return key, &pem.Block{Type: "PRIVATE KEY", Bytes: der}, err
	}
}

func createKey(_ sim.Call, state sim.State) (string, error) {
	key, block, err := generate(state)
	if err != nil {
		return "", fmt.Errorf("generating a private key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encoding a private key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", fmt.Errorf("encoding a public key: %w", err)
	}
	state["privateKeyPem"] = string(pem.EncodeToMemory(block))
	state["privateKeyPemPkcs8"] = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	state["publicKeyPem"] = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	if err := addOpenSSH(key, state); err != nil {
		return "", err
	}
	sum := sha1.Sum(public) //nolint:gosec // as above
	return hex.EncodeToString(sum[:]), nil
}

// addOpenSSH sets the forms that OpenSSH reads. It knows no P224; the real provider leaves these texts empty then.
func addOpenSSH(key crypto.Signer, state sim.State) error {
	for _, name := range []string{
		"privateKeyOpenssh", "publicKeyOpenssh", "publicKeyFingerprintMd5", "publicKeyFingerprintSha256",
	} {
		state[name] = ""
	}
	if ec, ok := key.(*ecdsa.PrivateKey); ok && ec.Curve == elliptic.P224() {
		return nil
	}
	private, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return fmt.Errorf("encoding a private key for OpenSSH: %w", err)
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("encoding a public key for OpenSSH: %w", err)
	}
	state["privateKeyOpenssh"] = string(pem.EncodeToMemory(private))
	state["publicKeyOpenssh"] = string(ssh.MarshalAuthorizedKey(public))
	state["publicKeyFingerprintMd5"] = ssh.FingerprintLegacyMD5(public)
	state["publicKeyFingerprintSha256"] = ssh.FingerprintSHA256(public)
	return nil
}
