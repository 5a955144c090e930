package stacks_test

import (
	"context"
	"net"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/live"
)

// deploy is the program in a world that asks DigitalOcean for every zone.
var deploy = infra.DeployIn(seenAt("ns1.digitalocean.com."))

// seenAt is a world in which these name servers answer for every zone.
func seenAt(hosts ...string) live.World {
	return live.World{Servers: func(context.Context, string) ([]*net.NS, error) {
		var servers []*net.NS
		for _, host := range hosts {
			servers = append(servers, &net.NS{Host: host})
		}
		return servers, nil
	}}
}
