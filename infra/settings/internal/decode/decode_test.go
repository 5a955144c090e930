// Package decode_test decodes a tiny type of its own: what is said here holds for whatever settings there are.
package decode_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

type (
	ship struct {
		Name    string            `json:"name" jsonschema:"required" example:"Aurora"`
		Port    string            `json:"port" jsonschema:"format=port"`
		Colour  string            `json:"colour" jsonschema:"enum=red,enum=blue" default:"blue"`
		Masts   int               `json:"masts" jsonschema:"minimum=1,maximum=5" default:"3"`
		Beam    int               `json:"beam" jsonschema:"enum=5,enum=10"`
		Speed   float64           `json:"speed" jsonschema:"minimum=0.5,maximum=9.75" default:"4.5"`
		Armed   bool              `json:"armed" default:"false"`
		Bell    bell              `json:"bell" default:"{metal: bronze, weight: 12}"`
		Keel    keel              `json:"keel"`
		Flag    flag              `json:"flag" jsonschema:"required" default:"{colour: white}"`
		Boat    *boat             `json:"boat"`
		Crew    []sailor          `json:"crew"`
		Calls   []string          `json:"calls" jsonschema:"format=port" default:"[oslo]"`
		Notes   map[string]string `json:"notes"`
		Cargo   map[string]any    `json:"cargo"`
		Owner   hidden            `json:"owner"`
		Letters letters           `json:"letters"`
	}
	bell struct {
		Metal  string `json:"metal"`
		Weight int    `json:"weight"`
	}
	keel struct {
		Length int `json:"length" default:"40"`
	}
	flag struct {
		Colour string `json:"colour"`
	}
	boat struct {
		Oars int `json:"oars" jsonschema:"required,minimum=2"`
	}
	sailor struct {
		Name string `json:"name"`
		Age  int    `json:"age" default:"20"`
	}
	letters struct {
		Love hidden            `json:"love"`
		More map[string]hidden `json:"more"`
	}
	hidden struct{ text string }
)

func (hidden) IsSecret() {}

func (h *hidden) UnmarshalText(text []byte) error { h.text = string(text); return nil }

// Check has a pointer receiver, and that of the sailor none.
func (s *ship) Check(at decode.At) {
	if s.Masts == 4 {
		at.Key("masts").Add("4 is unlucky", "use another number")
	}
	names := decode.Unique{}
	for i, sailor := range s.Crew {
		names.Add(at.Key("crew").Index(i).Key("name"), sailor.Name)
	}
}

func (s sailor) Check(at decode.At) {
	if s.Age > 99 {
		at.Key("age").Add("the sailor is too old", "let them rest")
	}
	at.Key("name").Choice(s.Name, "one of us", []string{"Ann", "Bo"}, "roll call")
}

func report() *decode.Report {
	return &decode.Report{
		Secrets: "ship.letters",
		Formats: map[string]decode.Format{
			"port": {
				Is: "a port", Values: []string{"oslo", "bergen"}, Also: map[string]string{"kristiania": "oslo"},
			},
			"signal": {
				Is: "a signal", Pattern: regexp.MustCompile(`^[a-z]+$`), Write: "use small letters",
				Valid: func(s string) bool { return len(s) < 4 },
			},
		},
	}
}

// sail decodes a ship and returns it and what is wrong with it.
func sail(t *testing.T, text string) (ship, []string) {
	t.Helper()
	r, s := report(), ship{}
	if decode.Object(r, "ship", text, "", &s) {
		decode.Check(r.At("ship"), &s)
	}
	var lines []string
	for _, problem := range r.Problems() {
		lines = append(lines, strings.TrimPrefix(problem.String(), "ship."))
	}
	return s, lines
}

const afloat = `"name": "Aurora", "flag": {}`

