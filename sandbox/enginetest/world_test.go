package enginetest_test

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// inAnyWorld is a program that does not care which zones are delegated.
func inAnyWorld(program pulumi.RunFunc) func(func(string) bool) pulumi.RunFunc {
	return func(func(string) bool) pulumi.RunFunc { return program }
}
