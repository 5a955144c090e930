// Command monitoring writes a directory for a Prometheus that runs elsewhere: what to ask, when to tell whom, and what
// to show. It reads the outputs of a stack and nothing else.
//
//	monitoring -stack prod                      asks the pulumi command for them
//	monitoring -stack prod -outputs prod.json   reads a file, as `pulumi stack output --json` prints it
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
	"os/signal"
	"regexp"

	"github.com/vmstio/infrastructure/infra/outputs"
	"github.com/vmstio/infrastructure/monitoring/internal/directory"
	"github.com/vmstio/infrastructure/monitoring/internal/files"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "monitoring:", err)
		os.Exit(1)
	}
}

// stackName is what a stack may be called: letters, digits, dashes, dots and underscores (pulumi's sdk,
// go/common/tokens, ValidateStackName). It becomes a part of paths, labels and addresses.
var stackName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("monitoring", flag.ContinueOnError)
	flags.SetOutput(stderr)
	stack := flags.String("stack", "", "the `name` of the stack, as in Pulumi.<name>.yaml")
	from := flags.String("outputs", "", "a `file` with the outputs, instead of asking pulumi; - for the standard input")
	out := flags.String("out", "", "the `directory` to write (default monitoring-<stack>)")
	var options files.Options
	var email files.Email
	flags.StringVar(&options.Alertmanager, "alertmanager", "127.0.0.1:9093",
		"where Prometheus finds Alertmanager, `host:port`")
	flags.StringVar(&options.Blackbox, "blackbox", "127.0.0.1:9115",
		"where Prometheus finds blackbox exporter, `host:port`")
	flags.StringVar(&options.Inside, "inside", "",
		"the `address` of the Prometheus in the cluster, for what only the cluster knows")
	flags.StringVar(&options.Databases, "databases", "",
		"a `directory` with username, password and <database>.pem, for the metrics of the databases")
	flags.StringVar(&options.Webhook, "webhook", "", "a `file` with the address of the webhook that alerts go to")
	flags.StringVar(&options.Heartbeat, "heartbeat", "",
		"a `file` with the address of a service that notices when the heartbeat stops")
	flags.StringVar(&email.To, "email", "", "the `address` that alerts go to")
	flags.StringVar(&email.From, "from", "", "the `address` that mail comes from")
	flags.StringVar(&email.Smarthost, "smarthost", "", "the server that sends mail, `host:port`")
	flags.StringVar(&email.Username, "smtp-user", "", "the `name` to sign in with there")
	flags.StringVar(&email.PasswordFile, "smtp-password-file", "", "a `file` with the password to sign in with there")
	flags.IntVar(&options.Hurry, "hurry", 1, "divide intervals and delays by this `number`, to try the files out")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("reading the arguments: %w", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag: monitoring -h lists them", flags.Arg(0))
	}
	if !stackName.MatchString(*stack) {
		return fmt.Errorf("-stack is %q, expected the name of a stack, such as prod", *stack)
	}
	if options.Hurry < 1 {
		return fmt.Errorf("-hurry is %d, expected 1 or more", options.Hurry)
	}
	if (email.Username == "") != (email.PasswordFile == "") {
		return errors.New("-smtp-user and -smtp-password-file need each other")
	}
	if email != (files.Email{}) {
		options.Email = &email
	}
	if *out == "" {
		*out = "monitoring-" + *stack
	}
	text, err := read(ctx, *stack, *from)
	if err != nil {
		return err
	}
	contract, err := outputs.Decode(text)
	if err != nil {
		return fmt.Errorf("stack %s: %w", *stack, err)
	}
	made, err := files.Make(*stack, contract, table(contract.Signals(*stack), options.Inside != ""), options)
	if err != nil {
		return fmt.Errorf("making the files: %w", err)
	}
	if err := directory.Write(*out, made); err != nil {
		return fmt.Errorf("writing %s: %w", *out, err)
	}
	fmt.Fprintf(stdout, "%d files in %s; its README.md says how to run them.\n", len(made), *out)
	return nil
}

// read takes the outputs from a file, from the standard input, or from the pulumi command.
func read(ctx context.Context, stack, from string) ([]byte, error) {
	switch from {
	case "":
		var said bytes.Buffer
		command := exec.CommandContext(ctx, "pulumi", "stack", "output", "--json", "--stack", stack)
		command.Stderr = &said
		text, err := command.Output()
		if err != nil {
			return nil, fmt.Errorf("asking pulumi for the outputs of stack %s (-outputs reads a file instead): %w\n%s",
				stack, err, said.Bytes())
		}
		return text, nil
	case "-":
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return nil, fmt.Errorf("reading the outputs from the standard input: %w", err)
		}
		return text, nil
	default:
		text, err := os.ReadFile(from)
		if err != nil {
			return nil, fmt.Errorf("reading the outputs: %w", err)
		}
		return text, nil
	}
}
