// Package proofs holds what takes too long for every run of the tests: what breaks and is mended, and how fast it is.
package proofs

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/sandbox/program"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

var (
	asked = flag.Bool("proof", false, "run what takes long")
	stack = flag.String("stack", "prod", "the stack: prod or staging")
	only  = flag.String("only", "", "parts of the names of what to prove, separated by commas (default all)")
)

func TestMain(m *testing.M) {
	runner.DropCredentials()
	os.Exit(m.Run())
}

// sandbox is how the stack is run, unless the tests run without what takes long.
func sandbox(t *testing.T, target string) runner.Options {
	t.Helper()
	if !*asked {
		t.Skipf("SKIPPED, since it takes long: make %s runs it", target)
	}
	root, err := runner.FindRoot(".")
	require.NoError(t, err)
	command, err := runner.FindPulumi(t.Context(), root)
	require.NoError(t, err)
	return runner.Options{
		Program: infra.DeployIn, Setup: program.Setup,
		Stack: *stack, ProjectDir: root, PulumiCommand: command, Quiet: true,
	}
}

// wanted tells whether something of this name is to be proved.
func wanted(name string) bool {
	for part := range strings.SplitSeq(*only, ",") {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
