// Command netlifysdk generates the Go SDK in sdks/netlify from the package schema that lies beside it.
//
// It replaces what an earlier run generated and leaves the other files of the directory alone.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/blang/semver"
	gen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

//go:generate go run . -sdk ../../sdks/netlify

func main() {
	log.SetFlags(0)
	log.SetPrefix("netlifysdk: ")

	dir := flag.String("sdk", "sdks/netlify", "directory of schema.json, and of the SDK that is generated from it")
	flag.Parse()

	files, err := generate(filepath.Join(*dir, "schema.json"))
	if err == nil {
		err = write(*dir, files)
	}

	if err != nil {
		log.Fatal(err)
	}
}

// generate returns the files of the SDK by slash-separated path relative to its directory.
func generate(path string) (map[string][]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}

	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, fmt.Errorf("reading the schema %s: %w", path, err)
	}

	pkg, diagnostics, err := schema.BindSpec(spec, noPackages{}, schema.ValidationOptions{})
	if err == nil && diagnostics.HasErrors() {
		err = diagnostics
	}

	if err != nil {
		return nil, fmt.Errorf("checking the schema %s: %w", path, err)
	}

	files, err := gen.GeneratePackage("netlifysdk", pkg, nil)
	if err != nil {
		return nil, fmt.Errorf("generating the SDK from %s: %w", path, err)
	}

	return files, nil
}

// noPackages refuses references to other packages, for which the generator would start those packages' plugins.
type noPackages struct{}

func (noPackages) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	return nil, fmt.Errorf("the schema refers to the package %q: describe here what it needs from there", name)
}

func (n noPackages) LoadPackageV2(_ context.Context, descriptor *schema.PackageDescriptor) (*schema.Package, error) {
	return n.LoadPackage(descriptor.PackageName(), nil)
}

// goMod is not written: the generated one names neither the Pulumi SDK of the program nor all that this needs, so that
// the module could not be built on its own.
const goMod = "go.mod"

// write puts the files into dir. The directories below dir hold nothing but generated files, so those are
// removed first.
func write(dir string, files map[string][]byte) error {
	for path := range files {
		if top, _, below := strings.Cut(path, "/"); below {
			if err := os.RemoveAll(filepath.Join(dir, top)); err != nil {
				return fmt.Errorf("removing the previous SDK: %w", err)
			}
		}
	}

	var errs []error

	for path, text := range files {
		if path == goMod {
			continue
		}

		path = filepath.Join(dir, filepath.FromSlash(path))
		//nolint:gosec // as readable as the rest of the source
		errs = append(errs, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644))
	}

	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("writing the SDK: %w", err)
	}

	return nil
}
