package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is allowed but should be known is a warning, never an error.
func TestWarnings(t *testing.T) {
	t.Parallel()
	const pool = `, size: s-4vcpu-16gb-amd, maxNodes: 6, minNodes: `
	const open = " admits every address; name the addresses that run Pulumi and kubectl"
	for _, test := range []struct {
		name, settings string
		want           []string
	}{
		{"production, with two of everything", production(t, ``), nil},
		{"one node of the default pool", production(t, `{cluster: {defaultPool: {nodes: 1}}}`), []string{
			"cluster.defaultPool.nodes: 1 in production: while it is away, so are the cluster's own services; set it " +
				"to 2 or more",
		}},
		{"one node of a pool", production(t, `{cluster: {nodePools: [{role: general`+pool+`3},
			{role: background`+pool+`1}]}}`), []string{
			"cluster.nodePools[1].minNodes: 1 in production: while it is away, so is all that runs on it; set it to " +
				"2 or more",
		}},
		{"one control plane", production(t, `{cluster: {highlyAvailable: false}}`), []string{
			"cluster.highlyAvailable: false in production: while the control plane is away, nothing is scheduled " +
				"again; set it to true",
		}},
		{"one PostgreSQL node", production(t, `{database: {nodes: 1}}`), []string{
			"database.nodes: 1 in production: while it is away, so is the instance, and the last writes may be lost; " +
				"set it to 2 or more",
		}},
		{"a certificate whose name is not compared", production(t, `{database: {tls: verify-ca}}`), []string{
			`database.tls: "verify-ca" lets whoever answers in the database's place, with a certificate of any ` +
				`trusted authority, pass for it; set it to verify-full when the certificate has the private host name`,
		}},
		{"one Valkey node", production(t, `{cache: {nodes: 1}}`), []string{
			"cache.nodes: 1 in production: while it is away, so is the instance, and queued jobs may be lost; set it " +
				"to 2 or more",
		}},
		{"one node of the Rails cache", production(t, `{cache: {rails: {nodes: 1}}}`), []string{
			"cache.rails.nodes: 1 in production: while it is away, every request waits for it, and the instance with " +
				"them; set it to 2 or more",
		}},
		{"a release", production(t, `{policy: {release: {resource: cache-cluster, id: c1}}}`), []string{
			`policy.release: lets "cache-cluster" (c1) be replaced or deleted, with the data that it holds; remove ` +
				`it once that is done`,
		}},
		{"a Mastodon with holes", production(t, `{mastodon: {image: {tag: v4.6.7}}}`), []string{
			`mastodon.image.tag: "v4.6.7" has known security holes (uploads in the HEIF format, 2026-09-15; as of ` +
				`2026-11-29); set it to v4.6.8 or a later patch of its line`,
		}},
		{"a Mastodon without", production(t, `{mastodon: {image: {tag: v4.6.8}}}`), nil},
		{"a Mastodon that is not known yet", production(t, `{mastodon: {image: {tag: v5.0.0}}}`), nil},
		{"a build of somebody's own", production(t, `{mastodon: {image: {tag: main-2026.11.01}}}`), nil},
		{"one OpenSearch node", production(t, `{search: {nodes: 1, indexPreset: single_node_cluster}}`), []string{
			"search.nodes: 1 in production: while it is away, so is search; set it to 3",
		}},
		{"no search", production(t, `{search: {enabled: false, nodes: 1}}`), nil},
		{"one load balancer", production(t, `{loadBalancer: {nodes: 1}}`), []string{
			"loadBalancer.nodes: 1 in production: while it is away, nobody reaches the instance; set it to 2 or more",
		}},
		{"one ingress controller", production(t, `{ingress: {replicas: 1}}`), []string{
			"ingress.replicas: 1 in production: while it is away, nobody reaches the instance; set it to 2 or more",
		}},
		{"one web pod", production(t, `{mastodon: {web: {replicas: 1}}}`), []string{
			"mastodon.web.replicas: 1 in production: while it is away, so is the instance; set it to 2 or more",
		}},
		{"one streaming pod", production(t, `{mastodon: {streaming: {replicas: 1}}}`), []string{
			"mastodon.streaming.replicas: 1 in production: while it is away, timelines stand still; set it to 2 or " +
				"more",
		}},
		{"one pod of a group, and the only scheduler", production(t, `{mastodon: {sidekiq: [
			{name: most, queues: [default, push, ingress, mailers, pull, fasp], replicas: 1, threads: 5},
			{name: scheduler, queues: ["scheduler,2"], replicas: 1, threads: 5}]}}`), []string{
			"mastodon.sidekiq[0].replicas: 1 in production: while it is away, its queues wait; set it to 2 or more",
		}},
		{
			"a Kubernetes that the pinned controller is not made for", production(t, `{cluster: {version: "1.36"}}`),
			[]string{
				`cluster.version: the pinned ingress controller (chart 4.15.1) is declared for Kubernetes up to ` +
					`1.35; stay on "1.35", or set ingress.chart to a maintained fork`,
			},
		},
		{
			"with a fork", production(t, `{cluster: {version: "1.36"}, ingress: {chart: {name: fork}}}`),
			nil,
		},
		{"with a later chart", production(t, `{cluster: {version: "1.36"}, ingress: {chart: {version: 4.16.0}}}`), nil},
		{"an older Kubernetes", production(t, `{cluster: {version: "1.34"}}`), nil},
		{"a control plane without a firewall", production(t, `{cluster: {controlPlaneAllowedAddresses: []}}`), []string{
			"cluster.controlPlaneAllowedAddresses: empty, so that whoever has a credential reaches the control plane " +
				"from anywhere; name the addresses that run Pulumi and kubectl",
		}},
		{"a control plane that is open", production(t, `{cluster: {controlPlaneAllowedAddresses: [203.0.113.7,
			0.0.0.0/0, "::/0"]}}`), []string{
			`cluster.controlPlaneAllowedAddresses[1]: "0.0.0.0/0"` + open,
			`cluster.controlPlaneAllowedAddresses[2]: "::/0"` + open,
		}},
		{"certificates that nobody trusts", production(t, `{ingress: {acme: {issuer: staging}}}`), []string{
			`ingress.acme.issuer: "staging" gives production certificates that no browser trusts; set it to production`,
		}},
		{"data without protection", production(t, `{protect: false}`), []string{
			"protect: false lets a mistake delete the databases, the buckets and the keys of production; set it to " +
				"true",
		}},
		{"keys that nobody else can open", production(t, `{escrow: {recipients: []}}`), []string{
			"escrow.recipients: empty in production: the keys without which a backup is worthless are in Pulumi's " +
				"state and nowhere else; name the public keys of two people, and run `make escrow`",
		}},
		{"no backups", production(t, `{backup: {enabled: false}}`), []string{
			"backup.enabled: false in production: DigitalOcean's own backups go with the database; set it to true",
		}},
		{
			"backups that nobody proves, in the same account",
			production(t, `{backup: {elsewhere: null, media: {enabled: false}, rehearsal: {enabled: false}}}`),
			[]string{
				"backup.media.enabled: false in production: uploads are in one bucket of one region; set it to true",
				"backup.rehearsal.enabled: false in production: a backup that was never restored may be none; set it " +
					"to true",
				"backup.elsewhere: nothing in production: who loses the account loses the backups with it; name a " +
					"bucket of another provider",
			},
		},
		{"a cluster without protection", production(t, `{cluster: {protect: false}}`), []string{
			"cluster.protect: false lets a changed range or default pool replace the cluster of production; set it " +
				"to true, unless you are about to replace it",
		}},
		{"nothing measured", production(t, `{observability: {size: "off"}}`), []string{
			`observability.size: "off" in production: nobody learns of queues that grow or a timeline that stands ` +
				`still; set it to full`,
		}},
		{"one Prometheus", production(t, `{observability: {size: small}}`), []string{
			`observability.size: "small" in production: while its one pod is away, nobody is told of anything; set ` +
				`it to full`,
		}},
		{"mail that nobody signs", production(t, `{dns: {mail: {relay: {dkim: []}}}}`), []string{
			"dns.mail.relay.dkim: empty in production: no key shows that the instance's mail is its own, and what " +
				"somebody forwards passes for nobody's; add the keys that email-smtp.us-east-1.amazonaws.com has for " +
				"vmst.io",
		}},
		{
			"mail of a domain below", production(t, `{dns: {mail: {relay: {dkim: []}}},
				mastodon: {smtp: {from: no-reply@mail.vmst.io}}}`),
			[]string{
				"dns.mail.relay.dkim: empty in production: no key shows that the instance's mail is its own, and " +
					"what somebody forwards passes for nobody's; add the keys that " +
					"email-smtp.us-east-1.amazonaws.com has for vmst.io",
			},
		},
		{"mail of another domain, which signs it or does not", production(t, `{dns: {mail: {relay: {dkim: []}}},
			mastodon: {smtp: {from: no-reply@example.com}}}`), nil},
		{"Jobs beside the cluster's services", production(t, `{mastodon: {jobs: {pool: ""}}}`), []string{
			"mastodon.jobs.pool: empty, so that a migration may run on the default pool, beside the cluster's own " +
				"services, and take 2Gi of the 4 GiB of a node; name a pool with larger nodes",
		}},
		{"Jobs on larger nodes", production(t, `{mastodon: {jobs: {pool: ""}}, cluster: {defaultPool: {
			size: s-4vcpu-8gb}}}`), nil},
		{"three threads for each connection", production(t, `{database: {poolSize: 72}}`), nil},
		{"more threads for each connection", production(t, `{database: {poolSize: 71}}`), []string{
			"database.poolSize: 71 for pods that may want 215 at once, more than 3 times as many: they wait for each " +
				"other; raise it, with a larger plan where that has no more, or lower the threads of web and Sidekiq",
		}},
		{"one of everything, in staging", base(t, `{cluster: {controlPlaneAllowedAddresses: [203.0.113.7]},
			mastodon: {jobs: {pool: general}}}`), nil},
		{"what is unsafe anywhere, in staging", base(t, `{cluster: {version: "1.36"}, mastodon: {jobs: {
			pool: general}}}`), []string{
			`cluster.version: the pinned ingress controller (chart 4.15.1) is declared for Kubernetes up to 1.35; ` +
				`stay on "1.35", or set ingress.chart to a maintained fork`,
			"cluster.controlPlaneAllowedAddresses: empty, so that whoever has a credential reaches the control plane " +
				"from anywhere; name the addresses that run Pulumi and kubectl",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, warning := range read(t, test.settings).Warnings() {
				got = append(got, warning.String())
			}
			assert.Equal(t, under("vmst:settings.", test.want), got)
		})
	}
}
