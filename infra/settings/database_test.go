package settings_test

import "testing"

func TestBadDatabase(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"standby on a plan that has none", `{database: {size: db-s-1vcpu-1gb, nodes: 2, poolSize: 10}}`, []string{
			"database.nodes: 2 nodes need more than db-s-1vcpu-1gb offers; set nodes to 1, or use the next larger plan",
		}},
		{"Standard plan for Advanced", `{database: {engine: advanced_pg, version: "15",
			size: db-s-2vcpu-4gb}}`, []string{
			"database.size: \"db-s-2vcpu-4gb\" is not a plan of advanced_pg; near ones are gd-2vcpu-8gb, " +
				"gd-16vcpu-64gb, so1_5-2vcpu-16gb, gd-4vcpu-16gb, gd-8vcpu-32gb; `doctl databases options slugs " +
				"--engine advanced_pg` lists them",
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
