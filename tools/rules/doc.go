// Package rules holds nothing but tests: of the rules that infra/signals makes, with Prometheus's own code.
package rules
