// Package random simulates the Pulumi provider "random": passwords and bytes of real randomness that are made once and
// kept in Pulumi's state, as the real provider keeps them. Every change of an input replaces the resource. Defaults are
// those of the schema of pulumi-random v4.21.
//
// One difference: the real provider gives passwords and bytes the ID "none"; here they have one of their own. Not
// simulated: a password's least number of characters of a class, and special characters of one's own.
package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
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
					"length": length, "minLower": none, "minUpper": none, "minNumeric": none, "minSpecial": none,
				},
			}, sim.Resource{Create: createPassword}),
			typeBytes: sim.From(sdk.RandomBytesArgs{}, sdk.RandomBytes{}, sim.Rules{
				Replaces: "keepers length", Secret: "base64 hex", Checks: map[string][]sim.Check{"length": length},
			}, sim.Resource{Create: createBytes}),
		},
	}, c)
}

var (
	length = []sim.Check{sim.Between(1, 1<<16)}
	none   = []sim.Check{sim.Between(0, 0)}
)

// alphabet are the characters that a password may have.
func alphabet(s sim.State) string {
	characters := ""
	for class, all := range map[string]string{
		"lower": "abcdefghijklmnopqrstuvwxyz", "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "numeric": "0123456789",
		"special": "!@#$%&*()-_=+[]{}<>:?",
	} {
		if s.Bool(class) {
			characters += all
		}
	}
	return characters
}

func createPassword(_ sim.Call, state sim.State) (string, error) {
	if !state.Has("numeric") {
		state["numeric"] = !state.Has("number") || state.Bool("number")
	}
	state["number"] = state["numeric"]
	from := alphabet(state)
	if from == "" {
		return "", errors.New("at least one of lower, upper, numeric and special must be true")
	}
	result := make([]byte, state.Int("length"))
	for i := range result {
		index, err := rand.Int(rand.Reader, big.NewInt(int64(len(from))))
		if err != nil {
			return "", fmt.Errorf("choosing random characters: %w", err)
		}
		result[i] = from[index.Int64()]
	}
	// bcrypt reads 72 bytes at most; the real provider cuts longer passwords too. The lowest cost is enough here: the
	// hash protects nothing in a simulation.
	hash, err := bcrypt.GenerateFromPassword(result[:min(len(result), 72)], bcrypt.MinCost)
	if err != nil {
		return "", fmt.Errorf("hashing a random password: %w", err)
	}
	state["result"], state["bcryptHash"] = string(result), string(hash)
	return uuid.NewString(), nil
}

func createBytes(_ sim.Call, state sim.State) (string, error) {
	b := make([]byte, state.Int("length"))
	_, _ = rand.Read(b) // it never fails
	state["base64"], state["hex"] = base64.StdEncoding.EncodeToString(b), hex.EncodeToString(b)
	return uuid.NewString(), nil
}
