package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vmstio/infrastructure/infra/settings"
)

// The escape hatch of each chart takes anything but what an environment needs to be safe: neither in its place, nor by
// a value that takes the place of what holds it.
func TestChartValuesThatAreRefused(t *testing.T) {
	t.Parallel()
	const (
		adopts = "the value is not free: the Service must adopt the program's load balancer; see loadBalancer; " +
			"remove it"
		client = "the value is not free: a wrong one lets anybody forge the address of a client; remove it"
		node   = "the value is not free: Kubernetes refuses pods with the network or a port of their node in this " +
			"namespace; remove it"
		lost  = "the value is not free: every certificate is deleted with the definitions; remove it"
		plain = "; it would stand in the chart's values, which everybody who may look at the cluster can read; " +
			"remove it"
	)
	refused(t, []bad{
		{"controller: load balancer", `{ingress: {values: {controller: {replicaCount: 5, service: {annotations: {
			kubernetes.digitalocean.com/load-balancer-id: x, service.beta.kubernetes.io/do-loadbalancer-type: REGIONAL},
			type: NodePort}}}}}`, under("ingress.values.controller.", []string{
			"replicaCount: the value is not free: it is ingress.replicas; remove it",
			"service.annotations.kubernetes.digitalocean.com/load-balancer-id: " + adopts,
			"service.annotations.service.beta.kubernetes.io/do-loadbalancer-type: " + adopts,
			"service.type: " + adopts,
		})},
		{
			"controller: addresses of clients", `{ingress: {values: {controller: {config: {use-proxy-protocol: "false",
			proxy-real-ip-cidr: 0.0.0.0/0, use-forwarded-headers: "true"}, allowSnippetAnnotations: true}}}}`,
			under("ingress.values.controller.", []string{
				"allowSnippetAnnotations: the value is not free: an Ingress could write into the configuration of " +
					"nginx; remove it",
				"config.proxy-real-ip-cidr: the value is not free: it is ingress.trustedRanges; remove it",
				"config.use-forwarded-headers: " + client,
				"config.use-proxy-protocol: " + client,
			}),
		},
		{"controller: a mapping", `{ingress: {values: {controller: {image: {tag: v1}}}}}`, []string{
			"ingress.values.controller.image: the value is not free: it is ingress.image; remove it",
		}},
		{
			"controller: in place of a mapping", `{ingress: {values: {controller: {service: none, config: []}}}}`,
			under("ingress.values.controller.", []string{
				"config: the value replaces controller.config.allow-snippet-annotations, which is not free: an " +
					"Ingress could write into the configuration of nginx; write a mapping",
				"service: the value replaces " +
					"controller.service.annotations.kubernetes.digitalocean.com/load-balancer-id, which is not free: " +
					"the Service must adopt the program's load balancer; see loadBalancer; write a mapping",
			}),
		},
		{
			"controller: in place of everything", `{ingress: {values: {controller: false, fullnameOverride: x}}}`,
			under("ingress.values.", []string{
				"controller: the value replaces controller.admissionWebhooks.timeoutSeconds, which is not free: " +
					"DigitalOcean upgrades no cluster with a webhook that may take 30 seconds; write a mapping",
				"fullnameOverride: the value is not free: the runbooks know the objects by their names; remove it",
			}),
		},
		{"the node's network", `{ingress: {values: {controller: {hostNetwork: true, hostPort: {enabled: true}}},
			certManager: {values: {webhook: {hostNetwork: true}}}}}`, under("ingress.", []string{
			"certManager.values.webhook.hostNetwork: " + node, "values.controller.hostNetwork: " + node,
			"values.controller.hostPort: " + node,
		})},
		{"cert-manager", `{ingress: {certManager: {values: {crds: {enabled: false, keep: false}, installCRDs: false,
			namespace: x, webhook: {timeoutSeconds: 30}}}}}`, under("ingress.certManager.values.", []string{
			"crds.enabled: " + lost,
			"crds.keep: " + lost,
			"installCRDs: " + lost,
			"namespace: the value is not free: the issuers look for their Secrets in cert-manager's namespace; " +
				"remove it",
			"webhook.timeoutSeconds: the value is not free: DigitalOcean upgrades no cluster with a webhook that may " +
				"take 30 seconds; remove it",
		})},
		{
			"cert-manager: in place of a mapping", `{ingress: {certManager: {values: {crds: true, webhook: 5}}}}`,
			under("ingress.certManager.values.", []string{
				"crds: the value replaces crds.enabled, which is not free: every certificate is deleted with the " +
					"definitions; write a mapping",
				"webhook: the value replaces webhook.hostNetwork, which is not free: Kubernetes refuses pods with " +
					"the network or a port of their node in this namespace; write a mapping",
			}),
		},
		{"Mastodon", `{mastodon: {values: {image: {tag: v4.5.0}, redis: {enabled: true},
			podAnnotations: {checksum/secrets: x},
			mastodon: {localDomain: other.example.org, s3: {bucket: x}, smtp: {existingSecret: x}, hooks: {dbMigrate:
			{enabled: true}}, web: {replicas: 9, extraEnvVars: {A: b}}, streaming: {image: {tag: v4.5.0}},
			sidekiq: {workers: []}, trustedProxyIp: 0.0.0.0/0}}}}`, under("mastodon.values.", []string{
			"image: the value is not free: it is mastodon.image, which the migrations use, too; remove it",
			"mastodon.hooks: the value is not free: the program's Jobs migrate, in an order that the hooks do not " +
				"keep; remove it",
			"mastodon.localDomain: the value is not free: it is domain, which can never change; remove it",
			"mastodon.s3: the value is not free: it is storage; uploads would go elsewhere; remove it",
			"mastodon.sidekiq.workers: the value is not free: it is mastodon.sidekiq; two schedulers do everything " +
				"twice; remove it",
			"mastodon.smtp: the value is not free: it is mastodon.smtp and the secrets beside it" + plain,
			"mastodon.streaming.image: the value is not free: it is mastodon.streamingImage, with the tag of " +
				"mastodon.image; remove it",
			"mastodon.trustedProxyIp: " + client,
			"mastodon.web.extraEnvVars: the value is not free: it is mastodon.environment, or " +
				"vmst:secrets.environment" + plain,
			"mastodon.web.replicas: the value is not free: it is mastodon.web; remove it",
			"podAnnotations.checksum/secrets: the value is not free: the pods would not notice a changed secret; " +
				"remove it",
			"redis: the value is not free: it is cache; a queue in two places loses jobs; remove it",
		})},
		{
			"Mastodon: in place of a mapping", `{mastodon: {values: {podAnnotations: none, mastodon: {web: 3}}}}`,
			under("mastodon.values.", []string{
				"mastodon.web: the value replaces mastodon.web.extraEnvVars, which is not free: it is " +
					"mastodon.environment, or vmst:secrets.environment; it would stand in the chart's values, which " +
					"everybody who may look at the cluster can read; write a mapping",
				"podAnnotations: the value replaces podAnnotations.checksum/secrets, which is not free: the pods " +
					"would not notice a changed secret; write a mapping",
			}),
		},
	})
}

