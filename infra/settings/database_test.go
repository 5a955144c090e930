package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBadDatabase(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"standby on a plan that has none", `{database: {size: db-s-1vcpu-1gb, nodes: 2, poolSize: 10}}`, []string{
			"database.nodes: 2 nodes need more than db-s-1vcpu-1gb offers; set nodes to 1, or use the next larger plan",
		}},
		{"an old version, and a plan that is nearly one, for Advanced", `{database: {engine: advanced_pg, version: "15",
			size: gd-2vcpu-8g}}`, []string{
			"database.size: \"gd-2vcpu-8g\" is not a plan of advanced_pg; did you mean \"gd-2vcpu-8gb\"? Near ones: " +
				"gd-2vcpu-8gb, gd-4vcpu-16gb, gd-8vcpu-32gb, gd-32vcpu-128gb, gd-16vcpu-64gb; `doctl databases " +
				"options slugs --engine advanced_pg` lists them",
			`database.version: "15" is not a version of advanced_pg; use 16, 17 or 18`,
		}},
		{"a plan that is nearly one", `{database: {size: db-s-1vcpu-2g}}`, []string{
			"database.size: \"db-s-1vcpu-2g\" is not a plan of pg; did you mean \"db-s-1vcpu-2gb\"? Near ones: " +
				"db-s-1vcpu-2gb, db-s-1vcpu-1gb, db-s-2vcpu-4gb, db-s-4vcpu-8gb, db-amd-1vcpu-2gb; `doctl databases " +
				"options slugs --engine pg` lists them",
		}},
		{"engine", `{database: {engine: mysql}}`, []string{
			`database.engine: "mysql" is not allowed; set it to pg or advanced_pg`,
		}},
		{"an engine of another part", `{database: {engine: valkey}}`, []string{
			`database.engine: "valkey" is not allowed; set it to pg or advanced_pg`,
		}},
		{"a certificate that nobody checks", `{database: {tls: require}}`, []string{
			`database.tls: "require" is not allowed; set it to verify-full or verify-ca`,
		}},
		{"an authority that nobody knows", `{database: {authority: system}}`, []string{
			`database.authority: "system" is not allowed; set it to cluster or public`,
		}},
		{"pool larger than the plan", `{database: {poolSize: 43}}`, []string{
			"database.poolSize: 43 is more than db-s-1vcpu-2gb can serve; use at most 42: of its 47 connections, 5 " +
				"are kept for migrations",
		}},
	})
}

func TestGoodDatabase(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"Advanced": `{database: {engine: advanced_pg, version: "18", size: gd-2vcpu-8gb,
			nodes: 3, poolSize: 192}}`,
		"Standard with a standby, from before":  `{database: {size: db-s-4vcpu-8gb, nodes: 2, poolSize: 150}}`,
		"a pool of all that the plan can serve": `{database: {poolSize: 42}}`,
	})
}

// Which authority an edition has is known today, and may be otherwise tomorrow.
func TestAuthorityOfTheDatabase(t *testing.T) {
	t.Parallel()
	const advanced = `engine: advanced_pg, version: "17", size: gd-2vcpu-8gb`
	for change, want := range map[string]string{
		``: "cluster", `{database: {authority: public}}`: "public",
		`{database: {` + advanced + `}}`: "public", `{database: {authority: cluster, ` + advanced + `}}`: "cluster",
	} {
		s := read(t, base(t, change))
		assert.Equal(t, want, s.Database.Authority, change)
		assert.Equal(t, "verify-full", s.Database.TLS)
	}
}

// The program adds to what Node is told, and what a secret says is seen in the pods alone.
func TestOptionsOfNodeThatCannotBeAddedTo(t *testing.T) {
	t.Parallel()
	const secret, unchecked = `{environment: {NODE_OPTIONS: x}}`, `{database: {tls: verify-ca}}`
	assert.Empty(t, problems(t, base(t, ``), secrets(t, secret)))
	assert.Equal(t, under("vmst:secrets.", []string{
		"environment.NODE_OPTIONS: the program adds to the variable where database.tls is verify-ca, and cannot add " +
			"to a secret; write it into vmst:settings.mastodon.environment",
	}), problems(t, base(t, unchecked), secrets(t, secret)))
}

// withoutPool is the base without a connection pool, changed. Its pods may open 45 connections: ten of a web pod and
// ten of a streaming pod, of each of which an update brings one pod more, and five of Sidekiq. Its plan has 42.
func withoutPool(t testing.TB, change string) string {
	t.Helper()
	return base(t, toJSON(t, merge(fromYAML(t, `{database: {poolSize: 0}}`), fromYAML(t, change))))
}

// sidekiq are settings with one group for each pair of replicas and threads; the first one has every queue that may be
// worked on by many, the last one the scheduler.
func sidekiq(groups ...[2]int) string {
	queues := []string{"default, push, ingress, mailers, pull, fasp", "scheduler"}
	if len(groups) == 1 {
		queues = []string{strings.Join(queues, ", ")}
	}
	var written []string
	for i, group := range groups {
		written = append(written, fmt.Sprintf("{name: group%d, queues: [%s], replicas: %d, threads: %d}",
			i, queues[i], group[0], group[1]))
	}
	return "sidekiq: [" + strings.Join(written, ", ") + "]"
}

