package provider_test

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
)

func TestAuthorize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.Create(ship, "host", host)
	w.Configure(inputs{})
	_, err := w.Try(ship, "s", providertest.With(host, inputs{"registry": "NCC-2"}))
	w.Refused(err, "no code for fleet:index/ship:Ship")
	w.Refused(w.Delete(r), "no code")
	_, err = w.Invoke("fleet:index/hail:hail", inputs{"registry": "x"})
	w.Refused(err, "no code")
}

func TestInvoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Create(ship, "host", host)
	result, err := w.Invoke("fleet:index/hail:hail", inputs{"registry": "NCC-1701"})
	if err != nil || result.Get("answered") != true || result.Outputs["channel"].V != "sub-space" {
		t.Errorf("hail = %v, %v", result.Outputs, err)
	}
	_, err = w.Invoke("fleet:index/hail:hail", inputs{"ship": "x"})
	w.Refused(err, "unknown property ship; known are registry")
	w.Refused(err, "missing required property registry")
	_, err = w.Invoke("fleet:index/beam:beam", inputs{})
	w.Refused(err, "fleet:index/beam:beam: unknown function; the simulated provider fleet has fleet:index/hail:hail")
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	checked, err := w.Provider.CheckConfig(ctx, plugin.CheckConfigRequest{News: providertest.Map(inputs{
		"code": "x", "speed": "1.5", "shields": "true", "version": "1.2.3",
	})})
	if err != nil || len(checked.Failures) > 0 {
		t.Errorf("CheckConfig = %v, %v", checked.Failures, err)
	}
	checked, err = w.Provider.CheckConfig(ctx, plugin.CheckConfigRequest{
		News: providertest.Map(inputs{"code": 1, "tokens": "x"}),
	})
	if err != nil || len(checked.Failures) != 2 || strings.Contains(checked.Failures[0].Reason, "1:") {
		t.Errorf("CheckConfig = %v, %v, want two failures that keep the secret", checked.Failures, err)
	}
	diff, err := w.Provider.DiffConfig(ctx, plugin.DiffConfigRequest{
		OldInputs: providertest.Map(inputs{"code": "x"}), NewInputs: providertest.Map(inputs{"code": "y"}),
	})
	if err != nil || providertest.Changes(diff) != "code update" || diff.Replace() {
		t.Errorf("DiffConfig = %v, %v", diff, err)
	}
	info, err := w.Provider.GetPluginInfo(ctx)
	if err != nil || info.Version.String() != "1.2.3" {
		t.Errorf("GetPluginInfo = %v, %v", info, err)
	}
	if _, ok := w.Provider.(plugin.GrpcProvider); !ok {
		t.Error("the engine cannot attach to the provider")
	}
}
