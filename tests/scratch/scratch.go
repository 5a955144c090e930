// Package scratch makes copies of the project to try something in: a mistake, another stack file.
package scratch

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
)

// Copy copies the files that git knows or would take into dir. None is left out: the tests follow links to all of them.
func Copy(ctx context.Context, dir string) error {
	command := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	out, err := command.Output()
	if err != nil {
		return fmt.Errorf("listing the files: %w", err)
	}
	for file := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if err := copyFile(file, filepath.Join(dir, file)); err != nil {
			return fmt.Errorf("copying %s: %w", file, err)
		}
	}
	return nil
}

// copyFile copies a file that may have been deleted since git learned of it.
func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, text, info.Mode().Perm())
}

// Run runs a command in the copy and returns what it printed.
func Run(ctx context.Context, dir, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	return string(out), err
}

// Main runs a command that tries things in a directory of its own: those whose names match the flag -run. It ends the
// process with 1 if run fails.
func Main(command string, run func(ctx context.Context, dir string, wanted *regexp.Regexp) error) {
	only := flag.String("run", "", "only those whose names match")
	flag.Parse()
	if err := inDirectory(command, *only, run); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", command, err)
		os.Exit(1)
	}
}

func inDirectory(command, only string, run func(context.Context, string, *regexp.Regexp) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	wanted, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	dir, err := os.MkdirTemp("", command+"-")
	if err != nil {
		return fmt.Errorf("making a scratch copy: %w", err)
	}
	defer os.RemoveAll(dir)
	return run(ctx, dir, wanted)
}
