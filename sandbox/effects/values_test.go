package effects_test

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vmstio/infrastructure/tests/reference"
)

// alternatives are changes of the stack that has everything, which make others of it: for settings that mean nothing
// there.
func alternatives() []map[string]any {
	return []map[string]any{
		{},
		{"dns.manageZone": true, "mastodon.housekeeping.feeds.enabled": true},
		{
			"loadBalancer.type": "REGIONAL_NETWORK", "loadBalancer.proxyProtocol": false,
			"ingress.trustedRanges": []any{}, "docs.enabled": false,
		},
	}
}

// transformed are the settings that the program puts into what a chart renders, in a transform that is not among what
// it registers (infra/mastodon/chart.go, pinned).
func transformed() []string { return []string{"mastodon.image.digest", "mastodon.streamingDigest"} }

// candidate is a value that a setting may be changed to, with values of others without which it would not be accepted.
type candidate struct {
	value any
	with  map[string]any
	// secrets are those that it needs, if not those that are there.
	secrets string
}

// given are values of settings for which none that is accepted is found otherwise, or a better one is known.
func (w *world) given() map[string]candidate {
	pool := func(role string) object {
		return object{"role": role, "size": "s-4vcpu-8gb", "minNodes": 2, "maxNodes": 3}
	}
	group := func(name string, queues ...any) object {
		return object{"name": name, "queues": queues, "replicas": 2, "threads": 10}
	}
	scheduler := object{"name": "scheduler", "queues": []any{"scheduler"}, "replicas": 1, "threads": 5}
	return map[string]candidate{
		"region":               {value: "nyc3"},
		"storage.region":       {value: "nyc3"},
		"storage.backupRegion": {value: "sfo3"},
		"backup.enabled":       {value: false, with: map[string]any{"database.restore": nil}},
		"cache.version":        {value: "9"},
		"search.size":          {value: "db-s-4vcpu-8gb"},
		"search.nodes":         {value: 1, with: map[string]any{"search.indexPreset": "single_node_cluster"}},
		"mastodon.image.tag":   {value: "v4.7.4"},
		// Each role is in use: one has to go first.
		"cluster.nodePools[].role": {value: "search", with: map[string]any{
			"cluster.nodePools":     []any{pool("general"), pool("web"), pool("background")},
			"observability.pool":    "background",
			"ingress.pool":          "background",
			"mastodon.housekeeping": object{"pool": "background"},
		}},
		"database.engine":  {value: "advanced_pg", with: map[string]any{"database.size": "gd-2vcpu-8gb"}},
		"database.size":    {value: "db-s-6vcpu-16gb"},
		"database.version": {value: "17", with: map[string]any{"backup.postgres.tag": "17.10-bookworm"}},
		// Each type goes with one of them.
		"loadBalancer.type": {value: "REGIONAL_NETWORK", with: map[string]any{
			"loadBalancer.proxyProtocol": false, "ingress.trustedRanges": []any{},
		}},
		"loadBalancer.proxyProtocol": {value: false, with: map[string]any{
			"loadBalancer.type": "REGIONAL_NETWORK", "ingress.trustedRanges": []any{},
		}},
		"dns.mail.relay.dkim[].value": {
			value: "v=DKIM1; k=rsa; p=MIGf", with: map[string]any{"dns.mail.relay.dkim[0].cname": ""},
		},
		"dns.records": {value: []any{object{"name": "branches", "type": "NS", "value": "dns1.p01.nsone.net"}}},
		"dns.zone": {value: "social.example.org", with: map[string]any{
			"dns.manageZone": true, "storage.mediaHost": "media.social.example.org",
			"storage.assetsHost": "static.social.example.org", "mastodon.streamingHost": "streaming.social.example.org",
			"dns.mail.relay.mailFrom.host": "bounces.social.example.org", "docs.host": "handbook.social.example.org",
			"docs.aliases": []any{}, "docs.branchDomain": "",
		}},
		"mastodon.sidekiq": {value: []any{
			group("most", "default", "push", "ingress", "pull", "fasp"), group("mailers", "mailers"), scheduler,
		}},
		"mastodon.sidekiq[].queues": {value: []any{"default,9", "push,6", "ingress", "mailers", "pull", "fasp"}},
		"docs.variables[].name":     {value: "NODE_OPTIONS"},
		"docs.variables[].branch":   {value: "main"},
		"docs.variables[].secret": {
			value: true, with: map[string]any{"docs.variables[0].value": "", "docs.variables[0].context": "production"},
			secrets: strings.Replace(w.secrets, `"docsVariables":{`, `"docsVariables":{"NODE_VERSION":"24",`, 1),
		},
		"docs.branchDomain": {value: "deploys.example.org", with: map[string]any{
			"dns.records": []any{
				object{"name": "deploys", "type": "NS", "value": "dns1.p01.nsone.net"},
				object{"name": "branches", "type": "NS", "value": "dns1.p01.nsone.net"},
			},
		}},
		"monitoring.slackChannel":    {value: "#operations"},
		"policy.release.resource":    {value: "database-cluster"},
		"policy.release.id":          {value: "1b7f6f3a-2a7e-4c55-a8f5-0e3f1a1f0b9d"},
		"mastodon.smtp.from":         {value: "Mastodon <mastodon@example.org>"},
		"ingress.values":             {value: object{"controller": object{"terminationGracePeriodSeconds": 600}}},
		"ingress.certManager.values": {value: object{"replicaCount": 2}},
		"mastodon.values":            {value: object{"mastodon": object{"logLevel": object{"rails": "debug"}}}},
		"observability.values":       {value: object{"prometheus": object{"extra": true}}},
		"backup.elsewhere.bucket":    {value: "other-backups"},
		"mastodon.environment":       {value: object{"MAX_TOOT_CHARS": "2000"}},
	}
}

