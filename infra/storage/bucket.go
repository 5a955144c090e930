package storage

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/spaces"
	"github.com/vmstio/infrastructure/infra/settings"
)

func outputs(b spaces.Bucket) pulumi.Map {
	return pulumi.Map{"name": b.Name, "region": pulumi.String(b.Region), "host": pulumi.String(b.Host)}
}

// spec is what makes one bucket differ from the others.
type spec struct {
	name, region string
	// host on the CDN; empty keeps the bucket off it.
	host      string
	versioned bool
	// days is how long a dump of the database is kept; 0 is for ever.
	days   int
	proofs []settings.BackupTask
}

// bucket makes a bucket and its key, and puts it on the CDN if it has a host there.
func (s *Storage) bucket(ctx *pulumi.Context, name string, args *Args, spec spec) (spaces.Bucket, error) {
	bucketArgs := &digitalocean.SpacesBucketArgs{
		Name:           pulumi.String(spec.name),
		Region:         pulumi.String(spec.region),
		Acl:            pulumi.String("private"),
		LifecycleRules: lifecycle(args.OldVersionDays, spec),
		// What Mastodon has written goes with a bucket that nobody protects; else it could not be destroyed.
		ForceDestroy: pulumi.Bool(!args.Protect),
	}
	if spec.versioned {
		bucketArgs.Versioning = digitalocean.SpacesBucketVersioningArgs{Enabled: pulumi.Bool(true)}
	}
	// A bucket cannot be renamed. The provider takes a new name for an update, in which it does nothing, so the
	// replacement has to be asked for.
	bucket, err := digitalocean.NewSpacesBucket(ctx, name, bucketArgs,
		pulumi.Parent(s), component.Keep(args.Protect), pulumi.ReplaceOnChanges([]string{"name"}))
	if err != nil {
		return spaces.Bucket{}, fmt.Errorf("creating bucket %q in %s: %w", spec.name, spec.region, err)
	}
	key, err := digitalocean.NewSpacesKey(ctx, name+"-key", &digitalocean.SpacesKeyArgs{
		Name: pulumi.String(spec.name),
		Grants: digitalocean.SpacesKeyGrantArray{
			digitalocean.SpacesKeyGrantArgs{Bucket: bucket.Name, Permission: pulumi.String("readwrite")},
		},
	}, pulumi.Parent(s))
	if err != nil {
		return spaces.Bucket{}, fmt.Errorf("creating the key of bucket %q: %w", spec.name, err)
	}
	if spec.host != "" {
		if err := s.publish(ctx, name, args, spec, bucket); err != nil {
			return spaces.Bucket{}, err
		}
	}
	return spaces.Bucket{
		Name: bucket.Name, URN: bucket.BucketUrn, Region: spec.region, Host: spec.host,
		AccessKey: key.AccessKey, SecretKey: key.SecretKey,
	}, nil
}

// CertificateName is the name of the certificate of a host.
func CertificateName(host string) string { return strings.ReplaceAll(host, ".", "-") }

