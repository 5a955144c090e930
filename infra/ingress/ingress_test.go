package ingress_test

import (
	"strconv"
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/ingress"
	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	namespaceType = "kubernetes:core/v1:Namespace"
	secretType    = "kubernetes:core/v1:Secret"
	issuerType    = "kubernetes:cert-manager.io/v1:ClusterIssuer"
	annotation    = "service.beta.kubernetes.io/do-loadbalancer-"
	token         = "token-of-the-zone"
)

func arguments() ingress.Args {
	return ingress.Args{
		Ingress: settings.Ingress{
			Chart: settings.Chart{
				Repository: "https://ingress.example.com", Name: "ingress-nginx", Version: "4.15.1",
			},
			Replicas:  2,
			Resources: settings.Resources{CPU: "200m", Memory: "256Mi", MemoryLimit: "512Mi"},
			CertManager: settings.CertManager{
				Repository: "https://certs.example.com", Name: "cert-manager", Version: "v1.21.2",
			},
			MaxBodySize: "99m", HSTSMaxAge: 63072000,
			ACME: settings.ACME{Issuer: settings.IssuerProduction, Email: "admin@vmst.io"},
		},
		LoadBalancer: settings.LoadBalancer{
			Type: settings.Regional, NetworkStack: settings.IPv4, Nodes: 2, ProxyProtocol: true,
		},
		LoadBalancerID: pulumi.String("balancer-id"), LoadBalancerName: "public-vmst-io",
		TrustedRange: "10.100.0.0/20", Domain: "social.vmst.io", Zone: "vmst.io", DNSToken: pulumi.String(token),
		Protect: true,
	}
}

// program makes the ingress in a cluster, and hands it to look.
func program(args ingress.Args, look func(*ingress.Ingress)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		cluster, err := corev1.NewConfigMap(ctx, "cluster", nil)
		if err != nil {
			return err
		}
		args.Cluster = cluster
		made, err := ingress.New(ctx, "ingress", &args)
		if err != nil {
			return err
		}
		look(made)
		return nil
	}
}

func run(t *testing.T, args ingress.Args) (*mocks.Recorder, *ingress.Ingress) {
	t.Helper()
	r := &mocks.Recorder{}
	var made *ingress.Ingress
	require.NoError(t, r.Run(program(args, func(i *ingress.Ingress) { made = i })))
	return r, made
}

// controller is the release of the controller.
func controller(t *testing.T, args ingress.Args) mocks.Resource {
	t.Helper()
	r, _ := run(t, args)
	return r.One(t, kube.ReleaseType, "ingress-controller")
}

func TestController(t *testing.T) {
	t.Parallel()
	made := controller(t, arguments())
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
		"maxSkew": 1.0, "topologyKey": "kubernetes.io/hostname",
		"whenUnsatisfiable": "DoNotSchedule", "nodeTaintsPolicy": "Honor",
		"labelSelector": map[string]any{"matchLabels": map[string]any{
			"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/instance": "ingress-nginx",
			"app.kubernetes.io/component": "controller",
		}},
		"matchLabelKeys": []any{"pod-template-hash"},
	}, value("topologySpreadConstraints", 0))
	require.Equal(t, true, value("metrics", "enabled"))
	require.Equal(t, 10.0, value("admissionWebhooks", "timeoutSeconds"))
	require.Equal(t, map[string]any{"name": "nginx", "default": false}, value("ingressClassResource"))
	require.Nil(t, value("image"), "the chart's own")
	require.Nil(t, value("nodeSelector"), "the chart's own")
	require.Equal(t, map[string]any{"shutdown-grace-period": "30"}, value("extraArgs"))
	require.Equal(t, map[string]any{"X-Request-Start": "t=${msec}"}, value("proxySetHeaders"))

	args := arguments()
	args.Pool = "general"
	require.Equal(t, map[string]any{settings.PoolLabel: "general"},
		controller(t, args).Input("values", "controller", "nodeSelector"))
}

