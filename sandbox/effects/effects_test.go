// Package effects_test finds out what a change of each setting does. Nothing of that is typed: the program runs with
// both values against mocks, and the simulated providers, which have the rules of the real ones, compare what it
// registers.
package effects_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/netlify"
	"github.com/vmstio/infrastructure/sandbox/runner"
	"github.com/vmstio/infrastructure/tests/mocks"
	"github.com/vmstio/infrastructure/tests/reference"
)

var update = flag.Bool("update", false, "write what changes of the settings do again (make generate)")

var (
	root        = filepath.Join("..", "..")
	effectsFile = filepath.Join(root, "tests", "reference", "testdata", "effects.json")
)

// Every setting has a change of which it is known what it does.
func TestEffectsAreCurrent(t *testing.T) {
	all, err := reference.Settings(root)
	require.NoError(t, err)
	found := map[string][]reference.Change{}
	w := newWorld(t)
	var mu sync.Mutex
	t.Run("settings", func(t *testing.T) {
		for _, setting := range all {
			t.Run(setting.Path, func(t *testing.T) {
				t.Parallel()
				if changes := w.changes(t, setting); len(changes) > 0 {
					mu.Lock()
					defer mu.Unlock()
					found[setting.Path] = changes
				}
			})
		}
	})
	if *update {
		text, err := json.MarshalIndent(found, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(effectsFile, append(text, '\n'), 0o644))
	}
	unknown, missing := reference.Paths(all, found)
	require.Empty(t, unknown)
	require.Empty(t, missing, "no value could be found that these may be changed to: add one to values_test.go")
	text, err := os.ReadFile(effectsFile)
	require.NoError(t, err, "run `make generate`")
	var written map[string][]reference.Change
	require.NoError(t, json.Unmarshal(text, &written))
	require.Equal(t, slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(written)), "run `make generate`")
	for path, changes := range found {
		assert.Equal(t, changes, written[path], "%s: run `make generate`", path)
	}
}

// object is a mapping of a stack's file.
type object = map[string]any

// world is where changes are tried.
type world struct {
	providers map[string]plugin.Provider
	secrets   string
	// bases are the settings that changes are made of: everything, and what cannot be there at the same time.
	bases []object
	// others are settings that values are taken from.
	others []object
	// before are the programs of the bases, and decoded their settings with all defaults.
	before  []program
	decoded []object
}

// program is what the program registers.
type program struct {
	resources map[string]mocks.Resource
	outputs   map[string]any
}

func newWorld(t *testing.T) *world {
	t.Helper()
	everything := read(t, filepath.Join(root, "tests", "stacks", "testdata", "everything.yaml"))
	config := everything["config"].(object)
	secrets, err := json.Marshal(config["vmst:secrets"])
	require.NoError(t, err)
	base := config["vmst:settings"].(object)
	w := &world{secrets: string(secrets), others: []object{
		read(t, filepath.Join(root, "infra", "settings", "testdata", "production.yaml")),
		read(t, filepath.Join(root, "infra", "settings", "testdata", "base.yaml")),
	}}
	for _, also := range alternatives() {
		changed := clone(t, base)
		for path, value := range also {
			put(changed, value, path)
		}
		p, decoded, err := w.run(t, changed, w.secrets, running)
		require.NoError(t, err)
		w.bases, w.before, w.decoded = append(w.bases, changed), append(w.before, p), append(w.decoded, decoded)
	}
	c, err := cloud.Open(filepath.Join(t.TempDir(), "cloud.json"))
	require.NoError(t, err)
	w.providers = map[string]plugin.Provider{}
	for name, make := range runner.Simulators(c, runner.Options{}) {
		w.providers[name] = make()
	}
	// Its resources have another name than the plugin that bridges them.
	w.providers["netlify"] = w.providers[netlify.Plugin]
	for _, r := range w.before[0].resources {
		if name, ok := strings.CutPrefix(r.Type, "pulumi:providers:"); ok {
			_, err := w.providers[name].Configure(t.Context(), plugin.ConfigureRequest{Inputs: r.Inputs})
			require.NoError(t, err)
		}
	}
	return w
}

