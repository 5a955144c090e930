package random_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"golang.org/x/crypto/bcrypt"

	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
	"github.com/vmstio/infrastructure/sandbox/random"
)

type inputs = providertest.Inputs

const (
	password = "random:index/randomPassword:RandomPassword"
	bytes    = "random:index/randomBytes:RandomBytes"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	w := providertest.New(t, random.New, nil)
	for name, test := range map[string]struct {
		inputs  inputs
		pattern string
	}{
		"all classes": {inputs{"length": 100}, `[a-zA-Z0-9!@#$%&*()\-_=+\[\]{}<>:?]{100}`},
		"no special":  {inputs{"length": 64, "special": false}, `[a-zA-Z0-9]{64}`},
		"digits only": {inputs{"length": 10, "special": false, "lower": false, "upper": false}, `[0-9]{10}`},
		"no digits":   {inputs{"length": 64, "special": false, "numeric": false}, `[a-zA-Z]{64}`},
		"old name":    {inputs{"length": 64, "special": false, "number": false}, `[a-zA-Z]{64}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.In(t)
			r := w.Create(password, "p", test.inputs)
			result := r.Text("result")
			if !regexp.MustCompile("^" + test.pattern + "$").MatchString(result) {
				t.Errorf("a password does not match %s", test.pattern)
			}
			if !r.Outputs["result"].IsSecret() || !r.Outputs["bcryptHash"].IsSecret() {
				t.Error("a password or its hash is not secret")
			}
			hash, hashed := []byte(r.Text("bcryptHash")), []byte(result)[:min(72, len(result))]
			if bcrypt.CompareHashAndPassword(hash, hashed) != nil {
				t.Error("the hash is not the password's")
			}
			if other := w.Create(password, "p", test.inputs); len(result) > 20 && other.Text("result") == result {
				t.Error("two passwords are the same")
			}
		})
	}
}

func TestPasswordsRefuse(t *testing.T) {
	t.Parallel()
	w := providertest.New(t, random.New, nil)
	_, err := w.Try(password, "p", inputs{"length": 3, "minUpper": 2})
	w.Refused(err, "minUpper = 2: must be between 0 and 0")
	_, err = w.Try(password, "p", inputs{
		"length": 3, "upper": false, "lower": false, "numeric": false, "special": false,
	})
	w.Refused(err, "at least one of lower, upper, numeric and special")
	_, err = w.Try(password, "p", inputs{"length": 0})
	w.Refused(err, "length = 0: must be between")
	_, err = w.Try(bytes, "b", inputs{})
	w.Refused(err, "missing required property length")
}

func TestBytes(t *testing.T) {
	t.Parallel()
	w := providertest.New(t, random.New, nil)
	b := w.Create(bytes, "b", inputs{"length": 32})
	raw, err := base64.StdEncoding.DecodeString(b.Text("base64"))
	if err != nil || len(raw) != 32 || hex.EncodeToString(raw) != b.Text("hex") {
		t.Errorf("32 bytes came as %d, %v", len(raw), err)
	}
	if !b.Outputs["base64"].IsSecret() || !b.Outputs["hex"].IsSecret() {
		t.Error("random bytes are not secret")
	}
}

func TestEveryChangeReplaces(t *testing.T) {
	t.Parallel()
	w := providertest.New(t, random.New, nil)
	base := inputs{"length": 32, "keepers": map[string]any{"epoch": "1"}}
	r := w.Create(bytes, "b", base)
	if diff := w.Diff(r, base); len(diff.DetailedDiff) > 0 {
		t.Errorf("the same inputs differ: %s", providertest.Changes(diff))
	}
	for want, change := range map[string]inputs{
		"length update-replace":        {"length": 33},
		"keepers.epoch update-replace": {"keepers": map[string]any{"epoch": "2"}},
	} {
		diff := w.Diff(r, providertest.With(base, change))
		if providertest.Changes(diff) != want || diff.DeleteBeforeReplace {
			t.Errorf("diff is %s, want %s", providertest.Changes(diff), want)
		}
	}
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	w := providertest.New(t, random.New, nil)
	for config, failures := range map[string]int{"version": 0, "seed": 1} {
		checked, err := w.Provider.CheckConfig(context.Background(), plugin.CheckConfigRequest{
			News: providertest.Map(inputs{config: "1.2.3"}),
		})
		if err != nil || len(checked.Failures) != failures {
			t.Errorf("CheckConfig of %s = %v, %v", config, checked.Failures, err)
		}
	}
}

// What the real provider makes exists in Pulumi's state alone: nothing outside can change or lose it.
func TestLivesInStateAlone(t *testing.T) {
	t.Parallel()
	w := providertest.New(t, random.New, nil)
	r := w.Create(password, "p", inputs{"length": 32})
	if n := len(w.Cloud.List(password)); n != 0 {
		t.Errorf("the cloud holds %d passwords", n)
	}
	read, drift, found := w.Refresh(r)
	if !found || drift != "" || read.Text("result") != r.Text("result") {
		t.Errorf("a refresh found %t with drift %q", found, drift)
	}
	if err := w.Delete(r); err != nil {
		t.Error(err)
	}
}
