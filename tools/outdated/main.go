// Command outdated says what of the project is behind: Mastodon, the Helm charts, the container images, the Go modules
// and Kubernetes.
//
// It reads the stack files, Pulumi.<stack>.yaml, and the go.mod files that it is given, and asks those who publish what
// they name. It prints one line for each finding: first errors, which need somebody now, such as a security release;
// then notes, what is newer or soon ends; then what could not be asked, and why. Nothing is changed.
//
// The exit status is 1 if there is an error, or a file cannot be read; 2 if there is none and something could not be
// asked; 0 if everything was.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/vmstio/infrastructure/infra/settings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("outdated: ")
	dir := flag.String("dir", "..", "directory of the stack files, which the paths of the go.mod files are relative to")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: outdated [-dir directory] go.mod...")
		flag.PrintDefaults()
	}
	flag.Parse()
	status, err := internet().run(context.Background(), *dir, flag.Args(), os.Stdout)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(status)
}

// sources are whom the checks ask, and what they compare the answers with.
type sources struct {
	// github and endOfLife are the addresses of the two APIs.
	github, endOfLife string
	// token is one of GitHub's, or empty.
	token string
	// transport carries every request but those of the go command.
	transport http.RoundTripper
	// timeout is how long each answer may take.
	timeout time.Duration
	// goEnvironment are variables of the go command, beside those of this process.
	goEnvironment []string
	// safe is the table of Mastodon's releases that previews warn by.
	safe []settings.SafeRelease
	// now is the time.
	now time.Time
}

// internet are the real ones.
func internet() sources {
	return sources{
		github:    "https://api.github.com",
		endOfLife: "https://endoflife.date",
		token:     os.Getenv("GITHUB_TOKEN"),
		transport: http.DefaultTransport,
		timeout:   20 * time.Second,
		safe:      settings.SafeReleases(),
		now:       time.Now(),
	}
}

// run checks the stack files of a directory and these go.mod files, prints what it finds, and returns the exit status.
func (s sources) run(ctx context.Context, dir string, goMods []string, out io.Writer) (int, error) {
	stacks, err := readStacks(dir)
	if err != nil {
		return 0, err
	}
	modules, err := readModules(dir, goMods)
	if err != nil {
		return 0, err
	}
	r := newReport()
	var checks sync.WaitGroup
	checks.Go(func() { s.mastodon(ctx, r, stacks) })
	checks.Go(func() { s.charts(ctx, r, stacks) })
	checks.Go(func() { s.images(ctx, r, stacks) })
	checks.Go(func() { s.modules(ctx, r, modules) })
	checks.Go(func() { s.kubernetes(ctx, r, stacks) })
	checks.Wait()
	return r.print(out), nil
}
