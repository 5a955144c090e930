package digitalocean

import (
	"errors"
	"fmt"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

func functions() map[string]sim.Function {
	component := sim.Object(sim.Fields{"enabled": sim.Bool()})
	return map[string]sim.Function{
		"digitalocean:index/getKubernetesVersions:getKubernetesVersions": {
			Inputs: sim.Fields{"versionPrefix": sim.String()},
			Call:   listVersions,
		},
		"digitalocean:index/getKubernetesCluster:getKubernetesCluster": {
			Inputs: sim.Fields{
				"name": sim.String().Required(), "kubeconfigExpireSeconds": sim.Int(), "tags": sim.List(sim.String()),
				"clusterAutoscalerConfigurations":   sim.List(sim.Object(sim.Fields{})),
				"amdGpuDeviceMetricsExporterPlugin": component, "amdGpuDevicePlugin": component,
				"nvidiaGpuDevicePlugin": component, "rdmaSharedDevicePlugin": component, "routingAgent": component,
			},
			Call: lookUpCluster,
		},
		"digitalocean:index/getDatabaseCa:getDatabaseCa": {
			Inputs: sim.Fields{"clusterId": sim.String().Required()},
			Call:   databaseAuthority,
		},
		"digitalocean:index/getDomain:getDomain": {
			Inputs: sim.Fields{"name": sim.String().Required()},
			Call:   lookUpDomain,
		},
		functionBucket: {
			Inputs: sim.Fields{"name": sim.String().Required(), "region": inRegion(spacesRegions).Required()},
			Call:   lookUpBucket,
		},
	}
}

// listVersions answers with what begins with the prefix; nothing is no error, and then there is no latest version.
func listVersions(_ sim.Call, args sim.State) (sim.State, error) {
	valid, latest := []any{}, ""

	for _, version := range kubernetesVersions {
		if strings.HasPrefix(version, args.String("versionPrefix")) {
			valid = append(valid, version)
		}
	}

	if len(valid) > 0 {
		latest, _ = valid[0].(string)
	}
	return sim.State{
		"id": newID(), "versionPrefix": args["versionPrefix"], "validVersions": valid, "latestVersion": latest,
	}, nil
}

func lookUpCluster(call sim.Call, args sim.State) (sim.State, error) {
	for _, object := range call.List(typeCluster) {
		state := sim.State(object.Outputs)
		if state.String("name") != args.String("name") {
			continue
		}

		// The token of the cluster is handed out again while it is valid; the real API makes another one for each call.
		if !validKubeconfig(call, state) {
			if err := errors.Join(issueKubeconfig(call, state), call.Put(object)); err != nil {
				return nil, err
			}
		}

		pools := []any{state["nodePool"]}

		for _, other := range call.List(typeNodePool) {
			if pool := sim.State(other.Outputs); pool.String("clusterId") == object.ID {
				pool["id"] = other.ID
				pools = append(pools, map[string]any(pool))
			}
		}

		result := sim.State{
			"id": object.ID, "urn": state["clusterUrn"], "nodePools": pools,
			"maintenancePolicies":   []any{state["maintenancePolicy"]},
			"controlPlaneFirewalls": []any{state["controlPlaneFirewall"]},
			"tags":                  []any{},
		}

		for _, same := range strings.Fields(`amdGpuDeviceMetricsExporterPlugin amdGpuDevicePlugin autoUpgrade
			clusterAutoscalerConfigurations clusterSubnet createdAt endpoint ha ipv4Address kubeConfigs
			kubeconfigExpireSeconds name nvidiaGpuDevicePlugin rdmaSharedDevicePlugin region routingAgent serviceSubnet
			status surgeUpgrade tags updatedAt version vpcUuid`) {
			if state.Has(same) {
				result[same] = state[same]
			}
		}
		return result, nil
	}
	return nil, refuse(404, "unable to find cluster with name: %s", args.String("name"))
}

func databaseAuthority(call sim.Call, args sim.State) (sim.State, error) {
	id := args.String("clusterId")

	cluster, err := find(call, typeDatabase, "database cluster", id)
	if err != nil {
		return nil, err
	}

	if !cluster.Has("__ca") {
		return nil, refuse(404,
			"database cluster %q has no certificate authority of its own: engine %s uses public certificates",
			cluster.String("name"), cluster.String("engine"))
	}
	return sim.State{"id": id, "clusterId": id, "certificate": cluster["__ca"]}, nil
}

// lookUpDomain answers with the zone and its records as a zone file.
func lookUpDomain(call sim.Call, args sim.State) (sim.State, error) {
	name := args.String("name")

	domain, err := find(call, typeDomain, "domain", name)
	if err != nil {
		return nil, err
	}

	file := fmt.Sprintf("$ORIGIN %s.\n$TTL %d\n", name, recordTTL)

	for _, object := range call.List(typeRecord) {
		if record := sim.State(object.Outputs); record.String("domain") == name {
			file += fmt.Sprintf("%s. %d IN %s %s\n",
				record.String("fqdn"), record.Int("ttl"), record.String("type"), record.String("value"))
		}
	}
	return sim.State{
		"id": name, "name": name, "ttl": domain["ttl"], "domainUrn": domain["domainUrn"], "zoneFile": file,
	}, nil
}

func lookUpBucket(call sim.Call, args sim.State) (sim.State, error) {
	name, region := args.String("name"), args.String("region")
	if err := bucketIn(call, name, region); err != nil {
		return nil, err
	}

	bucket, err := find(call, typeBucket, "bucket", name)
	if err != nil {
		return nil, err
	}
	return sim.State{
		"id": name, "name": name, "region": region, "urn": bucket["bucketUrn"],
		"bucketDomainName": bucket["bucketDomainName"], "endpoint": bucket["endpoint"],
	}, nil
}
