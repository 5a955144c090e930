package settings

// Budget is what the environment may cost. The rules about plans hold it (policy/rules); the program itself does not.
type Budget struct {
	// Monthly is the most that a month may cost, in USD and without taxes, when every node pool runs its most nodes;
	// what use adds, such as traffic beyond what a plan includes, is not in it. From 90 % on there is a warning. 0 sets
	// no limit.
	Monthly int `json:"monthly" jsonschema:"minimum=0,maximum=1000000" default:"0" example:"1600"`
}

// Policy is what a person decides about the rules that every plan has to pass (policy/rules).
type Policy struct {
	// Digests asks that every image that the program names has a digest beside its tag. A tag can be moved to another
	// image by whoever publishes it, a digest cannot.
	Digests bool `json:"digests" default:"false"`
	// Release lets one resource go that holds data. Without it, no plan passes that replaces or deletes such a one.
	Release *Release `json:"release"`
}

// Release names one resource and the object in the cloud that it is now. What takes its place has another ID, so that
// the release is used up by the run that it is for.
type Release struct {
	// Resource is the name that Pulumi shows for it.
	Resource string `json:"resource" jsonschema:"required" example:"database-cluster"`
	// ID is the object's ID in the cloud, as `pulumi stack --show-ids` shows it.
	ID string `json:"id" jsonschema:"required" example:"9cc10173-e9ea-4176-9dbc-a4cee4c4ff30"`
}

// Opens reports whether a release is for a resource of that name that is this object in the cloud.
func (r *Release) Opens(resource, id string) bool {
	return r != nil && r.Resource == resource && r.ID == id
}

// warnOfPolicy says what the rules let pass.
func (s *Settings) warnOfPolicy(w warn) {
	if r := s.Policy.Release; r != nil {
		w("policy.release", "lets "+quote(r.Resource)+" ("+r.ID+") be replaced or deleted, with the data that it holds",
			"remove it once that is done")
	}
}
