// Package component holds the little that every component of the environment shares.
package component

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Keep protects a resource that holds data or identity: Pulumi refuses to delete it, and leaves it in the cloud when it
// is taken out of the program or its protection is forced off.
func Keep(protect bool) pulumi.ResourceOption {
	return pulumi.Composite(pulumi.Protect(protect), pulumi.RetainOnDelete(protect))
}

// KeepPassword keeps a random password: no change of the program makes another. Every input that would replace it is
// ignored once it is made (terraform-provider-random, random_password).
func KeepPassword(protect bool) pulumi.ResourceOption {
	return pulumi.Composite(Keep(protect), pulumi.IgnoreChanges([]string{
		"length", "keepers", "lower", "upper", "numeric", "number", "special", "minLower", "minUpper", "minNumeric",
		"minSpecial", "overrideSpecial",
	}))
}

// Patient has the provider wait for up to 90 minutes until a cluster or a pool of nodes is there. What takes longer
// than the provider's own 30 minutes is made all the same, and the provider forgets that it is
// (terraform-provider-digitalocean, resource_database_cluster.go and resource_kubernetes_cluster.go: SetId("")).
func Patient() pulumi.ResourceOption {
	return pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "90m"})
}

// Require returns an error that names each of a component's arguments that is missing: an input that is nil, a text
// that is empty, an output or a struct in which nothing is set. What a person may write is checked before, in package
// settings; what is missing here is a mistake of the program.
func Require(component string, args map[string]any) error {
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		arg := reflect.ValueOf(args[name])
		if args[name] == nil || args[name] == "" || arg.Kind() == reflect.Struct && arg.IsZero() {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%s arguments: %s missing", component, strings.Join(missing, ", "))
}