// publish puts a bucket on the CDN under its host name.
func (s *Storage) publish(
	ctx *pulumi.Context, name string, args *Args, spec spec, bucket *digitalocean.SpacesBucket,
) error {
	cors := &digitalocean.SpacesBucketCorsConfigurationArgs{
		Bucket: bucket.Name,
		Region: pulumi.String(spec.region),
		CorsRules: digitalocean.SpacesBucketCorsConfigurationCorsRuleArray{
			digitalocean.SpacesBucketCorsConfigurationCorsRuleArgs{
				// Clients other than the web site read media by script, too, and what the CDN keeps of an answer serves
				// everybody, whatever their origin (docs.joinmastodon.org/admin/optional/object-storage-proxy).
				AllowedOrigins: pulumi.ToStringArray([]string{"*"}),
				AllowedMethods: pulumi.ToStringArray([]string{"GET", "HEAD"}),
				AllowedHeaders: pulumi.ToStringArray([]string{"*"}),
				MaxAgeSeconds:  pulumi.Int(86400),
			},
		},
	}
	if _, err := digitalocean.NewSpacesBucketCorsConfiguration(ctx, name+"-cors", cors, pulumi.Parent(s)); err != nil {
		return fmt.Errorf("creating CORS rules of bucket %q: %w", spec.name, err)
	}
	if err := s.health(ctx, name, spec, bucket); err != nil {
		return err
	}
	if !args.Delegated {
		return nil
	}
	// A certificate for another host is another certificate, with another name: the CDN changes over before the old one
	// goes.
	certificate, err := digitalocean.NewCertificate(ctx, name+"-certificate", &digitalocean.CertificateArgs{
		Name:    pulumi.String(CertificateName(spec.host)),
		Type:    pulumi.String("lets_encrypt"),
		Domains: pulumi.ToStringArray([]string{spec.host}),
	}, pulumi.Parent(s), pulumi.DependsOn(args.CertificateAfter),
		// DigitalOcean asks Let's Encrypt three times, 20 minutes apart (docs.digitalocean.com, load balancers,
		// "Limits"); the provider's own patience ends after ten minutes (resource_certificate.go).
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "70m"}))
	if err != nil {
		return fmt.Errorf("creating certificate for %q: %w", spec.host, err)
	}
	// By name: the ID of a Let's Encrypt certificate changes at every renewal. The API answers "needs-cloudflare-cert"
	// in its place for an endpoint that was asked for by that name, which is for hosts whose zone is not DigitalOcean's
	// (terraform-provider-digitalocean, #1086 and #1089); this one is not. Where somebody has set it in the panel, it
	// is a difference that an up undoes. Ignoring the name would keep the certificate of a host that is changed.
	endpoint, err := digitalocean.NewCdn(ctx, name+"-cdn", &digitalocean.CdnArgs{
		Origin:          bucket.BucketDomainName,
		CustomDomain:    pulumi.String(spec.host),
		CertificateName: certificate.Name,
		Ttl:             pulumi.Int(args.CDNTTL),
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("creating CDN endpoint %q of bucket %q: %w", spec.host, spec.name, err)
	}
	s.Ready = append(s.Ready, endpoint)
	return nil
}

// health makes the object that tells whether what is in the bucket can be read.
func (s *Storage) health(ctx *pulumi.Context, name string, spec spec, bucket *digitalocean.SpacesBucket) error {
	_, err := digitalocean.NewSpacesBucketObject(ctx, name+"-health", &digitalocean.SpacesBucketObjectArgs{
		Bucket:      bucket.Name,
		Region:      pulumi.String(spec.region),
		Key:         pulumi.String(settings.HealthKey),
		Content:     pulumi.String("ok\n"),
		ContentType: pulumi.String("text/plain"),
		Acl:         pulumi.String("public-read"),
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("creating object %q in bucket %q: %w", settings.HealthKey, spec.name, err)
	}
	return nil
}

// lifecycle removes old versions after some days, the delete markers that are left behind them, and uploads that were
// never finished, whose parts cost money but cannot be seen; the provider takes no rule that does the last alone. It
// deletes dumps that reach an age, and marks that nobody renewed. S3 has that in rules apart from delete markers. The
// rules are in the order of their IDs, in which Spaces answers with them; another would be a change in every preview.
func lifecycle(oldVersionDays int, spec spec) digitalocean.SpacesBucketLifecycleRuleArray {
	var rules digitalocean.SpacesBucketLifecycleRuleArray
	expire := func(id, prefix string, days int) {
		rules = append(rules, digitalocean.SpacesBucketLifecycleRuleArgs{
			Id:         pulumi.String(id),
			Enabled:    pulumi.Bool(true),
			Prefix:     pulumi.String(prefix),
			Expiration: digitalocean.SpacesBucketLifecycleRuleExpirationArgs{Days: pulumi.Int(days)},
		})
	}
	if spec.days > 0 {
		expire("expiry", "database/", spec.days)
	}
	rules = append(rules, digitalocean.SpacesBucketLifecycleRuleArgs{
		Id:                                 pulumi.String("housekeeping"),
		Enabled:                            pulumi.Bool(true),
		AbortIncompleteMultipartUploadDays: pulumi.Int(7),
		NoncurrentVersionExpiration: digitalocean.SpacesBucketLifecycleRuleNoncurrentVersionExpirationArgs{
			Days: pulumi.Int(oldVersionDays),
		},
		Expiration: digitalocean.SpacesBucketLifecycleRuleExpirationArgs{ExpiredObjectDeleteMarker: pulumi.Bool(true)},
	})
	for _, task := range spec.proofs {
		expire("proven-"+task.Name, settings.ProvenKey(task.Name), task.AlarmDays)
	}
	return rules
}
