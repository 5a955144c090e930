// Package infra composes a Mastodon environment on DigitalOcean from the components below it, in the order in which a
// request meets them. The whole wiring is on this page: no component knows another. What a component needs stands in
// its call, so that nothing can be used before it is there.
package infra

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/backup"
	"github.com/vmstio/infrastructure/infra/cache"
	"github.com/vmstio/infrastructure/infra/cluster"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/database"
	"github.com/vmstio/infrastructure/infra/dns"
	"github.com/vmstio/infrastructure/infra/ingress"
	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/infra/loadbalancer"
	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/monitoring"
	"github.com/vmstio/infrastructure/infra/network"
	"github.com/vmstio/infrastructure/infra/observability"
	"github.com/vmstio/infrastructure/infra/outputs"
	"github.com/vmstio/infrastructure/infra/search"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/signals"
	"github.com/vmstio/infrastructure/infra/storage"
)

// application is the name of Mastodon's own things where it has them to itself: database, user, namespace.
const application = "mastodon"

// Deploy is the Pulumi program: it brings up one environment as its stack's configuration says. Nothing is registered
// when anything in the configuration is wrong; the error, a settings.Problems, then names all of it.
func Deploy(ctx *pulumi.Context) error { return deploy(ctx, live.World{}) }

// DeployIn is the Pulumi program in a world that may not be the real one.
func DeployIn(world live.World) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error { return deploy(ctx, world) }
}

