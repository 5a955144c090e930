package kubernetes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/kube"
	"helm.sh/helm/v3/pkg/kube/fake"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
	restfake "k8s.io/client-go/rest/fake"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// keptPolicy, as the value of the annotation policyAnnotation, makes Helm leave an object behind
// (https://helm.sh/docs/howto/charts_tips_and_tricks/).
const (
	policyAnnotation = "helm.sh/resource-policy"
	keptPolicy       = "keep"
)

// helmClient is the cluster as Helm's actions see it. What it does not do, such as to wait for what is deleted until it
// is gone, the client of Helm's own tests does.
type helmClient struct {
	*fake.PrintingKubeClient

	// write runs something in the cluster, in a transaction of its own.
	write func(func(v view) error) error
	// await waits for an object and says why it is not ready.
	await func(r record) ([]string, error)
	// release is the ID of the release that is worked on, namespace where objects go that name none.
	release, namespace string
}

var _ kube.Interface = (*helmClient)(nil)

// writerOfHelm overwrites: Helm 3 sends patches and knows no conflicts.
var writerOfHelm = writer{name: "helm", force: true}

// helmClient is the configured cluster for work on a release.
func (p *Provider) helmClient(ctx context.Context, release string) *helmClient {
	in, _, _ := strings.Cut(release, "/")
	return &helmClient{
		PrintingKubeClient: &fake.PrintingKubeClient{Out: io.Discard, LogOutput: io.Discard},
		write:              p.inCluster, release: release, namespace: in,
		await: func(r record) ([]string, error) {
			_, reasons, err := p.await(ctx, r)
			return reasons, err
		},
	}
}

// Build reads and checks the objects of a YAML stream.
func (c *helmClient) Build(reader io.Reader, validate bool) (kube.ResourceList, error) {
	text, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	objects, err := helm.Parse(string(text))
	if err != nil {
		return nil, err
	}
	var (
		list kube.ResourceList
		errs []error
	)
	for _, o := range objects {
		info, err := c.info(o.Manifest)
		if err == nil && validate {
			err = checkRendered(o, info.Namespace)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, info)
	}
	return list, errors.Join(errs...)
}

// info is an object in Helm's terms.
func (c *helmClient) info(manifest map[string]any) (*resource.Info, error) {
	k, err := kindOfObject(manifest)
	if err != nil {
		return nil, err
	}
	err = c.write(func(v view) error {
		k, err = v.resolve(k)
		return err
	})
	if err != nil {
		return nil, err
	}
	scope := meta.RESTScopeRoot
	inNamespace(k, manifest, c.namespace)
	if k.namespaced {
		scope = meta.RESTScopeNamespace
	}
	return &resource.Info{
		Client:    c.reader(k, manifest),
		Namespace: namespace(manifest), Name: name(manifest),
		Object: &unstructured.Unstructured{Object: manifest},
		Mapping: &meta.RESTMapping{
			GroupVersionKind: k.GroupVersionKind, Scope: scope,
			Resource: schema.GroupVersionResource{
				Group: k.Group, Version: k.Version, Resource: strings.ToLower(k.Kind) + "s",
			},
		},
	}, nil
}