func TestDefaults(t *testing.T) {
	t.Parallel()
	want := ship{
		Name: "Aurora", Colour: "blue", Masts: 3, Speed: 4.5, Bell: bell{"bronze", 12}, Keel: keel{40},
		Flag:  flag{"white"},
		Calls: []string{"oslo"},
	}
	for _, text := range []string{
		`{` + afloat + `}`,
		`{` + afloat + `, "colour": "", "masts": null, "bell": null, "calls": null, "crew": null, "boat": null, ` +
			`"owner": ""}`,
		`{"name": "Aurora", "flag": {"colour": null}, "bell": {"metal": ""}, "keel": {}}`,
	} {
		got, wrong := sail(t, text)
		assert.Empty(t, wrong)
		assert.Equal(t, want, got, text)
	}

	got, wrong := sail(t, `{"name": "Aurora", "flag": {"colour": "black"}, "bell": {"weight": 0}, "masts": 5,
		"speed": 6, "armed": true,
		"crew": [{"name": "Ann"}, {"name": "Bo", "age": 0}], "calls": [], "keel": {"length": 9}, "boat": {"oars": 2}}`)
	assert.Empty(t, wrong)
	assert.Equal(t, ship{
		Name: "Aurora", Colour: "blue", Masts: 5, Speed: 6, Armed: true, Bell: bell{"bronze", 0}, Keel: keel{9},
		Flag: flag{"black"},
		Boat: &boat{2}, Crew: []sailor{{"Ann", 20}, {"Bo", 0}}, Calls: []string{},
	}, got)
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	const unlisted = "; set it to a mapping, one `key: value` to a line"
	for text, want := range map[string][]string{
		`{}`: {
			"flag: the value is missing; add it with its keys colour; Pulumi.prod.yaml shows one",
			"name: the value is missing; set it to text, such as Aurora",
		},
		`{"name": null, "flag": {}}`: {"name: the value is empty; set it to text, such as Aurora"},

		// Unknown keys, and what they may have been.
		`{` + afloat + `, "mast": 3}`:        {`mast: the key is unknown; did you mean "masts"?`},
		`{` + afloat + `, "MASTS": 3}`:       {`MASTS: the key is unknown; did you mean "masts"?`},
		`{` + afloat + `, "bell": {"x": 3}}`: {"bell.x: the key is unknown; remove it, or use one of metal, weight"},
		`{` + afloat + `, "boat": {}}`:       {"boat.oars: the value is missing; set it to a whole number from 2"},

		// Kinds.
		`{"name": 5, "flag": 1}`: {
			"flag: 1 is not a mapping; add it with its keys colour; Pulumi.prod.yaml shows one",
			`name: 5 is not text (a string); put it in quotes: "5"`,
		},
		`{` + afloat + `, "masts": "3", "beam": 1.5}`: {
			"beam: 1.5 is not a whole number; set it to 5 or 10",
			`masts: "3" is not a whole number; write it without quotes: 3`,
		},
		`{` + afloat + `, "speed": 9.8}`:   {"speed: 9.8 is out of range; set it to a number from 0.5 to 9.75"},
		`{` + afloat + `, "speed": "6.5"}`: {`speed: "6.5" is not a number; write it without quotes: 6.5`},
		`{` + afloat + `, "speed": true}`:  {"speed: true is not a number; set it to a number from 0.5 to 9.75"},
		`{` + afloat + `, "masts": "three", "armed": "yes"}`: {
			`armed: "yes" is not true or false; set it to true or false`,
			`masts: "three" is not a whole number; set it to a whole number from 1 to 5`,
		},
		`{` + afloat + `, "armed": "false", "notes": [], "cargo": 3}`: {
			`armed: "false" is not true or false; write it without quotes: false`,
			"cargo: 3 is not a mapping" + unlisted,
			"notes: [] is not a mapping" + unlisted,
		},
		`{` + afloat + `, "calls": "oslo", "crew": {}}`: {
			`calls: "oslo" is not a list; set it to a list, of which every element is text (a string)`,
			"crew: {} is not a list; set it to a list, of which every element is a mapping",
		},
		`{` + afloat + `, "bell": {"weight": "heavy"}, "boat": 7}`: {
			`bell.weight: "heavy" is not a whole number; set it to a whole number`,
			"boat: 7 is not a mapping; add it with its keys oars; Pulumi.prod.yaml shows one",
		},
		`{` + afloat + `, "notes": {"a": 1, "b": null}}`: {
			`notes.a: 1 is not text (a string); put it in quotes: "1"`,
			"notes.b: null is not text (a string); set it to text",
		},

		// Bounds, enumerations and formats, in lists, too.
		`{` + afloat + `, "masts": 6, "beam": 7, "colour": "Red"}`: {
			"beam: 7 is not allowed; set it to 5 or 10",
			`colour: "Red" is not allowed; set it to red or blue (did you mean "red"?)`,
			"masts: 6 is out of range; set it to a whole number from 1 to 5",
		},
		`{` + afloat + `, "port": "Bergen", "calls": ["oslo", "paris", "Kristiania", "olso"]}`: {
			`calls[1]: "paris" is not a port; use oslo or bergen`,
			`calls[2]: "Kristiania" is not a port; did you mean "oslo"?`,
			`calls[3]: "olso" is not a port; use oslo or bergen`,
			`port: "Bergen" is not a port; did you mean "bergen"? Allowed: oslo, bergen`,
		},

		// Rules of the types, which keep quiet about what has been said already.
		`{` + afloat + `, "masts": 4}`: {"masts: 4 is unlucky; use another number"},
		`{` + afloat + `, "crew": [{"name": "Ann"}, null, {"name": "Ann", "age": 100}, {"name": "Anne"}, {"name": ` +
			`5}]}`: {
			"crew[1]: null is not a mapping; add it with its keys name, age; Pulumi.prod.yaml shows one",
			"crew[2].age: the sailor is too old; let them rest",
			`crew[2].name: "Ann" is already used by ship.crew[0].name; use each value once`,
			"crew[3].name: \"Anne\" is not one of us; did you mean \"Ann\"? Allowed: Ann, Bo; `roll call` lists them",
			`crew[4].name: 5 is not text (a string); put it in quotes: "5"`,
		},

		// Free values hold anything but nothing.
		`{` + afloat + `, "cargo": {"a": {"b": [1, {"c": null}]}, "d": null}}`: {
			"cargo.a.b[1].c: the value is empty; write a value, or remove the key: what is empty could not be told " +
				"from what is left out",
			"cargo.d: the value is empty; write a value, or remove the key: what is empty could not be told from " +
				"what is left out",
		},
	} {
		_, got := sail(t, text)
		assert.Equal(t, want, got, text)
	}
}