// A pool has clients wait for a connection. Without one the database refuses them, so the plan must have one for
// everybody.
func TestConnectionsWithoutAPool(t *testing.T) {
	t.Parallel()
	const small = "db-s-1vcpu-2gb"
	const advanced = "engine: advanced_pg, version: \"17\", size: gd-2vcpu-8gb"
	for _, test := range []struct {
		name, change string
		// need is 0 where the plan has enough.
		need, most int
		plan       string
	}{
		{"the base", ``, 45, 42, small},
		{"all that the plan has", `{mastodon: {` + sidekiq([2]int{1, 2}) + `}}`, 0, 42, small},
		{"one more", `{mastodon: {` + sidekiq([2]int{1, 3}) + `}}`, 43, 42, small},
		{"web pods", `{mastodon: {web: {replicas: 4}}}`, 75, 42, small},
		{"processes of web", `{mastodon: {web: {processes: 3}}}`, 55, 42, small},
		{"threads of web", `{mastodon: {web: {threads: 6}}}`, 49, 42, small},
		{"streaming pods", `{mastodon: {streaming: {replicas: 3}}}`, 65, 42, small},
		{"connections of streaming", `{mastodon: {streaming: {databaseConnections: 11}}}`, 47, 42, small},
		{"groups of Sidekiq", `{mastodon: {` + sidekiq([2]int{3, 4}, [2]int{1, 1}) + `}}`, 53, 42, small},
		{"standbys take no connections", `{database: {nodes: 3}}`, 45, 42, small},
		{
			"all that a larger plan has", `{database: {size: db-s-2vcpu-4gb}, mastodon: {` +
				sidekiq([2]int{1, 52}) + `}}`, 0, 92, "db-s-2vcpu-4gb",
		},
		{
			"one more than that", `{database: {size: db-s-2vcpu-4gb}, mastodon: {` + sidekiq([2]int{1, 53}) + `}}`,
			93, 92, "db-s-2vcpu-4gb",
		},
		{
			"all that an Advanced plan has", `{database: {` + advanced + `}, mastodon: {web: {replicas: 15}, ` +
				sidekiq([2]int{1, 12}) + `}}`, 0, 192, "gd-2vcpu-8gb",
		},
		{
			"one more than that of Advanced", `{database: {` + advanced + `}, mastodon: {web: {replicas: 15}, ` +
				sidekiq([2]int{1, 13}) + `}}`, 193, 192, "gd-2vcpu-8gb",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var want []string
			if test.need > 0 {
				want = []string{fmt.Sprintf("vmst:settings.database.poolSize: 0 makes no pool, and the pods may open "+
					"%d connections of the %d that %s has for them; make a pool, use a larger plan, or lower "+
					"mastodon.web, mastodon.streaming and mastodon.sidekiq", test.need, test.most, test.plan)}
			}
			assert.Equal(t, want, problems(t, withoutPool(t, test.change), secrets(t, "")))
		})
	}
}

// Clients of a pool wait, however small it is; and of what cannot be read nothing follows.
func TestConnectionsThatAreNotCounted(t *testing.T) {
	t.Parallel()
	assert.Empty(t, problems(t, withoutPool(t, `{database: {poolSize: 1}}`), secrets(t, "")))
	// How many connections a plan has that came later, only DigitalOcean knows.
	assert.Empty(t, problems(t, withoutPool(t, `{database: {size: db-s-3vcpu-6gb}}`), secrets(t, "")))
	for change, wrong := range map[string]string{
		`{database: {size: huge}}`:                             "database.size",
		`{database: {version: 17}}`:                            "database.version",
		`{database: {poolSize: -1}}`:                           "database.poolSize",
		`{mastodon: {locale: 5}}`:                              "mastodon.locale",
		`{mastodon: {web: {threads: many}}}`:                   "mastodon.web.threads",
		`{mastodon: {streaming: {databaseConnections: "10"}}}`: "mastodon.streaming.databaseConnections",
	} {
		found := problems(t, withoutPool(t, change), secrets(t, ""))
		if assert.Len(t, found, 1, change) {
			assert.True(t, strings.HasPrefix(found[0], "vmst:settings."+wrong+": "), found[0])
			assert.NotContains(t, found[0], "makes no pool")
		}
	}
}

func TestBadGrowth(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"too little", `{database: {growth: {thresholdPercent: 14, incrementGiB: 9}}}`, []string{
			"database.growth.incrementGiB: 9 is out of range; set it to a whole number from 10 to 500",
			"database.growth.thresholdPercent: 14 is out of range; set it to a whole number from 15 to 95",
		}},
		{"too much", `{database: {growth: {thresholdPercent: 96, incrementGiB: 501}}}`, []string{
			"database.growth.incrementGiB: 501 is out of range; set it to a whole number from 10 to 500",
			"database.growth.thresholdPercent: 96 is out of range; set it to a whole number from 15 to 95",
		}},
		{"a switch", `{database: {growth: true}}`, []string{
			"database.growth: true is not a mapping; add it with its keys thresholdPercent, incrementGiB; " +
				"Pulumi.prod.yaml shows one",
		}},
	})
}

func TestGoodGrowth(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]*settings.Growth{
		`{}`:                           nil,
		`{growth: {}}`:                 {ThresholdPercent: 80, IncrementGiB: 10},
		`{growth: {incrementGiB: 50}}`: {ThresholdPercent: 80, IncrementGiB: 50},
		`{growth: {thresholdPercent: 15, incrementGiB: 10}}`:  {ThresholdPercent: 15, IncrementGiB: 10},
		`{growth: {thresholdPercent: 95, incrementGiB: 500}}`: {ThresholdPercent: 95, IncrementGiB: 500},
	} {
		assert.Equal(t, want, read(t, base(t, `{database: `+change+`}`)).Database.Growth, change)
	}
}
