package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/policy/rules"
)

// sample is a situation in which a rule is broken, or only just kept. Properties are YAML, in which !secret marks a
// secret and !unknown stands for what is not known yet.
type sample struct {
	resources []rules.Resource
	settings  *settings.Settings
}

// sampled is a rule with samples of it. The first that breaks it is shown on its page.
type sampled struct {
	broken, kept []sample
}

// one is a resource with these properties.
func one(typ, properties string) sample {
	return sample{resources: []rules.Resource{res(typ, "it", properties)}}
}

func (s sample) with(change func(*settings.Settings)) sample {
	s.settings = &settings.Settings{Protect: true}
	change(s.settings)
	return s
}

func (s sample) protected() sample {
	s.resources[0].Protected = true
	return s.with(func(s *settings.Settings) { s.Cluster.Protect = true })
}

func (s sample) unprotected() sample {
	return s.with(func(s *settings.Settings) { s.Cluster.Protect = true })
}

func res(typ, name, properties string) rules.Resource {
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(properties), &node); err != nil {
		panic(fmt.Sprintf("%v in %s", err, properties))
	}
	r := rules.Resource{URN: "urn:pulumi:test::vmst::" + typ + "::" + name, Type: typ, Name: name}
	if len(node.Content) > 0 {
		r.Properties = propertyOf(node.Content[0]).AsMap()
	}
	return r
}

func propertyOf(node *yaml.Node) property.Value {
	tag := node.Tag
	if tag == "!unknown" {
		return property.New(property.Computed)
	}
	if tag == "!secret" {
		node.Tag = ""
		return propertyOf(node).WithSecret(true)
	}
	switch node.Kind {
	case yaml.MappingNode:
		object := map[string]property.Value{}
		for i := 0; i < len(node.Content); i += 2 {
			object[node.Content[i].Value] = propertyOf(node.Content[i+1])
		}
		return property.New(property.NewMap(object))
	case yaml.SequenceNode:
		var list []property.Value
		for _, element := range node.Content {
			list = append(list, propertyOf(element))
		}
		return property.New(property.NewArray(list))
	default:
		var value any
		if err := node.Decode(&value); err != nil {
			panic(err)
		}
		switch value := value.(type) {
		case string:
			return property.New(value)
		case bool:
			return property.New(value)
		case int:
			return property.New(float64(value))
		case nil:
			return property.Value{}
		default:
			panic(fmt.Sprintf("%T", value))
		}
	}
}

// web is a Deployment that keeps every rule, with one line of it replaced.
func web(replace ...string) string {
	text := `
metadata: {name: web, namespace: mastodon, annotations: {}}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule}]
      initContainers:
        - name: init
          image: ghcr.io/mastodon/mastodon:v4.7.3
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 16Mi}}
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      containers:
        - name: web
          image: ghcr.io/mastodon/mastodon:v4.7.3
          env: [{name: HOST, value: example.org}]
          ports: [{name: http, containerPort: 3000}]
          resources: {requests: {cpu: 100m, memory: 1Gi}, limits: {memory: 2Gi}}
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          readinessProbe: {httpGet: {path: /health, port: http}}
          livenessProbe: {tcpSocket: {port: http}}
      volumes: [{name: work, emptyDir: {sizeLimit: 8Mi}}]
`
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			panic(replace[i] + " is not in the Deployment")
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return text
}

const (
	deployment  = "kubernetes:apps/v1:Deployment"
	cronJob     = "kubernetes:batch/v1:CronJob"
	service     = "kubernetes:core/v1:Service"
	configMap   = "kubernetes:core/v1:ConfigMap"
	namespace   = "kubernetes:core/v1:Namespace"
	release     = "kubernetes:helm.sh/v3:Release"
	chart       = "kubernetes:helm.sh/v4:Chart"
	budget      = "kubernetes:policy/v1:PodDisruptionBudget"
	database    = "digitalocean:index/databaseCluster:DatabaseCluster"
	firewall    = "digitalocean:index/databaseFirewall:DatabaseFirewall"
	bucket      = "digitalocean:index/spacesBucket:SpacesBucket"
	policy      = "digitalocean:index/spacesBucketPolicy:SpacesBucketPolicy"
	balancer    = "digitalocean:index/loadBalancer:LoadBalancer"
	cluster     = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	stack       = "pulumi:pulumi:Stack"
	adopted     = "annotations: {kubernetes.digitalocean.com/load-balancer-id: lb-1"
	alike       = "service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol: \"true\""
	certificate = "urn:pulumi:test::vmst::vmst:ingress:Ingress$kubernetes:core/v1:Namespace::ingress-cert-manager-namespace"
)

