package digitalocean

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

func spacesResources() map[string]sim.Resource {
	rule := sim.Fields{
		"allowedHeaders": sim.List(sim.String()),
		"allowedMethods": sim.List(sim.String().OneOf("GET", "PUT", "DELETE", "HEAD", "POST")).Required(),
		"allowedOrigins": sim.List(sim.String()).Required(),
		"maxAgeSeconds":  sim.Int(),
	}
	return map[string]sim.Resource{
		typeBucket: {
			Inputs: sim.Fields{
				"name": sim.String().AutoNamed().Check(matches(`[a-z0-9][a-z0-9-]{1,61}[a-z0-9]`,
					"3 to 63 lower-case letters, digits and dashes, and neither begin nor end with a dash")),
				"region":       inRegion(spacesRegions).Default("nyc3").Replaces(),
				"acl":          sim.String().OneOf("private", "public-read").Default("private"),
				"forceDestroy": sim.Bool().Default(false),
				"versioning":   sim.Object(sim.Fields{"enabled": sim.Bool().Default(false)}),
				"corsRules":    sim.List(sim.Object(rule)),
				"lifecycleRules": sim.List(sim.Object(sim.Fields{
					"id":                                 sim.String().Computed().Check(longest(255)),
					"prefix":                             sim.String().Check(noSlash),
					"enabled":                            sim.Bool().Required(),
					"abortIncompleteMultipartUploadDays": sim.Int().Between(1, 1<<31),
					"expiration": sim.Object(sim.Fields{
						"date": sim.String(), "days": sim.Int().Between(0, 1<<31),
						"expiredObjectDeleteMarker": sim.Bool(),
					}),
					"noncurrentVersionExpiration": sim.Object(sim.Fields{"days": sim.Int().Between(1, 1<<31)}),
				})),
			},
			Outputs: []string{"bucketDomainName", "bucketUrn", "endpoint"},
			Check:   checkBucket,
			Create:  createBucket,
			Update:  updateBucket,
			Delete:  deleteBucket,
		},
		typeCors: {
			Inputs: sim.Fields{
				"bucket": sim.String().Required(),
				"region": inRegion(spacesRegions).Required().Replaces(),
				"corsRules": sim.List(sim.Object(rule.With(sim.Fields{
					"exposeHeaders": sim.List(sim.String()), "id": sim.String().Check(longest(255)),
				}))).Required(),
			},
			Create: func(call sim.Call, state sim.State) (string, error) {
				return state.String("bucket"), corsBucket(call, state)
			},
			Update: func(call sim.Call, _ string, _, state sim.State) error { return corsBucket(call, state) },
		},
		typeSpacesKey: {
			Inputs: sim.Fields{
				"name": sim.String().AutoNamed(),
				"grants": sim.List(sim.Object(sim.Fields{
					"bucket":     sim.String().Required(),
					"permission": sim.String().Required().OneOf("read", "readwrite", "fullaccess"),
				})).Unordered(),
			},
			Outputs: []string{"accessKey", "createdAt"},
			Secrets: []string{"secretKey"},
			Check:   checkGrants,
			Create:  createSpacesKey,
			Update:  func(call sim.Call, _ string, _, state sim.State) error { return grantedBuckets(call, state) },
		},
	}
}

func noSlash(value any) error {
	if text, _ := value.(string); strings.HasPrefix(text, "/") {
		return errors.New("must not begin with a slash")
	}
	return nil
}

// checkBucket wants every lifecycle rule to do something; the S3 interface calls one that does not malformed.
func checkBucket(s sim.State) []error {
	var errs []error
	for i, rule := range s.Objects("lifecycleRules") {
		if !rule.Has("expiration") && !rule.Has("noncurrentVersionExpiration") &&
			!rule.Has("abortIncompleteMultipartUploadDays") {
			errs = append(errs, fmt.Errorf("lifecycleRules[%d]: must have expiration, noncurrentVersionExpiration or "+
				"abortIncompleteMultipartUploadDays", i))
		}
	}
	return errs
}

func createBucket(call sim.Call, state sim.State) (string, error) {
	name, region := state.String("name"), state.String("region")
	if _, taken := call.Get(typeBucket, name); taken {
		return "", refuse(409, "BucketAlreadyExists: a bucket with name %q exists", name)
	}

	nameRules(state)
	state.Merge(sim.State{
		"bucketDomainName": name + "." + region + ".digitaloceanspaces.com",
		"endpoint":         region + ".digitaloceanspaces.com",
		"bucketUrn":        "do:space:" + name,
	})
	return name, nil
}

// updateBucket refuses a new name: the Terraform provider does not replace the bucket then, and asks for one that does
// not exist.
func updateBucket(_ sim.Call, _ string, before, state sim.State) error {
	if state.String("name") != before.String("name") {
		return refuse(404, "NoSuchBucket: bucket %q cannot be renamed to %q",
			before.String("name"), state.String("name"))
	}

	nameRules(state)
	return nil
}

// nameRules gives the lifecycle rules IDs that have none.
func nameRules(state sim.State) {
	for _, rule := range state.Objects("lifecycleRules") {
		rule.SetDefault("id", "tf-s3-lifecycle-"+newID())
	}
}

func bucketIn(call sim.Call, name, region string) error {
	bucket, err := find(call, typeBucket, "bucket", name)
	if err == nil && bucket.String("region") != region {
		err = refuse(404, "NoSuchBucket: bucket %q is in region %s, not in %s", name, bucket.String("region"), region)
	}
	return err
}

func corsBucket(call sim.Call, state sim.State) error {
	return bucketIn(call, state.String("bucket"), state.String("region"))
}

// checkGrants keeps full access, which is to all buckets, apart from access to one.
func checkGrants(s sim.State) []error {
	if !s.Known("grants") {
		return nil
	}

	var errs []error

	for i, grant := range s.Objects("grants") {
		if full := grant.String("permission") == "fullaccess"; full != (grant.String("bucket") == "") {
			errs = append(errs, fmt.Errorf("grants[%d]: permission fullaccess is for all buckets and goes with an "+
				"empty bucket name; use read or readwrite for one bucket", i))
		}
	}
	return errs
}

func grantedBuckets(call sim.Call, state sim.State) error {
	for _, grant := range state.Objects("grants") {
		if bucket := grant.String("bucket"); bucket != "" {
			if _, err := find(call, typeBucket, "bucket", bucket); err != nil {
				return err
			}
		}
	}
	return nil
}

func createSpacesKey(call sim.Call, state sim.State) (string, error) {
	if err := grantedBuckets(call, state); err != nil {
		return "", err
	}

	secret := make([]byte, 32+12)
	if _, err := rand.Read(secret); err != nil {
		return "", fmt.Errorf("making a spaces key: %w", err)
	}

	id := "DO00" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret[32:])[:16]
	state.Merge(sim.State{
		"accessKey": id, "secretKey": base64.RawStdEncoding.EncodeToString(secret[:32]), "createdAt": timestamp(call),
	})
	return id, nil
}
