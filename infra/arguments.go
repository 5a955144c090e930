package infra

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/cache"
	"github.com/vmstio/infrastructure/infra/cluster"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/database"
	"github.com/vmstio/infrastructure/infra/dns"
	"github.com/vmstio/infrastructure/infra/ingress"
	"github.com/vmstio/infrastructure/infra/loadbalancer"
	"github.com/vmstio/infrastructure/infra/network"
	"github.com/vmstio/infrastructure/infra/release"
	"github.com/vmstio/infrastructure/infra/room"
	"github.com/vmstio/infrastructure/infra/search"
	"github.com/vmstio/infrastructure/infra/storage"
)

// This file translates: settings and the outputs of components that stand
// already, into the arguments of the next one.

func (e *environment) networkArgs() *network.Args {
	return &network.Args{
		Name:     e.name(crew.Network),
		Region:   e.Region,
		IPRange:  e.Network.IPRange,
		Reserved: []string{e.Cluster.PodSubnet, e.Cluster.ServiceSubnet},
		Protect:  e.Protect,
	}
}

// poolRoles are the crew's roles of the node pools.
var poolRoles = map[string]crew.Role{
	"general": crew.GeneralPool, "web": crew.WebPool, "background": crew.BackgroundPool, "search": crew.SearchPool,
}

func (e *environment) clusterArgs() *cluster.Args {
	c := e.Cluster
	args := &cluster.Args{
		Name:             e.name(crew.Cluster),
		Region:           e.Region,
		VersionPrefix:    c.Version,
		VPCID:            e.network.VPCID,
		PodSubnet:        c.PodSubnet,
		ServiceSubnet:    c.ServiceSubnet,
		HighlyAvailable:  c.HighlyAvailable,
		AutoUpgrade:      c.AutoUpgrade,
		MaintenanceDay:   c.Maintenance.Day,
		MaintenanceTime:  c.Maintenance.Time,
		AllowedAddresses: c.ControlPlaneAllowedAddresses,
		DefaultPool:      cluster.DefaultPool{Name: e.name(crew.DefaultPool), Size: c.DefaultPool.Size, Nodes: c.DefaultPool.Nodes},
		Token:            secret(e.secrets.DigitalOceanToken),
		Protect:          c.Protect,
		// What the cluster made for data must outlive it where data is protected.
		DestroyAssociated: !e.Protect,
	}
	for _, p := range c.NodePools {
		pool := cluster.NodePool{
			Name: e.name(poolRoles[p.Role]), Role: p.Role, Size: p.Size,
			MinNodes: p.MinNodes, MaxNodes: p.MaxNodes, Labels: p.Labels,
		}
		for _, t := range p.Taints {
			pool.Taints = append(pool.Taints, cluster.Taint(t))
		}
		args.NodePools = append(args.NodePools, pool)
	}
	return args
}

func (e *environment) zoneArgs() *dns.ZoneArgs {
	return &dns.ZoneArgs{Zone: e.DNS.Zone, Manage: e.DNS.ManageZone, Protect: e.Protect}
}

func (e *environment) balancerArgs() *loadbalancer.Args {
	return &loadbalancer.Args{
		Name:          e.name(crew.LoadBalancer),
		Region:        e.Region,
		VPCID:         e.network.VPCID,
		Type:          e.LoadBalancer.Type,
		Nodes:         e.LoadBalancer.Nodes,
		ProxyProtocol: e.LoadBalancer.ProxyProtocol,
		Protect:       e.Protect,
	}
}

func (e *environment) recordsArgs() *dns.RecordsArgs {
	cdn := func(role crew.Role, host string) dns.CNAME {
		return dns.CNAME{Host: host, Target: pulumi.String(storage.CDNEndpoint(e.name(role), e.Storage.Region))}
	}
	args := &dns.RecordsArgs{
		Zone:          e.DNS.Zone,
		ZoneName:      e.zone.ZoneName,
		Domain:        e.Domain,
		TTL:           e.DNS.TTL,
		WebIP:         e.balancer.IP,
		StreamingHost: e.Mastodon.StreamingHost,
		CDN:           []dns.CNAME{cdn(crew.Media, e.Storage.MediaHost), cdn(crew.Assets, e.Storage.AssetsHost)},
		Mail:          dns.Mail{SPF: e.DNS.Mail.SPF, DMARC: e.DNS.Mail.DMARC},
	}
	for _, mx := range e.DNS.Mail.MX {
		args.Mail.MX = append(args.Mail.MX, dns.MX(mx))
	}
	for _, key := range e.DNS.Mail.DKIM {
		args.Mail.DKIM = append(args.Mail.DKIM, dns.DKIM(key))
	}
	for _, record := range e.DNS.Records {
		args.Records = append(args.Records, dns.Record(record))
	}
	return args
}

