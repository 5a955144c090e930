package live

import (
	"context"
	"fmt"

	"github.com/digitalocean/godo"
)

// Running is what there is in an account, by name.
type Running struct {
	Clusters  map[string]Cluster
	Databases map[string]Database
}

// Cluster is a Kubernetes cluster.
type Cluster struct {
	ID, Region string
	// Version is that of Kubernetes, such as "1.35.7-do.5".
	Version string
	// NodeSizes are the Droplet sizes of its pools.
	NodeSizes []string
	// Nodes are those of all its pools.
	Nodes int
}

// Database is a database cluster.
type Database struct {
	Engine, Version, Size string
	Nodes                 int
}

// Droplets are how many an account has, nodes of clusters among them, and how many it may have.
type Droplets struct{ Have, Limit int }

// Runs asks DigitalOcean what there is in the account. The token needs the scopes kubernetes:read and database:read.
func (w World) Runs(ctx context.Context, token string) (Running, error) {
	return answer(ctx, token, w.Running, look)
}

// UpgradesOf asks DigitalOcean for the versions of Kubernetes that a cluster can be upgraded to. Among them are patches
// of a minor version that new clusters cannot have any more. The token needs the scope kubernetes:read.
func (w World) UpgradesOf(ctx context.Context, token, cluster string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if w.Upgrades != nil {
		return w.Upgrades(ctx, token, cluster)
	}
	return upgrades(ctx, godo.NewFromToken(token), cluster)
}

// DropletsOf asks DigitalOcean how many Droplets the account has, and may have. The token needs the scopes account:read
// and droplet:read.
func (w World) DropletsOf(ctx context.Context, token string) (Droplets, error) {
	return answer(ctx, token, w.Droplets, count)
}

func count(ctx context.Context, client *godo.Client) (Droplets, error) {
	account, _, err := client.Account.Get(ctx)
	if err != nil {
		return Droplets{}, fmt.Errorf("asking for the account's limit of Droplets: %w", err)
	}
	_, response, err := client.Droplets.List(ctx, &godo.ListOptions{PerPage: 1})
	if err != nil {
		return Droplets{}, fmt.Errorf("asking for the account's Droplets: %w", err)
	}
	droplets := Droplets{Limit: account.DropletLimit}
	if response.Meta != nil {
		droplets.Have = response.Meta.Total
	}
	return droplets, nil
}

func upgrades(ctx context.Context, client *godo.Client, name string) ([]string, error) {
	running, err := look(ctx, client)
	if err != nil {
		return nil, err
	}
	cluster, ok := running.Clusters[name]
	if !ok {
		return nil, nil
	}
	found, _, err := client.Kubernetes.GetUpgrades(ctx, cluster.ID)
	if err != nil {
		return nil, fmt.Errorf("asking what cluster %q can be upgraded to: %w", name, err)
	}
	var slugs []string
	for _, version := range found {
		slugs = append(slugs, version.Slug)
	}
	return slugs, nil
}

func look(ctx context.Context, client *godo.Client) (Running, error) {
	running := Running{Clusters: map[string]Cluster{}, Databases: map[string]Database{}}
	clusters, err := all(func(page *godo.ListOptions) ([]*godo.KubernetesCluster, *godo.Response, error) {
		return client.Kubernetes.List(ctx, page)
	})
	if err != nil {
		return Running{}, fmt.Errorf("asking which clusters there are in the account: %w", err)
	}
	for _, cluster := range clusters {
		found := Cluster{ID: cluster.ID, Region: cluster.RegionSlug, Version: cluster.VersionSlug}
		for _, pool := range cluster.NodePools {
			found.NodeSizes = append(found.NodeSizes, pool.Size)
			found.Nodes += pool.Count
		}
		running.Clusters[cluster.Name] = found
	}
	databases, err := all(func(page *godo.ListOptions) ([]godo.Database, *godo.Response, error) {
		return client.Databases.List(ctx, page)
	})
	if err != nil {
		return Running{}, fmt.Errorf("asking which databases there are in the account: %w", err)
	}
	for _, database := range databases {
		running.Databases[database.Name] = Database{
			Engine: database.EngineSlug, Version: database.VersionSlug, Size: database.SizeSlug,
			Nodes: database.NumNodes,
		}
	}
	return running, nil
}

// all returns what is on all pages of a list.
func all[T any](list func(*godo.ListOptions) ([]T, *godo.Response, error)) ([]T, error) {
	var found []T
	for page := 1; ; page++ {
		some, response, err := list(&godo.ListOptions{Page: page, PerPage: 200})
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
		if response.Links == nil || response.Links.IsLastPage() {
			return found, nil
		}
	}
}
