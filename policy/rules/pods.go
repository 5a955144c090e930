package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/vmstio/infrastructure/infra/settings"
)

// podLabel is the label of a namespace with the level of pod security that the API server holds its pods to
// (kubernetes.io/docs/concepts/security/pod-security-admission).
const podLabel = api.EnforceLevelLabel

// foreign are the namespaces whose pods are made by charts from elsewhere. Those, and the values that a person gives
// them, say what the pods ask for; "restricted" would refuse them in the middle of an upgrade, "baseline" refuses what
// takes over a node.
func foreign() []string { return []string{"ingress-nginx", "cert-manager"} }

func podRules() []Rule {
	return []Rule{
		{
			Name: "image-pinned", Level: Mandatory,
			What: "Images have a tag that is not latest and, where the settings ask for it, a digest.",
			Reason: "An image without a version changes without a change here: pods of one Deployment run different " +
				"programs, and nobody can go back. A tag can be moved by whoever publishes the image; a digest " +
				"cannot. The inside of a Helm release is not seen, only the images that its values name.",
			Remedy: "Name a version: vmst:settings.mastodon.image.tag, vmst:settings.backup.rclone.tag and the like. " +
				"Where vmst:settings.policy.digests is true, add the digest beside it (digest, " +
				"vmst:settings.mastodon.streamingDigest)",
			Of:       either(hasPod, of(releaseType)),
			Resource: unpinned,
		},
		{
			Name: "mastodon-safe", Level: Mandatory,
			What: "Mastodon is at or above the first release of its line without known security holes.",
			Reason: "A hole that is announced is used within days, on all servers that can be found by their " +
				"version. The releases are those in infra/settings/releases.go; `make outdated` compares them with " +
				"Mastodon's.",
			Remedy:   "Set vmst:settings.mastodon.image.tag to a safe release, and read its notes first",
			Of:       hasPod,
			Resource: unsafeMastodon,
		},
		{
			Name: "pod-resources", Level: Mandatory,
			What: "Containers request CPU and memory, and have a limit for memory.",
			Reason: "The scheduler places pods, and the autoscaler makes nodes, by requests alone. One process " +
				"without a limit that leaks takes the others on its node along. There is no rule for a CPU limit: " +
				"it throttles a process that could use an idle core.",
			Remedy: "Set the resources in the settings (vmst:settings.mastodon.web.resources and the like) or, in " +
				"the program, with kube.Requirements",
			Of:       hasPod,
			Resource: withoutResources,
		},
		{
			Name: "pod-restricted", Level: Mandatory,
			What: "Pods meet the pod-security standard \"restricted\", by the API server's own evaluator.",
			Reason: "Who breaks into a container must find nothing there to break out with: no root, no privileges, " +
				"no path of the node. The namespaces of the program enforce it, so that the API server would refuse " +
				"the pods.",
			Remedy: "Give the pod kube.Restricted and its containers kube.Confined; in the values of a chart, leave " +
				"podSecurityContext and securityContext to the program",
			Of:       hasPod,
			Resource: unrestricted,
		},
		{
			Name: "namespace-restricted", Level: Mandatory,
			What: "Namespaces enforce the pod-security standard \"restricted\", and two of them \"baseline\".",
			Reason: "The API server then refuses whatever else is put there, by hand too. ingress-nginx and " +
				"cert-manager belong to charts from elsewhere, which say what their pods ask for; \"restricted\" " +
				"could refuse them in the middle of an upgrade. \"baseline\" refuses what takes over a node: " +
				"privileges, its network, its paths.",
			Remedy: "Give the namespace the label " + podLabel + ": restricted, or baseline where its pods are a " +
				"chart's from elsewhere",
			Of:       of(namespaceType),
			Resource: unenforcedNamespace,
		},
		{
			Name: "pod-probes", Level: Mandatory,
			What: "Pods that stay are asked whether they are ready, and whether they live.",
			Reason: "Without a readiness probe, a new version takes requests before it can answer them, and a broken " +
				"one replaces all that worked. Without a liveness probe, a process that hangs stays.",
			Remedy: "Add readinessProbe and livenessProbe to the main container. In the chart of Mastodon they come " +
				"with the program: leave them out of vmst:settings.mastodon.values, and metrics on, which Sidekiq is " +
				"asked by",
			Of:       hasPod,
			Resource: withoutProbes,
		},
		{
			Name: "pod-spread", Level: Advisory,
			What:   "Pods of which there are several are spread over nodes.",
			Reason: "Several pods on one node are away together when it is drained, as happens at every upgrade.",
			Remedy: "Add topologySpreadConstraints (kube.SpreadOverNodes), or leave them out of " +
				"vmst:settings.mastodon.values",
			Of:       hasPod,
			Resource: unspread,
		},
		{
			Name: "disruption-budget", Level: Mandatory,
			What: "Disruption budgets let a drain go on.",
			Reason: "A budget that admits no disruption blocks the drain of a node: DigitalOcean's upgrade of the " +
				"cluster then waits, gives up, and leaves nodes of two versions.",
			Remedy:   "Set maxUnavailable to 1, or minAvailable below the number of replicas",
			Of:       of(budgetType),
			Resource: blockingBudget,
		},
		{
			Name: "disruption-budget-fits", Level: Mandatory,
			What: "Disruption budgets ask for fewer pods than there are.",
			Reason: "A budget that wants as many pods as a workload has blocks the drain of a node, as one does that " +
				"admits no disruption.",
			Remedy: "Set maxUnavailable to 1 in place of minAvailable, or raise the replicas " +
				"(vmst:settings.mastodon.web.replicas and the like)",
			Of:    either(hasPod, of(budgetType)),
			Stack: budgetTooLarge,
		},
	}
}