func TestObjectsThatAreNone(t *testing.T) {
	t.Parallel()
	for text, wrong := range map[string]string{
		"": "the value is missing", "\n": "the value is missing", "[]": "the value is not a mapping",
		"null": "the value is not a mapping", "{": "the value is not a mapping", "{}{}": "the value is not a mapping",
	} {
		r := report()
		assert.False(t, decode.Object(r, "ship", text, "; launch one", &ship{}))
		assert.Equal(t, "the stack's configuration has 1 problem:\n  ship: "+wrong+"; add it with its keys name, "+
			"flag; "+
			"Pulumi.prod.yaml shows one; launch one", r.Problems().Error(), text)
	}
}

func TestFreeValuesComeAsTheyAre(t *testing.T) {
	t.Parallel()
	got, wrong := sail(t, `{`+afloat+`, "cargo": {"a": [1, "x", true, {"b": ""}], "c": {}}, "notes": {"": "x", "y": `+
		`""}}`)
	assert.Empty(t, wrong)
	assert.Equal(t, map[string]any{
		"a": []any{1.0, "x", true, map[string]any{"b": ""}}, "c": map[string]any{},
	}, got.Cargo)
	assert.Equal(t, map[string]string{"": "x", "y": ""}, got.Notes)
}

// Whatever stands where a secret is expected, or below the path of the secrets, is not quoted.
func TestSecretsAreNotQuoted(t *testing.T) {
	t.Parallel()
	got, wrong := sail(t, `{`+afloat+`, "owner": "hunter2", "letters": {"love": "hunter2", "more": {"a": "hunter2"}}}`)
	assert.Empty(t, wrong)
	assert.Equal(t, []hidden{{"hunter2"}, {"hunter2"}, {"hunter2"}}, []hidden{
		got.Owner, got.Letters.Love, got.Letters.More["a"],
	})

	command := func(path string) string { return "`pulumi config set --secret --path '" + path + "'`" }
	for text, want := range map[string][]string{
		`"owner": ["hunter2"]`: {"owner: the value is not text (a string); set it with " + command("ship.owner")},
		`"letters": "hunter2"`: {
			"letters: the value is not a mapping; set its keys love, more, each with " + command("ship.letters.<key>"),
		},
		`"letters": {"love": 7, "more": "hunter2"}`: {
			"letters.love: the value is not text (a string); set it with " + command("ship.letters.love"),
			"letters.more: the value is not a mapping; set it to a mapping, one `key: value` to a line",
		},
		`"letters": {"hate": "hunter2", "more": {"a": null}}`: {
			"letters.hate: the key is unknown; remove it, or use one of love, more",
			"letters.more.a: the value is not text (a string); set it with " + command("ship.letters.more.a"),
		},
	} {
		_, got := sail(t, `{`+afloat+`, `+text+`}`)
		assert.Equal(t, want, got)
		assert.NotContains(t, strings.Join(got, ""), "hunter2")
	}
}

