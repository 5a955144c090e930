package pictures

import (
	"bytes"
	"flag"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the pictures again (make generate)")

var (
	repository = filepath.Join("..", "..")
	directory  = filepath.Join(repository, "docs", "public", "pictures")
)

func golden(t *testing.T, stack string) Program {
	t.Helper()
	program, err := Read(filepath.Join(repository, "tests", "stacks", "testdata", stack+".golden.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, program.Resources)
	return program
}

func paint(t *testing.T, p Picture) string {
	t.Helper()
	svg, err := p.SVG(t.Context())
	require.NoError(t, err)
	return string(svg)
}

// shows holds that a text stands in a picture, and does not show all of it when it does not.
func shows(t *testing.T, svg, text string) {
	t.Helper()
	assert.True(t, strings.Contains(html.UnescapeString(svg), text), "no %q in the picture", text)
}

func TestPicturesAreCurrent(t *testing.T) {
	t.Parallel()
	all, err := All(repository)
	require.NoError(t, err)
	var names []string
	for _, p := range all {
		names = append(names, p.Name+".svg")
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			svg := paint(t, p)
			path := filepath.Join(directory, p.Name+".svg")
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(svg), 0o644))
			}
			have, err := os.ReadFile(path)
			require.NoError(t, err, "run: make generate")
			require.True(t, string(have) == svg, "%s is not what is drawn today; run: make generate", path)
			fits(t, svg)
		})
	}
	there, err := filepath.Glob(filepath.Join(directory, "*.svg"))
	require.NoError(t, err)
	for _, path := range there {
		assert.Contains(t, names, filepath.Base(path), "nobody draws it any more")
	}
}

var (
	outside = regexp.MustCompile(`(?:href|src)=|url\("?([^d#"]|d[^a])|@import|<script|<foreignObject`)
	size    = regexp.MustCompile(`^<svg [^>]*role="img"[^>]* width="(\d+)" [^>]*><title[^>]*>[^<]+</title><desc`)
)

// fits holds what a picture must be to be read on a phone, in the dark, by a screen reader, and without the internet.
func fits(t *testing.T, svg string) {
	t.Helper()
	assert.Empty(t, outside.FindString(svg), "a page that shows it as a picture loads nothing else")
	assert.Less(t, len(svg), 150_000)
	shows(t, svg, "prefers-color-scheme:dark")
	tag := size.FindStringSubmatch(svg)
	require.NotNil(t, tag, "no role, size, title or description")
	width, err := strconv.Atoi(tag[1])
	require.NoError(t, err)
	assert.LessOrEqual(t, width, 720, "on a phone, the details would have less than 7 pixels")
}

// The pictures fit for whoever has longer names, too. Boxes have a width of their own; lines push them apart.
func TestLongNames(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"prod", "staging"} {
		text, err := os.ReadFile(filepath.Join(repository, "tests", "stacks", "testdata", stack+".golden.yaml"))
		require.NoError(t, err)
		const domain = "mastodon.federation.example.com"
		for _, draw := range []func(Program, string) Picture{Layout, Request, Network, Data} {
			program, err := Parse(bytes.ReplaceAll(text, []byte("vmst.io"), []byte(domain)))
			require.NoError(t, err)
			picture := draw(program, stack)
			if len(picture.Lines) == 0 {
				continue
			}
			t.Run(picture.Name, func(t *testing.T) {
				t.Parallel()
				fits(t, paint(t, picture))
			})
		}
	}
}

func TestEveryRoomIsDrawn(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"prod", "staging", "everything"} {
		program := golden(t, stack)
		l := lay(program)
		rooms := 0
		for _, r := range program.Resources {
			if r.Component() {
				rooms++
				assert.NotNil(t, l.drawn[r.ID()], "%s: %s", stack, r.ID())
			}
		}
		assert.Greater(t, rooms, 5, stack)
	}
}

