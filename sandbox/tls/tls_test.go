package tls_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
	"github.com/vmstio/infrastructure/sandbox/tls"
)

type inputs = providertest.Inputs

const privateKey = "tls:index/privateKey:PrivateKey"

func TestKeysAreReal(t *testing.T) {
	t.Parallel()
	w := providertest.New(t, tls.New, nil)
	for curve, bits := range map[string]int{"P256": 256, "P384": 384} {
		t.Run(curve, func(t *testing.T) {
			r := w.In(t).Create(privateKey, "k", inputs{"algorithm": "ECDSA", "ecdsaCurve": curve})
			if block, _ := pem.Decode([]byte(r.Text("privateKeyPem"))); block == nil || block.Type != "EC PRIVATE KEY" {
				t.Error("privateKeyPem is no EC PRIVATE KEY")
			}
			private, _ := pem.Decode([]byte(r.Text("privateKeyPemPkcs8")))
			public, _ := pem.Decode([]byte(r.Text("publicKeyPem")))
			key, err := x509.ParsePKCS8PrivateKey(private.Bytes)
			if made, ok := key.(*ecdsa.PrivateKey); !ok || made.Params().BitSize != bits {
				t.Fatalf("key of type %T, %v", key, err)
			}
			if _, err := x509.ParsePKIXPublicKey(public.Bytes); err != nil {
				t.Error(err)
			}
			if openSSH := r.Text("publicKeyOpenssh"); !strings.HasPrefix(openSSH, "ecdsa-sha2-nistp") {
				t.Errorf("publicKeyOpenssh = %q", openSSH)
			}
			for _, secret := range []string{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"} {
				if !r.Outputs[resource.PropertyKey(secret)].IsSecret() {
					t.Errorf("%s is not secret", secret)
				}
			}
			if r.Outputs["publicKeyPem"].IsSecret() || len(r.ID) != 40 {
				t.Errorf("public key secret, or ID %q", r.ID)
			}
		})
	}
}

func TestRefusalsAndReplacement(t *testing.T) {
	t.Parallel()
	w := providertest.New(t, tls.New, nil)
	_, err := w.Try(privateKey, "k", inputs{"algorithm": "DSA"})
	w.Refused(err, `algorithm = "DSA": must be one of ECDSA`)
	_, err = w.Try(privateKey, "k", inputs{"algorithm": "ECDSA", "ecdsaCurve": "P-256"})
	w.Refused(err, "must be one of P256, P384, P521")
	_, err = w.Try(privateKey, "k", inputs{"algorithm": "ECDSA"})
	w.Refused(err, "missing required property ecdsaCurve")
	base := inputs{"algorithm": "ECDSA", "ecdsaCurve": "P256"}
	r := w.Create(privateKey, "k", base)
	if diff := w.Diff(r, base); len(diff.DetailedDiff) > 0 {
		t.Errorf("the same inputs differ: %s", providertest.Changes(diff))
	}
	diff := providertest.Changes(w.Diff(r, providertest.With(base, inputs{"ecdsaCurve": "P384"})))
	if !strings.Contains(diff, "ecdsaCurve update-replace") {
		t.Errorf("diff is %s", diff)
	}
}
