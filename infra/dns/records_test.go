package dns_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/dns"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const recordType = "digitalocean:index/dnsRecord:DnsRecord"

func instance() *settings.Settings {
	return &settings.Settings{
		Domain:   "vmst.io",
		Storage:  settings.Storage{Region: "nyc3", MediaHost: "cdn.vmst.io", AssetsHost: "assets.vmst.io"},
		Mastodon: settings.Mastodon{StreamingHost: "streaming.vmst.io"},
		DNS: settings.DNS{
			Zone: "vmst.io",
			Mail: settings.Mail{
				MX:    []settings.MX{{Host: "in1.mail.example.com"}, {Host: "in2.mail.example.com", Priority: 20}},
				SPF:   "v=spf1 include:amazonses.com -all",
				DMARC: "v=DMARC1; p=reject",
				DKIM: []settings.DKIM{
					{Selector: "fm1", CNAME: "fm1.dkim.example.com"}, {Selector: "ses", Value: "v=DKIM1; p=abc"},
				},
			},
			Records: []settings.Record{
				{Name: "@", Type: "TXT", Value: "proof=1"},
				{Name: "@", Type: "TXT", Value: "proof=2"},
				{Name: "status", Type: "CNAME", Value: "status.example.com."},
				{Name: "lists", Type: "MX", Value: "mx.example.com", Priority: 5},
				{Name: "sub", Type: "NS", Value: "ns.example.com"},
				{Name: "v4", Type: "A", Value: "203.0.113.44"},
				{Name: "v6", Type: "AAAA", Value: "2001:db8::1"},
			},
		},
	}
}

func recordsProgram(s *settings.Settings, made **dns.Records) pulumi.RunFunc {
	return func(ctx *pulumi.Context) (err error) {
		*made, err = dns.NewRecords(ctx, "records", &dns.RecordsArgs{
			Zone: s.DNS.Zone, ZoneName: pulumi.String(s.DNS.Zone), TTL: 1800, WebIP: pulumi.String("203.0.113.10"),
			Entries: s.Entries(),
		})
		return err
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	var records *dns.Records
	require.NoError(t, r.Run(recordsProgram(instance(), &records)))

	type inputs = map[string]any
	got := map[string]inputs{}
	for _, made := range r.OfType(recordType) {
		require.Contains(t, made.Parent, "vmst:dns:Records::records")
		require.False(t, made.Protect, made.Name)
		got[made.Name] = made.Inputs.Mappable()
	}
	entry := func(kind, name, value string) inputs {
		return inputs{"domain": "vmst.io", "ttl": 1800.0, "type": kind, "name": name, "value": value}
	}
	// The provider wants a flag and a priority written that is 0.
	caa := func(value string) inputs {
		all := entry("CAA", "@", value)
		all["flags"], all["tag"] = 0.0, "issue"
		return all
	}
	mx := func(name, value string, priority float64) inputs {
		all := entry("MX", name, value)
		all["priority"] = priority
		return all
	}
	cdn := func(role crew.Role) string { return crew.Name(role, "vmst.io") + ".nyc3.cdn.digitaloceanspaces.com." }
	hash := func(value string) string {
		sum := sha256.Sum256([]byte(value))
		return hex.EncodeToString(sum[:])[:8]
	}
	require.Equal(t, map[string]inputs{
		"records-a-web":                               entry("A", "@", "203.0.113.10"),
		"records-a-streaming":                         entry("A", "streaming", "203.0.113.10"),
		"records-caa-issue":                           caa("letsencrypt.org."),
		"records-cname-cdn":                           entry("CNAME", "cdn", cdn(crew.Media)),
		"records-cname-assets":                        entry("CNAME", "assets", cdn(crew.Assets)),
		"records-mx-in1-mail-example-com":             mx("@", "in1.mail.example.com.", 0),
		"records-mx-in2-mail-example-com":             mx("@", "in2.mail.example.com.", 20),
		"records-txt-spf":                             entry("TXT", "@", "v=spf1 include:amazonses.com -all"),
		"records-txt-dmarc":                           entry("TXT", "_dmarc", "v=DMARC1; p=reject"),
		"records-dkim-fm1":                            entry("CNAME", "fm1._domainkey", "fm1.dkim.example.com."),
		"records-dkim-ses":                            entry("TXT", "ses._domainkey", "v=DKIM1; p=abc"),
		"records-txt-apex-" + hash("proof=1"):         entry("TXT", "@", "proof=1"),
		"records-txt-apex-" + hash("proof=2"):         entry("TXT", "@", "proof=2"),
		"records-cname-status":                        entry("CNAME", "status", "status.example.com."),
		"records-mx-lists-" + hash("mx.example.com."): mx("lists", "mx.example.com.", 5),
		"records-ns-sub-" + hash("ns.example.com."):   entry("NS", "sub", "ns.example.com."),
		"records-a-v4-" + hash("203.0.113.44"):        entry("A", "v4", "203.0.113.44"),
		"records-aaaa-v6-" + hash("2001:db8::1"):      entry("AAAA", "v6", "2001:db8::1"),
	}, got)
	require.Len(t, records.Ready, len(got), "not every record can be waited for")
}

func TestRecordsOfADomainBelowTheZone(t *testing.T) {
	t.Parallel()
	s := instance()
	s.Domain, s.Mastodon.StreamingHost = "staging.vmst.io", "streaming.staging.vmst.io"
	s.Storage.MediaHost = "cdn.staging.vmst.io"
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(recordsProgram(s, new(*dns.Records))))
	for name, want := range map[string]string{
		"a-web": "staging", "a-streaming": "streaming.staging", "caa-issue": "staging", "txt-spf": "staging",
		"cname-cdn-staging": "cdn.staging", "txt-dmarc": "_dmarc.staging", "dkim-ses": "ses._domainkey.staging",
		"mx-in1-mail-example-com": "staging",
	} {
		require.Equal(t, want, r.One(t, recordType, "records-"+name).Input("name"))
	}
}

