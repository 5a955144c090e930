package pictures

import (
	"slices"
	"strings"
)

// sized gives a box a width where the layout engine decides where it is.
func sized(width int, b *Box) *Box {
	b.spread(width)
	return b
}

// Request draws the way of a request: from whoever asks, past the DNS and the load balancer, to the reverse proxies that
// end TLS, to the pods, to the databases; and that of media, which never see a pod.
func Request(p Program, stack string) Picture {
	picture := Picture{
		Name:  "request-" + stack,
		Title: "The way of a request in " + stack,
		Description: "People and other servers reach the load balancer, which passes connections on to the reverse " +
			"proxies in the cluster. These end TLS and choose web or streaming by the host. Media come from the CDN.",
	}
	people := sized(250, &Box{Title: "People and other servers", Look: guest})
	names := sized(170, &Box{Title: "DNS", Look: edge, Lines: p.addresses()})
	picture.Boxes = []*Box{people, names}
	picture.line(people, names, "which address?", true)
	var values, proxy Inputs
	var controller pods
	for _, r := range slices.Concat(p.Of(releaseType), p.Of(chartType)) {
		switch r.Inputs.Text("chart") {
		case "mastodon":
			values = r.Inputs.Inputs("values")
		case "ingress-nginx":
			proxy, controller = r.Inputs.Inputs("values", "controller"), charts(r)[0]
		}
	}
	inside := &Box{Title: "Private network", Look: network, Free: true}
	for _, r := range p.Of(vpcType) {
		inside.Title = place(r.Inputs.Text("region")) + ", private network"
	}
	front := sized(230, &Box{Title: "Reverse proxies", Look: edge, Lines: []string{
		controller.box().Title, "end TLS: " + strings.ReplaceAll(proxy.Text("config", "ssl-protocols"), "TLSv", ""),
	}})
	webs, live, jobs := web(values), streaming(values), sidekiq(values)
	people2 := sized(150, webs.box())
	stream := sized(150, live.box())
	worker := sized(150, &Box{Title: "Sidekiq", Look: work, Lines: []string{plural(itoa(len(jobs)), "group"), "take jobs from Valkey"}})
	pods := &Box{Title: "Kubernetes", Look: cluster, Free: true, Boxes: []*Box{front, people2, stream, worker}}
	stores := &Box{Title: "Managed databases", Look: cluster, Columns: 2}
	for _, r := range p.Of(databaseType) {
		stores.Boxes = append(stores.Boxes, database(r))
	}
	sized(440, stores)
	for _, r := range p.Of(balancerType) {
		lb := sized(230, balancer(r))
		inside.Boxes = append(inside.Boxes, lb)
		picture.line(people, lb, "HTTPS, WebSocket", false)
		picture.line(lb, front, "proxy protocol", false)
	}
	inside.Boxes = append(inside.Boxes, pods, stores)
	picture.Boxes = append(picture.Boxes, inside)
	picture.line(front, people2, values.List("ingress", "hosts")[0].Text("host"), false)
	picture.line(front, stream, values.List("ingress", "streaming", "hosts")[0].Text("host"), false)
	picture.line(people2, stores, "", false)
	picture.line(stream, stores, "", false)
	picture.line(worker, stores, "", false)
	media := &Box{Title: "Buckets and CDN", Look: region}
	for _, r := range p.Of(bucketType) {
		if cdn, ok := p.cdn(r); ok {
			media.Boxes = append(media.Boxes, &Box{Title: cdn.Inputs.Text("customDomain"), Look: data, Lines: []string{"bucket " + role(r)}})
		}
	}
	sized(180, media)
	picture.Boxes = append(picture.Boxes, media)
	picture.line(people, media, "media, assets", false)
	return picture
}

func (p *Picture) line(from, to *Box, label string, dashed bool) {
	p.Lines = append(p.Lines, Line{From: from, To: to, Label: label, Dashed: dashed})
}

// addresses are the names of the zone that point to the load balancer or to a CDN.
func (p Program) addresses() []string {
	hosts := map[string][]string{}
	for _, r := range p.Of(recordType) {
		kind := r.Inputs.Text("type")
		hosts[kind] = append(hosts[kind], r.Inputs.Text("name"))
	}
	return []string{"zone"}
}
