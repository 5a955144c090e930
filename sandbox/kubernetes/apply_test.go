package kubernetes_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/sandbox/kubernetes"
)

const crew = "crew"

// roster is a ConfigMap that several writers share; each has a key of its own.
func roster(data object) object {
	return object{"metadata": object{"name": crew}, "data": data}
}

// as writes an object as another resource of the program, which is another field manager.
func (w *world) as(name string, token string, news object) error {
	inputs := w.checked(token, properties(news))
	_, err := w.provider.Update(w.t.Context(), plugin.UpdateRequest{
		URN: resource.URN("urn:pulumi:prod::vmst::" + token + "::" + name), ID: resource.ID("default/" + crew),
		NewInputs: inputs, OldInputs: inputs, Type: urn(token).Type(),
	})
	return err
}

// Fields belong to who set them last, and somebody else's cannot be set to something else without force.
func TestFieldsHaveManagers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(configMapToken, roster(object{"captain": "kirk"}))
	err := w.as("other", configMapToken, roster(object{"captain": "pike", "doctor": "mccoy"}))
	wantError(t, err, `Apply failed with 1 conflict`, `.data.captain`)
	if err := w.as("other", configMapToken, roster(object{"captain": "kirk", "doctor": "mccoy"})); err != nil {
		t.Errorf("the same value is refused: %v", err)
	}

	// What one no longer says stays as long as the other says it.
	w.update(configMapToken, "default/"+crew, roster(object{"captain": "kirk"}), roster(object{}))
	wantValue(t, w.stored(configMapToken, "default/"+crew), "kirk", "data", "captain")
	if err := w.as("other", configMapToken, roster(object{"doctor": "mccoy"})); err != nil {
		t.Fatal(err)
	}
	wantValue(t, w.stored(configMapToken, "default/"+crew), "map[doctor:mccoy]", "data")
	forced := with(roster(object{"doctor": "crusher"}), "true", "metadata", "annotations", "pulumi.com/patchForce")
	w.update(configMapToken, "default/"+crew, roster(object{}), forced)
	wantValue(t, w.stored(configMapToken, "default/"+crew), "crusher", "data", "doctor")
}

// What would fail an update fails its preview, and leaves everything as it is.
func TestPreviewsAskTheAPIServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(configMapToken, roster(object{"captain": "kirk"}))
	before := w.stored(configMapToken, "default/"+crew)
	preview := func(news resource.PropertyMap) error {
		_, err := w.provider.Update(t.Context(), plugin.UpdateRequest{
			URN: "urn:pulumi:prod::vmst::" + configMapToken + "::other", Type: configMapToken, Preview: true,
			NewInputs: w.checked(configMapToken, news),
		})
		return err
	}
	wantError(t, preview(properties(roster(object{"captain": "pike"}))), `Apply failed with 1 conflict`, `data.captain`)
	require.NoError(t, preview(properties(roster(object{"doctor": "mccoy"}))))
	require.NoError(t, preview(properties(with(roster(object{"captain": "pike"}), "true",
		"metadata", "annotations", "pulumi.com/patchForce"))))
	unknown := properties(roster(object{"captain": "pike"}))
	unknown["data"].ObjectValue()["doctor"] = resource.MakeComputed(resource.NewStringProperty(""))
	require.NoError(t, preview(unknown), "not everything is known yet")
	require.Equal(t, before, w.stored(configMapToken, "default/"+crew))

	// A new object may be about to replace the one that is there, and its namespace and definition may be yet to come.
	for token, news := range map[string]object{
		configMapToken:  roster(object{"captain": "pike"}),
		deploymentToken: deployment("web", pod(nil)),
		issuerToken:     {"metadata": object{"name": "le"}, "spec": object{"selfSigned": object{}}},
	} {
		_, err := w.provider.Create(t.Context(), plugin.CreateRequest{
			Type: urn(token).Type(), Preview: true, Properties: w.checked(token, properties(news)),
		})
		require.NoError(t, err)
	}
}

