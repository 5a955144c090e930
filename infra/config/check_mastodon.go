package config

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	locale  = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z]{2,4})?$`)
	release = regexp.MustCompile(`^v?([0-9]+)\.([0-9]+)\.[0-9]+`)
)

func (s *Settings) checkMastodon(r *report) {
	path := settingsPath + ".mastodon"
	m := s.Mastodon
	r.chart(path+".chart", m.Chart)
	r.repository(path+".image.repository", m.Image.Repository)
	r.repository(path+".streamingImage", m.StreamingImage)
	if m.Image.Tag != "" && r.tag(path+".image.tag", m.Image.Tag) && tooOld(m.Image.Tag) {
		r.add(path+".image.tag", quote(m.Image.Tag)+" is older than the chart supports", "use v4.4.0 or later")
	}
	r.match(path+".locale", m.Locale, locale, "a language", "write its code, such as en or pt-BR")
	r.resources(path+".web.resources", m.Web.Resources)
	s.checkPlacement(r, path+".web", m.Web.Pool, m.Web.Resources)
	r.resources(path+".streaming.resources", m.Streaming.Resources)
	s.checkPlacement(r, path+".streaming", m.Streaming.Pool, m.Streaming.Resources)
	r.smtp(path+".smtp", m.SMTP)
}

// tooOld reports whether a tag names a version before 4.4, the first that the
// chart can run. A tag that names no version is taken at its word.
func tooOld(tag string) bool {
	m := release.FindStringSubmatch(tag)
	if m == nil {
		return false
	}
	major, err1 := strconv.Atoi(m[1])
	minor, err2 := strconv.Atoi(m[2])
	return err1 == nil && err2 == nil && (major < 4 || major == 4 && minor < 4)
}

func (r *report) smtp(path string, smtp SMTP) {
	if smtp.Server != "" {
		r.domain(path+".server", smtp.Server)
	}
	if smtp.Port == 25 {
		r.add(path+".port", "25 is blocked by DigitalOcean", "use 2525 or another port that the relay offers")
	}
	if smtp.From == "" {
		return
	}
	address, err := mail.ParseAddress(smtp.From)
	if err != nil || !isDomain(domainOf(address.Address)) {
		r.add(path+".from", quote(smtp.From)+" is not a sender", "write it as name@example.org or `Name <name@example.org>`")
	}
}

// queues are the queues that Mastodon fills.
//
// Source: docs.joinmastodon.org/admin/scaling; fasp since 4.4.
func queues() []string {
	return []string{"default", "push", "ingress", "mailers", "pull", "scheduler", "fasp"}
}

// schedulerQueue starts the periodic jobs: worked on by two processes, each of
// them runs twice.
const schedulerQueue = "scheduler"

var queueEntry = regexp.MustCompile(`^([^,]*)(?:,([1-9][0-9]?))?$`)

func (s *Settings) checkSidekiq(r *report) {
	path := settingsPath + ".mastodon.sidekiq"
	names, served := unique{}, []string{}
	scheduler := ""
	for i, group := range s.Mastodon.Sidekiq {
		path := at(path, i)
		if group.Name != "" && r.match(path+".name", group.Name, label, "a group name", "use lower-case letters, digits and dashes") {
			names.check(r, path+".name", group.Name)
		}
		r.resources(path+".resources", group.Resources)
		s.checkPlacement(r, path, group.Pool, group.Resources)
		own := r.groupQueues(path+".queues", group.Queues)
		served = append(served, own...)
		if !slices.Contains(own, schedulerQueue) {
			continue
		}
		if scheduler != "" {
			r.add(path+".queues", "the queue scheduler is already in "+scheduler, "leave it in one group only")
		}
		scheduler = path
		if group.Replicas > 1 {
			r.add(path+".replicas", fmt.Sprintf("%d replicas would run every periodic job %d times", group.Replicas, group.Replicas),
				"set it to 1, or move the queue scheduler to a group of its own")
		}
	}
	for _, queue := range queues() {
		if !slices.Contains(served, queue) {
			r.add(path, "no group works on the queue "+queue, "add it to a group's queues")
		}
	}
}

// groupQueues checks the queues of a group and returns their names.
func (r *report) groupQueues(path string, entries []string) []string {
	if len(entries) == 0 {
		r.add(path, "the list is empty", "name at least one of "+strings.Join(queues(), ", "))
	}
	seen := unique{}
	var names []string
	for i, entry := range entries {
		m := queueEntry.FindStringSubmatch(entry)
		if m == nil {
			r.add(at(path, i), quote(entry)+" is not a queue with a weight", `write it as default or "default,8", the weight from 1 to 99`)
			continue
		}
		if r.choice(at(path, i), m[1], "a queue of Mastodon", queues()) {
			seen.check(r, at(path, i), m[1])
			names = append(names, m[1])
		}
	}
	return names
}
