// Package helm finds Helm charts and renders them as "helm template" does, with the Helm SDK.
//
// A chart comes from a directory of local charts or from its repository. Nothing is cached on disk and nothing of the
// person's own Helm configuration is read, so that a run depends on the program and on what can be reached alone.
package helm
