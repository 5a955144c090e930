package kubernetes

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	text, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	var short bytes.Buffer
	writer := gzip.NewWriter(&short)
	_, err = writer.Write(text)
	if err := errors.Join(err, writer.Close()); err != nil {
		return err
	}
	version["schema"] = map[string]any{packedKey: base64.StdEncoding.EncodeToString(short.Bytes())}
	return nil
}

// unpack takes back what pack did.
func unpack(version map[string]any) error {
	short := text(version, "schema", packedKey)
	if short == "" {
		return nil
	}
	reader, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader([]byte(short))))
	if err != nil {
		return fmt.Errorf("reading a stored schema: %w", err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		return fmt.Errorf("reading a stored schema: %w", err)
	}
	var schema map[string]any
	if err := json.Unmarshal(plain, &schema); err != nil {
		return fmt.Errorf("reading a stored schema: %w", err)
	}
	version["schema"] = map[string]any{"openAPIV3Schema": schema}
	return nil
}

// eachVersion changes the versions of a CustomResourceDefinition; other objects stay as they are.
func eachVersion(object map[string]any, change func(version map[string]any) error) error {
	if object["kind"] != "CustomResourceDefinition" {
		return nil
	}
	versions, _ := at(object, "spec", "versions").([]any)
	for _, version := range versions {
		if version, ok := version.(map[string]any); ok {
			if err := change(version); err != nil {
				return err
			}
		}
	}
	return nil
}
