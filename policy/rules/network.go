package rules

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/settings"
)

// The annotations of a Service with which DigitalOcean's cloud controller sets a load balancer up
// (digitalocean-cloud-controller-manager, docs/controllers/services/annotations.md).
const (
	adoptsAnnotation = "kubernetes.digitalocean.com/load-balancer-id"
	proxyAnnotation  = "service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol"
	kindAnnotation   = "service.beta.kubernetes.io/do-loadbalancer-type"
)

func networkRules() []Rule {
	return []Rule{
		{
			Name: "database-closed", Level: Mandatory,
			What: "A database admits the cluster and private addresses, and nobody else.",
			Reason: "A managed database has a public address. Its firewall alone keeps the world away from its " +
				"password prompt, and a firewall without rules admits everybody.",
			Remedy: "Leave in the firewall's rules the cluster (type k8s) and addresses of private ranges (type " +
				"ip_addr), such as vmst:settings.cluster.podSubnet; from elsewhere, go through a pod (`make toolbox`)",
			Of:       of(databaseFirewall),
			Resource: openDatabase,
		},
		{
			Name: "database-firewalled", Level: Mandatory,
			What:   "Every database has a firewall.",
			Reason: "A managed database without a firewall answers everybody.",
			Remedy: "Make a DatabaseFirewall for it, as infra/internal/managed does",
			Of:     of(databaseCluster, databaseFirewall),
			Stack:  withoutFirewall,
		},
		{
			Name: "bucket-private", Level: Mandatory,
			What: "Buckets are private.",
			Reason: "A bucket that everybody may read lists everything in it, drafts of posts and backups included. " +
				"What the CDN serves is public object by object: Mastodon and the Jobs set that when they write one.",
			Remedy:   "Set the bucket's acl to private, and admit nobody (\"*\") by a bucket policy",
			Of:       of(spacesBucket, bucketPolicy),
			Resource: publicBucket,
		},
		{
			Name: "nothing-else-reachable", Level: Mandatory,
			What: "Nothing but the load balancer's ports 80 and 443 and the CDN is reachable from the internet.",
			Reason: "Nodes have public addresses. A NodePort, a port or the network of a node, or a firewall that " +
				"is open to everybody puts a service on them past TLS, rate limits and logs of the ingress; a " +
				"Droplet or an address of its own has none of these to begin with.",
			Remedy: "Serve it through an Ingress; for what only people who run the instance need, use " +
				"`kubectl port-forward`. In the values of a chart, leave vmst:settings.ingress.values and " +
				"vmst:settings.mastodon.values without such a thing",
			Of:       either(hasPod, of(append(addressed(), exposing()...)...)),
			Resource: reachable,
		},
		{
			Name: "load-balancer-adopted", Level: Mandatory,
			What: "Every Service of type LoadBalancer adopts a load balancer of the program.",
			Reason: "Without the annotation " + adoptsAnnotation + " the cluster makes a load balancer of its own: " +
				"it costs, has another address than the one that DNS points to, and goes with the Service.",
			Remedy: "Give the Service the annotation " + adoptsAnnotation + " with the ID of the load balancer, and " +
				"leave the Service out of vmst:settings.ingress.values",
			Of:       of(serviceType, releaseType, chartType),
			Resource: notAdopting,
		},
		{
			Name: "proxy-protocol-alike", Level: Mandatory,
			What: "The load balancer and the ingress controller agree on proxy protocol.",
			Reason: "If one of them speaks it alone, no request is understood. A REGIONAL_NETWORK load balancer " +
				"ignores it without a word, and a controller that believes everybody lets anybody forge an address. " +
				"The annotations of the controller's Service are compared, not the DigitalOcean resource: the cloud " +
				"controller sets the load balancer up from them, and the resource's own inputs are ignored from " +
				"then on.",
			Remedy: "Leave both to vmst:settings.loadBalancer.proxyProtocol, and proxy-real-ip-cidr to " +
				"vmst:settings.network.ipRange",
			Of:       of(loadBalancer, releaseType),
			Resource: proxyProtocol,
		},
		{
			Name: "namespace-isolated", Level: Mandatory,
			What: "In a namespace with pods of the program, no connection is made or taken that no network policy " +
				"allows.",
			Reason: "Without a policy, a pod reaches the logins of the databases, all other pods, and what a Droplet " +
				"says about itself at 169.254.169.254; whoever breaks into one is there, too. Two namespaces belong " +
				"to charts from elsewhere, ingress-nginx and cert-manager: the control plane calls into them, from " +
				"addresses that nobody states. In a third, observability, pods may connect to everything and only " +
				"what they take is denied: no policy could let Prometheus ask the nodes.",
			Remedy: "Make the policies of the namespace with kube.Isolation, before its pods; or, for an environment " +
				"without any, set vmst:settings.cluster.networkPolicies.enabled to false",
			Of:    either(hasPod, of(networkPolicyType)),
			Stack: open,
		},
	}
}

