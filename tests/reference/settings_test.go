package reference_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/reference"
)

// unseen says of the settings of which some change does nothing to the cloud who reads them, and when.
func unseen() map[string]string {
	const rules = "[The rules about plans](../policy/index.md) read it at the next preview that loads them."
	return map[string]string{
		"budget.monthly": rules, "policy.digests": rules,
		"policy.release": rules, "policy.release.resource": rules, "policy.release.id": rules,
		"escrow.recipients": "`make escrow` reads it, the next time that it writes the file.",
		"cluster.version": "There is no downgrade: where a newer version runs, the preview says that the file is " +
			"behind, and it goes on running.",
		"search.version": "DigitalOcean calls what runs by its major version alone, and another one within that is " +
			"the same to it: switch search off and on.",
	}
}

// effects are what sandbox/effects has found out.
func effects(t *testing.T) map[string][]reference.Change {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "effects.json"))
	require.NoError(t, err, "run `make generate`")
	var found map[string][]reference.Change
	require.NoError(t, json.Unmarshal(text, &found))
	return found
}

// Of every setting it is known what a change of it does, and of one whose change does nothing, why.
func TestEverySettingHasAnEffect(t *testing.T) {
	t.Parallel()
	all, err := reference.Settings(root)
	require.NoError(t, err)
	require.Greater(t, len(all), 250, "the test sees no settings")
	found := effects(t)
	unknown, missing := reference.Paths(all, found)
	require.Empty(t, unknown)
	require.Empty(t, missing)
	why := unseen()
	for path, changes := range found {
		nothing := slices.ContainsFunc(changes, func(c reference.Change) bool { return len(c.Does) == 0 })
		_, said := why[path]
		require.Equal(t, nothing, said, "%s: a change that does nothing has a reason, and no other has one", path)
	}
	for path := range why {
		require.Contains(t, found, path)
	}
}

// A setting of which it is known that a change of it takes data along is refused, one that is read at each roll is not.
func TestEffectsAreThoseThatPeopleKnow(t *testing.T) {
	t.Parallel()
	found := effects(t)
	for path, kind := range map[string]string{
		"network.ipRange": reference.Protected, "cluster.podSubnet": reference.Protected,
		"cluster.defaultPool.size": reference.Protected, "storage.region": reference.Protected,
		"loadBalancer.type": reference.Protected, "database.size": reference.Updated,
		"cluster.nodePools[].size": reference.Replaced, "database.poolSize": reference.Replaced,
		"mastodon.web.replicas": reference.Updated, "storage.expectedGiB": reference.Outputs,
	} {
		require.NotEmpty(t, found[path], path)
		require.NotEmpty(t, found[path][0].Does, path)
		require.Equal(t, kind, found[path][0].Does[0].Kind, path)
	}
	shrinks := found["database.size"]
	require.Equal(t, reference.Impossible, shrinks[len(shrinks)-1].Does[0].Kind)
}

const general = "general"

func TestSettingsPagesAreCurrent(t *testing.T) {
	t.Parallel()
	all, err := reference.Settings(root)
	require.NoError(t, err)
	found := effects(t)
	written := map[string]*strings.Builder{}
	index := settingsIndex()
	written[general] = page("The environment", "What an environment is, and where.", "the settings and tests/reference")
	for i, s := range all {
		room := s.Room()
		switch {
		case !strings.Contains(s.Path, ".") && s.Group():
			written[room] = page(room, leading(s), "the settings and tests/reference")
			fmt.Fprintf(written[room], "%s\n", described(s))
			fmt.Fprintf(index, "| [`%s`](%s.md) | %s | %d |\n", room, room, cell(described(s)), count(all[i:], room))
			if s.Required {
				fmt.Fprintf(written[room], "\nRequired.\n")
			}
		case !strings.Contains(s.Path, "."):
			section(written[general], s, found[s.Path])
		default:
			section(written[room], s, found[s.Path])
		}
	}
	current(t, "settings/index.md", index.String())
	for room, text := range written {
		current(t, "settings/"+room+".md", text.String())
	}
	entries, err := os.ReadDir(filepath.Join(pages, "settings"))
	require.NoError(t, err)
	require.Len(t, entries, len(written)+1, "a page has no room any more")
}

