// Package random simulates the Pulumi provider "random": passwords, texts, bytes and identifiers of real randomness
// that are made once and kept in Pulumi's state, as the real provider keeps them. Every change of an input replaces the
// resource. Property facts: schema of pulumi-random v4.21.
//
// One difference: the real provider gives passwords and bytes the ID "none"; here they have one of their own.
package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"golang.org/x/crypto/bcrypt"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// version is that of the SDK that the program uses.
const version = "4.21.1"

// New makes the simulated provider. What it makes lives in Pulumi's state and never in the cloud.
func New(c *cloud.Cloud) plugin.Provider {
	return sim.New(sim.Package{
		Name:    "random",
		Version: version,
		Local:   true,
		Resources: map[string]sim.Resource{
			"random:index/randomPassword:RandomPassword": {
				Inputs:  text,
				Secrets: []string{"bcryptHash", "result"},
				Check:   checkText,
				Create:  createPassword,
			},
			"random:index/randomString:RandomString": {
				Inputs:  text,
				Outputs: []string{"result"},
				Check:   checkText,
				Create:  createString,
			},
			"random:index/randomBytes:RandomBytes": {
				Inputs:  sim.Fields{"keepers": keepers, "length": length.Required()},
				Secrets: []string{"base64", "hex"},
				Create:  createBytes,
			},
			"random:index/randomId:RandomId": {
				Inputs: sim.Fields{
					"keepers": keepers, "byteLength": length.Required(), "prefix": sim.String().Replaces(),
				},
				Outputs: []string{"b64Std", "b64Url", "dec", "hex"},
				Create:  createID,
			},
		},
	}, c)
}

var (
	keepers = sim.Map(sim.String()).Replaces()
	length  = sim.Int().Between(1, 1<<16).Replaces()
	class   = sim.Bool().Default(true).Replaces()
	minimum = sim.Int().Between(0, 1<<16).Default(0).Replaces()

	text = sim.Fields{
		"keepers":         keepers,
		"length":          length.Required(),
		"lower":           class,
		"upper":           class,
		"numeric":         sim.Bool().Computed().Replaces(),
		"number":          sim.Bool().Computed().Replaces(), // the old name of numeric
		"special":         class,
		"minLower":        minimum,
		"minUpper":        minimum,
		"minNumeric":      minimum,
		"minSpecial":      minimum,
		"overrideSpecial": sim.String().Replaces(),
	}
)

// characters is a class of them, of which a text may need some.
type characters struct {
	name    string
	on      bool
	all     string
	minimum int
}

func classes(s sim.State) []characters {
	numeric := true
	for _, name := range []string{"number", "numeric"} {
		if s.Has(name) {
			numeric = s.Bool(name)
		}
	}

	special := s.String("overrideSpecial")
	if special == "" {
		special = "!@#$%&*()-_=+[]{}<>:?"
	}
	return []characters{
		{"lower", s.Bool("lower"), "abcdefghijklmnopqrstuvwxyz", s.Int("minLower")},
		{"upper", s.Bool("upper"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ", s.Int("minUpper")},
		{"numeric", numeric, "0123456789", s.Int("minNumeric")},
		{"special", s.Bool("special"), special, s.Int("minSpecial")},
	}
}

func checkText(s sim.State) []error {
	for key := range s {
		if key != "keepers" && !s.Known(key) {
			return nil
		}
	}

	var errs []error

	needed, any := 0, false

	for _, c := range classes(s) {
		needed += c.minimum
		any = any || c.on
	}

	if !any {
		errs = append(errs, fmt.Errorf("at least one of lower, upper, numeric and special must be true"))
	}

	if needed > s.Int("length") {
		errs = append(errs, fmt.Errorf(
			"length = %d: must be at least %d, the sum of minLower, minUpper, minNumeric and minSpecial",
			s.Int("length"), needed))
	}
	return errs
}

// generate makes a text of the classes that are on, with at least the minimum of each class, in random order.
func generate(s sim.State) (string, error) {
	var result []byte

	alphabet := ""

	for _, c := range classes(s) {
		if c.on {
			alphabet += c.all
		}

		chosen, err := choose(c.all, c.minimum)
		if err != nil {
			return "", err
		}

		result = append(result, chosen...)

		if c.name == "numeric" {
			s["numeric"], s["number"] = c.on, c.on
		}
	}

	rest, err := choose(alphabet, s.Int("length")-len(result))
	if err != nil {
		return "", err
	}

	result = append(result, rest...)
	for i := len(result) - 1; i > 0; i-- {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			return "", fmt.Errorf("shuffling a random text: %w", err)
		}

		result[i], result[j.Int64()] = result[j.Int64()], result[i]
	}
	return string(result), nil
}

func choose(alphabet string, n int) ([]byte, error) {
	chosen := make([]byte, n)
	for i := range chosen {
		index, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return nil, fmt.Errorf("choosing random characters: %w", err)
		}

		chosen[i] = alphabet[index.Int64()]
	}
	return chosen, nil
}

func createPassword(_ sim.Call, state sim.State) (string, error) {
	result, err := generate(state)
	if err != nil {
		return "", err
	}

	// bcrypt reads 72 bytes at most; the real provider cuts longer passwords too. The lowest cost is enough here: the
	// hash protects nothing in a simulation.
	hash, err := bcrypt.GenerateFromPassword([]byte(result)[:min(len(result), 72)], bcrypt.MinCost)
	if err != nil {
		return "", fmt.Errorf("hashing a random password: %w", err)
	}

	state["result"], state["bcryptHash"] = result, string(hash)
	return uuid.NewString(), nil
}

func createString(_ sim.Call, state sim.State) (string, error) {
	result, err := generate(state)
	state["result"] = result
	return result, err
}

func randomBytes(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	return b, nil
}

func createBytes(_ sim.Call, state sim.State) (string, error) {
	b, err := randomBytes(state.Int("length"))
	state["base64"], state["hex"] = base64.StdEncoding.EncodeToString(b), hex.EncodeToString(b)
	return uuid.NewString(), err
}

func createID(_ sim.Call, state sim.State) (string, error) {
	b, err := randomBytes(state.Int("byteLength"))
	prefix, id := state.String("prefix"), base64.RawURLEncoding.EncodeToString(b)
	state["b64Url"] = prefix + id
	state["b64Std"] = prefix + base64.StdEncoding.EncodeToString(b)
	state["hex"] = prefix + hex.EncodeToString(b)
	state["dec"] = prefix + new(big.Int).SetBytes(b).String()
	return id, err
}
