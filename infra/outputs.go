package infra

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/monitoring/contract"
)

// export sets the stack outputs. Their names and shapes are those of package
// contract, which is what readers use.
func (e *environment) export(ctx *pulumi.Context) {
	outputs := pulumi.Map{
		"contractVersion": pulumi.Int(contract.Version),
		"environment":     pulumi.String(e.Environment),
		"domain":          pulumi.String(e.Domain),
		"endpoints":       e.endpoints(),
		"cluster": pulumi.Map{
			"id":        e.cluster.ID,
			"name":      pulumi.String(e.name(crew.Cluster)),
			"region":    pulumi.String(e.Region),
			"version":   e.cluster.Version,
			"endpoint":  e.cluster.Endpoint,
			"nodeTag":   e.nodeTag(),
			"nodePools": e.nodePools(),
		},
		"databases": e.databases(),
		"loadBalancer": pulumi.Map{
			"id":   e.balancer.ID,
			"name": pulumi.String(e.name(crew.LoadBalancer)),
			"ip":   e.balancer.IP,
		},
		"buckets": pulumi.Map{
			"media":   pulumi.Map{"name": e.storage.Media.Name, "region": pulumi.String(e.storage.Media.Region)},
			"assets":  pulumi.Map{"name": e.storage.Assets.Name, "region": pulumi.String(e.storage.Assets.Region)},
			"backups": pulumi.Map{"name": e.storage.Backups.Name, "region": pulumi.String(e.storage.Backups.Region)},
		},
		"mastodon": pulumi.Map{
			"version":   pulumi.String(e.Mastodon.Image.Tag),
			"namespace": pulumi.String(application),
		},
		"uptimeChecks": e.monitoring.CheckIDs,
		"projectId":    e.project.ID(),
		"monthlyCost":  e.monthlyCost(),
	}
	if e.docs != nil {
		outputs["docs"] = e.documentation()
	}
	for name, value := range outputs {
		ctx.Export(name, value)
	}
}

func (e *environment) endpoints() pulumi.Map {
	endpoints := pulumi.Map{
		"assets": pulumi.StringMap{"url": pulumi.String("https://" + e.Storage.AssetsHost), "healthUrl": pulumi.String("")},
	}
	for _, check := range e.checks() {
		endpoints[check.Name] = pulumi.StringMap{
			"url": pulumi.String("https://" + hostOf(check.URL)), "healthUrl": pulumi.String(check.URL),
		}
	}
	return endpoints
}

func (e *environment) nodePools() pulumi.StringArray {
	names := pulumi.StringArray{}
	for _, pool := range e.Cluster.NodePools {
		names = append(names, pulumi.String(e.name(poolRoles[pool.Role])))
	}
	return names
}

func (e *environment) databases() pulumi.Map {
	describe := func(id pulumi.StringOutput, role crew.Role, engine string, host pulumi.StringOutput, port pulumi.IntOutput) pulumi.Map {
		return pulumi.Map{
			"id": id, "name": pulumi.String(e.name(role)), "engine": pulumi.String(engine), "host": host, "port": port,
		}
	}
	databases := pulumi.Map{
		"database": describe(e.database.ID, crew.Database, e.Database.Engine, e.database.Host, e.database.Port),
		"cache":    describe(e.cache.ID, crew.Cache, "valkey", e.cache.Host, e.cache.Port),
	}
	if rails := e.cache.Rails; rails != nil {
		databases["railsCache"] = describe(rails.ID, crew.RailsCache, "valkey", rails.Host, rails.Port)
	}
	if e.search != nil {
		databases["search"] = describe(e.search.ID, crew.SearchEngine, "opensearch", e.search.Host, e.search.Port)
	}
	return databases
}

func (e *environment) monthlyCost() pulumi.Map {
	cost := e.MonthlyCost()
	items := pulumi.Array{}
	for _, line := range cost.Lines {
		items = append(items, pulumi.Map{
			"name": pulumi.String(line.Item), "minimum": pulumi.Float64(line.Min), "maximum": pulumi.Float64(line.Max),
			"known": pulumi.Bool(line.Known),
		})
	}
	return pulumi.Map{
		"currency": pulumi.String("USD"), "minimum": pulumi.Float64(cost.Min), "maximum": pulumi.Float64(cost.Max),
		"items": items,
	}
}
