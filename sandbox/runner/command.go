package runner

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
)

// command is the Pulumi CLI as the Automation API uses it, in place of the API's own: it runs in an environment of our
// making instead of this process's, and on a terminal it lets Pulumi draw its tree.
type command struct {
	path        string
	version     semver.Version
	environment []string
	// started, if there is one, is told of every process that works on a stack.
	started func(*os.Process)
}

// patience is how long a command that was asked to stop may take to finish what it is doing and save its state.
const patience = 30 * time.Second

// Version is the version of the command.
func (c *command) Version() semver.Version { return c.version }

// Run executes the command. It returns what it wrote, unless it wrote to a terminal, and its exit code.
func (c *command) Run(
	ctx context.Context, dir string, stdin io.Reader, stdout, stderr []io.Writer, environment []string, args ...string,
) (string, string, int, error) {
	operation := isOperation(args)
	args = withOptions(args)
	terminal := terminalOf(stdout)
	if terminal == nil {
		args = append([]string{"--non-interactive"}, args...)
	}
	cmd := exec.CommandContext(ctx, c.path, args...)
	cmd.Dir = dir
	cmd.Env = slices.Concat(c.environment, environment, []string{"PULUMI_AUTOMATION_API=true"})
	cmd.Stdin = stdin
	cmd.WaitDelay = patience
	var out, complaints bytes.Buffer
	if terminal != nil {
		// Pulumi draws on the terminal and reads its keys. It has to be in the terminal's foreground process group for
		// that, so Ctrl-C reaches it without our help, and a second interrupt would make it stop at once.
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, terminal, os.Stderr
		cmd.Cancel = func() error { return nil }
	} else {
		// In a process group of its own, so that Ctrl-C reaches it once, through ctx.
		cmdutil.RegisterProcessGroup(cmd)
		cmd.Cancel = func() error { return cmdutil.Interrupt(cmd.Process.Pid) }
		cmd.Stdout = io.MultiWriter(append(slices.Clone(stdout), &out)...)
		cmd.Stderr = io.MultiWriter(append(slices.Clone(stderr), &complaints)...)
	}
	err := cmd.Start()
	if err == nil {
		if operation && c.started != nil {
			c.started(cmd.Process)
		}
		err = cmd.Wait()
	}
	code := 0
	if err != nil {
		code = -1
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	return out.String(), complaints.String(), code, err
}

// isOperation reports whether the arguments are those of an operation of the engine.
func isOperation(args []string) bool {
	return len(args) > 0 && slices.Contains([]string{"preview", "up", "refresh", "destroy", "import"}, args[0])
}

// withOptions adds to the arguments of an operation what the Automation API has no options for.
func withOptions(args []string) []string {
	if !isOperation(args) {
		return args
	}
	// Otherwise the engine wants the plugin of every provider in the state to be installed before a run, even though it
	// attaches to a running one (ensurePluginsAreInstalled in pkg/engine/plugins.go).
	options := []string{args[0], "--skip-plugin-pre-install"}
	if args[0] == "destroy" {
		// Otherwise one protected resource fails a whole destroy.
		options = append(options, "--exclude-protected")
	}
	for _, arg := range args[1:] {
		// gRPC asks the network's DNS about a name, even this one.
		options = append(options, strings.Replace(arg, "tcp://localhost:", "tcp://127.0.0.1:", 1))
	}
	return options
}

// terminalOf returns the terminal that Pulumi can draw its tree on, or nil.
func terminalOf(writers []io.Writer) *os.File {
	if len(writers) != 1 || !isTerminal(writers[0]) || !isTerminal(os.Stdin) {
		return nil
	}
	return writers[0].(*os.File)
}

// brief takes from an error of the Automation API what the command complained about. Such errors quote the command's
// whole output.
func brief(err error) error {
	_, complaint, found := strings.Cut(err.Error(), "\nstderr: ")
	if !found {
		return err
	}
	var lines []string
	for line := range strings.Lines(complaint) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, strings.TrimPrefix(line, "error: "))
		}
	}
	if len(lines) == 0 {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return errors.New(first)
	}
	return errors.New(strings.Join(lines, "; "))
}