func TestServiceAdoptsTheLoadBalancer(t *testing.T) {
	t.Parallel()
	for _, proxy := range []bool{true, false} {
		args := arguments()
		args.LoadBalancer.ProxyProtocol = proxy
		args.TrustedRanges = []string{"10.118.0.7/32"}
		made := controller(t, args)
		require.Equal(t, "Local", made.Input("values", "controller", "service", "externalTrafficPolicy"))
		require.Equal(t, map[string]any{
			"kubernetes.digitalocean.com/load-balancer-id": "balancer-id",
			annotation + "name":                            "public-vmst-io",
			annotation + "type":                            "REGIONAL",
			annotation + "network":                         "EXTERNAL",
			annotation + "network-stack":                   "IPV4",
			annotation + "hostname":                        "social.vmst.io",
			annotation + "size-unit":                       "2",
			annotation + "enable-proxy-protocol":           strconv.FormatBool(proxy),
		}, made.Input("values", "controller", "service", "annotations"), "every value is a string")
		// At both ends or at neither.
		require.Equal(t, strconv.FormatBool(proxy), made.Input("values", "controller", "config", "use-proxy-protocol"))
		if proxy {
			require.Equal(t, "10.100.0.0/20,10.118.0.7/32",
				made.Input("values", "controller", "config", "proxy-real-ip-cidr"))
		} else {
			require.Nil(t, made.Input("values", "controller", "config", "proxy-real-ip-cidr"))
		}
	}
}

func TestNginx(t *testing.T) {
	t.Parallel()
	config, ok := controller(t, arguments()).Input("values", "controller", "config").(map[string]any)
	require.True(t, ok)
	for key, value := range config {
		require.IsType(t, "", value, "%s: a ConfigMap holds text", key)
	}
	for key, want := range map[string]string{
		"use-forwarded-headers": "false", "proxy-body-size": "99m",
		"ssl-protocols": "TLSv1.2 TLSv1.3", "ssl-reject-handshake": "true", "hsts": "true", "hsts-max-age": "63072000",
		"hsts-include-subdomains": "false", "use-gzip": "true", "enable-brotli": "true", "server-tokens": "false",
		"hide-headers": "X-Powered-By,X-Runtime", "annotations-risk-level": "Medium",
	} {
		require.Equal(t, want, config[key], key)
	}
	require.NotContains(t, config, "proxy-read-timeout", "each Ingress has its own")
	require.Contains(t, config["gzip-types"], "application/activity+json")
	require.Equal(t, config["gzip-types"], config["brotli-types"])
	require.Regexp(t, `^(ECDHE-(ECDSA|RSA)-(AES128-GCM-SHA256|AES256-GCM-SHA384|CHACHA20-POLY1305):?)+$`,
		config["ssl-ciphers"])

	args := arguments()
	args.HSTSMaxAge, args.MaxBodySize = 0, "300m"
	made := controller(t, args)
	require.Equal(t, "false", made.Input("values", "controller", "config", "hsts"))
	require.Equal(t, "300m", made.Input("values", "controller", "config", "proxy-body-size"))
}

func TestImageCanBeChosen(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.Image = &settings.ControllerImage{Registry: "registry.example.com", Image: "fork/controller", Tag: "v1.15.2"}
	require.Equal(t, map[string]any{
		"registry": "registry.example.com", "image": "fork/controller", "tag": "v1.15.2", "digest": "",
	}, controller(t, args).Input("values", "controller", "image"), "the chart's digest is that of another image")

	args.Image = &settings.ControllerImage{Tag: "v1.15.2", Digest: "sha256:abc"}
	require.Equal(t, map[string]any{"tag": "v1.15.2", "digest": "sha256:abc"},
		controller(t, args).Input("values", "controller", "image"), "what is left out is the chart's")
}

func TestCertManager(t *testing.T) {
	t.Parallel()
	for replicas, want := range map[int]float64{1: 1, 2: 2, 5: 2} {
		args := arguments()
		args.Replicas = replicas
		r, _ := run(t, args)
		made := r.One(t, kube.ReleaseType, "ingress-cert-manager")
		require.Equal(t, "cert-manager", made.Input("namespace"))
		require.Equal(t, "v1.21.2", made.Input("version"))
		require.Equal(t, map[string]any{"enabled": true, "keep": true}, made.Input("values", "crds"))
		require.Equal(t, 10.0, made.Input("values", "webhook", "timeoutSeconds"))
		require.Equal(t, true, made.Input("values", "prometheus", "enabled"))
		for component, path := range map[string][]any{
			"controller": nil, "webhook": {"webhook"}, "cainjector": {"cainjector"},
		} {
			value := func(rest ...any) any { return made.Input(append(append([]any{"values"}, path...), rest...)...) }
			require.Equal(t, want, value("replicaCount"), component)
			require.Equal(t, want > 1, value("podDisruptionBudget", "enabled"),
				"a budget for one pod blocks every node upgrade")
			require.NotEmpty(t, value("resources", "requests", "memory"), component)
			require.Equal(t, component, value(
				"topologySpreadConstraints", 0, "labelSelector", "matchLabels", "app.kubernetes.io/component"))
		}
	}
}

