package tls_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
	"github.com/vmstio/infrastructure/sandbox/tls"
)

type inputs = providertest.Inputs

const privateKey = "tls:index/privateKey:PrivateKey"

func TestKeysAreReal(t *testing.T) {
	w := providertest.New(t, tls.New, nil)
	for name, test := range map[string]struct {
		inputs inputs
		block  string
		fits   func(key any) bool
	}{
		"RSA": {
			inputs{"algorithm": "RSA", "rsaBits": 1024},
			"RSA PRIVATE KEY",
			func(k any) bool { r, ok := k.(*rsa.PrivateKey); return ok && r.N.BitLen() == 1024 },
		},
		"P256": {
			inputs{"algorithm": "ECDSA", "ecdsaCurve": "P256"},
			"EC PRIVATE KEY",
			func(k any) bool { e, ok := k.(*ecdsa.PrivateKey); return ok && e.Params().BitSize == 256 },
		},
		"P224": {
			inputs{"algorithm": "ECDSA"},
			"EC PRIVATE KEY",
			func(k any) bool { e, ok := k.(*ecdsa.PrivateKey); return ok && e.Params().BitSize == 224 },
		},
		"ED25519": {
			inputs{"algorithm": "ED25519"},
			"PRIVATE KEY",
			func(k any) bool { _, ok := k.(ed25519.PrivateKey); return ok },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.In(t).Create(privateKey, "k", test.inputs)
			if block, _ := pem.Decode([]byte(r.Text("privateKeyPem"))); block == nil || block.Type != test.block {
				t.Errorf("privateKeyPem is no %s", test.block)
			}
			private, _ := pem.Decode([]byte(r.Text("privateKeyPemPkcs8")))
			public, _ := pem.Decode([]byte(r.Text("publicKeyPem")))
			key, err := x509.ParsePKCS8PrivateKey(private.Bytes)
			if err != nil || !test.fits(key) {
				t.Fatalf("key of type %T, %v", key, err)
			}
			if _, err := x509.ParsePKIXPublicKey(public.Bytes); err != nil {
				t.Error(err)
			}
			if openSSH := r.Text("publicKeyOpenssh"); (name == "P224") != (openSSH == "") {
				t.Errorf("publicKeyOpenssh = %q", openSSH)
			}
			for _, secret := range []string{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"} {
				if !r.Outputs[providertest.Map(inputs{secret: 1}).StableKeys()[0]].IsSecret() {
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
	w := providertest.New(t, tls.New, nil)
	_, err := w.Try(privateKey, "k", inputs{"algorithm": "DSA"})
	w.Refused(err, `algorithm = "DSA": must be one of RSA, ECDSA, ED25519`)
	_, err = w.Try(privateKey, "k", inputs{"algorithm": "ECDSA", "ecdsaCurve": "P-256"})
	w.Refused(err, "must be one of P224, P256, P384, P521")
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
