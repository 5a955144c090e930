package provider_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
)

// The types of an SDK, as Pulumi generates them.
type (
	StationArgs struct{ Name pulumi.StringInput }
	stationArgs struct {
		Name   *string           `pulumi:"name"`
		Sector string            `pulumi:"sector"`
		Docks  []stationDock     `pulumi:"docks"`
		Ranks  []string          `pulumi:"ranks"`
		Crew   *stationCrew      `pulumi:"crew"`
		Labels map[string]string `pulumi:"labels"`
	}
	stationDock struct {
		Number int      `pulumi:"number"`
		Length *float64 `pulumi:"length"`
	}
	stationCrew struct {
		Captain string `pulumi:"captain"`
		Absent  *bool  `pulumi:"absent"`
	}
	Station struct {
		pulumi.CustomResourceState
		Name   pulumi.StringOutput `pulumi:"name"`
		Sector pulumi.StringOutput `pulumi:"sector"`
		Mass   pulumi.IntOutput    `pulumi:"mass"`
		Code   pulumi.StringOutput `pulumi:"code"`
	}
)

func (StationArgs) ElementType() reflect.Type { return reflect.TypeOf(stationArgs{}) }

const station = "fleet:index/station:Station"

// newStations is a world with one type that is taken from the SDK. Its creation takes an hour.
func newStations(t *testing.T, rest sim.Resource) *providertest.World {
	t.Helper()
	if rest.Create == nil {
		rest.Create = func(_ sim.Call, s sim.State) (string, error) {
			s.Merge(sim.State{"mass": 7, "code": "1701"})
			return s.String("name"), nil
		}
	}
	declared := sim.From(StationArgs{}, Station{}, sim.Rules{
		AutoNamed: "name", Required: "docks", Replaces: "sector docks.number", Computed: "crew.absent", Secret: "code",
		Defaults: map[string]any{"docks.length": 1.5}, Unordered: "ranks",
		Checks: map[string][]sim.Check{"ranks[]": {sim.OneOf("captain", "ensign")}, "sector": {sim.OneOf("001")}},
	}, rest)
	return providertest.New(t, func(c *cloud.Cloud) plugin.Provider {
		return sim.New(sim.Package{
			Name: "fleet", Version: "1.2.3", Slow: map[string]time.Duration{station: time.Hour},
			Resources: map[string]sim.Resource{station: declared},
		}, c)
	}, nil)
}

var deepSpace = inputs{"name": "9", "sector": "001", "docks": []any{map[string]any{"number": 1}}}

// Names, types and what is required come from the SDK, the rest from the rules.
func TestDerivation(t *testing.T) {
	t.Parallel()
	w := newStations(t, sim.Resource{})
	for name, test := range map[string]struct {
		change inputs
		want   string
	}{
		"names":              {inputs{"nope": 1}, "known are crew, docks, labels, name, ranks, sector"},
		"no pointer":         {inputs{"sector": nil}, "missing required property sector, a string"},
		"required by a rule": {inputs{"docks": nil}, "missing required property docks, a list"},
		"list":               {inputs{"docks": 1}, "docks = 1: must be a list"},
		"in a list": {
			inputs{"docks": []any{map[string]any{"number": 1.5}}}, "docks[0].number = 1.5: must be a whole number",
		},
		"required in a list": {inputs{"docks": []any{map[string]any{}}}, "missing required property docks[0].number"},
		"map":                {inputs{"labels": map[string]any{"a": 1}}, "labels.a = 1: must be a string"},
		"object":             {inputs{"crew": map[string]any{"absent": true}}, "missing required property crew"},
		"check":              {inputs{"sector": "002"}, "must be one of 001"},
		"check of elements":  {inputs{"ranks": []any{"cook"}}, `ranks[0] = "cook": must be one of captain, ensign`},
	} {
		t.Run(name, func(t *testing.T) {
			in := w.In(t)
			_, err := in.Check(station, "s", nil, providertest.With(deepSpace, test.change))
			in.Refused(err, test.want)
		})
	}
	ranked := providertest.With(deepSpace, inputs{"ranks": []any{"captain", "ensign"}})
	made := w.Create(station, "s", ranked)
	if !made.Outputs["code"].IsSecret() || made.Get("mass") != 7.0 || made.Outputs["mass"].IsSecret() {
		t.Errorf("outputs %v", made.Outputs)
	}
	for want, change := range map[string]inputs{
		"docks[0].number update-replace": {"docks": []any{map[string]any{"number": 2}}},
		"docks[0].length update":         {"docks": []any{map[string]any{"number": 1, "length": 2.5}}},
		"":                               {"ranks": []any{"ensign", "captain"}},
	} {
		diff := w.Diff(made, providertest.With(ranked, change))
		if got := providertest.Changes(diff); got != want {
			t.Errorf("diff is %q, want %q", got, want)
		}
	}
}

