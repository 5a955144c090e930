package kubernetes

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// packedKey stands in a stored definition's version in place of its schema.
const packedKey = "packed"

// pack makes the schema of a definition's version short: those of one operator are megabytes, which would be written
// with every change of the cloud.
func pack(version map[string]any) error {
	schema, ok := at(version, "schema", "openAPIV3Schema").(map[string]any)
	if !ok {
		return nil
	}
	short, err := packed(schema)
	version["schema"] = map[string]any{packedKey: short}
	return err
}

// unpack takes back what pack did.
func unpack(version map[string]any) error {
	short := text(version, "schema", packedKey)
	if short == "" {
		return nil
	}
	var schema map[string]any
	if err := unpackInto(short, &schema); err != nil {
		return fmt.Errorf("reading a stored schema: %w", err)
	}
	version["schema"] = map[string]any{"openAPIV3Schema": schema}
	return nil
}

// packed is a value as short text.
func packed(value any) (string, error) {
	var short bytes.Buffer
	writer := gzip.NewWriter(&short)
	err := json.NewEncoder(writer).Encode(value)
	err = errors.Join(err, writer.Close())
	return base64.StdEncoding.EncodeToString(short.Bytes()), err
}

// unpackInto reads what packed made.
func unpackInto(short string, value any) error {
	reader, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(short)))
	if err != nil {
		return err
	}
	return json.NewDecoder(reader).Decode(value)
}

// eachVersion changes the versions of a CustomResourceDefinition; other objects stay as they are.
func eachVersion(object map[string]any, change func(version map[string]any) error) error {
	if object["kind"] != "CustomResourceDefinition" {
		return nil
	}
	for _, version := range versions(object) {
		if err := change(version); err != nil {
			return err
		}
	}
	return nil
}

// versions are those of a CustomResourceDefinition.
func versions(definition map[string]any) []map[string]any {
	var versions []map[string]any
	list, _ := at(definition, "spec", "versions").([]any)
	for _, version := range list {
		if version, ok := version.(map[string]any); ok {
			versions = append(versions, version)
		}
	}
	return versions
}
