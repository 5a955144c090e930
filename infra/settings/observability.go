package settings

import (
	"cmp"
	"fmt"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
	"github.com/vmstio/infrastructure/infra/signals"
)

// The values of Observability.Size.
const (
	// ObservabilityOff measures nothing in the cluster.
	ObservabilityOff = "off"
	// ObservabilitySmall is one Prometheus and one Alertmanager, which forget when their pods go.
	ObservabilitySmall = "small"
	// ObservabilityFull is two of each, with volumes.
	ObservabilityFull = "full"
)

// Observability is what is measured, what is promised of it, and from which values on somebody is told.
type Observability struct {
	// Size is "off", "small" for one Prometheus without a volume, or "full" for two of everything that would be missed,
	// with volumes.
	Size string `json:"size" jsonschema:"enum=off,enum=small,enum=full" default:"small"`
	// Chart of Prometheus, Alertmanager and the operator that sets them up.
	Chart Chart `json:"chart" default:"{repository: 'https://prometheus-community.github.io/helm-charts', name: kube-prometheus-stack, version: 88.5.3}"` //nolint:lll // a tag cannot be broken
	// BlackboxExporter is the image of what asks the public addresses.
	BlackboxExporter Image `json:"blackboxExporter" default:"{repository: quay.io/prometheus/blackbox-exporter, tag: v0.28.0}"` //nolint:lll // a tag cannot be broken
	// RetentionDays is how long samples are kept. Left out, it is 3 in "small" and 30 in "full".
	RetentionDays int `json:"retentionDays" jsonschema:"minimum=1,maximum=1000"`
	// VolumeGiB is the volume of each Prometheus, in GiB. Left out or 0, "small" has none, and "full" one of 20.
	// Raising it does not enlarge volumes that are there: docs/content/3.run/9.observability.md says how that is done.
	VolumeGiB int `json:"volumeGiB" jsonschema:"minimum=0,maximum=16384"`
	// Pool is the role of the node pool to run on; empty lets the scheduler choose.
	Pool string `json:"pool"`
	// Resources of each Prometheus. Left out, they are 100m, 512Mi and 1Gi in "small", and 250m, 1Gi and 3Gi in "full".
	Resources Resources `json:"resources"`
	// RemoteWrite sends all samples elsewhere as well.
	RemoteWrite *RemoteWrite `json:"remoteWrite"`
	// Values are further values of the chart, merged last, at your own risk.
	Values Values `json:"values"`
	// Objectives are what is promised to people, as percentages of what has to go well in 30 days.
	Objectives Objectives `json:"objectives"`
	// Thresholds are the values from which on somebody is told.
	Thresholds Thresholds `json:"thresholds"`
}

// RemoteWrite is a place that takes samples as Prometheus sends them. Its login are the secrets remoteWriteUsername and
// remoteWritePassword.
type RemoteWrite struct {
	// URL takes the samples.
	URL string `json:"url" jsonschema:"required,format=https-url" example:"https://prometheus.example.com/api/v1/write"`
}

// Objectives are percentages of what has to go well in 30 days. Those of Web to Media have an alert when what may go
// wrong is used up too fast: it wakes somebody when 2 % of it went in an hour, or 5 % in six. Of a low percentage, no
// hour can use up that much, so below 93.1 the first of these cannot come, and below 83.4 neither.
type Objectives struct {
	// Web is the share of requests to the web that do not fail.
	Web float64 `json:"web" jsonschema:"minimum=90,maximum=99.99" default:"99.9"`
	// WebLatency is the share of requests that are answered within a second.
	WebLatency float64 `json:"webLatency" jsonschema:"minimum=50,maximum=99.99" default:"95"`
	// Delivery is the share of the time in which posts leave for other servers without waiting.
	Delivery float64 `json:"delivery" jsonschema:"minimum=50,maximum=99.99" default:"99"`
	// Streaming is the share of the time in which new posts appear by themselves.
	Streaming float64 `json:"streaming" jsonschema:"minimum=90,maximum=99.99" default:"99.5"`
	// Media is the share of the time in which pictures are served.
	Media float64 `json:"media" jsonschema:"minimum=90,maximum=99.99" default:"99.9"`
	// Search is the share of the time in which what is new can be found.
	Search float64 `json:"search" jsonschema:"minimum=50,maximum=99.99" default:"99"`
	// Mail is the share of the time in which mail leaves without waiting.
	Mail float64 `json:"mail" jsonschema:"minimum=50,maximum=99.99" default:"99"`
	// Backups is the share of the time in which the last good run of every task of the backups is younger than its
	// alarmDays, the rehearsal among them.
	Backups float64 `json:"backups" jsonschema:"minimum=50,maximum=99.99" default:"99"`
	// Certificates is the share of the time in which every certificate is good for thresholds.certificateDays.
	Certificates float64 `json:"certificates" jsonschema:"minimum=50,maximum=99.99" default:"99.9"`
}

