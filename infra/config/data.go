package config

// Database is the managed PostgreSQL cluster.
type Database struct {
	// Engine is "pg" (Standard) or "advanced_pg" (Advanced). From 2026-11-30 on
	// DigitalOcean creates Standard clusters of one node and at most 4 GiB only, so
	// a standby needs Advanced. Clusters that exist by then keep what they have,
	// which is why the larger combinations are not refused here. Changing the
	// engine replaces the cluster.
	Engine string `json:"engine" jsonschema:"required,enum=pg,enum=advanced_pg"`
	// Version is the major version: 15 to 18 for pg, 16 to 18 for advanced_pg.
	Version string `json:"version" jsonschema:"required"`
	// Size is the slug of the plan of every node.
	Size string `json:"size" jsonschema:"required"`
	// Nodes is 1 for a primary alone, 2 or 3 with standbys, for which a plan needs
	// 2 GiB.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1,maximum=3"`
	// PoolSize is the number of server connections that the transaction-mode
	// connection pool may open: at most 25 for each GiB of memory, less 3 that
	// DigitalOcean keeps for maintenance and 5 that are kept for migrations.
	PoolSize int `json:"poolSize" jsonschema:"required,minimum=1"`
	// Maintenance is the window of updates. Defaults to Tuesday 06:00.
	Maintenance Window `json:"maintenance"`
}

// Cache is the managed Valkey cluster that holds Mastodon's job queues and feeds.
type Cache struct {
	// Version is the major version. Defaults to 8.
	Version string `json:"version"`
	// Size is the slug of the plan of every node.
	Size string `json:"size" jsonschema:"required"`
	// Nodes is 1, or 2 to 3 with standbys.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1,maximum=3"`
	// Maintenance is the window of updates. Defaults to Wednesday 06:00.
	Maintenance Window `json:"maintenance"`
	// Rails is an optional second cluster for the Rails cache, which may be
	// evicted. Without it the first one serves both.
	Rails *RailsCache `json:"rails"`
}

// RailsCache is the Valkey cluster that holds only what can be computed again.
type RailsCache struct {
	// Size is the slug of the plan of every node.
	Size string `json:"size" jsonschema:"required"`
	// Nodes is 1, or 2 to 3 with standbys.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1,maximum=3"`
}

// The index presets that Mastodon knows (ES_PRESET).
const (
	PresetSingleNode   = "single_node_cluster"
	PresetSmallCluster = "small_cluster"
	PresetLargeCluster = "large_cluster"
)

// Search is the managed OpenSearch cluster behind full-text search.
type Search struct {
	// Enabled switches full-text search on. Defaults to false.
	Enabled bool `json:"enabled"`
	// Version is the version. Defaults to 2.19.
	Version string `json:"version"`
	// Size is the slug of the plan of every node. Required when search is enabled.
	Size string `json:"size"`
	// Nodes is the number of nodes: 1, 3, and for larger plans 6, 9 or 15. Required
	// when search is enabled.
	Nodes int `json:"nodes" jsonschema:"minimum=0,maximum=15"`
	// IndexPreset is Mastodon's ES_PRESET: how many shards and replicas an index
	// has. Defaults to single_node_cluster for one node and to small_cluster for
	// more.
	IndexPreset string `json:"indexPreset" jsonschema:"enum=single_node_cluster,enum=small_cluster,enum=large_cluster"`
	// Maintenance is the window of updates. Defaults to Thursday 06:00.
	Maintenance Window `json:"maintenance"`
}

// Storage is the object storage (Spaces) and the CDN in front of it.
type Storage struct {
	// Region holds media and assets.
	Region string `json:"region" jsonschema:"required"`
	// BackupRegion holds the backups: another region than those of the compute and
	// of the media, so that no single region takes both.
	BackupRegion string `json:"backupRegion" jsonschema:"required"`
	// MediaHost is the CDN's host name for uploaded media (S3_ALIAS_HOST).
	MediaHost string `json:"mediaHost" jsonschema:"required,format=hostname"`
	// AssetsHost is the CDN's host name for Mastodon's static files (CDN_HOST).
	AssetsHost string `json:"assetsHost" jsonschema:"required,format=hostname"`
	// CDNTTL is how long the CDN keeps an object, in seconds. Defaults to 3600.
	CDNTTL int `json:"cdnTtl" jsonschema:"enum=60,enum=600,enum=3600,enum=86400,enum=604800"`
	// OldVersionDays is how long an overwritten or deleted object can be restored,
	// in days. Defaults to 30.
	OldVersionDays int `json:"oldVersionDays" jsonschema:"minimum=1"`
	// BackupDays is how long a backup is kept, in days. Defaults to 30.
	BackupDays int `json:"backupDays" jsonschema:"minimum=1"`
}