// candidates are values that a setting may be changed to.
func (w *world) candidates(s reference.Setting, at string, current any, base object) []candidate {
	if one, ok := w.given()[s.Path]; ok {
		return []candidate{one}
	}
	var values []any
	switch {
	case s.Type == "group" || s.Type == "list of groups":
		if s.Required && s.Type == "group" || s.Default != nil {
			return nil
		}
		values = shorter(current)
	case s.Type == "true or false":
		values = []any{current != true}
	case len(s.Allowed) > 0 && s.Type == "text":
		for _, value := range s.Allowed {
			values = append(values, value)
		}
	case len(s.Allowed) > 0 && s.Type == "whole number":
		for _, value := range s.Allowed {
			n, _ := strconv.Atoi(value)
			values = append(values, float64(n))
		}
	case s.Type == "whole number" || s.Type == "number":
		n, _ := current.(float64)
		values = []any{n + 1, n - 1, 2 * n, n + 10, n / 2}
	case strings.HasPrefix(s.Type, "list"):
		values = append(shorter(current), w.elsewhere(at, s.Path)...)
		for _, value := range append(s.Allowed, s.Example) {
			values = append(values, []any{value})
		}
	case s.Type == "mapping":
		values = []any{object{"example.org/new": "yes"}, object{"NEW_VARIABLE": "yes"}}
	default:
		values = append(w.elsewhere(at, s.Path), s.Example)
		if s.Default != nil {
			values = append(values, s.Default)
		}
		values = append(values, altered(fmt.Sprint(current))...)
		values = append(values, alikes(base, s.Key())...)
	}
	var all []candidate
	for _, value := range values {
		if value != "" && !reflect.DeepEqual(value, current) {
			all = append(all, candidate{value: value})
		}
	}
	return all
}

// shorter is a list without its last element; or nothing, of what may be left out.
func shorter(current any) []any {
	if list, ok := current.([]any); ok && len(list) > 1 {
		return []any{list[:len(list)-1]}
	}
	return []any{nil}
}

// elsewhere are the values that a setting has in other stacks.
func (w *world) elsewhere(at, path string) []any {
	var values []any
	for _, other := range w.others {
		for _, place := range append([]string{at}, places(other, path)...) {
			if value := get(other, place); value != nil && !slices.ContainsFunc(values, func(v any) bool {
				return fmt.Sprint(v) == fmt.Sprint(value)
			}) {
				values = append(values, value)
			}
		}
	}
	return values
}

// alikes are the values of settings of the same name.
func alikes(in any, key string) []any {
	var values []any
	switch in := in.(type) {
	case object:
		for _, name := range slices.Sorted(maps.Keys(in)) {
			if text, ok := in[name].(string); ok && name == key {
				values = append(values, text)
			}
			values = append(values, alikes(in[name], key)...)
		}
	case []any:
		for _, element := range in {
			values = append(values, alikes(element, key)...)
		}
	}
	return values
}

var lastNumber = regexp.MustCompile(`[0-9]+([^0-9]*)$`)

// altered are texts that are like one, and may be of its kind.
func altered(text string) []any {
	var values []any
	if at := lastNumber.FindStringSubmatchIndex(text); at != nil {
		n, _ := strconv.Atoi(text[at[0]:at[2]])
		for _, number := range []int{n + 1, n - 1, 2 * n} {
			values = append(values, text[:at[0]]+strconv.Itoa(number)+text[at[2]:])
		}
	}
	values = append(values, "new-"+text, text+"b")
	if text != "" {
		values = append(values, text[:len(text)-1]+"b")
	}
	return values
}

// places are those of a path with [] in settings: "a[0].b", "a[1].b". What is in a group that is left out has none.
func places(in object, path string) []string {
	found := []string{""}
	for part := range strings.SplitSeq(path, ".") {
		name, list := strings.CutSuffix(part, "[]")
		var next []string
		for _, at := range found {
			at = strings.TrimPrefix(at+"."+name, ".")
			if !list {
				if _, ok := parent(in, at).(object); ok {
					next = append(next, at)
				}
				continue
			}
			elements, _ := get(in, at).([]any)
			for i := range elements {
				next = append(next, fmt.Sprintf("%s[%d]", at, i))
			}
		}
		found = next
	}
	return found
}

func parent(in object, at string) any {
	i := strings.LastIndex(at, ".")
	if i < 0 {
		return in
	}
	return get(in, at[:i])
}

var step = regexp.MustCompile(`(\w+)(?:\[(\d+)\])?`)

// get is the value at a place; nil if there is none.
func get(in any, at string) any {
	for _, s := range step.FindAllStringSubmatch(at, -1) {
		mapping, _ := in.(object)
		in = mapping[s[1]]
		if s[2] != "" {
			list, _ := in.([]any)
			i, _ := strconv.Atoi(s[2])
			if i >= len(list) {
				return nil
			}
			in = list[i]
		}
	}
	return in
}

// put sets the value at a place. Groups that are not there are made; elements of lists are.
func put(in object, value any, at string) {
	steps := step.FindAllStringSubmatch(at, -1)
	for _, s := range steps[:len(steps)-1] {
		if s[2] != "" {
			i, _ := strconv.Atoi(s[2])
			in = in[s[1]].([]any)[i].(object)
			continue
		}
		inner, ok := in[s[1]].(object)
		if !ok {
			inner = object{}
			in[s[1]] = inner
		}
		in = inner
	}
	in[steps[len(steps)-1][1]] = value
}
