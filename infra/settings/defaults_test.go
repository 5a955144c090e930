package settings_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// What a person gets who writes only what has no default.
func TestDefaults(t *testing.T) {
	t.Parallel()
	s := read(t, base(t, ""))

	assert.True(t, s.Cluster.AutoUpgrade)
	assert.True(t, s.Cluster.TrustPodSubnet)
	assert.Equal(t, settings.NetworkPolicies{Enabled: true}, s.Cluster.NetworkPolicies)
	assert.Equal(t, settings.Window{Day: "sunday", Time: "06:00"}, s.Cluster.Maintenance)
	assert.Equal(t, settings.Window{Day: "tuesday", Time: "06:00"}, s.Database.Maintenance)
	assert.Equal(t, settings.Window{Day: "wednesday", Time: "06:00"}, s.Cache.Maintenance)
	assert.Equal(t, settings.Window{Day: "thursday", Time: "06:00"}, s.Search.Maintenance)
	assert.Equal(t, "8", s.Cache.Version)
	assert.Nil(t, s.Cache.Rails)
	assert.False(t, s.Search.Enabled)
	assert.Equal(t, 3600, s.Storage.CDNTTL)
	assert.Equal(t, 30, s.Storage.OldVersionDays)
	assert.Equal(t, 190, s.Storage.BackupDays)
	assert.Empty(t, s.Storage.BucketSuffix)
	assert.True(t, s.Backup.Enabled)
	assert.Equal(t, settings.Image{Repository: "docker.io/library/postgres", Tag: "17-bookworm"}, s.Backup.Postgres)
	assert.Equal(t, []int{7, 4, 6}, []int{s.Backup.KeepDaily, s.Backup.KeepWeekly, s.Backup.KeepMonthly})
	assert.Nil(t, s.Backup.Elsewhere)
	assert.Nil(t, s.Database.Restore)
	assert.Equal(t, settings.IPv4, s.LoadBalancer.NetworkStack)
	assert.Nil(t, s.Database.Growth, "it costs")
	assert.Equal(t, settings.Chart{
		Repository: "https://kubernetes.github.io/ingress-nginx", Name: "ingress-nginx", Version: "4.15.1",
	}, s.Ingress.Chart)
	assert.Equal(t, settings.CertManager{
		Repository: "https://charts.jetstack.io", Name: "cert-manager", Version: "v1.21.2",
	}, s.Ingress.CertManager)
	assert.Nil(t, s.Ingress.Image)
	assert.Equal(t, settings.Resources{CPU: "200m", Memory: "256Mi", MemoryLimit: "512Mi"}, s.Ingress.Resources)
	assert.Equal(t, "99m", s.Ingress.MaxBodySize)
	assert.Equal(t, 63072000, s.Ingress.HSTSMaxAge)
	assert.Empty(t, s.Ingress.Pool)
	assert.Equal(t, 1800, s.DNS.TTL)
	assert.Equal(t, settings.DelegationAuto, s.DNS.Delegation)
	assert.Empty(t, s.DNS.Mail)

	m := s.Mastodon
	assert.Equal(t, settings.Chart{
		Repository: "https://mastodon.github.io/helm-charts/", Name: "mastodon", Version: "1.2.6",
	}, m.Chart)
	assert.Equal(t, "ghcr.io/mastodon/mastodon:v4.7.3", m.Image.String())
	assert.Equal(t, "ghcr.io/mastodon/mastodon-streaming", m.StreamingImage)
	assert.Equal(t, "docker.io/rclone/rclone:1.71.2", m.Rclone.String())
	assert.Equal(t, "en", m.Locale)
	assert.False(t, m.SingleUser)
	assert.Equal(t, settings.Web{
		Replicas: 1, Processes: 2, Threads: 5,
		Resources: settings.Resources{CPU: "500m", Memory: "1200Mi", MemoryLimit: "2Gi"},
	}, m.Web)
	assert.Equal(t, settings.Streaming{
		Replicas: 1, DatabaseConnections: 10,
		Resources: settings.Resources{CPU: "100m", Memory: "128Mi", MemoryLimit: "512Mi"},
	}, m.Streaming)
	assert.Equal(t, settings.Resources{CPU: "250m", Memory: "768Mi", MemoryLimit: "2Gi"}, m.Sidekiq[0].Resources)
	assert.Equal(t, settings.Jobs{
		Resources: settings.Resources{CPU: "100m", Memory: "768Mi", MemoryLimit: "2Gi"},
	}, m.Jobs)
	assert.Equal(t, "plain", m.SMTP.AuthMethod)
	assert.Equal(t, "starttls", m.SMTP.TLS)
	assert.Equal(t, settings.Monitoring{
		Emails: []string{"ops@example.org"}, Regions: []string{"us_east", "us_west", "eu_west"},
		LatencyMilliseconds: 2000, CPUPercent: 90, MemoryPercent: 90, DiskPercent: 80,
	}, s.Monitoring)
}

// Every default is that of its tag, wherever the field stands.
func TestEveryDefaultIsThatOfItsTag(t *testing.T) {
	t.Parallel()
	for _, text := range []string{base(t, ""), production(t, "")} {
		var written map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &written))
		require.Greater(t, leftOut(t, "settings", reflect.ValueOf(*read(t, text)), written), 20)
	}
}