// reader answers Helm's question whether an object exists, and whose it is.
func (c *helmClient) reader(k kind, manifest map[string]any) resource.RESTClient {
	id := objectID(namespace(manifest), name(manifest))
	answer := func(*http.Request) (*http.Response, error) {
		status, body := http.StatusOK, any(nil)
		err := c.write(func(v view) error {
			found, ok := v.get(k, id)
			body = found.Live
			if !ok {
				body = apierrors.NewNotFound(schema.GroupResource{Resource: k.Kind}, id).Status()
				status = http.StatusNotFound
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(body)
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(bytes.NewReader(text)),
		}, err
	}
	return &restfake.RESTClient{
		NegotiatedSerializer: resource.UnstructuredPlusDefaultContentConfig().NegotiatedSerializer,
		GroupVersion:         k.GroupVersion(), Client: restfake.CreateHTTPClient(answer),
	}
}

// Create writes new objects.
func (c *helmClient) Create(list kube.ResourceList) (*kube.Result, error) {
	for _, info := range list {
		if err := c.apply(info, true); err != nil {
			return nil, err
		}
	}
	return &kube.Result{Created: list}, nil
}

// Update brings the cluster from one list of objects to another.
func (c *helmClient) Update(original, target kube.ResourceList, _ bool) (*kube.Result, error) {
	result := &kube.Result{}
	for _, info := range target {
		if err := c.apply(info, false); err != nil {
			return result, err
		}
		if original.Contains(info) {
			result.Updated.Append(info)
		} else {
			result.Created.Append(info)
		}
	}
	for _, info := range original.Difference(target) {
		removed, err := c.remove(info, true)
		if err != nil {
			return result, err
		}
		if removed {
			result.Deleted.Append(info)
		}
	}
	return result, nil
}

func (c *helmClient) apply(info *resource.Info, fresh bool) error {
	return c.write(func(v view) error {
		manifest := info.Object.(*unstructured.Unstructured).Object
		k, err := v.resolve(kindOf(info.Mapping.GroupVersionKind))
		if err != nil {
			return err
		}
		id := objectID(info.Namespace, info.Name)
		if _, exists := v.get(k, id); exists && fresh {
			// Helm leaves a definition that is there as it is, and knows it by the kind of the error.
			return apierrors.NewAlreadyExists(schema.GroupResource{Resource: k.Kind}, id)
		}
		written, err := v.apply(record{Kind: k, Inputs: manifest, Release: c.release}, writerOfHelm)
		if err == nil {
			_, _, err = v.settle(written)
		}
		return err
	})
}

// remove deletes an object; with mindful not if the chart wants it kept.
func (c *helmClient) remove(info *resource.Info, mindful bool) (removed bool, err error) {
	err = c.write(func(v view) error {
		existing, ok := v.get(kindOf(info.Mapping.GroupVersionKind), objectID(info.Namespace, info.Name))
		if !ok || mindful && annotation(existing.Live, policyAnnotation) == keptPolicy {
			return nil
		}
		removed = true
		return v.remove(existing)
	})
	return removed, err
}

// Delete removes objects. Those that are gone already are no error.
func (c *helmClient) Delete(list kube.ResourceList) (*kube.Result, []error) {
	result := &kube.Result{}
	var errs []error
	for _, info := range list {
		if _, err := c.remove(info, false); err != nil {
			errs = append(errs, err)
			continue
		}
		result.Deleted.Append(info)
	}
	return result, errs
}

// DeleteWithPropagationPolicy is Delete: what belongs to an object goes with it.
func (c *helmClient) DeleteWithPropagationPolicy(
	list kube.ResourceList, _ metav1.DeletionPropagation,
) (*kube.Result, []error) {
	return c.Delete(list)
}

// Wait waits until objects are ready, as long as the provider's patience lasts. Jobs it leaves alone.
func (c *helmClient) Wait(list kube.ResourceList, timeout time.Duration) error {
	return c.WaitWithJobs(list.Filter(func(info *resource.Info) bool {
		return info.Mapping.GroupVersionKind.Kind != "Job"
	}), timeout)
}

// WaitWithJobs is Wait, until Jobs are complete, too.
func (c *helmClient) WaitWithJobs(list kube.ResourceList, _ time.Duration) error {
	var reasons []error
	for _, info := range list {
		manifest := info.Object.(*unstructured.Unstructured).Object
		r := record{
			Kind: kindOf(info.Mapping.GroupVersionKind), Release: c.release, Live: manifest, Inputs: manifest,
		}
		why, err := c.await(r)
		if err != nil {
			return err
		}
		for _, reason := range why {
			reasons = append(reasons, fmt.Errorf("%s %q: %s", r.Kind.Kind, r.id(), reason))
		}
	}
	return errors.Join(reasons...)
}

// WatchUntilReady waits for hooks.
func (c *helmClient) WatchUntilReady(list kube.ResourceList, timeout time.Duration) error {
	return c.WaitWithJobs(list, timeout)
}
