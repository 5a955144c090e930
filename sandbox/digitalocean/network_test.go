package digitalocean_test

import (
	"testing"
	"time"

	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Configure(inputs{"spacesAccessId": "x", "spacesSecretKey": "x"})
	_, err := w.Try(vpc, "v", goodVpc)
	w.Refused(err, "401: unable to authenticate you: set token")
	w.Configure(inputs{"token": "x", "spacesAccessId": "x"})
	_, err = w.Try(bucket, "b", goodBucket)
	w.Refused(err, "spaces credentials not configured: set spacesAccessId and spacesSecretKey")
	if _, err := w.Try(spacesKey, "k", inputs{"grants": []any{}}); err != nil {
		t.Errorf("a Spaces key needs the token alone: %v", err)
	}
}

func TestVpc(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.Create(vpc, "v", with(goodVpc, inputs{"description": "bridge"}))
	if v.Text("vpcUrn") != "do:vpc:"+v.ID || v.Get("default") != false ||
		v.Text("createdAt") != "2266-09-08T12:00:00Z" {
		t.Errorf("outputs %v", v.Outputs)
	}
	steady(w, v)
	diffs(t, w, v, with(goodVpc, inputs{"description": "bridge"}), map[string]inputs{
		"name update":                        {"name": "exeter"},
		"description delete":                 {"description": nil},
		"region update-replace":              {"region": "nyc3"},
		"ipRange update-replace":             {"ipRange": "10.11.0.0/20"},
		"name update, region update-replace": {"name": "exeter", "region": "nyc3"},
	})
	refuses(t, w, vpc, with(goodVpc, inputs{"name": "other", "ipRange": "10.20.0.0/20"}), map[string]refusal{
		"region":         {inputs{"region": "tor9"}, `region = "tor9": must be one of ams3, atl1`},
		"closed region":  {inputs{"region": "sfo1"}, "must be one of"},
		"name":           {inputs{"name": "under_score"}, "must consist of letters, digits, dashes and periods"},
		"duplicate name": {inputs{"name": "yorktown"}, `422: name "yorktown" is already in use by another VPC`},
		"overlap": {
			inputs{"ipRange": "10.10.8.0/24"},
			"overlaps with another VPC network in your account: 10.10.8.0/24 and 10.10.0.0/20",
		},
		"not private": {inputs{"ipRange": "8.8.8.0/24"}, "must be a private network"},
		"too large":   {inputs{"ipRange": "10.0.0.0/8"}, "size /16 to /28"},
		"too small":   {inputs{"ipRange": "10.30.0.0/29"}, "size /16 to /28"},
		"host bits":   {inputs{"ipRange": "10.30.0.1/24"}, "no host bits set"},
		"reserved": {
			inputs{"ipRange": "10.244.0.0/20"}, "must not overlap 10.244.0.0/16, which DigitalOcean reserves",
		},
		"no CIDR":  {inputs{"ipRange": "10.30.0.0"}, "in CIDR notation"},
		"no range": {inputs{"ipRange": nil}, "missing required property ipRange"},
	})
	other := inputs{"name": "other", "region": "nyc3", "ipRange": "10.20.0.0/20"}
	_, err := w.Update(w.Create(vpc, "other", other), with(other, inputs{"name": "yorktown"}))
	w.Refused(err, "already in use")
}

func TestVpcWithMembers(t *testing.T) {
	t.Parallel()
	for typ, good := range map[string]inputs{
		cluster:      with(goodCluster, nil),
		database:     with(goodDatabase, nil),
		loadBalancer: with(goodBalancer, nil),
	} {
		t.Run(typ, func(t *testing.T) {
			w := newWorld(t)
			v := w.Create(vpc, "v", goodVpc)
			property := "vpcUuid"
			if typ == database {
				property = "privateNetworkUuid"
			}
			member := w.Create(typ, "m", with(good, inputs{property: v.ID}))
			steady(w, member)
			w.Refused(w.Delete(v), "409: can not delete VPC with members: "+good["name"].(string))
			_, err := w.Try(typ, "m", with(good, inputs{"name": "elsewhere", "region": "nyc3", property: v.ID}))
			w.Refused(err, `VPC "yorktown" is in region tor1, not in nyc3`)
			_, err = w.Try(typ, "m", with(good, inputs{"name": "nowhere", property: "none"}))
			w.Refused(err, `404: VPC "none" does not exist`)
			if err := w.Delete(member); err != nil {
				t.Fatal(err)
			}
			if err := w.Delete(v); err != nil {
				t.Errorf("an empty VPC cannot be deleted: %v", err)
			}
		})
	}
}

// The nodes of a deleted cluster stay in the VPC for a while, in which only a patient provider gets rid of it.
func TestVpcOfADeletedCluster(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		passed, timeout time.Duration
		want            string
	}{
		{0, 0, "409: can not delete VPC with members: the nodes of a deleted cluster are there until " +
			"2266-09-08T12:05:00Z, and the provider waits 2m0s"},
		{0, 30 * time.Minute, ""},
		{4 * time.Minute, 0, ""},
	} {
		w := newWorldWith(t, digitalocean.Options{Slow: map[string]time.Duration{vpc: 5 * time.Minute}})
		v := w.Create(vpc, "v", goodVpc)
		if err := w.Delete(w.Create(cluster, "c", with(goodCluster, inputs{"vpcUuid": v.ID}))); err != nil {
			t.Fatal(err)
		}
		steady(w, v)
		w.Now, w.Timeout = w.Now.Add(test.passed), test.timeout
		err := w.Delete(v)
		if test.want != "" {
			w.Refused(err, test.want)
		} else if err != nil {
			t.Errorf("after %s, with a timeout of %s: %v", test.passed, test.timeout, err)
		}
	}
}

