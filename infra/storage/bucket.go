package storage

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// spec is what makes one bucket differ from the others.
type spec struct {
	BucketArgs
	region    string
	host      string // empty: not on the CDN
	versioned bool
	rules     digitalocean.SpacesBucketLifecycleRuleArray
}

// bucket makes a bucket and its key, and puts it on the CDN if it has a host there.
func (s *Storage) bucket(ctx *pulumi.Context, name string, args *Args, spec spec) (*Bucket, error) {
	bucketArgs := &digitalocean.SpacesBucketArgs{
		Name:           pulumi.String(spec.Name),
		Region:         pulumi.String(spec.region),
		Acl:            pulumi.String("private"),
		LifecycleRules: spec.rules,
	}
	if spec.versioned {
		bucketArgs.Versioning = digitalocean.SpacesBucketVersioningArgs{Enabled: pulumi.Bool(true)}
	}
	// A bucket cannot be renamed. The provider takes a new name for an update, in
	// which it does nothing, so the replacement has to be asked for.
	bucket, err := digitalocean.NewSpacesBucket(ctx, name, bucketArgs,
		pulumi.Parent(s), room.Keep(args.Protect), pulumi.ReplaceOnChanges([]string{"name"}))
	if err != nil {
		return nil, fmt.Errorf("creating bucket %q in %s: %w", spec.Name, spec.region, err)
	}
	key, err := digitalocean.NewSpacesKey(ctx, name+"-key", &digitalocean.SpacesKeyArgs{
		Name: pulumi.String(spec.KeyName),
		Grants: digitalocean.SpacesKeyGrantArray{
			digitalocean.SpacesKeyGrantArgs{Bucket: bucket.Name, Permission: pulumi.String("readwrite")},
		},
	}, pulumi.Parent(s))
	if err != nil {
		return nil, fmt.Errorf("creating key %q of bucket %q: %w", spec.KeyName, spec.Name, err)
	}

	hostname := spec.region + ".digitaloceanspaces.com"
	made := &Bucket{
		Name: bucket.Name, URN: bucket.BucketUrn, Region: spec.region,
		Hostname: hostname, Endpoint: "https://" + hostname,
		AccessKey: key.AccessKey, SecretKey: key.SecretKey,
	}
	if spec.host == "" {
		return made, nil
	}
	made.Host, made.CDNEndpoint = spec.host, CDNEndpoint(spec.Name, spec.region)
	return made, s.publish(ctx, name, args, spec, bucket)
}

// publish puts a bucket on the CDN under its host name.
func (s *Storage) publish(ctx *pulumi.Context, name string, args *Args, spec spec, bucket *digitalocean.SpacesBucket) error {
	_, err := digitalocean.NewSpacesBucketCorsConfiguration(ctx, name+"-cors", &digitalocean.SpacesBucketCorsConfigurationArgs{
		Bucket: bucket.Name,
		Region: pulumi.String(spec.region),
		CorsRules: digitalocean.SpacesBucketCorsConfigurationCorsRuleArray{
			digitalocean.SpacesBucketCorsConfigurationCorsRuleArgs{
				AllowedOrigins: pulumi.ToStringArray([]string{args.WebOrigin}),
				AllowedMethods: pulumi.ToStringArray([]string{"GET", "HEAD"}),
				AllowedHeaders: pulumi.ToStringArray([]string{"*"}),
				MaxAgeSeconds:  pulumi.Int(86400),
			},
		},
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("creating CORS rules of bucket %q: %w", spec.Name, err)
	}
	// A certificate for another host is another certificate, with another name: the
	// CDN changes over before the old one goes.
	certificate, err := digitalocean.NewCertificate(ctx, name+"-certificate", &digitalocean.CertificateArgs{
		Name:    pulumi.String(strings.ReplaceAll(spec.host, ".", "-")),
		Type:    pulumi.String("lets_encrypt"),
		Domains: pulumi.ToStringArray([]string{spec.host}),
	}, pulumi.Parent(s), pulumi.DependsOn(args.CertificateAfter))
	if err != nil {
		return fmt.Errorf("creating certificate for %q: %w", spec.host, err)
	}
	// By name: the ID of a Let's Encrypt certificate changes at every renewal.
	_, err = digitalocean.NewCdn(ctx, name+"-cdn", &digitalocean.CdnArgs{
		Origin:          bucket.BucketDomainName,
		CustomDomain:    pulumi.String(spec.host),
		CertificateName: certificate.Name,
		Ttl:             pulumi.Int(args.CDNTTL),
	}, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("creating CDN endpoint %q of bucket %q: %w", spec.host, spec.Name, err)
	}
	return nil
}

var (
	// bucketName is the rule of docs.digitalocean.com, "Spaces Limits".
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)
	hostName   = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`)
	ttls       = []int{60, 600, 3600, 86400, 604800}
)

func (a *Args) validate() error {
	check := room.NewCheck("storage")
	check.Text("Region", a.Region)
	check.Text("BackupRegion", a.BackupRegion)
	check.That(a.Region == "" || a.Region != a.BackupRegion, "BackupRegion %q is also Region: one outage would take both", a.BackupRegion)
	seen := map[string]string{}
	for _, bucket := range []struct {
		field string
		args  BucketArgs
	}{{"Media", a.Media}, {"Assets", a.Assets}, {"Backups", a.Backups}} {
		name := bucket.args.Name
		check.That(bucketName.MatchString(name), "%s.Name %q is not 3 to 63 lower-case letters, digits and inner hyphens", bucket.field, name)
		check.That(name == "" || seen[name] == "", "%s.Name %q is also %s.Name", bucket.field, name, seen[name])
		seen[name] = bucket.field
		check.Text(bucket.field+".KeyName", bucket.args.KeyName)
	}
	check.That(hostName.MatchString(a.MediaHost), "MediaHost %q is not a lower-case host name", a.MediaHost)
	check.That(hostName.MatchString(a.AssetsHost), "AssetsHost %q is not a lower-case host name", a.AssetsHost)
	check.That(a.MediaHost == "" || a.MediaHost != a.AssetsHost, "AssetsHost %q is also MediaHost", a.AssetsHost)
	origin, err := url.Parse(a.WebOrigin)
	check.That(err == nil && origin.Scheme == "https" && a.WebOrigin == "https://"+origin.Host && origin.Host != "",
		"WebOrigin %q is not of the form https://<domain>", a.WebOrigin)
	check.That(slices.Contains(ttls, a.CDNTTL), "CDNTTL %d is none of %v seconds", a.CDNTTL, ttls)
	check.That(a.OldVersionDays >= 1, "OldVersionDays %d is not positive", a.OldVersionDays)
	check.That(a.BackupDays >= 1, "BackupDays %d is not positive", a.BackupDays)
	return check.Err()
}
