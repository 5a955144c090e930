package config_test

import "testing"

func TestBadMastodon(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"latest", `{mastodon: {image: {tag: latest}}}`, []string{
			`mastodon.image.tag: "latest" is not a version: it changes without a change here; name a version, such as v4.6.2`,
		}},
		{"too old", `{mastodon: {image: {tag: v4.3.9}}}`, []string{
			`mastodon.image.tag: "v4.3.9" is older than the chart supports; use v4.4.0 or later`,
		}},
		{"digest of one of two images", `{mastodon: {image: {tag: "sha256:abc", repository: mastodon}, streamingImage: "ghcr.io/mastodon/mastodon-streaming:v4"}}`, []string{
			`mastodon.image.repository: "mastodon" is not an image repository; write it with its registry and without a tag, such as ghcr.io/mastodon/mastodon`,
			`mastodon.image.tag: "sha256:abc" is not an image tag; name a version, such as v4.6.2, without the image's name or digest`,
			`mastodon.streamingImage: "ghcr.io/mastodon/mastodon-streaming:v4" is not an image repository; write it with its registry and without a tag, such as ghcr.io/mastodon/mastodon`,
		}},
		{"language", `{mastodon: {locale: English}}`, []string{
			`mastodon.locale: "English" is not a language; write its code, such as en or pt-BR`,
		}},
		{"resources", `{mastodon: {web: {resources: {cpu: 500mi, memory: "512", memoryLimit: 2GB}}, streaming: {resources: {memory: 1Gi, memoryLimit: 512Mi}}}}`, []string{
			`mastodon.streaming.resources.memoryLimit: "512Mi" is less than the request (1Gi); raise the limit or lower the request`,
			`mastodon.web.resources.cpu: "500mi" is not an amount of CPU; write cores or thousandths of one, such as "1" or 250m`,
			`mastodon.web.resources.memory: "512" is not an amount of memory; write it with its unit, such as 512Mi or 1.5Gi`,
			`mastodon.web.resources.memoryLimit: "2GB" is not an amount of memory; write it with its unit, such as 512Mi or 1.5Gi`,
		}},
		{"pools", `{mastodon: {web: {pool: web}, streaming: {pool: general, resources: {memory: 8Gi, memoryLimit: 8Gi}}}}`, []string{
			`mastodon.streaming.resources.memory: "8Gi" does not fit on a node of 8 GiB; lower the request or use larger nodes`,
			`mastodon.web.pool: "web" is not the role of a node pool; use general, or leave it out to let the scheduler choose`,
		}},
		{"a tainted pool is no place without its name", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2, taints: [{key: a, value: b, effect: NoExecute}]}]},
			mastodon: {web: {resources: {memory: 5Gi, memoryLimit: 5Gi}}}}`, []string{
			`mastodon.web.resources.memory: "5Gi" does not fit on a node of 4 GiB; lower the request or use larger nodes`,
		}},
		{"mail", `{mastodon: {smtp: {server: smtp, port: 25, from: Mastodon, authMethod: ntlm}}}`, []string{
			`mastodon.smtp.authMethod: "ntlm" is not allowed; set it to plain, login, cram_md5 or none`,
			`mastodon.smtp.from: "Mastodon" is not a sender; write it as name@example.org or ` + "`Name <name@example.org>`",
			`mastodon.smtp.port: 25 is blocked by DigitalOcean; use 2525 or another port that the relay offers`,
			`mastodon.smtp.server: "smtp" is not a host name; write a full name in lower case, without a scheme or a final dot, such as social.example.org`,
		}},
	})
}

func TestBadSidekiq(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"two schedulers", `{mastodon: {sidekiq: [{name: a, queues: [default, push, ingress, mailers, pull, scheduler, fasp], replicas: 1, threads: 5},
			{name: b, queues: [scheduler], replicas: 1, threads: 5}]}}`, []string{
			`mastodon.sidekiq[1].queues: the queue scheduler is already in vmst:settings.mastodon.sidekiq[0]; leave it in one group only`,
		}},
		{"a scheduler with two replicas", `{mastodon: {sidekiq: [{name: a, queues: [default, push, ingress, mailers, pull, scheduler, fasp], replicas: 2, threads: 5}]}}`, []string{
			`mastodon.sidekiq[0].replicas: 2 replicas would run every periodic job 2 times; set it to 1, or move the queue scheduler to a group of its own`,
		}},
		{"queues that nobody works on", `{mastodon: {sidekiq: [{name: a, queues: ["default,8", "push,6", ingress, pull], replicas: 2, threads: 5}]}}`, []string{
			`mastodon.sidekiq: no group works on the queue mailers; add it to a group's queues`,
			`mastodon.sidekiq: no group works on the queue scheduler; add it to a group's queues`,
			`mastodon.sidekiq: no group works on the queue fasp; add it to a group's queues`,
		}},
		{"no group", `{mastodon: {sidekiq: []}}`, []string{
			`mastodon.sidekiq: no group works on the queue default; add it to a group's queues`,
			`mastodon.sidekiq: no group works on the queue push; add it to a group's queues`,
			`mastodon.sidekiq: no group works on the queue ingress; add it to a group's queues`,
			`mastodon.sidekiq: no group works on the queue mailers; add it to a group's queues`,
			`mastodon.sidekiq: no group works on the queue pull; add it to a group's queues`,
			`mastodon.sidekiq: no group works on the queue scheduler; add it to a group's queues`,
			`mastodon.sidekiq: no group works on the queue fasp; add it to a group's queues`,
		}},
		{"queue entries", `{mastodon: {sidekiq: [{name: a, queues: [default, push, ingress, mailers, pull, scheduler, fasp], replicas: 1, threads: 5},
			{name: b, queues: [defaults, "push,0", "pull,1,2", mailers, "mailers,2"], replicas: 1, threads: 5}, {name: c, queues: [], replicas: 1, threads: 5}]}}`, []string{
			`mastodon.sidekiq[1].queues[0]: "defaults" is not a queue of Mastodon; did you mean "default"? Allowed: default, push, ingress, mailers, pull, scheduler, fasp`,
			`mastodon.sidekiq[1].queues[1]: "push,0" is not a queue with a weight; write it as default or "default,8", the weight from 1 to 99`,
			`mastodon.sidekiq[1].queues[2]: "pull,1,2" is not a queue with a weight; write it as default or "default,8", the weight from 1 to 99`,
			`mastodon.sidekiq[1].queues[4]: "mailers" is already used by vmst:settings.mastodon.sidekiq[1].queues[3]; use each value once`,
			`mastodon.sidekiq[2].queues: the list is empty; name at least one of default, push, ingress, mailers, pull, scheduler, fasp`,
		}},
		{"group names", `{mastodon: {sidekiq: [{name: all, queues: [default, push, ingress, mailers, pull, scheduler, fasp], replicas: 1, threads: 5},
			{name: all, queues: [default], replicas: 1, threads: 5}, {name: Big One, queues: [default], replicas: 1, threads: 500}]}}`, []string{
			`mastodon.sidekiq[1].name: "all" is already used by vmst:settings.mastodon.sidekiq[0].name; use each value once`,
			`mastodon.sidekiq[2].name: "Big One" is not a group name; use lower-case letters, digits and dashes`,
			`mastodon.sidekiq[2].threads: 500 is out of range; set it to a whole number from 1 to 100`,
		}},
	})
}

