package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// root is that of the project.
const root = "../.."

// built are programs that the tests run: the sandbox as it is, one whose program makes another bucket, and the policy
// pack.
type built struct{ sandbox, oneBucket, policy string }

// builds is the directory of what is built.
var builds string

var programs = sync.OnceValues(func() (built, error) {
	b := built{
		sandbox: filepath.Join(builds, "sandbox"), oneBucket: filepath.Join(builds, "sandbox-with-a-bucket"),
		policy: filepath.Join(builds, "policy"),
	}
	overlay, err := withBucket(builds)
	if err != nil {
		return b, err
	}
	for _, args := range [][]string{
		{"sandbox", "-o", b.sandbox}, {"sandbox", "-o", b.oneBucket, "-overlay", overlay}, {"policy", "-o", b.policy},
	} {
		cmd := exec.Command("go", slices.Concat([]string{"build", "-ldflags", "-s -w"}, args[1:], []string{"."})...)
		cmd.Dir = filepath.Join(root, args[0])
		// The tests may run without cgo; the sandbox is built as everywhere else, and so but once.
		cmd.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
			return strings.HasPrefix(variable, "CGO_ENABLED=")
		})
		if out, err := cmd.CombinedOutput(); err != nil {
			return b, &exec.Error{Name: "go build: " + string(out), Err: err}
		}
	}
	return b, nil
})

// withBucket writes an overlay for the go command in which the storage makes one more bucket, which holds data.
func withBucket(dir string) (string, error) {
	source, err := filepath.Abs(filepath.Join(root, "infra", "storage", "storage.go"))
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	const end = "\treturn s, ctx.RegisterResourceOutputs("
	another := "\tif _, err = s.bucket(ctx, name+\"-exports\", args, spec{name: \"exports-of-members\", " +
		"region: \"ams3\"}); err != nil {\n\t\treturn nil, err\n\t}\n"
	changed := filepath.Join(dir, "storage.go")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), end, another+end, 1)), 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, overlay, 0o600)
}

func TestMain(m *testing.M) {
	var err error
	if builds, err = os.MkdirTemp("", "delivery-test-"); err != nil {
		panic(err)
	}
	status := m.Run()
	_ = os.RemoveAll(builds)
	os.Exit(status)
}

// project is a project with a large environment, in which settings are changed: not the one that somebody runs, whose
// settings are theirs.
func project(t *testing.T, stack string, change func(settings map[string]any)) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), text, 0o600))
	text, err = os.ReadFile(filepath.Join(root, "infra", "settings", "testdata", "production.yaml"))
	require.NoError(t, err)
	var settings map[string]any
	require.NoError(t, yaml.Unmarshal(text, &settings))
	text, err = yaml.Marshal(map[string]any{"config": map[string]any{
		"vmst:settings": settings,
		// Without it, there would be a warning in every comment.
		"vmst:secrets": map[string]any{"deadMansSwitch": map[string]any{"secure": "v1:AAAA:BBBB"}},
	}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi."+stack+".yaml"), text, 0o600))
	tools, err := filepath.Abs(filepath.Join(root, ".tools"))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(tools, filepath.Join(dir, ".tools")))
	edit(t, dir, stack, change)
	return dir
}

func edit(t *testing.T, dir, stack string, change func(settings map[string]any)) {
	t.Helper()
	path := filepath.Join(dir, "Pulumi."+stack+".yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var content struct {
		Config map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(text, &content))
	change(content.Config["vmst:settings"].(map[string]any))
	text, err = yaml.Marshal(content)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

// at returns the settings below a path, whose last part they hold.
func at(t *testing.T, settings map[string]any, path ...string) map[string]any {
	t.Helper()
	for _, name := range path {
		inner, ok := settings[name].(map[string]any)
		require.True(t, ok, "settings %s", strings.Join(path, "."))
		settings = inner
	}
	return settings
}

// logged is a log of these events.
func logged(t *testing.T, events ...apitype.EngineEvent) *bytes.Buffer {
	t.Helper()
	var log bytes.Buffer
	encoder := json.NewEncoder(&log)
	for _, event := range events {
		require.NoError(t, encoder.Encode(event))
	}
	return &log
}
