package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/vmstio/infrastructure/infra/outputs"
	"github.com/vmstio/infrastructure/policy/rules"
)

const (
	// longest is how many characters GitHub takes in a comment, an issue or a pull request ("Body is too long (maximum
	// is 65536 characters)", its API's answer).
	longest = 65_536
	// listed is how many lines a list of the head has at most, so that a person reads it.
	listed = 20
)

// section is what a report says of one stack.
type section struct {
	stack string
	// plan is nil where there was no preview, and why then says why.
	plan *plan
	why  string
}

// report writes Markdown for whoever decides: first what cannot be undone, then counts, money, rules, warnings and
// outputs of each stack, then the folded differences, as much of them as fits.
func report(title string, sections []section) (string, error) {
	var head strings.Builder
	fmt.Fprintf(&head, "%s\n", title)
	diffs := map[string]string{}
	for _, s := range sections {
		fmt.Fprintf(&head, "\n### %s\n", s.stack)
		if s.plan == nil {
			fmt.Fprintf(&head, "\n> [!WARNING]\n> **There is no preview.**\n\n%s\n", fenced("", s.why))
			continue
		}
		s.plan.head(&head)
		if !s.plan.changes() && len(s.plan.drift) == 0 {
			continue
		}
		diff, err := s.plan.diff()
		if err != nil {
			return "", err
		}
		diffs[s.stack] = diff
	}
	text := head.String()
	if len(text) > longest {
		return clip(text, longest), nil
	}
	// The short ones leave their room to the long ones.
	stacks := slices.SortedFunc(maps.Keys(diffs), func(a, b string) int { return len(diffs[a]) - len(diffs[b]) })
	room, folded := longest-len(text), map[string]string{}
	for i, stack := range stacks {
		folded[stack] = fold(stack, diffs[stack], room/(len(stacks)-i))
		room -= len(folded[stack])
	}
	for _, s := range sections {
		text += folded[s.stack]
	}
	return text, nil
}

// clip cuts a text that takes more room than there is.
func clip(text string, room int) string {
	if len(text) <= room {
		return text
	}
	const cut = "\n\n… cut here: GitHub takes no more.\n"
	return strings.ToValidUTF8(text[:room-len(cut)], "") + cut
}

// fold puts a difference behind a line that unfolds it, cut at the end of a line so that the whole takes no more room.
func fold(stack, diff string, room int) string {
	const (
		start = "\n<details><summary>The difference of %s, as the engine draws it</summary>\n\n"
		end   = "\n</details>\n"
	)
	around := len(fmt.Sprintf(start, stack)) + len(end) + len(fenced("diff", "")) + 120
	if len(diff)+around > room {
		if room < around+200 {
			return ""
		}
		kept := diff[:room-around]
		kept = kept[:strings.LastIndexByte(kept, '\n')+1]
		left := strings.Count(diff[len(kept):], "\n") + 1
		diff = kept + fmt.Sprintf("… %d more lines: the run has them all", left)
	}
	return fmt.Sprintf(start, stack) + fenced("diff", diff) + end
}

// fenced is a block of code that its own contents cannot end.
func fenced(kind, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + kind + "\n" + text + "\n" + fence + "\n"
}

// code is a word in a sentence, on one line, which its own contents cannot end.
func code(text string) string {
	return "`" + strings.NewReplacer("`", "'", "\n", " ", "\r", " ").Replace(text) + "`"
}

func (p *plan) head(b *strings.Builder) {
	if len(p.failures) > 0 {
		fmt.Fprintf(b, "\n> [!WARNING]\n> **The preview failed**: an `up` would stop here, and nothing of it was done."+
			"\n\n%s", fenced("", strings.Join(p.failures, "\n\n")))
	}
	p.dangers(b)
	if len(p.drift) > 0 {
		var lines []string
		for _, d := range p.drift {
			what := "was changed outside Pulumi: " + paths(d.because)
			if d.deleted {
				what = "was deleted outside Pulumi"
			}
			lines = append(lines, describe(d.urn)+" "+what)
		}
		list(b, "The cloud is not as the last `up` left it:", lines)
	}
	if counts := p.count(); counts != "" {
		fmt.Fprintf(b, "\n**%s.**\n", counts)
	}
	p.money(b)
	p.rules(b)
	var warnings []string
	for _, warning := range p.warnings {
		warnings = append(warnings, strings.ReplaceAll(warning, "\n", " "))
	}
	list(b, "**Warnings**", warnings)
	p.promised(b)
}

// dangers are what is replaced or deleted: what holds data first, and so that nobody reads over it.
func (p *plan) dangers(b *strings.Builder) {
	var data, others []string
	for _, s := range p.steps {
		if s.op != apitype.OpReplace && s.op != apitype.OpDelete {
			continue
		}
		what := "would be replaced"
		if s.op == apitype.OpDelete {
			what = "would be deleted"
		}
		if len(s.because) > 0 {
			what += ", because of " + paths(s.because)
		}
		holds := rules.Holds(s.urn, s.typ)
		if holds == "" {
			others = append(others, describe(s.urn)+" "+what)
			continue
		}
		what = fmt.Sprintf("**%s holds %s and %s.**", describe(s.urn), holds, what)
		switch {
		case s.protected:
			what += " It is protected: Pulumi refuses."
		case s.retained:
			what += " It is retained: it stays in the cloud, where nobody manages it any more."
		default:
			what += " **What is in it is lost.**"
		}
		data = append(data, what)
	}
	if len(data) > 0 {
		fmt.Fprint(b, "\n> [!CAUTION]\n")
		for _, line := range data {
			fmt.Fprintf(b, "> - %s\n", line)
		}
	}
	list(b, "Replaced or deleted, and holding no data:", others)
}

