// Package infra composes a Mastodon environment on DigitalOcean from the
// components below it, in the order in which they need each other. The whole
// wiring is on this page: no component knows another.
package infra

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/cache"
	"github.com/vmstio/infrastructure/infra/cluster"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/database"
	"github.com/vmstio/infrastructure/infra/dns"
	"github.com/vmstio/infrastructure/infra/ingress"
	"github.com/vmstio/infrastructure/infra/loadbalancer"
	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/monitoring"
	"github.com/vmstio/infrastructure/infra/network"
	"github.com/vmstio/infrastructure/infra/search"
	"github.com/vmstio/infrastructure/infra/storage"
)

// Deploy is the Pulumi program: it brings up one environment as its stack's
// configuration says. Nothing is registered when anything in the configuration
// is wrong; the error, a config.Problems, then names all of it.
func Deploy(ctx *pulumi.Context) error {
	e, err := load(ctx)
	if err != nil {
		return err
	}
	if err := e.connect(ctx); err != nil {
		return err
	}

	// Where everything lives.
	if e.network, err = network.New(ctx, "network", e.networkArgs(), e.cloud); err != nil {
		return err
	}
	if e.cluster, err = cluster.New(ctx, "cluster", e.clusterArgs(), e.cloud); err != nil {
		return err
	}
	inCluster := pulumi.Providers(e.cluster.Provider, e.random, e.tls)

	// What a request meets before it reaches the cluster.
	if e.zone, err = dns.NewZone(ctx, "zone", e.zoneArgs(), e.cloud); err != nil {
		return err
	}
	if e.balancer, err = loadbalancer.New(ctx, "load-balancer", e.balancerArgs(), e.cloud); err != nil {
		return err
	}
	if e.records, err = dns.NewRecords(ctx, "records", e.recordsArgs(), e.cloud); err != nil {
		return err
	}
	if e.storage, err = storage.New(ctx, "storage", e.storageArgs(), e.cloud); err != nil {
		return err
	}
	if e.ingress, err = ingress.New(ctx, "ingress", e.ingressArgs(), inCluster); err != nil {
		return err
	}

	// What it meets there, and what holds the data.
	if e.database, err = database.New(ctx, "database", e.databaseArgs(), e.cloud); err != nil {
		return err
	}
	if e.cache, err = cache.New(ctx, "cache", e.cacheArgs(), e.cloud); err != nil {
		return err
	}
	if e.Search.Enabled {
		if e.search, err = search.New(ctx, "search", e.searchArgs(), e.cloud); err != nil {
			return err
		}
	}
	if e.mastodon, err = mastodon.New(ctx, "mastodon", e.mastodonArgs(), inCluster); err != nil {
		return err
	}

	// What explains it, and who watches.
	if err := e.document(ctx); err != nil {
		return err
	}
	if e.monitoring, err = monitoring.New(ctx, "monitoring", e.monitoringArgs(), e.cloud); err != nil {
		return err
	}
	if err := e.group(ctx); err != nil {
		return err
	}
	e.export(ctx)
	return nil
}

// name is the cloud's name of the resource with that role.
func (e *environment) name(role crew.Role) string { return crew.Name(role, e.Domain) }
