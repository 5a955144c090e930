package kubernetes

import (
	"encoding/base64"
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// notReady is the error for an object that exists but did not become ready: the engine records it and tries again in
// the next update.
func notReady(id resource.ID, outputs resource.PropertyMap, reasons []string) error {
	if len(reasons) == 0 {
		return nil
	}
	properties, err := plugin.MarshalProperties(outputs, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		return fmt.Errorf("recording %s: %w", id, err)
	}
	message := fmt.Sprintf("the Kubernetes API server reported that %q failed to fully initialize or become live", id)
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, message), &pulumirpc.ErrorResourceInitFailed{
		Id: string(id), Properties: properties, Reasons: reasons,
	})
}

// objectOutputs are the outputs of an object: all of it, its secrets marked.
func objectOutputs(k kind, live map[string]any, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := fromPlain(withoutManagers(live))
	if k.is("", "Secret") {
		if value, ok := inputs["stringData"]; ok {
			outputs["stringData"] = value
		}
		for _, key := range []resource.PropertyKey{"data", "stringData"} {
			if value, ok := outputs[key]; ok {
				outputs[key] = resource.MakeSecret(withoutNullsIn(value, false))
			}
		}
	}
	return sim.KeepSecrets(outputs, inputs)
}

// previewOutputs are the outputs of an object that is yet to be made: its inputs, and an unknown status. Nothing
// unknown is added to the metadata, as the real provider adds nothing: a program that reads metadata.name would then
// have to take the whole metadata for unknown.
func previewOutputs(inputs resource.PropertyMap) resource.PropertyMap {
	outputs := inputs.Copy()
	outputs["status"] = unknownValue()
	return outputs
}

func unknownValue() resource.PropertyValue {
	return resource.MakeComputed(resource.NewStringProperty(""))
}

// merged is the object as the API server stores it: a Secret's stringData goes into data, encoded.
func merged(r record) map[string]any {
	plain, ok := r.Inputs["stringData"].(map[string]any)
	if !ok || !r.Kind.is("", "Secret") {
		return r.Inputs
	}
	object := maps.Clone(r.Inputs)
	delete(object, "stringData")
	data := map[string]any{}
	if encoded, ok := object["data"].(map[string]any); ok {
		maps.Copy(data, encoded)
	}
	for key, value := range plain {
		text, _ := value.(string)
		data[key] = base64.StdEncoding.EncodeToString([]byte(text))
	}
	object["data"] = data
	return object
}

// withStringData adds to a live Secret the stringData that wanted has, with the live values, so that they can be
// compared.
func withStringData(live, wanted map[string]any) map[string]any {
	plain, ok := wanted["stringData"].(map[string]any)
	if !ok || live == nil {
		return live
	}
	decoded := map[string]any{}
	for key := range plain {
		encoded := text(live, "data", key)
		if value, err := base64.StdEncoding.DecodeString(encoded); err == nil && at(live, "data", key) != nil {
			decoded[key] = string(value)
		}
	}
	live["stringData"] = decoded
	return live
}

// withoutManagers leaves out who set what, which says nothing to a program.
func withoutManagers(live map[string]any) map[string]any {
	live = maps.Clone(live)
	if metadata, ok := live["metadata"].(map[string]any); ok {
		metadata = maps.Clone(metadata)
		delete(metadata, "managedFields")
		live["metadata"] = metadata
	}
	return live
}
