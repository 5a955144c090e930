package apiserver

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	structuralcel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// definition is one version of a CustomResourceDefinition.
type definition struct {
	// schema is nil for a definition without one.
	schema    *structural.Structural
	validator schemavalidation.SchemaValidator
	rules     *structuralcel.Validator
}

// RulesOfDefinition are those of one version of a CustomResourceDefinition, by its schema
// (spec.versions[].schema.openAPIV3Schema), which may be nil.
func RulesOfDefinition(kind schema.GroupVersionKind, openAPI Object) (Rules, error) {
	d := &definition{}
	typeConverter := managedfields.NewDeducedTypeConverter()
	if openAPI != nil {
		if err := d.read(openAPI); err != nil {
			return Rules{}, fmt.Errorf("reading the schema of %s: %w", kind.Kind, err)
		}
		converter, err := managedfields.NewTypeConverter(map[string]*spec.Schema{kind.Kind: d.openAPI(kind)}, false)
		if err != nil {
			return Rules{}, fmt.Errorf("reading the schema of %s: %w", kind.Kind, err)
		}
		typeConverter = converter
	}
	fields, err := managedfields.NewDefaultCRDFieldManager(
		typeConverter, asItIs{}, asItIs{}, asItIs{}, kind, kind.GroupVersion(), "", nil)
	return Rules{kind, fields, d.admit}, err
}

func (d *definition) read(openAPI Object) error {
	text, err := json.Marshal(openAPI)
	if err != nil {
		return err
	}
	var outer apiextensionsv1.JSONSchemaProps
	if err := json.Unmarshal(text, &outer); err != nil {
		return err
	}
	var inner apiextensions.JSONSchemaProps
	err = apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&outer, &inner, nil)
	if err != nil {
		return err
	}
	if d.schema, err = structural.NewStructural(&inner); err != nil {
		return err
	}
	d.rules = structuralcel.NewValidator(d.schema, true, cel.PerCallLimit)
	d.validator, _, err = schemavalidation.NewSchemaValidator(&inner)
	return err
}

// openAPI is the schema in the form that says how lists merge. What stands in every object the schema does not say.
func (d *definition) openAPI(kind schema.GroupVersionKind) *spec.Schema {
	whole := d.schema.ToKubeOpenAPI()
	text := spec.Schema{SchemaProps: spec.SchemaProps{Type: spec.StringOrArray{"string"}}}
	anything := spec.Schema{SchemaProps: spec.SchemaProps{Type: spec.StringOrArray{"object"}}}
	anything.AddExtension("x-kubernetes-preserve-unknown-fields", true)
	if whole.Properties == nil {
		whole.Properties = map[string]spec.Schema{}
	}
	whole.Properties["apiVersion"], whole.Properties["kind"], whole.Properties["metadata"] = text, text, anything
	whole.AddExtension("x-kubernetes-group-version-kind", []any{
		map[string]any{"group": kind.Group, "version": kind.Version, "kind": kind.Kind},
	})
	return whole
}

func (d *definition) admit(object, before Object) (Object, field.ErrorList) {
	errs, err := ValidateMeta(object)
	if err != nil {
		return nil, field.ErrorList{field.Invalid(field.NewPath("metadata"), nil, err.Error())}
	}
	if d.schema == nil {
		return object, errs
	}
	now, err := withIntegers(object)
	if err != nil {
		return nil, field.ErrorList{field.InternalError(nil, err)}
	}
	defaulting.Default(now, d.schema)
	errs = append(errs, schemavalidation.ValidateCustomResource(nil, now, d.validator)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, d.schema, now)...)
	if len(errs) == 0 {
		var old any
		if before != nil {
			if old, err = withIntegers(before); err != nil {
				return nil, field.ErrorList{field.InternalError(nil, err)}
			}
		}
		errs, _ = d.rules.Validate(context.Background(), nil, d.schema, now, old, cel.RuntimeCELCostBudget)
	}
	admitted, err := plain(now)
	if err != nil {
		errs = append(errs, field.InternalError(nil, err))
	}
	return admitted, errs
}

// withIntegers copies an object as the API server reads JSON: whole numbers are integers, which schemas and their rules
// tell from others.
func withIntegers(object Object) (Object, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var copied Object
	err = utiljson.Unmarshal(text, &copied)
	return copied, err
}