func (e *environment) storageArgs() *storage.Args {
	bucket := func(role crew.Role) storage.BucketArgs {
		return storage.BucketArgs{Name: e.name(role), KeyName: e.name(role)}
	}
	return &storage.Args{
		Region:         e.Storage.Region,
		BackupRegion:   e.Storage.BackupRegion,
		Media:          bucket(crew.Media),
		Assets:         bucket(crew.Assets),
		Backups:        bucket(crew.Backups),
		MediaHost:      e.Storage.MediaHost,
		AssetsHost:     e.Storage.AssetsHost,
		WebOrigin:      "https://" + e.Domain,
		CDNTTL:         e.Storage.CDNTTL,
		OldVersionDays: e.Storage.OldVersionDays,
		BackupDays:     e.Storage.BackupDays,
		// The CDN makes the CNAME itself if there is none, and then ours is refused.
		CertificateAfter: slices.Concat(e.zone.Ready, e.records.Ready),
		Protect:          e.Protect,
	}
}

func (e *environment) ingressArgs() *ingress.Args {
	i := e.Ingress
	args := &ingress.Args{
		Namespace: "ingress-nginx",
		Chart:     release.Chart(i.Chart),
		Replicas:  i.Replicas,
		Resources: ingress.Resources(i.Resources),
		LoadBalancer: ingress.LoadBalancer{
			ID:            e.balancer.ID,
			Name:          e.name(crew.LoadBalancer),
			Type:          e.LoadBalancer.Type,
			Nodes:         e.LoadBalancer.Nodes,
			ProxyProtocol: e.LoadBalancer.ProxyProtocol,
		},
		TrustedRange: e.Network.IPRange,
		MaxBodySize:  i.MaxBodySize,
		HSTSMaxAge:   i.HSTSMaxAge,
		CertManager:  release.Chart(i.CertManager),
		ACME: ingress.ACME{
			Issuer: i.ACME.Issuer, Email: i.ACME.Email,
			DNSToken: secret(e.secrets.ACMEDNSToken),
		},
		Zone:    e.DNS.Zone,
		Protect: e.Protect,
	}
	if i.Image != nil {
		args.Image = &ingress.Image{Registry: i.Image.Registry, Image: i.Image.Image, Tag: i.Image.Tag, Digest: i.Image.Digest}
	}
	return args
}

// application is the name of Mastodon's own things where it has them to itself:
// database, user, namespace.
const application = "mastodon"

func (e *environment) databaseArgs() *database.Args {
	d := e.Database
	return &database.Args{
		Name:          e.name(crew.Database),
		Region:        e.Region,
		VPCID:         e.network.VPCID,
		Engine:        d.Engine,
		Version:       d.Version,
		Size:          d.Size,
		Nodes:         d.Nodes,
		Database:      application,
		User:          application,
		PoolName:      application + "-pool",
		PoolSize:      d.PoolSize,
		Maintenance:   room.Window(d.Maintenance),
		ClusterID:     e.cluster.ID,
		FirewallAfter: e.cluster.NodesReady,
		Protect:       e.Protect,
	}
}

func (e *environment) cacheArgs() *cache.Args {
	c := e.Cache
	args := &cache.Args{
		Name:          e.name(crew.Cache),
		Region:        e.Region,
		VPCID:         e.network.VPCID,
		Version:       c.Version,
		Size:          c.Size,
		Nodes:         c.Nodes,
		Maintenance:   room.Window(c.Maintenance),
		ClusterID:     e.cluster.ID,
		FirewallAfter: e.cluster.NodesReady,
		Protect:       e.Protect,
	}
	if c.Rails != nil {
		args.Rails = &cache.RailsArgs{Name: e.name(crew.RailsCache), Size: c.Rails.Size, Nodes: c.Rails.Nodes}
	}
	return args
}

func (e *environment) searchArgs() *search.Args {
	s := e.Search
	return &search.Args{
		Name:          e.name(crew.SearchEngine),
		Region:        e.Region,
		VPCID:         e.network.VPCID,
		Version:       s.Version,
		Size:          s.Size,
		Nodes:         s.Nodes,
		IndexPreset:   s.IndexPreset,
		Maintenance:   room.Window(s.Maintenance),
		ClusterID:     e.cluster.ID,
		FirewallAfter: e.cluster.NodesReady,
	}
}
