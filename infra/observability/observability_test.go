package observability_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/observability"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/signals"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	secretType = "kubernetes:core/v1:Secret"
	configType = "kubernetes:core/v1:ConfigMap"
	podsType   = "kubernetes:apps/v1:Deployment"
	policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	group      = "kubernetes:monitoring.coreos.com/"
)

func arguments(size string) observability.Args {
	plain := func(text string) pulumi.StringOutput { return pulumi.String(text).ToStringOutput() }
	hidden := func(text string) pulumi.StringInput {
		return pulumi.ToSecret(pulumi.String(text)).(pulumi.StringOutput)
	}
	endpoints := func(urls ...string) pulumi.StringArrayOutput {
		return pulumi.ToStringArray(urls).ToStringArrayOutput()
	}
	args := observability.Args{
		Observability: settings.Observability{
			Size: size,
			Chart: settings.Chart{
				Repository: "https://charts.example.com", Name: "kube-prometheus-stack", Version: "88.5.3",
			},
			BlackboxExporter: settings.Image{Repository: "quay.io/prometheus/blackbox-exporter", Tag: "v0.28.0"},
			RetentionDays:    3, Pool: "general",
			Resources: settings.Resources{CPU: "100m", Memory: "512Mi", MemoryLimit: "1Gi"},
		},
		Watched: signals.Environment{
			Name: "prod", Domain: "social.vmst.io",
			Endpoints: map[string]string{"web": "https://social.vmst.io/health"},
			Marks: map[string]signals.Mark{"dump": {
				URL: "https://b.example.com/proven/dump.prom", LastURL: "https://b.example.com/runs/dump.prom",
			}},
		},
		Rules: []signals.Group{{Name: "web", Rules: []signals.Rule{
			{
				Alert: "WebDown", Expr: "up == 0", For: 90 * time.Minute,
				Labels: map[string]string{"severity": "page"}, Annotations: map[string]string{"summary": "It is away."},
			},
			{Record: "web:up", Expr: "sum(up)"},
		}}},
		Pods: []kube.Metrics{{
			Job: "sidekiq", Namespace: "mastodon", Name: "mastodon", Instance: "mastodon",
			Components: []string{"sidekiq-a", "sidekiq-b"}, Port: "prometheus", OwnLabels: true,
		}},
		Databases: map[string]*managed.Database{
			"database": {
				Endpoint:    managed.Endpoint{Host: plain("a.example.com"), CA: plain("PEM")},
				MetricsURLs: endpoints("https://a.example.com:9273/metrics", "b.example.com:9273"),
			},
			"cache": {Endpoint: managed.Endpoint{Host: plain("c.example.com")}, MetricsURLs: endpoints()},
		},
		DatabaseUsername: plain("reader"), DatabasePassword: hidden("sshh-database"),
		WebURL:   "http://mastodon-web.mastodon.svc:3000",
		Mastodon: settings.Image{Repository: "ghcr.io/m/m", Tag: "v4.7.3"},
		Busybox:  settings.Image{Repository: "docker.io/rclone/rclone", Tag: "1.71.2"},
		SMTP: settings.SMTP{
			Server: "smtp.example.com", Port: 2587, TLS: "starttls", From: "M <m@vmst.io>", AuthMethod: "plain",
		},
		SMTPUsername: hidden("sshh-user"), SMTPPassword: hidden("sshh-password"),
		Emails: []string{"ops@vmst.io", "night@vmst.io"},
	}
	if size == settings.ObservabilityFull {
		args.RetentionDays, args.VolumeGiB = 30, 20
	}
	return args
}

func program(args observability.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := observability.New(ctx, "observability", &args)
		return err
	}
}

func run(t *testing.T, args observability.Args) *mocks.Recorder {
	t.Helper()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(program(args)))
	return r
}

// spec is the specification of a custom resource.
func spec(t *testing.T, r *mocks.Recorder, kind, name string) any {
	t.Helper()
	made := r.One(t, group+kind, name)
	require.Contains(t, strings.Join(made.DependsOn, " "), "observability-release", "it brings the definitions")
	return made.Input("spec")
}

