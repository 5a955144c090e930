package workflows_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tools/workflows"
)

const makefile = `
DIR := out
VERB ?= up
RUN = go -C tools build -o x ./delivery && \
	./x

.PHONY: all
all: first $(DIR)/tool ## Destroy nothing, says the help.
	@$(RUN) deliver
	@$(MAKE) -s last

first: export STACK := $(STACK)
first:
	sandbox $(VERB)

$(DIR)/tool: go.mod
	go build -o $@

last:
	scripts/last.sh
`

func TestTheMakefile(t *testing.T) {
	t.Parallel()
	m := workflows.ParseMakefile(makefile)
	for _, target := range []string{"all", "first", "last"} {
		require.True(t, m.Has(target), target)
	}
	require.False(t, m.Has("DIR"))
	require.False(t, m.Has("deliver"))
	require.Equal(t, []string{"$(DIR)/tool", "all", "first", "go.mod", "last"}, m.Needs("all"))
	require.Equal(t, []string{
		"go build -o $@", "@go -C tools build -o x ./delivery &&  \t./x deliver", "@$(MAKE) -s last", "sandbox up",
		"scripts/last.sh",
	}, m.Commands("all"))
}

// However a recipe runs a program of the project, its source is read.
func TestEveryWayToRunAProgram(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "tools", "delivery", "below")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	text := "package below\n\nvar _ = \"destroy\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "below.go"), []byte(text), 0o600))
	for _, recipe := range []string{
		"go -C tools run ./delivery deliver",
		"@go -C tools build -o $(TOOLS)/delivery ./delivery && $(TOOLS)/delivery deliver",
		"cd tools && go run ./delivery -stack x",
		"cd tools && CGO_ENABLED=0 go build -trimpath -o x ./delivery/below",
		"go run ./tools/delivery",
		"go build -o bin/x ./tools/delivery/below",
	} {
		found, err := workflows.TakenDown(root, workflows.ParseMakefile("all:\n\t"+recipe+"\n"), "all")
		require.NoError(t, err)
		require.Len(t, found, 1, recipe)
	}
}

// What a workflow's target runs is read as well: the recipe, a script, a program.
func TestATargetThatTakesSomethingDown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ makefile, script, program, want string }{
		"nothing":           {makefile, "echo", `"pulumi cancel is for people"`, ""},
		"in a recipe":       {makefile + "\tpulumi destroy --yes\n", "echo", `""`, "make all: destroy"},
		"in a variable":     {strings.Replace(makefile, "up", "destroy", 1), "echo", `""`, "make all: destroy"},
		"in a script":       {makefile, "pulumi state  delete x", `""`, "scripts/last.sh: state  delete"},
		"in a program":      {makefile, "echo", `"destroy"`, "tools/delivery: destroy"},
		"a flag":            {makefile, "echo", `"--ignore-protect"`, "tools/delivery: --ignore-protect"},
		"a lock":            {makefile, "echo", `"cancel"`, "tools/delivery: cancel"},
		"by Automation API": {makefile, "echo", `stack.Destroy(nil)`, "tools/delivery: Destroy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for path, text := range map[string]string{
				"scripts/last.sh":               test.script,
				"tools/delivery/main.go":        "package main\n\nvar _ = " + test.program + "\n",
				"tools/delivery/below/below.go": "package below\n",
				"tools/delivery/other_test.go":  "package main\n\nvar _ = \"destroy\"\n",
			} {
				require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o700))
				require.NoError(t, os.WriteFile(filepath.Join(root, path), []byte(text), 0o600))
			}
			found, err := workflows.TakenDown(root, workflows.ParseMakefile(test.makefile), "all")
			require.NoError(t, err)
			if test.want == "" {
				require.Empty(t, found)
				return
			}
			require.Equal(t, []string{test.want}, found)
		})
	}
}
