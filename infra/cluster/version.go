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
	// why it is this version, and whether a person has to know.
	why  string
	warn bool
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
// So patch releases are left to DigitalOcean where it installs them, and a new prefix is an upgrade, step by step: one
// minor version at a time, as Kubernetes wants it, and from the newest patch release of the running one, which
// DigitalOcean wants to be there first (docs.digitalocean.com, kubernetes, "Upgrade Clusters"). A lower prefix is no
// downgrade, which does not exist: DigitalOcean upgrades by itself what it does not support any more.
func chooseVersion(ctx *pulumi.Context, args *Args, parent pulumi.Resource) (choice, error) {
	picked, err := pickVersion(ctx, args, parent)
	if err != nil {
		return choice{}, err
	}
	say := ctx.Log.Info
	if picked.warn {
		say = ctx.Log.Warn
	}
	message := fmt.Sprintf("Kubernetes %s: %s", picked.version, picked.why)
	if err := say(message, &pulumi.LogArgs{Resource: parent}); err != nil {
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
	if exists && running.beyond(args.Version) {
		// Before anything is asked: a minor version that was left by force is not offered any more.
		kept.warn = true
		kept.why = fmt.Sprintf("it runs, and %s %q is lower: Kubernetes cannot be downgraded; set it to %q",
			setting, args.Version, running.minor())
		return kept, nil
	}
	if exists && running.minor() == args.Version && args.AutoUpgrade {
		kept.why = "it runs, and DigitalOcean installs patch releases"
		return kept, nil
	}
	offered, err := offeredVersions(ctx, parent)
	if err != nil {
		return choice{}, err
	}
	if exists && running.minor() != args.Version && args.Upgrades != nil {
		// A minor version that new clusters cannot have any more still gets patches, without which there is no other.
		upgrades, err := args.Upgrades()
		if err != nil {
			return choice{}, fmt.Errorf("%s %q: %w", setting, args.Version, err)
		}
		offered = append(upgrades, offered...)
	}
	newest, found := newestOf(offered, args.Version)
	switch {
	case !found && (!exists || running.minor() != args.Version):
		return choice{}, fmt.Errorf("%s %q: DigitalOcean offers no such version of Kubernetes; it offers %s",
			setting, args.Version, strings.Join(offered, ", "))
	case !exists:
		return choice{version: newest, why: fmt.Sprintf("the newest that is offered under %q", args.Version)}, nil
	case newest.newerThan(running):
		return step(running, newest, offered, args.Version), nil
	default:
		kept.why = fmt.Sprintf("it runs, and nothing newer is offered under %q", args.Version)
		return kept, nil
	}
}

// step is the next version on the way from the running one to the wanted one.
func step(running, wanted version, offered []string, prefix string) choice {
	if running.minor() == wanted.minor() {
		return choice{version: wanted, why: fmt.Sprintf(
			"the newest that is offered under %q; %s runs", prefix, running)}
	}
	const again = "; when it runs, run pulumi up again for the next step to %q"
	if patch, ok := newestOf(offered, running.minor()); ok && patch.newerThan(running) {
		return choice{version: patch, warn: true, why: fmt.Sprintf(
			"the newest patch release of %s, which has to be there before another minor version"+again,
			running.minor(), prefix)}
	}
	next := fmt.Sprintf("%d.%d", running[0], running[1]+1)
	if between, ok := newestOf(offered, next); ok && next != prefix {
		return choice{version: between, warn: true, why: fmt.Sprintf(
			"one minor version after %s, which runs: none can be left out"+again, running, prefix)}
	}
	return choice{version: wanted, why: fmt.Sprintf("the newest that is offered under %q; %s runs", prefix, running)}
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

// offeredVersions are the versions that DigitalOcean offers.
func offeredVersions(ctx *pulumi.Context, parent pulumi.Resource) ([]string, error) {
	offered, err := digitalocean.GetKubernetesVersions(ctx,
		&digitalocean.GetKubernetesVersionsArgs{}, pulumi.Parent(parent))
	if err != nil {
		return nil, fmt.Errorf("listing the versions of Kubernetes: %w", err)
	}
	return offered.ValidVersions, nil
}

// newestOf is the newest version with a prefix. What does not look like a version cannot have it.
func newestOf(offered []string, prefix string) (newest version, found bool) {
	for _, text := range offered {
		v, err := parse(text)
		if err == nil && v.minor() == prefix && v.newerThan(newest) {
			newest, found = v, true
		}
	}
	return newest, found
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

// beyond reports whether it is of a later minor version than that of the prefix.
func (v version) beyond(prefix string) bool {
	var wanted [2]int
	_, err := fmt.Sscanf(prefix, "%d.%d", &wanted[0], &wanted[1])
	return err == nil && slices.Compare(v[:2], wanted[:]) > 0
}

func (v version) newerThan(other version) bool { return slices.Compare(v[:], other[:]) > 0 }
