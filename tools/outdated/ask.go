package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// mostBytes is more than any answer has: the largest, the index of a repository of charts, has some MiB.
const mostBytes = 64 << 20

// answerError is an answer that says nothing about what was asked.
type answerError struct {
	text string
	// status is that of HTTP, 0 if what came with it is the matter.
	status int
}

func (e *answerError) Error() string { return e.text }

// get returns the body of an answer.
func (s sources) get(ctx context.Context, address string, header http.Header) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header = header
	client := http.Client{Transport: s.transport, Timeout: s.timeout}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // what is read is read
	if response.StatusCode != http.StatusOK {
		return nil, answered(response.StatusCode)
	}
	return io.ReadAll(io.LimitReader(response.Body, mostBytes))
}

// getJSON reads an answer into a value.
func (s sources) getJSON(ctx context.Context, address string, header http.Header, value any) error {
	text, err := s.get(ctx, address, header)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, value); err != nil {
		return unreadable("an answer that cannot be read: " + err.Error())
	}
	return nil
}

func answered(status int) *answerError {
	text := fmt.Sprintf("answered %d %s", status, http.StatusText(status))
	return &answerError{strings.TrimSpace(text), status}
}

func unreadable(what string) *answerError { return &answerError{text: "sent " + what} }

// registry calls ask with what reaches a container registry, without a login.
func (s sources) registry(ctx context.Context, ask func(options ...remote.Option) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return ask(remote.WithContext(ctx), remote.WithTransport(s.transport))
}

// tags are those of a repository of a container registry.
func (s sources) tags(ctx context.Context, repository name.Repository) (tags []string, err error) {
	err = s.registry(ctx, func(options ...remote.Option) (err error) {
		tags, err = remote.List(repository, options...)
		return err
	})
	return tags, err
}

// absent reports whether a registry says that it does not have what it was asked for.
func absent(err error) bool {
	var refused *transport.Error
	return errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound
}

// reason says why a source has not told what it was asked for, as the end of a sentence that begins with the source.
func (s sources) reason(err error) string {
	var answer *answerError
	var refused *transport.Error
	var lookup *net.DNSError
	var request *url.Error
	var network net.Error
	switch {
	case errors.As(err, &answer):
		return answer.text
	case errors.As(err, &refused):
		return answered(refused.StatusCode).text
	case errors.As(err, &lookup):
		// Without the address of the resolver, which differs with every request.
		return "did not answer: " + lookup.Err
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "did not answer within " + s.timeout.Round(time.Millisecond).String()
	case errors.As(err, &request):
		return "did not answer: " + request.Err.Error()
	default:
		return "did not answer: " + err.Error()
	}
}

// hostOf is the host that an address names.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return address
}

// parse reads a version of three numbers, with or without a v before them.
func parse(text string) (*semver.Version, bool) {
	v, err := semver.StrictNewVersion(strings.TrimPrefix(text, "v"))
	return v, err == nil
}
