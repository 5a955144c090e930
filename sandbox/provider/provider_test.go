package provider_test

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
)

type inputs = providertest.Inputs

const (
	ship  = "fleet:index/ship:Ship"
	probe = "fleet:index/probe:Probe"
)

// The types of an SDK that has one of everything.
type (
	ShipArgs struct{ Name pulumi.StringInput }
	shipArgs struct {
		Name     *string           `pulumi:"name"`
		Registry string            `pulumi:"registry"`
		Class    *string           `pulumi:"class"`
		Warp     *float64          `pulumi:"warp"`
		Decks    *int              `pulumi:"decks"`
		Cloaked  *bool             `pulumi:"cloaked"`
		Orders   *string           `pulumi:"orders"`
		Sector   *string           `pulumi:"sector"`
		Crew     *shipCrew         `pulumi:"crew"`
		Tags     []string          `pulumi:"tags"`
		Route    []shipLeg         `pulumi:"route"`
		Labels   map[string]string `pulumi:"labels"`
	}
	shipCrew struct {
		Captain string  `pulumi:"captain"`
		Size    *int    `pulumi:"size"`
		Rank    *string `pulumi:"rank"`
		Badge   *string `pulumi:"badge"`
	}
	shipLeg struct {
		Star    string  `pulumi:"star"`
		Arrival *string `pulumi:"arrival"`
	}
	Ship struct {
		pulumi.CustomResourceState
		Mass   pulumi.IntOutput    `pulumi:"mass"`
		Prefix pulumi.StringOutput `pulumi:"prefix"`
	}
	fleetArgs struct {
		Code    *string  `pulumi:"code"`
		Speed   *float64 `pulumi:"speed"`
		Shields *bool    `pulumi:"shields"`
	}
	hailArgs struct {
		Registry string `pulumi:"registry"`
	}
)

func (ShipArgs) ElementType() reflect.Type { return reflect.TypeOf(shipArgs{}) }

// fleet is a package that has one of everything.
func fleet(c *cloud.Cloud) plugin.Provider {
	return sim.New(sim.Package{
		Name:    "fleet",
		Version: "1.2.3",
		Config:  sim.FieldsOf(fleetArgs{}, sim.Rules{Secret: "code"}),
		Authorize: func(config sim.State, token string) error {
			if config.String("code") == "" {
				return errors.New("no code for " + token)
			}
			return nil
		},
		Resources: map[string]sim.Resource{ship: sim.From(ShipArgs{}, Ship{}, sim.Rules{
			AutoNamed: "name", Replaces: "registry crew.rank", Computed: "sector crew.badge route.arrival",
			Unordered: "tags", Secret: "orders prefix",
			Defaults: map[string]any{"class": "constitution", "crew.size": 430},
			Checks: map[string][]sim.Check{
				"class": {sim.OneOf("constitution", "miranda")}, "warp": {sim.Between(0, 9.9)},
				"orders": {func(any) error { return errors.New("must be plain") }},
			},
		}, sim.Resource{
			Check: func(s sim.State) []error {
				if s.Known("warp", "cloaked") && s.Number("warp") > 5 && s.Bool("cloaked") {
					return []error{errors.New("warp and cloaked contradict each other")}
				}
				return nil
			},
			Replaces: func(before, after sim.State) []string {
				if after.Int("decks") < before.Int("decks") {
					return []string{"decks"}
				}
				return nil
			},
			Create: func(call sim.Call, s sim.State) (string, error) {
				if s.String("registry") == "NCC-0" {
					return "", errors.New("no such registry")
				}
				s.SetDefault("sector", "001")
				s.Merge(sim.State{"mass": 190000, "prefix": "16309", "__dock": "1"})
				if crew := s.Object("crew"); crew != nil {
					crew["badge"] = "gold"
				}
				return s.String("registry"), call.Put(cloud.Object{Type: probe, ID: "p-" + s.String("registry")})
			},
			Update: func(_ sim.Call, _ string, before, s sim.State) error {
				if s.Number("warp") > 9 {
					return errors.New("she cannot take any more")
				}
				s["mass"] = before.Int("mass") + 1
				return nil
			},
			Delete: func(_ sim.Call, _ string, s sim.State) error {
				if s.Bool("cloaked") {
					return errors.New("cannot find her")
				}
				return nil
			},
		})},
		Functions: map[string]sim.Function{"fleet:index/hail:hail": {
			Inputs: sim.FieldsOf(hailArgs{}, sim.Rules{}),
			Call: func(call sim.Call, args sim.State) (sim.State, error) {
				_, ok := call.Get(ship, args.String("registry"))
				return sim.State{"answered": ok, "channel": "sub-space"}, nil
			},
		}},
	}, c)
}

