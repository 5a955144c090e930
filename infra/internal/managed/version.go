package managed

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// fixed is the version to write into the program for an engine that keeps its version for ever, and the properties
// whose difference from the state is not acted upon.
//
// The provider takes what the API answers for what there is (resource_database_cluster.go: VersionSlug), and nothing
// says that this is what was asked for: the API's specification knows "1" and "2" of OpenSearch, and a semantic_version
// besides (github.com/digitalocean/openapi, databases/models/database_cluster_read.yml and responses/options.yml),
// where new clusters are offered "2.19". An answer of "2" would replace the cluster at every run. So the running one is
// looked at, and only another version is another cluster.
func fixed(ctx *pulumi.Context, args *Args, parent pulumi.Resource) (version string, ignore []string, err error) {
	ignore = []string{"version"}
	running, err := runningVersion(ctx, args.Name, parent)
	switch {
	case err != nil:
		return "", nil, err
	case running == "" || running == args.Version:
		return args.Version, ignore, nil
	case !SameVersion(running, args.Version):
		return args.Version, nil, nil
	}
	message := fmt.Sprintf("%s %s: it runs, and DigitalOcean calls it so; version %q is taken for the same",
		args.Engine, running, args.Version)
	if err := ctx.Log.Info(message, &pulumi.LogArgs{Resource: parent}); err != nil {
		return "", nil, fmt.Errorf("saying which version %s cluster %q keeps: %w", args.Engine, args.Name, err)
	}
	return running, ignore, nil
}

// SameVersion reports whether two versions are one, or one is the line of releases that the other belongs to.
func SameVersion(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}

// runningVersion is what the API calls the version of the cluster with that name; empty if there is none.
func runningVersion(ctx *pulumi.Context, name string, parent pulumi.Resource) (string, error) {
	found, err := digitalocean.LookupDatabaseCluster(ctx, &digitalocean.LookupDatabaseClusterArgs{Name: name},
		pulumi.Parent(parent))
	// It is an error when there is no database at all, and an answer without contents when there are others
	// (datasource_database_cluster.go).
	if err != nil && strings.Contains(strings.ToLower(err.Error()), "unable to find any database clusters") {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("looking up the version of database cluster %q: %w", name, err)
	}
	return found.Version, nil
}