func TestIndicesAreSortedAsNumbers(t *testing.T) {
	t.Parallel()
	_, got := sail(t, `{`+afloat+`, "calls": [`+strings.Repeat(`"x",`, 11)+`"x"]}`)
	require.Len(t, got, 12)
	for i, line := range got {
		assert.True(t, strings.HasPrefix(line, fmt.Sprintf("calls[%d]: ", i)), line)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	r := report()
	assert.True(t, r.At("a").Is("abc", "signal"))
	assert.False(t, r.At("b").Is("ABC", "signal"), "the pattern")
	assert.False(t, r.At("c").Is("abcd", "signal"), "what the pattern cannot say")
	assert.Equal(t, decode.Problems{
		{Path: "b", Wrong: `"ABC" is not a signal`, Remedy: "use small letters"},
		{Path: "c", Wrong: `"abcd" is not a signal`, Remedy: "use small letters"},
	}, r.Problems())

	type typo struct {
		A string `json:"a" jsonschema:"format=singal"`
	}
	assert.Panics(t, func() { decode.Object(report(), "x", `{"a": "b"}`, "", &typo{}) }, "a format that there is not")
}

// A person can compare twelve values. Of more, or where a command lists all, the near ones are named.
func TestManyValues(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 13 {
		many = append(many, fmt.Sprintf("deck-%c", 'a'+i))
	}
	const near = "deck-a, deck-b, deck-c, deck-d, deck-e"
	for _, test := range []struct {
		text    string
		allowed []string
		// want is the remedy, listed that with a command.
		want, listed string
	}{
		{
			"deck-z", many[:12], `did you mean "deck-a"? Allowed: ` + strings.Join(many[:12], ", "),
			`did you mean "deck-a"? Near ones: ` + near,
		},
		{"hut", many[:12], "use " + strings.Join(many[:11], ", ") + " or deck-l", "near ones are " + near},
		{"hut", many[:2], "use deck-a or deck-b", "use deck-a or deck-b"},
		{
			"deck-Z", many, `did you mean "deck-a"? Near ones: ` + near, `did you mean "deck-a"? Near ones: ` + near,
		},
		{"hut", many, "near ones are " + near, "near ones are " + near},
		{"hut", nil, "use nothing", "use nothing"},
	} {
		r := report()
		assert.False(t, r.At("deck").Choice(test.text, "a deck", test.allowed, ""))
		assert.False(t, r.At("deck").Choice(test.text, "a deck", test.allowed, "walk around"))
		assert.Equal(t, decode.Problems{
			{Path: "deck", Wrong: decode.Quote(test.text) + " is not a deck", Remedy: test.want},
			{
				Path: "deck", Wrong: decode.Quote(test.text) + " is not a deck",
				Remedy: test.listed + "; `walk around` lists them",
			},
		}, r.Problems())
	}
	assert.True(t, report().At("deck").Choice("deck-a", "a deck", many, ""))
}

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"port", "starboard", "bow", "stern"}
	for word, want := range map[string]string{
		"PORT": "port", "prt": "port", "starbord": "starboard", "sterm": "stern",
		"bw": "", "xx": "", "": "", "mast": "", "portside": "",
	} {
		assert.Equal(t, want, decode.Nearest(word, words), word)
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 70)
	for text, want := range map[string]string{"a<b>&": `"a<b>&"`, `"`: `"\""`, long: `"` + long[:2*59] + "..."} {
		assert.Equal(t, want, decode.Quote(text))
	}
	assert.Equal(t, "the value", decode.Quote(func() {}))
}

func TestRuleOf(t *testing.T) {
	t.Parallel()
	field, _ := reflect.TypeFor[ship]().FieldByName("Masts")
	one, five := 1.0, 5.0
	rule := decode.RuleOf(field)
	assert.Equal(t, "3", fmt.Sprint(rule.Default))
	rule.Default = nil
	assert.Equal(t, decode.Rule{Name: "masts", Min: &one, Max: &five}, rule)

	type broken struct {
		A []int `json:"a" default:"[1"`
	}
	assert.Panics(t, func() { decode.RuleOf(reflect.TypeFor[broken]().Field(0)) }, "a default that is not YAML")
}
