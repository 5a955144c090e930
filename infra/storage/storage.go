// Package storage makes the object storage (Spaces): a bucket for uploaded media
// and one for Mastodon's static files, both behind the CDN under names of their
// own, and a bucket for backups in another region.
//
// Every bucket is private, which means that nobody can list it. What shall be read
// by everyone is uploaded with the object ACL "public-read", as Mastodon does it by
// itself (S3_PERMISSION). A bucket policy is no alternative: DigitalOcean does not
// combine policies with keys that are limited to a bucket (docs.digitalocean.com,
// "How to Configure Bucket Policies").
//
// # Order of DNS and CDN
//
// The zone has to exist before the certificates do, because Let's Encrypt asks for
// a record in it. The CNAME records of the CDN hosts should exist, too: DigitalOcean
// adds the CNAME of a custom domain to a zone that it serves where there is none
// yet (docs.digitalocean.com, "How to Customize the Spaces CDN Endpoint with a
// Subdomain"), and then refuses ours, since a CNAME shares its name with no other
// record. [CDNEndpoint] says where the CNAME points before there is a bucket, and
// Args.CertificateAfter makes the CDN wait for it.
package storage

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// BucketArgs are the names of one bucket.
type BucketArgs struct {
	// Name of the bucket, unique in all of Spaces. Changing it replaces the bucket;
	// the old name stays blocked for a week or more.
	Name string
	// KeyName is the name of the key that opens this bucket alone.
	KeyName string
}

// Args are the arguments of a Storage.
type Args struct {
	// Region of media and assets, a DigitalOcean region slug with Spaces. Changing
	// it replaces the buckets.
	Region string
	// BackupRegion of the backups. It must be another one than Region.
	BackupRegion string
	// Media, Assets and Backups are the names of the buckets.
	Media, Assets, Backups BucketArgs
	// MediaHost is the CDN's host for media (S3_ALIAS_HOST).
	MediaHost string
	// AssetsHost is the CDN's host for static files (CDN_HOST).
	AssetsHost string
	// WebOrigin is the web site whose scripts may read from the CDN hosts,
	// "https://<domain>".
	WebOrigin string
	// CDNTTL is how long the CDN keeps an object, in seconds: 60, 600, 3600, 86400
	// or 604800.
	CDNTTL int
	// OldVersionDays is how long an overwritten or deleted object of media and
	// backups can be restored.
	OldVersionDays int
	// BackupDays is how long a backup is kept.
	BackupDays int
	// CertificateAfter are the DNS zone and the CNAME records of MediaHost and
	// AssetsHost.
	CertificateAfter []pulumi.Resource
	// Protect keeps the buckets. Keys, certificates and CDN endpoints can be made
	// again.
	Protect bool
}

// Bucket is one bucket and how to reach it.
type Bucket struct {
	// Name of the bucket.
	Name pulumi.StringOutput
	// URN is DigitalOcean's name of the bucket, "do:space:<name>".
	URN pulumi.StringOutput
	// Region of the bucket.
	Region string
	// Hostname of the region's S3 service, "<region>.digitaloceanspaces.com".
	Hostname string
	// Endpoint is the URL of the region's S3 service, "https://<Hostname>".
	Endpoint string
	// AccessKey may read and write this bucket, and nothing else.
	AccessKey pulumi.StringOutput
	// SecretKey belongs to AccessKey, secret.
	SecretKey pulumi.StringOutput
	// Host is the CDN's host name for the bucket; empty for the backups.
	Host string
	// CDNEndpoint is what the CNAME of Host points to; empty for the backups.
	CDNEndpoint string
}

// Storage is the three buckets.
type Storage struct {
	pulumi.ResourceState

	// Media holds uploads and copies of remote media.
	Media Bucket
	// Assets holds Mastodon's static files.
	Assets Bucket
	// Backups holds backups, in another region.
	Backups Bucket
}

// HealthKey is the name of a small public object in the media bucket. Listing is
// private, so the bucket's own address answers 403: only an object tells whether
// bucket, CDN, host name and certificate work together.
const HealthKey = "health.txt"

