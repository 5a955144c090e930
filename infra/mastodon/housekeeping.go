package mastodon

import (
	_ "embed"
	"strconv"
	"time"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

const (
	// turn is how long a task waits for the others. One that did not run in half a day fails, so that it is seen.
	turn = 12 * time.Hour
	// taskDeadline is when a task is given up, which has then worked for a day at least.
	taskDeadline = turn + 24*time.Hour
	// workday is when a toolbox goes that somebody forgot.
	workday = 8 * time.Hour
)

// inTurn runs a command while no other task runs; it says how.
//
//go:embed scripts/housekeeping.rb
var inTurn string

// idle is a shell that waits to be told to end.
const idle = "trap exit TERM; sleep infinity & wait"

// task is a command of tootctl that runs again and again.
type task struct {
	name     string
	enabled  bool
	schedule string
	command  []string
}

// tasks are those of the housekeeping. The options are those that tootctl has in every version that the chart supports.
// statuses remove is not told to --continue: what it had chosen to delete may have been bookmarked meanwhile.
func tasks(h settings.Housekeeping) []task {
	days := func(n int) string { return "--days=" + strconv.Itoa(n) }
	threads := func(n int) string { return "--concurrency=" + strconv.Itoa(n) }
	return []task{
		{"media", h.Media.Enabled, h.Media.Schedule, []string{
			"media", "remove", days(h.Media.Days), threads(h.Media.Concurrency),
		}},
		{"profiles", h.Profiles.Enabled, h.Profiles.Schedule, []string{
			"media", "remove", "--prune-profiles", days(h.Profiles.Days), threads(h.Profiles.Concurrency),
		}},
		{"preview-cards", h.PreviewCards.Enabled, h.PreviewCards.Schedule, []string{
			"preview_cards", "remove", days(h.PreviewCards.Days), threads(h.PreviewCards.Concurrency),
		}},
		{"orphans", h.Orphans.Enabled, h.Orphans.Schedule, []string{"media", "remove-orphans"}},
		{"statuses", h.Statuses.Enabled, h.Statuses.Schedule, []string{"statuses", "remove", days(h.Statuses.Days)}},
		{"accounts", h.Accounts.Enabled, h.Accounts.Schedule, []string{
			"accounts", "prune", threads(h.Accounts.Concurrency),
		}},
		{"feeds", h.Feeds.Enabled, h.Feeds.Schedule, []string{"feeds", "vacuum"}},
	}
}

// housekeeping makes the CronJobs of the tasks that are on. They have the version of the Jobs that they wait for.
func (m *Mastodon) housekeeping(ctx *pulumi.Context, name string, args *Args, migrated pulumi.Resource) error {
	h := args.Housekeeping
	for _, t := range tasks(h) {
		if !t.enabled {
			continue
		}
		command := append([]string{"bundle", "exec", "ruby", "-e", inTurn, "tootctl"}, t.command...)
		work := args.rails("tootctl", command...)
		work.Env = corev1.EnvVarArray{corev1.EnvVarArgs{
			Name: pulumi.String("HOUSEKEEPING_PATIENCE"), Value: pulumi.String(strconv.Itoa(int(turn.Seconds()))),
		}}
		work.Resources = kube.Requirements(h.Resources)
		pod := args.jobPod(work)
		pod.NodeSelector = kube.OnPool(h.Pool)
		// What failed has its next time.
		err := m.cronJob(ctx, name, args, "housekeeping-"+t.name, kube.Repeated(t.schedule),
			kube.Attempted(taskDeadline, 0), pod, []pulumi.Resource{migrated})
		if err != nil {
			return err
		}
	}
	return nil
}

// toolbox makes the template of the pod in which a person has a shell with tootctl: a CronJob that never runs by
// itself, and of which scripts/toolbox.sh makes a Job. It is there before the migrations, which may be why it is
// needed.
func (m *Mastodon) toolbox(ctx *pulumi.Context, name string, args *Args, after []pulumi.Resource) error {
	return m.cronJob(ctx, name, args, "toolbox", pulumi.Map{
		"schedule": pulumi.String("@yearly"), "suspend": pulumi.Bool(true),
	}, pulumi.Map{
		// Where nobody deletes it, it ends by itself, and is no more soon after.
		"activeDeadlineSeconds": pulumi.Int(int(workday.Seconds())), "ttlSecondsAfterFinished": pulumi.Int(60),
		"backoffLimit": pulumi.Int(0),
	}, args.jobPod(args.rails("toolbox", "bash", "-c", idle)), after)
}

// cronJob makes a CronJob, whose name has no version, so that another version changes it.
func (m *Mastodon) cronJob(
	ctx *pulumi.Context, name string, args *Args, task string, spec, job pulumi.Map, pod corev1.PodSpecArgs,
	after []pulumi.Resource,
) error {
	_, err := kube.NewCronJob(ctx, name+"-"+task, &kube.CronJobArgs{
		Name: releaseName + "-" + task, Namespace: args.Namespace, Labels: jobLabels(task), Spec: spec, Job: job,
		Pod: pod,
	}, pulumi.Parent(m), pulumi.DependsOn(after))
	return err
}