func openDatabase(r Resource, _ *settings.Settings) []string {
	if r.Type != databaseFirewall {
		return nil
	}
	rules := r.at("rules")
	if rules.unknown {
		return nil
	}
	if len(rules.list()) == 0 {
		return []string{"the firewall has no rules, and so admits everybody"}
	}
	var wrong []string
	for _, rule := range rules.list() {
		kind, value := rule.at("type"), rule.at("value")
		switch {
		case kind.unknown, value.unknown, kind.is("k8s"):
		case kind.is("ip_addr"):
			if !private(value.text()) {
				wrong = append(wrong, fmt.Sprintf("the firewall admits %q, which is in no private range",
					value.text()))
			}
		default:
			wrong = append(wrong, fmt.Sprintf("the firewall admits %s %q", kind.text(), value.text()))
		}
	}
	return wrong
}

// private is whether an address or a range is one that no packet comes from through the internet.
func private(text string) bool {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return false
		}
		prefix = netip.PrefixFrom(address, address.BitLen())
	}
	// RFC 1918, RFC 4193 and RFC 6598.
	for _, within := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"} {
		if p := netip.MustParsePrefix(within); prefix.Bits() >= p.Bits() && p.Contains(prefix.Addr()) {
			return true
		}
	}
	return false
}

func withoutFirewall(all []Resource, _ *settings.Settings) []Violation {
	guarded := map[string]bool{}
	for _, r := range all {
		if r.Type == databaseFirewall {
			for _, urn := range r.Dependencies {
				guarded[urn] = true
			}
		}
	}
	var violations []Violation
	for _, r := range all {
		if r.Type == databaseCluster && !guarded[r.URN] {
			violations = append(violations, Violation{r.URN, "no firewall is for the database " + r.Name})
		}
	}
	return violations
}

func publicBucket(r Resource, _ *settings.Settings) []string {
	switch r.Type {
	case spacesBucket:
		if acl := r.at("acl"); !acl.unknown && !acl.absent() && !acl.is("private") {
			return []string{fmt.Sprintf("the bucket's acl is %q", acl.text())}
		}
	case bucketPolicy:
		if admitsEverybody(r.at("policy").text()) {
			return []string{"the policy admits everybody to the bucket"}
		}
	}
	return nil
}

// admitsEverybody is whether a statement of a bucket policy, as S3 has it, allows something to "*".
func admitsEverybody(policy string) bool {
	var document struct {
		Statement []struct {
			Effect    string
			Principal any
		}
	}
	if json.Unmarshal([]byte(policy), &document) != nil {
		return false
	}
	for _, statement := range document.Statement {
		// A principal is "*", {"AWS": "*"} or {"AWS": ["*"]}.
		principal, err := json.Marshal(statement.Principal)
		if err == nil && statement.Effect == "Allow" && strings.Contains(string(principal), `"*"`) {
			return true
		}
	}
	return false
}

// everybody is whether a firewall's source is the whole internet.
func everybody(f field) bool { return strings.HasSuffix(f.text(), "/0") }

// addressed are the types that have a public address.
func addressed() []string {
	return []string{
		"digitalocean:index/droplet:Droplet", "digitalocean:index/reservedIp:ReservedIp",
		"digitalocean:index/reservedIpv6:ReservedIpv6", "digitalocean:index/floatingIp:FloatingIp",
		"digitalocean:index/app:App",
	}
}

// exposing are the other types, besides pods, that can make something reachable.
func exposing() []string {
	return []string{firewallType, loadBalancer, serviceType, releaseType, chartType}
}

func reachable(r Resource, _ *settings.Settings) []string {
	var wrong []string
	if slices.Contains(addressed(), r.Type) {
		wrong = append(wrong, r.Name+" has a public address of its own")
	}
	switch r.Type {
	case firewallType:
		for _, rule := range r.at("inboundRules").list() {
			if slices.ContainsFunc(rule.at("sourceAddresses").list(), everybody) {
				wrong = append(wrong, fmt.Sprintf("the firewall opens %s %s to everybody",
					rule.at("protocol").text(), rule.at("portRange").text()))
			}
		}
	case loadBalancer:
		for _, rule := range r.at("forwardingRules").list() {
			if port := rule.at("entryPort"); !port.unknown && !port.is("80") && !port.is("443") {
				wrong = append(wrong, "the load balancer listens on port "+port.text())
			}
		}
	case serviceType:
		if r.at("spec", "type").is("NodePort") {
			wrong = append(wrong, "the Service opens a port on every node")
		}
		if len(r.at("spec", "externalIPs").list()) > 0 {
			wrong = append(wrong, "the Service takes addresses of its own (externalIPs)")
		}
	case releaseType, chartType:
		walk(r.at("values"), "values", func(path string, values field) {
			if values.at("service", "type").is("NodePort") {
				wrong = append(wrong, path+".service opens a port on every node")
			}
			if values.at("hostNetwork").is("true") {
				wrong = append(wrong, path+".hostNetwork uses the network of the nodes")
			}
			if values.at("hostPort", "enabled").is("true") {
				wrong = append(wrong, path+".hostPort opens a port on a node")
			}
		})
	}
	pod, ok := podOf(r)
	if !ok {
		return wrong
	}
	if pod.spec.at("hostNetwork").is("true") {
		wrong = append(wrong, "the pods use the network of the nodes")
	}
	for _, c := range pod.all() {
		for _, port := range c.at("ports").list() {
			if host := port.at("hostPort"); !host.unknown && !host.absent() && !host.is("0") {
				wrong = append(wrong, fmt.Sprintf("container %s opens port %s on a node", c.name(), host.text()))
			}
		}
	}
	return wrong
}

