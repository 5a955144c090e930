package mastodon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const cronJobType = "kubernetes:batch/v1:CronJob"

// withHousekeeping are arguments with every task on, and no two values that are the same.
func withHousekeeping() mastodon.Args {
	args := arguments()
	args.Housekeeping = settings.Housekeeping{
		Media:        settings.CacheTask{Enabled: true, Schedule: "1 5 * * *", Days: 11, Concurrency: 21},
		Profiles:     settings.CacheTask{Enabled: true, Schedule: "2 5 * * *", Days: 12, Concurrency: 22},
		PreviewCards: settings.CacheTask{Enabled: true, Schedule: "3 5 * * *", Days: 13, Concurrency: 23},
		Orphans:      settings.SweepTask{Enabled: true, Schedule: "4 5 * * *"},
		Statuses:     settings.StatusTask{Enabled: true, Schedule: "5 5 * * *", Days: 15},
		Accounts:     settings.AccountTask{Enabled: true, Schedule: "6 5 * * *", Concurrency: 26},
		Feeds:        settings.SweepTask{Enabled: true, Schedule: "7 5 * * *"},
		Resources:    settings.Resources{CPU: "150m", Memory: "640Mi", MemoryLimit: "1280Mi"},
		Pool:         "general",
	}
	return args
}

func TestHousekeeping(t *testing.T) {
	t.Parallel()
	r := run(t, withHousekeeping())
	tasks := map[string]struct {
		schedule string
		command  []any
	}{
		"media":    {"1 5 * * *", []any{"media", "remove", "--days=11", "--concurrency=21"}},
		"profiles": {"2 5 * * *", []any{"media", "remove", "--prune-profiles", "--days=12", "--concurrency=22"}},
		"preview-cards": {
			"3 5 * * *", []any{"preview_cards", "remove", "--days=13", "--concurrency=23"},
		},
		"orphans":  {"4 5 * * *", []any{"media", "remove-orphans"}},
		"statuses": {"5 5 * * *", []any{"statuses", "remove", "--days=15"}},
		"accounts": {"6 5 * * *", []any{"accounts", "prune", "--concurrency=26"}},
		"feeds":    {"7 5 * * *", []any{"feeds", "vacuum"}},
	}
	require.Len(t, r.OfType(cronJobType), len(tasks)+1, "the tasks and the toolbox")
	for name, want := range tasks {
		job := r.One(t, cronJobType, "mastodon-housekeeping-"+name)
		require.Equal(t, "mastodon-housekeeping-"+name, job.Input("metadata", "name"), "another version changes it")
		require.Equal(t, "social", job.Input("metadata", "namespace"))
		require.True(t, waits(job, "mastodon-migrate-after"), "no task of the new version runs before its migrations")
		spec := job.Input("spec").(map[string]any)
		require.Equal(t, []any{want.schedule, "Etc/UTC", "Forbid", 21600.0, 1.0, 3.0, nil}, []any{
			spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"], spec["startingDeadlineSeconds"],
			spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"], spec["suspend"],
		})
		of := job.Input("spec", "jobTemplate", "spec").(map[string]any)
		require.Equal(t, 0.0, of["backoffLimit"])
		require.Equal(t, 129600.0, of["activeDeadlineSeconds"])
		require.Equal(t, map[string]any{"rules": []any{map[string]any{
			"action": "Ignore", "onPodConditions": []any{map[string]any{"type": "DisruptionTarget"}},
		}}}, of["podFailurePolicy"], "a node that is drained is no failure")
		require.Equal(t, map[string]any{
			"app.kubernetes.io/part-of": "mastodon", "app.kubernetes.io/component": "housekeeping-" + name,
		}, job.Input("spec", "jobTemplate", "spec", "template", "metadata", "labels"))

		pod := job.Input("spec", "jobTemplate", "spec", "template", "spec").(map[string]any)
		require.Equal(t, map[string]any{settings.PoolLabel: "general"}, pod["nodeSelector"])
		require.Len(t, pod["containers"], 1)
		work := pod["containers"].([]any)[0].(map[string]any)
		command := work["command"].([]any)
		require.Equal(t, []any{"bundle", "exec", "ruby", "-e"}, command[:4])
		require.Contains(t, command[4], "pg_try_advisory_lock", "one at a time")
		require.Equal(t, append([]any{"tootctl"}, want.command...), command[5:])
		require.Equal(t, []any{map[string]any{"name": "HOUSEKEEPING_PATIENCE", "value": "43200"}}, work["env"])
		require.Equal(t, map[string]any{
			"requests": map[string]any{"cpu": "150m", "memory": "640Mi"}, "limits": map[string]any{"memory": "1280Mi"},
		}, work["resources"])
		requireJobsPod(t, pod)
	}
}

