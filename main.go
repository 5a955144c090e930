// The program that Pulumi runs: one Mastodon environment on DigitalOcean for each
// stack. What it does is in package infra.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra"
)

func main() { pulumi.Run(infra.Deploy) }
