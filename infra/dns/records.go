package dns

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// authority is the certificate authority of the environment: of cert-manager's
// issuers as of DigitalOcean's CDN.
const authority = "letsencrypt.org"

// RecordsArgs are the arguments of Records.
type RecordsArgs struct {
	// Zone is the name of the zone, in plain text: the names of the records are
	// relative to it.
	Zone string
	// ZoneName is the output of the Zone, for which the records wait.
	ZoneName pulumi.StringInput
	// Domain is the instance's domain: the zone or a name in it.
	Domain string
	// TTL of every record in seconds, at least 30 (DigitalOcean's minimum). It is one
	// for all, because records of the same name must share it (RFC 2181, 5.2).
	TTL int
	// WebIP is the public IPv4 address of the load balancer.
	WebIP pulumi.StringInput
	// StreamingHost is the host of the streaming server, in the zone.
	StreamingHost string
	// CDN are the hosts that the CDN serves.
	CDN []CNAME
	// Mail are the records for mail of the domain.
	Mail Mail
	// Records are further records.
	Records []Record
}

// CNAME points one host to another.
type CNAME struct {
	// Host is the name, in the zone.
	Host string
	// Target is the host it stands for, in full.
	Target pulumi.StringInput
}

// Mail are the records that let the domain send and receive mail.
type Mail struct {
	// MX are the servers that receive it.
	MX []MX
	// SPF is the policy "v=spf1 ..."; empty for none.
	SPF string
	// DMARC is the policy "v=DMARC1; ..."; empty for none.
	DMARC string
	// DKIM are the keys that sign it.
	DKIM []DKIM
}

// MX is a server that receives mail.
type MX struct {
	// Host of the server, in full.
	Host string
	// Priority, lowest first.
	Priority int
}

// DKIM is a signing key at <selector>._domainkey.<domain>.
type DKIM struct {
	// Selector names the key.
	Selector string
	// CNAME is the host that has the key. Either it or Value.
	CNAME string
	// Value is the key, "v=DKIM1; ...".
	Value string
}

// Record is any other record.
type Record struct {
	// Name relative to the zone, "@" for the zone itself.
	Name string
	// Type is A, AAAA, CNAME, MX, NS or TXT.
	Type string
	// Value of the record; hosts in full.
	Value string
	// Priority of an MX record.
	Priority int
}

// Records are the DNS records of the environment. They hold no data: whatever they
// say, this program can say again.
type Records struct {
	pulumi.ResourceState

	// WebFQDN is the domain, once it points to the load balancer.
	WebFQDN pulumi.StringOutput `pulumi:"webFqdn"`
	// StreamingFQDN is the streaming host, once it points to the load balancer.
	StreamingFQDN pulumi.StringOutput `pulumi:"streamingFqdn"`
	// Ready are all the records.
	Ready []pulumi.Resource
}

// NewRecords makes the records. It needs a DigitalOcean provider among the options.
func NewRecords(ctx *pulumi.Context, name string, args *RecordsArgs, opts ...pulumi.ResourceOption) (*Records, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	r := &Records{}
	if err := ctx.RegisterComponentResource("vmst:dns:Records", name, r, opts...); err != nil {
		return nil, fmt.Errorf("registering records %q: %w", name, err)
	}

	byKey := map[string]*digitalocean.DnsRecord{}
	for _, e := range args.entries() {
		record, err := digitalocean.NewDnsRecord(ctx, name+"-"+e.key, &digitalocean.DnsRecordArgs{
			Domain:   args.ZoneName,
			Type:     pulumi.String(e.kind),
			Name:     pulumi.String(e.name),
			Value:    e.value,
			Ttl:      pulumi.Int(args.TTL),
			Priority: e.priority,
			Flags:    e.flags,
			Tag:      e.tag,
		}, pulumi.Parent(r))
		if err != nil {
			return nil, fmt.Errorf("creating %s record %q in zone %q: %w", e.kind, e.name, args.Zone, err)
		}
		byKey[e.key] = record
		r.Ready = append(r.Ready, record)
	}

	r.WebFQDN = byKey[webKey].Fqdn
	r.StreamingFQDN = byKey[streamingKey].Fqdn
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{"webFqdn": r.WebFQDN, "streamingFqdn": r.StreamingFQDN})
}