func TestSmallForgets(t *testing.T) {
	t.Parallel()
	r := run(t, arguments(settings.ObservabilitySmall))
	release := r.One(t, kube.ReleaseType, "observability-release")
	prometheus := func(path ...any) any {
		return release.Input(append([]any{"values", "prometheus", "prometheusSpec"}, path...)...)
	}
	require.Equal(t, 1.0, prometheus("replicas"))
	require.Equal(t, "3d", prometheus("retention"))
	require.Equal(t, map[string]any{"emptyDir": map[string]any{"sizeLimit": "3Gi"}}, prometheus("storageSpec"))
	require.Equal(t, "2457MiB", prometheus("retentionSize"), "four fifths of it")
	require.Equal(t, map[string]any{"mastodon-pool": "general"}, prometheus("nodeSelector"))
	require.Equal(t, map[string]any{"domain": "social.vmst.io", "environment": "prod"}, prometheus("externalLabels"))
	require.Nil(t, prometheus("remoteWrite"))
	for _, part := range []string{"prometheus", "alertmanager"} {
		require.Equal(t, false, release.Input("values", part, "podDisruptionBudget", "enabled"),
			"it would block every node upgrade")
	}
	require.Nil(t, release.Input("values", "alertmanager", "alertmanagerSpec", "storage"))
}

func TestFullRemembers(t *testing.T) {
	t.Parallel()
	r := run(t, arguments(settings.ObservabilityFull))
	release := r.One(t, kube.ReleaseType, "observability-release")
	for part, size := range map[string]string{"prometheus": "20Gi", "alertmanager": "1Gi"} {
		at := func(path ...any) any { return release.Input(append([]any{"values", part}, path...)...) }
		require.Equal(t, true, at("podDisruptionBudget", "enabled"))
		require.Equal(t, 2.0, at(part+"Spec", "replicas"))
		kind := map[string]string{"prometheus": "storageSpec", "alertmanager": "storage"}[part]
		claim := at(part+"Spec", kind, "volumeClaimTemplate", "spec")
		require.Equal(t, map[string]any{
			"accessModes": []any{"ReadWriteOnce"}, "storageClassName": "do-block-storage",
			"resources": map[string]any{"requests": map[string]any{"storage": size}},
		}, claim)
		require.Nil(t, at(part+"Spec", "persistentVolumeClaimRetentionPolicy"), "a new StatefulSet would begin anew")
	}
}

// What DigitalOcean runs cannot be measured, and would ring for ever.
func TestTrimmedForAManagedControlPlane(t *testing.T) {
	t.Parallel()
	release := run(t, arguments(settings.ObservabilityFull)).One(t, kube.ReleaseType, "observability-release")
	for _, part := range []string{
		"kubeControllerManager", "kubeEtcd", "kubeScheduler", "kubeProxy", "kubeApiServer", "coreDns", "nodeExporter",
		"grafana",
	} {
		require.Equal(t, false, release.Input("values", part, "enabled"), part)
	}
	require.Equal(t, false, release.Input("values", "defaultRules", "create"))
	require.Equal(t, false, release.Input("values", "prometheusOperator", "admissionWebhooks", "enabled"))
	require.NotContains(t, release.Input("values", "kube-state-metrics", "collectors"), "secrets")
	for _, selector := range []string{"podMonitor", "probe", "rule", "scrapeConfig"} {
		require.Equal(t, false, release.Input("values", "prometheus", "prometheusSpec",
			selector+"SelectorNilUsesHelmValues"), "else it finds none of the program's own")
	}
}

