package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// passedOn are the variables of this process that the pulumi command gets. All others stay behind, and with them every
// credential and every Pulumi setting of the person who runs the sandbox.
var passedOn = []string{"PATH", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "COLORTERM", "NO_COLOR", "TZ"}

// credentials are prefixes of the variables from which the providers' SDKs and the Kubernetes client would take a
// person's credentials or endpoints.
var credentials = []string{"DIGITALOCEAN_", "SPACES_", "AWS_", "NETLIFY_", "KUBE", "PULUMI_"}

// DropCredentials removes the variables from this process's environment that hold a person's credentials. The program
// runs in this process, and the providers' SDKs fall back on such variables, so whoever runs a program calls it first.
func DropCredentials() {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		for _, prefix := range credentials {
			if strings.HasPrefix(name, prefix) {
				os.Unsetenv(name) //nolint:errcheck // it fails for names that cannot be set either
			}
		}
	}
}

// baseEnvironment is what the command gets of this process's environment.
func baseEnvironment() []string {
	var environment []string
	for _, name := range passedOn {
		if value, ok := os.LookupEnv(name); ok {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

// homeOf is where the pulumi command has its own files, in a state directory.
func homeOf(stateDir string) string { return filepath.Join(stateDir, "home") }

// leaveOutLog puts a file where the command would make a directory for its log. It keeps one of every value that it
// sends to a provider, or to a policy pack, compressed and encrypted (pkg/v3/logging, StartLogging; no variable turns
// it off): of a preview of production 7 MB, and two fifths of its time. What it cannot write, it goes without.
func leaveOutLog(stateDir string) error {
	path := filepath.Join(homeOf(stateDir), "logs")
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		return nil
	}
	err := errors.Join(os.RemoveAll(path), os.MkdirAll(homeOf(stateDir), 0o700))
	if err == nil {
		err = os.WriteFile(path, []byte("Here the Pulumi CLI would keep a log.\n"), 0o600)
	}
	if err != nil {
		return fmt.Errorf("leaving out the log of the Pulumi CLI: %w", err)
	}
	return nil
}

// pulumiEnvironment is the environment of the pulumi command for a state directory. attach is the value of
// PULUMI_DEBUG_PROVIDERS.
func pulumiEnvironment(stateDir, attach string) []string {
	home := homeOf(stateDir)
	return append(baseEnvironment(),
		"HOME="+home,
		"PULUMI_HOME="+home,
		// Without the files of attributes beside the states: a CLI that is killed while it writes one can read neither
		// (gocloud.dev/blob/fileblob, Options.Metadata).
		"PULUMI_BACKEND_URL=file://"+filepath.ToSlash(filepath.Join(stateDir, "state"))+"?metadata=skip",
		"PULUMI_CONFIG_PASSPHRASE="+passphrase,
		"PULUMI_DEBUG_PROVIDERS="+attach,
		// Nothing of the engine reaches for the network...
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"PULUMI_DISABLE_REGISTRY_RESOLVE=true",
		"PULUMI_SUPPRESS_NEO_LINK=true",
		// ... and if a later version finds a new reason to, it gets no further than a closed port.
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1,localhost,::1",
	)
}
