package config

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// check reports every value that is not allowed and every contradiction. A value
// that is missing or of the wrong type has been reported before; checks that
// compare it with another one leave it out.
func (s *Settings) check(r *report) {
	s.checkNetwork(r)
	s.checkCluster(r)
	s.checkDatabase(r)
	s.checkCache(r)
	s.checkSearch(r)
	s.checkStorage(r)
	s.checkLoadBalancer(r)
	s.checkIngress(r)
	s.checkHosts(r)
	s.checkMail(r)
	s.checkRecords(r)
	s.checkMastodon(r)
	s.checkSidekiq(r)
	s.checkEnvironment(r)
	s.checkMonitoring(r)
	s.checkDocs(r)
}

// choice reports a text that is none of those that are allowed, and returns
// whether it is one of them.
func (r *report) choice(path, value, what string, allowed []string) bool {
	if slices.Contains(allowed, value) {
		return true
	}
	remedy := "use " + oneOf(allowed)
	if near := nearest(value, allowed); near != "" {
		remedy = fmt.Sprintf("did you mean %q? Allowed: %s", near, strings.Join(allowed, ", "))
	}
	r.add(path, quote(value)+" is not "+what, remedy)
	return false
}

// match reports a text that an expression does not match.
func (r *report) match(path, value string, expression *regexp.Regexp, what, remedy string) bool {
	ok := expression.MatchString(value)
	if !ok {
		r.add(path, quote(value)+" is not "+what, remedy)
	}
	return ok
}

// unique reports the second and later uses of a value.
type unique map[string]string

func (u unique) check(r *report, path, value string) {
	if first, used := u[value]; used {
		r.add(path, quote(value)+" is already used by "+first, "use each value once")
		return
	}
	u[value] = path
}

var (
	label    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	clock    = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	semantic = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)
)

// isDomain reports whether a text is a lower-case host name of two labels or
// more that ends in a name, not a number.
func isDomain(name string) bool {
	labels := strings.Split(name, ".")
	if len(name) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if !label.MatchString(l) {
			return false
		}
	}
	return strings.ContainsFunc(labels[len(labels)-1], func(c rune) bool { return c >= 'a' && c <= 'z' })
}

// domain reports a text that is not a host name.
func (r *report) domain(path, name string) bool {
	ok := isDomain(name)
	if !ok {
		r.add(path, quote(name)+" is not a host name",
			"write a full name in lower case, without a scheme or a final dot, such as social.example.org")
	}
	return ok
}

// email reports a text that is not a bare address.
func (r *report) email(path, text string) {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Name != "" || address.Address != text || !isDomain(domainOf(text)) {
		r.add(path, quote(text)+" is not an email address", "write it as name@example.org")
	}
}

func domainOf(address string) string { return address[strings.LastIndex(address, "@")+1:] }

func (r *report) window(path string, w Window) {
	r.match(path+".time", w.Time, clock, "a time", "write it as HH:MM in UTC, in quotes")
}

func (r *report) chart(path string, c Chart) {
	u, err := url.Parse(c.Repository)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		r.add(path+".repository", quote(c.Repository)+" is not the address of a chart repository",
			"write a URL that starts with https://")
	}
	r.match(path+".name", c.Name, label, "a chart name", "use lower-case letters, digits and dashes")
	r.match(path+".version", c.Version, semantic, "an exact version",
		"write all three numbers, such as 1.2.3, so that every run installs the same")
}
