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