// Helm never changes a definition that is there, so the chart's own Job does.
func TestDefinitionsAreBroughtUpToDate(t *testing.T) {
	t.Parallel()
	for digest, tag := range map[string]string{"": "1.71.2", "sha256:ab": "1.71.2@sha256:ab"} {
		args := arguments(settings.ObservabilitySmall)
		args.Busybox.Digest = digest
		job := run(t, args).One(t, kube.ReleaseType, "observability-release").Input("values", "crds", "upgradeJob")
		image := map[string]any{"registry": "docker.io", "repository": "rclone/rclone", "tag": tag}
		if digest != "" {
			image["digest"] = digest
		}
		require.Equal(t, map[string]any{
			"enabled": true, "image": map[string]any{"busybox": image},
			"nodeSelector": map[string]any{"mastodon-pool": "general"},
			"resources": map[string]any{
				"requests": map[string]any{"cpu": "10m", "memory": "64Mi"}, "limits": map[string]any{"memory": "256Mi"},
			},
		}, job)
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	r := run(t, arguments(settings.ObservabilitySmall))
	require.Equal(t, map[string]any{
		"fallbackScrapeProtocol": "PrometheusText0.0.4",
		"namespaceSelector":      map[string]any{"matchNames": []any{"mastodon"}},
		"podMetricsEndpoints": []any{map[string]any{
			"honorLabels": true, "port": "prometheus",
			"relabelings": []any{map[string]any{"targetLabel": "job", "replacement": "sidekiq"}},
		}},
		"selector": map[string]any{
			"matchLabels": map[string]any{
				"app.kubernetes.io/name": "mastodon", "app.kubernetes.io/instance": "mastodon",
			},
			"matchExpressions": []any{map[string]any{
				"key": "app.kubernetes.io/component", "operator": "In", "values": []any{"sidekiq-a", "sidekiq-b"},
			}},
		},
	}, spec(t, r, "v1:PodMonitor", "observability-pods-sidekiq"))

	login := func(key string) map[string]any { return map[string]any{"name": "database-metrics-login", "key": key} }
	database := map[string]any{
		"jobName": "database", "scheme": "HTTPS", "scrapeInterval": "60s",
		"fallbackScrapeProtocol": "PrometheusText0.0.4",
		"staticConfigs": []any{map[string]any{
			"targets": []any{"a.example.com:9273", "b.example.com:9273"},
			"labels":  map[string]any{"database": "database"},
		}},
		"basicAuth": map[string]any{"username": login("username"), "password": login("password")},
		"tlsConfig": map[string]any{"ca": map[string]any{"configMap": map[string]any{
			"name": "database-authorities", "key": "database.crt",
		}}},
	}
	require.Equal(t, database, spec(t, r, "v1alpha1:ScrapeConfig", "observability-database-database"))
	require.Equal(t, "PEM", r.One(t, configType, "observability-database-authorities").Input("data", "database.crt"))
	public, ok := spec(t, r, "v1alpha1:ScrapeConfig", "observability-database-cache").(map[string]any)
	require.True(t, ok)
	require.NotContains(t, public, "tlsConfig", "its certificate is of a public authority")
	require.Equal(t, []any{"c.example.com:9273"}, public["staticConfigs"].([]any)[0].(map[string]any)["targets"],
		"nothing says where else")
	unsaid := arguments(settings.ObservabilitySmall)
	unsaid.Databases["database"].CA = pulumi.String("").ToStringOutput()
	public, ok = spec(t, run(t, unsaid), "v1alpha1:ScrapeConfig", "observability-database-database").(map[string]any)
	require.True(t, ok)
	require.Equal(t, map[string]any{}, public["tlsConfig"], "an empty authority is refused")
	secret := r.One(t, secretType, "observability-database-metrics-login")
	require.True(t, secret.Secret("stringData"))
	require.Equal(t, map[string]any{"username": "reader", "password": "sshh-database"}, secret.Input("stringData"))

	require.Equal(t, map[string]any{
		"jobName": "backup-dump", "scheme": "HTTPS", "metricsPath": "/proven/dump.prom", "scrapeInterval": "2m",
		"fallbackScrapeProtocol": "PrometheusText0.0.4",
		"staticConfigs":          []any{map[string]any{"targets": []any{"b.example.com"}}},
	}, spec(t, r, "v1alpha1:ScrapeConfig", "observability-backup-dump"))
	last, ok := spec(t, r, "v1alpha1:ScrapeConfig", "observability-backup-run-dump").(map[string]any)
	require.True(t, ok)
	require.Equal(t, "/runs/dump.prom", last["metricsPath"])
	require.Equal(t, []any{map[string]any{
		"sourceLabels": []any{"__name__"}, "action": "keep", "regex": "mastodon_backup_success",
	}}, last["metricRelabelings"], "a run that failed has an end, too")
	require.Equal(t, map[string]any{
		"jobName": "probe-web", "module": "http", "interval": "30s",
		"prober": map[string]any{"url": "blackbox-exporter.observability.svc:9115"},
		"targets": map[string]any{"staticConfig": map[string]any{
			"static": []any{"https://social.vmst.io/health"},
		}},
	}, spec(t, r, "v1:Probe", "observability-probe-web"))
}

func TestRules(t *testing.T) {
	t.Parallel()
	rules := spec(t, run(t, arguments(settings.ObservabilitySmall)), "v1:PrometheusRule", "observability-rules")
	require.Equal(t, map[string]any{"groups": []any{
		map[string]any{"name": "web", "rules": []any{
			map[string]any{
				"alert": "WebDown", "expr": "up == 0", "for": "1h30m", "labels": map[string]any{"severity": "page"},
				"annotations": map[string]any{"summary": "It is away."},
			},
			map[string]any{"record": "web:up", "expr": "sum(up)"},
		}},
	}}, rules)
}

func TestPods(t *testing.T) {
	t.Parallel()
	args := arguments(settings.ObservabilitySmall)
	r := run(t, args)
	for name, user := range map[string]float64{"observability-blackbox": 65534, "observability-timeline": 991} {
		pod := r.One(t, podsType, name)
		at := func(path ...any) any { return pod.Input(append([]any{"spec", "template", "spec"}, path...)...) }
		require.Equal(t, user, at("securityContext", "runAsUser"), name)
		require.Equal(t, true, at("containers", 0, "securityContext", "readOnlyRootFilesystem"))
		require.Equal(t, false, at("automountServiceAccountToken"))
		require.Equal(t, map[string]any{"mastodon-pool": "general"}, at("nodeSelector"))
		require.Equal(t, pod.Input("spec", "selector", "matchLabels"),
			pod.Input("spec", "template", "metadata", "labels"))
	}
	require.Equal(t, "restricted", r.One(t, "kubernetes:core/v1:Namespace", "observability-namespace").Input(
		"metadata", "labels", "pod-security.kubernetes.io/enforce"))
	require.Equal(t, "ClusterIP",
		r.One(t, "kubernetes:core/v1:Service", "observability-blackbox-service").Input("spec", "type"))

	// Certificates of Let's Encrypt's staging are trusted by nobody, and another configuration is another pod.
	args.Untrusted = true
	other := run(t, args)
	config := func(r *mocks.Recorder) string {
		text, _ := r.One(t, configType, "observability-blackbox-config").Input("data", "config.yaml").(string)
		return text
	}
	require.NotContains(t, config(r), "insecure_skip_verify")
	require.Contains(t, config(other), "insecure_skip_verify: true")
	sum := func(r *mocks.Recorder) any {
		return r.One(t, podsType, "observability-blackbox").Input(
			"spec", "template", "metadata", "annotations", "checksum/config")
	}
	require.NotEqual(t, sum(r), sum(other))
}

// alertmanager is the configuration in the Secret.
func alertmanager(t *testing.T, r *mocks.Recorder) map[string]any {
	t.Helper()
	secret := r.One(t, secretType, "observability-alertmanager-configuration")
	require.True(t, secret.Secret("stringData"))
	text, ok := secret.Input("stringData", "alertmanager.yaml").(string)
	require.True(t, ok)
	var config map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &config))
	return config
}

