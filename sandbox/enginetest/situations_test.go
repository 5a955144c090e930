package enginetest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

const database = "digitalocean:index/databaseCluster:DatabaseCluster"

// situation is a stack of a few resources in a world that is not ready for them.
type situation struct {
	account *account
	project string
	patient bool
}

func newSituation(t *testing.T) *situation {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"Pulumi.yaml": "name: small\nruntime: go\n", "Pulumi.dev.yaml": "config: {}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	return &situation{account: newAccount(t), project: dir}
}

// program makes a zone, a certificate in it, and then a database.
func (s *situation) program(ctx *pulumi.Context) error {
	provider, err := sdk.NewProvider(ctx, "do", &sdk.ProviderArgs{Token: pulumi.String("token")})
	if err != nil {
		return err
	}
	zone, err := sdk.NewDomain(ctx, "zone", &sdk.DomainArgs{Name: pulumi.String("example.org")},
		pulumi.Provider(provider))
	if err != nil {
		return err
	}
	certificate, err := sdk.NewCertificate(ctx, "certificate", &sdk.CertificateArgs{
		Name: pulumi.String("cdn"), Type: pulumi.String("lets_encrypt"),
		Domains: pulumi.ToStringArray([]string{"cdn.example.org"}),
	}, pulumi.Provider(provider), pulumi.DependsOn([]pulumi.Resource{zone}))
	if err != nil {
		return err
	}
	options := []pulumi.ResourceOption{pulumi.Provider(provider), pulumi.DependsOn([]pulumi.Resource{certificate})}
	if s.patient {
		options = append(options, pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "90m"}))
	}
	_, err = sdk.NewDatabaseCluster(ctx, "database", &sdk.DatabaseClusterArgs{
		Name: pulumi.String("archive"), Engine: pulumi.String("pg"), Version: pulumi.String("17"),
		Size: pulumi.String("db-s-2vcpu-4gb"), NodeCount: pulumi.Int(2), Region: pulumi.String("tor1"),
	}, options...)
	return err
}

// up brings the stack up in a world and returns why that failed, if it did.
func (s *situation) up(t *testing.T, date time.Time, world digitalocean.Options) string {
	t.Helper()
	sandbox, err := runner.Open(t.Context(), runner.Options{
		Program: inAnyWorld(s.program), Stack: "dev", ProjectDir: s.project, StateDir: s.account.dir,
		PulumiCommand: s.account.command, Quiet: true, Stderr: &bytes.Buffer{}, Date: date, DigitalOcean: world,
	})
	require.NoError(t, err)
	defer sandbox.Close()
	result, err := sandbox.Up(t.Context())
	if err == nil {
		return ""
	}
	reasons := []string{err.Error()}
	for _, diagnostic := range result.Diagnostics {
		reasons = append(reasons, diagnostic.Message)
	}
	return strings.Join(reasons, "\n")
}

func TestWorldsThatAreNotReady(t *testing.T) {
	t.Parallel()
	s := newSituation(t)
	before := time.Date(2026, time.November, 29, 0, 0, 0, 0, time.UTC)
	slow := digitalocean.Options{Slow: map[string]time.Duration{database: 45 * time.Minute}}
	t.Run("a registrar that points elsewhere", func(t *testing.T) {
		reason := s.up(t, before, digitalocean.Options{Undelegated: []string{"example.org"}})
		assert.Contains(t, reason, "no NS records found", "the zone that it is to point at is new")
	})
	t.Run("a day too late for the database", func(t *testing.T) {
		reason := s.up(t, before.AddDate(0, 0, 1), digitalocean.Options{})
		assert.Contains(t, reason, "is not offered to new clusters any more", "and the certificate is there by now")
	})
	t.Run("a cloud that is slow", func(t *testing.T) {
		assert.Contains(t, s.up(t, before, slow), "takes 45m0s: the provider waits 30m0s")
	})
	t.Run("what the provider has forgotten is in the way", func(t *testing.T) {
		assert.Contains(t, s.up(t, before, digitalocean.Options{}), `name "archive" is already in use`)
	})
	t.Run("a provider that waits long enough", func(t *testing.T) {
		c, err := cloud.Open(filepath.Join(s.account.dir, "cloud.json"))
		require.NoError(t, err)
		require.Len(t, c.List(database), 1)
		require.NoError(t, c.Delete(database, c.List(database)[0].ID))
		s.patient = true
		assert.Empty(t, s.up(t, before, slow))
	})
}
