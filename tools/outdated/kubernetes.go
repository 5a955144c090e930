package main

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// soon is how long before its end a version of Kubernetes is named: long enough to upgrade staging, wait, and upgrade
// production.
const soon = 90 * 24 * time.Hour

// cycle is a minor version in the answer of endoflife.date (endoflife.date/docs/api).
type cycle struct {
	Name string `json:"cycle"`
	// EOL is the last day of support, or whether it is over where no day is known.
	EOL json.RawMessage `json:"eol"`
}

// kubernetes says when the support of the versions that the stacks name ends.
func (s sources) kubernetes(ctx context.Context, r *report, stacks []stack) {
	pins := pinned(stacks, func(s stack) []string { return []string{s.Cluster.Version} })
	var cycles []cycle
	err := s.getJSON(ctx, s.endOfLife+"/api/kubernetes.json", nil, &cycles)
	for version, stacks := range pins {
		what := "Kubernetes " + version + " " + stacks.String()
		if err != nil {
			r.skip("end of support of "+what, hostOf(s.endOfLife)+" "+s.reason(err))
			continue
		}
		i := slices.IndexFunc(cycles, func(c cycle) bool { return c.Name == version })
		if i < 0 {
			r.skip("end of support of "+what, hostOf(s.endOfLife)+" does not know the version")
			continue
		}
		s.endOf(r, what, cycles[i])
	}
}

func (s sources) endOf(r *report, what string, c cycle) {
	const remedy = "set cluster.version to a newer minor, one after the other"
	switch string(c.EOL) {
	case "false":
		return
	case "true":
		r.wrong("%s: its support has ended; %s", what, remedy)
		return
	}
	var day string
	_ = json.Unmarshal(c.EOL, &day) // what is no text is no day either
	last, err := time.Parse(time.DateOnly, day)
	if err != nil {
		r.skip("end of support of "+what, hostOf(s.endOfLife)+" gives no day")
		return
	}
	// The day itself is supported.
	switch end := last.AddDate(0, 0, 1); {
	case !s.now.Before(end):
		r.wrong("%s: its support ended on %s; %s", what, day, remedy)
	case end.Sub(s.now) < soon:
		r.note("%s: its support ends on %s; %s", what, day, remedy)
	}
}
