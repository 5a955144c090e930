package digitalocean

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// version is that of the SDK that the program uses.
const version = "4.57.0"

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
	typeReservedIP   = "digitalocean:index/reservedIp:ReservedIp"
	typeDomain       = "digitalocean:index/domain:Domain"
	typeRecord       = "digitalocean:index/dnsRecord:DnsRecord"
	typeCheck        = "digitalocean:index/uptimeCheck:UptimeCheck"
	typeAlert        = "digitalocean:index/uptimeAlert:UptimeAlert"
	typeProject      = "digitalocean:index/project:Project"
	typeMembers      = "digitalocean:index/projectResources:ProjectResources"

	functionBucket = "digitalocean:index/getSpacesBucket:getSpacesBucket"
)

// owner marks an object that a Kubernetes cluster made by itself with the cluster's ID.
const owner = "__cluster"

// New makes the simulated provider on top of the given cloud.
func New(c *cloud.Cloud) plugin.Provider {
	resources := map[string]sim.Resource{}
	for _, some := range []map[string]sim.Resource{
		networkResources(), kubernetesResources(), databaseResources(), databaseConfigs(), spacesResources(),
		objectResources(), cdnResources(), loadBalancerResources(), dnsResources(), monitoringResources(),
		projectResources(),
	} {
		maps.Copy(resources, some)
	}
	return sim.New(sim.Package{
		Name:    "digitalocean",
		Version: version,
		Config: sim.Fields{
			"token":             sim.String().Secret(),
			"spacesAccessId":    sim.String(),
			"spacesSecretKey":   sim.String().Secret(),
			"apiEndpoint":       sim.String(),
			"spacesEndpoint":    sim.String(),
			"httpRetryMax":      sim.Int(),
			"httpRetryWaitMax":  sim.Number(),
			"httpRetryWaitMin":  sim.Number(),
			"requestsPerSecond": sim.Number(),
		},
		Authorize: authorize,
		Resources: resources,
		Functions: functions(),
	}, c)
}

// authorize wants a token for everything, and the Spaces key pair for what goes through the S3 interface.
func authorize(config sim.State, token string) error {
	switch token {
	case typeBucket, typeObject, typeCors, functionBucket:
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

// unique refuses a name that another object of the type has. id is the object's own, empty for a new one.
func unique(call sim.Call, typ, what, id string, state sim.State, status int) error {
	for _, other := range call.List(typ) {
		if other.ID != id && sim.State(other.Outputs).String("name") == state.String("name") {
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

// deleteAll removes the objects of a type whose property has the value.
func deleteAll(call sim.Call, typ, property, value string) error {
	for _, object := range call.List(typ) {
		if sim.State(object.Outputs).String(property) == value {
			if err := call.Delete(typ, object.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func newID() string { return uuid.NewString() }

func timestamp(call sim.Call) string { return call.Now().Format(time.RFC3339) }
