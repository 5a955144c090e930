package pictures

import (
	"slices"
	"strings"
)

// pods are those of one kind: so many of the same.
type pods struct {
	name, replicas, pool string
	lines                []string
	look                 Look
}

func (p pods) box() *Box {
	title := p.name
	if p.replicas != "" && p.replicas != "1" {
		title += "\u00a0×\u00a0" + p.replicas
	}
	return &Box{Title: title, Lines: p.lines, Look: p.look}
}

// charts are the pods that a Helm release makes, as far as its values tell. The release has a name of its own; its
// chart may be anybody's fork.
func charts(r Resource) []pods {
	values := r.Inputs.Inputs("values")
	switch r.Inputs.Text("name") {
	case "mastodon":
		return slices.Concat([]pods{web(values), streaming(values)}, sidekiq(values))
	case "ingress-nginx":
		controller := values.Inputs("controller")
		return []pods{{
			"ingress-nginx", controller.Text("replicaCount"), poolOf(controller), []string{"ends TLS"}, edge,
		}}
	case "cert-manager":
		return []pods{{
			"cert-manager", values.Text("replicaCount"), poolOf(values), []string{"asks for certificates"}, work,
		}}
	case "kube-prometheus-stack":
		return []pods{
			measuring(values, "Prometheus", "prometheus", "prometheusSpec", "storageSpec"),
			measuring(values, "Alertmanager", "alertmanager", "alertmanagerSpec", "storage"),
		}
	default:
		chart := []string{"chart " + r.Inputs.Text("chart")}
		return []pods{{r.Inputs.Text("name"), values.Text("replicaCount"), poolOf(values), chart, plain}}
	}
}

func web(values Inputs) pods {
	in := values.Inputs("mastodon", "web")
	return pods{"web", in.Text("replicas"), poolOf(in), []string{
		times(in.Text("workers"), in.Text("maxThreads")+" threads"),
	}, work}
}

func streaming(values Inputs) pods {
	in := values.Inputs("mastodon", "streaming")
	return pods{"streaming", in.Text("replicas"), poolOf(in), []string{"WebSocket"}, work}
}

func sidekiq(values Inputs) []pods {
	var all []pods
	for _, in := range values.List("mastodon", "sidekiq", "workers") {
		all = append(all, pods{"Sidekiq " + in.Text("name"), in.Text("replicas"), poolOf(in), []string{
			in.Text("concurrency") + " threads",
		}, work})
	}
	return all
}

// measuring is a part of the chart of Prometheus.
func measuring(values Inputs, name, part, spec, storage string) pods {
	in := values.Inputs(part, spec)
	p := pods{name, in.Text("replicas"), poolOf(in), nil, work}
	if p.replicas == "" {
		p.replicas = "1"
	}
	if size := in.Text(storage, "volumeClaimTemplate", "spec", "resources", "requests", "storage"); size != "" {
		p.lines = []string{"volume of " + strings.Replace(size, "Gi", " GiB", 1)}
	}
	return p
}

// deployment is one that the program makes without a chart.
func deployment(r Resource) pods {
	spec := r.Inputs.Inputs("spec")
	return pods{r.Inputs.Text("metadata", "name"), spec.Text("replicas"), poolOf(spec, "template", "spec"), nil, work}
}
