package mastodon

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The bundle of certificate authorities: a container writes it before those that read it start, of the distribution's
// authorities and of those of the databases. It is of the image that all of them are of, so that nothing else is
// pulled, and what it writes is as new as that.

const bundleVolume = "authorities-bundle"

// bundleVolumes are the volumes of a pod that needs the bundle.
var bundleVolumes = []pulumi.Input{
	pulumi.Map{"name": pulumi.String(authorities), "configMap": pulumi.Map{"name": pulumi.String(authorities)}},
	pulumi.Map{"name": pulumi.String(bundleVolume), "emptyDir": pulumi.Map{"sizeLimit": pulumi.String("8Mi")}},
}

// bundleMount is where the bundle is in a container.
func bundleMount(readOnly bool) pulumi.Map {
	return pulumi.Map{
		"name": pulumi.String(bundleVolume), "mountPath": pulumi.String(bundlePath), "readOnly": pulumi.Bool(readOnly),
	}
}

// bundleContainer writes the bundle.
func (a *Args) bundleContainer() pulumi.Map {
	return pulumi.Map{
		"name":    pulumi.String("authorities"),
		"image":   pulumi.String(a.Image.String()),
		"command": pulumi.ToStringArray([]string{"sh", "-c", bundleCAs}),
		"securityContext": pulumi.Map{
			"allowPrivilegeEscalation": pulumi.Bool(false),
			"capabilities":             pulumi.Map{"drop": pulumi.ToStringArray([]string{"ALL"})},
		},
		"resources": pulumi.Map{
			"requests": pulumi.StringMap{"cpu": pulumi.String("10m"), "memory": pulumi.String("16Mi")},
			"limits":   pulumi.StringMap{"memory": pulumi.String("64Mi")},
		},
		"volumeMounts": pulumi.Array{bundleMount(false), pulumi.Map{
			"name": pulumi.String(authorities), "mountPath": pulumi.String(clusterCAs), "readOnly": pulumi.Bool(true),
		}},
	}
}
