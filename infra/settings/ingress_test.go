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
				`starts with https://`,
			`ingress.certManager.version: "latest" is not an exact version; write all three numbers, such as 1.2.3, ` +
				`so that every run installs the same`,
			`ingress.chart.repository: "http://charts.example.org" is not the address of a chart repository; write a ` +
				`URL that starts with https://`,
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
		"sizes":            `{ingress: {maxBodySize: 1g, hstsMaxAge: 0}}`,
	})
}

func TestChartOfCertManager(t *testing.T) {
	t.Parallel()
	s := read(t, base(t, `{ingress: {certManager: {version: v1.22.0, values: {prometheus: {enabled: true}}}}}`))
	require.Equal(t, settings.Chart{
		Repository: "https://charts.jetstack.io", Name: "cert-manager", Version: "v1.22.0",
	}, s.Ingress.CertManager.Chart())
}
