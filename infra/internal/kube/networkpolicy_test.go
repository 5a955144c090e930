package kube_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"

func isolation() *kube.Isolation {
	return &kube.Isolation{VPC: "10.64.0.0/20", Allow: []settings.Destination{
		{Range: "10.64.0.9/32", Port: 636}, {Namespace: "libretranslate", Port: 5000},
	}}
}

func isolationProgram(i *kube.Isolation) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := i.Isolate(ctx, "host", "social", []string{kube.Ingress, kube.Egress}, []kube.Opening{
			{Name: "all", To: pulumi.MapArray{kube.ToDNS(), kube.ToInternet()}},
			{Name: "web", To: pulumi.MapArray{kube.ToInternet(kube.HTTPS)}},
			{
				Name: "some", Pods: kube.Component(kube.NotIn, "pad"),
				To: append(i.ToAllowed(), i.ToDatabases(pulumi.Int(25061), pulumi.Int(25060), pulumi.Int(25061))),
				From: pulumi.MapArray{
					kube.From("http", kube.Peer{Namespace: "edge"}),
					kube.From("", kube.Peer{Namespace: "edge", Labels: map[string]string{"app": "door"}}),
					kube.FromWithin(),
				},
			},
		})
		return err
	}
}

func TestIsolation(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(isolationProgram(isolation())))
	require.Len(t, r.OfType(policyType), 4)
	policy := func(name string) any {
		made := r.One(t, policyType, "host-policy-"+name)
		require.Equal(t, map[string]any{"name": name, "namespace": "social"}, made.Input("metadata"))
		return made.Input("spec")
	}
	namespace := func(name string) map[string]any {
		return map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": name}}
	}
	require.Equal(t, map[string]any{
		"podSelector": map[string]any{}, "policyTypes": []any{"Ingress", "Egress"},
	}, policy("default-deny"))
	require.Equal(t, map[string]any{
		"podSelector": map[string]any{}, "policyTypes": []any{"Egress"},
		"egress": []any{
			map[string]any{"to": []any{map[string]any{
				"namespaceSelector": namespace("kube-system"),
				"podSelector":       map[string]any{"matchLabels": map[string]any{"k8s-app": "kube-dns"}},
			}}},
			map[string]any{"to": []any{map[string]any{"ipBlock": map[string]any{
				"cidr":   "0.0.0.0/0",
				"except": []any{"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"},
			}}}},
		},
	}, policy("all"))
	tcp := func(ports ...any) []any {
		var list []any
		for _, port := range ports {
			list = append(list, map[string]any{"protocol": "TCP", "port": port})
		}
		return list
	}
	require.Equal(t, tcp(443.0), policy("web").(map[string]any)["egress"].([]any)[0].(map[string]any)["ports"])
	block := func(cidr string) []any {
		return []any{map[string]any{"ipBlock": map[string]any{"cidr": cidr}}}
	}
	require.Equal(t, map[string]any{
		"podSelector": map[string]any{"matchExpressions": []any{map[string]any{
			"key": "app.kubernetes.io/component", "operator": "NotIn", "values": []any{"pad"},
		}}},
		"policyTypes": []any{"Ingress", "Egress"},
		"ingress": []any{
			map[string]any{"from": []any{map[string]any{"namespaceSelector": namespace("edge")}}, "ports": tcp("http")},
			map[string]any{"from": []any{map[string]any{
				"namespaceSelector": namespace("edge"),
				"podSelector":       map[string]any{"matchLabels": map[string]any{"app": "door"}},
			}}},
			map[string]any{"from": []any{map[string]any{"podSelector": map[string]any{}}}},
		},
		"egress": []any{
			map[string]any{"to": block("10.64.0.9/32"), "ports": tcp(636.0)},
			map[string]any{
				"to": []any{map[string]any{"namespaceSelector": namespace("libretranslate")}}, "ports": tcp(5000.0),
			},
			map[string]any{"to": block("10.64.0.0/20"), "ports": tcp(25060.0, 25061.0)},
		},
	}, policy("some"), "each port once")
}

func TestNoIsolation(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
		var none *kube.Isolation
		made, err := none.Isolate(ctx, "host", "social", []string{kube.Ingress}, nil)
		require.Empty(t, made)
		return err
	}))
	require.Empty(t, r.OfType(policyType))
}

func TestIsolationReturnsFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, isolationProgram(isolation()))
}
