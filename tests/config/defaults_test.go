package config_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/config"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	s, _, err := config.Decode(base(t, ""), secrets(t, ""))
	require.NoError(t, err)

	assert.True(t, s.Cluster.AutoUpgrade)
	assert.Equal(t, config.Window{Day: "sunday", Time: "06:00"}, s.Cluster.Maintenance)
	assert.Equal(t, config.Window{Day: "tuesday", Time: "06:00"}, s.Database.Maintenance)
	assert.Equal(t, config.Window{Day: "wednesday", Time: "06:00"}, s.Cache.Maintenance)
	assert.Equal(t, "8", s.Cache.Version)
	assert.Nil(t, s.Cache.Rails)
	assert.False(t, s.Search.Enabled)
	assert.Equal(t, 3600, s.Storage.CDNTTL)
	assert.Equal(t, 30, s.Storage.OldVersionDays)
	assert.Equal(t, 30, s.Storage.BackupDays)
	assert.Equal(t, config.Chart{
		Repository: "https://kubernetes.github.io/ingress-nginx", Name: "ingress-nginx", Version: "4.15.1",
	}, s.Ingress.Chart)
	assert.Equal(t, config.Chart{
		Repository: "https://charts.jetstack.io", Name: "cert-manager", Version: "v1.21.2",
	}, s.Ingress.CertManager)
	assert.Nil(t, s.Ingress.Image)
	assert.Equal(t, "99m", s.Ingress.MaxBodySize)
	assert.Equal(t, 63072000, s.Ingress.HSTSMaxAge)
	assert.Equal(t, 1800, s.DNS.TTL)
	assert.Empty(t, s.DNS.Mail.MX)

	m := s.Mastodon
	assert.Equal(t, config.Chart{
		Repository: "https://mastodon.github.io/helm-charts/", Name: "mastodon", Version: "1.0.2",
	}, m.Chart)
	assert.Equal(t, config.Image{Repository: "ghcr.io/mastodon/mastodon", Tag: "v4.6.2"}, m.Image)
	assert.Equal(t, "ghcr.io/mastodon/mastodon-streaming", m.StreamingImage)
	assert.Equal(t, "en", m.Locale)
	assert.Equal(t, 2, m.Web.Processes)
	assert.Equal(t, 5, m.Web.Threads)
	assert.Equal(t, config.Resources{CPU: "500m", Memory: "1200Mi", MemoryLimit: "2Gi"}, m.Web.Resources)
	assert.Equal(t, 10, m.Streaming.DatabaseConnections)
	assert.Equal(t, config.Resources{CPU: "250m", Memory: "768Mi", MemoryLimit: "1536Mi"}, m.Sidekiq[0].Resources)
	assert.Equal(t, "plain", m.SMTP.AuthMethod)
	assert.Equal(t, []string{"us_east", "us_west", "eu_west"}, s.Monitoring.Regions)
	assert.Equal(t, []int{90, 90, 80, 2000}, []int{
		s.Monitoring.CPUPercent, s.Monitoring.MemoryPercent, s.Monitoring.DiskPercent, s.Monitoring.LatencyMilliseconds,
	})
}

func TestWhatIsWrittenWins(t *testing.T) {
	t.Parallel()
	s, _, err := config.Decode(base(t, `{cluster: {autoUpgrade: false, maintenance: {time: "03:30"}}, ingress: {hstsMaxAge: 0, chart: {version: 4.15.2}},
		mastodon: {web: {resources: {memory: 1Gi}}, sidekiq: [{name: all, queues: ["default,8", push, ingress, mailers, pull, scheduler, fasp],
		replicas: 1, threads: 5, resources: {memory: 1Gi}}]}, monitoring: {regions: [se_asia]}, search: {enabled: true, size: db-s-1vcpu-2gb, nodes: 1}}`),
		secrets(t, ""))
	require.NoError(t, err)
	assert.False(t, s.Cluster.AutoUpgrade)
	assert.Equal(t, config.Window{Day: "sunday", Time: "03:30"}, s.Cluster.Maintenance)
	assert.Zero(t, s.Ingress.HSTSMaxAge)
	assert.Equal(t, "ingress-nginx", s.Ingress.Chart.Name)
	assert.Equal(t, "4.15.2", s.Ingress.Chart.Version)
	assert.Equal(t, config.Resources{CPU: "500m", Memory: "1Gi", MemoryLimit: "2Gi"}, s.Mastodon.Web.Resources)
	assert.Equal(t, config.Resources{CPU: "250m", Memory: "1Gi", MemoryLimit: "1536Mi"}, s.Mastodon.Sidekiq[0].Resources)
	assert.Equal(t, []string{"se_asia"}, s.Monitoring.Regions)
	assert.Equal(t, config.PresetSingleNode, s.Search.IndexPreset)
	assert.Equal(t, "2.19", s.Search.Version)
}

