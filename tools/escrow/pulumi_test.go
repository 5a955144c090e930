package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// released is what a release left behind in the sandbox (docs/content/5.change/9.releases.md): states as Pulumi exports
// them.
const released = "../../sandbox/testdata/upgrade/0.0.0"

// With the real Pulumi: the keys of a state that a release left behind come to a new stack with a passphrase of its
// own, and are what the settings accept.
func TestTheWholeRoadWithPulumi(t *testing.T) {
	release, err := filepath.Abs(released)
	require.NoError(t, err)
	tools, err := filepath.Abs("../../.tools")
	require.NoError(t, err)
	t.Setenv("PATH", os.Getenv("PATH")+string(os.PathListSeparator)+tools)
	_, err = exec.LookPath("pulumi")
	require.NoError(t, err, "run `make pulumi`")
	t.Chdir(t.TempDir())
	t.Setenv("PULUMI_BACKEND_URL", "file://.")
	t.Setenv("PULUMI_HOME", t.TempDir())
	t.Setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "simulated") // sandbox/runner/secrets.go
	pulumi := func(args ...string) string {
		out, err := exec.Command("pulumi", append(args, "--non-interactive")...).Output()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	escrow := func(args ...string) string {
		var out strings.Builder
		require.Equal(t, 0, run(t.Context(), args, &out, &out), out.String())
		return out.String()
	}
	own, identity := ageKey(t)
	for _, stack := range []string{"staging", "new"} {
		file := stackOf(t, filepath.Join(release, "Pulumi.staging.yaml"))
		file["config"].(object)["vmst:settings"].(object)["escrow"] = object{
			"recipients": []string{own.Recipient().String()},
		}
		delete(file, "encryptionsalt")
		text, err := yaml.Marshal(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("Pulumi."+stack+".yaml", text, 0o600))
	}
	require.NoError(t, os.WriteFile("Pulumi.yaml", []byte("name: vmst\nruntime: go\n"), 0o600))
	pulumi("stack", "init", "staging")
	pulumi("stack", "import", "--stack", "staging", "--file", filepath.Join(release, "staging.json"))

	escrow("-stack", "staging", "-file", "kept.age", "write")
	said := escrow("-stack", "staging", "-file", "kept.age", "-identity", identity, "check")
	require.Contains(t, said, "ok     mastodon.vapidPrivateKey\n")
	require.Contains(t, said, "ok     passphrase\n")
	require.Contains(t, said, "ok     Spaces key mudd-staging-vmst-io\n")

	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "another")
	pulumi("stack", "init", "new")
	escrow("-stack", "new", "-file", "kept.age", "-identity", identity, "adopt")
	var config map[string]struct {
		ObjectValue json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(pulumi("config", "--stack", "new", "--show-secrets", "--json")), &config))
	var secrets object
	require.NoError(t, json.Unmarshal(config["vmst:secrets"].ObjectValue, &secrets))
	for _, name := range []string{
		"digitalOceanToken", "spacesAccessId", "spacesSecretKey", "acmeDnsToken", "smtpUsername", "smtpPassword",
	} {
		secrets[name] = "x"
	}
	given, err := json.Marshal(secrets)
	require.NoError(t, err)
	var then object
	require.NoError(t, json.Unmarshal(config["vmst:settings"].ObjectValue, &then))
	// That release made no backups.
	then["backup"] = object{"enabled": false}
	text, err := json.Marshal(then)
	require.NoError(t, err)
	decoded, hidden, err := settings.Decode(string(text), string(given))
	require.NoError(t, err)
	require.Equal(t, "staging.vmst.io", decoded.Domain)
	require.NotNil(t, hidden.Mastodon)
}

func stackOf(t *testing.T, path string) object {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var file object
	require.NoError(t, yaml.Unmarshal(text, &file))
	return file
}

// Each key is kept from where today's program puts the secret that it is adopted as: the stack of the golden files that
// uses every setting sets them all.
func TestKeysAreWhatTheProgramMakes(t *testing.T) {
	t.Parallel()
	const stacks = "../../tests/stacks/testdata/"
	set := stackOf(t, stacks+"everything.yaml")["config"].(object)["vmst:secrets"].(object)
	made := map[string]object{}
	for _, r := range stackOf(t, stacks+"everything.golden.yaml")["resources"].([]any) {
		inputs, _ := r.(object)["inputs"].(object)
		data, _ := inputs["stringData"].(object)
		if hidden, ok := data["(secret)"].(object); ok && inputs["kind"] == "Secret" {
			made[inputs["metadata"].(object)["name"].(string)] = hidden
		}
	}
	for _, k := range keys {
		var value any = set
		for part := range strings.SplitSeq(k.name, ".") {
			value = value.(object)[part]
		}
		if made[k.secret] == nil { // a program that makes no backups
			require.Equal(t, backupSecret, k.secret)
			continue
		}
		require.NotEmpty(t, value)
		require.Equal(t, value, made[k.secret][k.key], k.name)
	}
}
