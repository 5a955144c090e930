package x
import (
_ "github.com/prometheus/prometheus/promql/promqltest"
_ "github.com/prometheus/prometheus/model/rulefmt"
_ "github.com/stretchr/testify/require"
_ "gopkg.in/yaml.v3"
_ "github.com/vmstio/infrastructure/infra/signals"
)
