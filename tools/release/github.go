package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

// mostBytes is more than any answer has.
const mostBytes = 4 << 20

// publish makes the release of a tag, or edits it: a workflow that is run again does not fail.
func (e environment) publish(ctx context.Context, file string) error {
	version, err := e.version()
	if err != nil {
		return err
	}
	notes, err := os.ReadFile(file) //nolint:gosec // the caller's own file
	if err != nil {
		return fmt.Errorf("reading the notes: %w", err)
	}
	tag := "v" + version
	var known struct {
		ID int64 `json:"id"`
	}
	status, err := e.ask(ctx, http.MethodGet, "/releases/tags/"+url.PathEscape(tag), nil, &known)
	method, path := http.MethodPatch, fmt.Sprintf("/releases/%d", known.ID)
	if status == http.StatusNotFound {
		method, path, err = http.MethodPost, "/releases", nil
	}
	if err != nil {
		return fmt.Errorf("looking for the release %s: %w", tag, err)
	}
	var made struct {
		URL string `json:"html_url"`
	}
	_, err = e.ask(ctx, method, path, map[string]any{
		"tag_name": tag, "name": tag, "body": string(notes), "prerelease": versionTag.FindStringSubmatch(tag)[5] != "",
	}, &made)
	if err != nil {
		return fmt.Errorf("publishing %s: %w", tag, err)
	}
	fmt.Fprintln(e.out, made.URL)
	return nil
}

// newest says whether the commit of this run is the newest of its branch. A tag is nobody's rival. With
// NEWEST=required, an older one is an error.
func (e environment) newest(ctx context.Context) error {
	commit, newest := e.get("GITHUB_SHA"), "true"
	if commit == "" {
		return errors.New("GITHUB_SHA is missing: this runs in a workflow of GitHub")
	}
	if e.get("GITHUB_REF_TYPE") == "branch" {
		var head struct {
			SHA string `json:"sha"`
		}
		branch := e.get("GITHUB_REF_NAME")
		if _, err := e.ask(ctx, http.MethodGet, "/commits/"+url.PathEscape(branch), nil, &head); err != nil {
			return fmt.Errorf("asking for the newest commit of %s: %w", branch, err)
		}
		if head.SHA != commit {
			newest = "false"
			fmt.Fprintf(e.out, "%s is the newest commit of %s: its run delivers this one's, too\n", head.SHA, branch)
		}
	}
	if newest == "false" && e.get("NEWEST") == "required" {
		return fmt.Errorf("%s has been overtaken: approve the run of the newest commit", commit)
	}
	return e.output("newest=" + newest)
}

// output tells later steps of the workflow, which read the file that GITHUB_OUTPUT names, and whoever looks on.
func (e environment) output(line string) error {
	fmt.Fprintln(e.out, line)
	path := e.get("GITHUB_OUTPUT")
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the step's outputs: %w", err)
	}
	_, err = fmt.Fprintln(file, line)
	return errors.Join(err, file.Close())
}

// ask sends a request about the repository to GitHub (docs.github.com/en/rest) and reads the answer into a value. It
// returns the status, if there was an answer.
func (e environment) ask(ctx context.Context, method, path string, body, answer any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var text bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			return 0, err
		}
	}
	api := e.get("GITHUB_API_URL")
	if api == "" {
		api = "https://api.github.com"
	}
	request, err := http.NewRequestWithContext(ctx, method, api+"/repos/"+e.get("GITHUB_REPOSITORY")+path, &text)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Accept", "application/vnd.github+json")
	if token := e.get("GITHUB_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close() //nolint:errcheck // what is read is read
	read, err := io.ReadAll(io.LimitReader(response.Body, mostBytes))
	if err != nil {
		return response.StatusCode, err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return response.StatusCode, fmt.Errorf("%s %s: GitHub answered %s", method, path, response.Status)
	}
	return response.StatusCode, json.Unmarshal(read, answer)
}
