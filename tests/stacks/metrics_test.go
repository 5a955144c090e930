package stacks_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tests/mocks"
)

// A token for previews need not see the login at the databases' metrics: the preview says so, and takes the Secret with
// it for unchanged. An up has to see it, and so has a preview whose token is no good at all.
func TestPreviewsWithoutTheLoginAtTheMetrics(t *testing.T) {
	const asked = "Error retrieving database metrics credentials: GET https://api.digitalocean.com/v2/databases/" +
		"metrics/credentials: "
	const warned = "vmst:secrets.digitalOceanToken: this token may not read the login at the metrics of the databases"
	const forbidden = asked + `403 (request "5f9c") You are not authorized to perform this operation`
	for name, test := range map[string]struct {
		preview bool
		says    string
		ignored []string
		err     bool
	}{
		"a token that only looks":     {true, forbidden, []string{"stringData"}, false},
		"an up":                       {false, forbidden, nil, true},
		"a preview of the first up":   {true, asked + "404 no database", nil, false},
		"an up with a wrong answer":   {false, asked + "500 try again", nil, true},
		"a token that sees the login": {true, "", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := recorder(t, "prod")
			r.Preview = test.preview
			const function = "digitalocean:index/getDatabaseMetricsCredentials:getDatabaseMetricsCredentials"
			if test.says != "" {
				r.Answers = map[string]mocks.Answer{function: func(resource.PropertyMap) (resource.PropertyMap, error) {
					return nil, errors.New(test.says)
				}}
			}
			err := r.Run(deploy)
			if test.err {
				require.ErrorContains(t, err, "metrics credentials")
				return
			}
			require.NoError(t, err)
			secret := r.One(t, "kubernetes:core/v1:Secret", "observability-database-metrics-login")
			require.Equal(t, test.ignored, secret.IgnoreChanges)
			require.Equal(t, test.ignored != nil, slices.ContainsFunc(r.Logs(), func(l mocks.Log) bool {
				return l.Severity == "WARNING" && strings.HasPrefix(l.Message, warned)
			}))
		})
	}
}