func deploy(ctx *pulumi.Context, world live.World) error {
	s, secrets, err := read(ctx)
	if err != nil {
		return err
	}
	if err := available(ctx, world, s, secrets.DigitalOceanToken); err != nil {
		return err
	}
	name := func(role crew.Role) string { return crew.Name(role, s.Domain) }
	provider, generators, err := newProviders(ctx, secrets)
	if err != nil {
		return err
	}
	cloud := pulumi.Providers(provider)
	seen, err := delegated(ctx, world, s, provider)
	if err != nil {
		return err
	}

	// Where everything lives.
	vpc, err := network.New(ctx, "network", &network.Args{
		Network: s.Network, Name: name(crew.Network), Region: s.Region, Protect: s.Protect,
	}, cloud)
	if err != nil {
		return err
	}
	balancer, err := loadbalancer.New(ctx, "load-balancer", &loadbalancer.Args{
		LoadBalancer: s.LoadBalancer, Name: name(crew.LoadBalancer), Region: s.Region, VPCID: vpc.VPCID,
		Protect: s.Protect,
	}, cloud)
	if err != nil {
		return err
	}
	doks, err := cluster.New(ctx, "cluster", &cluster.Args{
		Cluster: s.Cluster, Name: name(crew.Cluster), PoolNames: poolNames(s), Region: s.Region,
		VPCID: vpc.VPCID, Token: secret(secrets.DigitalOceanToken),
		Upgrades: func() ([]string, error) {
			return world.UpgradesOf(ctx.Context(), secrets.DigitalOceanToken.Reveal(), name(crew.Cluster))
		},
		// A cluster whose load balancer goes before it does makes another, which nobody would delete.
		After: balancer.Ready,
		// What the cluster made for data must outlive it where data is protected.
		DestroyAssociated: !s.Protect,
	}, cloud)
	if err != nil {
		return err
	}
	inCluster := pulumi.Providers(append(generators, doks.Provider)...)
	place := managed.Place{Region: s.Region, VPCID: vpc.VPCID, ClusterID: doks.ID, NodesReady: doks.NodesReady}
	if s.Cluster.TrustPodSubnet {
		place.PodSubnet = s.Cluster.PodSubnet
	}

	var isolation *kube.Isolation
	if s.Cluster.NetworkPolicies.Enabled {
		isolation = &kube.Isolation{VPC: s.Network.IPRange, Allow: s.Cluster.NetworkPolicies.Allow}
	}
	var scraper, reader *kube.Peer
	if s.Observability.On() {
		scraper, reader = observability.Prometheus(), observability.Timeline()
	}

	// What a request meets before it reaches the cluster.
	zone, err := dns.NewZone(ctx, "zone", &dns.ZoneArgs{
		Zone: s.DNS.Zone, Manage: s.DNS.ManageZone, Protect: s.Protect,
	}, cloud)
	if err != nil {
		return err
	}
	records, err := dns.NewRecords(ctx, "records", &dns.RecordsArgs{
		Zone: s.DNS.Zone, ZoneName: zone.Name, TTL: s.DNS.TTL, WebIP: balancer.IP, WebIPv6: balancer.IPv6,
		Entries: s.Entries(),
	}, cloud)
	if err != nil {
		return err
	}
	buckets, err := storage.New(ctx, "storage", &storage.Args{
		Storage: s.Storage, Media: s.Bucket(crew.Media), Assets: s.Bucket(crew.Assets),
		Backups: s.Bucket(crew.Backups), Proofs: s.Backup.Tasks(), Delegated: seen,
		// The CDN makes the CNAME itself if there is none, and then ours is refused.
		CertificateAfter: slices.Concat(zone.Ready, records.Ready),
		Protect:          s.Protect,
	}, cloud)
	if err != nil {
		return err
	}
	edge, err := ingress.New(ctx, "ingress", &ingress.Args{
		Ingress: s.Ingress, LoadBalancer: s.LoadBalancer, LoadBalancerID: balancer.ID,
		LoadBalancerName: name(crew.LoadBalancer),
		// The load balancer speaks from within the VPC. Who else is believed about a client's address, is a setting.
		TrustedRange: s.Network.IPRange,
		Domain:       s.Domain, Zone: s.DNS.Zone, DNSToken: secret(secrets.ACMEDNSToken), Cluster: doks.Resource,
		Protect: s.Protect,
	}, inCluster)
	if err != nil {
		return err
	}

	// What it meets there, and what holds the data.
	postgres, err := database.New(ctx, "database", &database.Args{
		Database: s.Database, Place: place, Name: crew.Suffixed(crew.Database, s.Domain, s.Database.Suffix),
		Application: application, Protect: s.Protect,
	}, cloud)
	if err != nil {
		return err
	}
	valkey, err := cache.New(ctx, "cache", &cache.Args{
		Cache: s.Cache, Place: place, Name: name(crew.Cache), RailsName: name(crew.RailsCache), Protect: s.Protect,
	}, cloud)
	if err != nil {
		return err
	}
	var vault *backup.Vault
	if s.Backup.Enabled {
		vault, err = backup.NewVault(ctx, "backup-vault", &backup.VaultArgs{
			Backup: s.Backup, Restore: s.Database.Restore, Domain: s.Domain, Store: buckets.Backups,
			Uploads: buckets.Media, ReaderName: name(crew.MediaReader), Database: postgres.Direct,
			Admin: postgres.Endpoint, Grants: postgres.Grants, Passphrase: optional(secrets.BackupKey),
			ElsewhereAccessID:  optional(secrets.ElsewhereAccessID),
			ElsewhereSecretKey: optional(secrets.ElsewhereSecretKey), Isolation: isolation, Cluster: doks.Resource,
			After: postgres.Ready, Protect: s.Protect,
		}, pulumi.Providers(append(slices.Clone(generators), provider, doks.Provider)...))
		if err != nil {
			return err
		}
	}
	// Never a component among those to wait for: which of its children that means depends on how many of them happen to
	// be registered by then.
	ready := slices.Concat(postgres.Ready, valkey.Ready, edge.Ready, buckets.Ready)
	if vault != nil {
		ready = append(ready, vault.Ready...)
	}
	var opensearch *managed.Database
	if s.Search.Enabled {
		found, err := search.New(ctx, "search", &search.Args{
			Search: s.Search, Place: place, Name: name(crew.SearchEngine),
		}, cloud)
		if err != nil {
			return err
		}
		opensearch, ready = found.Database, append(ready, found.Ready...)
	}
	instance, err := mastodon.New(ctx, "mastodon", &mastodon.Args{
		Mastodon: s.Mastodon, Namespace: application, Domain: s.Domain, MaxBodySize: s.Ingress.MaxBodySize,
		SecretVariables: secretMap(secrets.Environment), Existing: keysOf(secrets.Mastodon),
		SMTPUsername: optional(secrets.SMTPUsername), SMTPPassword: optional(secrets.SMTPPassword),
		Database: postgres.Direct, DatabaseID: postgres.ID, Pool: postgres.Pool, Admin: postgres.Endpoint,
		Grants: postgres.Grants, Cache: valkey.Endpoint, RailsCache: valkey.Rails,
		Search: opensearch, IndexPreset: s.Search.IndexPreset, Media: buckets.Media, Assets: buckets.Assets,
		IngressClass: edge.Class, IssuerName: edge.Issuer,
		Isolation: isolation, Proxy: edge.Pods, Scraper: scraper, Reader: reader,
		Delegated: seen, After: ready, Protect: s.Protect,
	}, inCluster, pulumi.DeletedWith(doks.Resource))
	if err != nil {
		return err
	}

	if vault != nil {
		_, err = backup.New(ctx, "backup", &backup.Args{
			Vault: vault, MayBeLost: s.MayBeLost(), Mastodon: s.Mastodon.Image,
			PrimaryKey: instance.Keys.ActiveRecordPrimaryKey, Salt: instance.Keys.ActiveRecordKeyDerivationSalt,
			After: instance.Ready,
		}, inCluster, pulumi.DeletedWith(doks.Resource))
		if err != nil {
			return err
		}
	}

	// What explains it, and who watches.
	siteID, err := newDocSite(ctx, s, secrets, zone.Name, cloud)
	if err != nil {
		return err
	}
	databases := map[string]*managed.Database{
		"database": postgres.Database, "cache": valkey.Database, "rails-cache": valkey.Rails, "search": opensearch,
	}
	maps.DeleteFunc(databases, func(_ string, d *managed.Database) bool { return d == nil })
	// The tag that DOKS gives every Droplet of a cluster (docs.digitalocean.com/products/kubernetes, "Automatically
	// applied tags").
	nodeTag := pulumi.Sprintf("k8s:%s", doks.ID)
	watched := s.Proofs()
	if seen {
		watched = append(watched, s.Endpoints()...)
	}
	watch, err := monitoring.New(ctx, "monitoring", &monitoring.Args{
		Monitoring: s.Monitoring, Name: s.Domain, Endpoints: watched, NodeTag: nodeTag,
		CertificateDays: s.Observability.Thresholds.CertificateDays,
		Databases:       databases, LoadBalancerID: balancer.ID, SlackWebhook: optional(secrets.SlackWebhook),
	}, cloud)
	if err != nil {
		return err
	}
	if s.Observability.On() {
		login, err := postgres.MetricsLogin(ctx, provider)
		if err != nil {
			return err
		}
		observe := &observability.Args{
			Observability: s.Observability, Watched: s.Signals(ctx.Stack()),
			Pods:      slices.Concat(edge.Metrics, instance.Metrics),
			Untrusted: s.Ingress.ACME.Issuer == settings.IssuerStaging,
			Databases: databases, DatabaseUsername: login.Username, DatabasePassword: login.Password,
			DatabaseLoginHidden: login.Hidden,
			WebURL:              instance.WebURL, Mastodon: s.Mastodon.Image, Busybox: s.Mastodon.Rclone,
			Isolation: isolation, Web: instance.Web,
			SMTP:         s.Mastodon.SMTP,
			SMTPUsername: optional(secrets.SMTPUsername), SMTPPassword: optional(secrets.SMTPPassword),
			Emails: s.Monitoring.Emails, SlackChannel: s.Monitoring.SlackChannel,
			SlackWebhook: optional(secrets.SlackWebhook), DeadMansSwitch: optional(secrets.DeadMansSwitch),
			RemoteWriteUsername: optional(secrets.RemoteWriteUsername),
			RemoteWritePassword: optional(secrets.RemoteWritePassword),
		}
		if !seen {
			observe.Watched.Endpoints = nil
		}
		observe.Rules = signals.Groups(observe.Watched)
		_, err = observability.New(ctx, "observability", observe, inCluster, pulumi.DeletedWith(doks.Resource))
		if err != nil {
			return err
		}
	}
	// Not the load balancer: the API does not list in a project what belongs to a cluster (docs.digitalocean.com,
	// kubernetes limits), so that it would be missing whenever somebody looked.
	urns := pulumi.StringArray{
		doks.ClusterURN, postgres.ClusterURN, valkey.ClusterURN,
		buckets.Media.URN, buckets.Assets.URN, buckets.Backups.URN,
	}
	if valkey.Rails != nil {
		urns = append(urns, valkey.Rails.ClusterURN)
	}
	if opensearch != nil {
		urns = append(urns, opensearch.ClusterURN)
	}
	if s.DNS.ManageZone {
		urns = append(urns, zone.ZoneURN)
	}
	project, err := newProject(ctx, s, urns, cloud)
	if err != nil {
		return err
	}
	outputs.Export(ctx, &outputs.Args{
		Settings: s, ClusterID: doks.ID, ClusterVersion: doks.Version, ClusterEndpoint: doks.Endpoint, NodeTag: nodeTag,
		Databases: databases, LoadBalancerID: balancer.ID, LoadBalancerIP: balancer.IP, MediaBucket: buckets.Media.Name,
		AssetsBucket: buckets.Assets.Name, BackupsBucket: buckets.Backups.Name, Namespace: application,
		DocsSiteID: siteID, UptimeChecks: watch.CheckIDs, ProjectID: project.ID().ToStringOutput(),
	})
	return nil
}

// poolNames are the names of the cluster's node pools by role. The default pool cannot be replaced without the cluster.
func poolNames(s *settings.Settings) map[string]string {
	names := map[string]string{cluster.DefaultRole: crew.Name(crew.DefaultPool, s.Domain)}
	for _, pool := range s.Cluster.NodePools {
		names[pool.Role] = crew.Pool(crew.Role(pool.Role), s.Domain, pool.Size)
	}
	return names
}
