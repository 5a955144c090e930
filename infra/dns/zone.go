// Package dns makes the zone of the environment and the records in it.
//
// It comes in two parts, because the zone must exist before certificates for names in it can be obtained, and the
// records need what they point to.
package dns

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/settings"
)

// ZoneArgs are the arguments of a Zone.
type ZoneArgs struct {
	// Zone is the domain that DigitalOcean's name servers answer for.
	Zone settings.Zone
	// Manage creates the zone. Otherwise it must exist in the account.
	Manage bool
	// Protect keeps a managed zone: without it the instance has no name.
	Protect bool
}

// Zone is a DNS zone at DigitalOcean.
type Zone struct {
	pulumi.ResourceState

	// Name of the zone, for records and certificates, which then wait for it.
	Name pulumi.StringOutput
	// ZoneURN is DigitalOcean's name of the zone, "do:domain:<name>".
	ZoneURN pulumi.StringOutput
	// Ready are the resources to depend on for whatever needs the zone without naming it. None when the zone is not
	// managed.
	Ready []pulumi.Resource
}

// NewZone makes the zone, or finds it. It needs a DigitalOcean provider among the options.
func NewZone(ctx *pulumi.Context, name string, args *ZoneArgs, opts ...pulumi.ResourceOption) (*Zone, error) {
	if err := component.Require("DNS zone", map[string]any{"Zone": string(args.Zone)}); err != nil {
		return nil, err
	}
	z := &Zone{}
	if err := ctx.RegisterComponentResource("vmst:dns:Zone", name, z, opts...); err != nil {
		return nil, fmt.Errorf("registering zone %q: %w", name, err)
	}
	if args.Manage {
		domain, err := digitalocean.NewDomain(ctx, name+"-domain", &digitalocean.DomainArgs{
			Name: pulumi.String(args.Zone),
		}, pulumi.Parent(z), component.Keep(args.Protect))
		if err != nil {
			return nil, fmt.Errorf("creating zone %q: %w", args.Zone, err)
		}
		z.Name, z.ZoneURN, z.Ready = domain.Name, domain.DomainUrn, []pulumi.Resource{domain}
	} else {
		found, err := digitalocean.LookupDomain(ctx,
			&digitalocean.LookupDomainArgs{Name: string(args.Zone)}, pulumi.Parent(z))
		if err != nil {
			return nil, fmt.Errorf("looking up zone %q: %w (vmst:settings.dns.zone must be a domain that exists in "+
				"this DigitalOcean account; to let this program create it, set vmst:settings.dns.manageZone to true)",
				args.Zone, err)
		}
		z.Name, z.ZoneURN = pulumi.String(found.Name).ToStringOutput(), pulumi.String(found.DomainUrn).ToStringOutput()
	}
	return z, ctx.RegisterResourceOutputs(z, pulumi.Map{"name": z.Name})
}
