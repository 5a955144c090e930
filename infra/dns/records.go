package dns

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/settings"
)

// RecordsArgs are the arguments of Records.
type RecordsArgs struct {
	// Zone is the name of the zone, in plain text, for messages.
	Zone settings.Zone
	// ZoneName is the output of the Zone, for which the records wait.
	ZoneName pulumi.StringInput
	// TTL of every record, in seconds.
	TTL int
	// WebIP and WebIPv6 are the public addresses of the load balancer, the latter only for entries that are of it.
	WebIP, WebIPv6 pulumi.StringInput
	// Entries are the records.
	Entries []settings.Entry
}

// Records are the DNS records of the environment. They hold no data: whatever they say, this program can say again.
type Records struct {
	pulumi.ResourceState

	// Ready are all the records.
	Ready []pulumi.Resource
}

// NewRecords makes the records. It needs a DigitalOcean provider among the options.
func NewRecords(ctx *pulumi.Context, name string, args *RecordsArgs, opts ...pulumi.ResourceOption) (*Records, error) {
	if err := component.Require("DNS records", map[string]any{
		"Zone": string(args.Zone), "ZoneName": args.ZoneName, "WebIP": args.WebIP,
	}); err != nil {
		return nil, err
	}
	r := &Records{}
	if err := ctx.RegisterComponentResource("vmst:dns:Records", name, r, opts...); err != nil {
		return nil, fmt.Errorf("registering records %q: %w", name, err)
	}
	for _, e := range args.Entries {
		record, err := digitalocean.NewDnsRecord(ctx, name+"-"+e.Key, args.record(e), pulumi.Parent(r))
		if err != nil {
			return nil, fmt.Errorf("creating %s record %q in zone %q: %w", e.Type, e.Name, args.Zone, err)
		}
		r.Ready = append(r.Ready, record)
	}
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{})
}

// record is an entry as the provider takes it.
func (a *RecordsArgs) record(e settings.Entry) *digitalocean.DnsRecordArgs {
	record := &digitalocean.DnsRecordArgs{
		Domain: a.ZoneName,
		Type:   pulumi.String(e.Type),
		Name:   pulumi.String(e.Name),
		Value:  pulumi.String(e.Value),
		Ttl:    pulumi.Int(a.TTL),
	}
	switch {
	case e.Value == "" && e.Type == "AAAA":
		record.Value = a.WebIPv6
	case e.Value == "":
		record.Value = a.WebIP
	}
	switch e.Type {
	case "MX":
		record.Priority = pulumi.Int(e.Priority)
	case "CAA":
		// The provider wants the flags written.
		record.Flags, record.Tag = pulumi.Int(0), pulumi.String(e.Tag)
	}
	return record
}
