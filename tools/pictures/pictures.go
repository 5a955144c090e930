package pictures

import "path/filepath"

// All are the pictures of a repository, in the order of their names.
func All(repository string) ([]Picture, error) {
	var all []Picture
	for _, stack := range []string{"prod", "staging"} {
		program, err := Read(filepath.Join(repository, "tests", "stacks", "testdata", stack+".golden.yaml"))
		if err != nil {
			return nil, err
		}
		for _, draw := range []func(Program, string) Picture{Layout, Request, Network, Data} {
			all = append(all, draw(program, stack))
		}
	}
	workflows, err := Workflows(repository)
	if err != nil {
		return nil, err
	}
	return append(all, Delivery(workflows)), nil
}