// list writes lines under a heading, unless there are none.
func list(b *strings.Builder, heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n\n", heading)
	for _, line := range lines[:min(len(lines), listed)] {
		fmt.Fprintf(b, "- %s\n", line)
	}
	if more := len(lines) - listed; more > 0 {
		fmt.Fprintf(b, "- … and %d more, in the difference below\n", more)
	}
}

func (p *plan) count() string {
	var parts []string
	for _, part := range []struct {
		op   apitype.OpType
		what string
	}{
		{apitype.OpReplace, "to replace"},
		{apitype.OpDelete, "to delete"},
		{apitype.OpCreate, "to create"},
		{apitype.OpUpdate, "to update"},
		{apitype.OpImport, "to import"},
		{apitype.OpSame, "unchanged"},
	} {
		if n := p.counts[part.op]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}

// money is what a month costs before and after, as far as both are known.
func (p *plan) money(b *strings.Builder) {
	was, hadCost := costOf(p.before)
	is, hasCost := costOf(p.after)
	switch {
	case !hasCost:
		return
	case !hadCost:
		fmt.Fprintf(b, "\nA month costs **%s**.\n", amount(is.Minimum, is.Maximum))
	case was.Minimum == is.Minimum && was.Maximum == is.Maximum:
		fmt.Fprintf(b, "\nA month costs %s, before and after.\n", amount(is.Minimum, is.Maximum))
	default:
		fmt.Fprintf(b, "\nA month costs **%s** instead of %s: %s.\n", amount(is.Minimum, is.Maximum),
			amount(was.Minimum, was.Maximum), difference(is.Minimum-was.Minimum, is.Maximum-was.Maximum))
	}
	var unknown []string
	for _, item := range is.Items {
		if !item.Known {
			unknown = append(unknown, item.Name)
		}
	}
	if len(unknown) > 0 {
		fmt.Fprintf(b, "\n> [!WARNING]\n> **That is not all.** No source gives the price of: %s.\n",
			strings.Join(unknown, "; "))
	}
}

// difference says in words how much more or less it is, at the least and at the most.
func difference(least, most float64) string {
	least, most = min(least, most), max(least, most)
	switch {
	case most <= 0 && most == least:
		return fmt.Sprintf("USD %.2f less", -least)
	case most == 0:
		return fmt.Sprintf("up to USD %.2f less", -least)
	case most < 0:
		return fmt.Sprintf("USD %.2f to %.2f less", -most, -least)
	case least == most:
		return fmt.Sprintf("USD %.2f more", most)
	case least == 0:
		return fmt.Sprintf("up to USD %.2f more", most)
	case least > 0:
		return fmt.Sprintf("USD %.2f to %.2f more", least, most)
	default:
		return fmt.Sprintf("from USD %.2f less to USD %.2f more", -least, most)
	}
}

func amount(least, most float64) string {
	text := fmt.Sprintf("USD %.2f", least)
	if most != least {
		text += " to " + fmt.Sprintf("%.2f", most)
	}
	return text
}

// costOf reads what an environment costs from its outputs. A preview does not know every output.
func costOf(values map[string]any) (outputs.MonthlyCost, bool) {
	text, err := json.Marshal(values["monthlyCost"])
	if err != nil || values["monthlyCost"] == nil {
		return outputs.MonthlyCost{}, false
	}
	var cost outputs.MonthlyCost
	if err := json.Unmarshal(text, &cost); err != nil || cost.Currency == "" {
		return outputs.MonthlyCost{}, false
	}
	return cost, true
}

// rules are those of the policy pack that were broken: what stops an up first.
func (p *plan) rules(b *strings.Builder) {
	var stopping, warning []string
	for _, v := range p.violations {
		line := code(v.rule)
		if v.urn != "" && !strings.Contains(v.urn, string(resource.RootStackType)) {
			line += " at " + describe(v.urn)
		}
		line += ": " + strings.ReplaceAll(v.message, "\n", " ")
		if v.stops {
			stopping = append(stopping, line)
		} else {
			warning = append(warning, line)
		}
	}
	list(b, "**Rules that stop this**", stopping)
	list(b, "**Rules that warn**", warning)
}

// promised are the outputs that are new, and those that nobody gets any more.
func (p *plan) promised(b *strings.Builder) {
	if p.before == nil || p.after == nil {
		return
	}
	was, is := map[string]bool{}, map[string]bool{}
	names("", p.before, was)
	names("", p.after, is)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if !is[name] {
			lines = append(lines, "gone: "+code(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if !was[name] {
			lines = append(lines, "new: "+code(name))
		}
	}
	list(b, "**Outputs**", lines)
}

// names are the paths of all values in an object; lists are values.
func names(path string, value any, into map[string]bool) {
	object, ok := value.(map[string]any)
	if !ok || len(object) == 0 {
		into[path] = true
		return
	}
	for key, inner := range object {
		names(strings.TrimPrefix(path+"."+key, "."), inner, into)
	}
}

// describe names a resource by its type, without the package, and its name.
func describe(urn string) string {
	u := resource.URN(urn)
	kind := string(u.Type().Name())
	if strings.HasPrefix(string(u.Type()), "pulumi:providers:") {
		kind = "provider"
	}
	return fmt.Sprintf("%s %s", kind, code(u.Name()))
}

func paths(of []string) string {
	var quoted []string
	for _, path := range of {
		quoted = append(quoted, code(path))
	}
	if len(quoted) > 5 {
		quoted = append(quoted[:5], fmt.Sprintf("%d more", len(of)-5))
	}
	return strings.Join(quoted, ", ")
}
