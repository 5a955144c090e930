// Package crew is the naming convention: every resource of an environment is named after a character of the original
// Star Trek series whose duty aboard matches the resource's duty here. It is the only place where names are made.
//
// A name is "<character>-<domain>", the domain with hyphens for dots. The domain makes it distinct between
// environments, and between instances that share what is global, such as bucket names.
package crew

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Role is the duty of a resource.
type Role string

// The roles of an environment.
const (
	Project        Role = "project"
	Network        Role = "network"
	Cluster        Role = "cluster"
	DefaultPool    Role = "default"
	GeneralPool    Role = "general"
	WebPool        Role = "web"
	BackgroundPool Role = "background"
	SearchPool     Role = "search"
	Database       Role = "database"
	Cache          Role = "cache"
	RailsCache     Role = "rails-cache"
	SearchEngine   Role = "search engine"
	Media          Role = "media"
	Assets         Role = "assets"
	Backups        Role = "backups"
	MediaReader    Role = "media reader"
	LoadBalancer   Role = "load balancer"
	Docs           Role = "docs"
)

// roster says who has which duty, and why.
var roster = map[Role]string{
	Project:        "pike",     // had the command before; everything is under him
	Network:        "chekov",   // navigation
	Cluster:        "kirk",     // the bridge: gives the orders to all the others
	DefaultPool:    "leslie",   // does whatever small duty there is on the bridge
	GeneralPool:    "sulu",     // the helm: what passengers notice
	WebPool:        "rand",     // attends to whoever calls
	BackgroundPool: "scotty",   // engineering: work nobody sees
	SearchPool:     "kyle",     // finds and fetches at the transporter
	Database:       "spock",    // never forgets, never wrong
	Cache:          "mccoy",    // what must be at hand at once
	RailsCache:     "chapel",   // assists him
	SearchEngine:   "daystrom", // built the computer that answers questions
	Media:          "mudd",     // carries all kinds of goods
	Assets:         "riley",    // entertains the whole ship
	Backups:        "sarek",    // remembers when others are gone
	MediaReader:    "amanda",   // sees everything, and changes none of it
	LoadBalancer:   "uhura",    // communications: every call comes through her
	Docs:           "boma",     // writes the report
}

// maxLength is short enough for every service: the strictest limit is 63
// characters, and Kubernetes appends a suffix to the name of a node pool.
const maxLength = 50

// Roles lists every role that has a name, in no order.
func Roles() []Role {
	roles := make([]Role, 0, len(roster))
	for role := range roster {
		roles = append(roles, role)
	}
	return roles
}

// Name returns the name of the resource with that role in the environment of that domain: lower-case letters, digits
// and hyphens, beginning with a letter, at most 50 characters. A domain too long for that is cut and told apart by a
// hash. A role without a character is its own name, so that the mistake is seen and nothing collides.
func Name(role Role, domain string) string {
	character, ok := roster[role]
	if !ok {
		character = Slug(string(role))
	}
	return Fit(character+"-"+Slug(domain), maxLength, domain)
}

// Pool returns the name of a node pool. The size is part of it, because a pool of another size is another pool, and two
// of one name could not exist side by side.
func Pool(role Role, domain, size string) string {
	name := Name(role, domain) + "-" + Slug(size)
	return Fit(name, maxLength, name)
}

// Suffixed returns the name of a resource that took the place of another one, or may: with a suffix if there is one.
func Suffixed(role Role, domain, suffix string) string {
	if suffix == "" {
		return Name(role, domain)
	}
	name := Name(role, domain) + "-" + suffix
	return Fit(name, maxLength, name)
}

// Slug is a text as part of a name: in lower case, with a hyphen for each character that is no letter and no digit, and
// none at the ends.
func Slug(text string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(text)), "-")
}

// Fit returns a name of at most that many characters: one that is longer is cut, and told apart by a hash of what it is
// made of.
func Fit(name string, most int, of string) string {
	if len(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(of))
	hash := hex.EncodeToString(sum[:])[:8]
	return strings.TrimRight(name[:most-len(hash)-1], "-") + "-" + hash
}