func TestOwnValuesComeLast(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.Values = settings.Values{"controller": map[string]any{
		"metrics": map[string]any{"port": 9.0}, "config": map[string]any{"use-gzip": "false"},
	}}
	args.CertManager.Values = settings.Values{"webhook": map[string]any{"replicaCount": 7.0}}
	r, _ := run(t, args)

	made := r.One(t, kube.ReleaseType, "ingress-controller")
	require.Equal(t, map[string]any{"enabled": true, "port": 9.0}, made.Input("values", "controller", "metrics"))
	require.Equal(t, "false", made.Input("values", "controller", "config", "use-gzip"))
	require.Equal(t, "true", made.Input("values", "controller", "config", "enable-brotli"))
	made = r.One(t, kube.ReleaseType, "ingress-cert-manager")
	require.Equal(t, 7.0, made.Input("values", "webhook", "replicaCount"))
	require.Equal(t, 10.0, made.Input("values", "webhook", "timeoutSeconds"))
	require.Equal(t, 2.0, made.Input("values", "replicaCount"))
}

func TestIssuers(t *testing.T) {
	t.Parallel()
	r, made := run(t, arguments())
	for kind, server := range map[string]string{
		"production": "https://acme-v02.api.letsencrypt.org/directory",
		"staging":    "https://acme-staging-v02.api.letsencrypt.org/directory",
	} {
		issuer := r.One(t, issuerType, "ingress-issuer-"+kind)
		require.Equal(t, "letsencrypt-"+kind, issuer.Input("metadata", "name"))
		require.Equal(t, map[string]any{
			"server": server, "email": "admin@vmst.io",
			"privateKeySecretRef": map[string]any{"name": "letsencrypt-" + kind + "-account"},
			"solvers": []any{map[string]any{
				"selector": map[string]any{"dnsZones": []any{"vmst.io"}},
				"dns01": map[string]any{"digitalocean": map[string]any{
					"tokenSecretRef": map[string]any{"name": "digitalocean-dns", "key": "access-token"},
				}},
			}},
		}, issuer.Input("spec", "acme"))
		after := map[string]bool{}
		for _, urn := range issuer.DependsOn {
			after[resource.URN(urn).Name()] = true
		}
		require.True(t, after["ingress-cert-manager"] && after["ingress-dns-token"], "it needs definitions and token")
	}
	require.Equal(t, "nginx", made.Class)
	require.Equal(t, "letsencrypt-production", made.Issuer)
	require.Len(t, made.Ready, 4, "both releases and both issuers are there to wait for")

	args := arguments()
	args.ACME.Issuer = settings.IssuerStaging
	_, made = run(t, args)
	require.Equal(t, "letsencrypt-staging", made.Issuer)
}

func TestTokenIsASecretAndNowhereElse(t *testing.T) {
	t.Parallel()
	r, _ := run(t, arguments())
	made := r.One(t, secretType, "ingress-dns-token")
	require.Equal(t, "digitalocean-dns", made.Input("metadata", "name"))
	require.Equal(t, "cert-manager", made.Input("metadata", "namespace"))
	require.True(t, made.Secret("stringData"))
	require.True(t, made.Input("stringData", "access-token") == token, "the token is not the one that was given")
	for _, other := range r.All() {
		if other.Name != made.Name {
			require.False(t, other.Inputs.ContainsSecrets(), other.Name)
			require.NotContains(t, resource.NewProperty(other.Inputs).String(), token, other.Name)
		}
	}
}

// What the charts' pods may do is bounded, and what is unusual is said.
func TestPodSecurityOfTheCharts(t *testing.T) {
	t.Parallel()
	r, _ := run(t, arguments())
	for _, namespace := range []string{"ingress-namespace", "ingress-cert-manager-namespace"} {
		require.Equal(t, map[string]any{
			"pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "restricted",
			"pod-security.kubernetes.io/audit": "restricted",
		}, r.One(t, namespaceType, namespace).Input("metadata", "labels"))
	}
}

