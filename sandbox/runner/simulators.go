package runner

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/kubernetes"
	"github.com/vmstio/infrastructure/sandbox/netlify"
	"github.com/vmstio/infrastructure/sandbox/random"
	"github.com/vmstio/infrastructure/sandbox/tls"
)

// Simulators makes the simulated providers of the packages that the program uses, over one cloud.
func Simulators(c *cloud.Cloud, options Options) map[string]func() plugin.Provider {
	return map[string]func() plugin.Provider{
		"digitalocean": func() plugin.Provider { return digitalocean.New(c, options.DigitalOcean) },
		"kubernetes": func() plugin.Provider {
			return kubernetes.New(c, kubernetes.Options{Charts: options.chartSource()})
		},
		netlify.Plugin: func() plugin.Provider { return netlify.New(c) },
		"random":       func() plugin.Provider { return random.New(c) },
		"tls":          func() plugin.Provider { return tls.New(c) },
	}
}
