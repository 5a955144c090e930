// Package managed makes a managed database of DigitalOcean: the cluster, and the firewall that admits the Kubernetes
// cluster and nobody else. Every engine of the environment is made here, so that none of them can be open.
package managed

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Place is where a database is, and who may reach it.
type Place struct {
	// Region is a DigitalOcean region slug. Changing it migrates the cluster.
	Region string
	// VPCID is the UUID of the VPC that the private host names belong to. Changing it replaces the cluster.
	VPCID pulumi.StringInput
	// ClusterID is the Kubernetes cluster whose nodes the firewall admits.
	ClusterID pulumi.StringInput
	// PodSubnet is a range that the firewall admits as well; empty admits the cluster alone.
	PodSubnet string
	// NodesReady are the node pools: DigitalOcean refuses a firewall rule for a cluster that has no nodes.
	NodesReady []pulumi.Resource
}

// Args are the arguments of a Database.
type Args struct {
	Place
	// Name of the cluster, unique in the account. Changing it replaces the cluster.
	Name string
	// Engine is the API's name of the engine: "pg", "advanced_pg", "valkey" or "opensearch".
	Engine string
	// Version of the engine.
	Version string
	// Size is the slug of the plan of every node.
	Size string
	// Nodes is the number of nodes.
	Nodes int
	// Maintenance is the window of updates.
	Maintenance settings.Window
	// Growth adds storage when it runs out; nil leaves it.
	Growth *settings.Growth
	// Fixed is whether the version is that of the creation for ever, so that another one is another cluster.
	Fixed bool
	// Eviction is what Valkey does when its memory is full, as the API spells it. Nil for other engines.
	Eviction pulumi.StringPtrInput
	// Protect keeps the cluster, and its firewall, since a cluster without one is open to the internet.
	Protect bool
}

// Endpoint is one way to reach a database from within the VPC. Every engine speaks TLS only.
type Endpoint struct {
	// Host is the private host name, which resolves in the VPC alone.
	Host pulumi.StringOutput
	// Port of the server: 25060, but 25061 for Valkey and for a connection pool.
	Port pulumi.IntOutput
	// Name of the database or the pool; unset where an engine has no databases.
	Name pulumi.StringOutput
	// Username and Password are the login, the latter secret.
	Username, Password pulumi.StringOutput
	// CA is the authority of the server's certificate, PEM and no secret; unset where it is a public one, and empty
	// where that is only known from the answer.
	CA pulumi.StringOutput
	// SSLMode is how to check the certificate of PostgreSQL, as libpq names it; empty for other engines, whose clients
	// compare the name.
	SSLMode string
}

// Database is a managed database.
type Database struct {
	// Endpoint is the cluster's own, as its administrator.
	Endpoint
	// ID is the UUID of the cluster.
	ID pulumi.StringOutput
	// ClusterURN is DigitalOcean's name of the cluster, "do:dbaas:<UUID>".
	ClusterURN pulumi.StringOutput
	// ClusterName and Engine are those of the arguments.
	ClusterName, Engine string
	// MetricsURLs are where DigitalOcean serves the metrics of the primary and the standbys, such as
	// "https://<host>:9273/metrics".
	MetricsURLs pulumi.StringArrayOutput
	// Ready are the resources to depend on for whatever connects: the firewall that admits it. The host says when the
	// rest is there.
	Ready []pulumi.Resource
}

// New makes the database as children of a component: the cluster "<name>-cluster" and the firewall "<name>-firewall".
func New(ctx *pulumi.Context, name string, args *Args, parent pulumi.Resource) (*Database, error) {
	if err := component.Require(name, map[string]any{
		"Name": args.Name, "Region": args.Region, "VPCID": args.VPCID, "ClusterID": args.ClusterID,
	}); err != nil {
		return nil, err
	}
	keep := component.Keep(args.Protect)
	version := args.Version
	var replaces, ignore []string
	if args.Fixed {
		replaces = []string{"version"}
		var err error
		if version, ignore, err = fixed(ctx, args, parent); err != nil {
			return nil, err
		}
	}
	cluster, err := digitalocean.NewDatabaseCluster(ctx, name+"-cluster", &digitalocean.DatabaseClusterArgs{
		Name:               pulumi.String(args.Name),
		Engine:             pulumi.String(args.Engine),
		Version:            pulumi.String(version),
		Size:               pulumi.String(args.Size),
		NodeCount:          pulumi.Int(args.Nodes),
		Region:             pulumi.String(args.Region),
		PrivateNetworkUuid: args.VPCID.ToStringOutput(),
		EvictionPolicy:     args.Eviction,
		StorageAutoscale:   autoscale(args.Growth),
		MaintenanceWindows: digitalocean.DatabaseClusterMaintenanceWindowArray{
			digitalocean.DatabaseClusterMaintenanceWindowArgs{
				Day: pulumi.String(args.Maintenance.Day), Hour: pulumi.String(args.Maintenance.Time),
			},
		},
	}, pulumi.Parent(parent), keep, component.Patient(),
		pulumi.ReplaceOnChanges(replaces), pulumi.IgnoreChanges(ignore))
	if err != nil {
		return nil, fmt.Errorf("creating %s cluster %q: %w", args.Engine, args.Name, err)
	}
	id := cluster.ID().ToStringOutput()
	firewall, err := digitalocean.NewDatabaseFirewall(ctx, name+"-firewall", &digitalocean.DatabaseFirewallArgs{
		ClusterId: id, Rules: args.trusted(),
	}, pulumi.Parent(parent), keep, pulumi.DependsOn(args.NodesReady))
	if err != nil {
		return nil, fmt.Errorf("creating the firewall of %s cluster %q: %w", args.Engine, args.Name, err)
	}
	return &Database{
		Endpoint: Endpoint{
			Host: cluster.PrivateHost, Port: cluster.Port, Username: cluster.User, Password: cluster.Password,
		},
		ID: id, ClusterURN: cluster.ClusterUrn, ClusterName: args.Name, Engine: args.Engine,
		MetricsURLs: cluster.MetricsEndpoints, Ready: []pulumi.Resource{firewall},
	}, nil
}

