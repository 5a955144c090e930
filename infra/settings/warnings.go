package settings

import (
	"fmt"
	netmail "net/mail"
	"strconv"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Warning is something that is allowed, and that a person should know of: its path, what it means, and what to do.
type Warning = decode.Problem

// warn adds a warning of a setting.
type warn func(path, wrong, remedy string)

// Warnings are what is allowed in the secrets of an environment with these settings but should be known. None of them
// says a value.
func (s *Secrets) Warnings(of *Settings) []Warning {
	var list []Warning
	w := func(path, wrong, remedy string) {
		list = append(list, Warning{Path: secretsPath + "." + path, Wrong: wrong, Remedy: remedy})
	}
	if of.Environment == Production && of.Observability.On() && !s.DeadMansSwitch.Set() {
		w("deadMansSwitch",
			"missing in production: when Alertmanager, the relay or the cluster is away, nobody is told",
			"make a check at a service that expects a call every five minutes, and "+
				decode.SetSecret(secretsPath+".deadMansSwitch"))
	}
	warnOfVariables(w, "environment", s.Environment)
	return list
}

// Warnings are what is allowed in the settings but should be known.
func (s *Settings) Warnings() []Warning {
	var list []Warning
	w := func(path, wrong, remedy string) {
		list = append(list, Warning{Path: settingsPath + "." + path, Wrong: wrong, Remedy: remedy})
	}
	warnOfVariables(w, "mastodon.environment", s.Mastodon.Environment)
	s.warnOfSingles(w)
	s.warnOfVersions(w)
	s.warnOfMail(w)
	s.warnOfJobs(w)
	s.warnOfConnections(w)
	s.Mastodon.Housekeeping.warn(w)
	s.warnOfBackups(w)
	s.warnOfObservability(w)
	s.warnOfPolicy(w)
	s.warnOfNetworkPolicies(w)
	if !s.Protect && s.Environment == Production {
		w("protect", "false lets a mistake delete the databases, the buckets and the keys of production",
			"set it to true")
	}
	if s.Protect && !s.Cluster.Protect && s.Environment == Production {
		w("cluster.protect", "false lets a changed range or default pool replace the cluster of production",
			"set it to true, unless you are about to replace it")
	}
	if len(s.Escrow.Recipients) == 0 && s.Environment == Production {
		w("escrow.recipients",
			"empty in production: the keys without which a backup is worthless are in Pulumi's state and nowhere else",
			"name the public keys of two people, and run `make escrow`")
	}
	if len(s.Cluster.ControlPlaneAllowedAddresses) == 0 {
		w("cluster.controlPlaneAllowedAddresses",
			"empty, so that whoever has a credential reaches the control plane from anywhere",
			"name the addresses that run Pulumi and kubectl")
	}
	if s.Database.TLS == VerifyCA {
		w("database.tls", quote(VerifyCA)+" lets whoever answers in the database's place, with a certificate of any "+
			"trusted authority, pass for it",
			"set it to "+VerifyFull+" when the certificate has the private host name")
	}
	for i, address := range s.Cluster.ControlPlaneAllowedAddresses {
		if strings.HasSuffix(address, "/0") {
			w(fmt.Sprintf("cluster.controlPlaneAllowedAddresses[%d]", i), quote(address)+" admits every address",
				"name the addresses that run Pulumi and kubectl")
		}
	}
	if s.Environment == Production && s.Ingress.ACME.Issuer == IssuerStaging {
		w("ingress.acme.issuer", "\"staging\" gives production certificates that no browser trusts",
			"set it to production")
	}
	return list
}

// warnOfSingles names what production has one of, and what that costs when it is away.
func (s *Settings) warnOfSingles(w warn) {
	if s.Environment != Production {
		return
	}
	single := func(path string, count int, away string) {
		if count == 1 {
			w(path, "1 in production: while it is away, "+away, "set it to 2 or more")
		}
	}
	if !s.Cluster.HighlyAvailable {
		w("cluster.highlyAvailable",
			"false in production: while the control plane is away, nothing is scheduled again", "set it to true")
	}
	single("cluster.defaultPool.nodes", s.Cluster.DefaultPool.Nodes, "so are the cluster's own services")
	for i, pool := range s.Cluster.NodePools {
		single(fmt.Sprintf("cluster.nodePools[%d].minNodes", i), pool.MinNodes, "so is all that runs on it")
	}
	single("database.nodes", s.Database.Nodes, "so is the instance, and the last writes may be lost")
	single("cache.nodes", s.Cache.Nodes, "so is the instance, and queued jobs may be lost")
	if s.Cache.Rails != nil {
		single("cache.rails.nodes", s.Cache.Rails.Nodes, "every request waits for it, and the instance with them")
	}
	if s.Search.Enabled && s.Search.Nodes == 1 {
		// Two could not agree on a leader, and are not offered.
		w("search.nodes", "1 in production: while it is away, so is search", "set it to 3")
	}
	single("loadBalancer.nodes", s.LoadBalancer.Nodes, "nobody reaches the instance")
	single("ingress.replicas", s.Ingress.Replicas, "nobody reaches the instance")
	single("mastodon.web.replicas", s.Mastodon.Web.Replicas, "so is the instance")
	single("mastodon.streaming.replicas", s.Mastodon.Streaming.Replicas, "timelines stand still")
	for i, group := range s.Mastodon.Sidekiq {
		// Two schedulers would do everything twice.
		if !group.serves(schedulerQueue) {
			single(fmt.Sprintf("mastodon.sidekiq[%d].replicas", i), group.Replicas, "its queues wait")
		}
	}
}

// controllerKubernetes is the newest minor version of Kubernetes that the last chart of ingress-nginx is declared for
// (github.com/kubernetes/ingress-nginx, README, "Supported Versions table").
const (
	controllerChart      = "4.15.1"
	controllerKubernetes = 35
)

// warnOfVersions names versions that do not belong together, or that are not safe.
func (s *Settings) warnOfVersions(w warn) {
	if wrong, remedy := Unsafe(s.Mastodon.Image.Tag); wrong != "" {
		w("mastodon.image.tag", wrong, remedy)
	}
	minor, err := strconv.Atoi(strings.TrimPrefix(s.Cluster.Version, "1."))
	chart := s.Ingress.Chart
	if err == nil && minor > controllerKubernetes && chart.Name == "ingress-nginx" && chart.Version == controllerChart {
		w("cluster.version",
			fmt.Sprintf("the pinned ingress controller (chart %s) is declared for Kubernetes up to 1.%d",
				chart.Version, controllerKubernetes),
			fmt.Sprintf(`stay on "1.%d", or set ingress.chart to a maintained fork`, controllerKubernetes))
	}
}

// warnOfMail says that nobody signs production's mail for the domain. A server that forwards mail is not one of the
// domain's, so that only a key still shows whose the mail is (RFC 7489, 10.3).
func (s *Settings) warnOfMail(w warn) {
	sender, err := netmail.ParseAddress(s.Mastodon.SMTP.From)
	if err != nil || s.Environment != Production || len(s.DNS.Mail.Relay.DKIM) > 0 {
		return
	}
	if from := domainOf(sender.Address); from == s.Domain || strings.HasSuffix(from, "."+s.Domain) {
		w("dns.mail.relay.dkim", "empty in production: no key shows that the instance's mail is its own, and what "+
			"somebody forwards passes for nobody's", "add the keys that "+s.Mastodon.SMTP.Server+" has for "+s.Domain)
	}
}

// warnOfJobs says that a Job may take half of a node on which the cluster's own services run.
func (s *Settings) warnOfJobs(w warn) {
	droplet, ok := catalogue.LookupDropletSize(s.Cluster.DefaultPool.Size)
	limit, right := parseQuantity(s.Mastodon.Jobs.Resources.MemoryLimit)
	if right && s.Mastodon.Jobs.Pool == "" && ok && float64(droplet.MemoryGiB)*gibibyte <= 2*limit {
		w("mastodon.jobs.pool", fmt.Sprintf("empty, so that a migration may run on the default pool, beside the "+
			"cluster's own services, and take %s of the %d GiB of a node", s.Mastodon.Jobs.Resources.MemoryLimit,
			droplet.MemoryGiB), "name a pool with larger nodes")
	}
}

// crowd is how many threads may share a connection of the pool. They use it for a part of their time only; with more of
// them, most of what they do is wait for each other.
const crowd = 3

// warnOfConnections says that many more threads want a connection than the pool has.
func (s *Settings) warnOfConnections(w warn) {
	if size, clients := s.Database.PoolSize, s.podConnections(); size > 0 && clients > crowd*size {
		w("database.poolSize", fmt.Sprintf("%d for pods that may want %d at once, more than %d times as many: they "+
			"wait for each other", size, clients, crowd),
			"raise it, with a larger plan where that has no more, or lower the threads of web and Sidekiq")
	}
}
