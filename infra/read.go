package infra

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/settings"
)

// read reads the stack's configuration, and says what is allowed in it but should be known.
func read(ctx *pulumi.Context) (*settings.Settings, *settings.Secrets, error) {
	value := func(key string) string {
		v, _ := ctx.GetConfig(settings.Namespace + ":" + key)
		return v
	}
	s, secrets, err := settings.Decode(value(settings.SettingsKey), value(settings.SecretsKey))
	if err != nil {
		return nil, nil, err
	}
	if key := settings.Namespace + ":" + settings.SecretsKey; !ctx.IsConfigSecret(key) {
		return nil, nil, fmt.Errorf("%s: no value in it is encrypted: set each again with "+
			"`pulumi config set --secret --path '%s.<name>'`, and renew what has been committed in plain text",
			key, key)
	}
	for _, warning := range append(s.Warnings(), secrets.Warnings(s)...) {
		if err := ctx.Log.Warn(warning.String(), nil); err != nil {
			return nil, nil, fmt.Errorf("warning of %s: %w", warning.Path, err)
		}
	}
	return s, secrets, nil
}

// secret hands a value to Pulumi as one that it encrypts wherever it goes.
func secret(s settings.Secret) pulumi.StringOutput {
	return pulumi.ToSecret(pulumi.String(s.Reveal())).(pulumi.StringOutput)
}

// optional is a secret, or nil where it is not set.
func optional(s settings.Secret) pulumi.StringInput {
	if !s.Set() {
		return nil
	}
	return secret(s)
}

func secretMap(secrets map[string]settings.Secret) map[string]pulumi.StringInput {
	inputs := map[string]pulumi.StringInput{}
	for name, value := range secrets {
		inputs[name] = secret(value)
	}
	return inputs
}

// keysOf are the keys of an instance that already lives; nil where there is none.
func keysOf(keys *settings.MastodonSecrets) *mastodon.Keys {
	if keys == nil {
		return nil
	}
	return &mastodon.Keys{
		SecretKeyBase:                 secret(keys.SecretKeyBase),
		VAPIDPrivateKey:               secret(keys.VAPIDPrivateKey),
		VAPIDPublicKey:                secret(keys.VAPIDPublicKey),
		ActiveRecordPrimaryKey:        secret(keys.ActiveRecordPrimaryKey),
		ActiveRecordDeterministicKey:  secret(keys.ActiveRecordDeterministicKey),
		ActiveRecordKeyDerivationSalt: secret(keys.ActiveRecordKeyDerivationSalt),
	}
}