// A null inside would take a value away without a trace.
func TestChartValuesThatAreEmpty(t *testing.T) {
	t.Parallel()
	const empty = ": the value is empty; write a value, or remove the key: what is empty could not be told from what " +
		"is left out"
	for path, text := range map[string]string{
		"ingress.values.controller":          `{"ingress": {"values": {"controller": null}}}`,
		"ingress.values.controller.config.a": `{"ingress": {"values": {"controller": {"config": {"a": null}}}}}`,
		"ingress.certManager.values.tolerations[1]": `{"ingress": {"certManager": {"values": {"tolerations": [{},
			null]}}}}`,
		"mastodon.values.tolerations[0].key": `{"mastodon": {"values": {"tolerations": [{"key": null}]}}}`,
	} {
		assert.Equal(t, []string{"vmst:settings." + path + empty}, problems(t, base(t, text), secrets(t, "")))
	}
}

func TestChartValuesThatAreFree(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"nothing": `{ingress: {values: {}, certManager: {values: {}}}, mastodon: {values: {}}}`,
		"controller": `{ingress: {values: {controller: {config: {worker-processes: "2"},
			tolerations: [{operator: Exists}],
			service: {annotations: {example.org/owner: ops}, labels: {a: b}}, resources: {}}, tcp: {"22": a/b:22}}}}`,
		"cert-manager": `{ingress: {certManager: {values: {webhook: {replicaCount: 3}, prometheus: {enabled: true},
			config: {maxConcurrentChallenges: 10}}}}}`,
		"Mastodon": `{mastodon: {values: {mastodon: {web: {nodeSelector: {a: b}, resources: {limits: {cpu: "2"}}},
			metrics: {statsd: {address: a:1}}}, podAnnotations: {a: b}, tolerations: []}}}`,
	})
	s := read(t, base(t, `{mastodon: {values: {a: {b: [1, x, true, {c: 2.5}]}, text: ""}}}`))
	assert.Equal(t, settings.Values{
		"a": map[string]any{"b": []any{1.0, "x", true, map[string]any{"c": 2.5}}}, "text": "",
	}, s.Mastodon.Values, "they come as they are written")
}

func TestImagesAsKubernetesTakesThem(t *testing.T) {
	t.Parallel()
	image := settings.Image{Repository: "registry.example.org/mastodon", Tag: "v4.7.3"}
	assert.Equal(t, "registry.example.org/mastodon:v4.7.3", image.String())
	image.Digest = "sha256:1"
	assert.Equal(t, "registry.example.org/mastodon:v4.7.3@sha256:1", image.String())
	assert.Equal(t, "registry.example.org/mastodon:v4.7.3", image.Tagged())
}