// holds says whether a box is in another one, however deep.
func holds(outer *Box, title string) *Box {
	for _, box := range outer.Boxes {
		if box.Title == title {
			return box
		}
		if found := holds(box, title); found != nil {
			return found
		}
	}
	return nil
}

func TestNewRoomAppearsByItself(t *testing.T) {
	t.Parallel()
	const relay, queue, inner = "vmst:relay:Relay relay", "vmst:relay:Queue relay-queue", "vmst:relay:Inner within"
	made := func(id, parent string, inputs Inputs) Resource {
		kind, name, _ := strings.Cut(id, " ")
		return Resource{Type: kind, Name: name, Parent: parent, Inputs: inputs}
	}
	// Not of a stack that admins edit.
	program := golden(t, "everything")
	program.Resources = append(program.Resources,
		made(queue, relay, nil),
		made(relay, "", nil),
		made("digitalocean:index/droplet:Droplet relay-machine", relay, Inputs{"region": "lon1"}),
		made(inner, "vmst:storage:Storage storage", nil),
		made("aws:s3/bucket:Bucket far", "vmst:storage:Storage storage", nil),
	)
	picture := Layout(program, "everything")
	places := map[string]*Box{}
	for _, box := range picture.Boxes {
		places[box.Title] = box
	}
	london := places["DigitalOcean, London (lon1)"]
	require.NotNil(t, london, "where its machine is")
	room := holds(london, "relay")
	require.NotNil(t, room)
	assert.Equal(t, []string{"1\u00a0Droplet"}, room.Lines)
	assert.Equal(t, plain, room.Look)
	assert.NotNil(t, holds(london, "relay-queue"), "in its parent's group")
	assert.NotNil(t, holds(places["DigitalOcean, Amsterdam (ams3)"], "within"), "in its parent's group")
	assert.NotNil(t, holds(places["Aws"], "Bucket"), "a type that the tool does not know, of a room that it does")
	svg := paint(t, picture)
	for _, name := range []string{"relay", "relay-queue", "within", "1\u00a0Droplet", "far"} {
		shows(t, svg, ">"+name+"</text>")
	}
}

// What stands in a picture is the program's: with another program, it is another picture.
func TestFiguresAreTheProgram(t *testing.T) {
	t.Parallel()
	texts := func(p Picture) string {
		var all []string
		var walk func([]*Box)
		walk = func(boxes []*Box) {
			for _, box := range boxes {
				all = append(append(all, box.Title), box.Lines...)
				walk(box.Boxes)
			}
		}
		walk(p.Boxes)
		for _, line := range p.Lines {
			all = append(all, line.Label)
		}
		return strings.Join(all, "\n")
	}
	draw := map[string]func(Program, string) Picture{
		"layout": Layout, "request": Request, "network": Network, "data": Data,
	}
	for _, c := range []struct{ picture, kind, name, path, value, shows string }{
		{"layout", databaseType, "database-cluster", "nodeCount", "7", "7\u00a0× "},
		{"layout", poolType, "cluster-pool-general", "maxNodes", "11", " to 11\u00a0×"},
		{"layout", bucketType, "storage-backups", "region", "sgp1", "Singapore (sgp1)"},
		{"layout", balancerType, "load-balancer-loadbalancer", "sizeUnit", "5", "5 nodes"},
		{"layout", chartType, "mastodon-chart", "values mastodon web replicas", "9", "web\u00a0×\u00a09"},
		{"layout", chartType, "mastodon-chart", "values mastodon web nodeSelector mastodon-pool", "default", "web"},
		{"request", releaseType, "ingress-controller", "values controller replicaCount", "6", "×\u00a06"},
		{"request", balancerType, "load-balancer-loadbalancer", "enableProxyProtocol", "false", "TCP"},
		{"request", connectionType, "database-pool", "size", "77", "transaction pool of 77"},
		{"network", vpcType, "network-vpc", "ipRange", "10.1.0.0/20", "private network 10.1.0.0/20"},
		{"network", clusterType, "cluster-cluster", "serviceSubnet", "10.2.0.0/19", "10.2.0.0/19"},
		{"network", chartType, "mastodon-chart", "values mastodon smtp port", "2525", "port 2525"},
		{"data", cronType, "backup-dump", "spec schedule", "5 4 * * MON", "Mondays at 04:05 UTC"},
		{"data", bucketType, "storage-media", "region", "sgp1", "Singapore (sgp1)"},
	} {
		program := golden(t, "everything")
		before := texts(draw[c.picture](program, "everything"))
		at := slices.IndexFunc(program.Resources, func(r Resource) bool { return r.Type == c.kind && r.Name == c.name })
		require.GreaterOrEqual(t, at, 0, c.name)
		path := strings.Fields(c.path)
		fields := program.Resources[at].Inputs.Inputs(path[:len(path)-1]...)
		require.Contains(t, fields, path[len(path)-1], c.name)
		fields[path[len(path)-1]] = c.value
		after := texts(draw[c.picture](program, "everything"))
		assert.NotEqual(t, before, after, "%s of %s", c.path, c.name)
		assert.Contains(t, after, c.shows, "%s of %s", c.path, c.name)
	}
}