func ingress(annotations, config string) sample {
	return one(release, "values: {controller: {service: {"+annotations+"}, config: {"+config+"}}}")
}

// guarded is a database with a firewall.
func guarded(rules_ ...string) sample {
	s := one(database, "name: spock")
	f := res(firewall, "wall", strings.Join(rules_, ""))
	f.Dependencies = []string{s.resources[0].URN}
	s.resources = append(s.resources, f)
	return s
}

func urned(s sample, urn string) sample {
	s.resources[0].URN = urn
	return s
}

func budgeted(minAvailable, replicas string) sample {
	return sample{resources: []rules.Resource{
		res(deployment, "web", web("replicas: 2", "replicas: "+replicas)),
		res(budget, "web", "metadata: {namespace: mastodon}\nspec: {minAvailable: "+minAvailable+
			", selector: {matchLabels: {app: web}}}"),
	}}
}

func limited(share float64) sample {
	return sample{}.with(func(s *settings.Settings) {
		s.Cluster.DefaultPool.Size, s.Cluster.DefaultPool.Nodes = "s-2vcpu-4gb", 50
		s.Budget.Monthly = int(s.MonthlyCost().Max / share)
	})
}

// samples of every rule that a policy pack has.
func samples() map[string]sampled {
	digests := func(s *settings.Settings) { s.Policy.Digests = true }
	return map[string]sampled{
		"data-protected": {
			broken: []sample{
				one(database, "name: spock").unprotected(), one(bucket, "name: mudd").unprotected(),
				one(bucket, "forceDestroy: true").protected(), one(cluster, "name: kirk").unprotected(),
				one(cluster, "destroyAllAssociatedResources: true").protected(),
				one("random:index/randomPassword:RandomPassword", "length: 32").unprotected(),
			},
			kept: []sample{
				one(database, "name: spock").protected(), one(bucket, "forceDestroy: false").protected(),
				one(database, "name: spock"), one(database, "").with(func(s *settings.Settings) { s.Protect = false }),
				one("digitalocean:index/dnsRecord:DnsRecord", "name: www").unprotected(),
				one(cluster, "name: kirk").with(func(*settings.Settings) {}),
				urned(one(namespace, "").unprotected(), certificate),
			},
		},
		"database-closed": {
			broken: []sample{
				one(firewall, "rules: [{type: ip_addr, value: 0.0.0.0/0}]"), one(firewall, "rules: []"),
				one(firewall, "clusterId: x"), one(firewall, "rules: [{type: ip_addr, value: 203.0.113.7}]"),
				one(firewall, "rules: [{type: ip_addr, value: 10.0.0.0/7}]"), one(firewall, "rules: [{type: tag, value: x}]"),
				one(firewall, "rules: [{type: k8s, value: x}, {type: ip_addr, value: '::/0'}]"),
			},
			kept: []sample{
				one(firewall, "rules: [{type: k8s, value: !unknown x}, {type: ip_addr, value: 10.65.0.0/16}]"),
				one(firewall, "rules: [{type: ip_addr, value: 192.168.1.1}]"), one(firewall, "rules: !unknown x"),
				one(firewall, "rules: [{type: ip_addr, value: 'fd00::/8'}]"), one(database, "rules: []"),
			},
		},
		"database-firewalled": {
			broken: []sample{one(database, "name: spock"), {resources: append(guarded().resources,
				res(database, "other", "name: other"))}},
			kept: []sample{guarded(), one(bucket, "name: mudd")},
		},
		"bucket-private": {
			broken: []sample{
				one(bucket, "acl: public-read"),
				one(policy, `policy: '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]}'`),
				one(policy, `policy: '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}}]}'`),
			},
			kept: []sample{
				one(bucket, "acl: private"), one(bucket, "name: mudd"), one(bucket, "acl: !unknown x"),
				one(policy, `policy: '{"Statement": [{"Effect": "Deny", "Principal": "*"}]}'`),
				one(policy, `policy: '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "someone"}}]}'`),
				one(policy, `policy: !unknown x`), one(policy, `policy: no JSON`),
				one("digitalocean:index/spacesBucketObject:SpacesBucketObject", "acl: public-read"),
			},
		},
		"nothing-else-reachable": {
			broken: []sample{
				one(service, "spec: {type: NodePort}"), one(service, "spec: {externalIPs: [203.0.113.1]}"),
				one("digitalocean:index/droplet:Droplet", "name: pet"),
				one("digitalocean:index/firewall:Firewall",
					"inboundRules: [{protocol: tcp, portRange: '22', sourceAddresses: ['0.0.0.0/0']}]"),
				one(balancer, "forwardingRules: [{entryPort: 5432}]"),
				one(release, "values: {prometheus: {service: {type: NodePort}}}"),
				one(release, "values: {controller: {hostNetwork: true}}"),
				one(release, "values: {controller: {hostPort: {enabled: true}}}"),
				one(deployment, web("hostNetwork: false", "hostNetwork: true")),
				one(deployment, web("containerPort: 3000", "containerPort: 3000, hostPort: 80")),
			},
			kept: []sample{
				one(service, "spec: {type: ClusterIP}"), one(service, "spec: {type: !unknown x}"),
				one("digitalocean:index/firewall:Firewall", "inboundRules: [{sourceAddresses: [10.0.0.0/8]}]"),
				one("digitalocean:index/firewall:Firewall", "inboundRules: [{sourceAddresses: [!unknown x]}]"),
				one(balancer, "forwardingRules: [{entryPort: 80}, {entryPort: 443}]"),
				one(release, "values: {controller: {hostPort: {enabled: false}}}"), one(deployment, web()),
			},
		},
		"load-balancer-adopted": {
			broken: []sample{
				one(service, "spec: {type: LoadBalancer}"),
				one(service, "metadata: {annotations: {kubernetes.digitalocean.com/load-balancer-id: ''}}\n"+
					"spec: {type: LoadBalancer}"),
				one(release, "values: {controller: {replicaCount: 2}}"),
				one(release, "values: {web: {service: {type: LoadBalancer}}}"),
			},
			kept: []sample{
				one(service, "metadata: {"+adopted+"}}\nspec: {type: LoadBalancer}"),
				one(service, "metadata: {annotations: {kubernetes.digitalocean.com/load-balancer-id: !unknown x}}\n"+
					"spec: {type: LoadBalancer}"),
				one(service, "spec: {type: ClusterIP}"), ingress(adopted+"}", ""),
				one(release, "values: {controller: {service: {type: ClusterIP}}}"), one(release, "values: {replicaCount: 2}"),
			},
		},
		"proxy-protocol-alike": {
			broken: []sample{
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: 'false'"),
				ingress(adopted+"}", "use-proxy-protocol: 'true', proxy-real-ip-cidr: 10.0.0.0/8"),
				ingress(adopted+", "+alike+", service.beta.kubernetes.io/do-loadbalancer-type: REGIONAL_NETWORK}",
					"use-proxy-protocol: 'true', proxy-real-ip-cidr: 10.0.0.0/8"),
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: 'true'"),
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: 'true', proxy-real-ip-cidr: 0.0.0.0/0"),
				one(balancer, "type: REGIONAL_NETWORK\nenableProxyProtocol: true"),
			},
			kept: []sample{
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: 'true', proxy-real-ip-cidr: 10.0.0.0/8"),
				ingress(adopted+"}", "use-proxy-protocol: 'false'"), ingress(adopted+"}", ""),
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: !unknown x"),
				one(balancer, "type: REGIONAL\nenableProxyProtocol: true"), one(release, "values: {replicaCount: 2}"),
			},
		},
		"image-pinned": {
			broken: []sample{
				one(deployment, web("image: ghcr.io/mastodon/mastodon:v4.7.3", "image: rclone/rclone:latest")),
				one(deployment, web("image: ghcr.io/mastodon/mastodon:v4.7.3", "image: 'localhost:5000/rclone'")),
				one(deployment, web()).with(digests),
				one(release, "values: {controller: {image: {repository: a, tag: latest}}}"),
				one(release, "values: {controller: {image: {repository: a, tag: v1}}}").with(digests),
			},
			kept: []sample{
				one(deployment, web()), one(deployment, web("image: ghcr.io/mastodon/mastodon:v4.7.3", "image: !unknown x")),
				one(release, "values: {controller: {image: {repository: a, tag: v1}}}"),
				one(release, "values: {controller: {image: {repository: a, tag: v1, digest: 'sha256:1'}}}").with(digests),
				one(cronJob, "spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a, "+
					"image: 'a:v1@sha256:1', resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}}]}}}}}",
				).with(digests),
			},
		},
		"mastodon-safe": {
			broken: []sample{
				one(deployment, web("image: ghcr.io/mastodon/mastodon:v4.7.3", "image: ghcr.io/mastodon/mastodon:v4.7.1")),
				one(deployment, web("image: ghcr.io/mastodon/mastodon:v4.7.3", "image: a/mastodon-streaming:v4.3.9")),
			},
			kept: []sample{
				one(deployment, web()), one(deployment, web("mastodon/mastodon:v4.7.3", "other/thing:v4.7.1")),
				one(deployment, web("mastodon/mastodon:v4.7.3", "mastodon/mastodon:my-build")),
				one(deployment, web("image: ghcr.io/mastodon/mastodon:v4.7.3", "image: !unknown x")),
			},
		},
		"pod-resources": {
			broken: []sample{
				one(deployment, web("limits: {memory: 2Gi}", "limits: {cpu: 1}")),
				one(deployment, web("requests: {cpu: 10m, memory: 16Mi}, ", "")),
				one("kubernetes:core/v1:Pod", "spec: {containers: [{name: a, image: 'a:v1'}]}"),
			},
			kept: []sample{
				one(deployment, web()), one(deployment, web("limits: {memory: 2Gi}", "limits: !unknown x")),
				one(deployment, "spec: {template: !unknown x}"), one(deployment, "spec: !unknown x"),
			},
		},
		"pod-restricted": {
			broken: []sample{
				one(deployment, web("runAsNonRoot: true, ", "")),
				one(deployment, web("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")),
				one(deployment, web("emptyDir: {sizeLimit: 8Mi}", "hostPath: {path: /}")),
				one(deployment, web("hostNetwork: false", "hostPID: true")),
				one(deployment, web("seccompProfile: {type: RuntimeDefault}", "seccompProfile: 5")),
			},
			kept: []sample{
				one(deployment, web()), one(deployment, web("value: example.org", "value: !unknown x")),
				one(deployment, web("runAsNonRoot: true, ", "runAsUser: !unknown x, ")),
				one(deployment, web("emptyDir: {sizeLimit: 8Mi}", "hostPath: !unknown x")),
			},
		},
		"namespace-restricted": {
			broken: []sample{
				one(namespace, "metadata: {name: mastodon}"),
				one(namespace, "metadata: {name: mastodon, labels: {pod-security.kubernetes.io/enforce: baseline}}"),
			},
			kept: []sample{
				one(namespace, "metadata: {name: mastodon, labels: {pod-security.kubernetes.io/enforce: restricted}}"),
				one(namespace, "metadata: {name: cert-manager}"), one(namespace, "metadata: {name: !unknown x}"),
				one(namespace, "metadata: {name: mastodon, labels: {pod-security.kubernetes.io/enforce: !unknown x}}"),
			},
		},
		"pod-probes": {
			broken: []sample{
				one(deployment, web("readinessProbe: {httpGet: {path: /health, port: http}}", "tty: false")),
				one(deployment, web("livenessProbe: {tcpSocket: {port: http}}", "tty: false")),
			},
			kept: []sample{
				one(deployment, web()),
				one(deployment, web("readinessProbe: {httpGet: {path: /health, port: http}}", "readinessProbe: !unknown x")),
				one(deployment, "spec: {template: {spec: {containers: !unknown x}}}"),
				one(deployment, "spec: {template: {spec: {containers: [!unknown x]}}}"),
			},
		},
		"pod-spread": {
			broken: []sample{one(deployment, web("topologySpreadConstraints", "tolerations"))},
			kept: []sample{
				one(deployment, web()),
				one(deployment, web("topologySpreadConstraints", "tolerations", "replicas: 2", "replicas: 1")),
				one(deployment, web("topologySpreadConstraints", "tolerations", "replicas: 2", "replicas: !unknown x")),
				one(deployment, web("topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "+
					"whenUnsatisfiable: DoNotSchedule}]", "affinity: {podAntiAffinity: {}}")),
			},
		},
		"disruption-budget": {
			broken: []sample{
				one(budget, "spec: {maxUnavailable: 0}"), one(budget, "spec: {maxUnavailable: 0%}"),
				one(budget, "spec: {minAvailable: 100%}"),
			},
			kept: []sample{
				one(budget, "spec: {maxUnavailable: 1}"), one(budget, "spec: {minAvailable: 50%}"),
				one(budget, "spec: {maxUnavailable: !unknown x}"),
			},
		},
		"disruption-budget-fits": {
			broken: []sample{budgeted("2", "2"), budgeted("3", "2"), budgeted("1", "1")},
			kept: []sample{
				budgeted("1", "2"), budgeted("!unknown x", "2"), budgeted("2", "!unknown x"),
				{resources: []rules.Resource{
					budgeted("2", "2").resources[0],
					res(budget, "other", "metadata: {namespace: other}\nspec: {minAvailable: 2, selector: "+
						"{matchLabels: {app: web}}}"),
					res(budget, "cron", "metadata: {namespace: mastodon}\nspec: {minAvailable: 2, selector: "+
						"{matchLabels: {app: cron}}}"),
				}},
			},
		},
		"secret-hidden": {
			broken: []sample{
				one(configMap, "data: {password: !secret hunter2}"), one(configMap, "data: !secret {password: hunter2}"),
				one(release, "values: {a: [{b: !secret hunter2}]}"), one(chart, "values: {a: !secret hunter2}"),
				one(deployment, web("value: example.org", "value: !secret hunter2")),
			},
			kept: []sample{
				one(configMap, "data: {host: example.org, later: !unknown x}"), one(release, "values: {a: b}"),
				one("kubernetes:core/v1:Secret", "stringData: !secret {password: hunter2}"), one(deployment, web()),
			},
		},
		"secret-output": {
			broken: []sample{one(stack, "database: {password: !secret hunter2}")},
			kept:   []sample{one(stack, "database: {host: example.org, id: !unknown x}"), one(database, "a: !secret b")},
		},
		"bill-within-budget": {
			broken: []sample{limited(1.01)},
			kept:   []sample{limited(0.999), limited(0.5), {}, sample{}.with(func(*settings.Settings) {})},
		},
		"bill-near-budget": {broken: []sample{limited(0.95)}, kept: []sample{limited(0.89), limited(1.05), {}}},
	}
}

