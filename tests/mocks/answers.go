package mocks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// computed are the outputs that only a provider knows, by type token.
func computed(typ, name string, inputs resource.PropertyMap) resource.PropertyMap {
	text := resource.NewProperty[string]
	secret := func(s string) resource.PropertyValue { return resource.MakeSecret(text(s)) }
	input := func(key resource.PropertyKey) string {
		if v := plain(inputs[key]); v.IsString() {
			return v.StringValue()
		}
		return ""
	}
	switch typ {
	case "digitalocean:index/vpc:Vpc":
		return resource.PropertyMap{"vpcUrn": text("do:vpc:" + name)}
	case "digitalocean:index/kubernetesCluster:KubernetesCluster":
		return resource.PropertyMap{
			"endpoint":   text("https://" + name + ".k8s.ondigitalocean.com"),
			"clusterUrn": text("do:kubernetes:" + name),
			"kubeConfigs": resource.MakeSecret(resource.NewProperty([]resource.PropertyValue{
				resource.NewProperty(resource.PropertyMap{
					"host":                 text("https://" + name + ".k8s.ondigitalocean.com"),
					"clusterCaCertificate": text("Y2E="),
					"token":                text("kube-token"),
					"rawConfig":            text("apiVersion: v1"),
				}),
			})),
		}
	case "digitalocean:index/databaseCluster:DatabaseCluster":
		port := 25060.0
		user := "doadmin"
		if input("engine") == "valkey" {
			port, user = 25061, "default"
		}
		return resource.PropertyMap{
			"clusterUrn": text("do:dbaas:" + name), "database": text("defaultdb"), "user": text(user),
			"host":        text(name + ".db.ondigitalocean.com"),
			"privateHost": text("private-" + name + ".db.ondigitalocean.com"),
			"port":        resource.NewProperty(port), "password": secret("password-of-" + name),
			"uri": secret("uri-of-" + name), "privateUri": secret("private-uri-of-" + name),
			"metricsEndpoints": resource.NewProperty([]resource.PropertyValue{
				text("https://" + name + ".db.ondigitalocean.com:9273/metrics"),
			}),
		}
	case "digitalocean:index/databaseUser:DatabaseUser":
		return resource.PropertyMap{"password": secret("password-of-" + name), "role": text("normal")}
	case "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool":
		return resource.PropertyMap{
			"host": text("pool.db.ondigitalocean.com"), "privateHost": text("private-pool.db.ondigitalocean.com"),
			"port": resource.NewProperty(25061.0), "password": secret("password-of-" + name),
			"uri": secret("uri-of-" + name), "privateUri": secret("private-uri-of-" + name),
		}
	case "digitalocean:index/spacesBucket:SpacesBucket":
		host := input("name") + "." + input("region") + ".digitaloceanspaces.com"
		return resource.PropertyMap{
			"bucketDomainName": text(host), "bucketUrn": text("do:space:" + input("name")),
			"endpoint": text(input("region") + ".digitaloceanspaces.com"),
		}
	case "digitalocean:index/spacesKey:SpacesKey":
		return resource.PropertyMap{"accessKey": text("access-" + name), "secretKey": secret("secret-of-" + name)}
	case "digitalocean:index/cdn:Cdn":
		endpoint := strings.Replace(input("origin"), ".digitaloceanspaces", ".cdn.digitaloceanspaces", 1)
		return resource.PropertyMap{"endpoint": text(endpoint)}
	case "digitalocean:index/loadBalancer:LoadBalancer":
		return resource.PropertyMap{
			"ip": text("203.0.113.10"), "loadBalancerUrn": text("do:loadbalancer:" + name), "status": text("active"),
		}
	case "digitalocean:index/domain:Domain":
		return resource.PropertyMap{"domainUrn": text("do:domain:" + input("name"))}
	case "digitalocean:index/dnsRecord:DnsRecord":
		return resource.PropertyMap{"fqdn": text(input("name") + "." + input("domain"))}
	case "random:index/randomBytes:RandomBytes":
		return resource.PropertyMap{"hex": secret("hex-of-" + name), "base64": secret("base64-of-" + name)}
	case "random:index/randomPassword:RandomPassword":
		return resource.PropertyMap{"result": secret("result-of-" + name)}
	case "tls:index/privateKey:PrivateKey":
		return resource.PropertyMap{"privateKeyPem": secret(vapidPEM()), "publicKeyPem": text("public-of-" + name)}
	}
	return nil
}

