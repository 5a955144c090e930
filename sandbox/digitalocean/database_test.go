package digitalocean_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"strings"
	"testing"
)

func TestDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Now = lastStandardDay
	d := w.Create(database, "d", standardDatabase)
	secrets(w, d, "password", "uri", "privateUri")
	for key, want := range map[string]any{
		"port": 25060.0, "user": "doadmin", "database": "defaultdb", "clusterUrn": "do:dbaas:" + d.ID,
		"storageSizeMib": "143360", "privateHost": "private-" + d.Text("host"),
	} {
		if d.Get(key) != want {
			t.Errorf("%s = %v, want %v", key, d.Get(key), want)
		}
	}
	uri, err := url.Parse(d.Text("privateUri"))
	password, _ := uri.User.Password()
	if err != nil || uri.Scheme != "postgresql" || uri.Host != d.Text("privateHost")+":25060" ||
		uri.Path != "/defaultdb" || uri.Query().Get("sslmode") != "require" ||
		password != d.Text("password") || !strings.HasPrefix(password, "AVNS_") {
		t.Errorf("privateUri is not what it should be, %v", err)
	}
	steady(w, d)
	diffs(t, w, d, standardDatabase, map[string]inputs{
		"size update":                        {"size": "db-s-6vcpu-16gb"},
		"nodeCount update":                   {"nodeCount": 3},
		"region update":                      {"region": "nyc3"},
		"name update-replace":                {"name": "other"},
		"engine update-replace, size update": {"engine": "advanced_pg", "size": "gd-2vcpu-8gb"},
		"privateNetworkUuid add-replace":     {"privateNetworkUuid": "x"},
		"maintenanceWindows add": {
			"maintenanceWindows": []any{map[string]any{"day": "sunday", "hour": "04:00"}},
		},
	})
	refuses(t, w, database, with(standardDatabase, inputs{"name": "other"}), map[string]refusal{
		"name":       {inputs{"name": "majel"}, "already in use by another database cluster"},
		"bad name":   {inputs{"name": "Majel"}, "lower-case letters"},
		"engine":     {inputs{"engine": "mongodb"}, "must be one of pg, advanced_pg, valkey, opensearch"},
		"no version": {inputs{"version": nil}, "missing required property version"},
		"version": {
			inputs{"version": "12"}, `version = "12": must be one of 15, 16, 17, 18 for engine pg`,
		},
		"size": {
			inputs{"size": "db-s-3vcpu-8gb"},
			`size = "db-s-3vcpu-8gb": is not offered for engine pg, which has db-s-1vcpu-1gb`,
		},
		"size of valkey": {inputs{"size": "m-2vcpu-16gb"}, "is not offered for engine pg"},
		"too large":      {inputs{"size": "db-s-8vcpu-32gb"}, "is not offered for engine pg"},
		"standby on 1 GB": {
			inputs{"size": "db-s-1vcpu-1gb"},
			"nodeCount = 2: must be one of 1 for engine pg with size db-s-1vcpu-1gb",
		},
		"nodes":    {inputs{"nodeCount": 4}, "nodeCount = 4: must be one of 1, 2, 3 for engine pg"},
		"eviction": {inputs{"evictionPolicy": "noeviction"}, "evictionPolicy: only valkey has one"},
		"storage":  {inputs{"storageSizeMib": "1024"}, "must be at least 143360 for size db-s-4vcpu-8gb"},
		"window": {
			inputs{"maintenanceWindows": []any{map[string]any{"day": "someday", "hour": "25:00"}}},
			`maintenanceWindows[0].day = "someday"`,
		},
		"region": {inputs{"region": "nyc2"}, "must be one of ams3"},
		"advanced, standard": {
			inputs{"engine": "advanced_pg"}, "is not offered for engine advanced_pg, which has gd-2vcpu-8gb",
		},
		"advanced, version": {
			inputs{"engine": "advanced_pg", "size": "gd-2vcpu-8gb", "version": "15"}, "must be one of 16, 17, 18",
		},
		"valkey, version": {
			inputs{"engine": "valkey", "version": "7", "size": "db-s-1vcpu-2gb"}, "must be one of 8 for engine valkey",
		},
		"search, nodes": {
			inputs{"engine": "opensearch", "version": "2", "size": "db-s-2vcpu-4gb"},
			"nodeCount = 2: must be one of 1, 3 for engine opensearch with size db-s-2vcpu-4gb",
		},
		"search, size": {
			inputs{"engine": "opensearch", "version": "2", "size": "db-s-1vcpu-1gb", "nodeCount": 1},
			"is not offered for engine opensearch",
		},
		"newer property": {
			inputs{"storageTurbo": map[string]any{"enabled": true}}, "unknown property storageTurbo",
		},
	})
	for name, test := range map[string]refusal{
		"shrink":    {inputs{"size": "db-s-2vcpu-4gb"}, "a cluster cannot shrink"},
		"downgrade": {inputs{"version": "16"}, "a cluster cannot be downgraded"},
	} {
		_, err := w.Update(d, with(standardDatabase, test.change))
		w.Refused(err, test.want)
		_ = name
	}
	grown, err := w.Update(d, with(standardDatabase, inputs{
		"size": "db-s-6vcpu-16gb", "version": "18", "nodeCount": 1,
	}))
	if err != nil || grown.Text("storageSizeMib") != "296960" || grown.Text("host") != d.Text("host") {
		t.Errorf("growing: %v, storage %q", err, grown.Text("storageSizeMib"))
	}
	_, err = w.Update(grown, with(standardDatabase, inputs{
		"size": "db-s-6vcpu-16gb", "version": "18", "storageSizeMib": "296959",
	}))
	w.Refused(err, "must be at least 296960")
	steady(w, grown)

	// Storage that was added can be given back as far as the data allow it, which a simulated cluster does not have.
	roomy := with(standardDatabase, inputs{"name": "roomy", "storageSizeMib": "204800"})
	if _, err = w.Update(w.Create(database, "r", roomy), with(roomy, inputs{"storageSizeMib": "153600"})); err != nil {
		t.Errorf("giving storage back: %v", err)
	}
}