// Thresholds are values from which on somebody is told.
type Thresholds struct {
	// NewestPostMinutes is how old the newest public post may be: an older one says that the timeline stands still.
	NewestPostMinutes int `json:"newestPostMinutes" jsonschema:"minimum=1,maximum=10080" default:"30"`
	// CertificateDays is how long a certificate has to be good for. They are renewed 30 days before their end.
	CertificateDays int `json:"certificateDays" jsonschema:"minimum=1,maximum=29" default:"14"`
}

// On reports whether anything is measured in the cluster.
func (o Observability) On() bool { return o.Size == ObservabilitySmall || o.Size == ObservabilityFull }

// Replicas is the number of Prometheuses, and of Alertmanagers.
func (o Observability) Replicas() int {
	if o.Size == ObservabilityFull {
		return 2
	}
	return 1
}

// AlertmanagerGiB is the volume of each Alertmanager in GiB, which is the least that there is: silences, and what has
// been said already. 0 in "small".
func (o Observability) AlertmanagerGiB() int {
	if o.Size == ObservabilityFull {
		return 1
	}
	return 0
}

// Part is one kind of container of the observability.
type Part struct {
	// Name is that of the program.
	Name string
	// Count is the number of such containers.
	Count int
	// Resources of each.
	Resources Resources
}

// The names of the parts.
const (
	PartPrometheus       = "prometheus"
	PartAlertmanager     = "alertmanager"
	PartReloader         = "config-reloader"
	PartOperator         = "operator"
	PartKubeStateMetrics = "kube-state-metrics"
	PartBlackboxExporter = "blackbox-exporter"
	PartTimeline         = "timeline"
)

// Parts are all containers that run for as long as the instance does, and what each asks of a node.
func (o Observability) Parts() []Part {
	return []Part{
		{PartPrometheus, o.Replicas(), o.Resources},
		{PartAlertmanager, o.Replicas(), Resources{CPU: "10m", Memory: "64Mi", MemoryLimit: "256Mi"}},
		// One beside each of both.
		{PartReloader, 2 * o.Replicas(), Resources{CPU: "5m", Memory: "32Mi", MemoryLimit: "64Mi"}},
		{PartOperator, 1, Resources{CPU: "20m", Memory: "96Mi", MemoryLimit: "256Mi"}},
		{PartKubeStateMetrics, 1, Resources{CPU: "10m", Memory: "64Mi", MemoryLimit: "256Mi"}},
		{PartBlackboxExporter, 1, Resources{CPU: "10m", Memory: "32Mi", MemoryLimit: "128Mi"}},
		{PartTimeline, 1, Resources{CPU: "10m", Memory: "64Mi", MemoryLimit: "256Mi"}},
	}
}

// Asks is what a part asks of a node.
func (o Observability) Asks(name string) Resources {
	for _, part := range o.Parts() {
		if part.Name == name {
			return part.Resources
		}
	}
	return Resources{}
}

