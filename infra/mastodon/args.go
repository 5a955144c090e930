package mastodon

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

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

	// Database is PostgreSQL.
	Database Database
	// Cache is the Valkey that holds job queues and feeds.
	Cache Cache
	// RailsCache is another Valkey for the Rails cache. Nil uses Cache for it.
	RailsCache *Cache
	// Search is OpenSearch. Nil leaves full-text search off.
	Search *Search
	// Media is the bucket of what people upload and what comes from other servers.
	Media Bucket
	// Assets is the bucket of the static files.
	Assets Bucket
	// SMTPUsername and SMTPPassword are the login at the mail relay, the latter secret. Nil without a login.
	SMTPUsername, SMTPPassword pulumi.StringInput

	// IngressClass and IssuerName are the class of the ingress controller and the cert-manager ClusterIssuer of the
	// certificates. They are names: what makes them belongs into After.
	IngressClass, IssuerName string
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

// Database is how to reach PostgreSQL.
type Database struct {
	// Host and Port of the server itself, for migrations (25060 at DigitalOcean).
	Host pulumi.StringInput
	Port pulumi.IntInput
	// Name of the database.
	Name pulumi.StringInput
	// PoolHost, PoolPort and PoolName are those of the transaction-mode connection pool that everything else goes
	// through (25061 at DigitalOcean).
	PoolHost pulumi.StringInput
	PoolPort pulumi.IntInput
	PoolName pulumi.StringInput
	// Username and Password, the latter secret.
	Username, Password pulumi.StringInput
	// CA is the authority of the server's certificate, PEM.
	CA pulumi.StringInput
	// Admin prepares the database before the first migration. Nil if Username may create tables already.
	Admin *Admin
}

// Admin is the administrator of the database.
type Admin struct {
	// Username and Password, the latter secret.
	Username, Password pulumi.StringInput
	// Statement is the SQL that lets Database.Username create tables. It runs before the migrations of every version,
	// so it must bear repetition.
	Statement pulumi.StringInput
}

// Cache is how to reach a Valkey that speaks TLS with a certificate of a public authority, as the user "default".
type Cache struct {
	// Host and Port of the server (25061 at DigitalOcean).
	Host pulumi.StringInput
	Port pulumi.IntInput
	// Password of the user "default", secret.
	Password pulumi.StringInput
}

// Search is how to reach OpenSearch over HTTPS.
type Search struct {
	// Host, without a scheme, and Port (25060 at DigitalOcean).
	Host pulumi.StringInput
	Port pulumi.IntInput
	// Username and Password, the latter secret.
	Username, Password pulumi.StringInput
	// IndexPreset is the index preset (ES_PRESET).
	IndexPreset string
	// CA is the authority of the server's certificate, PEM. Nil trusts the public ones: what is given here replaces
	// them for connections to the search engine.
	CA pulumi.StringInput
}

// Bucket is a bucket in object storage.
type Bucket struct {
	// Name of the bucket.
	Name pulumi.StringInput
	// Region of the bucket, such as "nyc3".
	Region pulumi.StringInput
	// Endpoint is the host of the region's S3 API without a scheme, such as "nyc3.digitaloceanspaces.com".
	Endpoint pulumi.StringInput
	// Host is the public host that serves the bucket's files (S3_ALIAS_HOST of the media, CDN_HOST of the assets).
	Host pulumi.StringInput
	// AccessKey and SecretKey are the bucket's own key pair, the latter secret.
	AccessKey, SecretKey pulumi.StringInput
}

// required are the arguments that cannot be left out.
func (a *Args) required() map[string]any {
	db := a.Database
	args := map[string]any{
		"Namespace": a.Namespace, "Domain": a.Domain, "MaxBodySize": a.MaxBodySize,
		"IngressClass": a.IngressClass, "IssuerName": a.IssuerName,
		"Database.Host": db.Host, "Database.Port": db.Port, "Database.Name": db.Name,
		"Database.PoolHost": db.PoolHost, "Database.PoolPort": db.PoolPort, "Database.PoolName": db.PoolName,
		"Database.Username": db.Username, "Database.Password": db.Password, "Database.CA": db.CA,
	}
	add := func(field string, inputs map[string]any) {
		for name, input := range inputs {
			args[field+name] = input
		}
	}
	if admin := db.Admin; admin != nil {
		add("Database.Admin.", map[string]any{
			"Username": admin.Username, "Password": admin.Password, "Statement": admin.Statement,
		})
	}
	add("Cache.", a.Cache.required())
	if a.RailsCache != nil {
		add("RailsCache.", a.RailsCache.required())
	}
	if s := a.Search; s != nil {
		add("Search.", map[string]any{
			"Host": s.Host, "Port": s.Port, "Username": s.Username, "Password": s.Password,
			"IndexPreset": s.IndexPreset,
		})
	}
	add("Media.", a.Media.required())
	add("Assets.", a.Assets.required())
	if a.SMTP.AuthMethod != settings.AuthNone {
		add("SMTP", map[string]any{"Username": a.SMTPUsername, "Password": a.SMTPPassword})
	}
	if keys := a.Existing; keys != nil {
		add("Existing.", map[string]any{
			"SecretKeyBase": keys.SecretKeyBase, "VAPIDPrivateKey": keys.VAPIDPrivateKey,
			"VAPIDPublicKey": keys.VAPIDPublicKey, "ActiveRecordPrimaryKey": keys.ActiveRecordPrimaryKey,
			"ActiveRecordDeterministicKey":  keys.ActiveRecordDeterministicKey,
			"ActiveRecordKeyDerivationSalt": keys.ActiveRecordKeyDerivationSalt,
		})
	}
	return args
}

func (c Cache) required() map[string]any {
	return map[string]any{"Host": c.Host, "Port": c.Port, "Password": c.Password}
}

func (b Bucket) required() map[string]any {
	return map[string]any{
		"Name": b.Name, "Region": b.Region, "Endpoint": b.Endpoint, "Host": b.Host,
		"AccessKey": b.AccessKey, "SecretKey": b.SecretKey,
	}
}
