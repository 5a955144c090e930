package runner

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/sandbox/behaviour"
	"github.com/vmstio/infrastructure/sandbox/charts"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// Options say what to run, and where. Program is required; everything else has a default.
type Options struct {
	// Program returns the Pulumi program in a world.
	Program func(live.World) pulumi.RunFunc
	// Setup says what the stack needs before its first run, given its vmst:settings as JSON, "" if it has none. Its
	// error ends the run before anything is written or started. By default the stack needs nothing.
	Setup func(settings string) (Setup, error)

	// Stack is "prod" by default; Pulumi.<stack>.yaml must exist.
	Stack string
	// ProjectDir is where the search for Pulumi.yaml starts, upwards; the working directory by default.
	ProjectDir string
	// StateDir keeps everything that a run leaves behind; .sandbox next to Pulumi.yaml by default.
	StateDir string
	// PulumiCommand is the path of the Pulumi CLI to use. By default it is the one that [FindPulumi] finds.
	PulumiCommand string
	// Started, if it is set, is told of every process of the Pulumi CLI that works on the stack.
	Started func(*os.Process)

	// ChartsDir is a directory of Helm charts, one directory or .tgz per chart, that come before those of [ChartCache].
	ChartsDir string
	// DigitalOcean is what its account cannot know.
	DigitalOcean digitalocean.Options
	// Date is the day on which everything happens; today by default.
	Date time.Time
	// Behaviour is how long the simulated cloud takes, and what fails in it.
	Behaviour behaviour.Plan
	// Providers returns what makes the simulated providers, by package name; [Simulators] by default. One is made for
	// each connection of the engine.
	Providers func(*cloud.Cloud, Options) map[string]func() plugin.Provider

	// PolicyPacks are the paths of policy packs that previews and ups have to pass.
	PolicyPacks []string
	// Refresh makes a preview look at the cloud first, as `pulumi preview --refresh` does.
	Refresh bool
	// EventLog is a file that receives the engine's events, a line of JSON each, as `pulumi --event-log` writes them.
	EventLog string

	// Stdout and Stderr receive progress and diagnostics; os.Stdout and os.Stderr by default. When Stdout and the
	// standard input are a terminal, Pulumi draws its tree of resources there.
	Stdout, Stderr io.Writer
	// Color is "auto", "always" or "never"; "auto" by default: colour on a terminal, unless NO_COLOR is set.
	Color string
	// Quiet keeps the engine's progress off Stdout and Stderr, for callers that only want the [Result].
	Quiet bool

	// chartCache is the directory of the project's charts.
	chartCache helm.Directory
}

// now is the time in the cloud: that of the clock, on the day that was asked for.
func (o Options) now() time.Time {
	now := time.Now().UTC()
	if o.Date.IsZero() {
		return now
	}
	year, month, day := o.Date.Date()
	return time.Date(year, month, day, now.Hour(), now.Minute(), now.Second(), now.Nanosecond(), time.UTC)
}

// Setup is what a person does by hand before the first run of a stack.
type Setup struct {
	// Secrets names the secrets that a person sets, as paths below the configuration key vmst:secrets ("smtpPassword",
	// "mastodon.secretKeyBase"). Each is given the value of [FakeSecret].
	Secrets []string
	// Optional names secrets that a person may set. Those that the stack's file has are given such a value, too.
	Optional []string
	// Prepare makes in the cloud what a person makes there and no program can make, unless it is there already; nil if
	// there is nothing.
	Prepare func(*cloud.Cloud) error
	// Charts are the Helm charts that the stack installs.
	Charts []helm.Reference
}

// stackName is what Pulumi allows as the name of a stack.
var stackName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// withDefaults fills in what was left out and checks the rest. root is the directory of Pulumi.yaml.
func (o Options) withDefaults() (filled Options, root string, err error) {
	if o.Program == nil {
		return o, "", errors.New("options: Program is missing")
	}
	o.Stack = cmp.Or(o.Stack, "prod")
	if !stackName.MatchString(o.Stack) {
		return o, "", fmt.Errorf("stack %q: a name has 1 to 100 letters, digits, dots, dashes and underscores", o.Stack)
	}
	if root, err = FindRoot(cmp.Or(o.ProjectDir, ".")); err != nil {
		return o, "", err
	}
	o.StateDir = cmp.Or(o.StateDir, filepath.Join(root, ".sandbox"))
	if o.chartCache, err = ChartCache(root).Directory(); err != nil {
		return o, "", err
	}
	// The command runs in another directory than this process.
	o.PolicyPacks = slices.Clone(o.PolicyPacks)
	paths := []*string{&o.StateDir, &o.ChartsDir, &o.PulumiCommand, &o.EventLog}
	for i := range o.PolicyPacks {
		paths = append(paths, &o.PolicyPacks[i])
	}
	for _, path := range paths {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return o, "", fmt.Errorf("finding %s: %w", *path, err)
		}
	}
	if o.Providers == nil {
		o.Providers = Simulators
	}
	o.Stdout, o.Stderr = cmp.Or[io.Writer](o.Stdout, os.Stdout), cmp.Or[io.Writer](o.Stderr, os.Stderr)
	switch o.Color {
	case "", "auto":
		o.Color = "never"
		if isTerminal(o.Stdout) && os.Getenv("NO_COLOR") == "" {
			o.Color = "always"
		}
	case "always", "never":
	default:
		return o, "", fmt.Errorf("color %q: choose auto, always or never", o.Color)
	}
	return o, root, nil
}

func isTerminal(w any) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// chartSource is where charts are looked for.
func (o Options) chartSource() helm.Source {
	if o.ChartsDir == "" {
		return helm.Source{o.chartCache}
	}
	return helm.Source{{Path: o.ChartsDir}, o.chartCache}
}

// ChartCache is where the charts of the stacks of a project are kept, and pinned.
func ChartCache(root string) charts.Cache {
	return charts.Cache{Dir: filepath.Join(root, ".sandbox", "charts"), Lock: filepath.Join(root, "charts.lock")}
}

// Charts are those that a stack installs.
func Charts(options Options) ([]helm.Reference, error) {
	_, _, project, err := options.load()
	if err != nil {
		return nil, err
	}
	return project.setup.Charts, nil
}

// load fills in the options and reads the stack that they name. root is the directory of Pulumi.yaml.
func (o Options) load() (filled Options, root string, project *project, err error) {
	if filled, root, err = o.withDefaults(); err != nil {
		return filled, root, nil, err
	}
	project, err = readProject(root, filled.Stack, filled.Setup)
	return filled, root, project, err
}