// requireJobsPod checks that a pod is one of the Jobs': nothing but computing, the image and the environment, which
// goes to the database itself, where a lock belongs to whoever took it.
func requireJobsPod(t *testing.T, pod map[string]any) {
	t.Helper()
	require.Equal(t, "Never", pod["restartPolicy"])
	require.Equal(t, "mastodon", pod["serviceAccountName"])
	require.Equal(t, false, pod["automountServiceAccountToken"])
	require.Equal(t, true, pod["securityContext"].(map[string]any)["runAsNonRoot"])
	require.Equal(t, "authorities", pod["initContainers"].([]any)[0].(map[string]any)["name"])
	work := pod["containers"].([]any)[0].(map[string]any)
	require.Equal(t, "ghcr.io/mastodon/mastodon:v4.7.3", work["image"])
	require.Equal(t, false, work["securityContext"].(map[string]any)["allowPrivilegeEscalation"])
	require.Equal(t, []any{map[string]any{"secretRef": map[string]any{"name": "mastodon-jobs"}}}, work["envFrom"])
}

func TestHousekeepingThatIsOff(t *testing.T) {
	t.Parallel()
	args := withHousekeeping()
	h := &args.Housekeeping
	for name, enabled := range map[string]*bool{
		"media": &h.Media.Enabled, "profiles": &h.Profiles.Enabled, "preview-cards": &h.PreviewCards.Enabled,
		"orphans": &h.Orphans.Enabled, "statuses": &h.Statuses.Enabled, "accounts": &h.Accounts.Enabled,
		"feeds": &h.Feeds.Enabled,
	} {
		*enabled = false
		r := run(t, args)
		require.Len(t, r.OfType(cronJobType), 7, name)
		for _, job := range r.OfType(cronJobType) {
			require.NotEqual(t, "mastodon-housekeeping-"+name, job.Name)
		}
		*enabled = true
	}
}

// The toolbox never runs by itself, has what the Jobs have, and is there before anything that may need it.
func TestToolboxTemplate(t *testing.T) {
	t.Parallel()
	box := run(t, withHousekeeping()).One(t, cronJobType, "mastodon-toolbox")
	require.Equal(t, "mastodon-toolbox", box.Input("metadata", "name"), "scripts/toolbox.sh knows it by this name")
	require.Equal(t, true, box.Input("spec", "suspend"))
	require.True(t, waits(box, "mastodon-jobs"))
	for _, later := range []string{"mastodon-preflight", "mastodon-migrate-before", "mastodon-chart"} {
		require.False(t, waits(box, later), later)
	}
	of := box.Input("spec", "jobTemplate", "spec").(map[string]any)
	require.Equal(t, []any{28800.0, 60.0, 0.0},
		[]any{of["activeDeadlineSeconds"], of["ttlSecondsAfterFinished"], of["backoffLimit"]})
	pod := box.Input("spec", "jobTemplate", "spec", "template", "spec").(map[string]any)
	require.Equal(t, map[string]any{settings.PoolLabel: "background"}, pod["nodeSelector"])
	requireJobsPod(t, pod)
	work := pod["containers"].([]any)[0].(map[string]any)
	require.Equal(t, "toolbox", work["name"], "scripts/toolbox.sh knows it by this name")
	require.Equal(t, map[string]any{
		"requests": map[string]any{"cpu": "100m", "memory": "768Mi"}, "limits": map[string]any{"memory": "2Gi"},
	}, work["resources"])
}

func TestHousekeepingReturnsFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(withHousekeeping()))
}
