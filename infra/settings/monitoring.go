package settings

import (
	"fmt"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Monitoring are the checks, and whom they tell.
type Monitoring struct {
	// Emails receive the alerts, nine at most. DigitalOcean sends only to verified addresses of the account's team.
	Emails []string `json:"emails" jsonschema:"required,format=email"`
	// SlackChannel receives them too, through the webhook in the secret slackWebhook.
	SlackChannel string `json:"slackChannel" example:"#alerts"`
	// Regions that the uptime checks look from.
	Regions []string `json:"regions" jsonschema:"format=uptime-region" default:"[us_east, us_west, eu_west]"`
	// LatencyMilliseconds is the latency that raises an alert when every request of five minutes exceeds it.
	// DigitalOcean's panel offers up to 5000.
	LatencyMilliseconds int `json:"latencyMilliseconds" jsonschema:"minimum=1,maximum=5000" default:"2000"`
	// CPUPercent of a node or database raises an alert when it stays exceeded for ten minutes.
	CPUPercent int `json:"cpuPercent" jsonschema:"minimum=1,maximum=100" default:"90"`
	// MemoryPercent of a node or database raises an alert when it stays exceeded for ten minutes.
	MemoryPercent int `json:"memoryPercent" jsonschema:"minimum=1,maximum=100" default:"90"`
	// DiskPercent of a node or database raises an alert when it stays exceeded for ten minutes.
	DiskPercent int `json:"diskPercent" jsonschema:"minimum=1,maximum=100" default:"80"`
}

// mostEmails is how many addresses an alert tells (docs.digitalocean.com, uptime, "Limits").
const mostEmails = 9

// Check reports lists that are empty, too long, or name somebody twice.
func (m Monitoring) Check(at At) {
	if len(m.Emails) == 0 {
		at.Key("emails").Add("the list is empty", "name at least one address, or nobody learns of an alert")
	}
	if n := len(m.Emails); n > mostEmails {
		at.Key("emails").Add(fmt.Sprintf("%d addresses are more than DigitalOcean's alerts take", n),
			fmt.Sprintf("keep %d at most: the address of a mailing list reaches all of its members", mostEmails))
	}
	if len(m.Regions) == 0 {
		at.Key("regions").Add("the list is empty", "use "+decode.OneOf(catalogue.UptimeRegions()))
	}
	emails, regions := decode.Unique{}, decode.Unique{}
	for i, address := range m.Emails {
		emails.Add(at.Key("emails").Index(i), address)
	}
	for i, region := range m.Regions {
		regions.Add(at.Key("regions").Index(i), region)
	}
}

// Endpoint is a public address that says whether a service is up.
type Endpoint struct {
	// Name tells the endpoints apart: "web", "streaming", "media", "assets", "docs".
	Name string
	// Host of the service.
	Host string
	// Mark is whether there is no service behind it, but an object that is missing when something is wrong.
	Mark bool
	// HealthPath answers with status 200 while the service is up.
	HealthPath string
}

// URL is the address of the service.
func (e Endpoint) URL() string { return "https://" + e.Host }

// HealthURL is the address to ask.
func (e Endpoint) HealthURL() string { return e.URL() + e.HealthPath }

// Endpoints are the public addresses of the environment. The pages are Mastodon's own (config/routes.rb,
// streaming/index.js), and a file in the buckets.
func (s *Settings) Endpoints() []Endpoint {
	endpoints := []Endpoint{
		{Name: "web", Host: s.Domain, HealthPath: "/health"},
		{Name: "streaming", Host: s.Mastodon.StreamingHost, HealthPath: "/api/v1/streaming/health"},
		{Name: "media", Host: s.Storage.MediaHost, HealthPath: "/" + HealthKey},
		{Name: "assets", Host: s.Storage.AssetsHost, HealthPath: "/" + HealthKey},
	}
	if s.Docs.Enabled {
		endpoints = append(endpoints, Endpoint{Name: "docs", Host: s.Docs.Host, HealthPath: "/"})
	}
	return endpoints
}

// monitoringCost counts the uptime checks. The account's first one is free, and may be another environment's.
func (s *Settings) monitoringCost(bill *Cost) {
	checks := len(s.Endpoints()) + len(s.Proofs())
	bill.add(fmt.Sprintf("uptime checks, %d", checks), checks-1, checks, catalogue.UptimeCheck(),
		catalogue.UptimePricing)
}
