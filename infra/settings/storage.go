package settings

import (
	"fmt"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/crew"
)

// Storage is the object storage (Spaces) and the CDN in front of it.
type Storage struct {
	// Region holds media and assets. Changing it makes new, empty buckets.
	Region string `json:"region" jsonschema:"required,format=spaces-region" example:"nyc3"`
	// BackupRegion holds the backups: another region than those of the compute and of the media, so that no single
	// region takes both.
	BackupRegion string `json:"backupRegion" jsonschema:"required,format=spaces-region" example:"sfo3"`
	// MediaHost is the CDN's host name for uploaded media (S3_ALIAS_HOST).
	MediaHost string `json:"mediaHost" jsonschema:"required,format=hostname" example:"media.example.org"`
	// AssetsHost is the CDN's host name for Mastodon's static files (CDN_HOST).
	AssetsHost string `json:"assetsHost" jsonschema:"required,format=hostname" example:"assets.example.org"`
	// CDNTTL is how long the CDN keeps an object, in seconds. What is deleted or blocked can still be seen there for as
	// long.
	CDNTTL int `json:"cdnTtl" jsonschema:"enum=60,enum=600,enum=3600,enum=86400,enum=604800" default:"3600"`
	// OldVersionDays is how long an overwritten or deleted object can be restored, in days.
	OldVersionDays int `json:"oldVersionDays" jsonschema:"minimum=1" default:"30"`
	// BucketSuffix ends the names of the buckets. The name of a deleted bucket stays blocked for weeks, so an
	// environment that is made again needs another. Changing it makes new, empty buckets.
	BucketSuffix string `json:"bucketSuffix" jsonschema:"format=name-suffix" example:"2"`
	// BackupDays is when the bucket deletes a dump of the database by itself, in days: later than backup does.
	BackupDays int `json:"backupDays" jsonschema:"minimum=1" default:"190"`
	// ExpectedGiB is what all buckets of the account are expected to hold, in GiB, for the bill alone: uploads, what is
	// fetched from other servers, old versions, and the backups of all of it.
	ExpectedGiB int `json:"expectedGiB" jsonschema:"minimum=0" default:"250"`
}

// HealthKey is the name of a small public object in each bucket of the CDN. Listing is private, so a bucket's own
// address answers 403: only an object tells whether bucket, CDN, host name and certificate work together.
const HealthKey = "health.txt"

// Bucket is the name of the bucket of a role.
func (s *Settings) Bucket(role crew.Role) string {
	return crew.Suffixed(role, s.Domain, s.Storage.BucketSuffix)
}

// cdnEndpoint is the CDN's host name for the bucket of a role before it has a name of its own: the target of the CNAME
// (docs.digitalocean.com, "How to Enable the Spaces CDN").
func (s *Settings) cdnEndpoint(bucket crew.Role) string {
	return s.Bucket(bucket) + "." + s.Storage.Region + ".cdn.digitaloceanspaces.com"
}

// checkRegions checks that no single region takes the backups together with what they are backups of.
func (s *Settings) checkRegions(at At) {
	backup, taken := s.Storage.BackupRegion, []string{}
	if backup == s.Storage.Region {
		taken = append(taken, "the media")
	}
	if backup == s.Region {
		taken = append(taken, "the databases")
	}
	if len(taken) > 0 && backup != "" {
		at.Key("storage").Key("backupRegion").Add(quote(backup)+" is also the region of "+strings.Join(taken, " and "),
			"use a third region, so that no single one takes both")
	}
}

func (s Storage) cost(bill *Cost) {
	bill.add("Spaces, all buckets of the account", 1, 1, catalogue.Spaces(), catalogue.SpacesPricing)
	if more := s.ExpectedGiB - catalogue.SpacesGiB; more > 0 {
		bill.add(fmt.Sprintf("Spaces, %d GiB beyond %d", more, catalogue.SpacesGiB), more, more, catalogue.SpacesMore(),
			catalogue.SpacesPricing)
	}
}
