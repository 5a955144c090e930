package mastodon

import (
	"maps"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

// values are all the values of the chart.
func (a *Args) values(checksum pulumi.StringInput) (pulumi.Map, error) {
	values, err := kube.Values(a.plainValues())
	if err != nil {
		return nil, err
	}
	kube.Set(values, checksum, "podAnnotations", "checksum/secrets")
	for path, value := range a.lateValues() {
		kube.Set(values, value, strings.Split(path, ".")...)
	}
	return values, kube.Merge(values, a.Values)
}

// plainValues are those that are known beforehand. None of them is secret.
func (a *Args) plainValues() chartValues {
	web, streaming := a.Web, a.Streaming
	// One pod more than asked for while another is replaced, and never one less.
	oneByOne := updateStrategy{Type: "RollingUpdate", Rolling: &rolling{MaxSurge: 1}}
	v := chartValues{
		NameOverride: releaseName,
		Image:        imageValues{Repository: a.Image.Repository, Tag: a.Image.Tag},
		Mastodon: mastodonValues{
			LocalDomain:    a.Domain,
			Locale:         a.Locale,
			SingleUserMode: a.SingleUser,
			// The Jobs do what these hooks would.
			Hooks:   map[string]toggle{"dbPrepare": {}, "dbMigrate": {}, "deploySearch": {}, "s3Upload": {}},
			Secrets: existing{Secret: keysSecret},
			Web: webValues{
				Environment: a.common(), UpdateStrategy: oneByOne,
				podValues:  pods("web", web.Replicas, web.Resources, web.Pool, kube.DoNotSchedule),
				MinThreads: strconv.Itoa(web.Threads), MaxThreads: strconv.Itoa(web.Threads),
				Workers: strconv.Itoa(web.Processes),
			},
			Streaming: streamingValues{
				Environment: a.streaming(), UpdateStrategy: oneByOne,
				podValues: pods(
					"streaming", streaming.Replicas, streaming.Resources, streaming.Pool, kube.DoNotSchedule),
				Image:   imageValues{Repository: a.StreamingImage},
				BaseURL: a.streamingURL(),
			},
			Sidekiq: sidekiqValues{
				Environment:    a.common(),
				ReadinessProbe: toggle{true},
				// All at once: one by one there would be two schedulers for a while, and old workers would fail on jobs
				// of the new version. The queues wait meanwhile.
				UpdateStrategy: updateStrategy{Type: "Recreate"},
			},
			S3: s3Values{Enabled: true, Protocol: "https", existing: existing{Secret: mediaSecret}},
			SMTP: smtpValues{
				FromAddress: a.SMTP.From, Server: a.SMTP.Server, Port: a.SMTP.Port, AuthMethod: a.SMTP.AuthMethod,
				EnableStartTLS: a.smtpStartTLS(), OpenSSLVerifyMode: "peer", TLS: a.smtpTLS(),
				existing: existing{Secret: smtpSecret},
			},
			// A container beside each web server, and port 9394 of the Sidekiq pods. The streaming server always has
			// /metrics. None of it is reachable through the ingress.
			Metrics: metricsValues{exporterValues{Enabled: true, Sidekiq: detailedValues{true}}},
		},
		ServiceAccount: accountValues{Name: serviceAccount},
		Ingress:        a.ingress(),
		// A pool in transaction mode has no prepared statements.
		PostgreSQL:    postgresqlValues{PreparedStatements: a.Pool == nil, existing: existing{Secret: databaseSecret}},
		Redis:         redisValues{existing: existing{Secret: cacheSecret}},
		Elasticsearch: searchValues{Enabled: a.Search != nil, TLS: true, existing: existing{Secret: searchSecret}},
		PodSecurityContext: podSecurityContext{
			RunAsNonRoot: true, RunAsUser: kube.MastodonUser, RunAsGroup: kube.MastodonUser,
			FSGroup: kube.MastodonUser,
			Seccomp: seccompProfile{"RuntimeDefault"},
		},
		SecurityContext: securityContext{Capabilities: capabilities{Drop: []string{"ALL"}}},
	}
	if a.RailsCache != nil {
		v.Redis.Cache = cacheValues{true, existing{cacheSecret, map[string]string{"password": railsCacheKey}}}
	}
	if a.Search != nil {
		v.Elasticsearch.Preset = a.IndexPreset
	}
	for _, group := range a.Sidekiq {
		v.Mastodon.Sidekiq.Workers = append(v.Mastodon.Sidekiq.Workers, workerValues{
			Name: group.Name, Queues: group.Queues, Concurrency: group.Threads,
			// Background work may share a node rather than wait for one.
			podValues: pods(workerComponent(group), group.Replicas, group.Resources, group.Pool, kube.ScheduleAnyway),
		})
	}
	return v
}

// pods are the values of a component's pods.
func pods(component string, replicas int, resources settings.Resources, pool, otherwise string) podValues {
	v := podValues{
		Replicas: replicas, Resources: kube.ResourcesOf(resources),
		Spread: kube.SpreadOverNodes(podLabels(component), otherwise),
	}
	if pool != "" {
		v.NodeSelector = map[string]string{settings.PoolLabel: pool}
	}
	return v
}

// workerComponent is the label of a group's pods.
func workerComponent(group settings.Sidekiq) string { return "sidekiq-" + group.Name }

// podLabels are those of the pods that the chart makes for a component (templates/_helpers.tpl).
func podLabels(component string) map[string]string {
	return kube.Labels(releaseName, releaseName, component)
}

// ingress are the values of both Ingresses.
func (a *Args) ingress() ingressValues {
	front := func(name, domain string, annotations map[string]string) ingressValues {
		if a.Delegated {
			annotations["cert-manager.io/cluster-issuer"] = a.IssuerName
		}
		return ingressValues{
			Enabled:     true,
			ClassName:   a.IngressClass,
			Annotations: annotations,
			Hosts:       []host{{domain, []path{{"/", "Prefix"}}}},
			TLS:         []certificate{{releaseName + "-" + name + "-tls", []string{domain}}},
		}
	}
	const nginx = "nginx.ingress.kubernetes.io/"
	// As Mastodon's dist/nginx.conf has it: a slow client occupies nginx and not one of the web server's threads.
	web := front("web", a.Domain, map[string]string{
		nginx + "proxy-body-size": a.MaxBodySize, nginx + "proxy-buffering": "on",
		nginx + "proxy-read-timeout": "120", nginx + "proxy-send-timeout": "120",
	})
	// The chart appends api/v1/streaming to the path. Connections stay open for long, and events must not wait in a
	// buffer.
	streaming := front("streaming", a.StreamingHost, map[string]string{
		nginx + "proxy-read-timeout": "3600", nginx + "proxy-send-timeout": "3600", nginx + "proxy-buffering": "off",
	})
	web.Streaming = &streaming
	return web
}

// lateValues are those that are known only while the program runs, by their paths.
func (a *Args) lateValues() map[string]pulumi.Input {
	redisURL := urlWith(a.Cache, pulumi.String("$(REDIS_PASSWORD)"))
	database := a.Database
	if a.Pool != nil {
		database = *a.Pool
	}
	values := map[string]pulumi.Input{
		"postgresql.hostname": database.Host,
		"postgresql.port":     database.Port,
		"postgresql.database": database.Name,
		// Only hooks of the chart use these, which do not run. Left out, the port would be 5432 whatever the other
		// says.
		"postgresql.direct.hostname": a.Database.Host,
		"postgresql.direct.port":     a.Database.Port,
		"postgresql.direct.database": a.Database.Name,

		"redis.hostname": a.Cache.Host,
		"redis.port":     a.Cache.Port,
		// The chart has no TLS for Valkey. The URL wins over host, port and password, and Kubernetes puts in the
		// password from the Secret: it expands references to variables that are set before, which the chart's are.
		"mastodon.web.extraEnvVars.REDIS_URL":       redisURL,
		"mastodon.sidekiq.extraEnvVars.REDIS_URL":   redisURL,
		"mastodon.streaming.extraEnvVars.REDIS_URL": redisURL,

		"mastodon.web.extraEnvVars.CDN_HOST":     https(a.Assets.Host),
		"mastodon.sidekiq.extraEnvVars.CDN_HOST": https(a.Assets.Host),
		"mastodon.s3.bucket":                     a.Media.Name,
		"mastodon.s3.region":                     pulumi.String(a.Media.Region),
		"mastodon.s3.endpoint":                   https(a.Media.Hostname()),
		"mastodon.s3.hostname":                   pulumi.String(a.Media.Hostname()),
		"mastodon.s3.aliasHost":                  pulumi.String(a.Media.Host),
	}
	if c := a.RailsCache; c != nil {
		url := urlWith(c.Endpoint, pulumi.String("$(CACHE_REDIS_PASSWORD)"))
		maps.Copy(values, map[string]pulumi.Input{
			"redis.cache.hostname":                          c.Host,
			"redis.cache.port":                              c.Port,
			"mastodon.web.extraEnvVars.CACHE_REDIS_URL":     url,
			"mastodon.sidekiq.extraEnvVars.CACHE_REDIS_URL": url,
		})
	}
	if s := a.Search; s != nil {
		values["elasticsearch.hostname"], values["elasticsearch.port"] = s.Host, s.Port
	}
	return values
}
