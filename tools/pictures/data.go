package pictures

import (
	"slices"
	"strconv"
	"strings"
)

// Data draws what holds data, and where its copies go: each database and bucket with its region, the CronJobs that copy
// and rehearse, and what has no copy.
func Data(p Program, stack string) Picture {
	picture := Picture{
		Name:  "data-" + stack,
		Title: "Data and backups of " + stack,
		Description: "What holds data, in which region it is, which jobs copy it and when, where the copies are kept " +
			"and for how long, and what is kept in one place only.",
	}
	copied := map[string]*Box{}
	var sources, jobs, stores, last []*Box
	at := func(r Resource, target *[]*Box) *Box {
		if copied[r.ID()] == nil {
			copied[r.ID()] = sized(230, p.holder(r))
			*target = append(*target, copied[r.ID()])
		}
		return copied[r.ID()]
	}
	for _, job := range p.Of(cronType) {
		from, to, far := p.copies(job)
		if len(to) == 0 {
			continue
		}
		box := sized(230, p.job(job))
		if len(from) == 0 {
			last = append(last, box)
		} else {
			jobs = append(jobs, box)
		}
		for _, r := range from {
			picture.line(at(r, &sources), box, "", false)
		}
		for _, r := range to {
			if len(from) == 0 {
				picture.line(at(r, &stores), box, "", true)
				continue
			}
			picture.line(box, at(r, &stores), "", false)
		}
		if far != "" && len(from) > 0 {
			key := "elsewhere"
			if copied[key] == nil {
				copied[key] = sized(230, &Box{Title: "Another provider", Look: data, Lines: []string{far}})
				stores = append(stores, copied[key])
			}
			picture.line(box, copied[key], "", false)
		}
	}
	picture.Boxes = slices.Concat(sources, jobs, stores, last)
	rest := &Box{Title: "In one place only", Look: region, Columns: 2}
	for _, r := range slices.Concat(p.databases(), p.Of(bucketType)) {
		if copied[r.ID()] == nil {
			rest.Boxes = append(rest.Boxes, p.holder(r))
		}
	}
	rest.Boxes = append(rest.Boxes, p.unkept()...)
	picture.Boxes = append(picture.Boxes, sized(wide-2*margin, rest))
	for _, above := range slices.Concat(stores, last) {
		picture.Lines = append(picture.Lines, Line{From: above, To: rest, Hidden: true})
	}
	return picture
}

// unkept is what holds data beside databases and buckets: keys that are in Pulumi's state only, and volumes.
func (p Program) unkept() []*Box {
	var boxes []*Box
	keys := 0
	for _, r := range p.Resources {
		if r.Provider() == "random" || r.Provider() == "tls" {
			keys++
		}
	}
	if keys > 0 {
		boxes = append(boxes, &Box{Title: "Keys", Look: data, Lines: []string{
			strconv.Itoa(keys) + " in Pulumi's state", "make escrow copies them",
		}})
	}
	if r := p.chart("kube-prometheus-stack"); r.Name != "" {
		for _, pods := range charts(r) {
			if len(pods.lines) > 0 {
				boxes = append(boxes, &Box{Title: pods.box().Title, Look: data, Lines: pods.lines})
			}
		}
	}
	return boxes
}

// holder is a database or a bucket, with what keeps its data.
func (p Program) holder(r Resource) *Box {
	in := r.Inputs
	box := &Box{Title: engine(r) + " " + role(r), Look: data}
	if r.Type == bucketType {
		box.Title = "Bucket " + role(r)
	}
	box.Lines = append(box.Lines, place(in.Text("region")))
	if nodes := in.Text("nodeCount"); nodes != "" && nodes != "1" {
		box.Lines = append(box.Lines, nodes+" nodes")
	}
	versioned := in.Text("versioning", "enabled") == "true"
	for _, rule := range in.List("lifecycleRules") {
		if days := rule.Text("noncurrentVersionExpiration", "days"); days != "" && versioned {
			box.Lines = append(box.Lines, "old versions: "+plural(days, "day"))
		}
		if days := rule.Text("expiration", "days"); days != "" && rule.Text("prefix") == "database/" {
			box.Lines = append(box.Lines, "dumps: "+plural(days, "day")+" at most")
		}
	}
	if r.Protected {
		box.Lines = append(box.Lines, "protected from deletion")
	}
	return box
}