func TestMailGoesThroughTheRelay(t *testing.T) {
	t.Parallel()
	args := arguments(settings.ObservabilitySmall)
	r := run(t, args)
	config := alertmanager(t, r)
	require.Equal(t, map[string]any{
		"resolve_timeout": "5m", "smtp_from": "M <m@vmst.io>", "smtp_smarthost": "smtp.example.com:2587",
		"smtp_require_tls": true, "smtp_auth_username": "sshh-user", "smtp_auth_password": "sshh-password",
	}, config["global"])
	require.Equal(t, []string{"nobody", "page", "ticket"}, slices.Sorted(maps.Keys(receivers(t, config))))
	page := receivers(t, config)["page"]
	require.NotContains(t, page, "slack_configs")
	require.Equal(t, "ops@vmst.io, night@vmst.io", page["email_configs"].([]any)[0].(map[string]any)["to"])
	spec := r.One(t, kube.ReleaseType, "observability-release").Input("values", "alertmanager", "alertmanagerSpec")
	require.Equal(t, "alertmanager-configuration", spec.(map[string]any)["configSecret"])
	require.Equal(t, true, spec.(map[string]any)["useExistingSecret"])

	args.SMTP.TLS, args.SMTP.AuthMethod = settings.ImplicitTLS, "cram_md5"
	global, _ := alertmanager(t, run(t, args))["global"].(map[string]any)
	require.Equal(t, false, global["smtp_require_tls"], "there is no second encryption within the first")
	require.Equal(t, true, global["smtp_force_implicit_tls"])
	require.Equal(t, "sshh-password", global["smtp_auth_secret"])
	require.NotContains(t, global, "smtp_auth_password")

	args.SMTP.AuthMethod, args.SMTPUsername, args.SMTPPassword = settings.AuthNone, nil, nil
	global, _ = alertmanager(t, run(t, args))["global"].(map[string]any)
	require.NotContains(t, global, "smtp_auth_username")
}

