package cluster_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/cluster"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// listener notes what a program says, or fails.
type listener struct {
	pulumi.Log
	heard []string
	err   error
}

func (l *listener) Info(message string, _ *pulumi.LogArgs) error {
	l.heard = append(l.heard, message)
	return l.err
}

func (l *listener) Warn(message string, _ *pulumi.LogArgs) error {
	l.heard = append(l.heard, "warning: "+message)
	return l.err
}

func (l *listener) to(program pulumi.RunFunc) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		ctx.Log = l
		return program(ctx)
	}
}

// running answers the look-up of the running cluster.
func running(version string) map[string]mocks.Answer {
	return map[string]mocks.Answer{
		lookUp: func(args resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{"name": args["name"], "version": resource.NewProperty(version)}, nil
		},
	}
}

func TestClusterVersion(t *testing.T) {
	t.Parallel()
	const newest = `Kubernetes 1.35.2-do.1: the newest that is offered under "1.35"`
	for _, test := range []struct {
		name, running string
		auto          bool
		version       string
		ignored       bool
		says, problem string
	}{
		{name: "new cluster", version: "1.35.2-do.1", says: newest},
		{name: "new cluster with upgrades", auto: true, version: "1.35.2-do.1", says: newest},
		{
			name: "DigitalOcean upgrades", running: "1.35.1-do.0", auto: true, version: "1.35.1-do.0", ignored: true,
			says: "Kubernetes 1.35.1-do.0: it runs, and DigitalOcean installs patch releases",
		},
		{
			name: "the program upgrades", running: "1.35.1-do.0", version: "1.35.2-do.1",
			says: newest + "; 1.35.1-do.0 runs",
		},
		{
			name: "nothing newer", running: "1.35.2-do.1", version: "1.35.2-do.1", ignored: true,
			says: `Kubernetes 1.35.2-do.1: it runs, and nothing newer is offered under "1.35"`,
		},
		{
			name: "a withdrawn release", running: "1.35.3-do.0", version: "1.35.3-do.0", ignored: true,
			says: `Kubernetes 1.35.3-do.0: it runs, and nothing newer is offered under "1.35"`,
		},
		{
			name: "a new prefix", running: "1.34.5-do.2", auto: true, version: "1.35.2-do.1",
			says: newest + "; 1.34.5-do.2 runs",
		},
		{
			name: "a new prefix with patches outstanding", running: "1.34.3-do.0", auto: true, version: "1.34.5-do.2",
			says: `warning: Kubernetes 1.34.5-do.2: the newest patch release of 1.34, which has to be there before ` +
				`another minor version; when it runs, run pulumi up again for the next step to "1.35"`,
		},
		{
			name: "a prefix that is two ahead", running: "1.33.9-do.0", auto: true, version: "1.34.5-do.2",
			says: `warning: Kubernetes 1.34.5-do.2: one minor version after 1.33.9-do.0, which runs: none can be ` +
				`left out; when it runs, run pulumi up again for the next step to "1.35"`,
		},
		{
			name: "a lower prefix", running: "1.36.0-do.0", auto: true, version: "1.36.0-do.0", ignored: true,
			says: `warning: Kubernetes 1.36.0-do.0: it runs, and vmst:settings.cluster.version "1.35" is lower: ` +
				`Kubernetes cannot be downgraded; set it to "1.36"`,
		},
		{name: "a version of another form", running: "latest", problem: `version "latest" is not of the form`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := arguments()
			args.AutoUpgrade = test.auto
			r := &mocks.Recorder{}
			if test.running != "" {
				r.Answers = running(test.running)
			}
			l := &listener{}
			err := r.Run(l.to(program(args, new(*cluster.Cluster))))
			if test.problem != "" {
				require.ErrorContains(t, err, test.problem)
				require.Empty(t, r.OfType(clusterType))
				require.Empty(t, l.heard)
				return
			}
			require.NoError(t, err)
			made := r.One(t, clusterType, "cluster-cluster")
			require.Equal(t, test.version, made.Input("version"))
			require.Equal(t, test.ignored, len(made.IgnoreChanges) == 1 && made.IgnoreChanges[0] == "version")
			require.Equal(t, []string{test.says}, l.heard)
		})
	}
}

