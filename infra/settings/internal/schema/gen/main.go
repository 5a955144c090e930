// Command gen writes infra/settings/stack.schema.json. It takes the root of the project as its only argument.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vmstio/infrastructure/infra/settings/internal/schema"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: gen <root of the project>, not %d arguments", len(args))
	}
	text, err := schema.Generate(args[0])
	if err != nil {
		return err
	}
	//nolint:gosec // a schema is there to be read by everyone
	if err := os.WriteFile(filepath.Join(args[0], schema.Path), text, 0o644); err != nil {
		return fmt.Errorf("writing the schema: %w", err)
	}
	return nil
}
