package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/signals"
)

func TestSizesOfTheObservability(t *testing.T) {
	t.Parallel()
	small := read(t, base(t, "")).Observability
	assert.True(t, small.On())
	assert.Equal(t, settings.ObservabilitySmall, small.Size)
	assert.Equal(t, [...]int{1, 3, 0, 0}, [...]int{
		small.Replicas(), small.RetentionDays, small.VolumeGiB, small.AlertmanagerGiB(),
	})
	full := read(t, base(t, `{observability: {size: full}}`)).Observability
	assert.Equal(t, [...]int{2, 30, 20, 1}, [...]int{
		full.Replicas(), full.RetentionDays, full.VolumeGiB, full.AlertmanagerGiB(),
	})
	assert.Equal(t, settings.Resources{CPU: "250m", Memory: "1Gi", MemoryLimit: "3Gi"}, full.Resources)
	assert.LessOrEqual(t, full.StorageGiB(), full.VolumeGiB, "the defaults fit")

	own := read(t, base(t, `{observability: {size: full, retentionDays: 7, volumeGiB: 10, resources: {memory: 2Gi}}}`))
	assert.Equal(t, [...]int{7, 10}, [...]int{own.Observability.RetentionDays, own.Observability.VolumeGiB})
	assert.Equal(t, settings.Resources{CPU: "250m", Memory: "2Gi", MemoryLimit: "3Gi"}, own.Observability.Resources)

	off := read(t, base(t, `{observability: {size: "off", pool: nowhere}}`))
	assert.False(t, off.Observability.On())
	assert.NotContains(t, off.MonthlyCost().String(), "volumes")
}

func TestObservabilityIsRefused(t *testing.T) {
	t.Parallel()
	const seen = `it would stand in the chart's values, which everybody who may look at the cluster can read; remove it`
	refused(t, []bad{
		{"a size that is none", `{observability: {size: huge}}`, []string{
			`observability.size: "huge" is not allowed; set it to off, small or full`,
		}},
		{"a pool that is none", `{observability: {pool: background}}`, []string{
			`observability.pool: "background" is not the role of a node pool; use general, or leave it out to let ` +
				`the scheduler choose`,
		}},
		{
			"a pool that keeps the pods away",
			`{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2},
				{role: web, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2,
				taints: [{key: a, value: b, effect: NoSchedule}]}]}, observability: {pool: web}}`,
			[]string{
				`observability.pool: the taints of "web" keep the pods away; choose a pool without taints, or use ` +
					`PreferNoSchedule there`,
			},
		},
		{"more memory than a node has", `{observability: {resources: {memory: 64Gi, memoryLimit: 64Gi}}}`, []string{
			`observability.resources.memory: "64Gi" does not fit on a node of 8 GiB; lower the request or use larger ` +
				`nodes`,
		}},
		{"a month on the disk of a node", `{observability: {retentionDays: 30}}`, []string{
			`observability.retentionDays: 30 days of samples would fill the disk of a node, and be lost with it; ` +
				`keep 7 at most, or set volumeGiB to 12 or more`,
		}},
		{"a year in a small volume", `{observability: {size: full, retentionDays: 365}}`, []string{
			`observability.volumeGiB: 20 GiB are too few for the samples of 365 days; set it to 124 or more, or keep ` +
				`them for fewer days`,
		}},
		{"a password for everybody", `{observability: {values: {grafana: {adminPassword: x}}}}`, []string{
			`observability.values.grafana.adminPassword: the value is not free: ` + seen,
		}},
		{"a way in", `{observability: {values: {prometheus: {ingress: {enabled: true}}}}}`, []string{
			`observability.values.prometheus.ingress.enabled: the value is not free: nothing of it is reachable from ` +
				`outside; docs/content/3.run/9.observability.md says how to look at it; remove it`,
		}},
		{"old definitions", `{observability: {values: {crds: {upgradeJob: {enabled: false}}}}}`, []string{
			`observability.values.crds.upgradeJob.enabled: the value is not free: without it, the definitions stay ` +
				`those of the first version; remove it`,
		}},
	})
	accepted(t, map[string]string{
		"a volume in a small one": `{observability: {retentionDays: 30, volumeGiB: 12}}`,
		"a week without a volume": `{observability: {retentionDays: 7}}`,
		"values of one's own":     `{observability: {values: {grafana: {enabled: true}}}}`,
	})
}

