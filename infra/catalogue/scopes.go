package catalogue

import (
	"maps"
	"slices"
	"strings"
)

// Scopes are what an API token must be allowed so that the program can use the DigitalOcean provider: for each type of
// resource and each function that it uses, by the name that the provider's SDK has for it. Scopes bring no others with
// them, so those of the objects that a call touches stand here as well. Buckets are made with the Spaces key, which has
// no scopes.
//
// Sources: the security of each operation in the public API specification (github.com/digitalocean/openapi, 2026-08),
// docs.digitalocean.com/reference/api/scopes, and the announcement of 2025 that a token needs the scope of every
// resource that a call touches. No source but the specification has project:assign_resource. That a cluster which
// takes its volumes with it needs those of block storage is inferred from the same call of Droplets.
func Scopes() map[string][]string {
	return map[string][]string{
		"Vpc":          allow("vpc", crud),
		"LoadBalancer": append(allow("load_balancer", crud), "regions:read", "vpc:read"),
		"KubernetesCluster": slices.Concat(allow("kubernetes", crud+" access_cluster"),
			allow("block_storage block_storage_snapshot snapshot", "read delete"), allow("tag", "read create"),
			allow("actions droplet image regions sizes vpc", "read")),
		"KubernetesNodePool":     slices.Concat(allow("kubernetes", crud), allow("tag", "read create")),
		"DatabaseCluster":        append(allow("database", crud+" view_credentials"), "regions:read", "vpc:read"),
		"DatabaseFirewall":       append(allow("database", "read update"), "kubernetes:read"),
		"DatabaseDb":             allow("database", crud),
		"DatabaseUser":           allow("database", crud+" view_credentials"),
		"DatabaseConnectionPool": allow("database", crud+" view_credentials"),
		"Domain":                 allow("domain", crud),
		// Removing a record takes both.
		"DnsRecord":   allow("domain", crud),
		"Certificate": append(allow("certificate", "create read delete"), "domain:read"),
		"Cdn":         append(allow("cdn", crud), "certificate:read", "spaces:read"),
		"SpacesKey": append(allow("spaces_key", "create_credentials read update delete"),
			"spaces:read"),
		"SpacesBucket":                  nil,
		"SpacesBucketObject":            nil,
		"SpacesBucketCorsConfiguration": nil,
		"UptimeCheck":                   allow("uptime", crud),
		"UptimeAlert":                   allow("uptime", crud),
		"MonitorAlert":                  append(allow("monitoring", crud), "droplet:read", "tag:read"),
		"Project":                       allow("project", crud),
		"ProjectResources":              allow("project", "read update assign_resource"),
		"getKubernetesCluster":          allow("kubernetes", "read access_cluster"),
		"getKubernetesVersions":         allow("kubernetes", "read"),
		"getDomain":                     allow("domain", "read"),
		"getCertificate":                allow("certificate", "read"),
		"getDatabaseCluster":            allow("database", "read"),
		"getDatabaseCa":                 allow("database", "read"),
		// That of an update, although nothing is; a preview does without it (infra/internal/managed, MetricsLogin).
		"getDatabaseMetricsCredentials": allow("database", "update view_credentials"),
	}
}

const crud = "create read update delete"

// allow is every one of the verbs on every one of the objects.
func allow(objects, verbs string) []string {
	var scopes []string
	for object := range strings.FieldsSeq(objects) {
		for verb := range strings.FieldsSeq(verbs) {
			scopes = append(scopes, object+":"+verb)
		}
	}
	return scopes
}

// TokenScopes returns the scopes of a token that brings everything up, and those of one that can only look: enough for
// a preview, which asks for the credentials of the cluster and of the databases.
func TokenScopes() (full, looking []string) {
	// What the program itself asks of the account (package live) needs one that no resource does.
	all := map[string]bool{"account:read": true}
	for _, scopes := range Scopes() {
		for _, scope := range scopes {
			all[scope] = true
		}
	}
	full = slices.Sorted(maps.Keys(all))
	for _, scope := range full {
		_, verb, _ := strings.Cut(scope, ":")
		if slices.Contains([]string{"read", "access_cluster", "view_credentials"}, verb) {
			looking = append(looking, scope)
		}
	}
	return full, looking
}