// Lists whose elements have a key merge by it: what somebody else added stays.
func TestListsMergeByKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, namespaceObject("ship"))
	web := deployment(crew, pod(object{"env": []any{object{"name": "A", "value": "1"}}}))
	w.create(deploymentToken, web)
	sidecar := deployment(crew, object{"containers": []any{
		object{"name": "proxy", "image": "registry.test/proxy:1"},
	}})
	if err := w.as("other", deploymentToken, sidecar); err != nil {
		t.Fatal(err)
	}
	w.update(deploymentToken, "ship/"+crew, web, deployment(crew, pod(object{"env": []any{
		object{"name": "B", "value": "2"},
	}})))
	containers := get(w.stored(deploymentToken, "ship/"+crew), "spec", "template", "spec", "containers").([]any)
	if len(containers) != 2 {
		t.Fatalf("containers are %v, want the program's and the other's", containers)
	}
	wantValue(t, containers[0], "[map[name:B value:2]]", "env")
	wantValue(t, containers[1], "proxy", "name")
	_, err := w.tryCreate(deploymentToken, deployment("twice", pod(object{"env": []any{
		object{"name": "A"}, object{"name": "A"},
	}})))
	wantError(t, err, `duplicate entries for key [name="A"]`)
}

// The API server fills in what it fills in, so that a program can read it.
func TestDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, namespaceObject("ship"))
	w.create(deploymentToken, deployment("web", pod(nil)))
	web := w.stored(deploymentToken, "ship/web")
	wantValue(t, web, 600, "spec", "progressDeadlineSeconds")
	wantValue(t, web, "25%", "spec", "strategy", "rollingUpdate", "maxSurge")
	wantValue(t, web, "IfNotPresent", "spec", "template", "spec", "containers", 0, "imagePullPolicy")
	wantValue(t, web, 1, "metadata", "generation")
}

// What cannot change is refused by the API server, whatever the provider thinks of it.
func TestImmutableFields(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		token         string
		before, after object
		want          string
	}{
		"selector of a Deployment": {
			deploymentToken, deployment(crew, pod(nil)),
			with(with(deployment(crew, pod(nil)), "new", "spec", "selector", "matchLabels", "app"), "new",
				"spec", "template", "metadata", "labels", "app"),
			"field is immutable",
		},
		"template of a Job": {
			jobToken, with(job("a"), crew, "metadata", "name"), with(job("b"), crew, "metadata", "name"),
			"field is immutable",
		},
		"immutable ConfigMap": {
			configMapToken, with(roster(object{"a": "1"}), true, "immutable"),
			with(roster(object{"a": "2"}), true, "immutable"), "field is immutable when `immutable` is set",
		},
		"type of a Secret": {
			secretToken, with(secret("Opaque"), crew, "metadata", "name"),
			with(secret("example.test/other"), crew, "metadata", "name"), "field is immutable",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(namespaceToken, namespaceObject("ship"))
			created := w.create(test.token, test.before)
			_, err := w.tryUpdate(test.token, string(created.ID), test.before, test.after)
			wantError(t, err, test.want)
		})
	}
}

// A namespace that restricts pods lets no other start.
func TestPodSecurity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *kubernetes.Options) { o.Patience = 1 })
	w.create(namespaceToken, with(namespaceObject("strict"), "restricted",
		"metadata", "labels", "pod-security.kubernetes.io/enforce"))
	loose := with(deployment("web", pod(nil)), "strict", "metadata", "namespace")
	_, err := w.tryCreate(deploymentToken, loose)
	wantError(t, err, `violates PodSecurity "restricted:latest"`, "runAsNonRoot != true")
	w.create(deploymentToken, with(deployment("safe", pod(object{"securityContext": object{
		"runAsNonRoot": true, "allowPrivilegeEscalation": false, "seccompProfile": object{"type": "RuntimeDefault"},
		"capabilities": object{"drop": []any{"ALL"}},
	}})), "strict", "metadata", "namespace"))
}
