package settings

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A name in two lists would be judged by whichever is asked first.
func TestEveryVariableIsOfOneKind(t *testing.T) {
	t.Parallel()
	kind := map[string]string{}
	for name, names := range map[string][]string{
		"read": strings.Fields(readVariables), "secret": secretNames, "removed": removedNames,
		"the program's": slices.Collect(maps.Keys(Variables())),
	} {
		require.NotEmpty(t, names, name)
		for _, variable := range names {
			assert.Empty(t, kind[variable], "%s is %s as well as %s", variable, kind[variable], name)
			kind[variable] = name
			assert.Regexp(t, formats()["variable"].Pattern, variable)
		}
	}
}

func TestSecretVariables(t *testing.T) {
	t.Parallel()
	for _, name := range secretNames {
		assert.True(t, isSecretVariable(name), name)
	}
	for _, name := range slices.Concat(strings.Fields(readVariables), removedNames) {
		assert.False(t, isSecretVariable(name), "%s: Mastodon says that it is none, whatever it is called", name)
	}
	for name, want := range map[string]bool{
		"FORK_KEY": true, "FORK_SECRET": true, "FORK_PASSWORD": true, "FORK_TOKEN": true, "FORK_KEYS": false,
		"TOKEN_OF_FORK": false, "MAX_TOOT_CHARS": false,
	} {
		assert.Equal(t, want, isSecretVariable(name), name)
	}
}

// What Mastodon reads is not warned of; what it does not read any more is, even where another name is near.
func TestWarningsOfEveryVariable(t *testing.T) {
	t.Parallel()
	said := func(name string) (all []string) {
		warnOfVariables(func(path, wrong, remedy string) { all = append(all, path+": "+wrong+"; "+remedy) },
			"environment", map[string]int{name: 1})
		return all
	}
	for _, name := range append(slices.Clone(known), "OTEL_SERVICE_NAME") {
		assert.Empty(t, said(name), name)
	}
	for _, name := range removedNames {
		assert.Equal(t, []string{"environment." + name + ": Mastodon does not read it any more; remove it"}, said(name))
	}
	for name, remedy := range map[string]string{
		"authorized_fetch": "did you mean AUTHORIZED_FETCH?", "OTP_SECRETS": "did you mean OTP_SECRET?",
		"REDIS_HOSTS": "did you mean REDIS_HOST?", "HTTP_PROXY": "did you mean http_proxy?",
		"MY_OTEL_ENDPOINT": "remove it, unless your image does",
	} {
		assert.Equal(t, []string{"environment." + name + ": Mastodon reads no such variable; " + remedy}, said(name))
	}
}
