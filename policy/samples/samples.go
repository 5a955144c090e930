// Package samples are situations in which the rules are broken, and such in which they are only just kept. The tests of
// the rules judge them, those of the sandbox take them through Pulumi's engine, and the pages of the rules show them.
package samples

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/policy/rules"
)

// Sample is a situation. Its properties are YAML below, in which !secret marks a secret and !unknown stands for what is
// not known yet.
type Sample struct {
	// Resources of the stack; of what a plan would do, there is nothing.
	Resources []rules.Resource
	// Settings of the stack; nil where they cannot be read.
	Settings *settings.Settings
}

// Rule are the samples of a rule.
type Rule struct {
	// Broken are situations in which it is broken. The first is shown on its page.
	Broken []Sample
	// Kept are such in which it is kept.
	Kept []Sample
}

// one is a resource with these properties.
func one(typ, properties string) Sample {
	return Sample{Resources: []rules.Resource{res(typ, "it", properties)}}
}

func (s Sample) with(change func(*settings.Settings)) Sample {
	s.Settings = &settings.Settings{Protect: true}
	change(s.Settings)
	return s
}

func (s Sample) protected() Sample {
	s.Resources[0].Protected = true
	return s.with(func(s *settings.Settings) { s.Cluster.Protect = true })
}

func (s Sample) unprotected() Sample {
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
	for pair := range slices.Chunk(replace, 2) {
		before, after := pair[0], pair[len(pair)-1]
		if !strings.Contains(text, before) {
			panic(before + " is not in the Deployment")
		}
		text = strings.Replace(text, before, after, 1)
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
	connections = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	database    = "digitalocean:index/databaseCluster:DatabaseCluster"
	firewall    = "digitalocean:index/databaseFirewall:DatabaseFirewall"
	bucket      = "digitalocean:index/spacesBucket:SpacesBucket"
	policy      = "digitalocean:index/spacesBucketPolicy:SpacesBucketPolicy"
	balancer    = "digitalocean:index/loadBalancer:LoadBalancer"
	cluster     = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	stack       = "pulumi:pulumi:Stack"
	adopted     = "annotations: {kubernetes.digitalocean.com/load-balancer-id: lb-1"
	alike       = "service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol: \"true\""
	certificate = "urn:pulumi:test::vmst::vmst:ingress:Ingress$" + namespace + "::ingress-cert-manager-namespace"
	mastodon    = "image: ghcr.io/mastodon/mastodon:v4.7.3"
	ready       = "readinessProbe: {httpGet: {path: /health, port: http}}"
)

func ingress(annotations, config string) Sample {
	return one(release, "values: {controller: {service: {"+annotations+"}, config: {"+config+"}}}")
}

// guarded is a database with a firewall.
func guarded() Sample {
	s := one(database, "name: spock")
	f := res(firewall, "wall", "")
	f.Dependencies = []string{s.Resources[0].URN}
	s.Resources = append(s.Resources, f)
	return s
}

func urned(s Sample, urn string) Sample {
	s.Resources[0].URN = urn
	return s
}

func budgeted(minAvailable, replicas string) Sample {
	return Sample{Resources: []rules.Resource{
		res(deployment, "web", web("replicas: 2", "replicas: "+replicas)),
		res(budget, "web", "metadata: {namespace: mastodon}\nspec: {minAvailable: "+minAvailable+
			", selector: {matchLabels: {app: web}}}"),
	}}
}

// isolated is a Deployment in a namespace with network policies.
func isolated(policies ...string) Sample {
	s := one(deployment, web())
	for i, policy := range policies {
		s.Resources = append(s.Resources, res(connections, fmt.Sprintf("policy-%d", i), policy))
	}
	return s
}

func limited(share float64) Sample {
	return Sample{}.with(func(s *settings.Settings) {
		s.Cluster.DefaultPool.Size, s.Cluster.DefaultPool.Nodes = "s-2vcpu-4gb", 50
		s.Budget.Monthly = int(s.MonthlyCost().Max / share)
	})
}

// All are the samples by the name of the rule: of all rules that a policy pack can hold.
func All() map[string]Rule {
	digests := func(s *settings.Settings) { s.Policy.Digests = true }
	closed := func(s *settings.Settings) { s.Cluster.NetworkPolicies.Enabled = true }
	return map[string]Rule{
		"data-protected": {
			Broken: []Sample{
				one(database, "name: spock").unprotected(), one(bucket, "name: mudd").unprotected(),
				one(bucket, "forceDestroy: true").protected(), one(cluster, "name: kirk").unprotected(),
				one(cluster, "destroyAllAssociatedResources: true").protected(),
				one("random:index/randomPassword:RandomPassword", "length: 32").unprotected(),
			},
			Kept: []Sample{
				one(database, "name: spock").protected(), one(bucket, "forceDestroy: false").protected(),
				one(database, "name: spock"), one(database, "").with(func(s *settings.Settings) { s.Protect = false }),
				one("digitalocean:index/dnsRecord:DnsRecord", "name: www").unprotected(),
				one(cluster, "name: kirk").with(func(*settings.Settings) {}),
				urned(one(namespace, "").unprotected(), certificate),
			},
		},
		"database-closed": {
			Broken: []Sample{
				one(firewall, "rules: [{type: ip_addr, value: 0.0.0.0/0}]"), one(firewall, "rules: []"),
				one(firewall, "clusterId: x"), one(firewall, "rules: [{type: ip_addr, value: 203.0.113.7}]"),
				one(firewall, "rules: [{type: ip_addr, value: 10.0.0.0/7}]"),
				one(firewall, "rules: [{type: tag, value: x}]"),
				one(firewall, "rules: [{type: k8s, value: x}, {type: ip_addr, value: '::/0'}]"),
			},
			Kept: []Sample{
				one(firewall, "rules: [{type: k8s, value: !unknown x}, {type: ip_addr, value: 10.65.0.0/16}]"),
				one(firewall, "rules: [{type: ip_addr, value: 192.168.1.1}]"), one(firewall, "rules: !unknown x"),
				one(firewall, "rules: [{type: ip_addr, value: 'fd00::/8'}]"), one(database, "rules: []"),
			},
		},
		"database-firewalled": {
			Broken: []Sample{one(database, "name: spock"), {Resources: append(guarded().Resources,
				res(database, "other", "name: other"))}},
			Kept: []Sample{guarded(), one(bucket, "name: mudd")},
		},
		"bucket-private": {
			Broken: []Sample{
				one(bucket, "acl: public-read"),
				one(policy, `policy: '{"Statement": [{"Effect": "Allow", "Principal": "*"}]}'`),
				one(policy, `policy: '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}}]}'`),
			},
			Kept: []Sample{
				one(bucket, "acl: private"), one(bucket, "name: mudd"), one(bucket, "acl: !unknown x"),
				one(policy, `policy: '{"Statement": [{"Effect": "Deny", "Principal": "*"}]}'`),
				one(policy, `policy: '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "someone"}}]}'`),
				one(policy, `policy: !unknown x`), one(policy, `policy: no JSON`),
				one("digitalocean:index/spacesBucketObject:SpacesBucketObject", "acl: public-read"),
			},
		},
		"nothing-else-reachable": {
			Broken: []Sample{
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
			Kept: []Sample{
				one(service, "spec: {type: ClusterIP}"), one(service, "spec: {type: !unknown x}"),
				one("digitalocean:index/firewall:Firewall", "inboundRules: [{sourceAddresses: [10.0.0.0/8]}]"),
				one("digitalocean:index/firewall:Firewall", "inboundRules: [{sourceAddresses: [!unknown x]}]"),
				one(balancer, "forwardingRules: [{entryPort: 80}, {entryPort: 443}]"),
				one(release, "values: {controller: {hostPort: {enabled: false}}}"), one(deployment, web()),
			},
		},
		"load-balancer-adopted": {
			Broken: []Sample{
				one(service, "spec: {type: LoadBalancer}"),
				one(service, "metadata: {annotations: {kubernetes.digitalocean.com/load-balancer-id: ''}}\n"+
					"spec: {type: LoadBalancer}"),
				one(release, "values: {controller: {replicaCount: 2}}"),
				one(release, "values: {web: {service: {type: LoadBalancer}}}"),
			},
			Kept: []Sample{
				one(service, "metadata: {"+adopted+"}}\nspec: {type: LoadBalancer}"),
				one(service, "metadata: {annotations: {kubernetes.digitalocean.com/load-balancer-id: !unknown x}}\n"+
					"spec: {type: LoadBalancer}"),
				one(service, "spec: {type: ClusterIP}"), ingress(adopted+"}", ""),
				one(release, "values: {controller: {service: {type: ClusterIP}}}"),
				one(release, "values: {replicaCount: 2}"),
			},
		},
		"proxy-protocol-alike": {
			Broken: []Sample{
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: 'false'"),
				ingress(adopted+"}", "use-proxy-protocol: 'true', proxy-real-ip-cidr: 10.0.0.0/8"),
				ingress(adopted+", "+alike+", service.beta.kubernetes.io/do-loadbalancer-type: REGIONAL_NETWORK}",
					"use-proxy-protocol: 'true', proxy-real-ip-cidr: 10.0.0.0/8"),
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: 'true'"),
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: 'true', proxy-real-ip-cidr: 0.0.0.0/0"),
				one(balancer, "type: REGIONAL_NETWORK\nenableProxyProtocol: true"),
			},
			Kept: []Sample{
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: 'true', proxy-real-ip-cidr: 10.0.0.0/8"),
				ingress(adopted+"}", "use-proxy-protocol: 'false'"), ingress(adopted+"}", ""),
				ingress(adopted+", "+alike+"}", "use-proxy-protocol: !unknown x"),
				one(balancer, "type: REGIONAL\nenableProxyProtocol: true"), one(release, "values: {replicaCount: 2}"),
			},
		},
		"namespace-isolated": {
			Broken: []Sample{
				isolated().with(closed),
				isolated("metadata: {namespace: other}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}").
					with(closed),
				isolated("metadata: {namespace: mastodon}\nspec: {podSelector: {}, policyTypes: [Ingress]}").
					with(closed),
				isolated("metadata: {namespace: mastodon}\nspec: {podSelector: {matchLabels: {app: web}}, " +
					"policyTypes: [Ingress, Egress]}").with(closed),
				isolated("metadata: {namespace: mastodon}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress], " +
					"egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}").with(closed),
				one(deployment, web("namespace: mastodon", "namespace: observability")).with(closed),
			},
			Kept: []Sample{
				isolated("metadata: {namespace: mastodon}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}").
					with(closed),
				isolated("metadata: {namespace: mastodon}\nspec: {podSelector: {}, policyTypes: [Ingress]}",
					"metadata: {namespace: mastodon}\nspec: {podSelector: {}, policyTypes: [Egress], egress: []}").
					with(closed),
				// The engine sees these beside what else is in its namespace, and knows the settings there.
				isolated("metadata: {namespace: mastodon}\nspec: {podSelector: {}, policyTypes: !unknown x}"),
				isolated("metadata: {namespace: !unknown x}\nspec: !unknown x").with(closed),
				isolated("metadata: {namespace: mastodon}\nspec: {podSelector: !unknown x, policyTypes: " +
					"[Ingress, !unknown x]}").with(closed),
				isolated(), isolated().with(func(*settings.Settings) {}),
				one(deployment, web("namespace: mastodon", "namespace: cert-manager")).with(closed),
				one(deployment, web("namespace: mastodon", "namespace: !unknown x")).with(closed),
				Sample{Resources: []rules.Resource{
					res(deployment, "web", web("namespace: mastodon", "namespace: observability")),
					res(connections, "policy",
						"metadata: {namespace: observability}\nspec: {podSelector: {}, policyTypes: [Ingress]}"),
				}}.with(closed),
			},
		},
		"image-pinned": {
			Broken: []Sample{
				one(deployment, web(mastodon, "image: rclone/rclone:latest")),
				one(deployment, web(mastodon, "image: 'localhost:5000/rclone'")),
				one(deployment, web()).with(digests),
				one(release, "values: {controller: {image: {repository: a, tag: latest}}}"),
				one(release, "values: {controller: {image: {repository: a, tag: v1}}}").with(digests),
			},
			Kept: []Sample{
				one(deployment, web()), one(deployment, web(mastodon, "image: !unknown x")),
				one(release, "values: {controller: {image: {repository: a, tag: v1}}}"),
				one(release, "values: {controller: {image: {image: a, tag: v1, digest: 'sha256:1'}}}").with(digests),
				one(cronJob, "spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a, "+
					"image: 'a:v1@sha256:1'}]}}}}}",
				).with(digests),
			},
		},
		"mastodon-safe": {
			Broken: []Sample{
				one(deployment, web(mastodon, "image: ghcr.io/mastodon/mastodon:v4.7.1")),
				one(deployment, web(mastodon, "image: a/mastodon-streaming:v4.3.9")),
			},
			Kept: []Sample{
				one(deployment, web()), one(deployment, web("mastodon/mastodon:v4.7.3", "other/thing:v4.7.1")),
				one(deployment, web("mastodon/mastodon:v4.7.3", "mastodon/mastodon:my-build")),
				one(deployment, web(mastodon, "image: !unknown x")),
			},
		},
		"pod-resources": {
			Broken: []Sample{
				one(deployment, web("limits: {memory: 2Gi}", "limits: {cpu: 1}")),
				one(deployment, web("requests: {cpu: 10m, memory: 16Mi}, ", "")),
				one("kubernetes:core/v1:Pod", "spec: {containers: [{name: a, image: 'a:v1'}]}"),
			},
			Kept: []Sample{
				one(deployment, web()), one(deployment, web("limits: {memory: 2Gi}", "limits: !unknown x")),
				one(deployment, "spec: {template: !unknown x}"), one(deployment, "spec: !unknown x"),
			},
		},
		"pod-restricted": {
			Broken: []Sample{
				one(deployment, web("runAsNonRoot: true, ", "")),
				one(deployment, web("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")),
				one(deployment, web("emptyDir: {sizeLimit: 8Mi}", "hostPath: {path: /}")),
				one(deployment, web("hostNetwork: false", "hostPID: true")),
				one(deployment, web("seccompProfile: {type: RuntimeDefault}", "seccompProfile: 5")),
			},
			Kept: []Sample{
				one(deployment, web()), one(deployment, web("value: example.org", "value: !unknown x")),
				one(deployment, web("runAsNonRoot: true, ", "runAsUser: !unknown x, ")),
				one(deployment, web("emptyDir: {sizeLimit: 8Mi}", "hostPath: !unknown x")),
			},
		},
		"namespace-restricted": {
			Broken: []Sample{
				one(namespace, "metadata: {name: mastodon}"),
				one(namespace, "metadata: {name: mastodon, labels: {pod-security.kubernetes.io/enforce: baseline}}"),
				one(namespace, "metadata: {name: cert-manager}"),
				one(namespace, "metadata: {name: cert-manager, labels: {pod-security.kubernetes.io/warn: baseline}}"),
			},
			Kept: []Sample{
				one(namespace, "metadata: {name: mastodon, labels: {pod-security.kubernetes.io/enforce: restricted}}"),
				one(namespace, "metadata: {name: cert-manager, labels: {"+
					"pod-security.kubernetes.io/enforce: baseline}}"),
				one(namespace, "metadata: {name: !unknown x}"),
				one(namespace, "metadata: {name: mastodon, labels: {pod-security.kubernetes.io/enforce: !unknown x}}"),
			},
		},
		"pod-probes": {
			Broken: []Sample{
				one(deployment, web(ready, "tty: false")),
				one(deployment, web("livenessProbe: {tcpSocket: {port: http}}", "tty: false")),
			},
			Kept: []Sample{
				one(deployment, web()),
				one(deployment, web(ready, "readinessProbe: !unknown x")),
				one(deployment, "spec: {template: {spec: {containers: !unknown x}}}"),
				one(deployment, "spec: {template: {spec: {containers: [!unknown x]}}}"),
			},
		},
		"pod-spread": {
			Broken: []Sample{one(deployment, web("topologySpreadConstraints", "tolerations"))},
			Kept: []Sample{
				one(deployment, web()),
				one(deployment, web("topologySpreadConstraints", "tolerations", "replicas: 2", "replicas: 1")),
				one(deployment, web("topologySpreadConstraints", "tolerations", "replicas: 2", "replicas: !unknown x")),
				one(deployment, web("topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "+
					"whenUnsatisfiable: DoNotSchedule}]", "affinity: {podAntiAffinity: {}}")),
			},
		},
		"disruption-budget": {
			Broken: []Sample{
				one(budget, "spec: {maxUnavailable: 0}"), one(budget, "spec: {maxUnavailable: 0%}"),
				one(budget, "spec: {minAvailable: 100%}"),
			},
			Kept: []Sample{
				one(budget, "spec: {maxUnavailable: 1}"), one(budget, "spec: {minAvailable: 50%}"),
				one(budget, "spec: {maxUnavailable: !unknown x}"),
			},
		},
		"disruption-budget-fits": {
			Broken: []Sample{budgeted("2", "2"), budgeted("3", "2"), budgeted("1", "1")},
			Kept: []Sample{
				budgeted("1", "2"), budgeted("!unknown x", "2"), budgeted("2", "!unknown x"),
				{Resources: []rules.Resource{
					budgeted("2", "2").Resources[0],
					res(budget, "other", "metadata: {namespace: other}\nspec: {minAvailable: 2, selector: "+
						"{matchLabels: {app: web}}}"),
					res(budget, "cron", "metadata: {namespace: mastodon}\nspec: {minAvailable: 2, selector: "+
						"{matchLabels: {app: cron}}}"),
				}},
			},
		},
		"secret-hidden": {
			Broken: []Sample{
				one(configMap, "data: {password: !secret hunter2}"),
				one(configMap, "data: !secret {password: hunter2}"),
				one(release, "values: {a: [{b: !secret hunter2}]}"), one(chart, "values: {a: !secret hunter2}"),
				one(deployment, web("value: example.org", "value: !secret hunter2")),
			},
			Kept: []Sample{
				one(configMap, "data: {host: example.org, later: !unknown x}"), one(release, "values: {a: b}"),
				one("kubernetes:core/v1:Secret", "stringData: !secret {password: hunter2}"), one(deployment, web()),
			},
		},
		"secret-output": {
			Broken: []Sample{one(stack, "database: {password: !secret hunter2}")},
			Kept:   []Sample{one(stack, "database: {host: a, id: !unknown x}"), one(database, "a: !secret b")},
		},
		"bill-within-budget": {
			Broken: []Sample{limited(1.01)},
			Kept:   []Sample{limited(0.999), limited(0.5), {}, Sample{}.with(func(*settings.Settings) {})},
		},
		"bill-near-budget": {Broken: []Sample{limited(0.95)}, Kept: []Sample{limited(0.89), limited(1.05), {}}},
	}
}
