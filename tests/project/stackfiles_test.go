package project_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Pulumi writes a stack's file anew with every `pulumi config set`. Nothing but blank lines may go by that: settings in
// a comment that came to stand elsewhere would be another group's when somebody takes the comment away.
func TestStackFilesStayWhatTheyAreWhenPulumiWritesThem(t *testing.T) {
	t.Parallel()
	cli, dir := pulumiCLI(t), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "state"), 0o700))
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), cli.path, append(args, "--non-interactive")...)
		cmd.Dir = dir
		cmd.Env = append(cli.environment(), "PULUMI_CONFIG_PASSPHRASE=test",
			"PULUMI_BACKEND_URL=file://"+filepath.ToSlash(filepath.Join(dir, "state")))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	files, err := filepath.Glob(filepath.Join(root, "Pulumi.*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range append(files, filepath.Join(root, "Pulumi.yaml")) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(file)), []byte(open(string(text))), 0o600))
	}
	for _, file := range files {
		name := filepath.Base(file)
		stack := strings.TrimSuffix(strings.TrimPrefix(name, "Pulumi."), ".yaml")
		run("stack", "init", stack)
		run("config", "set", "--stack", stack, "--secret", "--path", "vmst:secrets.smtpPassword", "x")
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		written, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		lines := filled(string(written))
		added := slices.Index(lines, "  vmst:secrets:")
		require.Positive(t, added, file)
		assert.Equal(t, filled(open(string(text))), lines[:added], file)
	}
}

// open is a stack's file without what is encrypted in it, which only its own passphrase opens.
func open(text string) string {
	var kept strings.Builder
	secret := false
	for line := range strings.Lines(text) {
		inner := strings.HasPrefix(line, "   ") || strings.TrimSpace(line) == ""
		secret = secret && inner || strings.HasPrefix(line, "  vmst:secrets:")
		if !secret && !strings.HasPrefix(line, "encryptionsalt:") && !strings.HasPrefix(line, "encryptedkey:") &&
			!strings.HasPrefix(line, "secretsprovider:") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// filled are the lines that are not blank.
func filled(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, " \n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
