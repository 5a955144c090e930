package live

import (
	"context"
	"fmt"

	"github.com/digitalocean/godo"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// Offers are DigitalOcean's lists of what there is to have.
type Offers struct {
	// Regions are those with Kubernetes.
	Regions []string
	// Kubernetes are the minor versions that new clusters can have, such as "1.35".
	Kubernetes []string
	// NodeSizes are the Droplet sizes of a cluster's nodes.
	NodeSizes []string
	// Engines are the database engines by their names in the API.
	Engines map[string]Engine
}

// Engine is what there is of a database engine.
type Engine struct {
	Regions, Versions []string
	// Plans are the plans for each number of nodes.
	Plans map[int][]string
}

// Catalogued are the offers of a world in which DigitalOcean has what package catalogue lists, for worlds other than
// the real one.
func Catalogued() Offers {
	offers := Offers{
		Regions:    catalogue.Slugs(func(r catalogue.Region) bool { return r.Kubernetes }),
		Kubernetes: catalogue.KubernetesMinors(), NodeSizes: catalogue.DropletSlugs(),
		Engines: map[string]Engine{},
	}
	for _, engine := range catalogue.Engines() {
		plans := map[int][]string{}
		for _, plan := range engine.Plans {
			for _, nodes := range plan.Nodes {
				plans[nodes] = append(plans[nodes], plan.Slug)
			}
		}
		offers.Engines[engine.Name] = Engine{
			Regions:  catalogue.Slugs(func(r catalogue.Region) bool { return r.Databases }),
			Versions: engine.Versions, Plans: plans,
		}
	}
	return offers
}

// Offered asks DigitalOcean what it offers. The token needs the scopes kubernetes:read and database:read.
func (w World) Offered(ctx context.Context, token string) (Offers, error) {
	return answer(ctx, token, w.Offers, ask)
}

func ask(ctx context.Context, client *godo.Client) (Offers, error) {
	offers := Offers{Engines: map[string]Engine{}}
	kubernetes, _, err := client.Kubernetes.GetOptions(ctx)
	if err != nil {
		return Offers{}, fmt.Errorf("asking what clusters there are: %w", err)
	}
	for _, region := range kubernetes.Regions {
		offers.Regions = append(offers.Regions, region.Slug)
	}
	for _, size := range kubernetes.Sizes {
		offers.NodeSizes = append(offers.NodeSizes, size.Slug)
	}
	for _, version := range kubernetes.Versions {
		offers.Kubernetes = append(offers.Kubernetes, catalogue.KubernetesMinor(version.Slug))
	}
	databases, _, err := client.Databases.ListOptions(ctx)
	if err != nil {
		return Offers{}, fmt.Errorf("asking what databases there are: %w", err)
	}
	for name, options := range map[string]godo.DatabaseEngineOptions{
		"pg": databases.PostgresSQLOptions, "advanced_pg": databases.AdvancedPostgresSQLOptions,
		"valkey": databases.ValkeyOptions, "opensearch": databases.OpensearchOptions,
	} {
		engine := Engine{Regions: options.Regions, Versions: options.Versions, Plans: map[int][]string{}}
		for _, layout := range options.Layouts {
			engine.Plans[layout.NodeNum] = append(engine.Plans[layout.NodeNum], layout.Sizes...)
		}
		offers.Engines[name] = engine
	}
	return offers, nil
}
