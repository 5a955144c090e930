package main

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// charts compares the charts that the stacks name with what their repositories have.
func (s sources) charts(ctx context.Context, r *report, stacks []stack) {
	for chart, stacks := range pinned(stacks, func(s stack) []settings.Chart { return s.Charts() }) {
		s.chart(ctx, r, chart, stacks)
	}
}

func (s sources) chart(ctx context.Context, r *report, chart settings.Chart, stacks names) {
	what := "chart " + chart.Name + " " + chart.Version + " " + stacks.String()
	texts, err := s.chartVersions(ctx, chart)
	if absent(err) || err == nil && len(texts) == 0 {
		r.wrong("%s: %s has no chart of this name", what, chart.Repository)
		return
	}
	if err != nil {
		r.skip(what, hostOf(chart.Repository)+" "+s.reason(err))
		return
	}
	pin, ok := parse(chart.Version)
	if !ok {
		r.skip(what, "the version is not one of three numbers")
		return
	}
	newest, newer, found := pin, "", false
	for _, text := range texts {
		v, ok := parse(text)
		if !ok {
			continue
		}
		// Helm takes v1.2.3 for 1.2.3.
		found = found || v.Equal(pin)
		if v.Prerelease() == "" && v.GreaterThan(newest) {
			newest, newer = v, text
		}
	}
	if !found {
		r.wrong("%s: %s does not have this version; name one that it has", what, chart.Repository)
	}
	if newer != "" {
		r.note("%s: %s is there", what, newer)
	}
}

// chartVersions are the versions of a chart that its repository has.
func (s sources) chartVersions(ctx context.Context, chart settings.Chart) ([]string, error) {
	if path, ok := strings.CutPrefix(chart.Repository, "oci://"); ok {
		return s.ociVersions(ctx, strings.TrimRight(path, "/")+"/"+chart.Name)
	}
	text, err := s.get(ctx, strings.TrimRight(chart.Repository, "/")+"/index.yaml", nil)
	if err != nil {
		return nil, err
	}
	// helm.sh/docs/topics/chart_repository, "The index file".
	var index struct {
		Entries map[string][]struct {
			Version string `yaml:"version"`
		} `yaml:"entries"`
	}
	if err := yaml.Unmarshal(text, &index); err != nil {
		return nil, unreadable("an index that cannot be read: " + err.Error())
	}
	var versions []string
	for _, entry := range index.Entries[chart.Name] {
		versions = append(versions, entry.Version)
	}
	return versions, nil
}

// ociVersions are the tags of a chart in a container registry, where Helm writes an underscore for the plus sign that
// no tag may have (helm.sh/docs/topics/registries).
func (s sources) ociVersions(ctx context.Context, path string) ([]string, error) {
	repository, err := name.NewRepository(path)
	if err != nil {
		return nil, &answerError{text: "cannot be asked: " + err.Error()}
	}
	tags, err := s.tags(ctx, repository)
	for i := range tags {
		tags[i] = strings.ReplaceAll(tags[i], "_", "+")
	}
	return tags, err
}
