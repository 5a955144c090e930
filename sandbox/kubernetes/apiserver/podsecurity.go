package apiserver

import (
	"fmt"
	"strings"
	"sync"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

var evaluator = sync.OnceValue(func() policy.Evaluator {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic(err) // the checks are part of the build
	}
	return evaluator
})

// PodSecurity says why pods must not run in a namespace with these labels (pod-security.kubernetes.io/enforce and so
// on, https://kubernetes.io/docs/concepts/security/pod-security-admission/); "" when they may.
func PodSecurity(namespaceLabels map[string]string, meta *metav1.ObjectMeta, pods *core.PodSpec) string {
	unrestricted := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	wanted, errs := api.PolicyToEvaluate(namespaceLabels, api.Policy{
		Enforce: unrestricted, Audit: unrestricted, Warn: unrestricted,
	})
	if len(errs) > 0 {
		return errs.ToAggregate().Error()
	}
	var reasons []string
	for _, result := range evaluator().EvaluatePod(wanted.Enforce, meta, pods) {
		if !result.Allowed {
			reasons = append(reasons, fmt.Sprintf("%s (%s)", result.ForbiddenReason, result.ForbiddenDetail))
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	return fmt.Sprintf("violates PodSecurity %q: %s", wanted.Enforce.String(), strings.Join(reasons, ", "))
}
