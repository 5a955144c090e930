package rooms_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/ingress"
	"github.com/vmstio/infrastructure/infra/release"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	ingressNamespaceType = "kubernetes:core/v1:Namespace"
	ingressSecretType    = "kubernetes:core/v1:Secret"
	ingressIssuerType    = "kubernetes:cert-manager.io/v1:ClusterIssuer"
	ingressAnnotation    = "service.beta.kubernetes.io/do-loadbalancer-"
	ingressToken         = "token-of-the-zone"
)

func ingressArgs() ingress.Args {
	return ingress.Args{
		Namespace: "ingress-nginx",
		Chart:     release.Chart{Repository: "https://ingress.example.com", Name: "ingress-nginx", Version: "4.15.1"},
		Replicas:  2,
		Resources: ingress.Resources{CPU: "200m", Memory: "256Mi", MemoryLimit: "512Mi"},
		LoadBalancer: ingress.LoadBalancer{
			ID: pulumi.String("balancer-id"), Name: "public-vmst-io", Type: "REGIONAL", Nodes: 2, ProxyProtocol: true,
		},
		TrustedRange: "10.100.0.0/20", MaxBodySize: "99m", HSTSMaxAge: 63072000,
		CertManager: release.Chart{Repository: "https://certs.example.com", Name: "cert-manager", Version: "v1.21.2"},
		ACME:        ingress.ACME{Issuer: "production", Email: "admin@vmst.io", DNSToken: pulumi.String(ingressToken)},
		Zone:        "vmst.io", Protect: true,
	}
}

func ingressProgram(args ingress.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		made, err := ingress.New(ctx, "ingress", &args)
		if err != nil {
			return err
		}
		if len(made.Ready) != 4 {
			return errors.New("both releases and both issuers must be there to wait for")
		}
		// Another resource shows what the outputs hold.
		_, err = release.New(ctx, "probe", &release.Args{
			Chart: args.Chart, ReleaseName: "probe", Namespace: pulumi.String("probe"),
			Values: pulumi.Map{"class": made.IngressClass, "issuer": made.IssuerName},
		})
		return err
	}
}

func ingressRun(t *testing.T, args ingress.Args) *mocks.Recorder {
	t.Helper()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(ingressProgram(args)))
	return r
}

func TestIngressController(t *testing.T) {
	r := ingressRun(t, ingressArgs())

	made := r.One(t, release.Type, "ingress-controller")
	require.Contains(t, made.Parent, "vmst:ingress:Ingress::ingress")
	require.Equal(t, "ingress-nginx", made.Input("chart"))
	require.Equal(t, "4.15.1", made.Input("version"))
	require.Equal(t, "https://ingress.example.com", made.Input("repositoryOpts", "repo"))
	require.Equal(t, "ingress-nginx", made.Input("name"))
	require.Equal(t, "ingress-nginx", made.Input("namespace"))
	require.Equal(t, 900.0, made.Input("timeout"))
	for _, property := range []resource.PropertyKey{"disableCRDHooks", "disableWebhooks", "skipAwait"} {
		require.NotContains(t, made.Inputs, property)
	}

	value := func(path ...any) any { return made.Input(append([]any{"values", "controller"}, path...)...) }
	require.Equal(t, 2.0, value("replicaCount"))
	require.Equal(t, 1.0, value("maxUnavailable"))
	require.Equal(t, map[string]any{
		"requests": map[string]any{"cpu": "200m", "memory": "256Mi"}, "limits": map[string]any{"memory": "512Mi"},
	}, value("resources"))
	require.Equal(t, map[string]any{
		"maxSkew": 1.0, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "nodeTaintsPolicy": "Honor",
		"labelSelector": map[string]any{"matchLabels": map[string]any{
			"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/instance": "ingress-nginx", "app.kubernetes.io/component": "controller",
		}},
		"matchLabelKeys": []any{"pod-template-hash"},
	}, value("topologySpreadConstraints", 0))
	require.Equal(t, true, value("metrics", "enabled"))
	require.Equal(t, 10.0, value("admissionWebhooks", "timeoutSeconds"))
	require.Equal(t, map[string]any{"name": "nginx", "default": false}, value("ingressClassResource"))
	require.Nil(t, value("image"), "the chart's own")
	require.Nil(t, value("nodeSelector"))
	require.Equal(t, map[string]any{"class": "nginx", "issuer": "letsencrypt-production"}, r.One(t, release.Type, "probe").Input("values"))
}

