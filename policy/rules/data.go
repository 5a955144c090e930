package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"github.com/vmstio/infrastructure/infra/settings"
)

// The types that several rules look at.
const (
	databaseCluster   = "digitalocean:index/databaseCluster:DatabaseCluster"
	databaseFirewall  = "digitalocean:index/databaseFirewall:DatabaseFirewall"
	kubernetesCluster = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	loadBalancer      = "digitalocean:index/loadBalancer:LoadBalancer"
	bucketPolicy      = "digitalocean:index/spacesBucketPolicy:SpacesBucketPolicy"
	firewallType      = "digitalocean:index/firewall:Firewall"
	spacesBucket      = "digitalocean:index/spacesBucket:SpacesBucket"
	namespaceType     = "kubernetes:core/v1:Namespace"
	secretType        = "kubernetes:core/v1:Secret"
	serviceType       = "kubernetes:core/v1:Service"
	configMapType     = "kubernetes:core/v1:ConfigMap"
	releaseType       = "kubernetes:helm.sh/v3:Release"
	chartType         = "kubernetes:helm.sh/v4:Chart"
	budgetType        = "kubernetes:policy/v1:PodDisruptionBudget"
	networkPolicyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	stackType         = "pulumi:pulumi:Stack"
)

// held says what a resource of each type holds that cannot be made again as it was.
func held() map[string]string {
	return map[string]string{
		databaseCluster: "a database", "digitalocean:index/databaseDb:DatabaseDb": "a database",
		"digitalocean:index/databaseUser:DatabaseUser": "what a user of a database owns",
		databaseFirewall: "what keeps the world out of a database",
		spacesBucket:     "files", "digitalocean:index/vpc:Vpc": "every database and the cluster",
		"digitalocean:index/domain:Domain": "the zone, with every name in it", loadBalancer: "the public address",
		kubernetesCluster: "all that runs", namespaceType: "all that is in it", secretType: "keys",
		"random:index/randomBytes:RandomBytes": "a key", "random:index/randomPassword:RandomPassword": "a key",
		"tls:index/privateKey:PrivateKey": "a key",
	}
}

// HoldsData reports whether resources of a type hold data, keys, an address or what holds those, so that they cannot be
// made again as they were.
func HoldsData(typ string) bool { return held()[typ] != "" }

// exception is a resource that holds nothing, although its type does.
type exception struct {
	// within is a part of the URN: the type of its parent with what follows.
	within string
	// suffixes are ends of the name; none is any name.
	suffixes []string
	reason   string
}

func exceptions() []exception {
	return []exception{
		{"vmst:search:Search$", nil, "the search index is made again from the database"},
		{
			"vmst:cache:Cache$",
			[]string{"-rails-cluster", "-rails-firewall"},
			"what is in the Rails cache is computed again",
		},
		{"vmst:ingress:Ingress$", []string{"-cert-manager-namespace"}, "certificates are issued again"},
		{"vmst:ingress:Ingress$" + secretType, nil, "it is a copy of what the configuration holds"},
		{
			"vmst:mastodon:Mastodon$" + secretType,
			[]string{"-search", "-environment"},
			"it is a copy of what the configuration or the cluster of the index holds",
		},
		{"vmst:backup:Vault$kubernetes:", nil, "neither the backups nor the only copy of their key is there"},
		{"vmst:backup:Backup$kubernetes:", nil, "it is a copy of keys that are kept"},
		{
			"vmst:observability:Observability$", nil,
			"what was measured is missed by nobody after a while, and the rest are copies",
		},
		{chartType + "$", nil, "what a chart brings along it brings again"},
	}
}

// Holds says what the resource of a URN holds; "" if it is nothing, or can be made again.
func Holds(name, typ string) string {
	for _, e := range exceptions() {
		if !strings.Contains(name, e.within) {
			continue
		}
		if len(e.suffixes) == 0 || slices.ContainsFunc(e.suffixes, func(s string) bool {
			return strings.HasSuffix(name, s)
		}) {
			return ""
		}
	}
	return held()[typ]
}

