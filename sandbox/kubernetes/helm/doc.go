// Package helm finds Helm charts, fetches them and renders them as "helm template" does, with the Helm SDK.
//
// A chart comes from directories of charts alone, so that a run depends on nothing but its files; [Fetch] fills one
// from a chart repository or an OCI registry. Where a chart cannot be had, a stand-in of our own takes its place.
// Nothing of the person's own Helm configuration is read.
package helm