func receivers(t *testing.T, config map[string]any) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for _, one := range config["receivers"].([]any) {
		receiver, ok := one.(map[string]any)
		require.True(t, ok)
		found[receiver["name"].(string)] = receiver
	}
	return found
}

func TestSlackAndTheDeadMansSwitch(t *testing.T) {
	t.Parallel()
	args := arguments(settings.ObservabilitySmall)
	args.SlackChannel, args.SlackWebhook = "#alerts", pulumi.String("https://hooks.example.com/sshh")
	args.DeadMansSwitch = pulumi.String("https://ping.example.com/sshh")
	config := alertmanager(t, run(t, args))
	require.Equal(t, "https://hooks.example.com/sshh", config["global"].(map[string]any)["slack_api_url"])
	told := receivers(t, config)
	require.Equal(t, []string{"dead-mans-switch", "page", "ticket"}, slices.Sorted(maps.Keys(told)))
	for _, name := range []string{"page", "ticket"} {
		require.Equal(t, "#alerts", told[name]["slack_configs"].([]any)[0].(map[string]any)["channel"])
	}
	require.Equal(t, []any{map[string]any{"url": "https://ping.example.com/sshh", "send_resolved": false}},
		told["dead-mans-switch"]["webhook_configs"])
	route, _ := config["route"].(map[string]any)
	require.Equal(t, "ticket", route["receiver"])
	first, _ := route["routes"].([]any)[0].(map[string]any)
	require.Equal(t, []any{`severity="heartbeat"`}, first["matchers"])
	require.Equal(t, "dead-mans-switch", first["receiver"])
	second, _ := route["routes"].([]any)[1].(map[string]any)
	require.Equal(t, []any{`severity="page"`}, second["matchers"])
	require.Equal(t, "page", second["receiver"])
}

func TestRemoteWriteNamesASecret(t *testing.T) {
	t.Parallel()
	args := arguments(settings.ObservabilitySmall)
	args.RemoteWrite = &settings.RemoteWrite{URL: "https://w.example.com"}
	args.RemoteWriteUsername, args.RemoteWritePassword = pulumi.String("1"), pulumi.String("sshh")
	r := run(t, args)
	key := func(name string) map[string]any { return map[string]any{"name": "remote-write-login", "key": name} }
	release := r.One(t, kube.ReleaseType, "observability-release")
	require.Equal(t, []any{map[string]any{
		"url":       "https://w.example.com",
		"basicAuth": map[string]any{"username": key("username"), "password": key("password")},
	}}, release.Input("values", "prometheus", "prometheusSpec", "remoteWrite"))
	require.True(t, r.One(t, secretType, "observability-remote-write-login").Secret("stringData"))
}