// podTemplate is where each kind has its pod.
func podTemplate(typ string) []any {
	_, versioned, _ := strings.Cut(typ, ":")
	switch versioned {
	case "apps/v1:Deployment", "apps/v1:StatefulSet", "apps/v1:DaemonSet", "apps/v1:ReplicaSet", "batch/v1:Job":
		return []any{"spec", "template"}
	case "batch/v1:CronJob":
		return []any{"spec", "jobTemplate", "spec", "template"}
	case "core/v1:Pod":
		return []any{}
	default:
		return nil
	}
}

// hasPod is whether resources of a type make pods.
func hasPod(typ string) bool { return strings.HasPrefix(typ, "kubernetes:") && podTemplate(typ) != nil }

// pod is a pod, or the template of one.
type pod struct{ metadata, spec field }

// container is one of a pod's.
type container struct{ field }

func (c container) name() string { return c.at("name").text() }

// podOf is the pod of a resource; false if it has none, or nothing of it is known.
func podOf(r Resource) (pod, bool) {
	if !hasPod(r.Type) {
		return pod{}, false
	}
	template := r.at(podTemplate(r.Type)...)
	p := pod{template.at("metadata"), template.at("spec")}
	return p, !p.spec.unknown && !p.spec.absent()
}

// stays is whether the pods of a resource are to run until they are replaced.
func stays(r Resource) bool {
	return strings.HasSuffix(r.Type, ":Deployment") || strings.HasSuffix(r.Type, ":StatefulSet") ||
		strings.HasSuffix(r.Type, ":DaemonSet")
}

func (p pod) main() []container { return containers(p.spec.at("containers")) }

// all are the containers, with those that run before them.
func (p pod) all() []container { return append(containers(p.spec.at("initContainers")), p.main()...) }

func containers(list field) []container {
	var all []container
	for _, c := range list.list() {
		if !c.unknown {
			all = append(all, container{c})
		}
	}
	return all
}

// image is a container image's name, taken apart.
type image struct{ name, tag, digest string }

var imageTag = regexp.MustCompile(`^(.*):([^/:]+)$`)

func parseImage(text string) image {
	var i image
	i.name, i.digest, _ = strings.Cut(text, "@")
	if m := imageTag.FindStringSubmatch(i.name); m != nil {
		i.name, i.tag = m[1], m[2]
	}
	return i
}