func TestSecretsOfTheObservability(t *testing.T) {
	t.Parallel()
	const remote = `{observability: {remoteWrite: {url: "https://a.example.org/write"}}}`
	set := func(name string) string {
		return `; set it with ` + "`pulumi config set --secret --path 'vmst:secrets." + name + "'`"
	}
	require.Equal(t, []string{
		"vmst:secrets.remoteWritePassword: the value is missing" + set("remoteWritePassword"),
		"vmst:secrets.remoteWriteUsername: the value is missing" + set("remoteWriteUsername"),
	}, problems(t, base(t, remote), secrets(t, "")))
	require.Empty(t, problems(t, base(t, remote), secrets(t, `{remoteWriteUsername: a, remoteWritePassword: b}`)))
	require.Equal(t, []string{
		`vmst:settings.observability.remoteWrite.url: "http://a.example.org" is not the address of a service; ` +
			`write a URL that starts with https://`,
	}, problems(t, base(t, `{observability: {remoteWrite: {url: "http://a.example.org"}}}`),
		secrets(t, `{remoteWriteUsername: a, remoteWritePassword: b}`)))
	require.Equal(t, []string{
		"vmst:secrets.deadMansSwitch: the value is not the address of a check; copy the URL that the service shows " +
			"for it; it starts with https://",
	}, problems(t, base(t, ""), secrets(t, `{deadMansSwitch: http://a.example.org}`)))
}

// Of the silence of the monitoring itself nobody learns but by somebody outside, so production is told of it.
func TestWarningOfNoDeadMansSwitch(t *testing.T) {
	t.Parallel()
	const warning = "vmst:secrets.deadMansSwitch: missing in production: when Alertmanager, the relay or the cluster " +
		"is away, nobody is told; make a check at a service that expects a call every five minutes, and set it with " +
		"`pulumi config set --secret --path 'vmst:secrets.deadMansSwitch'`"
	const set = `{deadMansSwitch: https://ping.example.org/x}`
	for _, test := range []struct {
		name, settings, secrets string
		want                    []string
	}{
		{"full", production(t, `{observability: {size: full}}`), "", []string{warning}},
		{"small", production(t, `{observability: {size: small}}`), "", []string{warning}},
		{"set", production(t, `{observability: {size: full}}`), set, nil},
		{"nothing measured", production(t, `{observability: {size: "off"}}`), "", nil},
		{"staging", base(t, ""), "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, hidden, err := settings.Decode(test.settings, secrets(t, test.secrets))
			require.NoError(t, err)
			var got []string
			for _, w := range hidden.Warnings(s) {
				got = append(got, w.String())
			}
			require.Equal(t, test.want, got)
		})
	}
}

// What is promised and watched follows from the settings, and whoever promises nothing of a part has no alert about it.
func TestSignals(t *testing.T) {
	t.Parallel()
	s, err := settings.DecodeSettings(production(t, `{observability: {objectives: {mail: 97.5}}}`))
	require.NoError(t, err)
	e := s.Signals("prod")
	require.Equal(t, "prod", e.Name)
	require.Equal(t, s.Domain, e.Domain)
	require.InDelta(t, 97.5, e.Targets["mail"], 0)
	require.Equal(t, s.Backup.AlarmDays, e.Marks["dump"].AlarmDays)
	require.Regexp(t, `^https://.*/proven/dump\.prom$`, e.Marks["dump"].URL)
	require.Regexp(t, `^https://.*/runs/dump\.prom$`, e.Marks["dump"].LastURL)
	require.Len(t, signals.Objectives(e), len(e.Targets), "every percentage is that of an objective")
	for _, g := range signals.Groups(e) {
		require.NotEmpty(t, g.Rules, g.Name)
	}
	s, err = settings.DecodeSettings(production(t, `{search: {enabled: false}, docs: {enabled: false}}`))
	require.NoError(t, err)
	for _, a := range signals.Alerts(s.Signals("prod")) {
		require.NotContains(t, []string{"SearchIndexingFails", "DocsUnreachable"}, a.Name)
	}
}
