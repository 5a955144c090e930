package mastodon

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/internal/spaces"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of a Mastodon instance.
type Args struct {
	settings.Mastodon
	// Namespace that everything is put into; it is made. Changing it replaces all.
	Namespace string
	// Domain of the instance and of its handles (LOCAL_DOMAIN). It can never change: other servers know the accounts by
	// it.
	Domain string
	// MaxBodySize is the largest upload that the web server's Ingress lets through, as nginx writes it.
	MaxBodySize string
	// SecretVariables are further environment variables of every process that are secret, such as DEEPL_API_KEY.
	SecretVariables map[string]pulumi.StringInput

	// Database is PostgreSQL itself, for migrations. Pool is the transaction-mode connection pool in front of it, that
	// everything else goes through; without one, everything goes to the database.
	Database managed.Endpoint
	Pool     *managed.Endpoint
	// DatabaseID tells the cluster of PostgreSQL from one that takes its place, which the Jobs look at and migrate.
	DatabaseID pulumi.StringInput
	// Admin is the administrator of the database, who runs Grants there: the SQL that lets Database.Username create
	// tables. It runs before the migrations of every version, so it must bear repetition.
	Admin  managed.Endpoint
	Grants pulumi.StringInput
	// Cache is the Valkey that holds job queues and feeds. Its user is "default".
	Cache managed.Endpoint
	// RailsCache is another Valkey for the Rails cache. Nil uses Cache for it.
	RailsCache *managed.Database
	// Search is OpenSearch, and IndexPreset its index preset (ES_PRESET). Nil leaves full-text search off.
	Search      *managed.Database
	IndexPreset string
	// Media is the bucket of what people upload and what comes from other servers (its host is S3_ALIAS_HOST), and
	// Assets that of the static files (its host is CDN_HOST).
	Media, Assets spaces.Bucket
	// SMTPUsername and SMTPPassword are the login at the mail relay, the latter secret. Nil without a login.
	SMTPUsername, SMTPPassword pulumi.StringInput

	// IngressClass and IssuerName are the class of the ingress controller and the cert-manager ClusterIssuer of the
	// certificates. They are names: what makes them belongs into After.
	IngressClass, IssuerName string
	// Delegated is whether the world finds the hosts of the instance, so that there can be certificates for them.
	Delegated bool
	// Isolation closes the namespace but for what is needed; nil leaves it open. Proxy are the pods that people's
	// requests come through. Scraper asks for the metrics, and Reader reads the public timeline; nil where there is
	// none.
	Isolation       *kube.Isolation
	Proxy           kube.Peer
	Scraper, Reader *kube.Peer
	// Existing are the keys of an instance that already lives. Nil makes new ones, once.
	Existing *Keys
	// After has to be there before the first Job connects anywhere and before the chart has Ingresses: the firewalls of
	// the databases, the ingress controller, the issuers. A component's options do not hold back its children, so
	// pulumi.DependsOn among them would not do this.
	After []pulumi.Resource
	// Protect keeps the namespace, the keys and the Secrets. A Secret can still change, if the Kubernetes provider has
	// EnableSecretMutable; without it every change is a replacement, which protection refuses.
	Protect bool
}

// required are the arguments that cannot be left out.
func (a *Args) required() map[string]any {
	args := map[string]any{
		"Namespace": a.Namespace, "Domain": a.Domain, "MaxBodySize": a.MaxBodySize,
		"IngressClass": a.IngressClass, "IssuerName": a.IssuerName,
		"Database": a.Database, "DatabaseID": a.DatabaseID, "Admin": a.Admin, "Grants": a.Grants, "Cache": a.Cache,
		"Media": a.Media, "Assets": a.Assets,
	}
	if a.Pool != nil {
		args["Pool"] = *a.Pool
	}
	if a.RailsCache != nil {
		args["RailsCache"] = a.RailsCache.Endpoint
	}
	if a.Search != nil {
		args["Search"], args["Search.ID"], args["IndexPreset"] = a.Search.Endpoint, a.Search.ID, a.IndexPreset
	}
	if a.Isolation != nil {
		args["Isolation.VPC"], args["Proxy.Namespace"] = a.Isolation.VPC, a.Proxy.Namespace
	}
	if a.SMTP.AuthMethod != settings.AuthNone {
		args["SMTPUsername"], args["SMTPPassword"] = a.SMTPUsername, a.SMTPPassword
	}
	if keys := a.Existing; keys != nil {
		maps.Copy(args, map[string]any{
			"Existing.SecretKeyBase":                 keys.SecretKeyBase,
			"Existing.VAPIDPrivateKey":               keys.VAPIDPrivateKey,
			"Existing.VAPIDPublicKey":                keys.VAPIDPublicKey,
			"Existing.ActiveRecordPrimaryKey":        keys.ActiveRecordPrimaryKey,
			"Existing.ActiveRecordDeterministicKey":  keys.ActiveRecordDeterministicKey,
			"Existing.ActiveRecordKeyDerivationSalt": keys.ActiveRecordKeyDerivationSalt,
		})
	}
	return args
}
