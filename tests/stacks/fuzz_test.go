package stacks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// Whatever settings are accepted, the program brings up. An input is a stack and two changes of it, each of one value:
// the number of the value, counted in the order of their paths, and what a person writes in its place, in YAML.
//
//	go test ./tests/stacks -run '^$' -fuzz FuzzDeploy -fuzztime 60s
func FuzzDeploy(f *testing.F) {
	fixtures := append(slices.Clone(stacks), everything)
	loaded := map[string][2]string{}
	for i, stack := range fixtures {
		r := recorder(f, stack)
		loaded[stack] = [2]string{r.Config["vmst:settings"], r.Config["vmst:secrets"]}
		f.Add(uint8(i), uint16(0), "[203.0.113.7]", uint16(1), "null")
		if stack != everything {
			continue
		}
		for n, path := range leaves(fromJSON(f, r.Config["vmst:settings"])) {
			for _, value := range suggestions(path) {
				f.Add(uint8(i), uint16(n), value, uint16(n), value)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, first uint16, one string, second uint16, other string) {
		stack := fixtures[int(which)%len(fixtures)]
		object := fromJSON(t, loaded[stack][0])
		paths := leaves(object)
		change(object, paths[int(first)%len(paths)], one)
		change(object, paths[int(second)%len(paths)], other)
		text, err := json.Marshal(object)
		if err != nil {
			t.Skip("not JSON")
		}
		s, _, err := settings.Decode(string(text), loaded[stack][1])
		if err != nil {
			return
		}
		r := recorder(t, stack)
		// Which versions of Kubernetes there are is DigitalOcean's to say.
		r.Answers = map[string]mocks.Answer{
			"digitalocean:index/getKubernetesVersions:getKubernetesVersions": mocks.OfferingKubernetes(
				s.Cluster.Version + ".1-do.0"),
		}
		r.Config["vmst:settings"] = string(text)
		if err := r.Run(deploy); err != nil {
			t.Fatalf("accepted, and not brought up: %v\n%s", err, text)
		}
	})
}

// suggestions are values that a person might write for a setting, good and bad.
func suggestions(path []any) []string {
	last := fmt.Sprint(path[len(path)-1])
	byName := map[string][]string{
		"selector": {"a.b"}, "mediaHost": {"a.b.example.org", "a-b.example.org"}, "assetsHost": {"a-b.example.org"},
		"zone": {"org"}, "domain": {"example.org"}, "proxyProtocol": {"true"}, "tag": {"a"}, "team": {""},
		"productionBranch": {"feature/a"}, "branchDomain": {"a.branches.example.org"}, "indexPreset": {""},
		"version":  {"1.99"},
		"schedule": {"@daily", "TZ=UTC", "0 0 30 2 *"}, "concurrency": {"100"},
	}
	return byName[last]
}

// leaves are the paths of all values that hold no others, in a fixed order.
func leaves(value any) [][]any {
	var paths [][]any
	below := func(step, inner any) {
		for _, path := range leaves(inner) {
			paths = append(paths, append([]any{step}, path...))
		}
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			below(key, v[key])
		}
	case []any:
		for i, element := range v {
			below(i, element)
		}
	default:
		return [][]any{{}}
	}
	return paths
}

// change writes a value, in YAML, at a path that is there.
func change(object any, path []any, text string) {
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		value = strings.ToValidUTF8(text, "?")
	}
	for i, step := range path {
		last := i == len(path)-1
		switch v := object.(type) {
		case map[string]any:
			if last {
				v[step.(string)] = value
			}
			object = v[step.(string)]
		case []any:
			if n := step.(int); n < len(v) {
				if last {
					v[n] = value
				}
				object = v[n]
			}
		default:
			return
		}
	}
}
