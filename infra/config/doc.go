// Package config reads the settings of one environment.
//
// A person writes them into Pulumi.<stack>.yaml as two objects, vmst:settings
// and vmst:secrets. [Decode] turns those into [Settings] and [Secrets], fills in
// defaults, and checks everything that can be known before a cloud is asked.
// It reports all that is wrong at once, so that no resource is registered from
// a file that would fail half-way.
//
// The field tags are the single statement of what a field admits: `required`,
// `enum`, `minimum` and `maximum` are enforced here and published to editors in
// stack.schema.json, which is generated from the same types.
//
// Nothing here imports Pulumi.
package config

//go:generate go run ../../tests/config/schema/gen ../..
