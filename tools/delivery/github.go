package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-github/v84/github"
)

// forge is where the project's pull requests and issues are, as its runners say (docs.github.com, "Default environment
// variables").
type forge struct {
	// api is the address of its API.
	api string
	// repository is "owner/name".
	repository string
	token      string
	// run is the page of the run that this is a part of; empty on a person's machine.
	run string
	// summary is a file that is shown on that page.
	summary string
	// output is a file whose lines "name=value" the run's later steps can read.
	output string
	// headSHA is the commit that a foreign run says it was for.
	headSHA string
}

func forgeOf(environment func(string) string) forge {
	f := forge{
		api: environment("GITHUB_API_URL"), repository: environment("GITHUB_REPOSITORY"),
		token: environment("GITHUB_TOKEN"), summary: environment("GITHUB_STEP_SUMMARY"),
		output:  environment("GITHUB_OUTPUT"),
		headSHA: environment("HEAD_SHA"),
	}
	if id := environment("GITHUB_RUN_ID"); id != "" {
		f.run = fmt.Sprintf("%s/%s/actions/runs/%s", environment("GITHUB_SERVER_URL"), f.repository, id)
	}
	return f
}

// repository is a repository of the forge, with who may write to it.
type repository struct {
	client      *github.Client
	owner, name string
}

func (f forge) open() (*repository, error) {
	owner, name, ok := strings.Cut(f.repository, "/")
	var missing []error
	if !ok {
		missing = append(missing, fmt.Errorf("GITHUB_REPOSITORY = %q: say owner/name", f.repository))
	}
	if f.token == "" {
		missing = append(missing, errors.New("GITHUB_TOKEN is not set: it is what writes comments and issues"))
	}
	if len(missing) > 0 {
		return nil, errors.Join(missing...)
	}
	client := github.NewClient(nil).WithAuthToken(f.token)
	if f.api != "" && f.api != "https://api.github.com" {
		var err error
		if client, err = client.WithEnterpriseURLs(f.api, f.api); err != nil {
			return nil, fmt.Errorf("GITHUB_API_URL = %q: %w", f.api, err)
		}
	}
	return &repository{client: client, owner: owner, name: name}, nil
}

// digits is the number of a pull request.
var digits = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)

// postComment creates or edits the one comment of a pull request. Number and text come from a run of foreign code, so
// that neither is believed: the pull request must be of the commit that the forge itself says the run was for, and only
// a comment of this command is edited.
func (c *command) postComment(ctx context.Context) error {
	text, err := os.ReadFile(c.file("comment.md"))
	if err != nil {
		return fmt.Errorf("reading the comment: %w", err)
	}
	said, err := os.ReadFile(c.file("number"))
	if err != nil {
		return fmt.Errorf("reading the pull request's number: %w", err)
	}
	switch {
	case !strings.HasPrefix(string(text), marker):
		return errors.New("the comment is not one that pr-comment writes: nothing was posted")
	case len(text) > longest:
		return fmt.Errorf("the comment has %d characters, and %d is the most: nothing was posted", len(text), longest)
	case !digits.MatchString(strings.TrimSpace(string(said))):
		return fmt.Errorf("%.20q is not the number of a pull request: nothing was posted", said)
	case c.forge.headSHA == "":
		return errors.New("HEAD_SHA is not set: it is the commit that the run was for, as the forge says")
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(said)))
	if err != nil {
		return fmt.Errorf("reading the pull request's number: %w", err)
	}
	r, err := c.forge.open()
	if err != nil {
		return err
	}
	pull, _, err := r.client.PullRequests.Get(ctx, r.owner, r.name, number)
	if err != nil {
		return fmt.Errorf("looking at pull request %d: %w", number, err)
	}
	if head := pull.GetHead().GetSHA(); head != c.forge.headSHA {
		// Somebody has pushed in the meantime, and that has a run of its own; or the number is a lie.
		fmt.Fprintf(c.out, "pull request %d is not at %s any more: nothing was posted\n", number, c.forge.headSHA)
		return nil
	}
	comment := &github.IssueComment{Body: github.Ptr(string(text))}
	for old, err := range r.client.Issues.ListCommentsIter(ctx, r.owner, r.name, number, nil) {
		if err != nil {
			return fmt.Errorf("reading the comments of pull request %d: %w", number, err)
		}
		if ours(old.GetUser(), old.GetBody(), marker) {
			if _, _, err := r.client.Issues.EditComment(ctx, r.owner, r.name, old.GetID(), comment); err != nil {
				return fmt.Errorf("editing the comment on pull request %d: %w", number, err)
			}
			return nil
		}
	}
	if _, _, err := r.client.Issues.CreateComment(ctx, r.owner, r.name, number, comment); err != nil {
		return fmt.Errorf("commenting on pull request %d: %w", number, err)
	}
	return nil
}

// ours reports whether a text of the forge was written by this command: anybody can write the marker, but only as
// themselves.
func ours(user *github.User, body, marker string) bool {
	return user.GetType() == "Bot" && strings.Contains(body, marker)
}

// keepIssue keeps one issue for as long as there is something to say: it is opened, edited, and closed when the text is
// empty. The marker tells it from all others.
func (r *repository) keepIssue(ctx context.Context, marker, title, text string) error {
	var open *github.Issue
	options := &github.IssueListByRepoOptions{State: "open"}
	for issue, err := range r.client.Issues.ListByRepoIter(ctx, r.owner, r.name, options) {
		if err != nil {
			return fmt.Errorf("reading the issues: %w", err)
		}
		if !issue.IsPullRequest() && ours(issue.GetUser(), issue.GetBody(), marker) {
			open = issue
			break
		}
	}
	said := &github.IssueRequest{Title: github.Ptr(title), Body: github.Ptr(clip(marker+"\n"+text, longest))}
	var err error
	switch {
	case text == "" && open == nil:
	case text == "":
		_, _, err = r.client.Issues.CreateComment(ctx, r.owner, r.name, open.GetNumber(),
			&github.IssueComment{Body: github.Ptr("It is as it should be again.")})
		if err == nil {
			_, _, err = r.client.Issues.Edit(ctx, r.owner, r.name, open.GetNumber(),
				&github.IssueRequest{State: github.Ptr("closed"), StateReason: github.Ptr("completed")})
		}
	case open == nil:
		_, _, err = r.client.Issues.Create(ctx, r.owner, r.name, said)
	default:
		_, _, err = r.client.Issues.Edit(ctx, r.owner, r.name, open.GetNumber(), said)
	}
	if err != nil {
		return fmt.Errorf("keeping the issue %q: %w", title, err)
	}
	return nil
}
