package helm

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/kube/fake"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
	"sigs.k8s.io/yaml"
)

// Request is what a chart is rendered with.
type Request struct {
	Release   string
	Namespace string
	// Values override the chart's own.
	Values map[string]any
	// KubeVersion is the cluster's version, "v1.35.1".
	KubeVersion string
	// SkipCRDs leaves out the objects of the chart's crds directory.
	SkipCRDs bool
}

// Object is one rendered object.
type Object struct {
	// Template is the file it comes from, "mastodon/templates/web.yaml".
	Template string
	// Hook is set for objects that carry the helm.sh/hook annotation.
	Hook bool
	// Manifest is the object itself, as JSON values.
	Manifest map[string]any
}

// Template renders the chart with the values, which must satisfy the chart's schema if it has one. Objects come in
// Helm's install order, definitions of custom resources first, hooks last. Notes and tests are left out, and the lookup
// function finds nothing.
func Template(ctx context.Context, c *chart.Chart, request Request) ([]Object, error) {
	version, err := chartutil.ParseKubeVersion(request.KubeVersion)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's version %q: %w", request.KubeVersion, err)
	}
	install := action.NewInstall(&action.Configuration{
		Releases: storage.Init(driver.NewMemory()), KubeClient: &fake.PrintingKubeClient{Out: io.Discard},
		Log: func(string, ...any) {},
	})
	install.DryRun, install.ClientOnly, install.Replace = true, true, true
	install.ReleaseName, install.Namespace, install.KubeVersion = request.Release, request.Namespace, version
	install.IncludeCRDs = !request.SkipCRDs
	rendered, err := install.RunWithContext(ctx, c, request.Values)
	if err != nil {
		return nil, fmt.Errorf("rendering chart %q: %w", c.Name(), err)
	}
	objects, err := Parse(rendered.Manifest)
	if err != nil {
		return nil, fmt.Errorf("reading the objects of chart %q: %w", c.Name(), err)
	}
	for _, hook := range rendered.Hooks {
		if slices.Contains(hook.Events, release.HookTest) {
			continue
		}
		parsed, err := Parse("# Source: " + hook.Path + "\n" + hook.Manifest)
		if err != nil {
			return nil, fmt.Errorf("reading the objects of chart %q: %w", c.Name(), err)
		}
		for _, object := range parsed {
			object.Hook = true
			objects = append(objects, object)
		}
	}
	return objects, nil
}

// source begins the comment with which Helm says where an object comes from.
const source = "# Source: "

// Parse splits a stream of YAML documents into objects. Lists are taken apart, empty documents skipped.
func Parse(text string) ([]Object, error) {
	var objects []Object
	template := ""
	for _, document := range documents(text) {
		if _, after, ok := strings.Cut(document, source); ok {
			template, _, _ = strings.Cut(after, "\n")
		}
		var object map[string]any
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return nil, fmt.Errorf("%s: %w", template, err)
		}
		if len(object) == 0 {
			continue
		}
		items, isList := object["items"].([]any)
		if kind, _ := object["kind"].(string); !isList || !strings.HasSuffix(kind, "List") {
			objects = append(objects, Object{Template: template, Manifest: object})
			continue
		}
		for _, item := range items {
			if object, ok := item.(map[string]any); ok {
				objects = append(objects, Object{Template: template, Manifest: object})
			}
		}
	}
	return objects, nil
}

func documents(text string) []string {
	split := strings.Split("\n"+text, "\n---")
	for i := range split {
		if i > 0 {
			// What stands behind the separator on its line is a comment or nothing.
			_, split[i], _ = strings.Cut(split[i], "\n")
		}
	}
	return split
}