// A key without a value is a key that is not there.
func TestNullIsUnset(t *testing.T) {
	t.Parallel()
	settings := fromYAML(t, base(t, ""))
	settings["search"] = nil
	settings["dns"].(map[string]any)["records"] = nil
	settings["mastodon"].(map[string]any)["locale"] = ""
	s, _, err := config.Decode(toJSON(t, settings), secrets(t, ""))
	require.NoError(t, err)
	assert.Equal(t, "en", s.Mastodon.Locale)
	settings["domain"] = nil
	assert.Equal(t, []string{"vmst:settings.domain: the value is empty; set it to a text"}, problems(t, toJSON(t, settings), secrets(t, "")))
}

// What is right must pass: the table of bad files says nothing about refusing too much.
func TestGoodFiles(t *testing.T) {
	t.Parallel()
	for name, snippet := range map[string]string{
		"the zone as domain":                   `{domain: example.org}`,
		"network balancer":                     `{loadBalancer: {type: REGIONAL_NETWORK, proxyProtocol: false}}`,
		"a maintained fork":                    `{ingress: {image: {registry: "ghcr.io:443", image: fork/ingress-nginx_controller, tag: v1.15.1-fork.3, digest: "sha256:` + hex64 + `"}}}`,
		"own build":                            `{mastodon: {image: {repository: docker.io/vmstan/mastodon, tag: main-2026.11.01}}}`,
		"a later version":                      `{mastodon: {image: {tag: v4.10.0-rc.1}}}`,
		"Advanced alone":                       `{database: {engine: advanced_pg, version: "18", size: gd-2vcpu-8gb, nodes: 3, poolSize: 192}}`,
		"Standard with a standby, from before": `{database: {size: db-s-4vcpu-8gb, nodes: 2, poolSize: 150}}`,
		"mail": `{dns: {mail: {mx: [{host: mx.example.net, priority: 0}], spf: "v=spf1 a mx:example.net/24 ip6:2001:db8::/32 redirect=_spf.example.net",
			dmarc: "v=DMARC1; p=none; sp=reject; pct=50; rua=mailto:a@example.org,mailto:b@example.net;",
			dkim: [{selector: s1, value: "v=DKIM1; k=rsa; p=MIGf"}, {selector: k2.x, cname: s2._domainkey.example.net.}]}}}`,
		"records": `{dns: {records: [{name: "@", type: TXT, value: "site=abc"}, {name: "*", type: AAAA, value: "2001:db8::7"},
			{name: _acme-challenge.www, type: CNAME, value: _x.example.net}, {name: lists, type: MX, value: mx.example.net, priority: 10},
			{name: social, type: TXT, value: x}]}}`,
		"allowed addresses":  `{cluster: {controlPlaneAllowedAddresses: [203.0.113.7, 198.51.100.0/24, "2001:db8::/48"]}}`,
		"sender with a name": `{mastodon: {smtp: {from: "Социальная сеть <no-reply@example.org>", authMethod: none}}}`,
		"a language":         `{mastodon: {locale: zh-TW, environment: {HCAPTCHA_SITE: x}}}`,
		"labels":             `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 2, maxNodes: 2, labels: {example.org/tier: front, plain: ""}, taints: [{key: a, value: "1", effect: NoSchedule}]}]}}`,
		"no pool at all":     `{cluster: {nodePools: []}}`,
	} {
		assert.Empty(t, problems(t, base(t, snippet), secrets(t, "")), name)
	}
}

const hex64 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