// protects is whether the settings ask that resources of a type are protected. Settings that cannot be read do, where
// nobody else would say so.
func protects(typ string, s *settings.Settings) bool {
	if s == nil {
		return true
	}
	if typ == kubernetesCluster {
		return s.Cluster.Protect
	}
	return s.Protect
}

// Operation is what a plan does to a resource, from the metadata of the engine's step events.
type Operation struct {
	URN, Type, Name string
	// Op is the engine's word: "create", "update", "replace", "create-replacement", "delete-replaced", "delete", ...
	Op string
	// ID is that of the object as it is now (of the step's old state); "" if there is none yet.
	ID string
	// Protected and Retained are those of the new state, or of the old one if nothing comes after it.
	Protected, Retained bool
}

// OperationOf is the operation of one of the engine's step events.
func OperationOf(step apitype.StepEventMetadata) Operation {
	op := Operation{URN: step.URN, Type: step.Type, Name: urn.URN(step.URN).Name(), Op: string(step.Op)}
	after := step.New
	if step.Old != nil {
		op.ID = step.Old.ID
		if after == nil {
			after = step.Old
		}
	}
	if after != nil {
		op.Protected, op.Retained = after.Protect, after.RetainOnDelete
	}
	return op
}

// removes is whether an object goes, or is to go once another has taken its place (sdk, apitype.OpType).
func (o Operation) removes() bool {
	return slices.Contains([]string{
		"delete", "replace", "create-replacement", "import-replacement", "delete-replaced",
	}, o.Op)
}

// remains is whether there is an object after it, of which the operation states protection and retention.
func (o Operation) remains() bool {
	return slices.Contains([]string{
		"create", "update", "same", "import", "create-replacement", "import-replacement",
	}, o.Op)
}

// CheckOperations returns the findings about what a plan does, each once for a resource. Without settings, nil, what
// holds data is expected to be protected and nothing is released.
func CheckOperations(operations []Operation, s *settings.Settings) []Finding {
	var release *settings.Release
	if s != nil {
		release = s.Policy.Release
	}
	// A replacement is several operations; those that make the new object know no ID, and belong to the old one.
	opened := map[string]bool{}
	for _, op := range operations {
		if op.removes() && release.Opens(op.Name, op.ID) {
			opened[op.URN] = true
		}
	}
	var findings []Finding
	for _, rule := range dataRules() {
		if rule.Operation == nil {
			continue
		}
		for _, op := range operations {
			open := opened[op.URN] && (op.ID == "" || release.Opens(op.Name, op.ID))
			for _, wrong := range rule.Operation(op, s, open) {
				found := rule.finding(op.URN, wrong)
				if !slices.ContainsFunc(findings, func(f Finding) bool {
					return f.Rule == found.Rule && f.URN == found.URN
				}) {
					findings = append(findings, found)
				}
			}
		}
	}
	if release != nil && len(opened) == 0 {
		rule := dataReleased()
		findings = append(findings, rule.finding("", fmt.Sprintf(
			"nothing in this plan is %q with the ID %s, so that vmst:settings.policy.release opens nothing",
			release.Resource, release.ID)))
	}
	return findings
}

