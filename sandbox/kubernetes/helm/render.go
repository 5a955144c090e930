package helm

import (
	"fmt"
	"path"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"
)

// Request is what a chart is rendered with.
type Request struct {
	Release   string
	Namespace string
	// Revision counts installs and upgrades from 1.
	Revision int
	// Values override the chart's own.
	Values map[string]any
	// KubeVersion is the cluster's version, "v1.35.1".
	KubeVersion string
	// APIVersions are the API groups of custom resources that the cluster knows besides Kubernetes' own:
	// "cert-manager.io/v1", "cert-manager.io/v1/Certificate".
	APIVersions []string
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

// Render renders the chart's templates with the values, which must satisfy the chart's schema if it has one. Objects
// come in Helm's install order, definitions of custom resources first, hooks last. Notes and tests are left out.
//
// As with "helm template", the lookup function finds nothing.
func Render(c *chart.Chart, request Request) ([]Object, error) {
	values, err := values(c, request)
	if err != nil {
		return nil, err
	}

	files, err := engine.Render(c, values)
	if err != nil {
		return nil, fmt.Errorf("rendering chart %q: %w", c.Name(), err)
	}

	for name := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(files, name)
		}
	}

	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, fmt.Errorf("reading the objects of chart %q: %w", c.Name(), err)
	}

	var objects []Object

	add := func(template string, hook bool, text string) error {
		parsed, err := parse(text)
		if err != nil {
			return fmt.Errorf("reading the objects of chart %q: %s: %w", c.Name(), template, err)
		}

		for _, manifest := range parsed {
			objects = append(objects, Object{Template: template, Hook: hook, Manifest: manifest})
		}
		return nil
	}

	if !request.SkipCRDs {
		for _, crd := range c.CRDObjects() {
			if err := add(path.Join(c.Name(), crd.Name), false, string(crd.File.Data)); err != nil {
				return nil, err
			}
		}
	}

	for _, manifest := range manifests {
		if err := add(manifest.Name, false, manifest.Content); err != nil {
			return nil, err
		}
	}

	for _, hook := range hooks {
		if isTest(hook) {
			continue
		}

		if err := add(hook.Path, true, hook.Manifest); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// values merges the values as an installation would, and checks that the chart can be installed at all.
func values(c *chart.Chart, request Request) (chartutil.Values, error) {
	if kind := c.Metadata.Type; kind != "" && kind != "application" {
		return nil, fmt.Errorf("chart %q: %s charts cannot be installed", c.Name(), kind)
	}

	given := request.Values
	if given == nil {
		given = map[string]any{}
	}

	if err := chartutil.ProcessDependenciesWithMerge(c, given); err != nil {
		return nil, fmt.Errorf("reading the dependencies of chart %q: %w", c.Name(), err)
	}

	if missing := missingDependencies(c); len(missing) > 0 {
		return nil, fmt.Errorf("chart %q: its dependencies %s are missing from its charts directory",
			c.Name(), strings.Join(missing, ", "))
	}

	version, err := chartutil.ParseKubeVersion(request.KubeVersion)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's version %q: %w", request.KubeVersion, err)
	}

	if wanted := c.Metadata.KubeVersion; wanted != "" && !chartutil.IsCompatibleRange(wanted, version.Version) {
		return nil, fmt.Errorf("chart %q requires Kubernetes %s, the cluster has %s", c.Name(), wanted, version.Version)
	}

	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *version
	capabilities.APIVersions = append(
		append(chartutil.VersionSet{}, capabilities.APIVersions...), request.APIVersions...)

	merged, err := chartutil.ToRenderValues(c, given, chartutil.ReleaseOptions{
		Name: request.Release, Namespace: request.Namespace, Revision: request.Revision,
		IsInstall: request.Revision <= 1, IsUpgrade: request.Revision > 1,
	}, capabilities)
	if err != nil {
		return nil, fmt.Errorf("values of chart %q: %w", c.Name(), err)
	}
	return merged, nil
}

func missingDependencies(c *chart.Chart) []string {
	present := map[string]bool{}
	for _, dependency := range c.Dependencies() {
		present[dependency.Metadata.Name] = true
	}

	var missing []string

	for _, wanted := range c.Metadata.Dependencies {
		name := wanted.Name
		if wanted.Alias != "" {
			name = wanted.Alias
		}

		if wanted.Enabled && !present[name] {
			missing = append(missing, name)
		}
	}
	return missing
}

func isTest(hook *release.Hook) bool {
	for _, event := range hook.Events {
		if event == release.HookTest {
			return true
		}
	}
	return false
}

// parse splits a stream of YAML documents into objects. Lists are taken apart, empty documents skipped.
func parse(text string) ([]map[string]any, error) {
	var objects []map[string]any
	for _, document := range documents(text) {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return nil, err
		}

		if len(object) == 0 {
			continue
		}

		items, isList := object["items"].([]any)
		if kind, _ := object["kind"].(string); !isList || !strings.HasSuffix(kind, "List") {
			objects = append(objects, object)
			continue
		}

		for _, item := range items {
			if object, ok := item.(map[string]any); ok {
				objects = append(objects, object)
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