func TestRecordsWithoutMail(t *testing.T) {
	t.Parallel()
	s := instance()
	s.DNS = settings.DNS{Zone: s.DNS.Zone}
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(recordsProgram(s, new(*dns.Records))))
	require.Len(t, r.OfType(recordType), 5)
}

func TestRecordsInPreviewAndWithFailures(t *testing.T) {
	t.Parallel()
	program := recordsProgram(instance(), new(*dns.Records))
	require.NoError(t, (&mocks.Recorder{Preview: true}).Run(program))
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program)
}

func TestRecordsWithoutTheirArguments(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(func(ctx *pulumi.Context) error {
		_, err := dns.NewRecords(ctx, "records", &dns.RecordsArgs{Entries: instance().Entries()})
		return err
	}), "DNS records arguments: WebIP, Zone, ZoneName missing")
	require.Empty(t, r.All())
}

// Hosts have the IPv6 address of the load balancer where it has one, and not a record more where it has none.
func TestRecordsOfIPv6(t *testing.T) {
	t.Parallel()
	addresses := func(stack settings.NetworkStack) map[string][]any {
		s, r := instance(), &mocks.Recorder{}
		s.LoadBalancer.NetworkStack, s.DNS.Records = stack, nil
		require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
			_, err := dns.NewRecords(ctx, "records", &dns.RecordsArgs{
				Zone: s.DNS.Zone, ZoneName: pulumi.String(s.DNS.Zone), TTL: 1800, WebIP: pulumi.String("203.0.113.10"),
				WebIPv6: pulumi.String("2001:db8::10"), Entries: s.Entries(),
			})
			return err
		}))
		found := map[string][]any{}
		for _, made := range r.OfType(recordType) {
			if kind := made.Input("type"); kind == "A" || kind == "AAAA" {
				found[made.Name] = []any{kind, made.Input("name"), made.Input("value")}
			}
		}
		return found
	}
	only := map[string][]any{
		"records-a-web":       {"A", "@", "203.0.113.10"},
		"records-a-streaming": {"A", "streaming", "203.0.113.10"},
	}
	require.Equal(t, only, addresses(settings.IPv4))
	only["records-aaaa-web"] = []any{"AAAA", "@", "2001:db8::10"}
	only["records-aaaa-streaming"] = []any{"AAAA", "streaming", "2001:db8::10"}
	require.Equal(t, only, addresses(settings.DualStack))
}

// A record of an address that nobody has given is an error, and not an empty record.
func TestRecordsOfAnAddressThatIsMissing(t *testing.T) {
	t.Parallel()
	s := instance()
	s.LoadBalancer.NetworkStack = settings.DualStack
	require.ErrorContains(t, (&mocks.Recorder{}).Run(recordsProgram(s, new(*dns.Records))),
		`creating AAAA record "@" in zone "vmst.io"`)
}

// What the relay sends passes by its keys or by its envelopes.
func TestRecordsOfARelay(t *testing.T) {
	t.Parallel()
	s := instance()
	s.DNS.Mail.Relay = settings.Relay{
		DKIM: []settings.DKIM{{Selector: "r1", CNAME: "r1.example.net"}, {Selector: "r2", Value: "v=DKIM1; p=abc"}},
		MailFrom: &settings.MailFrom{
			Host: "bounces.vmst.io", MX: "feedback.example.net", SPF: "v=spf1 include:example.net -all",
		},
	}
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(recordsProgram(s, new(*dns.Records))))
	for name, want := range map[string]map[string]any{
		"dkim-r1":  {"type": "CNAME", "name": "r1._domainkey", "value": "r1.example.net."},
		"dkim-r2":  {"type": "TXT", "name": "r2._domainkey", "value": "v=DKIM1; p=abc"},
		"mx-relay": {"type": "MX", "name": "bounces", "value": "feedback.example.net.", "priority": 10.0},
		"txt-relay-spf": {
			"type": "TXT", "name": "bounces", "value": "v=spf1 include:example.net -all",
		},
	} {
		want["domain"], want["ttl"] = "vmst.io", 1800.0
		require.Equal(t, want, r.One(t, recordType, "records-"+name).Inputs.Mappable())
	}
}
