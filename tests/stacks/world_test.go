package stacks_test

import (
	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// deploy is the program in a world that asks DigitalOcean for every zone.
var deploy = infra.DeployIn(mocks.Delegated())