func read(t *testing.T, path string) object {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var content object
	require.NoError(t, yaml.Unmarshal(text, &content))
	return content
}

func clone[T any](t *testing.T, value T) T {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	var copied T
	require.NoError(t, json.Unmarshal(text, &copied))
	return copied
}

// running is the version of the cluster that is there.
const running = "1.35.7-do.5"

// offered are DigitalOcean's versions of Kubernetes, as the simulated one has them.
func offered(properties) (properties, error) {
	var all []resource.PropertyValue
	for _, version := range []string{"1.36.3-do.5", running, "1.34.8-do.0"} {
		all = append(all, resource.NewProperty(version))
	}
	return properties{
		"id": resource.NewProperty("versions"), "latestVersion": all[0], "validVersions": resource.NewProperty(all),
	}, nil
}

// runs is the cluster that is there, unless another name is asked for.
func runs(version string) mocks.Answer {
	name := crew.Name(crew.Cluster, "social.example.org")
	return func(args properties) (properties, error) {
		if asked := args["name"].StringValue(); asked != name {
			return nil, fmt.Errorf("Unable to find cluster with name: %s", asked)
		}
		return properties{
			"id": resource.NewProperty("cluster"), "name": args["name"], "version": resource.NewProperty(version),
		}, nil
	}
}

type properties = resource.PropertyMap

// errRefused is of settings that are not accepted.
var errRefused = errors.New("not accepted")

// run runs the program with settings, where a cluster of a version is there. The decoded settings have every default.
func (w *world) run(t *testing.T, of object, secrets, version string) (p program, decoded object, err error) {
	t.Helper()
	text, err := json.Marshal(of)
	require.NoError(t, err)
	s, _, err := settings.Decode(string(text), secrets)
	if err != nil {
		return program{}, nil, errors.Join(errRefused, err)
	}
	r := &mocks.Recorder{
		Stack: "everything", SecretKeys: []string{"vmst:secrets"},
		Config: map[string]string{"vmst:settings": string(text), "vmst:secrets": secrets},
		Answers: map[string]mocks.Answer{
			"digitalocean:index/getKubernetesVersions:getKubernetesVersions": offered,
			"digitalocean:index/getKubernetesCluster:getKubernetesCluster":   runs(version),
		},
	}
	world := mocks.Delegated()
	world.Upgrades = func(context.Context, string, string) ([]string, error) { return nil, nil }
	deploy := infra.DeployIn(world)
	p = program{resources: map[string]mocks.Resource{}, outputs: map[string]any{}}
	err = r.Run(func(ctx *pulumi.Context) error {
		if err := deploy(ctx); err != nil {
			return err
		}
		pulumi.Map(ctx.GetCurrentExportMap()).ToMapOutput().ApplyT(func(values map[string]any) bool {
			p.outputs = values
			return true
		})
		return nil
	})
	if err != nil {
		return program{}, nil, err
	}
	for _, registered := range r.All() {
		p.resources[registered.Parent+" "+registered.Type+" "+registered.Name] = registered
	}
	return p, clone(t, toObject(t, s)), nil
}

func toObject(t *testing.T, s *settings.Settings) object {
	t.Helper()
	text, err := json.Marshal(s)
	require.NoError(t, err)
	var decoded object
	require.NoError(t, json.Unmarshal(text, &decoded))
	return decoded
}

