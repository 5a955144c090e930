package rooms_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/dns"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	domainType   = "digitalocean:index/domain:Domain"
	recordType   = "digitalocean:index/dnsRecord:DnsRecord"
	domainLookUp = "digitalocean:index/getDomain:getDomain"
)

func zoneProgram(args dns.ZoneArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		made, err := dns.NewZone(ctx, "zone", &args)
		if err != nil {
			return err
		}
		if (len(made.Ready) == 1) != args.Manage {
			return errors.New("only a managed zone can be waited for")
		}
		// A record shows what the output holds.
		return recordsProbe(ctx, "probe", made.ZoneName, made.ZoneURN)
	}
}

func recordsProbe(ctx *pulumi.Context, name string, zone, value pulumi.StringInput) error {
	_, err := dns.NewRecords(ctx, name, &dns.RecordsArgs{
		Zone: "vmst.io", ZoneName: zone, Domain: "vmst.io", TTL: 60, WebIP: value, StreamingHost: "streaming.vmst.io",
	})
	return err
}

func TestZoneThatIsManaged(t *testing.T) {
	for _, protect := range []bool{true, false} {
		r := &mocks.Recorder{}
		require.NoError(t, r.Run(zoneProgram(dns.ZoneArgs{Zone: "vmst.io", Manage: true, Protect: protect})))
		made := r.One(t, domainType, "zone-domain")
		require.Contains(t, made.Parent, "vmst:dns:Zone::zone")
		require.Equal(t, map[string]any{"name": "vmst.io"}, made.Inputs.Mappable())
		require.Equal(t, protect, made.Protect)
		require.Equal(t, protect, made.RetainOnDelete)
		probe := r.One(t, recordType, "probe-a-web")
		require.Equal(t, "vmst.io", probe.Input("domain"))
		require.Equal(t, "do:domain:vmst.io", probe.Input("value"))
	}
}

func TestZoneThatExists(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(zoneProgram(dns.ZoneArgs{Zone: "vmst.io"})))
	require.Empty(t, r.OfType(domainType))
	probe := r.One(t, recordType, "probe-a-web")
	require.Equal(t, "vmst.io", probe.Input("domain"))
	require.Equal(t, "do:domain:vmst.io", probe.Input("value"))
}

func TestZoneThatIsMissing(t *testing.T) {
	r := &mocks.Recorder{Answers: map[string]mocks.Answer{
		domainLookUp: func(resource.PropertyMap) (resource.PropertyMap, error) { return nil, errors.New("domain not found") },
	}}
	err := r.Run(zoneProgram(dns.ZoneArgs{Zone: "vmst.io"}))
	require.ErrorContains(t, err, `looking up zone "vmst.io"`)
	require.ErrorContains(t, err, "domain not found")
	require.ErrorContains(t, err, "vmst:settings.dns.zone must be a domain that exists in this DigitalOcean account")
	require.ErrorContains(t, err, "set vmst:settings.dns.manageZone to true")
}

func TestZoneInPreviewAndWithFailures(t *testing.T) {
	for _, manage := range []bool{true, false} {
		program := zoneProgram(dns.ZoneArgs{Zone: "vmst.io", Manage: manage})
		require.NoError(t, (&mocks.Recorder{Preview: true}).Run(program))
		mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program)
	}
}

func TestZoneRefusesWhatIsNoDomain(t *testing.T) {
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(zoneProgram(dns.ZoneArgs{Zone: "io.", Manage: true})), `Zone "io." is not a domain name`)
	require.Empty(t, r.OfType("vmst:dns:Zone"))
}

func recordsArgs() dns.RecordsArgs {
	return dns.RecordsArgs{
		Zone: "vmst.io", ZoneName: pulumi.String("vmst.io"), Domain: "vmst.io", TTL: 1800,
		WebIP: pulumi.String("203.0.113.10"), StreamingHost: "streaming.vmst.io",
		CDN: []dns.CNAME{
			{Host: "cdn.vmst.io", Target: pulumi.String("media.nyc3.cdn.digitaloceanspaces.com")},
			{Host: "assets.vmst.io", Target: pulumi.String("static.nyc3.cdn.digitaloceanspaces.com.")},
		},
		Mail: dns.Mail{
			MX:    []dns.MX{{Host: "in1.mail.example.com", Priority: 10}, {Host: "in2.mail.example.com.", Priority: 20}},
			SPF:   "v=spf1 include:amazonses.com -all",
			DMARC: "v=DMARC1; p=reject",
			DKIM:  []dns.DKIM{{Selector: "fm1", CNAME: "fm1.dkim.example.com"}, {Selector: "ses", Value: "v=DKIM1; p=abc"}},
		},
		Records: []dns.Record{
			{Name: "@", Type: "TXT", Value: "proof=1"},
			{Name: "@", Type: "TXT", Value: "proof=2"},
			{Name: "status", Type: "CNAME", Value: "status.example.com"},
			{Name: "lists", Type: "MX", Value: "mx.example.com", Priority: 5},
			{Name: "v6", Type: "AAAA", Value: "2001:db8::1"},
		},
	}
}

