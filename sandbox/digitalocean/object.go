package digitalocean

import (
	"crypto/md5" //nolint:gosec // S3's ETag is the MD5 of the content
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

func objectResources() map[string]sim.Resource {
	return map[string]sim.Resource{
		typeObject: {
			Inputs: sim.Fields{
				"region":             inRegion(spacesRegions).Required().Replaces(),
				"bucket":             sim.String().Required().Replaces(),
				"key":                sim.String().Required().Replaces(),
				"acl":                sim.String().OneOf("private", "public-read").Default("private"),
				"content":            sim.String(),
				"contentBase64":      sim.String(),
				"source":             sim.String(),
				"cacheControl":       sim.String(),
				"contentDisposition": sim.String(),
				"contentEncoding":    sim.String(),
				"contentLanguage":    sim.String(),
				"contentType":        sim.String().Computed(),
				"etag":               sim.String().Computed(),
				"metadata":           sim.Map(sim.String()).Check(lowerCaseKeys),
				"websiteRedirect":    sim.String(),
				"forceDestroy":       sim.Bool().Default(false),
			},
			Outputs: []string{"versionId"},
			Check:   checkObject,
			Create: func(call sim.Call, state sim.State) (string, error) {
				// The real ID is the key alone, of which every bucket can have one.
				return state.String("bucket") + "/" + state.String("key"), putObject(call, state)
			},
			Update: func(call sim.Call, _ string, _, state sim.State) error { return putObject(call, state) },
		},
	}
}

func lowerCaseKeys(value any) error {
	all, _ := value.(map[string]any)
	for key := range all {
		if key != strings.ToLower(key) {
			return fmt.Errorf("must have keys in lower case, unlike %q", key)
		}
	}
	return nil
}

func checkObject(s sim.State) []error {
	given := 0

	if !s.Known("content", "contentBase64", "source") {
		return nil
	}

	for _, property := range []string{"content", "contentBase64", "source"} {
		if s.Has(property) {
			given++
		}
	}

	if given > 1 {
		return []error{errors.New("only one of content, contentBase64 and source may be set")}
	}
	return nil
}

// putObject stores the object: what is in it is kept as far as Pulumi gave it, and known by its checksum.
func putObject(call sim.Call, state sim.State) error {
	name := state.String("bucket")
	if err := bucketIn(call, name, state.String("region")); err != nil {
		return err
	}

	content := []byte(state.String("content"))

	var err error

	switch {
	case state.Has("contentBase64"):
		content, err = base64.StdEncoding.DecodeString(state.String("contentBase64"))
	case state.Has("source"):
		content, err = os.ReadFile(state.String("source"))
	}

	if err != nil {
		return fmt.Errorf("reading the content of object %q: %w", state.String("key"), err)
	}

	bucket, err := find(call, typeBucket, "bucket", name)
	if err != nil {
		return err
	}

	sum := md5.Sum(content) //nolint:gosec // as above
	state["etag"] = hex.EncodeToString(sum[:])
	state.SetDefault("contentType", "binary/octet-stream")

	state["versionId"] = ""
	if bucket.Object("versioning").Bool("enabled") {
		state["versionId"] = newID()
	}
	return nil
}

// deleteBucket refuses to delete a bucket that holds objects, unless it was told to delete them as well.
func deleteBucket(call sim.Call, id string, bucket sim.State) error {
	if bucket.Bool("forceDestroy") {
		return deleteAll(call, typeObject, "bucket", id)
	}

	for _, object := range call.List(typeObject) {
		if o := sim.State(object.Outputs); o.String("bucket") == id {
			return refuse(409,
				"BucketNotEmpty: bucket %q holds object %q; forceDestroy deletes a bucket with its objects",
				id, o.String("key"))
		}
	}
	return nil
}