// Everything that the settings know, once, is drawn as well: a second provider for backups, a firewall of the
// interface.
func TestEverythingIsDrawn(t *testing.T) {
	t.Parallel()
	program := golden(t, "everything")
	for wanted, draw := range map[string]func(Program, string) Picture{
		"Node pool search": Layout, "DNS of ": Request, "203.0.113.7,": Network, "Another provider": Data,
	} {
		shows(t, paint(t, draw(program, "everything")), wanted)
	}
}

func TestSchedulesInWords(t *testing.T) {
	t.Parallel()
	for schedule, words := range map[string]string{
		"17 2 * * *": "daily at 02:17 UTC", "5 14 * * SUN": "Sundays at 14:05 UTC",
		"0 6 * * 3":     "Wednesdays at 06:00 UTC",
		"30 1,13 * * *": "daily at 01:30, 13:30 UTC", "0 7 1 * *": "0 7 1 * * UTC", "*/5 * * * *": "*/5 * * * * UTC",
		"0 7 * 3 *": "0 7 * 3 * UTC", "0 7 * * 1-5": "0 7 * * 1-5 UTC", "@yearly": "@yearly UTC",
	} {
		assert.Equal(t, words, when(schedule))
	}
}

func TestLongWordsBreak(t *testing.T) {
	t.Parallel()
	fits := func(text string) bool { return len(text) <= 10 }
	for word, head := range map[string]string{
		"nyc3.example.org": "nyc3", "blackbox-exporter": "blackbox-", "incomprehensible": "incomprehe",
		".incomprehensible": ".incompreh",
	} {
		got, tail := split(word, fits)
		assert.Equal(t, head, got)
		assert.Equal(t, word, got+tail)
	}
}

func TestWorkflowsAreRead(t *testing.T) {
	t.Parallel()
	workflow, err := parseWorkflow([]byte(`
name: ship
on:
  push: {branches: [main], tags: ["v*"]}
  schedule: [{cron: "5 4 * * 1"}]
  workflow_run: {workflows: [other], types: [completed]}
jobs:
  second:
    needs: first
    environment: {name: production}
    strategy: {matrix: {stack: [a, b]}}
    steps: [{run: make unpack}, {run: make deliver STACK=prod}, {uses: actions/checkout}]
  first: {}
`))
	require.NoError(t, err)
	assert.Equal(t, Workflow{
		Name: "ship", On: []string{"push to main", "tag v*", "Mondays at 04:05 UTC"}, After: []string{"other"},
		Jobs: []Job{
			{
				Name: "second", Needs: []string{"first"}, Environment: "production", Each: []string{"a", "b"},
				Runs: []string{"make\u00a0deliver"},
			},
			{Name: "first"},
		},
	}, workflow)
	svg := paint(t, Delivery([]Workflow{workflow}))
	shows(t, svg, "approved by a reviewer")
	shows(t, svg, "environment production")
}
