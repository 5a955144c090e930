package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMonthlyCost(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `default pool, 1 x s-2vcpu-4gb                                 24.00
pool general, 1 to 2 x s-4vcpu-8gb                   48.00 to 96.00
PostgreSQL, 1 x db-s-1vcpu-2gb                                30.45
Valkey, 1 x db-s-1vcpu-1gb                                    15.00
load balancer, 1 x REGIONAL                                   12.00
Spaces, all buckets of the account                             5.00
uptime checks, 7                                       6.00 to 7.00
total, USD a month                                 140.45 to 189.45
`, read(t, base(t, "")).MonthlyCost().String())
}

func TestMonthlyCostOfALargeEnvironment(t *testing.T) {
	t.Parallel()
	cost := read(t, production(t, "")).MonthlyCost()
	bounds := map[string][2]float64{}
	for _, line := range cost.Lines {
		assert.True(t, line.Known, line.Item)
		assert.NotEmpty(t, line.Source, line.Item)
		bounds[line.Item] = [2]float64{line.Min, line.Max}
	}
	assert.Equal(t, map[string][2]float64{
		"highly available control plane":                 {40, 40},
		"default pool, 2 x s-2vcpu-4gb":                  {48, 48},
		"pool general, 3 to 6 x s-4vcpu-16gb-amd":        {252, 504},
		"pool background, 2 to 4 x s-4vcpu-16gb-amd":     {168, 336},
		"PostgreSQL, 2 x gd-2vcpu-8gb":                   {260, 260},
		"Valkey, 2 x db-s-1vcpu-2gb":                     {60, 60},
		"Valkey for the Rails cache, 2 x db-s-1vcpu-2gb": {60, 60},
		"OpenSearch, 3 x db-s-2vcpu-4gb":                 {117, 180},
		"load balancer, 2 x REGIONAL":                    {24, 24},
		"Spaces, all buckets of the account":             {5, 5},
		"uptime checks, 8":                               {7, 8},
		"volumes of Prometheus, 2 x 20 GiB":              {4, 4},
		"volumes of Alertmanager, 2 x 1 GiB":             {0.2, 0.2},
	}, bounds)
	assert.InDelta(t, 1045.2, cost.Min, 0.001)
	assert.InDelta(t, 1529.2, cost.Max, 0.001)
}

// A price that no source gives is said to be unknown, and not counted as 0 in silence.
func TestUnknownPrices(t *testing.T) {
	t.Parallel()
	text := read(t, base(t, `{cluster: {defaultPool: {size: m3-2vcpu-16gb}},
		loadBalancer: {type: REGIONAL_NETWORK, proxyProtocol: false}}`)).MonthlyCost().String()
	assert.Regexp(t, `default pool, 1 x m3-2vcpu-16gb +unknown\n`, text)
	assert.Regexp(t, `load balancer, 1 x REGIONAL_NETWORK +15\.00\n`, text)
	assert.Regexp(t, `total, USD a month, without the unknown +119\.45 to 168\.45\n`, text)
}
