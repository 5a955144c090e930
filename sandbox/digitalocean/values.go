package digitalocean

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// matches checks that a text consists of what the pattern says.
func matches(pattern, what string) sim.Check {
	whole := regexp.MustCompile(`^(?:` + pattern + `)$`)
	return func(value any) error {
		if text, _ := value.(string); !whole.MatchString(text) {
			return errors.New("must consist of " + what)
		}
		return nil
	}
}

// longest checks that a text has no more than n characters.
func longest(n int) sim.Check {
	return func(value any) error {
		if text, _ := value.(string); len(text) > n {
			return fmt.Errorf("must not be longer than %d characters", n)
		}
		return nil
	}
}

// passes makes a check of what a text must be, and how that is called.
func passes(is func(text string) bool, what string) sim.Check {
	return func(value any) error {
		if text, _ := value.(string); !is(text) {
			return errors.New("must be " + what)
		}
		return nil
	}
}

var (
	dashed    = matches(`[a-zA-Z0-9.-]+`, "letters, digits, dashes and periods")
	timeOfDay = matches(`([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?`, "hours and minutes, such as 04:00")
	hostname  = passes(isHostname, "a host name such as cdn.example.com")
	ipv4      = passes(isIPv4, "an IPv4 address")
	source    = passes(isSource, "an address or a network in CIDR notation")
	email     = passes(isEmail, "an email address")
	weekdays  = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
)

var isHostname = regexp.MustCompile(
	`^([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]$`).MatchString

func isIPv4(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is4()
}

func isSource(text string) bool {
	_, notIP := netip.ParseAddr(text)
	_, notNetwork := netip.ParsePrefix(text)
	return notIP == nil || notNetwork == nil
}

func isEmail(text string) bool {
	return strings.Count(text, "@") == 1 && !strings.ContainsAny(text, " \t\n")
}

// network checks an IPv4 network that says no more than its length allows.
func network(value any) error {
	text, _ := value.(string)
	if prefix, err := netip.ParsePrefix(text); err != nil || prefix.Masked() != prefix || !prefix.Addr().Is4() {
		return errors.New("must be an IPv4 network in CIDR notation with no host bits set, such as 10.244.0.0/16")
	}
	return nil
}

// oneOfNumbers allows these numbers only.
func oneOfNumbers(unit string, allowed ...int) sim.Check {
	return func(value any) error {
		if n, _ := value.(float64); !slices.Contains(allowed, int(n)) {
			return fmt.Errorf("must be one of %s%s", numbers(allowed), unit)
		}
		return nil
	}
}

// numbers are written as a list of texts would be.
func numbers(all []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(all), " ", ", "), "[]")
}
