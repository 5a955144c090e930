package workflows_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// submatch is what a pattern finds in a file.
func submatch(t *testing.T, path, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)` + pattern).FindStringSubmatch(read(t, path))
	require.Len(t, found, 2, "%s has nothing like %s", path, pattern)
	return found[1]
}

// A person, the workflows and the modules use the same versions.
func TestVersionsAgree(t *testing.T) {
	t.Parallel()
	pulumi := submatch(t, "go.mod", `^\tgithub\.com/pulumi/pulumi/sdk/v3 v(\S+)$`)
	assert.Equal(t, pulumi, submatch(t, "mise.toml", `^pulumi = "(.+)"$`))
	assert.Equal(t, pulumi, submatch(t, "tools/go.mod", `^\tgithub\.com/pulumi/pulumi/pkg/v3 v(\S+)$`), "make pulumi")
	assert.Equal(t, ">="+pulumi, submatch(t, "Pulumi.yaml", `^requiredPulumiVersion: "(.+)"$`))
	minor := submatch(t, "mise.toml", `^go = "(.+)"$`)
	for _, path := range files(t, `(^|/)go\.mod$`) {
		assert.True(t, strings.HasPrefix(submatch(t, path, `^go (\S+)$`)+".", minor+"."), path)
	}
	assert.Equal(t, submatch(t, "mise.toml", `^node = "(.+)"$`), submatch(t, "docs/.nvmrc", `^(\d+)\.\d+\.\d+$`))
	doctl := submatch(t, "mise.toml", `^doctl = "(.+)"$`)
	for _, w := range all(t) {
		for _, found := range regexp.MustCompile(`action-doctl@[^\n]+\n\s+with:\n\s+version: (\S+)`).
			FindAllStringSubmatch(w.Text, -1) {
			assert.Equal(t, doctl, found[1], w.Name)
		}
	}
}
