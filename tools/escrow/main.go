// Command escrow keeps the keys without which a backup is worthless where they outlive the account and Pulumi's state:
// in a file that is encrypted for the recipients in the settings, with age.
//
//	write  writes the file: Mastodon's six keys, that of the backups, the names of the Spaces keys, and a fingerprint
//	       of the stack's passphrase
//	check  proves that a file opens, and that it fits the running stack
//	adopt  puts the keys of a file into the configuration of a new stack, as secrets
//
// It runs Pulumi itself and not behind a pipe: what it then reads was opened with the passphrase that it takes the
// fingerprint of. A secret stands in memory and in pipes; none is in an argument, on the disk, or in what is printed.
//
// The exit status is 1 if something is wrong, and 2 if the command is not used rightly.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

const usage = "usage: escrow -stack STACK [-dir DIRECTORY] [-file FILE] [-identity IDENTITY] write|check|adopt"

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

// command is what a person asks for.
type command struct {
	// dir is that of Pulumi.yaml and the stack files.
	dir string
	// stack is its name, with the organisation or without.
	stack string
	// file is the encrypted one, and identity is one with a private key that opens it.
	file, identity string
	out            io.Writer
}

// run returns the exit status.
func run(ctx context.Context, args []string, out, problems io.Writer) int {
	c := command{out: out}
	flags := flag.NewFlagSet("escrow", flag.ContinueOnError)
	flags.SetOutput(problems)
	flags.StringVar(&c.dir, "dir", ".", "directory of Pulumi.yaml and the stack files")
	flags.StringVar(&c.stack, "stack", "", "name of the stack")
	flags.StringVar(&c.file, "file", "", "the encrypted file; without it, write takes escrow-<stack>-<date>.age")
	flags.StringVar(&c.identity, "identity", "", "file with a private key of age or SSH that opens it")
	flags.Usage = func() {
		fmt.Fprintln(problems, usage)
		flags.PrintDefaults()
	}
	if flags.Parse(args) != nil {
		return 2
	}
	verb := flags.Arg(0)
	opens := verb == "check" || verb == "adopt"
	switch {
	case flags.NArg() != 1 || verb != "write" && !opens:
		fmt.Fprintln(problems, usage)
		return 2
	case c.stack == "":
		fmt.Fprintln(problems, "escrow: no stack is named: name one with STACK=<name>")
		return 2
	case opens && (c.file == "" || c.identity == ""):
		fmt.Fprintln(problems, "escrow: name the encrypted file with FILE=<path>, and one with a private key that "+
			"opens it with IDENTITY=<path>")
		return 2
	}
	fits, err := true, error(nil)
	switch verb {
	case "write":
		err = c.write(ctx)
	case "check":
		fits, err = c.check(ctx)
	case "adopt":
		err = c.adopt(ctx)
	}
	if err != nil {
		fmt.Fprintln(problems, "escrow:", err)
	}
	if err != nil || !fits {
		return 1
	}
	return 0
}

// pulumi runs the CLI on the stack, and returns what it prints. The input is secret, and is not in the error.
func (c command) pulumi(ctx context.Context, input string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "pulumi", append(args, "--stack", c.stack, "--non-interactive")...)
	cmd.Dir = c.dir
	cmd.Stdin = strings.NewReader(input)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		said := strings.TrimSpace(problems.String())
		if input != "" {
			said = strings.ReplaceAll(said, input, "[secret]")
		}
		return nil, fmt.Errorf("running `pulumi %s` for the stack %s: %w\n%s",
			strings.Join(args, " "), c.stack, err, said)
	}
	return out, nil
}

// stackFile is what the stack's file says that needs no passphrase.
type stackFile struct {
	name   string
	domain string
	escrow settings.Escrow
	// secrets are those that stand in the file, encrypted, as mappings of mappings.
	secrets map[string]any
}

func (c command) stackFile() (stackFile, error) {
	name := "Pulumi." + c.stack[strings.LastIndex(c.stack, "/")+1:] + ".yaml"
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		return stackFile{}, fmt.Errorf("reading the stack's file: %w", err)
	}
	var file struct {
		Config map[string]yaml.Node `yaml:"config"`
	}
	var clear struct {
		Domain string          `yaml:"domain"`
		Escrow settings.Escrow `yaml:"escrow"`
	}
	settingsNode, secretsNode := yaml.Node{}, yaml.Node{}
	if err = yaml.Unmarshal(text, &file); err == nil {
		settingsNode = file.Config[settings.Namespace+":"+settings.SettingsKey]
		secretsNode = file.Config[settings.Namespace+":"+settings.SecretsKey]
		err = settingsNode.Decode(&clear)
	}
	if err == nil && clear.Domain == "" {
		err = errors.New("vmst:settings.domain is missing: set it")
	}
	if err != nil {
		return stackFile{}, fmt.Errorf("reading the stack's file %s: %w", name, err)
	}
	s := stackFile{name: name, domain: clear.Domain, escrow: clear.Escrow}
	var unknown error
	if !secretsNode.IsZero() {
		unknown = secretsNode.Decode(&s.secrets)
	}
	// Without --path, Pulumi encrypts all of it as one.
	if _, whole := s.secrets["secure"]; whole || unknown != nil {
		return stackFile{}, fmt.Errorf("reading the stack's file %s: vmst:secrets is not a mapping; set its keys "+
			"one by one, with `pulumi config set --secret --path`", name)
	}
	return s, nil
}
