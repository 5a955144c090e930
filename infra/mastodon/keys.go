package mastodon

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
)

// Keys are what an instance is made with once and can never lose: with other ones sessions end, subscriptions to
// notifications break, and encrypted columns of the database stay closed for ever. All are secret, but for
// VAPIDPublicKey.
type Keys struct {
	// SecretKeyBase is SECRET_KEY_BASE.
	SecretKeyBase pulumi.StringInput
	// VAPIDPrivateKey and VAPIDPublicKey are the Web Push pair (VAPID_PRIVATE_KEY, VAPID_PUBLIC_KEY), URL-safe base64.
	VAPIDPrivateKey, VAPIDPublicKey pulumi.StringInput
	// The keys of Active Record encryption (ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY, _DETERMINISTIC_KEY,
	// _KEY_DERIVATION_SALT).
	ActiveRecordPrimaryKey, ActiveRecordDeterministicKey, ActiveRecordKeyDerivationSalt pulumi.StringInput
}

// keys makes new keys as Mastodon's own commands would, if there are none: 64 bytes in hexadecimal (rails secret), a
// P-256 pair (mastodon:webpush:generate_vapid_key), and three times 32 letters and digits (db:encryption:init). Every
// input that would replace them is ignored once they are made, so that no change of the program can rotate them.
func (m *Mastodon) keys(ctx *pulumi.Context, name string, args *Args) (*Keys, error) {
	if args.Existing != nil {
		return args.Existing, nil
	}
	options := func(ignored ...string) pulumi.ResourceOption {
		return pulumi.Composite(pulumi.Parent(m), component.Keep(args.Protect), pulumi.IgnoreChanges(ignored))
	}
	base, err := random.NewRandomBytes(ctx, name+"-secret-key-base", &random.RandomBytesArgs{
		Length: pulumi.Int(64),
	}, options("length", "keepers"))
	if err != nil {
		return nil, fmt.Errorf("creating SECRET_KEY_BASE: %w", err)
	}
	private, err := tls.NewPrivateKey(ctx, name+"-vapid", &tls.PrivateKeyArgs{
		Algorithm: pulumi.String("ECDSA"), EcdsaCurve: pulumi.String("P256"),
	}, options("algorithm", "ecdsaCurve", "rsaBits"))
	if err != nil {
		return nil, fmt.Errorf("creating the VAPID key: %w", err)
	}
	pair := private.PrivateKeyPem.ApplyT(func(key string) (map[string]string, error) {
		private, public, err := vapidPair(key)
		if err != nil {
			return nil, fmt.Errorf("deriving the VAPID pair: %w", err)
		}
		return map[string]string{"private": private, "public": public}, nil
	}).(pulumi.StringMapOutput)
	keys := &Keys{
		SecretKeyBase:   base.Hex,
		VAPIDPrivateKey: pair.MapIndex(pulumi.String("private")),
		VAPIDPublicKey:  pair.MapIndex(pulumi.String("public")),
	}
	for _, key := range []struct {
		suffix string
		to     *pulumi.StringInput
	}{
		{"active-record-primary-key", &keys.ActiveRecordPrimaryKey},
		{"active-record-deterministic-key", &keys.ActiveRecordDeterministicKey},
		{"active-record-key-derivation-salt", &keys.ActiveRecordKeyDerivationSalt},
	} {
		text, err := random.NewRandomPassword(ctx, name+"-"+key.suffix, &random.RandomPasswordArgs{
			Length: pulumi.Int(32), Special: pulumi.Bool(false),
		}, pulumi.Parent(m), component.KeepPassword(args.Protect))
		if err != nil {
			return nil, fmt.Errorf("creating %s: %w", key.suffix, err)
		}
		*key.to = text.Result
	}
	return keys, nil
}

// vapidPair derives Mastodon's Web Push pair from a P-256 private key in PEM (SEC 1 or PKCS #8): the private number as
// 32 bytes and the public point as 65 uncompressed ones, in URL-safe base64 with padding, as the gem web-push encodes
// them (lib/web_push/vapid_key.rb).
func vapidPair(privateKeyPEM string) (private, public string, err error) {
	block, _ := pem.Decode([]byte(privateKeyPEM))
	if block == nil {
		return "", "", errors.New("the private key is not PEM")
	}
	// Errors of the parsers are left out: they might quote the key.
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		parsed, perr := x509.ParsePKCS8PrivateKey(block.Bytes)
		ec, ok := parsed.(*ecdsa.PrivateKey)
		if perr != nil || !ok {
			return "", "", errors.New("the private key is not one of an elliptic curve")
		}
		key = ec
	}
	if key.Curve != elliptic.P256() {
		return "", "", fmt.Errorf("the private key is on the curve %s, not P-256", key.Curve.Params().Name)
	}
	exchange, err := key.ECDH()
	if err != nil {
		return "", "", errors.New("the private key is not valid")
	}
	encode := base64.URLEncoding.EncodeToString
	return encode(exchange.Bytes()), encode(exchange.PublicKey().Bytes()), nil
}
