package digitalocean

import (
	"fmt"
	"strings"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

func functions(options Options) map[string]sim.Function {
	all := map[string]sim.Function{}
	add := func(name string, args any, call func(sim.Call, sim.State) (sim.State, error)) {
		all["digitalocean:index/"+name+":"+name] = sim.Function{Inputs: sim.FieldsOf(args, sim.Rules{}), Call: call}
	}
	add("getKubernetesVersions", sdk.GetKubernetesVersionsArgs{}, options.listVersions)
	add("getKubernetesCluster", sdk.LookupKubernetesClusterArgs{}, lookUpCluster)
	add("getDatabaseCluster", sdk.LookupDatabaseClusterArgs{}, lookUpDatabase)
	add("getDatabaseCa", sdk.GetDatabaseCaArgs{}, databaseAuthority)
	add("getDatabaseMetricsCredentials", struct{}{}, metricsCredentials)
	add("getDomain", sdk.LookupDomainArgs{}, lookUp(typeDomain, "domain %q does not exist", sdk.LookupDomainResult{}))
	add("getCertificate", sdk.LookupCertificateArgs{},
		lookUp(typeCertificate, "Certificate %s not found", sdk.LookupCertificateResult{}))
	return all
}

// listVersions answers with what begins with the prefix; nothing is no error, and then there is no latest version.
func (o Options) listVersions(_ sim.Call, args sim.State) (sim.State, error) {
	valid, latest := []any{}, ""
	for _, version := range o.versions() {
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
	for clusterID, state := range having(call, typeCluster, "name", args.String("name")) {
		pools := []any{state["nodePool"]}
		for id, pool := range having(call, typeNodePool, "clusterId", clusterID) {
			pool["id"] = id
			pools = append(pools, map[string]any(pool))
		}
		result := same(sdk.LookupKubernetesClusterResult{}, state)
		result.Merge(sim.State{
			"id": clusterID, "urn": state["clusterUrn"], "nodePools": pools,
			"maintenancePolicies":   []any{state["maintenancePolicy"]},
			"controlPlaneFirewalls": []any{state["controlPlaneFirewall"]},
		})
		result.SetDefault("tags", []any{})
		return result, nil
	}
	return nil, refuse(404, "unable to find cluster with name: %s", args.String("name"))
}

// lookUpDatabase answers without contents where there are only others, and refuses where there is none (Terraform
// provider, data source database_cluster).
func lookUpDatabase(call sim.Call, args sim.State) (sim.State, error) {
	name := args.String("name")
	if len(call.List(typeDatabase)) == 0 {
		return nil, refuse(404, "Unable to find any database clusters")
	}
	result := sim.State{"name": name}
	for id, state := range having(call, typeDatabase, "name", name) {
		result = same(sdk.LookupDatabaseClusterResult{}, state)
		result["id"], result["urn"] = id, state["clusterUrn"]
	}
	return result, nil
}

func databaseAuthority(call sim.Call, args sim.State) (sim.State, error) {
	id := args.String("clusterId")
	cluster, err := find(call, typeDatabase, "database cluster", id)
	if err != nil {
		return nil, err
	}
	if !cluster.Has("__ca") {
		return nil, fmt.Errorf("Error retrieving database CA certificate: "+ //nolint:staticcheck // quoted
			"GET https://api.digitalocean.com/v2/databases/%s/ca: 404 database cluster %q has no certificate "+
			"authority of its own: engine %s uses public certificates",
			id, cluster.String("name"), cluster.String("engine"))
	}
	return sim.State{"id": id, "clusterId": id, "certificate": cluster["__ca"]}, nil
}

// metricsCredentials answers with the one login that an account has, the same every time. It does so before there is a
// database, too, which no document says.
func metricsCredentials(sim.Call, sim.State) (sim.State, error) {
	return sim.State{"id": "metrics", "username": "metrics", "password": "AVNS_metrics-of-the-account"}, nil
}

// lookUp answers with what is known by its name, and with the error that is given where there is none.
func lookUp(typ, missing string, result any) func(sim.Call, sim.State) (sim.State, error) {
	return func(call sim.Call, args sim.State) (sim.State, error) {
		object, ok := call.Get(typ, args.String("name"))
		if !ok {
			return nil, refuse(404, missing, args.String("name"))
		}
		found := same(result, object.Outputs)
		found["id"] = object.ID
		return found, nil
	}
}

// same is what a function's result and an object have under the same name.
func same(result any, object sim.State) sim.State {
	both := sim.State{}
	for name := range sim.FieldsOf(result, sim.Rules{}) {
		if object.Has(name) {
			both[name] = object[name]
		}
	}
	return both
}
