package settings_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBadIngress(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"charts", `{ingress: {chart: {repository: "http://charts.example.org", version: "4"},
			certManager: {repository: charts, name: Cert Manager, version: latest}}}`, []string{
			`ingress.certManager.name: "Cert Manager" is not a chart name; use lower-case letters, digits and dashes`,
			`ingress.certManager.repository: "charts" is not the address of a chart repository; write a URL that ` +
				`starts with https:// or oci://, without the chart's name`,
			`ingress.certManager.version: "latest" is not an exact version; write all three numbers, such as 1.2.3, ` +
				`so that every run installs the same`,
			`ingress.chart.repository: "http://charts.example.org" is not the address of a chart repository; write a ` +
				`URL that starts with https:// or oci://, without the chart's name`,
			`ingress.chart.version: "4" is not an exact version; write all three numbers, such as 1.2.3, so that ` +
				`every run installs the same`,
		}},
		{"image", `{ingress: {image: {registry: "https://ghcr.io", image: "Fork/controller:1", tag: latest,
			digest: abc}}}`, []string{
			`ingress.image.digest: "abc" is not an image digest; write it as sha256: and 64 hexadecimal digits`,
			`ingress.image.image: "Fork/controller:1" is not an image path; write it as ingress-nginx/controller, ` +
				`without registry and tag`,
			`ingress.image.registry: "https://ghcr.io" is not a registry host; write it as registry.k8s.io`,
			`ingress.image.tag: "latest" is not the tag of a version; name a version, such as v4.7.3, without the ` +
				`image's name or digest; latest would change without a change here`,
		}},
		{"sizes and addresses", `{ingress: {maxBodySize: 99MB, hstsMaxAge: -1,
			acme: {email: Ops <ops@example.org>}}}`, []string{
			`ingress.acme.email: "Ops <ops@example.org>" is not an email address; write it as name@example.org`,
			"ingress.hstsMaxAge: -1 is out of range; set it to a whole number from 0",
			`ingress.maxBodySize: "99MB" is not a size for nginx; write it as 99m`,
		}},
		{"no body at all", `{ingress: {maxBodySize: "0"}}`, []string{
			`ingress.maxBodySize: "0" is not a size for nginx; write it as 99m`,
		}},
		{"charts in a registry", `{ingress: {chart: {repository: "oci://"},
			certManager: {repository: "oci://somebody@ghcr.io/charts"}}}`, []string{
			`ingress.certManager.repository: "oci://somebody@ghcr.io/charts" is not the address of a chart ` +
				`repository; write a URL that starts with https:// or oci://, without the chart's name`,
			`ingress.chart.repository: "oci://" is not the address of a chart repository; write a URL that starts ` +
				`with https:// or oci://, without the chart's name`,
		}},
		{"trusted ranges", `{ingress: {trustedRanges: [10.118.0.0/24, everywhere, 10.118.0.1/24, 0.0.0.0/0,
			10.118.0.0/24]}, cluster: {podSubnet: 10.96.0.0/16}}`, []string{
			`ingress.trustedRanges[1]: "everywhere" is not an IPv4 range; write it as 10.64.0.0/20`,
			`ingress.trustedRanges[2]: "10.118.0.1/24" has address bits beyond its length; write it as 10.118.0.0/24`,
			`ingress.trustedRanges[3]: "0.0.0.0/0" overlaps vmst:settings.cluster.podSubnet (10.96.0.0/16), so that ` +
				`every pod could pretend to be anybody; name what the log shows, and no more, such as 10.118.0.7/32`,
			`ingress.trustedRanges[4]: "10.118.0.0/24" is already used by vmst:settings.ingress.trustedRanges[0]; ` +
				`use each value once`,
		}},
		{"trusted ranges of nobody", `{ingress: {trustedRanges: [10.118.0.0/24]},
			loadBalancer: {type: REGIONAL_NETWORK, proxyProtocol: false}}`, []string{
			`ingress.trustedRanges: nobody names addresses of clients without proxy protocol; set ` +
				`loadBalancer.proxyProtocol to true, or remove them`,
		}},
		{"resources", `{ingress: {resources: {memory: 4Gi, memoryLimit: 4Gi}}, cluster: {nodePools: []}}`, []string{
			`ingress.resources.memory: "4Gi" does not fit on a node of 4 GiB; lower the request or use larger nodes`,
		}},
	})
}

func TestGoodIngress(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"a maintained fork": `{ingress: {image: {registry: "ghcr.io:443", image: fork/ingress-nginx_controller,
			tag: v1.15.1-fork.3, digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}}`,
		"only another tag": `{ingress: {image: {tag: v1.15.2}}}`,
		"charts in a registry": `{ingress: {chart: {repository: "oci://ghcr.io:443/fork/charts"},
			certManager: {repository: "oci://quay.io"}}}`,
		"a trusted range": `{ingress: {trustedRanges: [10.118.0.7/32]}}`,
		"sizes":           `{ingress: {maxBodySize: 1g, hstsMaxAge: 0}}`,
	})
}

func TestChartOfCertManager(t *testing.T) {
	t.Parallel()
	s := read(t, base(t, `{ingress: {certManager: {version: v1.22.0, values: {prometheus: {enabled: true}}}}}`))
	require.Equal(t, settings.Chart{
		Repository: "https://charts.jetstack.io", Name: "cert-manager", Version: "v1.22.0",
	}, s.Ingress.CertManager.Chart())
}

// What is in a registry has an address of its own; what is in a repository is named there.
func TestWhereAChartIs(t *testing.T) {
	t.Parallel()
	for repository, want := range map[string][2]string{
		"https://charts.example.org/": {"fork", "https://charts.example.org/"},
		"oci://ghcr.io/charts":        {"oci://ghcr.io/charts/fork", ""},
		"oci://ghcr.io/charts/":       {"oci://ghcr.io/charts/fork", ""},
	} {
		chart, from := settings.Chart{Repository: repository, Name: "fork", Version: "1.2.3"}.Located()
		require.Equal(t, want, [2]string{chart, from})
	}
}