// vapidPEM is a P-256 key in the form of the tls provider, the same in every run:
// the golden files show what is derived from it.
var vapidPEM = sync.OnceValue(func() string {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{1}, 32))
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
})

// Answer computes the result of a function from its arguments.
type Answer func(properties) (properties, error)

type properties = resource.PropertyMap

// OfferingKubernetes answers which versions of Kubernetes there are.
func OfferingKubernetes(versions ...string) Answer {
	return func(properties) (properties, error) {
		list := []resource.PropertyValue{}
		for _, version := range versions {
			list = append(list, resource.NewProperty(version))
		}
		return properties{"validVersions": resource.NewProperty(list)}, nil
	}
}

// answers are the functions that a program may call, by token.
var answers = map[string]Answer{
	"digitalocean:index/getKubernetesVersions:getKubernetesVersions": func(args properties) (properties, error) {
		valid := []resource.PropertyValue{}
		prefix := ""
		if v := args["versionPrefix"]; v.IsString() {
			prefix = v.StringValue()
		}
		for _, version := range []string{"1.35.2-do.1", "1.35.1-do.0", "1.34.5-do.2"} {
			if strings.HasPrefix(version, prefix) {
				valid = append(valid, resource.NewProperty(version))
			}
		}
		latest := resource.NewProperty("")
		if len(valid) > 0 {
			latest = valid[0]
		}
		return resource.PropertyMap{
			"id": resource.NewProperty("versions"), "latestVersion": latest,
			"validVersions": resource.NewProperty(valid),
		}, nil
	},
	"netlify:index/getSite:getSite": func(args properties) (properties, error) {
		name, team := args["name"].StringValue(), args["teamSlug"].StringValue()
		switch {
		case team == "nobody":
			return nil, fmt.Errorf("error reading Netlify team: Could not list Netlify sites in team %q: %q",
				team, "404 Not Found")
		case name == "nowhere":
			return nil, fmt.Errorf("error reading Netlify team: Could not find Netlify site with name %q in team %q",
				name, team)
		}
		return resource.PropertyMap{
			"id": resource.NewProperty("site-of-" + name), "name": args["name"], "teamSlug": args["teamSlug"],
			"customDomain": resource.NewProperty(""), "gitDeployKey": resource.NewProperty(""),
			"domainAliases": resource.NewProperty([]resource.PropertyValue{}),
		}, nil
	},
	"netlify:index/getTeam:getTeam": func(args properties) (properties, error) {
		slug := args["slug"].StringValue()
		return resource.PropertyMap{
			"id": resource.NewProperty("team-of-" + slug), "name": resource.NewProperty(slug), "slug": args["slug"],
		}, nil
	},
	"digitalocean:index/getDatabaseCa:getDatabaseCa": func(args properties) (properties, error) {
		return resource.PropertyMap{
			"id": resource.NewProperty("ca"), "clusterId": args["clusterId"],
			"certificate": resource.NewProperty("-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n"),
		}, nil
	},
	"digitalocean:index/getDatabaseMetricsCredentials:getDatabaseMetricsCredentials": func(properties) (
		properties, error,
	) {
		return resource.PropertyMap{
			"id": resource.NewProperty("metrics"), "username": resource.NewProperty("metrics-user"),
			"password": resource.NewProperty("password-of-metrics"),
		}, nil
	},
	// There is no cluster yet; the text is the provider's.
	"digitalocean:index/getKubernetesCluster:getKubernetesCluster": func(args properties) (properties, error) {
		name := args["name"].StringValue()
		return nil, fmt.Errorf("Unable to find cluster with name: %s", name) //nolint:staticcheck // quoted
	},
	// There is no database yet; the text is the provider's.
	"digitalocean:index/getDatabaseCluster:getDatabaseCluster": func(properties) (properties, error) {
		return nil, errors.New("Unable to find any database clusters") //nolint:staticcheck // quoted
	},
	"digitalocean:index/getDomain:getDomain": func(args properties) (properties, error) {
		name := args["name"].StringValue()
		return resource.PropertyMap{
			"id": args["name"], "name": args["name"], "domainUrn": resource.NewProperty("do:domain:" + name),
			"ttl": resource.NewProperty(1800.0), "zoneFile": resource.NewProperty(""),
		}, nil
	},
}