// Deleting the Service deletes the load balancer, and the namespace has the Service.
func TestProtectsTheAddress(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		args := arguments()
		args.Protect = protect
		r, _ := run(t, args)
		for _, made := range []mocks.Resource{
			r.One(t, kube.ReleaseType, "ingress-controller"), r.One(t, namespaceType, "ingress-namespace"),
		} {
			require.Equal(t, protect, made.Protect, made.Name)
			require.Equal(t, protect, made.RetainOnDelete, made.Name)
		}
		for _, made := range []mocks.Resource{
			r.One(t, kube.ReleaseType, "ingress-cert-manager"), r.One(t, secretType, "ingress-dns-token"),
			r.One(t, namespaceType, "ingress-cert-manager-namespace"),
		} {
			require.False(t, made.Protect, made.Name)
		}
	}
}

// A Service that is left to the deletion of the cluster leaves a load balancer behind.
func TestOnlyTheControllerIsDeletedByItself(t *testing.T) {
	t.Parallel()
	r, _ := run(t, arguments())
	for _, made := range r.All() {
		switch {
		case !made.Custom || made.Name == "cluster":
		case made.Name == "ingress-controller":
			require.Empty(t, made.DeletedWith)
		default:
			require.Equal(t, "cluster", resource.URN(made.DeletedWith).Name(), made.Name)
		}
	}
}

func TestInPreviewAndWithFailures(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	ignore := func(*ingress.Ingress) {}
	require.NoError(t, r.Run(program(arguments(), ignore)))
	require.Equal(t, "REGIONAL", r.One(t, kube.ReleaseType, "ingress-controller").
		Input("values", "controller", "service", "annotations", annotation+"type"))
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(arguments(), ignore))
}

func TestMissingArgumentsRegisterNothing(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	err := r.Run(func(ctx *pulumi.Context) error {
		_, err := ingress.New(ctx, "ingress", &ingress.Args{})
		return err
	})
	require.ErrorContains(t, err,
		"ingress arguments: Cluster, DNSToken, Domain, LoadBalancerID, LoadBalancerName, TrustedRange, Zone missing")
	require.Len(t, r.All(), len(r.OfType("pulumi:pulumi:Stack")))
}

// What the Service asks for is what the load balancer has: the cloud controller writes it, and another stack would be
// another address.
func TestServiceAsksForWhatTheLoadBalancerIs(t *testing.T) {
	t.Parallel()
	for _, balancer := range []settings.LoadBalancer{
		{Type: settings.Regional, NetworkStack: settings.DualStack, Nodes: 3, ProxyProtocol: true},
		{Type: settings.RegionalNetwork, NetworkStack: settings.IPv4, Nodes: 1},
	} {
		args := arguments()
		args.LoadBalancer = balancer
		annotations := controller(t, args).Input("values", "controller", "service", "annotations").(map[string]any)
		require.Equal(t, string(balancer.Type), annotations[annotation+"type"])
		require.Equal(t, string(balancer.NetworkStack), annotations[annotation+"network-stack"])
		require.Equal(t, strconv.Itoa(balancer.Nodes), annotations[annotation+"size-unit"])
	}
}

// A pod that is told to stop answers until the load balancer has noticed, then its workers end what they have begun:
// Kubernetes must not kill it before both are over.
func TestControllerStopsInTime(t *testing.T) {
	t.Parallel()
	made := controller(t, arguments())
	// Three checks, three seconds apart (digitalocean-cloud-controller-manager, loadbalancers.go).
	const noticed = 3 * 3
	// The defaults of chart 4.15.1: terminationGracePeriodSeconds and nginx' worker-shutdown-timeout.
	const killed, drained = 300, 240
	require.Nil(t, made.Input("values", "controller", "terminationGracePeriodSeconds"), "the chart's own")
	require.Nil(t, made.Input("values", "controller", "config", "worker-shutdown-timeout"), "the controller's own")
	grace, err := strconv.Atoi(made.Input("values", "controller", "extraArgs", "shutdown-grace-period").(string))
	require.NoError(t, err)
	require.Greater(t, grace, noticed)
	require.Less(t, grace+drained, killed)
}