// changes are those of a setting, to the first value that changes something, or to each of few.
func (w *world) changes(t *testing.T, setting reference.Setting) []reference.Change {
	t.Helper()
	var quiet []reference.Change
	for i, base := range w.bases {
		var changes []reference.Change
		for _, at := range places(w.decoded[i], setting.Path) {
			current := get(w.decoded[i], at)
			for _, c := range w.candidates(setting, at, current, base) {
				found := w.change(t, setting, i, at, current, c)
				if len(found) == 1 && len(found[0].Does) == 0 {
					quiet = append(quiet, found[0])
					continue
				}
				changes = append(changes, found...)
				// Of the rest, one change is like another.
				if len(found) > 0 && !several(setting) {
					return changes
				}
			}
			if len(changes) > 0 {
				return distinct(changes)
			}
		}
	}
	if len(quiet) == 0 {
		return nil
	}
	return quiet[:1]
}

// change is what one does, there and back; nothing, of a value that is not accepted.
func (w *world) change(
	t *testing.T, setting reference.Setting, i int, at string, current any, c candidate,
) []reference.Change {
	t.Helper()
	before, base, secrets := w.before[i], w.bases[i], w.secrets
	if c.secrets != "" {
		secrets = c.secrets
	}
	company := clone(t, base)
	for path, value := range c.with {
		put(company, value, path)
	}
	var with []string
	if len(c.with) > 0 {
		if alone, _, err := w.run(t, company, secrets, running); err == nil {
			// What the company does is not this setting's.
			before, base = alone, clone(t, company)
		} else {
			for _, path := range slices.Sorted(maps.Keys(c.with)) {
				with = append(with, path+": "+inYAML(t, c.with[path]))
			}
		}
	}
	put(company, c.value, at)
	after, now, err := w.run(t, company, secrets, running)
	if errors.Is(err, errRefused) {
		return nil
	}
	if !assert.NoError(t, err, "%s accepts %v and does not come up", at, c.value) {
		return nil
	}
	to := get(now, at)
	if reflect.DeepEqual(current, to) || setting.Type == "group" && to != nil {
		return nil
	}
	forth := reference.Change{
		From: inYAML(t, current), To: inYAML(t, to), With: with, Does: w.compare(t, before, after),
	}
	if slices.Contains(transformed(), setting.Path) {
		forth.Does = append(forth.Does, reference.Operation{
			Kind: reference.Updated, Resources: []string{"Chart mastodon-chart"},
		})
	}
	// A cluster that was upgraded is another one than was there.
	if version := versionOf(after); version != versionOf(before) {
		before, _, err = w.run(t, base, secrets, version)
		require.NoError(t, err)
	}
	back := reference.Change{From: forth.To, To: forth.From, Does: w.compare(t, after, before)}
	if alike(forth.Does, back.Does) || slices.Contains(transformed(), setting.Path) {
		forth.Both = true
		return []reference.Change{forth}
	}
	return []reference.Change{forth, back}
}

func versionOf(p program) string {
	for _, r := range p.resources {
		if strings.HasSuffix(r.Type, ":KubernetesCluster") {
			return r.Inputs["version"].StringValue()
		}
	}
	return ""
}

// several is whether each value does something of its own.
func several(s reference.Setting) bool { return len(s.Allowed) > 0 && len(s.Allowed) <= 4 && !s.More }

// distinct leaves out changes that do what another one does.
func distinct(changes []reference.Change) []reference.Change {
	var kept []reference.Change
	for _, c := range changes {
		if !slices.ContainsFunc(kept, func(k reference.Change) bool { return reflect.DeepEqual(k.Does, c.Does) }) {
			kept = append(kept, c)
		}
	}
	return kept
}

// alike is whether two ways do the same to the same resources.
func alike(a, b []reference.Operation) bool { return reflect.DeepEqual(a, b) }

func inYAML(t *testing.T, value any) string {
	t.Helper()
	const all = 60
	switch value := value.(type) {
	case nil:
		return "left out"
	case []any:
		if len(value) == 0 {
			break
		}
		if _, group := value[0].(object); group && len(value) == 1 {
			return "1 element"
		} else if group {
			return fmt.Sprintf("%d elements", len(value))
		}
	case object:
		if len(fmt.Sprint(value)) > all {
			return "as it is"
		}
	}
	var node yaml.Node
	require.NoError(t, node.Encode(value))
	flow(&node)
	text, err := yaml.Marshal(&node)
	require.NoError(t, err)
	return strings.Join(strings.Fields(string(text)), " ")
}

