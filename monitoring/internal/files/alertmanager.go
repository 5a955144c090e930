package files

import (
	"errors"
	"time"

	"github.com/vmstio/infrastructure/infra/signals"
)

// alertmanager says who is told what, and how often. A page is told at once and again every hour; a ticket waits for
// others of its kind and is told once a day.
func (m *maker) alertmanager() error {
	told := fields{}
	if m.options.Webhook != "" {
		told = append(told, webhook(m.options.Webhook, true))
	}
	if e := m.options.Email; e != nil {
		if e.To == "" || e.From == "" || e.Smarthost == "" {
			return errors.New("-email needs -from and -smarthost, too")
		}
		mail := fields{{"to", e.To}, {"from", e.From}, {"smarthost", e.Smarthost}, {"send_resolved", true}}
		if e.Username != "" {
			mail = append(mail, pair{"auth_username", e.Username}, pair{"auth_password_file", e.PasswordFile})
		}
		told = append(told, pair{"email_configs", []fields{mail}})
	}
	beat := fields{{"name", string(signals.Heartbeat)}}
	if m.options.Heartbeat != "" {
		beat = append(beat, webhook(m.options.Heartbeat, false))
	}
	receiver := func(severity signals.Severity) fields {
		return append(fields{{"name", string(severity)}}, told...)
	}
	route := func(severity signals.Severity, wait, group, repeat time.Duration) fields {
		return fields{
			{"matchers", []string{`severity="` + string(severity) + `"`}},
			{"receiver", string(severity)},
			{"group_wait", m.after(wait)},
			{"group_interval", m.after(group)},
			// Not shortened: who tries the files out wants to see what is told once.
			{"repeat_interval", duration(repeat)},
		}
	}
	return m.yaml("alertmanager.yml", fields{
		{"route", fields{
			{"receiver", string(signals.Ticket)},
			// One message for each kind of alert: four endpoints that are down are one page.
			{"group_by", []string{"environment", "alertname"}},
			{"routes", []fields{
				route(signals.Heartbeat, time.Second, time.Minute, 2*time.Minute),
				route(signals.Page, 10*time.Second, 5*time.Minute, time.Hour),
				route(signals.Ticket, time.Minute, 10*time.Minute, 24*time.Hour),
			}},
		}},
		// Who has been woken knows it: what endangers the same objective a little less is not told as well. A label
		// that neither has would be equal, too, so it must be there.
		{"inhibit_rules", []fields{{
			{"source_matchers", []string{`severity="page"`, `objective=~".+"`}},
			{"target_matchers", []string{`severity="ticket"`, `objective=~".+"`}},
			{"equal", []string{"environment", "objective"}},
		}}},
		{"receivers", []fields{beat, receiver(signals.Page), receiver(signals.Ticket)}},
	})
}

// webhook sends to the address in a file, which Alertmanager reads each time.
func webhook(file string, resolved bool) pair {
	return pair{"webhook_configs", []fields{{{"url_file", file}, {"send_resolved", resolved}}}}
}
