package infra

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/cache"
	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/cluster"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/database"
	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/monitoring"
	"github.com/vmstio/infrastructure/infra/outputs"
	"github.com/vmstio/infrastructure/infra/search"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/storage"
)

// This file says what one room has made in the words of the next.

// poolNames are the cloud's names of the node pools, by role.
func poolNames(name func(crew.Role) string) map[string]string {
	names := map[string]string{cluster.DefaultRole: name(crew.DefaultPool)}
	for _, role := range []crew.Role{crew.GeneralPool, crew.WebPool, crew.BackgroundPool, crew.SearchPool} {
		names[string(role)] = name(role)
	}
	return names
}

func databaseOf(d *database.Database) mastodon.Database {
	return mastodon.Database{
		Host: d.Host, Port: d.Port, Name: d.DatabaseName,
		PoolHost: d.PoolHost, PoolPort: d.PoolPort, PoolName: d.PoolName,
		Username: d.Username, Password: d.Password, CA: d.CA,
		Admin: &mastodon.Admin{Username: d.AdminUsername, Password: d.AdminPassword, Statement: d.Grants},
	}
}

func cacheOf(e cache.Endpoint) mastodon.Cache {
	return mastodon.Cache{Host: e.Host, Port: e.Port, Password: e.Password}
}

func railsCacheOf(e *cache.Endpoint) *mastodon.Cache {
	if e == nil {
		return nil
	}
	c := cacheOf(*e)
	return &c
}

func searchOf(s *search.Search, preset string) *mastodon.Search {
	if s == nil {
		return nil
	}
	return &mastodon.Search{
		Host: s.Host, Port: s.Port, Username: s.Username, Password: s.Password, CA: s.CA, IndexPreset: preset,
	}
}

func bucketOf(b storage.Bucket) mastodon.Bucket {
	return mastodon.Bucket{
		Name: b.Name, Region: pulumi.String(b.Region), Endpoint: pulumi.String(b.Hostname), Host: pulumi.String(b.Host),
		AccessKey: b.AccessKey, SecretKey: b.SecretKey,
	}
}

// keysOf are the keys of an instance that already lives; nil where there is none.
func keysOf(keys *settings.MastodonSecrets) *mastodon.Keys {
	if keys == nil {
		return nil
	}
	return &mastodon.Keys{
		SecretKeyBase:                 secret(keys.SecretKeyBase),
		VAPIDPrivateKey:               secret(keys.VAPIDPrivateKey),
		VAPIDPublicKey:                secret(keys.VAPIDPublicKey),
		ActiveRecordPrimaryKey:        secret(keys.ActiveRecordPrimaryKey),
		ActiveRecordDeterministicKey:  secret(keys.ActiveRecordDeterministicKey),
		ActiveRecordKeyDerivationSalt: secret(keys.ActiveRecordKeyDerivationSalt),
	}
}

// databasesOf are the managed databases by the name that outputs and alerts have for them.
func databasesOf(
	s *settings.Settings, postgres *database.Database, valkey *cache.Cache, opensearch *search.Search,
) map[string]outputs.DatabaseArgs {
	databases := map[string]outputs.DatabaseArgs{
		"database": {
			Role: crew.Database, Engine: s.Database.Engine, ID: postgres.ID, Host: postgres.Host, Port: postgres.Port,
		},
		"cache": {
			Role: crew.Cache, Engine: catalogue.Valkey, ID: valkey.ID, Host: valkey.Host, Port: valkey.Port,
		},
	}
	if rails := valkey.Rails; rails != nil {
		databases["rails-cache"] = outputs.DatabaseArgs{
			Role: crew.RailsCache, Engine: catalogue.Valkey, ID: rails.ID, Host: rails.Host, Port: rails.Port,
		}
	}
	if opensearch != nil {
		databases["search"] = outputs.DatabaseArgs{
			Role: crew.SearchEngine, Engine: catalogue.OpenSearch,
			ID: opensearch.ID, Host: opensearch.Host, Port: opensearch.Port,
		}
	}
	return databases
}

func watchedOf(databases map[string]outputs.DatabaseArgs) []monitoring.Database {
	var watched []monitoring.Database
	for _, name := range slices.Sorted(maps.Keys(databases)) {
		watched = append(watched, monitoring.Database{Name: name, ID: databases[name].ID})
	}
	return watched
}
