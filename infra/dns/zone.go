// Package dns makes the zone of the environment and the records in it.
//
// It comes in two parts, because the zone must exist before certificates for names
// in it can be obtained, and the records need what they point to.
package dns

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// hostname is a domain name of two labels or more; underscores are for records
// like _dmarc.
var hostname = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ZoneArgs are the arguments of a Zone.
type ZoneArgs struct {
	// Zone is the domain that DigitalOcean's name servers answer for.
	Zone string
	// Manage creates the zone. Otherwise it must exist in the account.
	Manage bool
	// Protect keeps a managed zone: without it the instance has no name.
	Protect bool
}

// Zone is a DNS zone at DigitalOcean.
type Zone struct {
	pulumi.ResourceState

	// ZoneName is the name of the zone, for records and certificates, which then wait
	// for it.
	ZoneName pulumi.StringOutput `pulumi:"zoneName"`
	// ZoneURN is DigitalOcean's name of the zone, "do:domain:<name>".
	ZoneURN pulumi.StringOutput `pulumi:"zoneUrn"`
	// Ready are the resources to depend on for whatever needs the zone without
	// naming it. None when the zone is not managed.
	Ready []pulumi.Resource
}

// NewZone makes the zone, or finds it. It needs a DigitalOcean provider among the
// options.
func NewZone(ctx *pulumi.Context, name string, args *ZoneArgs, opts ...pulumi.ResourceOption) (*Zone, error) {
	check := room.NewCheck("dns zone")
	check.That(hostname.MatchString(args.Zone), "Zone %q is not a domain name", args.Zone)
	if err := check.Err(); err != nil {
		return nil, err
	}
	z := &Zone{}
	if err := ctx.RegisterComponentResource("vmst:dns:Zone", name, z, opts...); err != nil {
		return nil, fmt.Errorf("registering zone %q: %w", name, err)
	}

	if args.Manage {
		domain, err := digitalocean.NewDomain(ctx, name+"-domain", &digitalocean.DomainArgs{
			Name: pulumi.String(args.Zone),
		}, pulumi.Parent(z), room.Keep(args.Protect))
		if err != nil {
			return nil, fmt.Errorf("creating zone %q: %w", args.Zone, err)
		}
		z.ZoneName, z.ZoneURN, z.Ready = domain.Name, domain.DomainUrn, []pulumi.Resource{domain}
	} else {
		found, err := digitalocean.LookupDomain(ctx, &digitalocean.LookupDomainArgs{Name: args.Zone}, pulumi.Parent(z))
		if err != nil {
			return nil, fmt.Errorf(
				"looking up zone %q: %w (vmst:settings.dns.zone must be a domain that exists in this DigitalOcean account; "+
					"to let this program create it, set vmst:settings.dns.manageZone to true)", args.Zone, err)
		}
		z.ZoneName = pulumi.String(found.Name).ToStringOutput()
		z.ZoneURN = pulumi.String(found.DomainUrn).ToStringOutput()
	}
	return z, ctx.RegisterResourceOutputs(z, pulumi.Map{"zoneName": z.ZoneName, "zoneUrn": z.ZoneURN})
}