func notAdopting(r Resource, _ *settings.Settings) []string {
	const lacks = "has no load balancer to adopt"
	empty := func(annotations field) bool {
		id := annotations.at(adoptsAnnotation)
		return id.absent() || id.is("") && !id.unknown
	}
	switch r.Type {
	case serviceType:
		if r.at("spec", "type").is("LoadBalancer") && empty(r.at("metadata", "annotations")) {
			return []string{"the Service " + lacks}
		}
	case releaseType, chartType:
		var wrong []string
		walk(r.at("values"), "values", func(path string, values field) {
			service := values.at("service")
			balanced := service.at("type").is("LoadBalancer") ||
				// An ingress controller's chart makes one if nothing else is said (ingress-nginx 4.15.1, values.yaml).
				path == "values.controller" && service.at("type").absent()
			if balanced && empty(service.at("annotations")) {
				wrong = append(wrong, path+".service "+lacks)
			}
		})
		return wrong
	}
	return nil
}

func proxyProtocol(r Resource, _ *settings.Settings) []string {
	const network = "REGIONAL_NETWORK"
	if r.Type == loadBalancer && r.at("type").is(network) && r.at("enableProxyProtocol").is("true") {
		return []string{"a load balancer of type " + network + " ignores proxy protocol"}
	}
	controller := r.at("values", "controller")
	if r.Type != releaseType || !controller.has("service") {
		return nil
	}
	annotations, config := controller.at("service", "annotations"), controller.at("config")
	sends, expects := annotations.at(proxyAnnotation), config.at("use-proxy-protocol")
	if sends.unknown || expects.unknown {
		return nil
	}
	var wrong []string
	if sends.is("true") != expects.is("true") {
		wrong = append(wrong, fmt.Sprintf("the load balancer has it %s, the controller %s",
			onOff(sends), onOff(expects)))
	}
	if sends.is("true") && annotations.at(kindAnnotation).is(network) {
		wrong = append(wrong, "a load balancer of type "+network+" ignores proxy protocol")
	}
	if believed := config.at("proxy-real-ip-cidr"); expects.is("true") && (believed.absent() || everybody(believed)) {
		wrong = append(wrong, "the controller believes everybody about a client's address (proxy-real-ip-cidr)")
	}
	return wrong
}

func onOff(f field) string {
	if f.is("true") {
		return "on"
	}
	return "off"
}

// talkative are the namespaces whose pods may connect to everything.
func talkative() []string { return []string{"observability"} }

// open are the namespaces with pods in which something is allowed that no network policy allows.
func open(all []Resource, s *settings.Settings) []Violation {
	if s == nil || !s.Cluster.NetworkPolicies.Enabled {
		return nil
	}
	var violations []Violation
	seen := foreign()
	for _, r := range all {
		namespace := r.at("metadata", "namespace")
		if !hasPod(r.Type) || namespace.text() == "" || slices.Contains(seen, namespace.text()) {
			continue
		}
		seen = append(seen, namespace.text())
		denied := func(direction string) bool {
			return slices.ContainsFunc(all, func(p Resource) bool { return denies(p, namespace.text(), direction) })
		}
		where := "pods in namespace " + namespace.text()
		if !denied("Ingress") {
			violations = append(violations, Violation{r.URN, where + " take connections from everywhere"})
		}
		if !denied("Egress") && !slices.Contains(talkative(), namespace.text()) {
			violations = append(violations, Violation{r.URN, where + " connect to everything"})
		}
	}
	return violations
}

// denies is whether a policy may be one that denies the pods of a namespace all connections in a direction. What it
// lets through by a rule of its own would be let through to all of them.
func denies(policy Resource, namespace, direction string) bool {
	if policy.Type != networkPolicyType {
		return false
	}
	in, spec := policy.at("metadata", "namespace"), policy.at("spec")
	types, pods, rules := spec.at("policyTypes"), spec.at("podSelector"), spec.at(strings.ToLower(direction))
	named := types.partly() || slices.ContainsFunc(types.list(), func(t field) bool { return t.is(direction) })
	return (in.unknown || in.is(namespace)) && named && len(rules.list()) == 0 &&
		(pods.partly() || !pods.has("matchLabels") && !pods.has("matchExpressions"))
}
