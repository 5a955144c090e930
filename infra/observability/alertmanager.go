package observability

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/signals"
)

// The receivers.
const (
	pages   = "page"
	tickets = "ticket"
	outside = "dead-mans-switch"
	nobody  = "nobody"
)

// The configuration of Alertmanager (prometheus.io/docs/alerting/latest/configuration), as far as it is needed.
type (
	configuration struct {
		Global    global     `yaml:"global"`
		Route     route      `yaml:"route"`
		Inhibit   []inhibit  `yaml:"inhibit_rules"`
		Receivers []receiver `yaml:"receivers"`
	}
	global struct {
		ResolveTimeout string `yaml:"resolve_timeout"`
		From           string `yaml:"smtp_from"`
		SmartHost      string `yaml:"smtp_smarthost"`
		RequireTLS     bool   `yaml:"smtp_require_tls"`
		// ForceImplicitTLS is known from Alertmanager 0.31 on.
		ForceImplicitTLS bool   `yaml:"smtp_force_implicit_tls,omitempty"`
		Username         string `yaml:"smtp_auth_username,omitempty"`
		Password         string `yaml:"smtp_auth_password,omitempty"`
		// Secret is the password for CRAM-MD5.
		Secret   string `yaml:"smtp_auth_secret,omitempty"`
		SlackURL string `yaml:"slack_api_url,omitempty"`
	}
	route struct {
		Receiver       string   `yaml:"receiver"`
		Matchers       []string `yaml:"matchers,omitempty"`
		GroupBy        []string `yaml:"group_by,omitempty"`
		GroupWait      string   `yaml:"group_wait"`
		GroupInterval  string   `yaml:"group_interval"`
		RepeatInterval string   `yaml:"repeat_interval"`
		Routes         []route  `yaml:"routes,omitempty"`
	}
	inhibit struct {
		Source []string `yaml:"source_matchers"`
		Target []string `yaml:"target_matchers"`
		Equal  []string `yaml:"equal"`
	}
	receiver struct {
		Name     string    `yaml:"name"`
		Emails   []email   `yaml:"email_configs,omitempty"`
		Slack    []slack   `yaml:"slack_configs,omitempty"`
		Webhooks []webhook `yaml:"webhook_configs,omitempty"`
	}
	email struct {
		To           string            `yaml:"to"`
		SendResolved bool              `yaml:"send_resolved"`
		Headers      map[string]string `yaml:"headers"`
	}
	slack struct {
		Channel      string `yaml:"channel"`
		SendResolved bool   `yaml:"send_resolved"`
		Title        string `yaml:"title"`
		Text         string `yaml:"text"`
	}
	webhook struct {
		URL          string `yaml:"url"`
		SendResolved bool   `yaml:"send_resolved"`
	}
)

// alertmanager is the configuration as text, which is secret.
func (a *Args) alertmanager() pulumi.StringOutput {
	optional := func(input pulumi.StringInput) pulumi.StringInput {
		if input == nil {
			return pulumi.String("")
		}
		return input
	}
	text := pulumi.All(
		optional(a.SMTPUsername), optional(a.SMTPPassword), optional(a.SlackWebhook), optional(a.DeadMansSwitch),
	).ApplyT(func(all []any) (string, error) {
		text := make([]string, len(all))
		for i, value := range all {
			text[i], _ = value.(string)
		}
		encoded, err := yaml.Marshal(a.configuration(text[0], text[1], text[2], text[3]))
		if err != nil {
			return "", fmt.Errorf("encoding the configuration of Alertmanager: %w", err)
		}
		return string(encoded), nil
	}).(pulumi.StringOutput)
	return pulumi.ToSecret(text).(pulumi.StringOutput)
}

// configuration tells pages and tickets apart by how soon and how often they are sent.
func (a *Args) configuration(username, password, slackURL, switchURL string) configuration {
	c := configuration{
		Global: global{
			ResolveTimeout: "5m", From: a.SMTP.From,
			SmartHost:        net.JoinHostPort(a.SMTP.Server, strconv.Itoa(a.SMTP.Port)),
			RequireTLS:       a.SMTP.TLS != settings.ImplicitTLS,
			ForceImplicitTLS: a.SMTP.TLS == settings.ImplicitTLS,
		},
		Route: route{
			Receiver: tickets, GroupBy: []string{"alertname", "objective"},
			GroupWait: "1m", GroupInterval: "5m", RepeatInterval: "24h",
			Routes: []route{
				{
					Receiver: nobody, Matchers: severity(signals.Heartbeat),
					GroupWait: "0s", GroupInterval: "1m", RepeatInterval: "1m",
				},
				{
					Receiver: pages, Matchers: severity(signals.Page),
					GroupWait: "10s", GroupInterval: "5m", RepeatInterval: "1h",
				},
			},
		},
		// Who has been woken for an objective needs no ticket about it.
		Inhibit: []inhibit{{
			Source: append(severity(signals.Page), `objective=~".+"`), Target: severity(signals.Ticket),
			Equal: []string{"objective"},
		}},
		Receivers: []receiver{a.receiver(pages), a.receiver(tickets), {Name: nobody}},
	}
	if a.SMTP.AuthMethod != settings.AuthNone {
		c.Global.Username, c.Global.Password = username, password
		if a.SMTP.AuthMethod == "cram_md5" {
			c.Global.Password, c.Global.Secret = "", password
		}
	}
	if a.SlackChannel != "" {
		c.Global.SlackURL = slackURL
	}
	if switchURL != "" {
		c.Route.Routes[0].Receiver = outside
		c.Receivers[2] = receiver{Name: outside, Webhooks: []webhook{{URL: switchURL}}}
	}
	return c
}

// receiver tells everybody that the settings name.
func (a *Args) receiver(name string) receiver {
	title := `[{{ .Status | toUpper }}] ` + a.Watched.Domain + ` ` + name + `: {{ .CommonLabels.alertname }}`
	r := receiver{Name: name, Emails: []email{{
		To: strings.Join(a.Emails, ", "), SendResolved: true, Headers: map[string]string{"Subject": title},
	}}}
	if a.SlackChannel != "" {
		r.Slack = []slack{{
			Channel: a.SlackChannel, SendResolved: true, Title: title,
			Text: `{{ range .Alerts }}{{ range .Annotations.SortedPairs }}{{ .Name }}: {{ .Value }}` + "\n" +
				`{{ end }}{{ end }}`,
		}}
	}
	return r
}

// severity matches the alerts of one.
func severity(of signals.Severity) []string { return []string{fmt.Sprintf("severity=%q", of)} }
