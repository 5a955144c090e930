package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// credentials are variables of the environment that stand in for secrets of the stack's file while a command runs, so
// that one workflow can look with a token that can only look, and another do with one that it shares with nobody.
func credentials(environment func(string) string) map[string]string {
	given := map[string]string{}
	for secret, name := range map[string]string{
		"digitalOceanToken": "DIGITALOCEAN_TOKEN", "spacesAccessId": "SPACES_ACCESS_KEY_ID",
		"spacesSecretKey": "SPACES_SECRET_ACCESS_KEY",
	} {
		if value := environment(name); value != "" {
			given[secret] = value
		}
	}
	return given
}

// project makes a project beside this one that runs a program which was built before, with the credentials of this run
// in a copy of the stack's file, and returns its directory; "" where this one will do. Pulumi's language host runs what
// the option "binary" names.
func (c *command) project(ctx context.Context) (string, error) {
	if c.program == "" && len(c.credentials) == 0 {
		return "", nil
	}
	if c.program == "" {
		return "", fmt.Errorf("DIGITALOCEAN_TOKEN or a Spaces key in the environment stands in for that of the "+
			"stack's file only with a program that is built: `make program`, and PROGRAM=bin/program for stack %s",
			c.stack)
	}
	text, err := os.ReadFile(filepath.Join(c.dir, "Pulumi.yaml"))
	if err != nil {
		return "", fmt.Errorf("reading the project: %w", err)
	}
	var project map[string]any
	if err := yaml.Unmarshal(text, &project); err != nil {
		return "", fmt.Errorf("reading Pulumi.yaml: %w", err)
	}
	project["runtime"] = map[string]any{"name": "go", "options": map[string]any{"binary": c.program}}
	if text, err = yaml.Marshal(project); err != nil {
		return "", fmt.Errorf("writing the project of a built program: %w", err)
	}
	stackFile := "Pulumi." + c.short() + ".yaml"
	stack, err := os.ReadFile(filepath.Join(c.dir, stackFile))
	if err != nil {
		return "", fmt.Errorf("reading the settings of stack %s: %w", c.stack, err)
	}
	dir := c.file("project")
	if err := errors.Join(
		os.MkdirAll(dir, 0o700),
		os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), text, 0o600),
		os.WriteFile(filepath.Join(dir, stackFile), stack, 0o600), //nolint:gosec // short has no directory in it
	); err != nil {
		return "", fmt.Errorf("writing the project of a built program: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(c.credentials)) {
		if err := c.set(ctx, dir, name, c.credentials[name]); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// set puts a credential into the copy of the stack's file, encrypted as the stack's secrets are. It is in no argument
// and in no error.
func (c *command) set(ctx context.Context, dir, name, value string) error {
	const secrets = settings.Namespace + ":" + settings.SecretsKey + "."
	cmd := exec.CommandContext(ctx, "pulumi", "config", "set", "--secret", "--raw", "--path", secrets+name,
		"--stack", c.stack, "--non-interactive")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(value)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("setting %s%s for this run: %w\n%s", secrets, name, err,
			strings.ReplaceAll(said.String(), value, "[secret]"))
	}
	return nil
}