func count(settings []reference.Setting, room string) int {
	n := 0
	for _, s := range settings {
		if s.Room() == room && !s.Group() {
			n++
		}
	}
	return n
}

func settingsIndex() *strings.Builder {
	b := page("Settings",
		"Every setting: what it may be, what it is when it is left out, and what a change of it does.",
		"the settings and tests/reference")
	b.WriteString(`Settings stand below ` + "`vmst:settings`" + ` in a stack's file. What is wrong with them is said all
at once, before anything is registered.

**What a change does** is found out by machine: the program runs with two values of the setting, in a stack that uses
every setting and whose data is protected, and the simulated providers, which have the rules of the real ones, compare
what it registers (` + "`sandbox/effects`" + `). Your stack may differ, so ` + "`pulumi preview`" + ` has the last word.

- *updates* changes an object in place. Pods roll where it is one that makes them.
- *replaces* makes a new object and deletes the old one.
- *refused: protected* would replace or delete what holds data or identity; ` + "`pulumi up`" + ` fails, and nothing
  is lost.
- *refused by DigitalOcean* is an error half-way through ` + "`pulumi up`" + `.
- Objects are named as ` + "`pulumi preview`" + ` names them. ↔ is a change in either direction.

| room | what it is | settings |
| --- | --- | --- |
| [` + "`environment`, `domain`, `region`, `protect`" + `](general.md) | What an environment is, and where. | 4 |
`)
	return b
}

// section is what the reference says of a setting.
func section(b *strings.Builder, s reference.Setting, changes []reference.Change) {
	level := "##"
	if strings.Count(s.Path, ".") > 1 {
		level = "###"
	}
	if !strings.HasSuffix(b.String(), "\n\n") {
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "%s `%s`\n\n%s\n\n", level, s.Path, described(s))
	kind := s.Type
	if s.Required {
		kind += ", required"
	}
	fmt.Fprintf(b, "- %s\n", kind)
	if s.Default != nil && !s.Group() {
		fmt.Fprintf(b, "- default: `%s`\n", oneLine(s.Default))
	}
	if bounds := bounds(s); bounds != "" {
		fmt.Fprintf(b, "- %s\n", bounds)
	}
	const few = 16
	switch {
	case len(s.Allowed) > few:
		fmt.Fprintf(b, "- one of %d known values, such as `%s`; what DigitalOcean has added since is asked of it\n",
			len(s.Allowed), s.Example)
	case len(s.Allowed) > 0 && s.More:
		fmt.Fprintf(b, "- one of %s, or what DigitalOcean has added since\n", inCode(s.Allowed))
	case len(s.Allowed) > 0:
		fmt.Fprintf(b, "- one of %s\n", inCode(s.Allowed))
	}
	if s.Written != "" {
		fmt.Fprintf(b, "- %s\n", prose(s.Written))
	}
	if s.Example != "" && len(s.Allowed) <= few {
		fmt.Fprintf(b, "- example: `%s`\n", s.Example)
	}
	for _, c := range changes {
		with := ""
		if len(c.With) > 0 {
			with = ", with " + inCode(c.With)
		}
		fmt.Fprintf(b, "- change %s %s %s%s: %s\n", value(c.From), arrow(c), value(c.To), with, does(s, c))
	}
}

// value is one as it is written into the file, or what stands for one.
func value(text string) string {
	if text == "left out" || text == "as it is" || strings.Contains(text, " element") {
		return "*" + text + "*"
	}
	return "`" + text + "`"
}

func arrow(c reference.Change) string {
	if c.Both {
		return "↔"
	}
	return "→"
}

func bounds(s reference.Setting) string {
	switch {
	case s.Min != nil && s.Max != nil:
		return fmt.Sprintf("from %s to %s", digits(*s.Min), digits(*s.Max))
	case s.Min != nil:
		return fmt.Sprintf("%s or more", digits(*s.Min))
	case s.Max != nil:
		return fmt.Sprintf("%s or less", digits(*s.Max))
	default:
		return ""
	}
}

func digits(n float64) string { return strings.TrimSuffix(fmt.Sprintf("%.2f", n), ".00") }

