package pictures

import (
	"cmp"
	"slices"
	"strings"
)

// sized gives a box a width where the layout engine decides where it is.
func sized(width int, b *Box) *Box {
	b.spread(width)
	return b
}

// line adds a line to a picture.
func (p *Picture) line(from, to *Box, label string, dashed bool) {
	if from != nil && to != nil {
		p.Lines = append(p.Lines, Line{From: from, To: to, Label: label, Dashed: dashed})
	}
}

// chart is the release of a Helm chart with that name; one without anything where there is none.
func (p Program) chart(name string) Resource {
	for _, r := range slices.Concat(p.Of(releaseType), p.Of(chartType)) {
		if r.Inputs.Text("name") == name {
			return r
		}
	}
	return Resource{}
}

// inside is the box of the private network, with its region.
func (p Program) inside() *Box {
	box := &Box{Title: "Private network", Look: network, Free: true}
	for _, r := range p.Of(vpcType) {
		box.Title, box.Lines = place(r.Inputs.Text("region")), []string{"private network " + r.Inputs.Text("ipRange")}
	}
	return box
}

// Request draws the way of a request: from whoever asks, by the DNS, to the load balancer and the reverse proxies that
// end TLS, to the pods, to the databases; and that of media, which see no pod.
func Request(p Program, stack string) Picture {
	picture := Picture{
		Name:  "request-" + stack,
		Title: "The way of a request in " + stack,
		Description: "People and other servers learn an address from the DNS. The load balancer passes their " +
			"connections on to the reverse proxies in the cluster, which end TLS and choose web or streaming by the " +
			"host. These ask the databases. Media and static files come from the CDN before the buckets.",
	}
	people := sized(240, &Box{Title: "People and other servers", Look: guest})
	names := sized(240, p.zone())
	network, front := p.inside(), p.proxies()
	values := p.chart("mastodon").Inputs.Inputs("values")
	pages, live, work := sized(118, web(values).box()), sized(118, streaming(values).box()), sized(118, p.workers())
	pods := &Box{Title: "Kubernetes", Look: cluster, Free: true, Boxes: []*Box{front, pages, live, work}}
	stores := &Box{Title: "Managed databases", Look: cluster, Columns: 2}
	for _, r := range p.databases() {
		stores.Boxes = append(stores.Boxes, p.store(r))
	}
	sized(392, stores)
	media := p.media()
	picture.Boxes = []*Box{people, names, network, media}
	picture.line(people, names, "", true)
	for _, r := range p.Of(balancerType) {
		entry := sized(220, balancer(r))
		network.Boxes = append(network.Boxes, entry)
		picture.line(people, entry, "HTTPS", false)
		picture.line(names, entry, "A", true)
		label := "TCP"
		if r.Inputs.Text("enableProxyProtocol") == "true" {
			label = "proxy protocol"
		}
		picture.line(entry, front, label, false)
	}
	network.Boxes = append(network.Boxes, pods, stores)
	picture.line(people, media, "HTTPS", false)
	picture.line(names, media, "CNAME", true)
	picture.line(front, pages, hosts(values, "ingress"), false)
	picture.line(front, live, hosts(values, "ingress", "streaming"), false)
	for _, box := range []*Box{pages, live, work} {
		picture.line(box, stores, "", false)
	}
	return picture
}

// hosts are those of an ingress in the values of Mastodon's chart.
func hosts(values Inputs, path ...string) string {
	var all []string
	for _, host := range values.List(append(path, "hosts")...) {
		all = append(all, host.Text("host"))
	}
	return strings.Join(all, ", ")
}

// zone is what the DNS says of the stack: which names are addresses, and which are a CDN's.
func (p Program) zone() *Box {
	box := &Box{Title: "DNS", Look: edge}
	for _, kind := range []string{"A", "AAAA", "CNAME"} {
		var named []string
		for _, r := range p.Of(recordType) {
			in := r.Inputs
			box.Title = "DNS of " + in.Text("domain")
			if in.Text("type") == kind && (kind != "CNAME" || p.behind(in.Text("name")+"."+in.Text("domain"))) {
				named = append(named, in.Text("name"))
			}
		}
		if len(named) > 0 {
			slices.Sort(named)
			box.Lines = append(box.Lines, kind+": "+strings.Join(named, ", "))
		}
	}
	return box
}

