package files

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/vmstio/infrastructure/infra/signals"
)

const (
	// interval is how often endpoints are asked and rules are looked at.
	interval = 30 * time.Second
	// markInterval is how often the marks of the backups are read, which change once a day. Prometheus forgets a series
	// after five minutes (documentation, Staleness).
	markInterval = 2 * time.Minute
	// textFormat is what the marks are in, should a store forget their type: Prometheus 3 refuses to guess.
	textFormat = "PrometheusText0.0.4"
)

// target is an element of a file of file_sd.
type target struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// targets are what is asked, in files that Prometheus reads again when they change.
func (m *maker) targets() error {
	env := m.outputs.Signals(m.stack)
	probes := []target{}
	for _, name := range slices.Sorted(maps.Keys(env.Endpoints)) {
		probes = append(probes, target{[]string{env.Endpoints[name]}, m.labels("endpoint", name)})
	}
	marks, runs := []target{}, []target{}
	if backup := m.outputs.Backup; backup != nil {
		for _, task := range slices.Sorted(maps.Keys(backup.Proofs)) {
			marks = append(marks, direct(backup.Proofs[task].URL, m.labels("task", task)))
		}
		for _, task := range slices.Sorted(maps.Keys(backup.Runs)) {
			runs = append(runs, direct(backup.Runs[task], m.labels("task", task)))
		}
	}
	all := map[string][]target{jobProbe: probes, jobMark: marks, jobRun: runs}
	if m.options.Databases != "" {
		for _, name := range slices.Sorted(maps.Keys(m.outputs.Databases)) {
			database := m.outputs.Databases[name]
			if len(database.MetricsURLs) == 0 {
				return fmt.Errorf("databases.%s.metricsUrls is empty: run `pulumi up` with a program that knows "+
					"version 2 of the contract, or leave -databases out", name)
			}
			for _, address := range database.MetricsURLs {
				all["database-"+name] = append(all["database-"+name], direct(address, m.labels("database", name)))
			}
		}
	}
	for name, targets := range all {
		text, err := json.MarshalIndent(targets, "", "  ")
		if err != nil {
			return fmt.Errorf("writing the targets of job %s: %w", name, err)
		}
		m.files["targets/"+name+".json"] = append(text, '\n')
	}
	return nil
}

// labels are those of a target: what it is, and the environment, by which the rules tell apart what a Prometheus that
// watches several of them knows twice.
func (m *maker) labels(name, value string) map[string]string {
	return map[string]string{"environment": m.stack, name: value}
}

// direct is a target that is an address of its own. The contract's decoder has seen to it that it is one.
func direct(address string, labels map[string]string) target {
	u, err := url.Parse(address)
	if err != nil {
		return target{Targets: []string{address}, Labels: labels}
	}
	all := map[string]string{"__scheme__": u.Scheme, "__metrics_path__": u.EscapedPath()}
	maps.Copy(all, labels)
	return target{Targets: []string{u.Host}, Labels: all}
}

// discovery is service discovery by the file of targets of a job.
func discovery(job string) pair {
	return pair{"file_sd_configs", []fields{{{"files", []string{"targets/" + job + ".json"}}}}}
}

func fixed(job, address string) fields {
	return fields{
		{"job_name", job},
		{"static_configs", []fields{{{"targets", []string{address}}}}},
	}
}

// prometheus is what is asked how often, and where the rules and Alertmanager are.
func (m *maker) prometheus() error {
	jobs := []fields{
		{
			{"job_name", jobProbe},
			{"metrics_path", "/probe"},
			{"params", fields{{"module", []string{moduleHTTP}}}},
			discovery(jobProbe),
			// Blackbox exporter is asked, and what it is to ask becomes a parameter (its README, "Prometheus
			// Configuration").
			{"relabel_configs", []fields{
				{{"source_labels", []string{"__address__"}}, {"target_label", "__param_target"}},
				{{"source_labels", []string{"__param_target"}}, {"target_label", "instance"}},
				{{"target_label", "__address__"}, {"replacement", m.options.Blackbox}},
			}},
		},
		m.marks(jobMark),
		// A run that failed has an end, too. Only whether it went well may be taken from here, or it would pass for a
		// proof.
		append(m.marks(jobRun), pair{"metric_relabel_configs", []fields{
			{{"source_labels", []string{"__name__"}}, {"regex", "mastodon_backup_success"}, {"action", "keep"}},
		}}),
	}
	if m.options.Databases != "" {
		for _, name := range slices.Sorted(maps.Keys(m.outputs.Databases)) {
			jobs = append(jobs, m.database(name))
		}
	}
	if m.options.Inside != "" {
		job, err := m.inside()
		if err != nil {
			return err
		}
		jobs = append(jobs, job)
	}
	jobs = append(jobs, fixed("blackbox", m.options.Blackbox), fixed("alertmanager", m.options.Alertmanager))
	return m.yaml("prometheus.yml", fields{
		{"global", fields{
			{"scrape_interval", m.every(interval)},
			{"scrape_timeout", m.every(interval / 2)},
			{"evaluation_interval", m.every(interval)},
		}},
		{"rule_files", []string{"rules/*.yml"}},
		{"alerting", fields{{"alertmanagers", []fields{
			{{"static_configs", []fields{{{"targets", []string{m.options.Alertmanager}}}}}},
		}}}},
		{"scrape_configs", jobs},
	})
}