func recordsProgram(args dns.RecordsArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		made, err := dns.NewRecords(ctx, "records", &args)
		if err != nil {
			return err
		}
		if len(made.Ready) != 3+len(args.CDN)+6+len(args.Records) {
			return errors.New("not every record can be waited for")
		}
		ctx.Export("web", made.WebFQDN)
		ctx.Export("streaming", made.StreamingFQDN)
		return nil
	}
}

func TestRecords(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(recordsProgram(recordsArgs())))

	got := map[string]map[string]any{}
	for _, made := range r.OfType(recordType) {
		require.Contains(t, made.Parent, "vmst:dns:Records::records")
		require.Equal(t, "vmst.io", made.Input("domain"))
		require.Equal(t, 1800.0, made.Input("ttl"), made.Name)
		require.False(t, made.Protect, made.Name)
		inputs, ok := made.Inputs.Mappable()["value"]
		require.True(t, ok)
		got[made.Name] = map[string]any{"type": made.Input("type"), "name": made.Input("name"), "value": inputs}
	}
	entry := func(kind, name, value string) map[string]any {
		return map[string]any{"type": kind, "name": name, "value": value}
	}
	require.Equal(t, map[string]map[string]any{
		"records-a-web":                                     entry("A", "@", "203.0.113.10"),
		"records-a-streaming":                               entry("A", "streaming", "203.0.113.10"),
		"records-caa-issue":                                 entry("CAA", "@", "letsencrypt.org."),
		"records-cname-cdn":                                 entry("CNAME", "cdn", "media.nyc3.cdn.digitaloceanspaces.com."),
		"records-cname-assets":                              entry("CNAME", "assets", "static.nyc3.cdn.digitaloceanspaces.com."),
		"records-mx-in1-mail-example-com":                   entry("MX", "@", "in1.mail.example.com."),
		"records-mx-in2-mail-example-com":                   entry("MX", "@", "in2.mail.example.com."),
		"records-txt-spf":                                   entry("TXT", "@", "v=spf1 include:amazonses.com -all"),
		"records-txt-dmarc":                                 entry("TXT", "_dmarc", "v=DMARC1; p=reject"),
		"records-dkim-fm1":                                  entry("CNAME", "fm1._domainkey", "fm1.dkim.example.com."),
		"records-dkim-ses":                                  entry("TXT", "ses._domainkey", "v=DKIM1; p=abc"),
		"records-txt-apex-" + recordHash("proof=1"):         entry("TXT", "@", "proof=1"),
		"records-txt-apex-" + recordHash("proof=2"):         entry("TXT", "@", "proof=2"),
		"records-cname-status":                              entry("CNAME", "status", "status.example.com."),
		"records-mx-lists-" + recordHash("mx.example.com."): entry("MX", "lists", "mx.example.com."),
		"records-aaaa-v6-" + recordHash("2001:db8::1"):      entry("AAAA", "v6", "2001:db8::1"),
	}, got)

	caa := r.One(t, recordType, "records-caa-issue")
	require.Equal(t, "issue", caa.Input("tag"))
	require.Equal(t, 0.0, caa.Input("flags"), "the provider wants it written")
	require.Equal(t, 20.0, r.One(t, recordType, "records-mx-in2-mail-example-com").Input("priority"))
	require.Equal(t, 5.0, r.One(t, recordType, "records-mx-lists-"+recordHash("mx.example.com.")).Input("priority"))
	require.Nil(t, r.One(t, recordType, "records-a-web").Input("priority"))
}

func recordHash(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])[:8]
}

