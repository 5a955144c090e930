// Package live asks the world itself what no provider of the program can be asked: who answers for a DNS zone, what
// DigitalOcean offers today, and what there is in the account.
package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/digitalocean/godo"
)

// World is whom to ask. Its zero value is the real one; tests and the sandbox have worlds of their own.
type World struct {
	// Now returns the time. Nil asks the clock.
	Now func() time.Time
	// Servers returns the hosts of the name servers of a zone, as [net.Resolver.LookupNS] does. Nil asks the resolver
	// of this machine.
	Servers func(ctx context.Context, zone string) ([]*net.NS, error)
	// Offers returns what DigitalOcean offers. Nil asks its API.
	Offers func(ctx context.Context, token string) (Offers, error)
	// Running returns what there is in the account. Nil asks DigitalOcean's API.
	Running func(ctx context.Context, token string) (Running, error)
	// Droplets returns those of the account. Nil asks DigitalOcean's API.
	Droplets func(ctx context.Context, token string) (Droplets, error)
	// Upgrades returns the versions of Kubernetes that a cluster can be upgraded to, by its name. Nil asks
	// DigitalOcean's API.
	Upgrades func(ctx context.Context, token, cluster string) ([]string, error)
}

// Today is the time in this world.
func (w World) Today() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

// patience is how long an answer may take.
const patience = 10 * time.Second

// answer is what a world says of its own accord or, where it does not, DigitalOcean's API.
func answer[T any](
	ctx context.Context, token string,
	own func(context.Context, string) (T, error), api func(context.Context, *godo.Client) (T, error),
) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if own != nil {
		return own(ctx, token)
	}
	return api(ctx, godo.NewFromToken(token))
}

// servedHere is a zone that DigitalOcean's name servers answer for, whatever happens to others: whoever has no answer
// for this one either has no name server to ask.
const servedHere = "digitalocean.com"

// Delegated reports whether the world asks DigitalOcean for a zone, and the hosts that it asks instead, if any. It is
// an error when there is nobody to ask: that says nothing about the zone.
func (w World) Delegated(ctx context.Context, zone string) (delegated bool, instead []string, err error) {
	found, err := w.servers(ctx, zone)
	var missing *net.DNSError
	if err != nil && (!errors.As(err, &missing) || !missing.IsNotFound) {
		// A zone that nobody serves although it is delegated ends in an error as well.
		if _, broken := w.servers(ctx, servedHere); broken != nil {
			return false, nil, fmt.Errorf("asking for the name servers of %s: %w", zone, err)
		}
	}
	for _, server := range found {
		host := strings.ToLower(strings.TrimSuffix(server.Host, "."))
		if strings.HasSuffix(host, "."+servedHere) {
			return true, nil, nil
		}
		instead = append(instead, host)
	}
	return false, instead, nil
}

func (w World) servers(ctx context.Context, zone string) ([]*net.NS, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ask := w.Servers
	if ask == nil {
		ask = net.DefaultResolver.LookupNS
	}
	return ask(ctx, zone)
}
