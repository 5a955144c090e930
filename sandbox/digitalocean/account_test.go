package digitalocean_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
)

func TestLimitsOfTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 200 {
		id := fmt.Sprintf("DO00%d", i)
		if err := w.Cloud.Put(cloud.Object{Type: spacesKey, ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.Try(spacesKey, "k", inputs{"name": "k"})
	w.Refused(err, "there are 200 Spaces keys already")
	c := w.Create(uptimeCheck, "c", inputs{"name": "web", "target": "https://example.com"})
	notify := func(addresses int) inputs {
		return inputs{
			"checkId": c.ID, "name": "down", "type": "down", "period": "2m",
			"notifications": []any{inputs{"emails": slices.Repeat([]any{"a@example.com"}, addresses)}},
		}
	}
	_, err = w.Try(uptimeAlert, "a", notify(10))
	w.Refused(err, "must not have more than 9 addresses")
	for range 5 {
		w.Create(uptimeAlert, "a", notify(9))
	}
	_, err = w.Try(uptimeAlert, "a", notify(9))
	w.Refused(err, "there are 5 alerts of the check already")
}

// Alerts go to members of the team alone, and to addresses that they have verified.
func TestAnAddressThatNobodyHasVerified(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, digitalocean.Options{Unverified: []string{"kirk@example.com"}})
	c := w.Create(uptimeCheck, "c", inputs{"name": "web", "target": "https://example.com"})
	to := func(address string) map[string]any { return map[string]any{"emails": []any{"a@example.com", address}} }
	for typ, alert := range map[string]func(address string) inputs{
		uptimeAlert: func(address string) inputs {
			return inputs{
				"checkId": c.ID, "name": "down", "type": "down", "period": "2m", "notifications": []any{to(address)},
			}
		},
		monitorAlert: func(address string) inputs {
			return inputs{
				"type": "v1/insights/droplet/cpu", "compare": "GreaterThan", "value": 90, "window": "5m",
				"description": "hot", "tags": []any{"k8s:x"}, "alerts": to(address),
			}
		},
	} {
		const why = "422: email address kirk@example.com is not that of a verified member of the team"
		_, err := w.Try(typ, "a", alert("kirk@example.com"))
		w.Refused(err, why)
		_, err = w.Update(w.Create(typ, "a", alert("b@example.com")), alert("kirk@example.com"))
		w.Refused(err, why)
	}
}

// Nobody has asked DigitalOcean's support to raise a limit of a new account, and its first VPC of a region is the
// region's default one.
func TestANewAccount(t *testing.T) {
	t.Parallel()
	newAccount := digitalocean.Options{NewAccount: true}
	t.Run("VPC", func(t *testing.T) {
		t.Parallel()
		w := newWorldWith(t, newAccount)
		first := w.Create(vpc, "first", goodVpc)
		second := w.Create(vpc, "second", with(goodVpc, inputs{"name": "second", "ipRange": "10.20.0.0/20"}))
		elsewhere := inputs{"name": "elsewhere", "ipRange": "10.30.0.0/20", "region": "nyc3"}
		if !first.Outputs["default"].BoolValue() || second.Outputs["default"].BoolValue() ||
			!w.Create(vpc, "elsewhere", elsewhere).Outputs["default"].BoolValue() {
			t.Error("the first VPC of each region is its default")
		}
		steady(w, first, second)
		w.Refused(w.Delete(first), "403: Can not delete default VPCs")
		if err := w.Delete(second); err != nil {
			t.Error(err)
		}
	})
	t.Run("Droplets", func(t *testing.T) {
		t.Parallel()
		w := newWorldWith(t, newAccount)
		_, err := w.Try(cluster, "c", with(goodCluster, inputs{"nodePool": defaultPool(inputs{"nodeCount": 11})}))
		w.Refused(err, "422: validation error: autoscale desired max nodes exceed limits, 11 additional nodes but not "+
			"enough available droplet limit")
		c := w.Create(cluster, "c", goodCluster)
		good := inputs{
			"clusterId": c.ID, "name": "work", "size": "s-4vcpu-8gb", "autoScale": true, "minNodes": 1, "maxNodes": 9,
		}
		_, err = w.Try(nodePool, "p", good)
		w.Refused(err, "9 additional nodes")
		p := w.Create(nodePool, "p", with(good, inputs{"maxNodes": 8}))
		_, err = w.Update(p, with(good, inputs{"maxNodes": 9}))
		w.Refused(err, "8 additional nodes")
		found, err := digitalocean.World(w.Cloud, newAccount).Droplets(t.Context(), "")
		if err != nil || found != (live.Droplets{Have: 3, Limit: 10}) {
			t.Errorf("the program is told of %v, %v", found, err)
		}
	})
	t.Run("how many", func(t *testing.T) {
		t.Parallel()
		for typ, good := range map[string]inputs{loadBalancer: goodBalancer, database: goodDatabase} {
			w := newWorldWith(t, newAccount)
			for i := range 10 {
				w.Create(typ, fmt.Sprint(i), with(good, inputs{"name": fmt.Sprintf("no-%d", i)}))
			}
			_, err := w.Try(typ, "10", with(good, inputs{"name": "no-10"}))
			w.Refused(err, "422: there are 10 ")
		}
	})
	t.Run("how large", func(t *testing.T) {
		t.Parallel()
		large := with(goodBalancer, inputs{"sizeUnit": 101})
		w := newWorldWith(t, newAccount)
		_, err := w.Try(loadBalancer, "l", large)
		w.Refused(err, "sizeUnit = 101: must be between 1 and 100")
		newWorld(t).Create(loadBalancer, "l", large)
	})
}
