package observability

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

// interval is how often is measured, where nothing else is said.
const interval = "30s"

// The values of the chart kube-prometheus-stack that differ from its defaults. Every field was looked up in the values
// and templates of chart 88.5.3 and of those that it brings along.
type (
	chartValues struct {
		Definitions definitions `json:"crds"`
		// DefaultRules would be hundreds of alerts without a runbook of this project.
		DefaultRules created    `json:"defaultRules"`
		Alertmanager serverPart `json:"alertmanager"`
		Grafana      toggle     `json:"grafana"`
		// What DigitalOcean runs, and hides.
		KubeControllerManager toggle `json:"kubeControllerManager"`
		KubeEtcd              toggle `json:"kubeEtcd"`
		KubeScheduler         toggle `json:"kubeScheduler"`
		KubeProxy             toggle `json:"kubeProxy"`
		// What DigitalOcean runs, and shows: tens of thousands of series that no rule here looks at.
		KubeAPIServer    toggle           `json:"kubeApiServer"`
		CoreDNS          toggle           `json:"coreDns"`
		Kubelet          kubelet          `json:"kubelet"`
		KubeStateMetrics kubeStateMetrics `json:"kube-state-metrics"`
		NodeExporter     toggle           `json:"nodeExporter"`
		Operator         operator         `json:"prometheusOperator"`
		Prometheus       serverPart       `json:"prometheus"`
	}
	toggle struct {
		Enabled bool `json:"enabled"`
	}
	created struct {
		Create bool `json:"create"`
	}
	definitions struct {
		UpgradeJob upgradeJob `json:"upgradeJob"`
	}
	// upgradeJob brings the definitions of the operator's kinds up to the chart's version before anything else of it is
	// changed: Helm makes them once and never changes them. It is restricted by the chart's own values.
	upgradeJob struct {
		Enabled      bool              `json:"enabled"`
		Image        upgradeImages     `json:"image"`
		Resources    kube.Resources    `json:"resources"`
		NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	}
	// upgradeImages leave out that of kubectl, which the chart takes in the cluster's own version.
	upgradeImages struct {
		Busybox upgradeImage `json:"busybox"`
	}
	upgradeImage struct {
		Registry   string `json:"registry"`
		Repository string `json:"repository"`
		// Tag is with the digest, for which the chart looks elsewhere than its values say.
		Tag    string `json:"tag"`
		Digest string `json:"digest,omitempty"`
	}
	// serverPart is Prometheus or Alertmanager.
	serverPart struct {
		// PodDisruptionBudget keeps one pod.
		PodDisruptionBudget toggle            `json:"podDisruptionBudget"`
		AlertmanagerSpec    *alertmanagerSpec `json:"alertmanagerSpec,omitempty"`
		PrometheusSpec      *prometheusSpec   `json:"prometheusSpec,omitempty"`
	}
	alertmanagerSpec struct {
		serverSpec
		UseExistingSecret bool     `json:"useExistingSecret"`
		ConfigSecret      string   `json:"configSecret"`
		Storage           *storage `json:"storage,omitempty"`
	}
	prometheusSpec struct {
		serverSpec
		ScrapeInterval     string            `json:"scrapeInterval"`
		EvaluationInterval string            `json:"evaluationInterval"`
		ExternalLabels     map[string]string `json:"externalLabels"`
		Retention          string            `json:"retention"`
		// RetentionSize keeps the volume from filling up where there is more than was reckoned with.
		RetentionSize string        `json:"retentionSize"`
		StorageSpec   storage       `json:"storageSpec"`
		RemoteWrite   []remoteWrite `json:"remoteWrite,omitempty"`
		// Without these, only what carries the release's labels is found.
		PodMonitorSelector   bool `json:"podMonitorSelectorNilUsesHelmValues"`
		ProbeSelector        bool `json:"probeSelectorNilUsesHelmValues"`
		RuleSelector         bool `json:"ruleSelectorNilUsesHelmValues"`
		ScrapeConfigSelector bool `json:"scrapeConfigSelectorNilUsesHelmValues"`
	}
	serverSpec struct {
		Replicas     int               `json:"replicas"`
		Resources    kube.Resources    `json:"resources"`
		NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	}
	storage struct {
		EmptyDir *emptyDir `json:"emptyDir,omitempty"`
		Claim    *claim    `json:"volumeClaimTemplate,omitempty"`
	}
	emptyDir struct {
		SizeLimit string `json:"sizeLimit"`
	}
	claim struct {
		Spec claimSpec `json:"spec"`
	}
	claimSpec struct {
		AccessModes  []string       `json:"accessModes"`
		StorageClass string         `json:"storageClassName"`
		Resources    kube.Resources `json:"resources"`
	}
	remoteWrite struct {
		URL       string    `json:"url"`
		BasicAuth basicAuth `json:"basicAuth"`
	}
	basicAuth struct {
		Username secretKey `json:"username"`
		Password secretKey `json:"password"`
	}
	secretKey struct {
		Name string `json:"name"`
		Key  string `json:"key"`
	}
	kubelet struct {
		ServiceMonitor kubeletMonitor `json:"serviceMonitor"`
	}
	kubeletMonitor struct {
		// CAdvisorInterval is 10 seconds in the chart.
		CAdvisorInterval string `json:"cAdvisorInterval"`
		// Probes would be a series for each probe of each container.
		Probes bool `json:"probes"`
	}
	kubeStateMetrics struct {
		// Collectors are the kinds that it may list. Secrets and ConfigMaps are none of its business.
		Collectors   []string          `json:"collectors"`
		Resources    kube.Resources    `json:"resources"`
		NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	}
	operator struct {
		AdmissionWebhooks toggle            `json:"admissionWebhooks"`
		TLS               toggle            `json:"tls"`
		Resources         kube.Resources    `json:"resources"`
		NodeSelector      map[string]string `json:"nodeSelector,omitempty"`
		Reloader          reloader          `json:"prometheusConfigReloader"`
	}
	reloader struct {
		Resources kube.Resources `json:"resources"`
	}
)

