package live_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/live"
)

// world answers with the hosts of each zone, and with an error for what has none.
func world(hosts map[string][]string, err error) live.World {
	return live.World{Servers: func(_ context.Context, zone string) ([]*net.NS, error) {
		of, ok := hosts[zone]
		if !ok {
			return nil, err
		}
		var servers []*net.NS
		for _, host := range of {
			servers = append(servers, &net.NS{Host: host})
		}
		return servers, nil
	}}
}

func TestDelegated(t *testing.T) {
	t.Parallel()
	own := []string{"ns2.digitalocean.com.", "ns1.digitalocean.com."}
	gone := &net.DNSError{Err: "no such host", IsNotFound: true}
	lame := &net.DNSError{Err: "server misbehaving", IsTemporary: true}
	for name, test := range map[string]struct {
		world     live.World
		delegated bool
		instead   []string
		err       string
	}{
		"here":        {world(map[string][]string{"example.org": own}, nil), true, nil, ""},
		"in capitals": {world(map[string][]string{"example.org": {"NS1.DigitalOcean.com"}}, nil), true, nil, ""},
		"elsewhere": {
			world(map[string][]string{"example.org": {"a.example.net."}}, nil), false, []string{"a.example.net"}, "",
		},
		"a name like ours": {
			world(map[string][]string{"example.org": {"ns1.notdigitalocean.com."}}, nil), false,
			[]string{"ns1.notdigitalocean.com"},
			"",
		},
		"nowhere": {world(nil, gone), false, nil, ""},
		"lame":    {world(map[string][]string{"digitalocean.com": own}, lame), false, nil, ""},
		"nobody to ask": {
			world(nil, lame), false, nil, "asking for the name servers of example.org: lookup : server misbehaving",
		},
		"no network": {world(nil, errors.New("dial udp: unreachable")), false, nil, "unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			delegated, instead, err := test.world.Delegated(t.Context(), "example.org")
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.delegated, delegated)
			assert.Equal(t, test.instead, instead)
		})
	}
}