func unpinned(r Resource, s *settings.Settings) []string {
	digests := s != nil && s.Policy.Digests
	var wrong []string
	judge := func(where, tag, digest string) {
		switch {
		case tag == "":
			wrong = append(wrong, where+" has no tag")
		case tag == "latest":
			wrong = append(wrong, where+" has the tag latest")
		case digests && digest == "":
			wrong = append(wrong, where+" has no digest, which vmst:settings.policy.digests asks for")
		}
	}
	if p, ok := podOf(r); ok {
		for _, c := range p.all() {
			if name := c.at("image"); !name.unknown && !name.absent() {
				i := parseImage(name.text())
				judge(fmt.Sprintf("image %s of container %s", name.text(), c.name()), i.tag, i.digest)
			}
		}
	}
	if r.Type == releaseType {
		walk(r.at("values"), "values", func(path string, values field) {
			tag, digest := values.at("tag"), values.at("digest")
			named := values.has("repository") || values.has("image") || strings.HasSuffix(path, "mage")
			if !named || tag.absent() || tag.unknown || digest.unknown {
				return
			}
			judge("the image in "+path, tag.text(), digest.text())
		})
	}
	return wrong
}

func unsafeMastodon(r Resource, _ *settings.Settings) []string {
	p, ok := podOf(r)
	if !ok {
		return nil
	}
	var wrong []string
	for _, c := range p.all() {
		i := parseImage(c.at("image").text())
		// That of a fork keeps the name of the image and the version (glitch-soc, hometown).
		if !strings.HasSuffix(i.name, "/mastodon") && !strings.HasSuffix(i.name, "/mastodon-streaming") {
			continue
		}
		if holes, remedy := settings.Unsafe(i.tag); holes != "" {
			wrong = append(wrong, fmt.Sprintf("Mastodon %s: %s", holes, remedy))
		}
	}
	return wrong
}

func withoutResources(r Resource, _ *settings.Settings) []string {
	p, ok := podOf(r)
	if !ok {
		return nil
	}
	var wrong []string
	for _, c := range p.all() {
		resources := c.at("resources")
		for _, needed := range [][]any{{"requests", "cpu"}, {"requests", "memory"}, {"limits", "memory"}} {
			if resources.at(needed...).absent() {
				wrong = append(wrong, fmt.Sprintf("container %s has no resources.%s.%s",
					c.name(), needed[0], needed[1]))
			}
		}
	}
	return wrong
}

// judged are the fields that the standard looks at (k8s.io/pod-security-admission/policy, check_*.go). The others, such
// as environment variables, may be unknown for long.
var judged = map[string][]string{
	"pod": {"hostNetwork", "hostPID", "hostIPC", "hostUsers", "securityContext", "volumes", "os"},
	"container": {
		"name", "securityContext", "ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle",
	},
}

func unrestricted(r Resource, _ *settings.Settings) []string {
	p, ok := podOf(r)
	if !ok {
		return nil
	}
	only := func(f field, keys []string) map[string]property.Value {
		kept := map[string]property.Value{}
		for _, key := range keys {
			if v := f.at(key); !v.absent() {
				kept[key] = v.value
				if v.unknown {
					kept[key] = property.New(property.Computed)
				}
			}
		}
		return kept
	}
	spec := only(p.spec, judged["pod"])
	for _, key := range []string{"initContainers", "containers"} {
		list := p.spec.at(key)
		if list.unknown {
			return nil
		}
		var kept []property.Value
		for _, c := range list.list() {
			if c.unknown {
				return nil
			}
			kept = append(kept, property.New(property.NewMap(only(c, judged["container"]))))
		}
		spec[key] = property.New(property.NewArray(kept))
	}
	relevant := field{value: property.New(property.NewMap(spec))}
	if relevant.partly() || p.metadata.at("annotations").unknown {
		return nil
	}
	var podSpec corev1.PodSpec
	if err := relevant.decode(&podSpec); err != nil {
		return []string{"the pod cannot be read: " + err.Error()}
	}
	metadata := &metav1.ObjectMeta{Annotations: map[string]string{}}
	if annotations := p.metadata.at("annotations"); !annotations.absent() && annotations.value.IsMap() {
		for key, value := range annotations.value.AsMap().All {
			metadata.Annotations[key] = field{value: value, unknown: value.IsComputed()}.text()
		}
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return []string{"the standard cannot be read: " + err.Error()}
	}
	// A namespace without a version of the standard has that of the API server.
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, metadata, &podSpec))
	if result.Allowed {
		return nil
	}
	return []string{"the pod is not restricted: " + result.ForbiddenDetail()}
}