func TestValuesOfOnesOwnComeLast(t *testing.T) {
	t.Parallel()
	args := arguments(settings.ObservabilitySmall)
	args.Values = settings.Values{"grafana": map[string]any{"enabled": true}}
	release := run(t, args).One(t, kube.ReleaseType, "observability-release")
	require.Equal(t, true, release.Input("values", "grafana", "enabled"))
	args.Values = settings.Values{"grafana": nil}
	require.ErrorContains(t, (&mocks.Recorder{}).Run(program(args)), "values of chart kube-prometheus-stack: grafana")
}

func TestMissingArguments(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	args := observability.Args{
		Databases: map[string]*managed.Database{"database": {}}, SlackChannel: "#a", Isolation: &kube.Isolation{},
		Observability: settings.Observability{RemoteWrite: &settings.RemoteWrite{}},
	}
	require.ErrorContains(t, r.Run(program(args)), "observability arguments: Busybox, DatabasePassword, "+
		"DatabaseUsername, Mastodon, RemoteWritePassword, RemoteWriteUsername, SMTP.Server, SMTPPassword, "+
		"SMTPUsername, SlackWebhook, Watched.Domain, Watched.Name, Web.Namespace, WebURL missing")
	require.Empty(t, r.All())
}

func isolated(args observability.Args) observability.Args {
	args.Isolation = &kube.Isolation{VPC: "10.64.0.0/20"}
	args.Web = kube.Peer{Namespace: "mastodon", Labels: map[string]string{"app": "web"}}
	return args
}

// Nobody outside the namespace connects to its pods. Those that the chart makes may connect to everything, which no
// policy about them may take away.
func TestNetworkPolicies(t *testing.T) {
	t.Parallel()
	require.Empty(t, run(t, arguments(settings.ObservabilitySmall)).OfType(policyType))
	r := run(t, isolated(arguments(settings.ObservabilitySmall)))
	require.Len(t, r.OfType(policyType), 4)
	spec := func(name string) any { return r.One(t, policyType, "observability-policy-"+name).Input("spec") }
	require.Equal(t, map[string]any{
		"podSelector": map[string]any{}, "policyTypes": []any{"Ingress"},
	}, spec("default-deny"))
	require.Equal(t, map[string]any{
		"podSelector": map[string]any{}, "policyTypes": []any{"Ingress"},
		"ingress": []any{map[string]any{"from": []any{map[string]any{"podSelector": map[string]any{}}}}},
	}, spec("within"))
	own := func(name string) map[string]any {
		return map[string]any{"matchLabels": map[string]any{
			"app.kubernetes.io/part-of": "observability", "app.kubernetes.io/component": name,
		}}
	}
	for _, name := range []string{"blackbox-exporter", "timeline"} {
		policy := spec(name).(map[string]any)
		require.Equal(t, own(name), policy["podSelector"])
		require.Equal(t, []any{"Egress"}, policy["policyTypes"])
		require.Len(t, policy["egress"], 2)
		pod := r.One(t, podsType, "observability-"+strings.TrimSuffix(name, "-exporter"))
		require.Equal(t, own(name)["matchLabels"], pod.Input("spec", "template", "metadata", "labels"))
		for _, policy := range r.OfType(policyType) {
			require.Contains(t, strings.Join(pod.DependsOn, " ")+" ", "::"+policy.Name+" ")
		}
	}
	require.Equal(t, []any{map[string]any{
		"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "mastodon"}},
		"podSelector":       map[string]any{"matchLabels": map[string]any{"app": "web"}},
	}}, r.One(t, policyType, "observability-policy-timeline").Input("spec", "egress", 1, "to"))
	require.Equal(t, "observability", observability.Timeline().Namespace)
	require.Equal(t, "timeline", observability.Timeline().Labels["app.kubernetes.io/component"])
	require.Equal(t, "prometheus", observability.Prometheus().Labels["app.kubernetes.io/name"])
	require.Contains(t, strings.Join(r.One(t, kube.ReleaseType, "observability-release").DependsOn, " "),
		"::observability-policy-within")
}

func TestPreview(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(program(arguments(settings.ObservabilityFull))))
}

func TestFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} },
		program(isolated(arguments(settings.ObservabilityFull))))
}