func dataRules() []Rule {
	return []Rule{
		{
			Name: "data-protected", Level: Mandatory,
			What: "What holds data, keys or the public address is protected.",
			Reason: "Pulumi deletes what is no longer in the program, and whatever it has to replace, unless it is " +
				"protected. There is no undo: DigitalOcean deletes the backups of a database together with it.",
			Remedy: "Give the resource component.Keep(args.Protect). Where nothing is worth keeping, set " +
				"vmst:settings.protect to false, and for the cluster vmst:settings.cluster.protect",
			Of: HoldsData, Resource: unprotected,
			Operation: func(op Operation, s *settings.Settings, _ bool) []string {
				what := Holds(op.URN, op.Type)
				if what == "" || op.Protected || !op.remains() || !protects(op.Type, s) {
					return nil
				}
				return []string{fmt.Sprintf("%s holds %s and is not protected", op.Name, what)}
			},
		},
		{
			Name: "data-retained", Level: Mandatory,
			What: "What holds data, keys or the public address stays in the cloud when the program drops it.",
			Reason: "Protection lasts as long as the resource is in the program. What is retained besides stays in " +
				"the cloud when somebody takes its protection away, or removes it from Pulumi's state. The cluster " +
				"is not: it holds no data of its own, and would run on, and cost, without doing anything.",
			Remedy: "Give the resource component.Keep(args.Protect). Where nothing is worth keeping, set " +
				"vmst:settings.protect to false",
			Of: HoldsData,
			Operation: func(op Operation, s *settings.Settings, _ bool) []string {
				what := Holds(op.URN, op.Type)
				if what == "" || op.Retained || !op.remains() || !protects(op.Type, s) || op.Type == kubernetesCluster {
					return nil
				}
				return []string{fmt.Sprintf("%s holds %s and is not retained", op.Name, what)}
			},
		},
		{
			Name: "data-stays", Level: Mandatory,
			What: "What holds data, keys or the public address is neither replaced nor deleted.",
			Reason: "A replacement is an empty database, a bucket without files, another address or another key, " +
				"even where the old one is retained: the instance then runs on what is new.",
			Remedy: "Undo the change that asks for it; a rename needs pulumi.Aliases. If it is meant, and you have " +
				"a backup: set vmst:settings.policy.release.resource to the resource's name and " +
				"vmst:settings.policy.release.id to its ID in the cloud, take its protection away with `pulumi " +
				"state unprotect <urn>`, and run `pulumi up`. The release is used up by that run, because what " +
				"takes its place has another ID",
			Of: HoldsData,
			Operation: func(op Operation, s *settings.Settings, opened bool) []string {
				what := Holds(op.URN, op.Type)
				if what == "" || opened || !op.removes() || !protects(op.Type, s) {
					return nil
				}
				goes := "is replaced"
				if op.Op == "delete" {
					goes = "is deleted"
					if op.Retained {
						goes = "is forgotten, and stays in the cloud without anybody who manages it"
					}
				}
				id := ""
				if op.ID != "" {
					id = " (ID " + op.ID + ")"
				}
				return []string{fmt.Sprintf("%s%s holds %s and %s", op.Name, id, what, goes)}
			},
		},
		dataReleased(),
	}
}

func dataReleased() Rule {
	return Rule{
		Name: "data-released", Level: Advisory,
		What: "No release of what holds data is left in the settings.",
		Reason: "A release lets one object go that holds data. It is meant for one run; who reads the settings later " +
			"should not have to find out what it was for.",
		Remedy: "Remove vmst:settings.policy.release once it is done",
		Of:     HoldsData,
		Operation: func(op Operation, s *settings.Settings, opened bool) []string {
			what := Holds(op.URN, op.Type)
			if what == "" || !opened || !op.removes() || !protects(op.Type, s) {
				return nil
			}
			return []string{fmt.Sprintf("%s (ID %s) holds %s and goes, because vmst:settings.policy.release says so",
				op.Name, s.Policy.Release.ID, what)}
		},
	}
}

// unprotected is also what takes data along although it is protected itself.
func unprotected(r Resource, s *settings.Settings) []string {
	what := Holds(r.URN, r.Type)
	if what == "" || s == nil || !protects(r.Type, s) {
		return nil
	}
	var wrong []string
	if !r.Protected {
		wrong = append(wrong, fmt.Sprintf("%s holds %s and is not protected", r.Name, what))
	}
	if r.Type == spacesBucket && r.at("forceDestroy").is("true") {
		wrong = append(wrong, r.Name+" would be deleted with the files in it (forceDestroy)")
	}
	if r.Type == kubernetesCluster && s.Protect && r.at("destroyAllAssociatedResources").is("true") {
		wrong = append(wrong, r.Name+" would take its volumes and load balancers along (destroyAllAssociatedResources)")
	}
	return wrong
}