func TestLoadBalancer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.Create(loadBalancer, "l", goodBalancer)
	for key, want := range map[string]any{
		"ip": "203.0.113.1", "status": "active", "algorithm": "round_robin", "sizeUnit": 1.0,
		"httpIdleTimeoutSeconds": 60.0, "enableProxyProtocol": false, "loadBalancerUrn": "do:loadbalancer:" + l.ID,
	} {
		if l.Get(key) != want {
			t.Errorf("%s = %v, want %v", key, l.Get(key), want)
		}
	}
	second := w.Create(loadBalancer, "second", with(goodBalancer, inputs{
		"name": "second", "sizeUnit": 3, "networkStack": "DUALSTACK",
	}))
	if second.Text("ip") != "203.0.113.2" || second.Get("sizeUnit") != 3.0 || second.Text("ipv6") == "" {
		t.Errorf("second load balancer %v", second.Outputs)
	}
	steady(w, l, second)
	rule := func(change inputs) []any {
		return []any{with(inputs{
			"entryProtocol": "tcp", "entryPort": 443, "targetProtocol": "tcp", "targetPort": 30443,
		}, change)}
	}
	diffs(t, w, l, goodBalancer, map[string]inputs{
		"name update":                         {"name": "nyota"},
		"type update-replace":                 {"type": "REGIONAL_NETWORK"},
		"network add-replace":                 {"network": "EXTERNAL"},
		"forwardingRules[0].entryPort update": {"forwardingRules": rule(inputs{"entryPort": 444})},
		"enableProxyProtocol update":          {"enableProxyProtocol": true},
		"sizeUnit add":                        {"sizeUnit": 2},
	})
	refuses(t, w, loadBalancer, with(goodBalancer, inputs{"name": "other"}), map[string]refusal{
		"name":     {inputs{"name": "public"}, "already in use by another load balancer"},
		"type":     {inputs{"type": "GLOBAL"}, "must be one of REGIONAL, REGIONAL_NETWORK"},
		"region":   {inputs{"region": nil}, "missing required property region"},
		"no rules": {inputs{"forwardingRules": nil}, "missing required property forwardingRules"},
		"network and http": {
			inputs{"type": "REGIONAL_NETWORK", "forwardingRules": rule(inputs{"entryProtocol": "http"})},
			"must be tcp or udp when type is REGIONAL_NETWORK",
		},
		"port": {
			inputs{"forwardingRules": rule(inputs{"entryPort": 70000})},
			"forwardingRules[0].entryPort = 70000: must be between 1 and 65535",
		},
		"internal": {inputs{"network": "INTERNAL"}, "must be one of EXTERNAL"},
		"nodes":    {inputs{"sizeUnit": 201}, "must be between 1 and 200"},
	})

	// The real API ignores proxy protocol on network load balancers without a word.
	w.Create(loadBalancer, "n", with(goodBalancer, inputs{
		"name": "n", "type": "REGIONAL_NETWORK", "enableProxyProtocol": true,
	}))

	// What the cloud controller of a cluster changes is drift for who wrote it out, and nothing where it was left open.
	w.Edit(l, func(outputs map[string]any) {
		outputs["dropletIds"] = []any{1, 2}
		outputs["healthcheck"] = map[string]any{"protocol": "tcp", "port": 30000}
		outputs["forwardingRules"].([]any)[0].(map[string]any)["targetPort"] = 31000
	})
	if _, drift, _ := w.Refresh(l); drift != "forwardingRules[0].targetPort update" {
		t.Errorf("drift is %q", drift)
	}
}

func TestPreviewKnowsWhatThePrograms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outputs := w.Preview(vpc, "v", goodVpc)
	if outputs["name"].V != "yorktown" || !outputs["vpcUrn"].IsComputed() {
		t.Errorf("preview has %v", outputs)
	}

	// Values that other resources have yet to compute pass.
	w.Preview(loadBalancer, "l", with(goodBalancer, inputs{
		"vpcUuid": providertest.Unknown(), "sizeUnit": providertest.Unknown(),
	}))
	w.Preview(cluster, "c", with(goodCluster, inputs{
		"vpcUuid": providertest.Unknown(), "version": providertest.Unknown(),
	}))
	w.Preview(database, "d", with(goodDatabase, inputs{"size": providertest.Unknown()}))
	w.Preview(firewall, "f", inputs{"clusterId": providertest.Unknown(), "rules": []any{
		map[string]any{"type": "k8s", "value": providertest.Unknown()},
	}})
	w.Preview(record, "r", inputs{"domain": "example.com", "type": "A", "name": "@", "value": providertest.Unknown()})
	w.Preview(cdn, "c", inputs{
		"origin": providertest.Unknown(), "customDomain": "cdn.example.com", "certificateName": providertest.Unknown(),
	})
}
