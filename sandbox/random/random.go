// Package random simulates the Pulumi provider "random": passwords and bytes of real randomness that are made once and
// kept in Pulumi's state, as the real provider keeps them. Every change of an input replaces the resource. Defaults are
// those of the schema of pulumi-random v4.21.
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
	sdk "github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"golang.org/x/crypto/bcrypt"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// version is that of the SDK that the program uses.
const version = "4.21.2"

const (
	typePassword = "random:index/randomPassword:RandomPassword"
	typeBytes    = "random:index/randomBytes:RandomBytes"
)

// New makes the simulated provider. What it makes lives in Pulumi's state and never in the cloud.
func New(c *cloud.Cloud) plugin.Provider {
	return sim.New(sim.Package{
		Name:    "random",
		Version: version,
		Local:   true,
		Resources: map[string]sim.Resource{
			typePassword: sim.From(sdk.RandomPasswordArgs{}, sdk.RandomPassword{}, sim.Rules{
				Replaces: "keepers length lower upper numeric number special minLower minUpper minNumeric minSpecial " +
					"overrideSpecial",
				Computed: "numeric number", // number is the old name of numeric
				Secret:   "bcryptHash result",
				Defaults: map[string]any{
					"lower": true, "upper": true, "special": true,
					"minLower": 0, "minUpper": 0, "minNumeric": 0, "minSpecial": 0,
				},
				Checks: map[string][]sim.Check{
					"length": length, "minLower": minimum, "minUpper": minimum, "minNumeric": minimum,
					"minSpecial": minimum,
				},
			}, sim.Resource{Check: checkText, Create: createPassword}),
			typeBytes: sim.From(sdk.RandomBytesArgs{}, sdk.RandomBytes{}, sim.Rules{
				Replaces: "keepers length", Secret: "base64 hex", Checks: map[string][]sim.Check{"length": length},
			}, sim.Resource{Create: createBytes}),
		},
	}, c)
}

var (
	length  = []sim.Check{sim.Between(1, 1<<16)}
	minimum = []sim.Check{sim.Between(0, 1<<16)}
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

func createBytes(_ sim.Call, state sim.State) (string, error) {
	b := make([]byte, state.Int("length"))
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("reading random bytes: %w", err)
	}
	state["base64"], state["hex"] = base64.StdEncoding.EncodeToString(b), hex.EncodeToString(b)
	return uuid.NewString(), nil
}