// complete fills in what depends on the size.
func (o *Observability) complete() {
	small := Observability{RetentionDays: 3, Resources: Resources{CPU: "100m", Memory: "512Mi", MemoryLimit: "1Gi"}}
	by := map[string]Observability{ObservabilitySmall: small, ObservabilityOff: small, ObservabilityFull: {
		RetentionDays: 30, VolumeGiB: 20, Resources: Resources{CPU: "250m", Memory: "1Gi", MemoryLimit: "3Gi"},
	}}[o.Size]
	o.RetentionDays = cmp.Or(o.RetentionDays, by.RetentionDays)
	o.VolumeGiB = cmp.Or(o.VolumeGiB, by.VolumeGiB)
	o.Resources.CPU = cmp.Or(o.Resources.CPU, by.Resources.CPU)
	o.Resources.Memory = cmp.Or(o.Resources.Memory, by.Resources.Memory)
	o.Resources.MemoryLimit = cmp.Or(o.Resources.MemoryLimit, by.Resources.MemoryLimit)
}

const (
	// daysInGiB is how many days of samples fit into one GiB: about 60,000 series, asked for every 30 seconds, at the
	// two bytes a sample that Prometheus' documentation reckons with at the most (prometheus.io, "Storage").
	daysInGiB = 3
	// headGiB is what is written before it is compressed: the last hours, and their log.
	headGiB = 2
	// mostWithoutVolume is how many days may be kept on the disk of a node.
	mostWithoutVolume = 7
)

// StorageGiB is what the samples of the retention take, in GiB.
func (o Observability) StorageGiB() int { return (o.RetentionDays+daysInGiB-1)/daysInGiB + headGiB }

// Check reports values of the chart that would show secrets, or open what must stay closed. The names are those of the
// values and templates of chart 88.5.3.
func (o Observability) Check(at At) {
	r := reasons{}
	r.add("nothing of it is reachable from outside; docs/content/3.run/9.observability.md says how to look at it", "",
		"prometheus.ingress.enabled", "prometheus.route", "prometheus.service.type", "prometheus.thanosIngress.enabled",
		"alertmanager.ingress.enabled", "alertmanager.route", "alertmanager.service.type", "grafana.ingress.enabled",
		"prometheus.ingressPerReplica.enabled", "alertmanager.ingressPerReplica.enabled")
	r.add("the program's Secret holds it; this would stand in the chart's values, which everybody who may look at the "+
		"cluster can read", "alertmanager.", "config", "stringConfig", "tplConfig", "alertmanagerSpec.configSecret",
		"alertmanagerSpec.useExistingSecret")
	r.add("it would stand in the chart's values, which everybody who may look at the cluster can read", "",
		"grafana.adminPassword", "prometheus.prometheusSpec.additionalScrapeConfigs")
	r.add("it is observability.remoteWrite", "prometheus.prometheusSpec.", "remoteWrite")
	r.add("it is observability.retentionDays and volumeGiB", "prometheus.prometheusSpec.",
		"retention", "retentionSize", "storageSpec")
	r.add("it is observability.size", "", "prometheus.enabled", "prometheus.prometheusSpec.replicas",
		"alertmanager.enabled", "alertmanager.alertmanagerSpec.replicas", "prometheusOperator.enabled", "crds.enabled")
	r.add("without it, the definitions stay those of the first version", "", "crds.upgradeJob.enabled")
	r.add("the program's own monitors and rules would not be found", "prometheus.prometheusSpec.",
		"podMonitorSelectorNilUsesHelmValues", "probeSelectorNilUsesHelmValues", "ruleSelectorNilUsesHelmValues",
		"scrapeConfigSelectorNilUsesHelmValues", "podMonitorSelector", "probeSelector", "ruleSelector",
		"scrapeConfigSelector")
	r.add("the documentation knows the objects by their names", "", "nameOverride", "fullnameOverride",
		"namespaceOverride")
	r.add("its pods need the host's namespaces, which the pod security of the namespace forbids; "+
		"DigitalOcean measures the nodes", "", "nodeExporter.enabled")
	r.add(upgrades, "prometheusOperator.admissionWebhooks.", "enabled", "timeoutSeconds")
	o.Values.refuse(at.Key("values"), r)
}

