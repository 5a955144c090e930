package infra

import (
	"net/url"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/cluster"
	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/monitoring"
	"github.com/vmstio/infrastructure/infra/storage"
)

func (e *environment) mastodonArgs() *mastodon.Args {
	m := e.Mastodon
	args := &mastodon.Args{
		Namespace:      application,
		Chart:          mastodon.Chart(m.Chart),
		Image:          mastodon.Image(m.Image),
		StreamingImage: m.StreamingImage,
		Domain:         e.Domain,
		StreamingHost:  m.StreamingHost,
		Locale:         m.Locale,
		SingleUser:     m.SingleUser,
		Environment:    m.Environment,
		Web: mastodon.Web{
			Replicas: m.Web.Replicas, Processes: m.Web.Processes, Threads: m.Web.Threads,
			Resources: mastodon.Resources(m.Web.Resources), Pool: m.Web.Pool,
		},
		Streaming: mastodon.Streaming{
			Replicas: m.Streaming.Replicas, DatabaseConnections: m.Streaming.DatabaseConnections,
			Resources: mastodon.Resources(m.Streaming.Resources), Pool: m.Streaming.Pool,
		},
		PoolLabel: cluster.PoolLabel,
		Metrics:   true,
		Database: mastodon.Database{
			Host: e.database.Host, Port: e.database.Port, Name: e.database.DatabaseName,
			PoolHost: e.database.PoolHost, PoolPort: e.database.PoolPort, PoolName: e.database.PoolName,
			Username: e.database.Username, Password: e.database.Password, CA: e.database.CA,
			Admin: &mastodon.Admin{
				Username: e.database.AdminUsername, Password: e.database.AdminPassword, Statement: e.database.Grants,
			},
		},
		Cache:        mastodon.Cache{Host: e.cache.Host, Port: e.cache.Port, Password: e.cache.Password},
		Media:        bucketOf(e.storage.Media),
		Assets:       bucketOf(e.storage.Assets),
		IngressClass: e.ingress.IngressClass,
		IssuerName:   e.ingress.IssuerName,
		SMTP: mastodon.SMTP{
			Server: m.SMTP.Server, Port: m.SMTP.Port, From: m.SMTP.From, AuthMethod: m.SMTP.AuthMethod,
		},
		// Never a component: which of its children a dependency on one means depends on
		// how many of them happen to be registered by then.
		After:   slices.Concat(e.database.Ready, e.cache.Ready, e.ingress.Ready),
		Protect: e.Protect,
	}
	for _, group := range m.Sidekiq {
		args.Sidekiq = append(args.Sidekiq, mastodon.Sidekiq{
			Name: group.Name, Queues: group.Queues, Replicas: group.Replicas, Threads: group.Threads,
			Resources: mastodon.Resources(group.Resources), Pool: group.Pool,
		})
	}
	if rails := e.cache.Rails; rails != nil {
		args.RailsCache = &mastodon.Cache{Host: rails.Host, Port: rails.Port, Password: rails.Password}
	}
	if e.search != nil {
		args.After = append(args.After, e.search.Ready...)
		args.Search = &mastodon.Search{
			Host: e.search.Host, Port: e.search.Port, Username: e.search.Username, Password: e.search.Password,
			IndexPreset: e.search.IndexPreset, CA: e.search.CA,
		}
	}
	if e.secrets.SMTPUsername.Set() {
		args.SMTP.Username, args.SMTP.Password = secret(e.secrets.SMTPUsername), secret(e.secrets.SMTPPassword)
	}
	for name, value := range e.secrets.Environment {
		if args.SecretEnvironment == nil {
			args.SecretEnvironment = map[string]pulumi.StringInput{}
		}
		args.SecretEnvironment[name] = secret(value)
	}
	if keys := e.secrets.Mastodon; keys != nil {
		args.Existing = &mastodon.Keys{
			SecretKeyBase:                 secret(keys.SecretKeyBase),
			VAPIDPrivateKey:               secret(keys.VAPIDPrivateKey),
			VAPIDPublicKey:                secret(keys.VAPIDPublicKey),
			ActiveRecordPrimaryKey:        secret(keys.ActiveRecordPrimaryKey),
			ActiveRecordDeterministicKey:  secret(keys.ActiveRecordDeterministicKey),
			ActiveRecordKeyDerivationSalt: secret(keys.ActiveRecordKeyDerivationSalt),
		}
	}
	return args
}

func bucketOf(b storage.Bucket) mastodon.Bucket {
	return mastodon.Bucket{
		Name: b.Name, Region: pulumi.String(b.Region), Endpoint: pulumi.String(b.Hostname), Host: pulumi.String(b.Host),
		AccessKey: b.AccessKey, SecretKey: b.SecretKey,
	}
}

// checks are the public addresses that say whether a service is up: pages of
// Mastodon's own (config/routes.rb, streaming/index.js), and a file in the media
// bucket.
func (e *environment) checks() []monitoring.Check {
	checks := []monitoring.Check{
		{Name: "web", URL: "https://" + e.Domain + "/health"},
		{Name: "streaming", URL: "https://" + e.Mastodon.StreamingHost + "/api/v1/streaming/health"},
		{Name: "media", URL: "https://" + e.Storage.MediaHost + "/" + storage.HealthKey},
	}
	if e.Docs.Enabled {
		checks = append(checks, monitoring.Check{Name: "docs", URL: "https://" + e.Docs.Host + "/"})
	}
	return checks
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

// nodeTag is the tag that DOKS gives every Droplet of a cluster
// (docs.digitalocean.com/products/kubernetes, "Automatically applied tags").
func (e *environment) nodeTag() pulumi.StringOutput { return pulumi.Sprintf("k8s:%s", e.cluster.ID) }

func (e *environment) monitoringArgs() *monitoring.Args {
	m := e.Monitoring
	args := &monitoring.Args{
		Name:                e.Domain,
		Checks:              e.checks(),
		Regions:             m.Regions,
		LatencyMilliseconds: m.LatencyMilliseconds,
		NodeTag:             e.nodeTag(),
		Databases: []monitoring.Database{
			{Name: "database", ID: e.database.ID}, {Name: "cache", ID: e.cache.ID},
		},
		LoadBalancerID: e.balancer.ID,
		CPUPercent:     m.CPUPercent,
		MemoryPercent:  m.MemoryPercent,
		DiskPercent:    m.DiskPercent,
		Notify:         monitoring.Notify{Emails: m.Emails, SlackChannel: m.SlackChannel},
	}
	if e.cache.Rails != nil {
		args.Databases = append(args.Databases, monitoring.Database{Name: "rails-cache", ID: e.cache.Rails.ID})
	}
	if e.search != nil {
		args.Databases = append(args.Databases, monitoring.Database{Name: "search", ID: e.search.ID})
	}
	if m.SlackChannel != "" {
		args.Notify.SlackWebhook = secret(e.secrets.SlackWebhook)
	}
	return args
}
