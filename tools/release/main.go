// Command release takes the parts of a release that are not git's: its part of the changelog, the page at GitHub, and
// the question whether the commit that is to be delivered is still the newest.
//
//	release prepare        gives what is unreleased in CHANGELOG.md the version that TAG names, and today's date
//	release notes          prints what CHANGELOG.md says of that version
//	release publish FILE   makes the release of TAG at GitHub, with these notes, or edits it
//	release newest         says whether GITHUB_SHA is the newest commit of its branch
//
// All that comes from outside comes through the environment: TAG, and what GitHub sets for every step of a workflow.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("release: ")
	e := environment{get: os.Getenv, dir: ".", now: time.Now(), out: os.Stdout}
	if err := e.run(context.Background(), os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

// environment is where the command runs.
type environment struct {
	// get is a variable.
	get func(name string) string
	// dir is the project's directory.
	dir string
	now time.Time
	out io.Writer
}

func (e environment) run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "prepare":
		return e.prepare()
	case len(args) == 1 && args[0] == "notes":
		return e.notes()
	case len(args) == 2 && args[0] == "publish":
		return e.publish(ctx, args[1])
	case len(args) == 1 && args[0] == "newest":
		return e.newest(ctx)
	}
	return errors.New("usage: release prepare | notes | publish FILE | newest")
}

// versionTag is a tag of a release (semver.org, without what is built from).
var versionTag = regexp.MustCompile(`^v((0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?)$`)

// version is that of the tag.
func (e environment) version() (string, error) {
	tag := e.get("TAG")
	found := versionTag.FindStringSubmatch(tag)
	if found == nil {
		return "", fmt.Errorf("TAG is %q: name the release, such as v1.2.3", tag)
	}
	return found[1], nil
}
