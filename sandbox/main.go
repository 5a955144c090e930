// Command sandbox runs the program through the real Pulumi engine in a simulated cloud. README.md says what it
// simulates, and `go run . --help` what it can do.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/sandbox/cmd"
	"github.com/vmstio/infrastructure/sandbox/program"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cmd.Execute(ctx, cmd.New(runner.Options{Program: infra.DeployIn, Setup: program.Setup}))
}
