package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A mutant whose line went elsewhere would be found only when all of them run, which is rarely.
func TestEveryMutantApplies(t *testing.T) {
	t.Parallel()
	mutants, err := read()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(mutants), 50)
	names := map[string]bool{}
	for _, m := range mutants {
		assert.False(t, names[m.Name], "%s stands twice", m.Name)
		names[m.Name] = true
		text, err := os.ReadFile(filepath.Join("..", "..", m.File))
		require.NoError(t, err)
		changed, err := m.apply(string(text))
		assert.NoError(t, err)
		assert.NotEqual(t, string(text), changed, m.Name)
	}
}