// New clusters cannot have 1.34 any more, but the one that runs it can be upgraded within it, and has to be.
func TestPatchesOfAMinorVersionThatIsNotOffered(t *testing.T) {
	t.Parallel()
	for runs, test := range map[string]struct {
		upgrades []string
		err      error
		version  string
		says     string
	}{
		"1.34.3-do.0": {
			[]string{"1.34.9-do.1", "1.35.2-do.1"},
			nil, "1.34.9-do.1",
			"warning: Kubernetes 1.34.9-do.1: the newest patch release of 1.34, which has to be there before another " +
				"minor version; ",
		},
		"1.34.9-do.1": {
			[]string{"1.35.2-do.1"}, nil, "1.35.2-do.1", "Kubernetes 1.35.2-do.1: the newest that is offered",
		},
		"1.35.1-do.0": {
			nil, errors.New("never asked"), "1.35.2-do.1", "Kubernetes 1.35.2-do.1: the newest that is offered",
		},
		"1.34.8-do.0": {nil, errors.New("no network"), "", ""},
	} {
		args := arguments()
		args.AutoUpgrade = false
		args.Upgrades = func() ([]string, error) { return test.upgrades, test.err }
		r := &mocks.Recorder{Answers: running(runs)}
		r.Answers[versions] = mocks.OfferingKubernetes("1.36.1-do.0", "1.35.2-do.1")
		l := &listener{}
		err := r.Run(l.to(program(args, new(*cluster.Cluster))))
		if test.version == "" {
			require.ErrorContains(t, err, `vmst:settings.cluster.version "1.35": no network`)
			require.Empty(t, r.OfType(clusterType))
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.version, r.One(t, clusterType, "cluster-cluster").Input("version"))
		require.Len(t, l.heard, 1)
		require.Contains(t, l.heard[0], test.says)
	}
}

func TestClusterVersionIsNewestWhateverTheOrder(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Answers: map[string]mocks.Answer{
		versions: mocks.OfferingKubernetes(
			"1.35.9-do.3", "1.350.1-do.0", "1.35.10-do.0", "1.35.10-do.1", "1.3.5-do.0", "unheard-of"),
	}}
	require.NoError(t, r.Run(program(arguments(), new(*cluster.Cluster))))
	require.Equal(t, "1.35.10-do.1", r.One(t, clusterType, "cluster-cluster").Input("version"))
}

func TestClusterVersionThatIsNotOffered(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.Version = "1.31"
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(program(args, new(*cluster.Cluster))),
		`vmst:settings.cluster.version "1.31": DigitalOcean offers no such version of Kubernetes; `+
			`it offers 1.35.2-do.1, 1.35.1-do.0, 1.34.5-do.2`)
	require.Empty(t, r.OfType(clusterType))
}

// What was upgraded by force runs a minor version that the prefix does not have, and DigitalOcean no longer offers the
// prefix itself: its list begins with what it upgraded to.
func TestClusterVersionThatWasUpgradedByForce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ prefix, minor, running string }{
		{"1.35", "1.36", "1.36.3-do.5"}, {"1.9", "1.10", "1.10.1-do.0"},
	} {
		for _, auto := range []bool{true, false} {
			args := arguments()
			args.Version, args.AutoUpgrade = test.prefix, auto
			r := &mocks.Recorder{Answers: running(test.running)}
			r.Answers[versions] = mocks.OfferingKubernetes("1.38.1-do.0", "1.37.4-do.2", "1.36.3-do.5")
			l := &listener{}
			require.NoError(t, r.Run(l.to(program(args, new(*cluster.Cluster)))))
			made := r.One(t, clusterType, "cluster-cluster")
			require.Equal(t, test.running, made.Input("version"))
			require.Equal(t, []string{"version"}, made.IgnoreChanges)
			require.Equal(t, []string{fmt.Sprintf("warning: Kubernetes %s: it runs, and "+
				"vmst:settings.cluster.version %q is lower: Kubernetes cannot be downgraded; set it to %q",
				test.running, test.prefix, test.minor)}, l.heard)
		}
	}
}

func TestClusterVersionThatCannotBeSaid(t *testing.T) {
	t.Parallel()
	l := &listener{err: errors.New("the line is dead")}
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(l.to(program(arguments(), new(*cluster.Cluster)))),
		`saying which version cluster "main-vmst-io" gets: the line is dead`)
	require.Empty(t, r.OfType(clusterType))
}