func TestIngressServiceAdoptsTheLoadBalancer(t *testing.T) {
	for _, proxy := range []bool{true, false} {
		args := ingressArgs()
		args.LoadBalancer.ProxyProtocol = proxy
		made := ingressRun(t, args).One(t, release.Type, "ingress-controller")
		require.Equal(t, "Local", made.Input("values", "controller", "service", "externalTrafficPolicy"))
		require.Equal(t, map[string]any{
			"kubernetes.digitalocean.com/load-balancer-id": "balancer-id",
			ingressAnnotation + "name":                     "public-vmst-io",
			ingressAnnotation + "type":                     "REGIONAL",
			ingressAnnotation + "network":                  "EXTERNAL",
			ingressAnnotation + "network-stack":            "IPV4",
			ingressAnnotation + "size-unit":                "2",
			ingressAnnotation + "enable-proxy-protocol":    strconv.FormatBool(proxy),
		}, made.Input("values", "controller", "service", "annotations"), "every value is a string")
		// At both ends or at neither.
		require.Equal(t, strconv.FormatBool(proxy), made.Input("values", "controller", "config", "use-proxy-protocol"))
		if proxy {
			require.Equal(t, "10.100.0.0/20", made.Input("values", "controller", "config", "proxy-real-ip-cidr"))
		} else {
			require.Nil(t, made.Input("values", "controller", "config", "proxy-real-ip-cidr"))
		}
	}
}

func TestIngressNginx(t *testing.T) {
	config, ok := ingressRun(t, ingressArgs()).One(t, release.Type, "ingress-controller").
		Input("values", "controller", "config").(map[string]any)
	require.True(t, ok)
	for key, value := range config {
		require.IsType(t, "", value, "%s: a ConfigMap holds text", key)
	}
	for key, want := range map[string]string{
		"use-forwarded-headers": "false", "proxy-body-size": "99m", "proxy-read-timeout": "3600", "proxy-send-timeout": "3600",
		"ssl-protocols": "TLSv1.2 TLSv1.3", "ssl-reject-handshake": "true", "hsts": "true", "hsts-max-age": "63072000",
		"hsts-include-subdomains": "false", "use-gzip": "true", "enable-brotli": "true", "server-tokens": "false",
		"hide-headers": "X-Powered-By,X-Runtime", "annotations-risk-level": "Medium",
	} {
		require.Equal(t, want, config[key], key)
	}
	require.Contains(t, config["gzip-types"], "application/activity+json")
	require.Equal(t, config["gzip-types"], config["brotli-types"])
	require.Regexp(t, `^(ECDHE-(ECDSA|RSA)-(AES128-GCM-SHA256|AES256-GCM-SHA384|CHACHA20-POLY1305):?)+$`, config["ssl-ciphers"])

	args := ingressArgs()
	args.HSTSMaxAge = 0
	require.Equal(t, "false", ingressRun(t, args).One(t, release.Type, "ingress-controller").Input("values", "controller", "config", "hsts"))
}

func TestIngressImageAndNodesCanBeChosen(t *testing.T) {
	args := ingressArgs()
	args.Image = &ingress.Image{Registry: "registry.example.com", Image: "fork/controller", Tag: "v1.15.2"}
	args.NodeSelector = map[string]string{"vmst.io/pool": "web"}
	made := ingressRun(t, args).One(t, release.Type, "ingress-controller")
	require.Equal(t, map[string]any{
		"registry": "registry.example.com", "image": "fork/controller", "tag": "v1.15.2", "digest": "",
	}, made.Input("values", "controller", "image"), "the chart's digest is that of another image")
	require.Equal(t, map[string]any{"vmst.io/pool": "web"}, made.Input("values", "controller", "nodeSelector"))
}

func TestIngressCertManager(t *testing.T) {
	for replicas, want := range map[int]float64{1: 1, 2: 2, 5: 2} {
		args := ingressArgs()
		args.Replicas = replicas
		made := ingressRun(t, args).One(t, release.Type, "ingress-cert-manager")
		require.Equal(t, "cert-manager", made.Input("namespace"))
		require.Equal(t, "v1.21.2", made.Input("version"))
		require.Equal(t, map[string]any{"enabled": true, "keep": true}, made.Input("values", "crds"))
		require.Equal(t, 10.0, made.Input("values", "webhook", "timeoutSeconds"))
		require.Equal(t, true, made.Input("values", "prometheus", "enabled"))
		for component, path := range map[string][]any{"controller": nil, "webhook": {"webhook"}, "cainjector": {"cainjector"}} {
			value := func(rest ...any) any { return made.Input(append(append([]any{"values"}, path...), rest...)...) }
			require.Equal(t, want, value("replicaCount"), component)
			require.Equal(t, want > 1, value("podDisruptionBudget", "enabled"), "a budget for one pod blocks every node upgrade")
			require.NotEmpty(t, value("resources", "requests", "memory"), component)
			require.Equal(t, component, value("topologySpreadConstraints", 0, "labelSelector", "matchLabels", "app.kubernetes.io/component"))
		}
	}
}

