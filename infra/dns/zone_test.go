package dns_test

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/dns"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const domainType = "digitalocean:index/domain:Domain"

func zoneProgram(args dns.ZoneArgs, made **dns.Zone) pulumi.RunFunc {
	return func(ctx *pulumi.Context) (err error) {
		*made, err = dns.NewZone(ctx, "zone", &args)
		return err
	}
}

func requireZone(t *testing.T, zone *dns.Zone) {
	t.Helper()
	require.Equal(t, "vmst.io", mocks.Value[string](t, zone.Name))
	require.Equal(t, "do:domain:vmst.io", mocks.Value[string](t, zone.ZoneURN))
}

func TestZoneThatIsManaged(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		r := &mocks.Recorder{}
		var zone *dns.Zone
		require.NoError(t, r.Run(zoneProgram(dns.ZoneArgs{Zone: "vmst.io", Manage: true, Protect: protect}, &zone)))
		made := r.One(t, domainType, "zone-domain")
		require.Contains(t, made.Parent, "vmst:dns:Zone::zone")
		require.Equal(t, map[string]any{"name": "vmst.io"}, made.Inputs.Mappable())
		require.Equal(t, protect, made.Protect)
		require.Equal(t, protect, made.RetainOnDelete)
		require.Len(t, zone.Ready, 1)
		requireZone(t, zone)
	}
}

func TestZoneThatExists(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	var zone *dns.Zone
	require.NoError(t, r.Run(zoneProgram(dns.ZoneArgs{Zone: "vmst.io"}, &zone)))
	require.Empty(t, r.OfType(domainType))
	require.Empty(t, zone.Ready)
	requireZone(t, zone)
}

func TestZoneThatIsMissing(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Answers: map[string]mocks.Answer{
		"digitalocean:index/getDomain:getDomain": func(resource.PropertyMap) (resource.PropertyMap, error) {
			return nil, errors.New("domain not found")
		},
	}}
	err := r.Run(zoneProgram(dns.ZoneArgs{Zone: "vmst.io"}, new(*dns.Zone)))
	require.ErrorContains(t, err, `looking up zone "vmst.io"`)
	require.ErrorContains(t, err, "domain not found")
	require.ErrorContains(t, err, "vmst:settings.dns.zone must be a domain that exists in this DigitalOcean account")
	require.ErrorContains(t, err, "set vmst:settings.dns.manageZone to true")
}

func TestZoneInPreviewAndWithFailures(t *testing.T) {
	t.Parallel()
	for _, manage := range []bool{true, false} {
		program := zoneProgram(dns.ZoneArgs{Zone: "vmst.io", Manage: manage}, new(*dns.Zone))
		require.NoError(t, (&mocks.Recorder{Preview: true}).Run(program))
		mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program)
	}
}

func TestZoneWithoutItsName(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(zoneProgram(dns.ZoneArgs{Manage: true}, new(*dns.Zone))),
		"DNS zone arguments: Zone missing")
	require.Empty(t, r.All())
}