func TestOtherEngines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	valkey := w.Create(database, "v", inputs{
		"name": "crusher", "engine": "valkey", "version": "8", "size": "db-s-1vcpu-2gb", "region": "tor1",
		"nodeCount": 1, "evictionPolicy": "noeviction",
	})
	if valkey.Get("port") != 25061.0 || valkey.Text("user") != "default" ||
		!strings.HasPrefix(valkey.Text("uri"), "rediss://default:") {
		t.Errorf("valkey has port %v, user %q", valkey.Get("port"), valkey.Text("user"))
	}
	search := w.Create(database, "s", inputs{
		"name": "khan", "engine": "opensearch", "version": "2", "size": "db-s-2vcpu-4gb", "region": "tor1",
		"nodeCount": 3,
	})
	secrets(w, search, "password", "uri", "privateUri", "uiPassword", "uiUri")
	if search.Get("port") != 25060.0 || !strings.HasPrefix(search.Text("privateUri"), "https://doadmin:") ||
		search.Text("uiHost") == "" {
		t.Errorf("opensearch has port %v", search.Get("port"))
	}
	advanced := w.Create(database, "a", with(goodDatabase, inputs{
		"name": "advanced", "engine": "advanced_pg", "size": "gd-2vcpu-8gb", "nodeCount": 3,
	}))
	steady(w, valkey, search, advanced)
	const ca = "digitalocean:index/getDatabaseCa:getDatabaseCa"
	_, err := w.Invoke(ca, inputs{"clusterId": valkey.ID})
	w.Refused(err, "engine valkey uses public certificates")
	_, err = w.Invoke(ca, inputs{"clusterId": advanced.ID})
	w.Refused(err, "engine advanced_pg uses public certificates")
	standard := w.Create(database, "p", with(standardDatabase, inputs{"nodeCount": 1, "size": "db-s-1vcpu-1gb"}))
	first, err := w.Invoke(ca, inputs{"clusterId": standard.ID})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(first.Text("certificate")))
	if block == nil {
		t.Fatal("the CA is no PEM")
	}
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !authority.IsCA || authority.CheckSignatureFrom(authority) != nil {
		t.Errorf("the CA is no self-signed authority: %v", err)
	}
	again, _ := w.Invoke(ca, inputs{"clusterId": standard.ID})
	if again.Text("certificate") != first.Text("certificate") {
		t.Error("the CA changes")
	}
	other, _ := w.Invoke(ca, inputs{"clusterId": search.ID})
	if other.Text("certificate") == first.Text("certificate") {
		t.Error("two clusters have the same CA")
	}
}

func TestDatabaseAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// It has 47 connections.
	d := w.Create(database, "d", with(standardDatabase, inputs{"size": "db-s-1vcpu-2gb", "nodeCount": 1}))
	valkey := w.Create(database, "v", inputs{
		"name": "crusher", "engine": "valkey", "version": "8", "size": "db-s-1vcpu-2gb", "region": "tor1",
		"nodeCount": 1,
	})
	u := w.Create(user, "u", inputs{"clusterId": d.ID, "name": "mastodon"})
	b := w.Create(db, "b", inputs{"clusterId": d.ID, "name": "mastodon"})
	goodPool := inputs{
		"clusterId": d.ID, "name": "mastodon", "dbName": "mastodon", "user": "mastodon", "mode": "transaction",
		"size": 40,
	}
	p := w.Create(pool, "p", goodPool)
	secrets(w, u, "password")
	secrets(w, p, "password", "uri", "privateUri")
	if u.Text("role") != "normal" || p.Text("password") != u.Text("password") || p.Get("port") != 25061.0 ||
		p.Text("privateHost") != d.Text("privateHost") {
		t.Errorf("pool %v", p.Get("port"))
	}
	uri, _ := url.Parse(p.Text("privateUri"))
	if uri.Path != "/mastodon" || uri.User.Username() != "mastodon" || uri.Port() != "25061" {
		t.Error("privateUri of the pool leads elsewhere")
	}
	steady(w, d, u, b, p)
	diffs(t, w, p, goodPool, map[string]inputs{
		"size update-replace": {"size": 30}, "mode update-replace": {"mode": "session"},
	})
	refuses(t, w, pool, with(goodPool, inputs{"name": "second", "size": 7}), map[string]refusal{
		"too large":  {inputs{"size": 8}, "pool size 8 exceeds the 7 connections that size db-s-1vcpu-2gb has left"},
		"user":       {inputs{"user": "nobody"}, `user "` + d.ID + `/user/nobody" does not exist`},
		"database":   {inputs{"dbName": "nothing"}, "/database/nothing"},
		"mode":       {inputs{"mode": "fast"}, "must be one of session, transaction, statement"},
		"same name":  {inputs{"name": "mastodon"}, `connection pool "mastodon" already exists`},
		"short name": {inputs{"name": "m"}, "3 to 63"},
		"engine":     {inputs{"clusterId": valkey.ID}, "engine valkey does not support connection pools"},
		"cluster":    {inputs{"clusterId": "none"}, `database cluster "none" does not exist`},
	})
	refuses(t, w, user, inputs{"clusterId": d.ID, "name": "other"}, map[string]refusal{
		"same name": {inputs{"name": "mastodon"}, `409: user "mastodon" already exists`},
		"admin":     {inputs{"name": "doadmin"}, `user "doadmin" already exists`},
		"cluster":   {inputs{"clusterId": "none"}, "does not exist"},
	})
	refuses(t, w, db, inputs{"clusterId": d.ID, "name": "other"}, map[string]refusal{
		"same name": {inputs{"name": "defaultdb"}, `database "defaultdb" already exists`},
		"engine":    {inputs{"clusterId": valkey.ID}, "engine valkey does not support databases"},
	})
	w.Create(pool, "rest", with(goodPool, inputs{"name": "rest", "size": 7, "user": nil, "dbName": "defaultdb"}))

	// What lives in a cluster goes with it.
	if err := w.Delete(d); err != nil {
		t.Fatal(err)
	}
	for _, typ := range []string{user, db, pool} {
		if left := w.Cloud.List(typ); len(left) > 0 {
			t.Errorf("%d %s are left of a deleted cluster", len(left), typ)
		}
	}
}

func TestDatabaseFirewall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Create(database, "d", goodDatabase)
	c := w.Create(cluster, "c", goodCluster)
	empty := w.Create(cluster, "e", with(goodCluster, inputs{
		"name":     "empty",
		"nodePool": map[string]any{"name": "d", "size": "s-2vcpu-4gb", "autoScale": true, "minNodes": 0, "maxNodes": 3},
	}))
	rule := func(typ, value string) map[string]any { return map[string]any{"type": typ, "value": value} }
	good := inputs{"clusterId": d.ID, "rules": []any{rule("k8s", c.ID), rule("ip_addr", "192.0.2.1")}}
	f := w.Create(firewall, "f", good)
	steady(w, f)
	diffs(t, w, f, good, map[string]inputs{
		"clusterId update-replace": {"clusterId": "x"},
		"rules[1] delete":          {"rules": []any{rule("k8s", c.ID)}},
		"":                         {"rules": []any{rule("ip_addr", "192.0.2.1"), rule("k8s", c.ID)}},
	})
	refuses(t, w, firewall, good, map[string]refusal{
		"no cluster": {inputs{"rules": []any{rule("k8s", "none")}}, `kubernetes cluster "none" does not exist`},
		"no nodes": {
			inputs{"rules": []any{rule("k8s", empty.ID)}}, `422: no VMs found for kubernetes cluster "empty"`,
		},
		"address":     {inputs{"rules": []any{rule("ip_addr", "home")}}, `invalid IP address "home"`},
		"type":        {inputs{"rules": []any{rule("vpc", "x")}}, "rules[0].type"},
		"no database": {inputs{"clusterId": "none"}, "database cluster"},
	})

	// A node in a separate pool is enough.
	w.Create(nodePool, "p", inputs{"clusterId": empty.ID, "name": "p", "size": "s-2vcpu-4gb", "nodeCount": 1})
	second := w.Create(firewall, "second", with(good, inputs{"rules": []any{rule("k8s", empty.ID)}}))
	steady(w, second)

	// There is one list of rules: the second resource took it from the first.
	if _, drift, _ := w.Refresh(f); !strings.Contains(drift, "rules[0].value update") {
		t.Errorf("drift of the first firewall is %q", drift)
	}
}
