package stacks_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// needDelegation are the types that there are only once the world sees the zone.
var needDelegation = []string{
	"digitalocean:index/certificate:Certificate", "digitalocean:index/cdn:Cdn",
	"digitalocean:index/uptimeCheck:UptimeCheck", "digitalocean:index/uptimeAlert:UptimeAlert",
}

const getCertificate = "digitalocean:index/getCertificate:getCertificate"

// without answers that there is no certificate.
func without(resource.PropertyMap) (resource.PropertyMap, error) {
	return nil, errors.New("Certificate cdn-vmst-io not found")
}

// The first run of a new domain makes all but what the world has to see, and the next one the rest. Nothing that is
// there goes because a name server says something else.
func TestDelegation(t *testing.T) {
	t.Parallel()
	elsewhere, here := mocks.World("a.example.net."), mocks.World("ns2.digitalocean.com.")
	offline := mocks.World()
	offline.Servers = func(context.Context, string) ([]*net.NS, error) {
		return nil, errors.New("dial udp: network is unreachable")
	}
	for name, test := range map[string]struct {
		world   live.World
		setting string
		answer  mocks.Answer
		made    bool
		err     string
	}{
		"seen here":              {here, "auto", without, true, ""},
		"seen elsewhere":         {elsewhere, "auto", without, false, ""},
		"declared to be done":    {elsewhere, "done", without, true, ""},
		"declared to be to come": {here, "pending", without, false, ""},
		"there is a certificate": {elsewhere, "auto", func(resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{}, nil
		}, true, ""},
		"nobody to ask": {offline, "auto", without, false, "say in vmst:settings.dns.delegation whether the zone is"},
		"no answer": {elsewhere, "auto", func(resource.PropertyMap) (resource.PropertyMap, error) {
			return nil, errors.New("401 Unable to authenticate you")
		}, false, `looking up the certificate "cdn-`},
	} {
		t.Run(name, func(t *testing.T) {
			r := changed(t, "prod", test.setting, "dns", "delegation")
			r.Answers = map[string]mocks.Answer{getCertificate: test.answer}
			err := r.Run(infra.DeployIn(test.world))
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				require.Empty(t, r.OfType(databaseType), "nothing is registered")
				return
			}
			require.NoError(t, err)
			for _, typ := range needDelegation {
				made := slices.DeleteFunc(r.OfType(typ), func(r mocks.Resource) bool {
					// They watch a bucket under a name that is always there.
					return strings.HasPrefix(r.Name, "monitoring-backup-")
				})
				require.Equal(t, test.made, len(made) > 0, typ)
			}
			require.NotEmpty(t, r.OfType(databaseType), "everything else is made")
			annotations := r.One(t, chartType, "mastodon-chart").Input("values", "ingress", "annotations")
			require.Equal(t, test.made, annotations.(map[string]any)["cert-manager.io/cluster-issuer"] != nil)
		})
	}
}
