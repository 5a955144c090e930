package kubernetes

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
)

// skipAwait makes the provider not wait for an object to become ready.
const skipAwait = "pulumi.com/skipAwait"

// pollInterval is how often an object that is not ready yet is looked at.
const pollInterval = 20 * time.Millisecond

// notYet is why an object is not ready.
type notYet struct {
	reason string
	// final is set when waiting cannot help.
	final bool
	// pulumi is set for what Pulumi waits for but Helm does not: what leads to pods.
	pulumi bool
}

// await lets the controllers act on an object until it is ready or patience is at an end; with the annotation
// [skipAwait] they act once. reasons say why it is not ready.
func (p *Provider) await(ctx context.Context, r record) (state record, reasons []string, err error) {
	deadline := time.Now().Add(p.options.Patience)
	for {
		var missing []notYet
		err := p.inCluster(func(v view) error {
			current, ok := v.get(r.Kind, r.id())
			if !ok {
				return fmt.Errorf("%s %q was deleted while it was awaited", r.Kind.Kind, r.id())
			}
			var err error
			state, missing, err = v.settle(current)
			missing = slices.DeleteFunc(missing, func(m notYet) bool { return m.pulumi && r.Release != "" })
			return err
		})
		if err != nil {
			return record{}, nil, err
		}
		if len(missing) == 0 || annotation(r.Inputs, skipAwait) == "true" {
			return state, nil, nil
		}
		final := false
		reasons = reasons[:0]
		for _, m := range missing {
			reasons = append(reasons, m.reason)
			final = final || m.final
		}
		if final || time.Now().After(deadline) {
			return state, reasons, nil
		}
		select {
		case <-ctx.Done():
			return record{}, nil, ctx.Err()
		case <-time.After(pollInterval):
		}
	}
}

// settle does what the controllers of the object's kind do, writes its status, and says what it still waits for.
func (v view) settle(r record) (record, []notYet, error) {
	typed, problems := decode(r.Kind, r.Live)
	if typed == nil || len(problems) > 0 {
		// Custom kinds without a Go type have no controller here. An object that was edited from outside to
		// something that is not of its kind has none either.
		return r, nil, nil
	}
	var (
		status  map[string]any
		missing []notYet
		err     error
	)
	switch {
	case r.Kind.is("", "Namespace"):
		status = map[string]any{"phase": "Active"}
	case r.Kind.is("", "PersistentVolumeClaim"):
		status = map[string]any{"phase": "Bound", "accessModes": at(r.Live, "spec", "accessModes")}
	case r.Kind.is("", "Service"):
		status, missing, err = v.settleService(r, typed.(*core.Service))
	case r.Kind.is("networking.k8s.io", "Ingress"):
		status, missing = v.settleIngress(r)
	case r.Kind.Group == "cert-manager.io":
		status, err = v.settleCertificates(r)
	default:
		if template := podTemplate(r); template != nil {
			status, missing = v.settlePods(r, template)
		}
	}
	if err != nil {
		return record{}, nil, fmt.Errorf("%s %q: %w", r.Kind.Kind, r.id(), err)
	}
	if status == nil {
		return r, missing, nil
	}
	r.Live["status"] = status
	return r, missing, v.save(r)
}

// podTemplate finds the pods that an object makes, or nil.
func podTemplate(r record) *core.PodTemplateSpec {
	source, ok := at(r.Live, "spec", "template").(map[string]any)
	if r.Kind.is("", "Pod") {
		source, ok = r.Live, true
	}
	template := &core.PodTemplateSpec{}
	if !ok || runtime.DefaultUnstructuredConverter.FromUnstructured(source, template) != nil {
		return nil
	}
	return template
}

// settlePods makes a workload ready when its pods can start.
func (v view) settlePods(r record, template *core.PodTemplateSpec) (map[string]any, []notYet) {
	replicas, counted := at(r.Live, "spec", "replicas").(float64)
	if !counted {
		replicas = 1
	}
	var missing []notYet
	switch {
	case counted && replicas == 0:
	case v.cluster.Nodes == 0:
		missing = append(missing, notYet{
			reason: "timed out waiting to be ready: 0/0 nodes are available: the cluster has no nodes", final: true,
		})
	default:
		if violation := v.violation(namespace(r.Live), template); violation != "" {
			missing = append(missing, notYet{
				reason: "timed out waiting to be ready: its pods are forbidden: " + violation, final: true,
			})
		}
		for _, reference := range v.missingReferences(namespace(r.Live), template.Spec) {
			missing = append(missing, notYet{
				reason: "timed out waiting to be ready: its pods cannot start: " + reference,
			})
		}
	}
	ready := replicas
	if len(missing) > 0 {
		ready = 0
	}
	now := v.Now().Format(time.RFC3339)
	generation := at(r.Live, "metadata", "generation")
	switch {
	case r.Kind.is("batch", "Job"):
		if suspended, _ := at(r.Live, "spec", "suspend").(bool); suspended {
			return map[string]any{"conditions": []any{condition("Suspended", true, now)}}, nil
		}
		if ready > 0 {
			if err := v.run(r, template.Spec); err != nil {
				ready, missing = 0, append(missing, notYet{reason: err.Error(), final: true})
			}
		}
		if ready == 0 {
			return map[string]any{"active": 1.0, "startTime": now}, missing
		}
		return map[string]any{
			"succeeded": at(r.Live, "spec", "completions"), "startTime": now, "completionTime": now,
			"conditions": []any{condition("Complete", true, now)},
		}, nil
	case r.Kind.is("", "Pod"):
		phase := "Running"
		if ready == 0 {
			phase = "Pending"
		}
		return map[string]any{"phase": phase, "conditions": []any{condition("Ready", ready > 0, now)}}, missing
	case r.Kind.is("apps", "DaemonSet"):
		n := float64(v.cluster.Nodes)
		if ready > 0 {
			ready = n
		}
		return map[string]any{
			"observedGeneration": generation, "desiredNumberScheduled": n, "currentNumberScheduled": n,
			"numberReady": ready, "numberAvailable": ready, "updatedNumberScheduled": n,
		}, missing
	default:
		return map[string]any{
			"observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
			"readyReplicas": ready, "availableReplicas": ready, "unavailableReplicas": replicas - ready,
			"conditions": []any{condition("Available", ready == replicas, now), condition("Progressing", true, now)},
		}, missing
	}
}

