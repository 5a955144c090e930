package digitalocean

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	"github.com/vmstio/infrastructure/infra/catalogue"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// Limits of uptime checks and alerts (documentation of uptime, "Limits").
const (
	mostAlerts = 5
	mostEmails = 9
)

func monitoringResources(options Options) map[string]sim.Resource {
	return map[string]sim.Resource{
		typeCheck: sim.From(sdk.UptimeCheckArgs{}, sdk.UptimeCheck{}, sim.Rules{
			AutoNamed: "name", Unordered: "regions", Defaults: map[string]any{"type": "https", "enabled": true},
			Checks: map[string][]sim.Check{
				"type": {sim.OneOf("http", "https")}, "regions[]": {sim.OneOf(catalogue.UptimeRegions()...)},
			},
		}, sim.Resource{
			Check:  checkTarget,
			Create: func(sim.Call, sim.State) (string, error) { return newID(), nil },
			Delete: func(call sim.Call, id string, _ sim.State) error {
				return deleteAll(call, typeAlert, "checkId", id)
			},
		}),
		typeAlert: sim.From(sdk.UptimeAlertArgs{}, sdk.UptimeAlert{}, sim.Rules{
			AutoNamed: "name", Required: "notifications",
			Checks: map[string][]sim.Check{
				"type":                 {sim.OneOf("latency", "down", "down_global", "ssl_expiry")},
				"comparison":           {sim.OneOf("greater_than", "less_than")},
				"period":               {sim.OneOf("2m", "3m", "5m", "10m", "15m", "30m", "1h")},
				"notifications.emails": {fewEmails}, "notifications.emails[]": {email},
			},
		}, sim.Resource{
			Check: checkAlert,
			Create: func(call sim.Call, state sim.State) (string, error) {
				have := len(having(call, typeAlert, "checkId", state.String("checkId")))
				return newID(), errors.Join(
					options.setAlert(call, "", nil, state), atMost(mostAlerts, have, "alerts of the check"),
				)
			},
			Update: options.setAlert,
		}),
		"digitalocean:index/monitorAlert:MonitorAlert": sim.From(sdk.MonitorAlertArgs{}, sdk.MonitorAlert{}, sim.Rules{
			Unordered: "entities tags", Defaults: map[string]any{"enabled": true},
			Checks: map[string][]sim.Check{
				"type": {sim.OneOf(catalogue.AlertMetrics()...)}, "value": {sim.Between(0, 1<<31)},
				"compare": {sim.OneOf("GreaterThan", "LessThan")}, "window": {sim.OneOf("5m", "10m", "30m", "1h")},
				"alerts.emails": {fewEmails}, "alerts.emails[]": {email},
			},
		}, sim.Resource{
			Check: checkMonitor,
			Create: func(call sim.Call, state sim.State) (string, error) {
				id := newID()
				state["uuid"] = id
				return id, options.setMonitor(call, id, nil, state)
			},
			Update: options.setMonitor,
		}),
	}
}

func fewEmails(value any) error {
	if all, _ := value.([]any); len(all) > mostEmails {
		return fmt.Errorf("must not have more than %d addresses", mostEmails)
	}
	return nil
}

func checkTarget(s sim.State) []error {
	target, scheme := s.String("target"), s.String("type")
	parsed, err := url.Parse(target)
	if s.Known("type", "target") && (err != nil || parsed.Scheme != scheme || parsed.Host == "") {
		return []error{fmt.Errorf("target = %q: must be a URL that begins with %s:// when type is %[2]s",
			target, scheme)}
	}
	return nil
}

func checkAlert(s sim.State) []error {
	if !s.Known("type", "threshold", "comparison", "period", "notifications") {
		return nil
	}
	var errs []error
	needs := map[string][]string{
		"latency": {"threshold", "comparison", "period"}, "ssl_expiry": {"threshold", "comparison", "period"},
		"down": {"period"}, "down_global": {"period"},
	}
	for _, property := range needs[s.String("type")] {
		if !s.Has(property) {
			errs = append(errs, fmt.Errorf("%s is required when type is %s", property, s.String("type")))
		}
	}
	for i, notification := range s.Objects("notifications") {
		if len(notification.Strings("emails")) == 0 && len(notification.Objects("slacks")) == 0 {
			errs = append(errs, fmt.Errorf("notifications[%d]: must have emails or slacks", i))
		}
	}
	return errs
}

// verified refuses addresses that nobody has verified as a member of the team (API reference, alerts.email).
func (o Options) verified(alerts ...sim.State) error {
	for _, alert := range alerts {
		for _, address := range alert.Strings("emails") {
			if slices.Contains(o.Unverified, address) {
				return refuse(422, "email address %s is not that of a verified member of the team", address)
			}
		}
	}
	return nil
}

func (o Options) setAlert(call sim.Call, _ string, _, state sim.State) error {
	_, err := find(call, typeCheck, "uptime check", state.String("checkId"))
	return errors.Join(err, o.verified(state.Objects("notifications")...))
}

func checkMonitor(s sim.State) []error {
	alerts := s.Object("alerts")
	if s.Known("alerts") && len(alerts.Strings("emails")) == 0 && len(alerts.Objects("slacks")) == 0 {
		return []error{errors.New("alerts: must have emails or slacks")}
	}
	return nil
}

// setMonitor refuses entities that do not exist, or are of another kind than the metric. Nodes are known by their tag.
func (o Options) setMonitor(call sim.Call, _ string, _, state sim.State) error {
	typ, what := typeDatabase, "database cluster"
	if strings.HasPrefix(state.String("type"), "v1/insights/lbaas/") {
		typ, what = typeLoadBalancer, "load balancer"
	}
	for _, id := range state.Strings("entities") {
		if _, err := find(call, typ, what, id); err != nil {
			return err
		}
	}
	return o.verified(state.Object("alerts"))
}
