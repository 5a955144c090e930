package outputs

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are what the outputs say that only the run knows, beside the settings.
type Args struct {
	Settings *settings.Settings
	// ClusterID, ClusterVersion, ClusterEndpoint and NodeTag are the cluster's.
	ClusterID, ClusterVersion, ClusterEndpoint, NodeTag pulumi.StringInput
	// Databases by the names that the contract gives them.
	Databases map[string]*managed.Database
	// LoadBalancerID and LoadBalancerIP are the load balancer's.
	LoadBalancerID, LoadBalancerIP pulumi.StringInput
	// MediaBucket, AssetsBucket and BackupsBucket are the names of the buckets.
	MediaBucket, AssetsBucket, BackupsBucket pulumi.StringInput
	// Namespace is where Mastodon's objects are.
	Namespace string
	// DocsSiteID is Netlify's ID of the documentation site. It is not read where the stack does not manage it.
	DocsSiteID pulumi.StringInput
	// UptimeChecks are the IDs of the checks by the name of the endpoint.
	UptimeChecks pulumi.StringMapInput
	// ProjectID is the DigitalOcean Project.
	ProjectID pulumi.StringInput
}

// Export sets the stack outputs.
func Export(ctx *pulumi.Context, args *Args) {
	s, text := args.Settings, func(text string) pulumi.String { return pulumi.String(text) }
	name := func(role crew.Role) pulumi.String { return pulumi.String(crew.Name(role, s.Domain)) }
	bucket := func(name pulumi.StringInput, region string) pulumi.Map {
		return pulumi.Map{"name": name, "region": text(region)}
	}
	endpoints, databases, pools := pulumi.Map{}, pulumi.Map{}, pulumi.StringArray{}
	for _, pool := range s.Cluster.NodePools {
		pools = append(pools, name(crew.Role(pool.Role)))
	}
	for _, e := range s.Endpoints() {
		endpoints[e.Name] = pulumi.StringMap{"url": text(e.URL()), "healthUrl": text(e.HealthURL())}
	}
	for key, d := range args.Databases {
		databases[key] = pulumi.Map{
			"id": d.ID, "name": text(d.ClusterName), "engine": text(d.Engine), "host": d.Host, "port": d.Port,
			"metricsUrls": d.MetricsURLs,
		}
	}
	promised := s.Signals(ctx.Stack())
	outputs := pulumi.Map{
		"contractVersion": pulumi.Int(Version),
		"environment":     pulumi.String(s.Environment),
		"domain":          text(s.Domain),
		"endpoints":       endpoints,
		"cluster": pulumi.Map{
			"id": args.ClusterID, "name": name(crew.Cluster), "region": text(s.Region), "version": args.ClusterVersion,
			"endpoint": args.ClusterEndpoint, "nodeTag": args.NodeTag, "nodePools": pools,
		},
		"databases": databases,
		"loadBalancer": pulumi.Map{
			"id": args.LoadBalancerID, "name": name(crew.LoadBalancer), "ip": args.LoadBalancerIP,
		},
		"buckets": pulumi.Map{
			"media":   bucket(args.MediaBucket, s.Storage.Region),
			"assets":  bucket(args.AssetsBucket, s.Storage.Region),
			"backups": bucket(args.BackupsBucket, s.Storage.BackupRegion),
		},
		"mastodon":     pulumi.Map{"version": text(s.Mastodon.Image.Tag), "namespace": text(args.Namespace)},
		"uptimeChecks": args.UptimeChecks,
		"projectId":    args.ProjectID,
		"monthlyCost":  monthlyCost(s.MonthlyCost()),
		"objectives":   pulumi.ToFloat64Map(promised.Targets),
		"thresholds": pulumi.Map{
			"queueSeconds":      pulumi.ToIntMap(promised.Thresholds.QueueSeconds),
			"newestPostMinutes": pulumi.Int(promised.Thresholds.NewestPostMinutes),
			"certificateDays":   pulumi.Int(promised.Thresholds.CertificateDays),
		},
	}
	if s.Backup.Enabled {
		outputs["backup"] = promise(s)
	}
	if s.Docs.Enabled {
		outputs["docs"] = pulumi.Map{
			"siteId": args.DocsSiteID, "site": text(s.Docs.Site), "url": text("https://" + s.Docs.Host),
			"branchUrls": pulumi.ToStringMap(s.Docs.BranchURLs()),
		}
	}
	for key, value := range outputs {
		ctx.Export(key, value)
	}
}

func promise(s *settings.Settings) pulumi.Map {
	proofs, runs := pulumi.Map{}, pulumi.StringMap{}
	for i, task := range s.Backup.Tasks() {
		proof := s.Proofs()[i]
		proofs[task.Name] = pulumi.Map{
			"url": pulumi.String(proof.HealthURL()), "schedule": pulumi.String(task.Schedule),
			"alarmDays": pulumi.Int(task.AlarmDays),
		}
		runs[task.Name] = pulumi.String(proof.URL() + "/" + settings.RunKey(task.Name))
	}
	return pulumi.Map{
		"mayBeLostHours": pulumi.Float64(s.MayBeLost().Hours()), "proofs": proofs, "runs": runs,
	}
}

func monthlyCost(cost settings.Cost) pulumi.Map {
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