// job is a CronJob with its time.
func (p Program) job(r Resource) *Box {
	_, room, _ := strings.Cut(r.Parent, " ")
	name := strings.TrimPrefix(r.Name, room+"-")
	box := &Box{Title: "CronJob " + name, Look: work, Lines: []string{when(r.Inputs.Text("spec", "schedule"))}}
	environment := map[string]string{}
	for _, container := range r.Inputs.List("spec", "jobTemplate", "spec", "template", "spec", "containers") {
		for _, variable := range container.List("env") {
			environment[variable.Text("name")] = variable.Text("value")
		}
	}
	var keep []string
	for _, age := range []string{"daily", "weekly", "monthly"} {
		if count := environment["KEEP_"+strings.ToUpper(age)]; count != "" {
			keep = append(keep, count+" "+age)
		}
	}
	if len(keep) > 0 {
		box.Lines = append(box.Lines, "keeps "+strings.Join(keep, ", "))
	}
	if days := p.Outputs.Text("backup", "proofs", name, "alarmDays"); days != "" {
		box.Lines = append(box.Lines, "alarm without success in "+plural(days, "day"))
	}
	return box
}

// copies are the databases and buckets that a CronJob's Secrets name: what it reads, and the store of the backups. A
// job that knows nothing but the store reads that.
func (p Program) copies(job Resource) (from, to []Resource, far string) {
	for _, container := range job.Inputs.List("spec", "jobTemplate", "spec", "template", "spec", "containers") {
		for _, source := range container.List("envFrom") {
			values := p.secret(source.Text("secretRef", "name"))
			for _, name := range values.names() {
				value := values.Text(name)
				for _, r := range p.Of(databaseType) {
					if host, _ := p.address(r); host != "" && value == host {
						from = append(from, r)
					}
				}
				for _, r := range p.Of(bucketType) {
					switch {
					case !strings.HasSuffix(value, ":"+r.Inputs.Text("name")):
					case name == "STORE":
						to = append(to, r)
					default:
						from = append(from, r)
					}
				}
				if name == "ELSEWHERE" {
					far = strings.TrimPrefix(value, "elsewhere:")
				}
			}
		}
	}
	return from, to, far
}

// secret is what is in a Secret of the program.
func (p Program) secret(name string) Inputs {
	for _, r := range p.Of("kubernetes:core/v1:Secret") {
		if r.Inputs.Text("metadata", "name") == name {
			return r.Inputs.Inputs("stringData")
		}
	}
	return nil
}

// when is a schedule in words, as far as there are any; all are in UTC.
func when(schedule string) string {
	fields := strings.Fields(schedule)
	plainly := len(fields) == 5 && fields[2] == "*" && fields[3] == "*" &&
		!strings.ContainsAny(fields[0], "*/-,") && !strings.ContainsAny(fields[1], "*/-")
	if !plainly {
		return schedule + " UTC"
	}
	day := map[string]string{
		"*": "daily", "0": "Sundays", "1": "Mondays", "2": "Tuesdays", "3": "Wednesdays", "4": "Thursdays",
		"5": "Fridays", "6": "Saturdays", "7": "Sundays",
		"SUN": "Sundays", "MON": "Mondays", "TUE": "Tuesdays", "WED": "Wednesdays",
		"THU": "Thursdays", "FRI": "Fridays", "SAT": "Saturdays",
	}[fields[4]]
	if day == "" {
		return schedule + " UTC"
	}
	var times []string
	for _, hour := range strings.Split(fields[1], ",") {
		times = append(times, pad(hour)+":"+pad(fields[0]))
	}
	return day + " at " + strings.Join(times, ", ") + " UTC"
}

func pad(digits string) string {
	if len(digits) < 2 {
		return "0" + digits
	}
	return digits
}
