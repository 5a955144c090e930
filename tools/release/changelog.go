package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"
)

const (
	changelog  = "CHANGELOG.md"
	unreleased = "## [Unreleased]"
	// states is where `make upgrade-state` writes what the stacks of a release leave behind.
	states = "sandbox/testdata/upgrade"
)

// heading begins the part of a version (keepachangelog.com/en/1.1.0).
var heading = regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+[^\]]*)\] - \d{4}-\d{2}-\d{2}$`)

// prepare gives what is unreleased a version and a date.
func (e environment) prepare() error {
	version, err := e.version()
	if err != nil {
		return err
	}
	path := filepath.Join(e.dir, changelog)
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the changelog: %w", err)
	}
	released, err := release(string(text), version, e.now.Format("2006-01-02"))
	if err != nil {
		return fmt.Errorf("releasing %s: %w", version, err)
	}
	return os.WriteFile(path, []byte(released), 0o644) //nolint:gosec // everybody may read it
}

// release is the changelog after the release of a version.
func release(text, version, date string) (string, error) {
	for _, past := range heading.FindAllStringSubmatch(text, -1) {
		if semver.Compare("v"+past[1], "v"+version) >= 0 {
			return "", fmt.Errorf("%s was released already: name a later version", past[1])
		}
	}
	part, err := section(text, unreleased)
	if err != nil {
		return "", err
	}
	if part == "" {
		return "", fmt.Errorf("nothing stands below %q: write what an admin will notice", unreleased)
	}
	return strings.Replace(text, unreleased+"\n", unreleased+"\n\n## ["+version+"] - "+date+"\n", 1), nil
}

// section is what stands below a heading, up to the next one of its level.
func section(text, heading string) (string, error) {
	_, after, found := strings.Cut("\n"+text, "\n"+heading+"\n")
	if !found {
		return "", fmt.Errorf("the changelog has no line %q", heading)
	}
	part, _, _ := strings.Cut("\n"+after, "\n## ")
	return strings.TrimSpace(part), nil
}

// notes prints what the changelog says of a version. A release that later programs are not tested on is none.
func (e environment) notes() error {
	version, err := e.version()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(e.dir, changelog))
	if err != nil {
		return fmt.Errorf("reading the changelog: %w", err)
	}
	for _, found := range heading.FindAllStringSubmatch(string(text), -1) {
		if found[1] != version {
			continue
		}
		part, err := section(string(text), found[0])
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(e.dir, states, version)); err != nil {
			return fmt.Errorf("what %s leaves behind is not in %s: `make release VERSION=%s` writes it, and it is "+
				"committed before the tag: %w", version, states, version, err)
		}
		fmt.Fprintln(e.out, part)
		return nil
	}
	return fmt.Errorf("the changelog says nothing of %s: `make release VERSION=%s` prepares it, before the tag",
		version, version)
}