// A table that names what the SDK does not have, or no longer has, is a mistake of this repository.
func TestRulesForWhatTheSDKDoesNotHave(t *testing.T) {
	t.Parallel()
	for want, rules := range map[string]sim.Rules{
		"StationArgs has no orbit":      {Replaces: "sector orbit"},
		"StationArgs has no crew.cat":   {Defaults: map[string]any{"crew.cat": "spot"}},
		"StationArgs has no docks[].nr": {Checks: map[string][]sim.Check{"docks[].nr": nil}},
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasSuffix(text, want) {
					t.Errorf("panic %q, want %q", text, want)
				}
			}()
			sim.From(StationArgs{}, Station{}, rules, sim.Resource{})
		}()
	}
}

// A creation that takes longer than the provider waits is done all the same.
func TestSlowCreation(t *testing.T) {
	t.Parallel()
	create := func(w *providertest.World, timeout time.Duration) error {
		inputs, err := w.Check(station, "s", nil, deepSpace)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Provider.Create(t.Context(), plugin.CreateRequest{
			URN: "urn:pulumi:a::b::" + station + "::s", Name: "s", Type: station, Properties: inputs,
			Timeout: timeout.Seconds(),
		})
		return err
	}
	there := func(w *providertest.World) bool {
		_, found := w.Cloud.Get(station, "9")
		return found
	}
	if w := newStations(t, sim.Resource{}); create(w, 0) != nil || !there(w) {
		t.Error("who waits for ever gets it")
	}
	forgets := newStations(t, sim.Resource{Waits: 30 * time.Minute})
	err := create(forgets, 0)
	forgets.Refused(err, `timeout while waiting for its creation, which takes 1h0m0s: the provider waits 30m0s`)
	if len(status.Convert(err).Details()) > 0 || !there(forgets) {
		t.Errorf("the provider forgets what is in the cloud (%t): %v", there(forgets), status.Convert(err).Details())
	}
	if w := newStations(t, sim.Resource{Waits: 30 * time.Minute}); create(w, 90*time.Minute) != nil {
		t.Error("the program's Timeouts count")
	}
	keeps := newStations(t, sim.Resource{Waits: 30 * time.Minute, Keeps: true})
	details := status.Convert(create(keeps, 45*time.Minute)).Details()
	if len(details) != 1 || details[0].(*pulumirpc.ErrorResourceInitFailed).GetId() != "9" {
		t.Errorf("what the provider knew by then is no failed resource: %v", details)
	}
	var waited time.Duration
	patient := newStations(t, sim.Resource{
		Waits: 30 * time.Minute, Keeps: true,
		Create: func(call sim.Call, _ sim.State) (string, error) { waited = call.Timeout; return "9", nil },
	})
	if err := create(patient, 90*time.Minute); err != nil || waited != 90*time.Minute {
		t.Errorf("the program's Timeouts count there, too: %v after %s", err, waited)
	}
}