func TestIngressIssuers(t *testing.T) {
	r := ingressRun(t, ingressArgs())
	for kind, server := range map[string]string{
		"production": "https://acme-v02.api.letsencrypt.org/directory",
		"staging":    "https://acme-staging-v02.api.letsencrypt.org/directory",
	} {
		made := r.One(t, ingressIssuerType, "ingress-issuer-"+kind)
		require.Equal(t, "letsencrypt-"+kind, made.Input("metadata", "name"))
		require.Equal(t, map[string]any{
			"server": server, "email": "admin@vmst.io", "privateKeySecretRef": map[string]any{"name": "letsencrypt-" + kind + "-account"},
			"solvers": []any{map[string]any{
				"selector": map[string]any{"dnsZones": []any{"vmst.io"}},
				"dns01": map[string]any{"digitalocean": map[string]any{
					"tokenSecretRef": map[string]any{"name": "digitalocean-dns", "key": "access-token"},
				}},
			}},
		}, made.Input("spec", "acme"))
		after := map[string]bool{}
		for _, urn := range made.DependsOn {
			after[resource.URN(urn).Name()] = true
		}
		require.True(t, after["ingress-cert-manager"] && after["ingress-dns-token"], "it needs the definitions and the token")
	}

	args := ingressArgs()
	args.ACME.Issuer = "staging"
	require.Equal(t, "letsencrypt-staging", ingressRun(t, args).One(t, release.Type, "probe").Input("values", "issuer"))
}

func TestIngressTokenIsASecretAndNowhereElse(t *testing.T) {
	r := ingressRun(t, ingressArgs())
	made := r.One(t, ingressSecretType, "ingress-dns-token")
	require.Equal(t, "digitalocean-dns", made.Input("metadata", "name"))
	require.Equal(t, "cert-manager", made.Input("metadata", "namespace"))
	require.True(t, made.Secret("stringData"))
	require.True(t, made.Input("stringData", "access-token") == ingressToken, "the token is not the one that was given")
	for _, other := range r.All() {
		if other.Name != made.Name {
			require.False(t, other.Inputs.ContainsSecrets(), other.Name)
			require.NotContains(t, resource.NewProperty(other.Inputs).String(), ingressToken, other.Name)
		}
	}
}

// Deleting the Service deletes the load balancer, and the namespace has the Service.
func TestIngressProtectsTheAddress(t *testing.T) {
	for _, protect := range []bool{true, false} {
		args := ingressArgs()
		args.Protect = protect
		r := ingressRun(t, args)
		for _, made := range []mocks.Resource{
			r.One(t, release.Type, "ingress-controller"), r.One(t, ingressNamespaceType, "ingress-namespace"),
		} {
			require.Equal(t, protect, made.Protect, made.Name)
			require.Equal(t, protect, made.RetainOnDelete, made.Name)
		}
		for _, made := range []mocks.Resource{
			r.One(t, release.Type, "ingress-cert-manager"), r.One(t, ingressNamespaceType, "ingress-cert-manager-namespace"),
			r.One(t, ingressSecretType, "ingress-dns-token"),
		} {
			require.False(t, made.Protect, made.Name)
		}
	}
}

func TestIngressInPreviewAndWithFailures(t *testing.T) {
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(ingressProgram(ingressArgs())))
	require.Equal(t, "REGIONAL",
		r.One(t, release.Type, "ingress-controller").Input("values", "controller", "service", "annotations", ingressAnnotation+"type"))
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, ingressProgram(ingressArgs()))
}

func TestIngressRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(ingressProgram(ingress.Args{
		Namespace: "cert-manager", LoadBalancer: ingress.LoadBalancer{Type: "REGIONAL_NETWORK", Nodes: 201, ProxyProtocol: true},
		TrustedRange: "everywhere", MaxBodySize: "99 MB", HSTSMaxAge: -1, ACME: ingress.ACME{Issuer: "selfsigned"},
	}))
	for _, problem := range []string{
		`Namespace "cert-manager" is cert-manager's`, "Chart.Repository is missing", "Chart.Name is missing", "Chart.Version is missing",
		"Replicas 0 is less than 1", "Resources.CPU is missing", "Resources.Memory is missing", "Resources.MemoryLimit is missing",
		"LoadBalancer.ID is missing", "LoadBalancer.Name is missing", "LoadBalancer.Nodes 201 is not between 1 and 200",
		"LoadBalancer.ProxyProtocol needs Type REGIONAL", `TrustedRange "everywhere" is not a range`, `MaxBodySize "99 MB" is not a size`,
		"HSTSMaxAge -1 is negative", "CertManager.Repository is missing", `ACME.Issuer "selfsigned" is not one of [production staging]`,
		"ACME.Email is missing", "ACME.DNSToken is missing", "Zone is missing",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Empty(t, r.OfType("vmst:ingress:Ingress"))
	require.Empty(t, r.OfType(release.Type))
	require.Empty(t, r.OfType(ingressNamespaceType))
}