// leftOut compares the fields that were left out with their tags, and returns how many have a default.
func leftOut(t *testing.T, path string, v reflect.Value, written any) (count int) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		mapping, _ := written.(map[string]any)
		for i := range v.NumField() {
			rule := decode.RuleOf(v.Type().Field(i))
			below := path + "." + rule.Name
			if value, present := mapping[rule.Name]; present || rule.Default == nil {
				count += leftOut(t, below, v.Field(i), value)
				continue
			}
			count++
			got, want := plain(t, v.Field(i).Interface()), plain(t, rule.Default)
			if keys, ok := want.(map[string]any); ok {
				require.Subset(t, got, keys, below)
				continue
			}
			require.Equal(t, want, got, below)
		}
	case reflect.Slice:
		list, _ := written.([]any)
		for i := range list {
			count += leftOut(t, fmt.Sprintf("%s[%d]", path, i), v.Index(i), list[i])
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return leftOut(t, path, v.Elem(), written)
		}
	default:
	}
	return count
}

// plain turns a value into what JSON makes of it.
func plain(t *testing.T, value any) any {
	t.Helper()
	var decoded any
	require.NoError(t, json.Unmarshal([]byte(toJSON(t, value)), &decoded))
	return decoded
}

func TestWhatIsWrittenWins(t *testing.T) {
	t.Parallel()
	s := read(t, base(t, `{cluster: {autoUpgrade: false}, ingress: {hstsMaxAge: 0}, monitoring: {regions: [se_asia]},
		docs: {build: {branches: []}}}`))
	assert.False(t, s.Cluster.AutoUpgrade)
	assert.Zero(t, s.Ingress.HSTSMaxAge)
	assert.Equal(t, []string{"se_asia"}, s.Monitoring.Regions)
	assert.Equal(t, []string{}, s.Docs.Build.Branches, "an empty list is not a list that is left out")
}

// A mapping that is written in part keeps the rest of its default: in nested mappings as in elements of lists.
func TestDefaultsOfMappingsThatAreWrittenInPart(t *testing.T) {
	t.Parallel()
	s := read(t, base(t, `{cluster: {maintenance: {time: "03:30"}}, ingress: {chart: {version: 4.15.2},
		certManager: {values: {a: b}}}, mastodon: {rclone: {tag: 1.72.0}, web: {resources: {memory: 1Gi}},
		sidekiq: [{name: a, queues: [default, push, ingress], replicas: 1, threads: 5, resources: {memory: 1Gi,
		cpu: ~}},
		{name: b, queues: [mailers, pull, scheduler, fasp], replicas: 1, threads: 5}]}}`))
	assert.Equal(t, settings.Window{Day: "sunday", Time: "03:30"}, s.Cluster.Maintenance)
	assert.Equal(t, settings.Chart{
		Repository: "https://kubernetes.github.io/ingress-nginx", Name: "ingress-nginx", Version: "4.15.2",
	}, s.Ingress.Chart)
	assert.Equal(t, settings.CertManager{
		Repository: "https://charts.jetstack.io", Name: "cert-manager", Version: "v1.21.2",
		Values: settings.Values{"a": "b"},
	}, s.Ingress.CertManager)
	assert.Equal(t, "docker.io/rclone/rclone:1.72.0", s.Mastodon.Rclone.String())
	assert.Equal(t, settings.Resources{CPU: "500m", Memory: "1Gi", MemoryLimit: "2Gi"}, s.Mastodon.Web.Resources)
	assert.Equal(t, []settings.Resources{
		{CPU: "250m", Memory: "1Gi", MemoryLimit: "2Gi"}, {CPU: "250m", Memory: "768Mi", MemoryLimit: "2Gi"},
	}, []settings.Resources{s.Mastodon.Sidekiq[0].Resources, s.Mastodon.Sidekiq[1].Resources})
}

// A default inside does not make up for a mapping that a person must write.
func TestRequiredMappingsWithDefaults(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"all of it", `{mastodon: {image: ~, web: ~}}`, []string{
			"mastodon.image: the value is missing; add it with its keys repository, tag, digest; Pulumi.prod.yaml " +
				"shows one",
			"mastodon.web: the value is missing; add it with its keys replicas; Pulumi.prod.yaml shows one",
		}},
		{"what has no default", `{mastodon: {image: {tag: ~}, web: {replicas: ~}}}`, []string{
			"mastodon.image.tag: the value is missing; set it to Mastodon's version, such as v4.7.3",
			"mastodon.web.replicas: the value is missing; set it to a whole number from 1",
		}},
	})
}

// A key without a value is a key that is not there.
func TestNullIsUnset(t *testing.T) {
	t.Parallel()
	written := fromYAML(t, base(t, ""))
	written["search"] = nil
	written["dns"].(map[string]any)["records"] = nil
	written["mastodon"].(map[string]any)["locale"] = ""
	written["mastodon"].(map[string]any)["chart"] = map[string]any{"version": nil}
	s := read(t, toJSON(t, written))
	assert.Equal(t, "en", s.Mastodon.Locale)
	assert.Equal(t, "1.2.6", s.Mastodon.Chart.Version)
	written["domain"] = nil
	assert.Equal(t, []string{
		"vmst:settings.domain: the value is empty; set it to text, such as social.example.org",
	}, problems(t, toJSON(t, written), secrets(t, "")))
}
