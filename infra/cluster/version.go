package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// setting is where a person chooses the version.
const setting = "vmst:settings.cluster.version"

// choice is the version to write into the program.
type choice struct {
	version version
	// ignore are the properties whose difference from the state is not acted upon.
	ignore []string
	// why it is this version.
	why string
}

// chooseVersion resolves the version prefix, and says which version it takes and why.
//
// It looks at the running cluster first, because every simpler way goes wrong:
//
//   - Newest version of the list, whatever runs: once DigitalOcean has installed a patch release in the maintenance
//     window, the state is older than the cluster. The next update without a refresh asks for an upgrade to what
//     already runs, which the API refuses ("invalid upgrade path"). And if a release is ever withdrawn, the newest
//     version offered is lower than the running one: the provider replaces a cluster whose version decreases
//     (resource_kubernetes_cluster.go, CustomizeDiff).
//   - Ignoring all changes of the version: a new prefix would be ignored in silence.
//
// So patch releases are left to DigitalOcean where it installs them, a new prefix is an upgrade, and a lower one is an
// error instead of a new cluster.
func chooseVersion(ctx *pulumi.Context, args *Args, parent pulumi.Resource) (choice, error) {
	picked, err := pickVersion(ctx, args, parent)
	if err != nil {
		return choice{}, err
	}
	message := fmt.Sprintf("Kubernetes %s: %s", picked.version, picked.why)
	if err := ctx.Log.Info(message, &pulumi.LogArgs{Resource: parent}); err != nil {
		return choice{}, fmt.Errorf("saying which version cluster %q gets: %w", args.Name, err)
	}
	return picked, nil
}

func pickVersion(ctx *pulumi.Context, args *Args, parent pulumi.Resource) (choice, error) {
	running, exists, err := runningVersion(ctx, args.Name, parent)
	if err != nil {
		return choice{}, err
	}
	kept := choice{version: running, ignore: []string{"version"}}
	if exists && running.minor() == args.Version && args.AutoUpgrade {
		kept.why = "it runs, and DigitalOcean installs patch releases"
		return kept, nil
	}
	newest, err := newestVersion(ctx, args.Version, parent)
	if err != nil {
		return choice{}, err
	}
	switch {
	case !exists:
		return choice{version: newest, why: fmt.Sprintf("the newest that is offered under %q", args.Version)}, nil
	case newest.newerThan(running):
		return choice{version: newest, why: fmt.Sprintf(
			"the newest that is offered under %q; %s runs", args.Version, running)}, nil
	case running.minor() == args.Version:
		kept.why = fmt.Sprintf("it runs, and nothing newer is offered under %q", args.Version)
		return kept, nil
	default:
		return choice{}, fmt.Errorf("%s %q is lower than %s, which cluster %q runs: Kubernetes cannot be downgraded; "+
			"set it to %q, or delete the cluster first", setting, args.Version, running, args.Name, running.minor())
	}
}

// runningVersion is the version of the cluster with that name, if there is one.
func runningVersion(ctx *pulumi.Context, name string, parent pulumi.Resource) (version, bool, error) {
	// The look-up also fetches a kubeconfig, which is not used: let it expire soon.
	expire := 60
	found, err := digitalocean.LookupKubernetesCluster(ctx, &digitalocean.LookupKubernetesClusterArgs{
		Name: name, KubeconfigExpireSeconds: &expire,
	}, pulumi.Parent(parent))
	if err != nil && isMissing(err) {
		return version{}, false, nil
	}
	var running version
	if err == nil {
		running, err = parse(found.Version)
	}
	if err != nil {
		return version{}, false, fmt.Errorf("looking up the version of cluster %q: %w", name, err)
	}
	return running, true, nil
}

// isMissing reports whether a look-up failed because there is no such cluster. Its text is all that the function says
// about it (datasource_kubernetes_cluster.go).
func isMissing(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "unable to find cluster with name") || strings.Contains(text, "no clusters found")
}

// newestVersion is the newest version with that prefix that DigitalOcean offers.
func newestVersion(ctx *pulumi.Context, prefix string, parent pulumi.Resource) (version, error) {
	// All of them, so that the error can say what there is.
	offered, err := digitalocean.GetKubernetesVersions(ctx,
		&digitalocean.GetKubernetesVersionsArgs{}, pulumi.Parent(parent))
	if err != nil {
		return version{}, fmt.Errorf("listing the versions of Kubernetes: %w", err)
	}
	var newest version
	for _, text := range offered.ValidVersions {
		// What does not look like a version cannot have the prefix.
		v, err := parse(text)
		if err == nil && v.minor() == prefix && v.newerThan(newest) {
			newest = v
		}
	}
	if newest == (version{}) {
		return version{}, fmt.Errorf("%s %q: DigitalOcean offers no such version of Kubernetes; it offers %s",
			setting, prefix, strings.Join(offered.ValidVersions, ", "))
	}
	return newest, nil
}

// version of Kubernetes as DigitalOcean writes it, "<major>.<minor>.<patch>-do.<build>".
type version [4]int

func parse(text string) (version, error) {
	var v version
	_, err := fmt.Sscanf(text, "%d.%d.%d-do.%d", &v[0], &v[1], &v[2], &v[3])
	if err != nil || v.String() != text {
		return version{}, fmt.Errorf("version %q is not of the form \"1.35.1-do.0\"", text)
	}
	return v, nil
}

func (v version) String() string { return fmt.Sprintf("%d.%d.%d-do.%d", v[0], v[1], v[2], v[3]) }

func (v version) minor() string { return fmt.Sprintf("%d.%d", v[0], v[1]) }

func (v version) newerThan(other version) bool { return slices.Compare(v[:], other[:]) > 0 }
