// Package spaces says how to reach a bucket in DigitalOcean's object storage (Spaces).
package spaces

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// Bucket is one bucket and how to reach it.
type Bucket struct {
	// Name of the bucket.
	Name pulumi.StringOutput
	// URN is DigitalOcean's name of the bucket, "do:space:<name>".
	URN pulumi.StringOutput
	// Region of the bucket, such as "nyc3".
	Region string
	// AccessKey may read and write this bucket, and nothing else. SecretKey belongs to it, secret.
	AccessKey, SecretKey pulumi.StringOutput
	// Host is the public host that serves the bucket's files, on the CDN; empty for the backups.
	Host string
}

// Hostname of the region's S3 API, without a scheme.
func (b Bucket) Hostname() string { return catalogue.SpacesHost(b.Region) }
