package enginetest_test

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/live"
)

// inAnyWorld is a program that asks the world nothing.
func inAnyWorld(program pulumi.RunFunc) func(live.World) pulumi.RunFunc {
	return func(live.World) pulumi.RunFunc { return program }
}