var host = inputs{"name": "host", "registry": "NCC-1701"}

func newWorld(t *testing.T) *providertest.World {
	t.Helper()
	return providertest.New(t, fleet, inputs{"code": "0000"})
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		change inputs
		want   string
	}{
		"unknown property": {
			inputs{"wrap": 1}, "fleet:index/ship:Ship: unknown property wrap; known are class, cloaked",
		},
		"missing property": {inputs{"registry": nil}, "missing required property registry, a string"},
		"wrong type":       {inputs{"warp": "fast"}, `warp = "fast": must be a number`},
		"fraction":         {inputs{"decks": 1.5}, "decks = 1.5: must be a whole number"},
		"not a list":       {inputs{"tags": "a"}, `tags = "a": must be a list`},
		"wrong element":    {inputs{"tags": []any{"a", true}}, "tags[1] = true: must be a string"},
		"wrong in map":     {inputs{"labels": map[string]any{"a": 1}}, "labels.a = 1: must be a string"},
		"enumeration":      {inputs{"class": "galaxy"}, `class = "galaxy": must be one of constitution, miranda`},
		"range":            {inputs{"warp": 10}, "warp = 10: must be between 0 and 9.9"},
		"nested unknown": {
			inputs{"crew": map[string]any{"captain": "k", "cat": 1}},
			"unknown property crew.cat; known are badge, captain",
		},
		"nested missing":   {inputs{"crew": map[string]any{}}, "missing required property crew.captain"},
		"nested in list":   {inputs{"route": []any{map[string]any{}}}, "missing required property route[0].star"},
		"combination":      {inputs{"warp": 6, "cloaked": true}, "warp and cloaked contradict each other"},
		"secret by schema": {inputs{"orders": "attack"}, "orders = [secret]: must be plain"},
		"secret by program": {
			inputs{"class": resource.MakeSecret(resource.NewProperty("hidden"))}, "class = [secret]: must be one of",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Check(ship, "s", nil, providertest.With(host, test.change))
			w.In(t).Refused(err, test.want)
		})
	}
	_, err := w.Check("fleet:index/tug:Tug", "s", nil, host)
	w.Refused(err, "fleet:index/tug:Tug: unknown resource type; the simulated provider fleet has fleet:index/ship:Ship")
	_, err = w.Check(ship, "s", nil, inputs{"warp": "x", "cloaked": "y"})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three failures at once, got %v", err)
	}
}

func TestUnknownValuesPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outputs := w.Preview(ship, "s", inputs{
		"name": providertest.Unknown(), "registry": providertest.Unknown(), "class": providertest.Unknown(),
		"warp": providertest.Unknown(), "cloaked": true,
		"tags": []any{providertest.Unknown()}, "crew": map[string]any{"captain": providertest.Unknown()},
		"route": providertest.Unknown(),
	})
	for _, key := range []resource.PropertyKey{"registry", "sector", "mass"} {
		if !outputs[key].IsComputed() {
			t.Errorf("%s = %v, want it unknown", key, outputs[key])
		}
	}
	if !outputs["prefix"].IsSecret() || !outputs["crew"].ObjectValue()["badge"].IsComputed() {
		t.Errorf("prefix and crew.badge = %v, %v", outputs["prefix"], outputs["crew"])
	}
	if _, made := w.Cloud.Get(probe, "p-"); made || len(w.Cloud.List(ship)) > 0 {
		t.Error("a preview made something")
	}
}

func TestDefaultsAndNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.Create(ship, "reliant", inputs{"registry": "NCC-1864", "crew": map[string]any{"captain": "terrell"}})
	if r.Text("class") != "constitution" || r.Get("crew").(map[string]any)["size"] != 430.0 {
		t.Errorf("defaults were not filled in: %v", r.Outputs)
	}
	name := r.Text("name")
	if !strings.HasPrefix(name, "reliant-") || len(name) != len("reliant-")+7 {
		t.Errorf("automatic name %q", name)
	}
	again := inputs{"registry": "NCC-1864", "crew": map[string]any{"captain": "terrell"}}
	if diff := w.Diff(r, again); diff.Changes != plugin.DiffNone {
		t.Errorf("the same inputs differ: %s", providertest.Changes(diff))
	}
	replaced := w.Diff(r, providertest.With(again, inputs{"registry": "NCC-1"}))
	if replaced.DeleteBeforeReplace {
		t.Error("an automatic name allows the new resource to come first")
	}
}

