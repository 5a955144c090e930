package settings

import (
	"net/mail"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

const labelWords = "use at most 63 letters, digits, dashes, underscores and dots, a letter or digit at both ends"

// formats are the kinds of text that fields name in their tags.
func formats() map[string]decode.Format {
	return map[string]decode.Format{
		// Names.
		"hostname": {
			Is: "a host name", Pattern: hostname, Valid: fitsDNS,
			Write: "write a full name in lower case, without a scheme or a final dot, such as social.example.org",
		},
		"record-name": {
			Is:      "a record name",
			Pattern: regexp.MustCompile(`^(@|(\*|` + recordLabel + `)(\.` + recordLabel + `)*)$`),
			Write:   "write it in lower case and relative to the zone, or @ for the zone itself",
		},
		"record-target": {
			// Unlike a host it may contain underscores, and it may end in a dot.
			Is: "a host name", Pattern: regexp.MustCompile(`^(` + recordLabel + `\.)+` + lastLabel + `\.?$`),
			Valid: func(s string) bool { return fitsDNS(strings.TrimSuffix(s, ".")) },
			Write: "write a full name in lower case, such as mail.example.org",
		},
		"dkim-selector": {
			Is:      "a selector",
			Pattern: regexp.MustCompile(`^` + recordLabel + `(\.` + hostLabel + `)*$`),
			Write:   "write the part before ._domainkey, in lower-case letters, digits and dashes",
		},
		"email": {Is: "an email address", Valid: isEmail, Write: "write it as name@example.org"},
		"sender": {
			Is: "a sender", Valid: isSender, Write: "write it as name@example.org or `Name <name@example.org>`",
		},
		"netlify-team": {
			Is: "the slug of a team", Pattern: slug,
			Write: "write the last part of https://app.netlify.com/teams/<slug>",
		},
		"netlify-site": {Is: "the name of a site", Pattern: slug, Write: "write the part before .netlify.app"},
		"sidekiq-group": {
			// The pods' label is "sidekiq-<name>" and their names add "mastodon-" and two hashes: 63 characters in all.
			Is: "a group name", Pattern: regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$`),
			Write: "use at most 42 lower-case letters, digits and dashes",
		},
		"label-key": {
			// Kubernetes: a name of at most 63 characters after an optional DNS prefix.
			Is: "a key of a label or taint",
			Pattern: regexp.MustCompile(
				`^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`),
			Write: labelWords + ", after an optional DNS prefix and a slash",
		},
		"label-value": {
			Is:      "a value of a label or taint",
			Pattern: regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$`),
			Write:   labelWords,
		},
		"namespace": {
			// Kubernetes: a DNS label.
			Is: "the name of a namespace", Pattern: regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`),
			Write: "use at most 63 lower-case letters, digits and dashes",
		},
		"variable": {
			Is: "the name of an environment variable", Pattern: regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`),
			Write: "use letters, digits and underscores",
		},
		"name-suffix": {
			Is: "the end of a name", Pattern: regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?$`),
			Write: "use at most 16 lower-case letters, digits and dashes",
		},
		"netlify-variable": {
			// What docs.netlify.com/build/environment-variables/overview admits, in capital letters.
			Is: "the name of an environment variable", Pattern: regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`),
			Write: "use capital letters, digits and underscores, and begin with a letter",
		},
		"locale": {
			Is: "a language", Pattern: regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z]{2,4})?$`),
			Write: "write its code, such as en or pt-BR",
		},

		// Times, sizes and ranges.
		"time": {
			Is: "a time", Pattern: regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`),
			Write: "write it as HH:MM in UTC, in quotes",
		},
		"cron-schedule": {
			Is: "a schedule", Valid: isSchedule,
			Write: "write minute, hour, day of the month, month and day of the week in UTC, without a time zone, " +
				"such as 0 5 * * *",
		},
		"bandwidth": {
			Is: "a bandwidth", Pattern: bandwidth,
			Write: "write bytes per second with k, M or G, such as 20M, or off for no limit",
		},
		"restore-point": {
			Is: "a time of a backup", Valid: isRestorePoint,
			Write: "write latest, or a time in UTC such as 2026-11-24T02:17:00Z",
		},
		"bucket": {
			Is: "the name of a bucket", Pattern: bucketName, Write: "use 3 to 63 lower-case letters, digits and dashes",
		},
		"cpu": {
			Is: "an amount of CPU", Valid: atLeast(1e-3),
			Write: `write cores or thousandths of one, such as "1" or 250m`,
		},
		"memory": {
			// Less than a mebibyte is a forgotten suffix.
			Is: "an amount of memory", Valid: atLeast(1 << 20),
			Write: "write it with its unit, such as 512Mi or 1.5Gi",
		},
		"nginx-size": {
			Is: "a size for nginx", Pattern: regexp.MustCompile(`^[1-9][0-9]*[kmg]?$`), Write: "write it as 99m",
		},
		"ipv4-range": {Is: "an IPv4 range", Valid: isRange, Write: "write it as 10.64.0.0/20"},

		// Versions, charts and images.
		"kubernetes-minor": {
			Is: "a Kubernetes version prefix", Pattern: regexp.MustCompile(`^1\.[0-9]+$`),
			Write: `write the first two numbers in quotes, such as "1.35"; the patch release is chosen for you`,
		},
		"version": {
			Is:      "an exact version",
			Pattern: regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`),
			Write:   "write all three numbers, such as 1.2.3, so that every run installs the same",
		},
		"chart-repository": {
			Is: "the address of a chart repository", Valid: func(s string) bool { return isHTTPS(s) || isRegistry(s) },
			Write: "write a URL that starts with https:// or oci://, without the chart's name",
		},
		"chart-name": {Is: "a chart name", Pattern: slug, Write: "use lower-case letters, digits and dashes"},
		"https-url":  {Is: "the address of a service", Valid: isHTTPS, Write: "write a URL that starts with https://"},
		"image-registry": {
			Is: "a registry host", Pattern: regexp.MustCompile(`^` + registry + `$`),
			Write: "write it as registry.k8s.io",
		},
		"image-path": {
			Is: "an image path", Pattern: regexp.MustCompile(`^` + imagePath + `$`),
			Write: "write it as ingress-nginx/controller, without registry and tag",
		},
		"image-repository": {
			Is: "an image repository", Pattern: regexp.MustCompile(`^` + registry + `/` + imagePath + `$`),
			Valid: func(s string) bool { host, _, _ := strings.Cut(s, "/"); return strings.Contains(host, ".") },
			Write: "write it with its registry and without a tag, such as ghcr.io/mastodon/mastodon",
		},
		"image-tag": {
			Is:      "the tag of a version",
			Pattern: regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`),
			Valid:   func(s string) bool { return s != "latest" },
			Write: "name a version, such as v4.7.3, without the image's name or digest; " +
				"latest would change without a change here",
		},
		"image-digest": {
			Is: "an image digest", Pattern: regexp.MustCompile(`^sha256:[0-9a-f]{64}$`),
			Write: "write it as sha256: and 64 hexadecimal digits",
		},

		// Places of a repository.
		"git-branch": {
			// Leaves out what no branch's name may hold (git-check-ref-format) and what has no place in a host name.
			Is: "the name of a branch", Pattern: regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`),
			Valid: func(s string) bool { return !strings.Contains(s, "..") && !strings.Contains(s, "//") },
			Write: "use letters, digits, dashes, dots and slashes",
		},
		"folder": {
			Is: "a folder of the repository", Valid: isInside,
			Write: "write it without a slash at the beginning and without ..",
		},

		// What DigitalOcean offers. What is not listed and looks like it is [Wanted] all the same.
		"compute-region": {
			Is: "a region with Kubernetes and databases", Pattern: regionSlug, Valid: newRegion,
			Values: catalogue.Slugs(catalogue.Region.Compute), Also: catalogue.Places(),
		},
		"spaces-region": {
			Is: "a region with Spaces", Pattern: regionSlug, Valid: newRegion,
			Values: catalogue.Slugs(spaces), Also: catalogue.Places(),
		},
		"uptime-region": {Is: "a place that uptime checks look from", Values: catalogue.UptimeRegions()},
		"droplet-size": {
			Is: "a Droplet size for nodes", Pattern: sizeSlug,
			Valid:  func(s string) bool { return !strings.HasPrefix(s, "db-") },
			Values: catalogue.DropletSlugs(), Lists: listsSizes,
		},
	}
}

const (
	// A registry host with an optional port.
	registry = `[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?`
	// One or more lower-case path components.
	imagePath = `[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*`
	// A label of a host name.
	hostLabel = `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`
	// The last label of a host name is a name, not a number.
	lastLabel = `[a-z]([a-z0-9-]{0,61}[a-z0-9])?`
	// A label of a record's name may begin with an underscore, as in _dmarc.
	recordLabel = `[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?`
)

var (
	slug     = regexp.MustCompile(`^` + hostLabel + `$`)
	hostname = regexp.MustCompile(`^(` + hostLabel + `\.)+` + lastLabel + `$`)
)

// fitsDNS reports whether a name is not too long for DNS.
func fitsDNS(name string) bool { return len(name) <= 253 }

func isHostname(name string) bool { return fitsDNS(name) && hostname.MatchString(name) }

// isEmail reports whether a text is a bare address.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Name == "" && address.Address == text && isHostname(domainOf(text))
}

func isSender(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && isHostname(domainOf(address.Address))
}

func domainOf(address string) string { return address[strings.LastIndex(address, "@")+1:] }

func isRange(text string) bool {
	prefix, err := netip.ParsePrefix(text)
	return err == nil && prefix.Addr().Is4()
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

// isRegistry reports whether a text is the address of a registry of charts, with or without a folder.
func isRegistry(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme+"://" == ociScheme && u.Host != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// isInside reports whether a path is relative and does not lead out.
func isInside(folder string) bool {
	clean := path.Clean(folder)
	return !path.IsAbs(folder) && clean != ".." && !strings.HasPrefix(clean, "../")
}

func atLeast(least float64) func(string) bool {
	return func(text string) bool { n, ok := parseQuantity(text); return ok && n >= least }
}