// flow writes lists and mappings on one line.
func flow(node *yaml.Node) {
	if len(node.Content) > 0 {
		node.Style = yaml.FlowStyle
	}
	for _, inner := range node.Content {
		flow(inner)
	}
}

// compare says what it takes to come from one program to another.
func (w *world) compare(t *testing.T, before, after program) []reference.Operation {
	t.Helper()
	found := map[string][]string{}
	said := ""
	for key, old := range before.resources {
		if _, stays := after.resources[key]; !stays && counts(old) {
			kind := reference.Deleted
			if old.Protect {
				kind = reference.Protected
			}
			found[kind] = append(found[kind], identity(old))
		}
	}
	for key, now := range after.resources {
		old, there := before.resources[key]
		switch {
		case !counts(now):
		case !there:
			found[reference.Created] = append(found[reference.Created], identity(now))
		default:
			kind, says := w.difference(t, old, now)
			if kind != "" {
				found[kind] = append(found[kind], identity(now))
			}
			if says != "" {
				said = says
			}
		}
	}
	if len(found) == 0 {
		for name, value := range after.outputs {
			if !reflect.DeepEqual(value, before.outputs[name]) {
				found[reference.Outputs] = append(found[reference.Outputs], name)
			}
		}
	}
	operations := []reference.Operation{}
	for _, kind := range reference.Kinds() {
		if names := found[kind]; len(names) > 0 {
			slices.Sort(names)
			o := reference.Operation{Kind: kind, Resources: names}
			if kind == reference.Impossible {
				o.Says = said
			}
			operations = append(operations, o)
		}
	}
	return operations
}

const chart = "kubernetes:helm.sh/v4:Chart"

// counts is whether a provider makes it; a chart is a component whose parts the provider makes.
func counts(r mocks.Resource) bool {
	return (r.Custom || r.Type == chart) && !strings.HasPrefix(r.Type, "pulumi:")
}

func identity(r mocks.Resource) string {
	return r.Type[strings.LastIndex(r.Type, ":")+1:] + " " + r.Name
}

// difference is what happens to one resource, as the engine decides it.
func (w *world) difference(t *testing.T, old, now mocks.Resource) (kind, says string) {
	t.Helper()
	news := kept(t, old.Inputs, now)
	if old.Inputs.DeepEquals(news) {
		if old.Protect != now.Protect || old.RetainOnDelete != now.RetainOnDelete {
			return reference.State, ""
		}
		return "", ""
	}
	if now.Type == chart {
		return reference.Updated, ""
	}
	name, _, _ := strings.Cut(now.Type, ":")
	provider := w.providers[name]
	require.NotNil(t, provider, name)
	request := plugin.DiffRequest{
		URN:  resource.NewURN("everything", "vmst", "", tokens.Type(now.Type), now.Name),
		Type: tokens.Type(now.Type), OldInputs: old.Inputs, NewInputs: news, IgnoreChanges: now.IgnoreChanges,
	}
	difference, err := provider.Diff(t.Context(), request)
	require.NoError(t, err)
	replaced := len(difference.ReplaceKeys) > 0
	for path := range difference.DetailedDiff {
		changed, err := resource.ParsePropertyPath(path)
		require.NoError(t, err)
		for _, text := range now.ReplaceOnChanges {
			forced, err := resource.ParsePropertyPath(text)
			require.NoError(t, err)
			replaced = replaced || forced.Contains(changed)
		}
	}
	switch {
	case difference.Changes != plugin.DiffSome:
		return "", ""
	case replaced && old.Protect:
		return reference.Protected, ""
	case replaced:
		return reference.Replaced, ""
	}
	if says := refused(t, old, news); says != "" {
		return reference.Impossible, says
	}
	return reference.Updated, ""
}