// CDNEndpoint is the CDN's host name for a bucket before it has a name of its own:
// the target of the CNAME (docs.digitalocean.com, "How to Enable the Spaces CDN").
func CDNEndpoint(bucket, region string) string {
	return bucket + "." + region + ".cdn.digitaloceanspaces.com"
}

// New makes the storage. It needs a DigitalOcean provider with a Spaces key pair
// among the options: buckets are made through the S3 API, not with the token.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Storage, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	s := &Storage{}
	if err := ctx.RegisterComponentResource("vmst:storage:Storage", name, s, opts...); err != nil {
		return nil, fmt.Errorf("registering storage %q: %w", name, err)
	}

	// Static files come out of Mastodon's image and can be uploaded again, so they
	// need no versions.
	specs := []struct {
		into  *Bucket
		child string
		spec  spec
	}{
		{&s.Media, "media", spec{
			BucketArgs: args.Media, region: args.Region, host: args.MediaHost,
			versioned: true, rules: housekeeping(args.OldVersionDays),
		}},
		{&s.Assets, "assets", spec{
			BucketArgs: args.Assets, region: args.Region, host: args.AssetsHost,
			rules: housekeeping(args.OldVersionDays),
		}},
		{&s.Backups, "backups", spec{
			BucketArgs: args.Backups, region: args.BackupRegion,
			versioned: true, rules: append(housekeeping(args.OldVersionDays), expiry(args.BackupDays)),
		}},
	}
	outputs := pulumi.Map{}
	for _, b := range specs {
		bucket, err := s.bucket(ctx, name+"-"+b.child, args, b.spec)
		if err != nil {
			return nil, err
		}
		*b.into = *bucket
		outputs[b.child] = bucket.outputs()
	}
	_, err := digitalocean.NewSpacesBucketObject(ctx, name+"-media-health", &digitalocean.SpacesBucketObjectArgs{
		Bucket:      s.Media.Name,
		Region:      pulumi.String(args.Region),
		Key:         pulumi.String(HealthKey),
		Content:     pulumi.String("ok\n"),
		ContentType: pulumi.String("text/plain"),
		Acl:         pulumi.String("public-read"),
	}, pulumi.Parent(s))
	if err != nil {
		return nil, fmt.Errorf("creating object %q in bucket %q: %w", HealthKey, args.Media.Name, err)
	}
	return s, ctx.RegisterResourceOutputs(s, outputs)
}

func (b *Bucket) outputs() pulumi.Map {
	m := pulumi.Map{
		"name": b.Name, "urn": b.URN, "region": pulumi.String(b.Region),
		"hostname": pulumi.String(b.Hostname), "endpoint": pulumi.String(b.Endpoint),
		"accessKey": b.AccessKey, "secretKey": b.SecretKey,
	}
	if b.Host != "" {
		m["host"], m["cdnEndpoint"] = pulumi.String(b.Host), pulumi.String(b.CDNEndpoint)
	}
	return m
}

// housekeeping removes old versions, the delete markers that are left behind them,
// and uploads that were never finished, whose parts cost money but cannot be seen.
// The provider takes no rule that does the last alone.
func housekeeping(days int) digitalocean.SpacesBucketLifecycleRuleArray {
	return digitalocean.SpacesBucketLifecycleRuleArray{digitalocean.SpacesBucketLifecycleRuleArgs{
		Id:                                 pulumi.String("housekeeping"),
		Enabled:                            pulumi.Bool(true),
		AbortIncompleteMultipartUploadDays: pulumi.Int(7),
		NoncurrentVersionExpiration: digitalocean.SpacesBucketLifecycleRuleNoncurrentVersionExpirationArgs{
			Days: pulumi.Int(days),
		},
		Expiration: digitalocean.SpacesBucketLifecycleRuleExpirationArgs{
			ExpiredObjectDeleteMarker: pulumi.Bool(true),
		},
	}}
}

// expiry deletes objects by their age. S3 has it in a rule apart from delete markers.
func expiry(days int) digitalocean.SpacesBucketLifecycleRuleArgs {
	return digitalocean.SpacesBucketLifecycleRuleArgs{
		Id:      pulumi.String("expiry"),
		Enabled: pulumi.Bool(true),
		Expiration: digitalocean.SpacesBucketLifecycleRuleExpirationArgs{
			Days: pulumi.Int(days),
		},
	}
}