func TestRecordsOfADomainBelowTheZone(t *testing.T) {
	args := recordsArgs()
	args.Domain, args.StreamingHost = "staging.vmst.io", "streaming.staging.vmst.io"
	args.CDN = []dns.CNAME{{Host: "cdn.staging.vmst.io", Target: pulumi.String("x.example.com")}}
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(recordsProgram(args)))
	for name, want := range map[string]string{
		"a-web": "staging", "a-streaming": "streaming.staging", "caa-issue": "staging", "cname-cdn-staging": "cdn.staging",
		"txt-spf": "staging", "txt-dmarc": "_dmarc.staging", "dkim-ses": "ses._domainkey.staging", "mx-in1-mail-example-com": "staging",
	} {
		require.Equal(t, want, r.One(t, recordType, "records-"+name).Input("name"))
	}
}

func TestRecordsWithoutMail(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
		return recordsProbe(ctx, "records", pulumi.String("vmst.io"), pulumi.String("203.0.113.10"))
	}))
	require.Len(t, r.OfType(recordType), 3)
}

func TestRecordsInPreviewAndWithFailures(t *testing.T) {
	require.NoError(t, (&mocks.Recorder{Preview: true}).Run(recordsProgram(recordsArgs())))
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, recordsProgram(recordsArgs()))
}

func TestRecordsRefuseBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(recordsProgram(dns.RecordsArgs{
		Zone: "vmst.io", Domain: "example.com", StreamingHost: "example.com", TTL: 29,
		CDN: []dns.CNAME{{Host: "cdn.vmst.io.example.com"}},
		Mail: dns.Mail{
			MX: []dns.MX{{Host: "mail", Priority: 65536}}, SPF: "v=spf2", DMARC: "p=none",
			DKIM: []dns.DKIM{{Selector: "a b", CNAME: "x.example.com", Value: "y"}, {Selector: "ok"}},
		},
		Records: []dns.Record{
			{Name: "bad name", Type: "SRV"},
			{Name: "@", Type: "CNAME", Value: "host"},
			{Name: "a", Type: "A", Value: "2001:db8::1"},
			{Name: "b", Type: "AAAA", Value: "203.0.113.1", Priority: -1},
		},
	}))
	for _, problem := range []string{
		"ZoneName is missing", "WebIP is missing", "TTL 29 is less than 30 seconds", `Domain "example.com" is not in zone "vmst.io"`,
		`StreamingHost "example.com" is not in zone "vmst.io"`, `StreamingHost "example.com" is the Domain`,
		`CDN[0].Host "cdn.vmst.io.example.com" is not in zone`, "CDN[0].Target is missing",
		`Mail.MX[0].Host "mail" is not a domain name`, "Mail.MX[0].Priority 65536 is not between", `Mail.SPF "v=spf2" does not begin`,
		`Mail.DMARC "p=none" does not begin`, `Mail.DKIM[0].Selector "a b" is not`, "Mail.DKIM[0] needs either", "Mail.DKIM[1] needs either",
		`Records[0].Name "bad name" is not a record name`, `Records[0].Type "SRV" is not one of`, "Records[0].Value is missing",
		"Records[1] is a CNAME record of the zone itself", `Records[1].Value "host" is not a domain name`,
		`Records[2].Value "2001:db8::1" is not an IPv4 address`, `Records[3].Value "203.0.113.1" is not an IPv6 address`,
		"Records[3].Priority -1 is not between",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Empty(t, r.OfType("vmst:dns:Records"))
	require.Empty(t, r.OfType(recordType))
}

func TestRecordsThatExcludeEachOther(t *testing.T) {
	args := recordsArgs()
	args.Records = []dns.Record{
		{Name: "streaming", Type: "CNAME", Value: "elsewhere.example.com"},
		{Name: "cdn", Type: "CNAME", Value: "elsewhere.example.com"},
		{Name: "@", Type: "TXT", Value: "same"},
		{Name: "@", Type: "TXT", Value: "same"},
	}
	r := &mocks.Recorder{}
	err := r.Run(recordsProgram(args))
	require.ErrorContains(t, err, `"streaming" has a CNAME record, and so no other record, but there are [A CNAME]`)
	require.ErrorContains(t, err, `"cdn" has a CNAME record, and so no other record, but there are [CNAME CNAME]`)
	require.ErrorContains(t, err, `the CNAME record "cdn" is there twice`)
	require.ErrorContains(t, err, `the TXT record "@" is there twice`)
	require.Empty(t, r.OfType(recordType))
}