// kept are the new inputs, with those old ones whose change is ignored.
func kept(t *testing.T, olds resource.PropertyMap, now mocks.Resource) resource.PropertyMap {
	t.Helper()
	news := resource.NewProperty(now.Inputs.Copy())
	for _, text := range now.IgnoreChanges {
		path, err := resource.ParsePropertyPath(text)
		require.NoError(t, err)
		value, there := path.Get(resource.NewProperty(olds))
		if whole, ok := path.Add(news, value); there && ok {
			news = whole
		}
	}
	return news.ObjectValue()
}

// refused is what DigitalOcean says to an update in place that it does not do: of what can grow and not shrink.
func refused(t *testing.T, old mocks.Resource, news resource.PropertyMap) string {
	t.Helper()
	network, ok := map[string]resource.PropertyKey{
		"digitalocean:index/databaseCluster:DatabaseCluster":     "privateNetworkUuid",
		"digitalocean:index/kubernetesCluster:KubernetesCluster": "vpcUuid",
	}[old.Type]
	if !ok {
		return ""
	}
	// What is there already was made when it could be.
	day := func() time.Time { return time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC) }
	c, err := cloud.Open(filepath.Join(t.TempDir(), "cloud.json"), cloud.WithClock(day))
	require.NoError(t, err)
	p := runner.Simulators(c, runner.Options{})["digitalocean"]()
	_, err = p.Configure(t.Context(), plugin.ConfigureRequest{
		Inputs: resource.PropertyMap{"token": resource.NewProperty("sshh")},
	})
	require.NoError(t, err)
	checked := func(typ string, olds, news resource.PropertyMap) (resource.PropertyMap, bool) {
		response, err := p.Check(t.Context(), plugin.CheckRequest{
			URN: resource.NewURN("everything", "vmst", "", tokens.Type(typ), "x"), Type: tokens.Type(typ),
			Olds: olds, News: news,
		})
		require.NoError(t, err)
		return response.Properties, len(response.Failures) == 0
	}
	made := func(typ string, inputs resource.PropertyMap) (plugin.CreateResponse, resource.PropertyMap) {
		inputs, _ = checked(typ, nil, inputs)
		response, err := p.Create(t.Context(), plugin.CreateRequest{Type: tokens.Type(typ), Properties: inputs})
		if err != nil {
			return plugin.CreateResponse{}, nil
		}
		return response, inputs
	}
	vpc, _ := made("digitalocean:index/vpc:Vpc", resource.PropertyMap{
		"name": resource.NewProperty("vpc"), "region": old.Inputs["region"],
		"ipRange": resource.NewProperty("10.1.0.0/20"),
	})
	within := func(inputs resource.PropertyMap) resource.PropertyMap {
		inputs = inputs.Copy()
		inputs[network] = resource.NewProperty(string(vpc.ID))
		return inputs
	}
	known, inputs := made(old.Type, within(old.Inputs))
	after, valid := checked(old.Type, inputs, within(news))
	if known.ID == "" || !valid {
		// A version that does not exist yet.
		return ""
	}
	_, err = p.Update(t.Context(), plugin.UpdateRequest{
		ID: known.ID, Type: tokens.Type(old.Type), OldInputs: inputs, OldOutputs: known.Properties, NewInputs: after,
	})
	if err == nil {
		return ""
	}
	said := answer.FindStringSubmatch(err.Error())
	require.NotNil(t, said, err)
	// Which one it is, the operation says.
	return strings.Replace(said[1], fmt.Sprintf(" %q", old.Inputs["name"].StringValue()), "", 1)
}

// answer is what the API says besides its status.
var answer = regexp.MustCompile(`digitalocean api: \d+: (.*)`)
