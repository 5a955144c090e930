package mocks

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/vmstio/infrastructure/infra/live"
)

// World is a world in which these name servers answer for every zone, and DigitalOcean says nothing of its offers, but
// that the account may have a million Droplets. Time stands still, before the days that package catalogue knows of.
func World(nameServers ...string) live.World {
	return live.World{
		Now: func() time.Time { return time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC) },
		Offers: func(context.Context, string) (live.Offers, error) {
			return live.Offers{}, errors.New("no network")
		},
		Droplets: func(context.Context, string) (live.Droplets, error) { return live.Droplets{Limit: 1 << 20}, nil },
		Servers: func(context.Context, string) ([]*net.NS, error) {
			var servers []*net.NS
			for _, host := range nameServers {
				servers = append(servers, &net.NS{Host: host})
			}
			return servers, nil
		},
	}
}

// Delegated is such a world in which every zone is DigitalOcean's.
func Delegated() live.World { return World("ns1.digitalocean.com.") }