// autoscale is how the storage grows; nil if it does not.
func autoscale(growth *settings.Growth) digitalocean.DatabaseClusterStorageAutoscalePtrInput {
	if growth == nil {
		return nil
	}
	return digitalocean.DatabaseClusterStorageAutoscaleArgs{
		Enabled: pulumi.Bool(true), ThresholdPercent: pulumi.Int(growth.ThresholdPercent),
		IncrementGib: pulumi.Int(growth.IncrementGiB),
	}
}

// trusted are the sources that the firewall admits.
func (p Place) trusted() digitalocean.DatabaseFirewallRuleArray {
	rules := digitalocean.DatabaseFirewallRuleArray{
		digitalocean.DatabaseFirewallRuleArgs{Type: pulumi.String("k8s"), Value: p.ClusterID.ToStringOutput()},
	}
	if p.PodSubnet != "" {
		rules = append(rules, digitalocean.DatabaseFirewallRuleArgs{
			Type: pulumi.String("ip_addr"), Value: pulumi.String(p.PodSubnet),
		})
	}
	return rules
}

// noAuthority is what the API answers where a cluster has none of its own, as godo writes it (ErrorResponse.Error).
var noAuthority = regexp.MustCompile(`/v2/databases/[^/ ]+/ca: 404\b`)

// Authority is the cluster's own certificate authority, PEM; empty where DigitalOcean says that there is none, so that
// the server's certificate must be of a public one. The parent carries the provider to the function, too. In a preview
// of a new cluster the ID is unknown, and so is the certificate.
func (d *Database) Authority(ctx *pulumi.Context, parent pulumi.Resource) pulumi.StringOutput {
	return d.ID.ApplyT(func(id string) (string, error) {
		found, err := digitalocean.GetDatabaseCa(ctx, &digitalocean.GetDatabaseCaArgs{ClusterId: id},
			pulumi.Parent(parent))
		if err == nil && found.Certificate != "" {
			return found.Certificate, nil
		}
		if err != nil && !noAuthority.MatchString(err.Error()) {
			return "", fmt.Errorf("asking for the authority of %s cluster %q: %w", d.Engine, d.ClusterName, err)
		}
		err = ctx.Log.Warn(fmt.Sprintf("%s cluster %q: DigitalOcean has no certificate authority of it, so its "+
			"certificate has to be of a public one; if connections to it are refused, ask DigitalOcean's support for "+
			"the authority",
			d.Engine, d.ClusterName), &pulumi.LogArgs{Resource: parent})
		if err != nil {
			return "", fmt.Errorf("warning of %s cluster %q without an authority: %w", d.Engine, d.ClusterName, err)
		}
		return "", nil
	}).(pulumi.StringOutput)
}

// MetricsLogin is the login at the metrics of every database of the account.
type MetricsLogin struct {
	Username pulumi.StringOutput
	// Password is secret.
	Password pulumi.StringOutput
	// Hidden is whether a preview may not see it: both are unknown, and what is made of them stays as it is.
	Hidden bool
}

// hidden is what the API answers to a token that may not read the login, as godo writes it (ErrorResponse.Error).
var hidden = regexp.MustCompile(`/v2/databases/metrics/credentials: 403\b`)

// credentials are the login as the provider hands it out.
type credentials = digitalocean.GetDatabaseMetricsCredentialsResultOutput

// MetricsLogin is asked for when there is a database: nothing says what the API answers before the account's first one.
// A preview asks beforehand whether it may: it shows everything else with a token that may not. Whoever brings things
// up has to see it.
func (d *Database) MetricsLogin(ctx *pulumi.Context, provider pulumi.ProviderResource) (MetricsLogin, error) {
	var login MetricsLogin
	ask := func() credentials {
		return digitalocean.GetDatabaseMetricsCredentialsOutput(ctx, pulumi.Provider(provider))
	}
	if ctx.DryRun() {
		_, err := digitalocean.GetDatabaseMetricsCredentials(ctx, pulumi.Provider(provider))
		login.Hidden = err != nil && hidden.MatchString(err.Error())
	}
	if login.Hidden {
		ask = unknown
		err := ctx.Log.Warn("vmst:secrets.digitalOceanToken: this token may not read the login at the metrics of the "+
			"databases, so the preview takes it for unchanged; pulumi up needs the scopes database:update and "+
			"database:view_credentials", nil)
		if err != nil {
			return MetricsLogin{}, fmt.Errorf("warning of a login that cannot be read: %w", err)
		}
	}
	found := d.ID.ApplyT(func(string) credentials { return ask() }).(credentials)
	login.Username, login.Password = found.Username(), pulumi.ToSecret(found.Password()).(pulumi.StringOutput)
	return login, nil
}

// unknown is a login that nobody knows in this preview.
func unknown() credentials {
	return pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) digitalocean.GetDatabaseMetricsCredentialsResult {
		return digitalocean.GetDatabaseMetricsCredentialsResult{}
	}).(credentials)
}
