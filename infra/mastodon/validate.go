package mastodon

import (
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// queues are Mastodon's, of which each needs a worker
// (docs.joinmastodon.org, "Scaling up your server"; values.yaml of the chart).
var queues = []string{"default", "push", "ingress", "mailers", "pull", "scheduler", "fasp"}

// scheduler is the queue of the periodic work, which must not be done twice.
const scheduler = "scheduler"

var (
	label    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$`)
	variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// input is an argument that may only be known while the program runs.
type input struct {
	field string
	value pulumi.Input
}

func (a *Args) validate() error {
	check := room.NewCheck("mastodon")
	for _, text := range [][2]string{
		{"Chart.Repository", a.Chart.Repository},
		{"Chart.Name", a.Chart.Name},
		{"Chart.Version", a.Chart.Version},
		{"Image.Repository", a.Image.Repository},
		{"Image.Tag", a.Image.Tag},
		{"StreamingImage", a.StreamingImage},
		{"Domain", a.Domain},
		{"StreamingHost", a.StreamingHost},
		{"Locale", a.Locale},
		{"SMTP.Server", a.SMTP.Server},
		{"SMTP.From", a.SMTP.From},
	} {
		check.Text(text[0], text[1])
	}
	check.That(label.MatchString(a.Namespace), "Namespace %q is not a DNS label of at most 42 characters", a.Namespace)
	check.That(a.Domain == "" || a.Domain != a.StreamingHost, "StreamingHost %q is the Domain itself", a.StreamingHost)
	names := func(field string, names iter.Seq[string]) {
		for _, name := range slices.Sorted(names) {
			check.That(variable.MatchString(name), "%s: %q is not the name of a variable", field, name)
			check.That(!slices.Contains(reserved, name), "%s: %s is set by another argument", field, name)
		}
	}
	names("Environment", maps.Keys(a.Environment))
	names("SecretEnvironment", maps.Keys(a.SecretEnvironment))
	for name := range a.SecretEnvironment {
		_, both := a.Environment[name]
		check.That(!both, "SecretEnvironment: %s is in Environment as well", name)
	}
	check.That(a.SMTP.Port >= 1 && a.SMTP.Port <= 65535, "SMTP.Port %d is not a port", a.SMTP.Port)
	oneOf(check, "SMTP.AuthMethod", a.SMTP.AuthMethod, "plain", "login", "cram_md5", noLogin)
	if a.Search != nil {
		oneOf(check, "Search.IndexPreset", a.Search.IndexPreset, "single_node_cluster", "small_cluster", "large_cluster")
	}
	for _, in := range a.inputs() {
		check.Input(in.field, in.value)
	}
	a.validateProcesses(check)
	return check.Err()
}

func oneOf(check *room.Check, field, value string, allowed ...string) {
	check.That(slices.Contains(allowed, value), "%s %q is not one of %s", field, value, strings.Join(allowed, ", "))
}

// inputs lists those that cannot be left out.
func (a *Args) inputs() []input {
	db := a.Database
	list := []input{
		{"IngressClass", a.IngressClass},
		{"IssuerName", a.IssuerName},
		{"Database.Host", db.Host},
		{"Database.Port", db.Port},
		{"Database.Name", db.Name},
		{"Database.PoolHost", db.PoolHost},
		{"Database.PoolPort", db.PoolPort},
		{"Database.PoolName", db.PoolName},
		{"Database.Username", db.Username},
		{"Database.Password", db.Password},
		{"Database.CA", db.CA},
	}
	if db.Admin != nil {
		list = append(list,
			input{"Database.Admin.Username", db.Admin.Username},
			input{"Database.Admin.Password", db.Admin.Password},
			input{"Database.Admin.Statement", db.Admin.Statement})
	}
	list = append(list, a.Cache.inputs("Cache")...)
	if a.RailsCache != nil {
		list = append(list, a.RailsCache.inputs("RailsCache")...)
	}
	if a.Search != nil {
		list = append(list,
			input{"Search.Host", a.Search.Host},
			input{"Search.Port", a.Search.Port},
			input{"Search.Username", a.Search.Username},
			input{"Search.Password", a.Search.Password})
	}
	list = append(append(list, a.Media.inputs("Media")...), a.Assets.inputs("Assets")...)
	if a.SMTP.AuthMethod != noLogin {
		list = append(list, input{"SMTP.Username", a.SMTP.Username}, input{"SMTP.Password", a.SMTP.Password})
	}
	if a.Existing != nil {
		list = append(list,
			input{"Existing.SecretKeyBase", a.Existing.SecretKeyBase},
			input{"Existing.VAPIDPrivateKey", a.Existing.VAPIDPrivateKey},
			input{"Existing.VAPIDPublicKey", a.Existing.VAPIDPublicKey},
			input{"Existing.ActiveRecordPrimaryKey", a.Existing.ActiveRecordPrimaryKey},
			input{"Existing.ActiveRecordDeterministicKey", a.Existing.ActiveRecordDeterministicKey},
			input{"Existing.ActiveRecordKeyDerivationSalt", a.Existing.ActiveRecordKeyDerivationSalt})
	}
	return list
}

func (c Cache) inputs(field string) []input {
	return []input{{field + ".Host", c.Host}, {field + ".Port", c.Port}, {field + ".Password", c.Password}}
}

func (b Bucket) inputs(field string) []input {
	return []input{
		{field + ".Name", b.Name},
		{field + ".Region", b.Region},
		{field + ".Endpoint", b.Endpoint},
		{field + ".Host", b.Host},
		{field + ".AccessKey", b.AccessKey},
		{field + ".SecretKey", b.SecretKey},
	}
}

func (a *Args) validateProcesses(check *room.Check) {
	positive := func(field string, n int) { check.That(n >= 1, "%s %d is not positive", field, n) }
	pooled := func(field, pool string) {
		check.That(pool == "" || a.PoolLabel != "", "%s %q needs PoolLabel, which is missing", field, pool)
	}
	positive("Web.Replicas", a.Web.Replicas)
	positive("Web.Processes", a.Web.Processes)
	positive("Web.Threads", a.Web.Threads)
	pooled("Web.Pool", a.Web.Pool)
	positive("Streaming.Replicas", a.Streaming.Replicas)
	positive("Streaming.DatabaseConnections", a.Streaming.DatabaseConnections)
	pooled("Streaming.Pool", a.Streaming.Pool)

	names, served := map[string]bool{}, map[string]int{}
	for _, group := range a.Sidekiq {
		field := "Sidekiq[" + group.Name + "]"
		check.That(label.MatchString(group.Name), "%s is not a DNS label of at most 42 characters", field)
		check.That(!names[group.Name], "%s is there twice", field)
		names[group.Name] = true
		positive(field+".Replicas", group.Replicas)
		positive(field+".Threads", group.Threads)
		pooled(field+".Pool", group.Pool)
		for _, queue := range group.Queues {
			name, _, _ := strings.Cut(queue, ",")
			served[name] += group.Replicas
		}
	}
	for _, queue := range queues {
		check.That(served[queue] > 0, "Sidekiq: no group serves the queue %q", queue)
	}
	check.That(served[scheduler] <= 1, "Sidekiq: %d processes would serve the queue %q, which must be exactly 1", served[scheduler], scheduler)
}
