package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/cache"
	"github.com/vmstio/infrastructure/infra/cluster"
	"github.com/vmstio/infrastructure/infra/config"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/database"
	"github.com/vmstio/infrastructure/infra/dns"
	"github.com/vmstio/infrastructure/infra/docs"
	"github.com/vmstio/infrastructure/infra/ingress"
	"github.com/vmstio/infrastructure/infra/loadbalancer"
	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/monitoring"
	"github.com/vmstio/infrastructure/infra/network"
	"github.com/vmstio/infrastructure/infra/search"
	"github.com/vmstio/infrastructure/infra/storage"
)

// environment is what is being brought up: its settings, its providers, and the
// components that stand so far.
type environment struct {
	*config.Settings
	secrets *config.Secrets

	// cloud is the option that gives a component the DigitalOcean provider.
	cloud       pulumi.ResourceOption
	random, tls pulumi.ProviderResource

	network    *network.Network
	cluster    *cluster.Cluster
	zone       *dns.Zone
	balancer   *loadbalancer.LoadBalancer
	records    *dns.Records
	storage    *storage.Storage
	ingress    *ingress.Ingress
	database   *database.Database
	cache      *cache.Cache
	search     *search.Search // nil without full-text search
	mastodon   *mastodon.Mastodon
	docs       *docs.Docs // nil where the stack does not manage it
	monitoring *monitoring.Monitoring
	project    *digitalocean.Project
}

// load reads the stack's configuration.
func load(ctx *pulumi.Context) (*environment, error) {
	value := func(key string) string {
		v, _ := ctx.GetConfig(config.Namespace + ":" + key)
		return v
	}
	settings, secrets, err := config.Decode(value(config.SettingsKey), value(config.SecretsKey))
	if err != nil {
		return nil, err
	}
	if key := config.Namespace + ":" + config.SecretsKey; !ctx.IsConfigSecret(key) {
		return nil, fmt.Errorf("%s: no value in it is encrypted: set each again with "+
			"`pulumi config set --secret --path '%s.<name>'`, and renew what has been committed in plain text", key, key)
	}
	return &environment{Settings: settings, secrets: secrets}, nil
}

// connect registers the providers. There are no others: the project switches the
// default ones off, so that nothing can reach for credentials that lie around.
func (e *environment) connect(ctx *pulumi.Context) error {
	do, err := digitalocean.NewProvider(ctx, "digitalocean", &digitalocean.ProviderArgs{
		Token:           secret(e.secrets.DigitalOceanToken),
		SpacesAccessId:  secret(e.secrets.SpacesAccessID),
		SpacesSecretKey: secret(e.secrets.SpacesSecretKey),
	})
	if err != nil {
		return fmt.Errorf("creating the DigitalOcean provider: %w", err)
	}
	e.cloud = pulumi.Providers(do)
	if e.random, err = random.NewProvider(ctx, "random", nil); err != nil {
		return fmt.Errorf("creating the random provider: %w", err)
	}
	if e.tls, err = tls.NewProvider(ctx, "tls", nil); err != nil {
		return fmt.Errorf("creating the TLS provider: %w", err)
	}
	return nil
}

// secret hands a value to Pulumi as one that it encrypts wherever it goes.
func secret(s config.Secret) pulumi.StringOutput {
	return pulumi.ToSecret(pulumi.String(s.Reveal())).(pulumi.StringOutput)
}

// projectEnvironments are DigitalOcean's words for the kinds of environments.
var projectEnvironments = map[config.Environment]string{
	config.Production: "Production", config.Staging: "Staging", config.Development: "Development",
}

// group puts everything that costs money or holds data into one DigitalOcean
// Project, where a person looks for it and bills are split.
func (e *environment) group(ctx *pulumi.Context) error {
	resources := pulumi.StringArray{
		e.cluster.ClusterURN, e.database.ClusterURN, e.balancer.LoadBalancerURN,
		e.storage.Media.URN, e.storage.Assets.URN, e.storage.Backups.URN,
	}
	for _, urn := range e.cache.URNs {
		resources = append(resources, urn)
	}
	if e.search != nil {
		resources = append(resources, e.search.ClusterURN)
	}
	if e.DNS.ManageZone {
		resources = append(resources, e.zone.ZoneURN)
	}
	var err error
	e.project, err = digitalocean.NewProject(ctx, "project", &digitalocean.ProjectArgs{
		Name:        pulumi.String(e.name(crew.Project)),
		Description: pulumi.String("Mastodon at " + e.Domain),
		Purpose:     pulumi.String("Web Application"),
		Environment: pulumi.String(projectEnvironments[e.Environment]),
		Resources:   resources,
	}, e.cloud)
	if err != nil {
		return fmt.Errorf("creating project %q: %w", e.name(crew.Project), err)
	}
	return nil
}
