package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// object is a map of an object of Kubernetes.
type object = map[string]any

// ofChart are the Deployments as a version of the chart renders them, by their names.
func ofChart(t *testing.T, version string) map[string]object {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "deployments-"+version+".yaml"))
	require.NoError(t, err)
	all := map[string]object{}
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var one object
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all[one["metadata"].(object)["name"].(string)] = one
	}
}

// asInput is a value as a transform gets it, whose lists and maps are Pulumi's.
func asInput(t *testing.T, value any) pulumi.Input {
	t.Helper()
	switch value := value.(type) {
	case nil:
		return nil
	case object:
		m := pulumi.Map{}
		for key, inner := range value {
			m[key] = asInput(t, inner)
		}
		return m
	case []any:
		list := pulumi.Array{}
		for _, inner := range value {
			list = append(list, asInput(t, inner))
		}
		return list
	case string:
		return pulumi.String(value)
	case int:
		return pulumi.Float64(value)
	case bool:
		return pulumi.Bool(value)
	default:
		require.Failf(t, "no input", "%T", value)
		return nil
	}
}

// asJSON are the plain values of inputs, or of what YAML has read.
func asJSON(t *testing.T, value any) object {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	var plain object
	require.NoError(t, json.Unmarshal(text, &plain))
	return plain
}

// take removes a key of a map and returns its value.
func take(m object, key string) any {
	value := m[key]
	delete(m, key)
	return value
}

// inside is the value below keys of maps.
func inside(m object, path ...string) object {
	for _, key := range path {
		m = m[key].(object)
	}
	return m
}

// chartVersions are those that the transform was written for. What testdata has of a third one is the same shape again.
func chartVersions() []string { return []string{"1.0.2", "1.2.6"} }

// Whatever of both versions the program adds is there, and all else is as the chart has made it.
func TestDeploymentsOfTheChartAreEquipped(t *testing.T) {
	t.Parallel()
	args := argsWithAuthority()
	args.Image = settings.Image{Repository: "ghcr.io/mastodon/mastodon", Tag: "v4.7.3", Digest: "sha256:1"}
	args.StreamingImage, args.StreamingDigest = "ghcr.io/mastodon/mastodon-streaming", "sha256:2"
	variables := object{"secretRef": object{"name": "mastodon-environment", "optional": true}}
	mount := object{"name": "authorities-bundle", "mountPath": "/etc/mastodon/authorities", "readOnly": true}
	confined := object{"allowPrivilegeEscalation": false, "capabilities": object{"drop": []any{"ALL"}}}
	for _, version := range chartVersions() {
		for name, deployment := range ofChart(t, version) {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				result := args.equip(t.Context(), &pulumi.ResourceTransformArgs{
					Type: "kubernetes:apps/v1:Deployment", Props: asInput(t, deployment).(pulumi.Map),
				})
				before, after := asJSON(t, deployment), asJSON(t, result.Props)
				assert.Equal(t, object{"pulumi.com/patchForce": "true"}, take(inside(after, "metadata"), "annotations"))
				delete(inside(before, "metadata"), "annotations")
				was, is := inside(before, "spec", "template", "spec"), inside(after, "spec", "template", "spec")

				assert.Len(t, take(is, "initContainers"), 1)
				assert.Nil(t, take(was, "volumes"), "the chart leaves it null")
				assert.Equal(t, []any{
					object{"name": "mastodon-authorities", "configMap": object{"name": "mastodon-authorities"}},
					object{"name": "authorities-bundle", "emptyDir": object{"sizeLimit": "8Mi"}},
				}, take(is, "volumes"))
				chart, equipped := take(was, "containers").([]any), take(is, "containers").([]any)
				require.Len(t, equipped, len(chart))
				assert.Equal(t, before, after, "what is outside the containers stays as it is")
				for i := range chart {
					was, is := chart[i].(object), equipped[i].(object)
					own, _ := take(was, "envFrom").([]any)
					assert.Equal(t, append(slices.Clone(own), variables), take(is, "envFrom"), "the Secret counts")
					assert.Nil(t, take(was, "volumeMounts"), "the chart leaves it null, or out")
					assert.Equal(t, []any{mount}, take(is, "volumeMounts"))
					assert.Equal(t, confined, take(is, "securityContext"))
					delete(was, "securityContext")
					image, _ := take(was, "image").(string)
					digest := "@sha256:1"
					if strings.Contains(image, "streaming") {
						digest = "@sha256:2"
					}
					assert.Equal(t, image+digest, take(is, "image"))
					if i == 0 {
						requireProbes(t, name, was, is)
					}
					assert.Equal(t, was, is, "container %d", i)
				}
			})
		}
	}
}

// requireProbes compares the probes that the program changes, and takes them out of both: as the chart has made the
// container, and as it is.
func requireProbes(t *testing.T, deployment string, was, is object) {
	t.Helper()
	switch {
	case deployment == "mastodon-web":
		want := take(was, "readinessProbe").(object)
		maps.Copy(want, object{"timeoutSeconds": 15.0, "failureThreshold": 6.0})
		assert.Equal(t, want, take(is, "readinessProbe"))
	case strings.HasPrefix(deployment, "mastodon-sidekiq-"):
		assert.NotContains(t, was, "livenessProbe")
		assert.Equal(t, object{"path": "/metrics", "port": "prometheus"},
			take(is, "livenessProbe").(object)["httpGet"], "the port that the chart names")
	}
}

// Budgets, the places of pods and the scraping find pods by labels that the chart gives them.
func TestLabelsOfTheChart(t *testing.T) {
	t.Parallel()
	groups := []settings.Sidekiq{{Name: "default"}, {Name: "scheduler"}}
	components := []string{"web", "streaming", workerComponent(groups[0]), workerComponent(groups[1])}
	for _, version := range chartVersions() {
		deployments := ofChart(t, version)
		require.Len(t, deployments, len(components), version)
		for _, component := range components {
			deployment := deployments[releaseName+"-"+component]
			require.NotNil(t, deployment, "%s: %s", version, component)
			labels := inside(deployment, "spec", "template", "metadata", "labels")
			for key, value := range podLabels(component) {
				assert.Equal(t, value, labels[key], "%s: %s of %s", version, key, component)
			}
		}
	}
}