// checkObservability reports pods that find no place, and samples that do.
func (s *Settings) checkObservability(at At) {
	o, place := s.Observability, at.Key("observability")
	if !o.On() || place.Bad() {
		return
	}
	if !at.Key("cluster").Key("nodePools").Bad() {
		s.checkOwn(place, o.Pool, o.Resources, "the pods")
	}
	switch need := o.StorageGiB(); {
	case o.VolumeGiB == 0 && o.RetentionDays > mostWithoutVolume:
		place.Key("retentionDays").Add(
			fmt.Sprintf("%d days of samples would fill the disk of a node, and be lost with it", o.RetentionDays),
			fmt.Sprintf("keep %d at most, or set volumeGiB to %d or more", mostWithoutVolume, need))
	case o.VolumeGiB > 0 && o.VolumeGiB < need:
		place.Key("volumeGiB").Add(
			fmt.Sprintf("%d GiB are too few for the samples of %d days", o.VolumeGiB, o.RetentionDays),
			fmt.Sprintf("set it to %d or more, or keep them for fewer days", need))
	}
}

// warnOfObservability names what production would not learn of.
func (s *Settings) warnOfObservability(w warn) {
	if s.Environment != Production {
		return
	}
	switch s.Observability.Size {
	case ObservabilityOff:
		w("observability.size",
			"\"off\" in production: nobody learns of queues that grow or a timeline that stands still",
			"set it to full")
	case ObservabilitySmall:
		w("observability.size", "\"small\" in production: while its one pod is away, nobody is told of anything",
			"set it to full")
	}
}

// cost counts the volumes. What its pods ask of the nodes is paid with the pools.
func (o Observability) cost(bill *Cost) {
	if !o.On() {
		return
	}
	add := func(of string, gib int) {
		if gib > 0 {
			bill.add(fmt.Sprintf("volumes of %s, %d x %d GiB", of, o.Replicas(), gib),
				o.Replicas()*gib, o.Replicas()*gib, catalogue.VolumeGiB(), catalogue.VolumePricing)
		}
	}
	add("Prometheus", o.VolumeGiB)
	add("Alertmanager", o.AlertmanagerGiB())
}

// DefaultObservability is that of a stack that says nothing of it.
func DefaultObservability() Observability {
	var o Observability
	decode.Object(&decode.Report{Formats: formats()}, "observability", "{}", "", &o)
	return o
}

// Signals is what the table of signals depends on, for the stack of this name.
func (s *Settings) Signals(stack string) signals.Environment {
	endpoints := map[string]string{}
	for _, endpoint := range s.Endpoints() {
		endpoints[endpoint.Name] = endpoint.HealthURL()
	}
	waits := map[string]int{}
	for _, q := range queues() {
		waits[q.name] = q.seconds
	}
	marks := map[string]signals.Mark{}
	if s.Backup.Enabled {
		for i, task := range s.Backup.Tasks() {
			proof := s.Proofs()[i]
			marks[task.Name] = signals.Mark{
				URL: proof.HealthURL(), LastURL: proof.URL() + "/" + RunKey(task.Name), AlarmDays: task.AlarmDays,
			}
		}
	}
	o := s.Observability.Objectives
	search := o.Search
	if !s.Search.Enabled {
		search = 0 // Nothing is promised of what is not there.
	}
	return signals.Environment{
		Name: stack, Domain: s.Domain, Endpoints: endpoints, Marks: marks,
		Targets: map[string]float64{
			"web-availability": o.Web, "web-latency": o.WebLatency, "delivery": o.Delivery, "streaming": o.Streaming,
			"media": o.Media, "search": search, "mail": o.Mail, "backups": o.Backups, "certificates": o.Certificates,
		},
		Thresholds: signals.Thresholds{
			QueueSeconds:      waits,
			NewestPostMinutes: s.Observability.Thresholds.NewestPostMinutes,
			CertificateDays:   s.Observability.Thresholds.CertificateDays,
		},
	}
}