// run does what a Job leaves behind. The one that matters here makes the certificate of an admission webhook:
// kube-webhook-certgen writes it into the Secret that its arguments name. A Job fails that is told to use a database
// which does not let its pods in.
func (v view) run(job record, pods core.PodSpec) error {
	if err := v.blocked(namespace(job.Live), pods); err != nil {
		return err
	}
	for _, container := range pods.Containers {
		for _, arg := range container.Args {
			secret, ok := strings.CutPrefix(arg, "--secret-name=")
			if !ok || container.Args[0] != "create" {
				continue
			}
			_, err := v.apply(record{Kind: builtIn("", "Secret"), Inputs: map[string]any{
				"metadata": map[string]any{"name": secret, "namespace": namespace(job.Live)},
			}}, writer{name: "kube-webhook-certgen", force: true})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// violation says what of the pods the namespace does not allow.
func (v view) violation(in string, template *core.PodTemplateSpec) string {
	ns, _ := v.get(builtIn("", "Namespace"), in)
	enforced := map[string]string{}
	labels, _ := at(ns.Live, "metadata", "labels").(map[string]any)
	for key, value := range labels {
		enforced[key], _ = value.(string)
	}
	return apiserver.PodSecurity(enforced, &template.ObjectMeta, &template.Spec)
}

func condition(name string, on bool, since string) map[string]any {
	status := "False"
	if on {
		status = "True"
	}
	return map[string]any{"type": name, "status": status, "lastTransitionTime": since}
}

// reference is an object that pods name.
type reference struct {
	kind, name string
	// key is the one that they take of it; "" is all of it.
	key string
	// optional says that they can be without it.
	optional bool
}

// references are the objects that pods name, in their order.
func references(pods core.PodSpec) []reference {
	var all []reference
	add := func(kind, name, key string, optional *bool) {
		if name != "" {
			all = append(all, reference{kind, name, key, optional != nil && *optional})
		}
	}
	for _, container := range slices.Concat(pods.InitContainers, pods.Containers) {
		for _, from := range container.EnvFrom {
			if ref := from.SecretRef; ref != nil {
				add("Secret", ref.Name, "", ref.Optional)
			}
			if ref := from.ConfigMapRef; ref != nil {
				add("ConfigMap", ref.Name, "", ref.Optional)
			}
		}
		for _, variable := range container.Env {
			if from := variable.ValueFrom; from != nil && from.SecretKeyRef != nil {
				add("Secret", from.SecretKeyRef.Name, from.SecretKeyRef.Key, from.SecretKeyRef.Optional)
			} else if from != nil && from.ConfigMapKeyRef != nil {
				add("ConfigMap", from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Optional)
			}
		}
	}
	for _, volume := range pods.Volumes {
		if source := volume.Secret; source != nil {
			add("Secret", source.SecretName, "", source.Optional)
		}
		if source := volume.ConfigMap; source != nil {
			add("ConfigMap", source.Name, "", source.Optional)
		}
		if source := volume.PersistentVolumeClaim; source != nil {
			add("PersistentVolumeClaim", source.ClaimName, "", nil)
		}
	}
	add("ServiceAccount", pods.ServiceAccountName, "", nil)
	return all
}

// missingReferences lists the objects that pods refer to, may not be without, and do not find.
func (v view) missingReferences(in string, pods core.PodSpec) []string {
	var missing []string
	for _, ref := range references(pods) {
		found, ok := v.get(builtIn("", ref.kind), objectID(in, ref.name))
		switch {
		case ref.optional || systemProvides(ref.kind, ref.name):
		case !ok:
			missing = append(missing, fmt.Sprintf("%s %q not found", strings.ToLower(ref.kind), ref.name))
		case ref.key != "" && at(found.Live, "data", ref.key) == nil:
			missing = append(missing,
				fmt.Sprintf("couldn't find key %s in %s %s", ref.key, ref.kind, objectID(in, ref.name)))
		}
	}
	return missing
}

// systemProvides tells what controllers put into every namespace.
func systemProvides(kindName, name string) bool {
	return kindName == "ServiceAccount" && name == "default" || kindName == "ConfigMap" && name == "kube-root-ca.crt"
}

// workloads are the kinds whose pods a Service can lead to.
var workloads = [][2]string{
	{"apps", "Deployment"}, {"apps", "StatefulSet"}, {"apps", "DaemonSet"}, {"apps", "ReplicaSet"}, {"", "Pod"},
}

// hasPods tells whether a selector matches pods that are ready.
func (v view) hasPods(in string, selector map[string]string) bool {
	matches := labels.SelectorFromSet(selector)
	for _, w := range workloads {
		for _, r := range v.list(builtIn(w[0], w[1]), in) {
			template := podTemplate(r)
			if template != nil && matches.Matches(labels.Set(template.Labels)) && isReady(r.Live) {
				return true
			}
		}
	}
	return false
}

func isReady(live map[string]any) bool {
	if text(live, "status", "phase") == "Running" {
		return true
	}
	for _, key := range []string{"availableReplicas", "numberAvailable"} {
		if n, _ := at(live, "status", key).(float64); n > 0 {
			return true
		}
	}
	return false
}
