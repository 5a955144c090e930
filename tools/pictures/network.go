package pictures

import (
	"slices"
	"strings"
)

// Network draws who reaches what: the public addresses and their ports, the ranges of the private network, and which
// of them the databases' firewalls let in.
func Network(p Program, stack string) Picture {
	picture := Picture{
		Name:  "network-" + stack,
		Title: "The network of " + stack,
		Description: "From the internet, only the ports of the load balancer, the interface of Kubernetes and the " +
			"CDN are reached. The databases have addresses in the private network, and firewalls that let the " +
			"cluster in.",
	}
	world := sized(240, &Box{Title: "Internet", Look: guest})
	network := p.inside()
	outside := sized(190, &Box{Title: "Outside", Look: region, Boxes: []*Box{p.open(), p.outwards()}})
	picture.Boxes = []*Box{world, network, outside}
	inside := &Box{Title: "Kubernetes", Look: cluster, Free: true}
	var pods *Box
	for _, r := range p.Of(clusterType) {
		in := r.Inputs
		nodes := sized(170, &Box{Title: "Nodes", Look: thing, Lines: []string{"addresses of the private network"}})
		services := sized(150, &Box{Title: "Services", Look: thing, Lines: []string{in.Text("serviceSubnet")}})
		pods = sized(150, &Box{Title: "Pods", Look: work, Lines: []string{in.Text("clusterSubnet")}})
		inside.Boxes = append(inside.Boxes, nodes, services, pods)
		picture.line(nodes, pods, "ingress-nginx", false)
		picture.line(services, pods, "", false)
		for _, entry := range p.Of(balancerType) {
			box := sized(200, &Box{Title: "Load balancer", Look: edge, Lines: []string{
				"public address, " + versions(entry.Inputs.Text("networkStack")),
			}})
			network.Boxes = append(network.Boxes, box)
			picture.line(world, box, ports(entry, "entry"), false)
			picture.line(box, nodes, ports(entry, "target"), false)
		}
	}
	stores := &Box{Title: "Managed databases", Look: cluster, Columns: 2}
	for _, r := range p.databases() {
		stores.Boxes = append(stores.Boxes, p.guarded(r))
	}
	sized(410, stores)
	network.Boxes = append(network.Boxes, inside, stores)
	picture.line(pods, stores, "TLS", false)
	picture.line(world, outside, "HTTPS", false)
	return picture
}

// open is what is reached from the internet and is not in the private network.
func (p Program) open() *Box {
	box := &Box{Title: "Public as well", Look: network}
	for _, r := range p.Of(clusterType) {
		box.Boxes = append(box.Boxes, &Box{Title: "Kubernetes API", Look: edge, Lines: []string{admitted(r.Inputs)}})
	}
	for _, r := range slices.Concat(p.Of(cdnType), p.Of(hostType)) {
		title := "CDN"
		if r.Type == hostType {
			title = "Netlify"
		}
		box.Boxes = append(box.Boxes, &Box{Title: title, Look: edge, Lines: []string{r.Inputs.Text("customDomain")}})
	}
	return box
}

// versions are those of the internet protocol that a load balancer speaks.
func versions(stack string) string {
	if stack == "DUALSTACK" {
		return "IPv4 and IPv6"
	}
	return strings.Replace(stack, "IPV", "IPv", 1)
}

// ports are those of a load balancer's rules, on its outer or its inner side.
func ports(r Resource, side string) string {
	var all []string
	for _, rule := range r.Inputs.List("forwardingRules") {
		all = append(all, strings.ToUpper(rule.Text(side+"Protocol"))+" "+rule.Text(side+"Port"))
	}
	return strings.Join(all, ", ")
}

// admitted is from where the interface of Kubernetes is reached.
func admitted(in Inputs) string {
	if addresses := in.Texts("controlPlaneFirewall", "allowedAddresses"); len(addresses) > 0 {
		return "from " + strings.Join(addresses, ", ")
	}
	return "from anywhere, with a token"
}

// guarded is a database with its port, and whom its firewall lets in.
func (p Program) guarded(r Resource) *Box {
	_, port := p.address(r)
	box := &Box{Title: engine(r) + " " + role(r), Look: data, Lines: []string{"port " + port}}
	for _, firewall := range p.Of(firewallType) {
		// The firewall of a cluster is named after it.
		if strings.TrimSuffix(firewall.Name, "-firewall") != strings.TrimSuffix(r.Name, "-cluster") {
			continue
		}
		for _, rule := range firewall.Inputs.List("rules") {
			who := rule.Text("value")
			if rule.Text("type") == "k8s" {
				who = "the cluster's nodes"
			}
			box.Lines = append(box.Lines, "lets in "+who)
		}
	}
	return box
}

// outwards is what the pods ask outside of the private network, as far as their settings name it.
func (p Program) outwards() *Box {
	values := p.chart("mastodon").Inputs.Inputs("values", "mastodon")
	box := &Box{Title: "What pods ask", Look: network}
	add := func(title string, lines ...string) {
		box.Boxes = append(box.Boxes, &Box{Title: title, Look: thing, Lines: lines})
	}
	if server := values.Text("smtp", "server"); server != "" {
		add("Mail relay", server, "port "+values.Text("smtp", "port"))
	}
	if host := values.Text("s3", "hostname"); host != "" {
		add("Buckets", host, "HTTPS")
	}
	add("Other servers", "HTTPS")
	return box
}