// values are all the values of the chart. None of them is secret.
func (a *Args) values() (pulumi.Map, error) {
	var nodes map[string]string
	if a.Pool != "" {
		nodes = map[string]string{settings.PoolLabel: a.Pool}
	}
	// With a single pod, a budget that keeps one would block every node upgrade.
	budget := toggle{a.Replicas() > 1}
	prometheus := prometheusSpec{
		serverSpec:     serverSpec{a.Replicas(), a.asks(settings.PartPrometheus), nodes},
		ScrapeInterval: interval, EvaluationInterval: interval,
		ExternalLabels: map[string]string{"environment": a.Watched.Name, "domain": a.Watched.Domain},
		Retention:      strconv.Itoa(a.RetentionDays) + "d",
		RetentionSize:  a.retentionSize(),
		StorageSpec:    volume(a.VolumeGiB),
	}
	if a.VolumeGiB == 0 {
		prometheus.StorageSpec = storage{EmptyDir: &emptyDir{gib(a.StorageGiB())}}
	}
	if a.RemoteWrite != nil {
		prometheus.RemoteWrite = []remoteWrite{{a.RemoteWrite.URL, basicAuth{
			secretKey{remoteWriteSecret, usernameKey}, secretKey{remoteWriteSecret, passwordKey},
		}}}
	}
	alertmanager := alertmanagerSpec{
		serverSpec:        serverSpec{a.Replicas(), a.asks(settings.PartAlertmanager), nodes},
		UseExistingSecret: true, ConfigSecret: alertmanagerSecret,
	}
	if size := a.AlertmanagerGiB(); size > 0 {
		claimed := volume(size)
		alertmanager.Storage = &claimed
	}
	registry, repository, _ := strings.Cut(a.Busybox.Repository, "/")
	busybox := upgradeImage{
		Registry: registry, Repository: repository, Digest: a.Busybox.Digest,
		Tag: strings.TrimPrefix(a.Busybox.String(), a.Busybox.Repository+":"),
	}
	values, err := kube.Values(chartValues{
		Definitions: definitions{upgradeJob{
			Enabled: true, Image: upgradeImages{busybox}, NodeSelector: nodes,
			Resources: kube.ResourcesOf(settings.Resources{CPU: "10m", Memory: "64Mi", MemoryLimit: "256Mi"}),
		}},
		Alertmanager: serverPart{PodDisruptionBudget: budget, AlertmanagerSpec: &alertmanager},
		Prometheus:   serverPart{PodDisruptionBudget: budget, PrometheusSpec: &prometheus},
		Kubelet:      kubelet{kubeletMonitor{CAdvisorInterval: interval}},
		KubeStateMetrics: kubeStateMetrics{
			Collectors: []string{
				"cronjobs", "daemonsets", "deployments", "jobs", "namespaces", "nodes", "persistentvolumeclaims",
				"poddisruptionbudgets", "pods", "replicasets", "statefulsets",
			},
			Resources: a.asks(settings.PartKubeStateMetrics), NodeSelector: nodes,
		},
		Operator: operator{
			Resources: a.asks(settings.PartOperator), NodeSelector: nodes,
			Reloader: reloader{a.asks(settings.PartReloader)},
		},
	})
	if err != nil {
		return nil, err
	}
	return values, kube.Merge(values, a.Values)
}

// retentionSize is what the blocks may take of the disk: the log and what is being compacted need the rest.
func (a *Args) retentionSize() string {
	const mib, share = 1024, 80
	size := a.VolumeGiB
	if size == 0 {
		size = a.StorageGiB()
	}
	return fmt.Sprintf("%dMiB", size*mib*share/100)
}

// volume is a volume of DigitalOcean's block storage (docs.digitalocean.com, "How to Add Block Storage Volumes"). It
// stays with its claim, and goes with the namespace. Were it to go with the StatefulSet, all samples would be lost
// whenever the operator makes that anew, as it does when a field changes that cannot be changed (prometheus-operator,
// pkg/k8s: ForceUpdateStatefulSet).
func volume(size int) storage {
	return storage{Claim: &claim{claimSpec{
		AccessModes: []string{"ReadWriteOnce"}, StorageClass: "do-block-storage",
		Resources: kube.Resources{Requests: map[string]string{"storage": gib(size)}},
	}}}
}

func gib(size int) string { return strconv.Itoa(size) + "Gi" }

func (a *Args) asks(part string) kube.Resources { return kube.ResourcesOf(a.Asks(part)) }