func (s sample) findings() []rules.Finding {
	var findings []rules.Finding
	for _, r := range s.resources {
		findings = append(findings, rules.CheckResource(r, s.settings)...)
	}
	return append(findings, rules.CheckStack(s.resources, s.settings)...)
}

// of returns the findings of one rule.
func of(findings []rules.Finding, rule string) []rules.Finding {
	var own []rules.Finding
	for _, f := range findings {
		if f.Rule == rule {
			own = append(own, f)
		}
	}
	return own
}

// Each rule notices what breaks it, and nothing else.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, rule := range rules.All() {
		if rule.Resource == nil && rule.Stack == nil {
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			cases, ok := samples()[rule.Name]
			require.True(t, ok, "the rule has no samples")
			require.NotEmpty(t, cases.kept)
			for i, broken := range cases.broken {
				found := of(broken.findings(), rule.Name)
				require.NotEmpty(t, found, "sample %d", i)
				for _, f := range found {
					require.Equal(t, rule.Level, f.Level)
					require.True(t, strings.HasSuffix(f.Message, rule.Remedy), f.Message)
					require.NotContains(t, f.Message, "hunter2", "the secret itself")
				}
			}
			for i, kept := range cases.kept {
				require.Empty(t, of(kept.findings(), rule.Name), "sample %d", i)
			}
		})
	}
}

// Whoever reads a finding learns what is wrong, why, and which setting to change.
func TestRulesSayWhatTheyWant(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, rule := range rules.All() {
		require.False(t, seen[rule.Name], "two rules have the name %s", rule.Name)
		seen[rule.Name] = true
		require.Contains(t, []rules.Level{rules.Mandatory, rules.Advisory}, rule.Level)
		require.True(t, strings.HasSuffix(rule.What, "."), rule.What)
		require.NotContains(t, strings.TrimSuffix(rule.What, "."), ". ", "one sentence")
		require.True(t, strings.HasSuffix(rule.Reason, "."), rule.Name)
		require.NotEmpty(t, rule.Remedy, rule.Name)
		require.False(t, strings.HasSuffix(rule.Remedy, "."), rule.Name)
		require.False(t, rule.Resource == nil && rule.Stack == nil && rule.Operation == nil, rule.Name)
		require.False(t, rule.Resource != nil && rule.Stack != nil, rule.Name)
	}
}
