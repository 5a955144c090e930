// Command delivery is what the workflows run of this project's own: it says what a change does before it is done, does
// what was approved and nothing else, and tells when an environment is not as it should be.
//
//	pr-comment   brings the commit BASE up in the simulated cloud, previews HEAD on what is there, and writes for each
//	             stack what would change. Needs no secret.
//	post-comment creates or edits the one comment of a pull request
//	plan         previews a stack for real; writes its list of operations, to be approved, and a report
//	deliver      previews again, stops if that is not what was approved, and brings the stack up
//	health       asks the endpoints in the stack's outputs until all of them answer
//	drift        previews with a refresh, and keeps one issue for as long as the stack is not as the program says
//	outdated     reads what `make outdated` says, and keeps one issue for as long as something is behind
//
// Everything is kept in .delivery of the project: <stack>.plan, <stack>.md, comment.md. The exit status is 1 if
// something is wrong, and 2 if the command is not used rightly.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

const usage = "usage: delivery [flags] pr-comment|post-comment|plan|deliver|health|drift|outdated"

func main() { os.Exit(interruptible()) }

func interruptible() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// command is what is asked for.
type command struct {
	// dir is that of Pulumi.yaml and the stack files.
	dir string
	// stack is its name, with the organisation or without.
	stack string
	// base and head are the commits that a pull request is between.
	base, head string
	// pack is the policy pack that a plan has to pass; empty for none.
	pack string
	// program is one that was built before; empty lets the language host build it.
	program string
	// credentials stand in for secrets of the stack's file, by their names there.
	credentials map[string]string
	// made is the project that was made for program and credentials, once for all that a run does.
	made string
	// sandbox is the simulated cloud's program, in the place of Pulumi; empty for the real cloud.
	sandbox string
	// patience is how long endpoints may take to answer.
	patience time.Duration
	forge    forge
	in       io.Reader
	out, err io.Writer
}

// file is the path of something that is kept for a later step.
func (c *command) file(name string) string { return filepath.Join(c.dir, ".delivery", name) }

// run returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, problems io.Writer) int {
	c := &command{in: in, out: out, err: problems, forge: forgeOf(os.Getenv), credentials: credentials(os.Getenv)}
	flags := flag.NewFlagSet("delivery", flag.ContinueOnError)
	flags.SetOutput(problems)
	flags.StringVar(&c.dir, "dir", ".", "directory of Pulumi.yaml and the stack files")
	flags.StringVar(&c.stack, "stack", "", "name of the stack")
	flags.StringVar(&c.base, "base", "", "commit that a pull request begins at")
	flags.StringVar(&c.head, "head", "", "commit that it ends at")
	flags.StringVar(&c.pack, "policy-pack", "", "policy pack that a plan has to pass")
	flags.StringVar(&c.program, "program", "", "the program, if it was built before")
	flags.StringVar(&c.sandbox, "sandbox", "", "program of the simulated cloud, in the place of Pulumi")
	flags.DurationVar(&c.patience, "patience", 5*time.Minute, "how long endpoints may take to answer")
	flags.Usage = func() {
		fmt.Fprintln(problems, usage)
		flags.PrintDefaults()
	}
	if flags.Parse(args) != nil {
		return 2
	}
	verbs := map[string]func(context.Context) error{
		"pr-comment": c.prComment, "post-comment": c.postComment, "plan": c.plan, "deliver": c.deliver,
		"health": c.health, "drift": c.findDrift, "outdated": c.reportOutdated,
	}
	verb, known := verbs[flags.Arg(0)]
	if flags.NArg() != 1 || !known {
		fmt.Fprintln(problems, usage)
		return 2
	}
	if c.stack == "" && slices.Contains([]string{"plan", "deliver", "health", "drift"}, flags.Arg(0)) {
		fmt.Fprintln(problems, "delivery: no stack is named: name one with STACK=<name>")
		return 2
	}
	if flags.Arg(0) == "pr-comment" && (c.base == "" || c.head == "") {
		fmt.Fprintln(problems, "delivery: name the commits with BASE=<commit> HEAD=<commit>")
		return 2
	}
	// Programs run in other directories than this one.
	for _, path := range []*string{&c.dir, &c.pack, &c.program, &c.sandbox} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			fmt.Fprintf(problems, "delivery: finding %s: %v\n", *path, err)
			return 1
		}
		*path = absolute
	}
	if err := os.MkdirAll(c.file("."), 0o750); err != nil {
		fmt.Fprintln(problems, "delivery: making the directory of what is kept:", err)
		return 1
	}
	if err := verb(ctx); err != nil {
		fmt.Fprintln(problems, "delivery:", err)
		return 1
	}
	return 0
}