// marks reads objects in the bucket of the backups. They have the label task themselves.
func (m *maker) marks(job string) fields {
	return fields{
		{"job_name", job},
		{"scrape_interval", m.every(markInterval)},
		{"honor_labels", true},
		{"fallback_scrape_protocol", textFormat},
		discovery(job),
	}
}

// database reads the metrics that DigitalOcean serves. Credentials are the account's, and each cluster has an authority
// of its own (documentation, "How to monitor databases").
func (m *maker) database(name string) fields {
	file := func(name string) string { return path.Join(m.options.Databases, name) }
	return fields{
		{"job_name", "database-" + name},
		discovery("database-" + name),
		{"basic_auth", fields{{"username_file", file("username")}, {"password_file", file("password")}}},
		{"tls_config", fields{{"ca_file", file(name + ".pem")}}},
	}
}

// inside fetches the series that only the cluster has from the Prometheus there, and no others.
func (m *maker) inside() (fields, error) {
	u, err := url.Parse(m.options.Inside)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, fmt.Errorf("-inside is %q, expected an address such as http://localhost:9090", m.options.Inside)
	}
	names := slices.Compact(slices.Sorted(slices.Values(m.table.Inside)))
	series := []string{`{__name__=~"` + strings.Join(names, "|") + `"}`, `up{namespace!=""}`}
	return fields{
		{"job_name", jobInside},
		{"honor_labels", true},
		{"scheme", u.Scheme},
		{"metrics_path", path.Join("/", u.Path, "federate")},
		{"params", fields{{"match[]", series}}},
		{"static_configs", []fields{{{"targets", []string{u.Host}}}}},
	}, nil
}

// rules are a file for each group.
func (m *maker) rules() error {
	for _, group := range m.table.Groups {
		name := "rules/" + fileName(group.Name) + ".yml"
		if m.files[name] != nil {
			return fmt.Errorf("two groups of rules are called %s", group.Name)
		}
		rules := []fields{}
		for _, rule := range group.Rules {
			rules = append(rules, m.rule(rule))
		}
		if err := m.yaml(name, fields{{"groups", []fields{{{"name", group.Name}, {"rules", rules}}}}}); err != nil {
			return fmt.Errorf("group %s: %w", group.Name, err)
		}
	}
	return nil
}

func (m *maker) rule(rule signals.Rule) fields {
	f := fields{{"record", rule.Record}}
	if rule.Alert != "" {
		f = fields{{"alert", rule.Alert}}
	}
	f = append(f, pair{"expr", rule.Expr})
	if rule.For > 0 {
		f = append(f, pair{"for", m.after(rule.For)})
	}
	if len(rule.Labels) > 0 {
		f = append(f, pair{"labels", rule.Labels})
	}
	if len(rule.Annotations) > 0 {
		f = append(f, pair{"annotations", rule.Annotations})
	}
	return f
}

// fileName is a name with nothing in it that a path or a pattern could mean something by.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
}

const moduleHTTP = "http_2xx"

// blackbox is one way to ask: over TLS, and with no redirection, which would hide that a service is gone.
func (m *maker) blackbox() error {
	return m.yaml("blackbox.yml", fields{{"modules", fields{{moduleHTTP, fields{
		{"prober", "http"},
		{"timeout", "10s"},
		{"http", fields{
			{"valid_status_codes", []int{200}},
			{"follow_redirects", false},
			{"fail_if_not_ssl", true},
			// Instances without AAAA records are right, too.
			{"preferred_ip_protocol", "ip4"},
			{"ip_protocol_fallback", true},
		}},
	}}}}})
}
