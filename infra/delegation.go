package infra

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/storage"
)

// delegated reports whether the world sees the zone at DigitalOcean, so that there can be certificates. Where it does
// not yet, a person is told what to do. What has its certificate keeps it, whatever the name servers seem to say: a
// resolver that lies must take nothing away.
func delegated(
	ctx *pulumi.Context, world live.World, s *settings.Settings, cloud pulumi.ProviderResource,
) (bool, error) {
	const setting = "vmst:settings.dns.delegation"
	zone := string(s.DNS.Zone)
	var instead []string
	switch s.DNS.Delegation {
	case settings.DelegationDone:
		return true, nil
	case settings.DelegationPending:
	case settings.DelegationAuto:
		var (
			found bool
			err   error
		)
		if found, instead, err = world.Delegated(ctx.Context(), zone); err != nil {
			return false, fmt.Errorf("%w; nothing was changed: repeat it where names can be looked up, or say in %s "+
				"whether the zone is delegated (done or pending)", err, setting)
		}
		if found {
			return true, nil
		}
		if found, err = certified(ctx, s, cloud); found || err != nil {
			return found, err
		}
	}
	sees := "no name servers for it"
	if len(instead) > 0 {
		sees = strings.Join(instead, ", ")
	}
	return false, ctx.Log.Warn(fmt.Sprintf("%s: the world does not ask DigitalOcean for the zone %s yet (it sees %s), "+
		"so there are no certificates, no CDN and no uptime checks for now. At the registrar, or in the zone above "+
		"it, make ns1.digitalocean.com, ns2.digitalocean.com and ns3.digitalocean.com its name servers; when "+
		"`dig +short NS %s` shows them, run pulumi up again, and it does the rest", setting, zone, sees, zone), nil)
}

// certified reports whether there is a certificate of the zone already.
func certified(ctx *pulumi.Context, s *settings.Settings, cloud pulumi.ProviderResource) (bool, error) {
	name := storage.CertificateName(s.Storage.MediaHost)
	_, err := digitalocean.LookupCertificate(ctx, &digitalocean.LookupCertificateArgs{Name: name},
		pulumi.Provider(cloud))
	// Its text is all that the function says about it (datasource_certificate.go).
	if err != nil && strings.Contains(err.Error(), "not found") {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking up the certificate %q: %w", name, err)
	}
	return true, nil
}
