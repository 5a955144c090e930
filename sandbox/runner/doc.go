// Package runner runs the program through the real Pulumi engine against the simulated cloud.
//
// One process does it all: the simulated providers are gRPC servers on the loopback interface that the engine attaches
// to (PULUMI_DEBUG_PROVIDERS, read by plugin.GetProviderAttachPort of the Pulumi SDK), and the program runs here too,
// as an inline program of the Automation API (https://www.pulumi.com/docs/iac/automation-api/). The engine itself is
// the Pulumi CLI: one that is installed, or the one that make builds from the tools module.
//
// Everything lives in one directory, by default .sandbox at the repository's root:
//
//	cloud.json                 the simulated cloud; edit it to see drift
//	state/                     Pulumi's state, the file backend
//	home/                      PULUMI_HOME and HOME of the command
//	work/<stack>/              copies of Pulumi.yaml and Pulumi.<stack>.yaml that Pulumi may write to
//
// The committed files are only read. Nothing of the person's own Pulumi installation, credentials or environment is.
package runner