func unenforcedNamespace(r Resource, _ *settings.Settings) []string {
	if r.Type != namespaceType {
		return nil
	}
	name, level := r.at("metadata", "name"), r.at("metadata", "labels", podLabel)
	bounded := level.is("baseline") && slices.Contains(foreign(), name.text())
	if name.unknown || level.unknown || level.is("restricted") || bounded {
		return nil
	}
	return []string{fmt.Sprintf("namespace %s enforces %q", name.text(), level.text())}
}

func withoutProbes(r Resource, _ *settings.Settings) []string {
	p, ok := podOf(r)
	if !ok || !stays(r) || len(p.main()) < len(p.spec.at("containers").list()) {
		return nil
	}
	var wrong []string
	for _, probe := range []string{"readinessProbe", "livenessProbe"} {
		asked := p.spec.at("containers").unknown
		for _, c := range p.main() {
			asked = asked || c.has(probe)
		}
		if !asked {
			wrong = append(wrong, "no container has a "+probe)
		}
	}
	return wrong
}

func unspread(r Resource, _ *settings.Settings) []string {
	p, ok := podOf(r)
	several := number(r.at("spec", "replicas")) >= 2
	if !ok || !stays(r) || !several {
		return nil
	}
	spread, apart := p.spec.at("topologySpreadConstraints"), p.spec.at("affinity", "podAntiAffinity")
	if spread.unknown || len(spread.list()) > 0 || !apart.absent() {
		return nil
	}
	return []string{fmt.Sprintf("%s has %s pods that may all be on one node",
		r.Name, r.at("spec", "replicas").text())}
}

// number is a number that is known, or 0.
func number(f field) float64 {
	if f.unknown || !f.value.IsNumber() {
		return 0
	}
	return f.value.AsNumber()
}

func blockingBudget(r Resource, _ *settings.Settings) []string {
	if r.Type != budgetType {
		return nil
	}
	most, least := r.at("spec", "maxUnavailable"), r.at("spec", "minAvailable")
	switch {
	case most.is("0"), most.is("0%"):
		return []string{"maxUnavailable is " + most.text() + ": no pod may go"}
	case least.is("100%"):
		return []string{"minAvailable is 100%: no pod may go"}
	default:
		return nil
	}
}

// budgetTooLarge compares budgets that want a number of pods with the workloads that they are for.
func budgetTooLarge(all []Resource, _ *settings.Settings) []Violation {
	var violations []Violation
	for _, budget := range all {
		wanted := number(budget.at("spec", "minAvailable"))
		selector := budget.at("spec", "selector", "matchLabels")
		if budget.Type != budgetType || wanted == 0 || selector.partly() || selector.absent() {
			continue
		}
		for _, r := range all {
			p, ok := podOf(r)
			replicas := r.at("spec", "replicas")
			if !ok || !stays(r) || replicas.unknown || !selects(selector, p.metadata.at("labels")) ||
				r.at("metadata", "namespace").text() != budget.at("metadata", "namespace").text() {
				continue
			}
			// Left out, it is one (kubernetes.io/docs/concepts/workloads/controllers/deployment).
			if count := max(number(replicas), 1); wanted >= count {
				violations = append(violations, Violation{budget.URN, fmt.Sprintf(
					"%s wants %g of the %g pods of %s: none of them may go", budget.Name, wanted, count, r.Name)})
			}
		}
	}
	return violations
}

// selects is whether labels are certainly selected.
func selects(selector, labels field) bool {
	if labels.unknown || !selector.value.IsMap() {
		return false
	}
	for key := range selector.value.AsMap().All {
		if wanted, got := selector.at(key), labels.at(key); got.unknown || got.absent() || !got.is(wanted.text()) {
			return false
		}
	}
	return true
}
