package digitalocean

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// version is that of the SDK that the program uses.
const version = "4.77.0"

// Type tokens of the resources that others refer to.
const (
	typeVpc          = "digitalocean:index/vpc:Vpc"
	typeCluster      = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	typeNodePool     = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
	typeDatabase     = "digitalocean:index/databaseCluster:DatabaseCluster"
	typeUser         = "digitalocean:index/databaseUser:DatabaseUser"
	typeDb           = "digitalocean:index/databaseDb:DatabaseDb"
	typePool         = "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool"
	typeFirewall     = "digitalocean:index/databaseFirewall:DatabaseFirewall"
	typeBucket       = "digitalocean:index/spacesBucket:SpacesBucket"
	typeObject       = "digitalocean:index/spacesBucketObject:SpacesBucketObject"
	typeCors         = "digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration"
	typeSpacesKey    = "digitalocean:index/spacesKey:SpacesKey"
	typeCdn          = "digitalocean:index/cdn:Cdn"
	typeCertificate  = "digitalocean:index/certificate:Certificate"
	typeLoadBalancer = "digitalocean:index/loadBalancer:LoadBalancer"
	typeDomain       = "digitalocean:index/domain:Domain"
	typeRecord       = "digitalocean:index/dnsRecord:DnsRecord"
	typeCheck        = "digitalocean:index/uptimeCheck:UptimeCheck"
	typeAlert        = "digitalocean:index/uptimeAlert:UptimeAlert"
	typeProject      = "digitalocean:index/project:Project"
	typeMembers      = "digitalocean:index/projectResources:ProjectResources"
)

// owner marks an object that a Kubernetes cluster made by itself with the cluster's ID.
const owner = "__cluster"

// Options say what the account cannot know: the world around it, and time.
type Options struct {
	// Undelegated are domains whose registrar does not point at DigitalOcean's name servers yet, so that nobody sees
	// their zones. All others are delegated, and a zone below another one of the account is when that has NS records
	// for it.
	Undelegated []string
	// Unverified are email addresses that no member of the team has verified, so that no alert may go there.
	Unverified []string
	// NewAccount is one whose owner has not asked DigitalOcean's support for anything yet, and that has no VPC: the
	// first one of a region becomes its default, which cannot be deleted.
	NewAccount bool
	// Kubernetes are the versions that new clusters and upgrades can have, newest first; nil is those of the catalogue.
	Kubernetes []string
	// Upgrades are patches of minor versions that new clusters cannot have any more, but those that run them.
	Upgrades []string
	// Retired are plans and versions of databases that new clusters cannot have any more.
	Retired []string
	// Public are engines whose certificates are of a public authority, besides those of which that is known.
	Public []string
	// Slow is how long the creation of a resource takes, by type token; that of a VPC, how long the nodes of a deleted
	// cluster stay in it. Nobody waits for it: a provider that would not wait so long gives up at once.
	Slow map[string]time.Duration
}

// New makes the simulated provider on top of the given cloud.
func New(c *cloud.Cloud, options Options) plugin.Provider {
	resources := map[string]sim.Resource{}
	for _, some := range []map[string]sim.Resource{
		networkResources(options), kubernetesResources(options), databaseResources(options),
		loadBalancerResources(options), cdnResources(options), spacesResources(), dnsResources(),
		monitoringResources(options), projectResources(),
	} {
		maps.Copy(resources, some)
	}
	return sim.New(sim.Package{
		Name:      "digitalocean",
		Version:   version,
		Config:    sim.FieldsOf(sdk.ProviderArgs{}, sim.Rules{Secret: "token spacesSecretKey"}),
		Authorize: authorize,
		Resources: resources,
		Functions: functions(options),
		Slow:      options.Slow,
	}, c)
}

// authorize wants a token for everything, and the Spaces key pair for what goes through the S3 interface.
func authorize(config sim.State, token string) error {
	switch token {
	case typeBucket, typeObject, typeCors:
		if config.String("spacesAccessId") == "" || config.String("spacesSecretKey") == "" {
			return errors.New("spaces credentials not configured: " +
				"set spacesAccessId and spacesSecretKey of the DigitalOcean provider")
		}
	default:
		if config.String("token") == "" {
			return refuse(401, "unable to authenticate you: set token of the DigitalOcean provider")
		}
	}
	return nil
}

// refuse is an answer of the API other than success.
func refuse(status int, format string, args ...any) error {
	return fmt.Errorf("digitalocean api: %d: %s", status, fmt.Sprintf(format, args...))
}

// find gets an object that another one refers to.
func find(call sim.Call, typ, what, id string) (sim.State, error) {
	object, ok := call.Get(typ, id)
	if !ok {
		return nil, refuse(404, "%s %q does not exist", what, id)
	}
	return object.Outputs, nil
}

// having are the objects of a type whose property has the value, by ID.
func having(call sim.Call, typ, property, value string) map[string]sim.State {
	found := map[string]sim.State{}
	for _, object := range call.List(typ) {
		if state := sim.State(object.Outputs); state.String(property) == value {
			found[object.ID] = state
		}
	}
	return found
}

// unique refuses a name that another object of the type has. id is the object's own, empty for a new one.
func unique(call sim.Call, typ, what, id string, state sim.State, status int) error {
	for other := range having(call, typ, "name", state.String("name")) {
		if other != id {
			return refuse(status, "name %q is already in use by another %s of this account", state.String("name"), what)
		}
	}
	return nil
}

// renamed is an update that only has to keep names unique.
func renamed(typ, what string, status int) func(sim.Call, string, sim.State, sim.State) error {
	return func(call sim.Call, id string, _, state sim.State) error {
		return unique(call, typ, what, id, state, status)
	}
}

// atMost refuses what would be one object too many.
func atMost(most, have int, what string) error {
	if have >= most {
		return refuse(422, "there are %d %s already, which is the limit", have, what)
	}
	return nil
}

// deleteAll removes the objects of a type whose property has the value.
func deleteAll(call sim.Call, typ, property, value string) error {
	var errs []error
	for id := range having(call, typ, property, value) {
		errs = append(errs, call.Delete(typ, id))
	}
	return errors.Join(errs...)
}

func newID() string { return uuid.NewString() }

func timestamp(call sim.Call) string { return call.Now().Format(time.RFC3339) }

// newAuthority makes the self-signed certificate, in PEM, of an authority with this name. Its key is thrown away:
// nothing in the simulation presents a certificate.
func newAuthority(name string, now time.Time) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("making the key of authority %q: %w", name, err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now,
		NotAfter:              now.AddDate(10, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", fmt.Errorf("making the certificate of authority %q: %w", name, err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}