// oneLine is a value as it may be written into the file.
func oneLine(value any) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if _, scalar := value.(string); scalar || !strings.Contains(strings.TrimSpace(string(text)), "\n") {
		if list, ok := value.([]any); ok {
			return fmt.Sprintf("[%v]", list[0])
		}
		return strings.TrimSpace(string(text))
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(encoded)
}

// leading is the first sentence of a description, as one of the page.
func leading(s reference.Setting) string {
	first, _, _ := strings.Cut(s.Description, ". ")
	return strings.TrimSuffix(first, ".") + "."
}

// described is the comment of a field, which begins with its name in Go.
func described(s reference.Setting) string {
	first, rest, _ := strings.Cut(s.Description, " ")
	if strings.EqualFold(first, s.Key()) {
		return "`" + s.Key() + "` " + prose(rest)
	}
	return prose(s.Description)
}

// does is what a change does, in words.
func does(s reference.Setting, c reference.Change) string {
	if len(c.Does) == 0 {
		return "**nothing of the cloud**. " + unseen()[s.Path]
	}
	if o := c.Does[0]; o.Kind == reference.Protected || o.Kind == reference.Impossible {
		if o.Kind == reference.Protected {
			return "**refused: protected**. It would replace or delete " + objects(o.Resources)
		}
		return "**refused by DigitalOcean**: " + prose(o.Says)
	}
	words := map[string]string{
		reference.Replaced: "**replaces** ", reference.Deleted: "**deletes** ", reference.Created: "makes ",
		reference.Updated: "updates ", reference.State: "turns on or off, in Pulumi's state alone, the protection of ",
		reference.Outputs: "**nothing of the cloud**; only the outputs ",
	}
	var parts []string
	for _, o := range c.Does {
		what := objects(o.Resources)
		if o.Kind == reference.Outputs {
			what = inCode(o.Resources)
		}
		parts = append(parts, words[o.Kind]+what)
	}
	return strings.Join(parts, "; ")
}

// objects names few, and counts many by their types.
func objects(names []string) string {
	const few = 3
	if len(names) <= few {
		return inCode(names)
	}
	counts := map[string]int{}
	var types []string
	for _, name := range names {
		typ, _, _ := strings.Cut(name, " ")
		if counts[typ]++; counts[typ] == 1 {
			types = append(types, typ)
		}
	}
	var parts []string
	for _, typ := range types {
		if counts[typ] == 1 {
			i := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, typ+" ") })
			parts = append(parts, "`"+names[i]+"`")
			continue
		}
		parts = append(parts, fmt.Sprintf("%d × `%s`", counts[typ], typ))
	}
	return strings.Join(parts, ", ")
}

func TestSecretsPageIsCurrent(t *testing.T) {
	t.Parallel()
	all, err := reference.Secrets(root)
	require.NoError(t, err)
	always := settings.SecretNames(&settings.Settings{Mastodon: settings.Mastodon{
		SMTP: settings.SMTP{AuthMethod: settings.AuthNone},
	}})
	b := page("Secrets", "Every secret: what it is, and when it is needed.", "infra/settings/secrets.go")
	b.WriteString("Secrets stand below `vmst:secrets` in a stack's file, each encrypted by itself:\n\n" +
		"```sh\npulumi config set --secret --path 'vmst:secrets.smtpPassword'\n```\n\n" +
		"One that is missing is named by the next preview, with the command that sets it. A new value rolls the\n" +
		"pods that use it; no secret is in an output, a log line, a chart's values or a ConfigMap.\n")
	for _, s := range all {
		level := "##"
		if strings.Contains(s.Path, ".") {
			level = "###"
		}
		when := "needed only where its description says so"
		switch {
		case slices.Contains(always, s.Path):
			when = "always needed"
		case s.Required:
			when = "needed with the others of its group"
		}
		require.Equal(t, slices.Contains(always, s.Path), s.Required && level == "##",
			"%s: schema and check differ", s.Path)
		path := s.Path
		if s.Type == "mapping" {
			path += ".<NAME>"
		}
		fmt.Fprintf(b, "\n%s `%s`\n\n%s\n\n- %s\n", level, path, described(s), when)
	}
	current(t, "secrets.md", b.String())
}
