package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// image is a container image that a stack file or a default names by a tag.
type image struct {
	// reference is the image with its tag; empty when the chart has the rest of the name.
	reference string
	// place is the setting that names it, when reference is empty.
	place string
	// mastodon says that Mastodon's releases tell what is newer.
	mastodon bool
}

// images sees that the tags that the stacks name are there, and looks for newer ones.
func (s sources) images(ctx context.Context, r *report, stacks []stack) {
	for pin, stacks := range pinned(stacks, imagesOf) {
		if pin.reference == "" {
			r.skip("image of "+pin.place+" "+stacks.String(), "the chart has the rest of its name; write the whole one")
			continue
		}
		s.image(ctx, r, pin, stacks)
	}
}

func (s sources) image(ctx context.Context, r *report, pin image, stacks names) {
	what := "image " + pin.reference + " " + stacks.String()
	tag, err := name.NewTag(pin.reference)
	if err != nil {
		r.skip(what, err.Error())
		return
	}
	host := tag.RegistryStr()
	// Without the manifest itself: that is what Docker Hub limits (docs.docker.com/docker-hub/usage/pulls).
	err = s.registry(ctx, func(options ...remote.Option) error {
		_, err := remote.Head(tag, options...)
		return err
	})
	if absent(err) {
		r.wrong("%s: %s does not have it; name a tag that is there", what, host)
		return
	}
	if err != nil {
		r.skip(what, host+" "+s.reason(err))
		return
	}
	if _, ok := parse(tag.TagStr()); !ok || pin.mastodon {
		return
	}
	tags, err := s.tags(ctx, tag.Context())
	if err != nil {
		r.skip("newer tags of "+what, host+" "+s.reason(err))
		return
	}
	if newest := newestLike(tag.TagStr(), tags); newest != "" {
		r.note("%s: %s is there", what, newest)
	}
}

// newestLike is the tag of the newest version that is newer than that of a tag, and written like it: with the same end,
// such as -alpine, which is another build and no earlier version. It is empty if there is none.
func newestLike(tag string, tags []string) string {
	newest, ok := parse(tag)
	if !ok {
		return ""
	}
	end, prefixed, found := newest.Prerelease(), strings.HasPrefix(tag, "v"), ""
	for _, other := range tags {
		v, ok := parse(other)
		if ok && v.Prerelease() == end && strings.HasPrefix(other, "v") == prefixed && v.GreaterThan(newest) {
			newest, found = v, other
		}
	}
	return found
}

// imagesOf are the images that a stack names, but those that the charts bring along, which come with the charts.
func imagesOf(s stack) []image {
	m := s.Mastodon
	all := []image{
		{reference: m.Image.Tagged(), mastodon: true},
		{reference: m.StreamingImage + ":" + m.Image.Tag, mastodon: true},
		{reference: m.Rclone.Tagged()},
	}
	if i := s.Ingress.Image; i != nil && i.Tag != "" {
		all = append(all, named("ingress.image", i.Tag, i.Registry, i.Image))
	}
	all = append(all, imagesIn("mastodon.values", map[string]any(m.Values))...)
	all = append(all, imagesIn("ingress.values", map[string]any(s.Ingress.Values))...)
	all = append(all, imagesIn("ingress.certManager.values", map[string]any(s.Ingress.CertManager.Values))...)
	if s.Backup.Enabled {
		all = append(all, image{reference: s.Backup.Rclone.Tagged()})
	}
	if s.Observability.On() {
		all = append(all, image{reference: s.Observability.BlackboxExporter.Tagged()})
		all = append(all, imagesIn("observability.values", map[string]any(s.Observability.Values))...)
	}
	return all
}

// named is an image of these parts of a name, of which none may be missing.
func named(place, tag string, parts ...string) image {
	if slices.Contains(parts, "") {
		return image{place: place}
	}
	return image{reference: strings.Join(parts, "/") + ":" + tag}
}

// imagesIn finds the images in values of a chart, in the forms that charts have for them: a whole reference, repository
// and tag, with a registry before it or without, and registry, image and tag.
func imagesIn(place string, value any) []image {
	var found []image
	switch value := value.(type) {
	case []any:
		for i, element := range value {
			found = append(found, imagesIn(fmt.Sprintf("%s[%d]", place, i), element)...)
		}
	case map[string]any:
		if own, ok := imageAt(place, value); ok {
			found = append(found, own)
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			found = append(found, imagesIn(place+"."+key, value[key])...)
		}
	}
	return found
}

// imageAt is the image that a mapping describes, if it describes one.
func imageAt(place string, mapping map[string]any) (image, bool) {
	text := func(key string) string {
		switch value := mapping[key].(type) {
		case nil, map[string]any, []any:
			return ""
		default: // 1.36 is a number until it is a tag
			return fmt.Sprint(value)
		}
	}
	tag, registry, repository, whole := text("tag"), text("registry"), text("repository"), text("image")
	switch {
	case tag == "":
		// A container's image. A colon before its last slash is that of a port.
		_, end, tagged := strings.Cut(whole[strings.LastIndex(whole, "/")+1:], ":")
		return image{reference: whole}, tagged && end != "" && !strings.Contains(whole, "@")
	case repository != "" && registry != "":
		return named(place, tag, registry, repository), true
	case repository != "":
		return named(place, tag, repository), true
	case whole != "" || strings.HasSuffix(strings.ToLower(place), "image"):
		return named(place, tag, registry, whole), true
	default:
		return image{}, false
	}
}
