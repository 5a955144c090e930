package pictures

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the pictures again (make generate)")

var (
	repository = filepath.Join("..", "..")
	directory  = filepath.Join(repository, "docs", "public", "pictures")
)

func golden(t *testing.T, stack string) Program {
	t.Helper()
	program, err := Read(filepath.Join(repository, "tests", "stacks", "testdata", stack+".golden.yaml"))
	require.NoError(t, err)
	return program
}

func TestPicturesAreCurrent(t *testing.T) {
	for _, p := range []Picture{Request(golden(t, "prod"), "prod"), Layout(golden(t, "prod"), "prod"), Layout(golden(t, "staging"), "staging")} {
		svg, err := p.SVG(t.Context())
		require.NoError(t, err)
		path := filepath.Join(directory, p.Name+".svg")
		if *update {
			require.NoError(t, os.WriteFile(path, svg, 0o644))
			continue
		}
		have, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(have), string(svg), "%s is not current: run make generate", path)
	}
}