func TestBadEnvironment(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"names", `{mastodon: {environment: {max-chars: "1", 1UP: "1"}}}`, []string{
			`mastodon.environment.1UP: "1UP" is not the name of an environment variable; use capital letters, digits and underscores`,
			`mastodon.environment.max-chars: "max-chars" is not the name of an environment variable; use capital letters, digits and underscores`,
		}},
		{"variables of the program", `{mastodon: {environment: {LOCAL_DOMAIN: x, DB_HOST: x, SECRET_KEY_BASE: x, VAPID_PUBLIC_KEY: x}}}`, []string{
			`mastodon.environment.DB_HOST: the program sets this variable from other settings; remove it and change the setting it comes from`,
			`mastodon.environment.LOCAL_DOMAIN: the program sets this variable from other settings; remove it and change the setting it comes from`,
			`mastodon.environment.SECRET_KEY_BASE: the program sets this variable from other settings; remove it and change the setting it comes from`,
			`mastodon.environment.VAPID_PUBLIC_KEY: the program sets this variable from other settings; remove it and change the setting it comes from`,
		}},
		{"secrets in clear text", `{mastodon: {environment: {DEEPL_API_KEY: x}}}`, []string{
			`mastodon.environment.DEEPL_API_KEY: the name is that of a secret, and this value can be read by everyone; set it with ` +
				"`pulumi config set --secret --path 'vmst:secrets.environment.DEEPL_API_KEY'`",
		}},
	})
}