func TestDiffIsPerProperty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := providertest.With(host, inputs{
		"warp": 5, "decks": 21, "sector": "002", "tags": []any{"a", "b"}, "labels": map[string]any{"x": "1"},
		"crew":  map[string]any{"captain": "main", "rank": "captain"},
		"route": []any{map[string]any{"star": "vega"}, map[string]any{"star": "rigel"}},
	})
	r := w.Create(ship, "host", base)
	for name, test := range map[string]struct {
		change inputs
		want   string
	}{
		"nothing":           {inputs{}, ""},
		"update":            {inputs{"warp": 6}, "warp update"},
		"add":               {inputs{"cloaked": true}, "cloaked add"},
		"delete":            {inputs{"warp": nil}, "warp delete"},
		"replace":           {inputs{"registry": "NCC-1701-A"}, "registry update-replace"},
		"conditional":       {inputs{"decks": 20}, "decks update-replace"},
		"condition not met": {inputs{"decks": 22}, "decks update"},
		"order of a set":    {inputs{"tags": []any{"b", "a"}}, ""},
		"a set":             {inputs{"tags": []any{"b", "c"}}, "tags[0] update, tags[1] update"},
		"a map":             {inputs{"labels": map[string]any{"y": "1"}}, "labels.x delete, labels.y add"},
		"the cloud's own":   {inputs{"sector": nil}, ""},
		"nested": {
			inputs{"crew": map[string]any{"captain": "archive", "rank": "commander"}},
			"crew.captain update, crew.rank update-replace",
		},
		"shorter list": {inputs{"route": []any{map[string]any{"star": "vega"}}}, "route[1] delete"},
		"order of list": {
			inputs{"route": []any{map[string]any{"star": "rigel"}, map[string]any{"star": "vega"}}},
			"route[0].star update, route[1].star update",
		},
		"not known yet": {inputs{"registry": providertest.Unknown()}, "registry update-replace"},
		"secret now":    {inputs{"warp": resource.MakeSecret(resource.NewProperty(5.0))}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			diff := w.In(t).Diff(r, providertest.With(base, test.change))
			if got := providertest.Changes(diff); got != test.want {
				t.Errorf("diff is %q, want %q", got, test.want)
			}
			replace := strings.Contains(test.want, "replace")
			if diff.Replace() != replace || diff.DeleteBeforeReplace != replace {
				t.Errorf("replace %t, delete before %t, want both %t",
					diff.Replace(), diff.DeleteBeforeReplace, replace)
			}
		})
	}
}

func TestIgnoredChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.Create(ship, "host", providertest.With(host, inputs{"warp": 5, "crew": map[string]any{"captain": "main"}}))
	inputs, err := w.Check(ship, "host", r.Inputs, providertest.With(host, inputs{
		"warp": 6, "crew": map[string]any{"captain": "archive"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	diff, err := w.Provider.Diff(context.Background(), plugin.DiffRequest{
		Type: ship, ID: resource.ID(r.ID), OldInputs: r.Inputs, OldOutputs: r.Outputs, NewInputs: inputs,
		IgnoreChanges: []string{"crew"},
	})
	if err != nil || providertest.Changes(diff) != "warp update" {
		t.Errorf("diff is %q, %v, want warp alone", providertest.Changes(diff), err)
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.Create(ship, "host", providertest.With(host, inputs{
		"warp": 5, "cloaked": false, "labels": map[string]any{"x": resource.MakeSecret(resource.NewProperty("1"))},
	}))
	if r.ID != "NCC-1701" || r.Get("mass") != 190000.0 || r.Text("sector") != "001" {
		t.Errorf("created %v", r)
	}
	if !r.Outputs["prefix"].IsSecret() || !r.Outputs["labels"].ObjectValue()["x"].IsSecret() ||
		r.Outputs["mass"].IsSecret() {
		t.Errorf("wrong outputs are secret: %v", r.Outputs)
	}
	if _, leaked := r.Outputs["__dock"]; leaked {
		t.Error("the simulation's own property left the cloud")
	}
	if read, _, _ := w.Refresh(r); !read.Inputs.DeepEquals(r.Inputs) || !read.Outputs.DeepEquals(r.Outputs) {
		t.Errorf("a refresh without a change made\n%v\n%v\nof\n%v\n%v", read.Inputs, read.Outputs, r.Inputs, r.Outputs)
	}
	text, _ := os.ReadFile(w.Path)
	if !strings.Contains(string(text), `"__dock": "1"`) {
		t.Error("the simulation's own property is not kept")
	}
	changed, err := w.Update(r, providertest.With(host, inputs{"cloaked": true}))
	if err != nil || changed.Get("mass") != 190001.0 || changed.Text("sector") != "001" {
		t.Errorf("update: %v, %v", changed, err)
	}
	if _, ok := changed.Outputs["warp"]; ok {
		t.Error("a removed input is still an output")
	}
	_, err = w.Update(r, providertest.With(host, inputs{"warp": 9.5}))
	w.Refused(err, "she cannot take any more")
	if _, drift, _ := w.Refresh(changed); drift != "" {
		t.Errorf("a refused update left %q", drift)
	}
	w.Refused(w.Delete(changed), "cannot find her")
	w.Edit(changed, func(outputs map[string]any) { outputs["cloaked"] = false })
	if err := w.Delete(changed); err != nil {
		t.Error(err)
	}
	if err := w.Delete(changed); err != nil {
		t.Errorf("deleting what is gone: %v", err)
	}
	_, err = w.Update(changed, host)
	w.Refused(err, "not in the cloud any more")
}

func TestRefusedCreateMakesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Try(ship, "s", providertest.With(host, inputs{"registry": "NCC-0"}))
	w.Refused(err, "no such registry")
	if len(w.Cloud.List(ship)) > 0 {
		t.Error("an object exists")
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := providertest.With(host, inputs{
		"warp": 5, "tags": []any{"a", "b"}, "crew": map[string]any{"captain": "main"},
		"route": []any{map[string]any{"star": "vega"}},
	})
	for name, test := range map[string]struct {
		edit func(map[string]any)
		want string
	}{
		"none":         {func(map[string]any) {}, ""},
		"changed":      {func(o map[string]any) { o["warp"] = 2 }, "warp update"},
		"removed":      {func(o map[string]any) { delete(o, "warp") }, "warp delete"},
		"added":        {func(o map[string]any) { o["labels"] = map[string]any{"x": "1"} }, "labels add"},
		"switched on":  {func(o map[string]any) { o["cloaked"] = true }, "cloaked add"},
		"switched off": {func(o map[string]any) { o["cloaked"] = false }, ""},
		"default":      {func(o map[string]any) { o["class"] = "miranda" }, "class update"},
		"cloud's own":  {func(o map[string]any) { o["sector"] = "004"; o["mass"] = 1 }, ""},
		"nested": {
			func(o map[string]any) { o["crew"].(map[string]any)["captain"] = "khan" }, "crew.captain update",
		},
		"nested computed":  {func(o map[string]any) { o["crew"].(map[string]any)["badge"] = "red" }, ""},
		"set in any order": {func(o map[string]any) { o["tags"] = []any{"b", "a"} }, ""},
		"longer list": {
			func(o map[string]any) { o["route"] = append(o["route"].([]any), map[string]any{"star": "deneb"}) },
			"route[1] add",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.In(t)
			r := w.Create(ship, "host", base)
			w.Edit(r, test.edit)
			if _, drift, found := w.Refresh(r); !found || drift != test.want {
				t.Errorf("drift is %q (found %t), want %q", drift, found, test.want)
			}
		})
	}
	r := w.Create(ship, "host", base)
	if err := w.Cloud.Delete(ship, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, found := w.Refresh(r); found {
		t.Error("a deleted object was found")
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.Create(ship, "host", providertest.With(host, inputs{"warp": 5}))
	read, _, found := w.Refresh(providertest.Resource{Type: ship, Name: "x", ID: r.ID})
	if !found || read.Inputs["warp"].V != 5.0 || read.Inputs["sector"].V != "001" ||
		read.Inputs["registry"].V != "NCC-1701" {
		t.Errorf("imported %v, %t", read.Inputs, found)
	}
}