// behind says whether a host is a CDN's: others of the CNAMEs are for mail.
func (p Program) behind(host string) bool {
	return slices.ContainsFunc(p.Of(cdnType), func(r Resource) bool { return r.Inputs.Text("customDomain") == host })
}

// proxies are the reverse proxies.
func (p Program) proxies() *Box {
	r := p.chart("ingress-nginx")
	var lines []string
	for _, pods := range charts(r) {
		lines = append(lines, pods.box().Title)
	}
	versions := strings.Fields(strings.ReplaceAll(
		r.Inputs.Text("values", "controller", "config", "ssl-protocols"), "TLSv", ""))
	return sized(220, &Box{Title: "Reverse proxies", Look: edge, Lines: append(lines,
		"end TLS "+strings.Join(versions, " and "))})
}

// workers are all groups of Sidekiq.
func (p Program) workers() *Box {
	groups := sidekiq(p.chart("mastodon").Inputs.Inputs("values"))
	var names []string
	for _, group := range groups {
		names = append(names, strings.TrimPrefix(group.name, "Sidekiq "))
	}
	return &Box{Title: "Sidekiq", Look: work, Lines: []string{strings.Join(names, ", ")}}
}

// databases are the clusters of databases, PostgreSQL first: it is what all of them ask.
func (p Program) databases() []Resource {
	all := p.Of(databaseType)
	slices.SortStableFunc(all, func(a, b Resource) int {
		return cmp.Compare(strings.Index(engine(b), "PostgreSQL"), strings.Index(engine(a), "PostgreSQL"))
	})
	return all
}

// address is the host of a database in the private network, and its port.
func (p Program) address(r Resource) (host, port string) {
	for _, name := range p.Outputs.names("databases") {
		if out := p.Outputs.Inputs("databases", name); out.Text("name") == r.Inputs.Text("name") {
			return out.Text("host"), out.Text("port")
		}
	}
	return "", ""
}

// store is a database with whoever asks it.
func (p Program) store(r Resource) *Box {
	host, _ := p.address(r)
	box := &Box{Title: engine(r) + " " + r.Inputs.Text("version"), Look: data, Lines: []string{role(r)}}
	for _, pool := range p.Of(connectionType) {
		if pool.Parent == r.Parent {
			box.Lines = append(box.Lines, pool.Inputs.Text("mode")+" pool of "+pool.Inputs.Text("size"))
		}
	}
	if by := p.askers(host); len(by) > 0 {
		box.Lines = append(box.Lines, "for "+strings.Join(by, ", "))
	}
	return box
}

// askers are the pods of Mastodon whose settings name a host: all of them, or those in whose environment it is.
func (p Program) askers(host string) []string {
	values := p.chart("mastodon").Inputs.Inputs("values")
	all := []string{"web", "streaming", "sidekiq"}
	switch host {
	case "":
		return nil
	case values.Text("postgresql", "hostname"), values.Text("postgresql", "direct", "hostname"):
		return all
	case values.Text("elasticsearch", "hostname"):
		// The streaming server knows no search.
		return []string{"web", "sidekiq"}
	}
	var by []string
	for _, pods := range all {
		environment := values.Inputs("mastodon", pods, "extraEnvVars")
		for _, name := range environment.names() {
			if strings.Contains(environment.Text(name), "@"+host+":") {
				by = append(by, pods)
			}
		}
	}
	return by
}

// media are the buckets that the internet reads, each behind its CDN.
func (p Program) media() *Box {
	box := &Box{Title: "CDN", Look: region}
	for _, r := range p.Of(bucketType) {
		if cdn, ok := p.cdn(r); ok {
			box.Boxes = append(box.Boxes, &Box{
				Title: cdn.Inputs.Text("customDomain"), Look: edge,
				Lines: []string{"bucket " + role(r), r.Inputs.Text("region")},
			})
		}
	}
	return sized(154, box)
}
