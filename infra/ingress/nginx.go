package ingress

import (
	"strconv"
	"strings"
)

// nginxConfig is the controller's ConfigMap; all its values are strings. Names,
// defaults and meaning: ingress-nginx,
// docs/user-guide/nginx-configuration/configmap.md at controller-v1.15.1.
type nginxConfig struct {
	UseProxyProtocol      string `json:"use-proxy-protocol"`
	ProxyRealIPCIDR       string `json:"proxy-real-ip-cidr,omitempty"`
	UseForwardedHeaders   string `json:"use-forwarded-headers"`
	ProxyBodySize         string `json:"proxy-body-size"`
	ProxyReadTimeout      string `json:"proxy-read-timeout"`
	ProxySendTimeout      string `json:"proxy-send-timeout"`
	SSLProtocols          string `json:"ssl-protocols"`
	SSLCiphers            string `json:"ssl-ciphers"`
	SSLRejectHandshake    string `json:"ssl-reject-handshake"`
	HSTS                  string `json:"hsts"`
	HSTSMaxAge            string `json:"hsts-max-age"`
	HSTSIncludeSubdomains string `json:"hsts-include-subdomains"`
	UseGzip               string `json:"use-gzip"`
	GzipLevel             string `json:"gzip-level"`
	GzipTypes             string `json:"gzip-types"`
	EnableBrotli          string `json:"enable-brotli"`
	BrotliTypes           string `json:"brotli-types"`
	ServerTokens          string `json:"server-tokens"`
	HideHeaders           string `json:"hide-headers"`
	AnnotationsRiskLevel  string `json:"annotations-risk-level"`
}

// ciphers of TLS 1.2: forward secrecy and authenticated encryption only, without
// the slow finite-field ones. TLS 1.3 has its own.
func ciphers() []string {
	return []string{
		"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
		"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
		"ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
	}
}

// compressed are the types of response worth compressing besides text/html, which
// always is: what browsers load, and what other instances fetch.
func compressed() []string {
	return []string{
		"application/activity+json", "application/ld+json", "application/jrd+json", "application/json",
		"application/atom+xml", "application/rss+xml", "application/xml", "application/xrd+xml", "text/xml",
		"application/javascript", "application/manifest+json", "text/javascript", "text/css", "text/plain",
		"image/svg+xml", "image/x-icon",
	}
}

func (a *Args) nginxConfig() nginxConfig {
	const on, off = "true", "false"
	c := nginxConfig{
		UseProxyProtocol: strconv.FormatBool(a.LoadBalancer.ProxyProtocol),
		// There is no proxy in front that could be believed: whoever sends
		// X-Forwarded-For is the client.
		UseForwardedHeaders: off,
		ProxyBodySize:       a.MaxBodySize,
		// Seconds without a byte. A stream of the streaming server is silent for as long
		// as nothing happens.
		ProxyReadTimeout: "3600",
		ProxySendTimeout: "3600",
		SSLProtocols:     "TLSv1.2 TLSv1.3",
		SSLCiphers:       strings.Join(ciphers(), ":"),
		// Whoever asks for a host that is not served gets no certificate, and so no
		// connection; over plain HTTP, the controller's own 404.
		SSLRejectHandshake: on,
		HSTS:               strconv.FormatBool(a.HSTSMaxAge > 0),
		HSTSMaxAge:         strconv.Itoa(a.HSTSMaxAge),
		// Names below the domain may be served from elsewhere, and are not this
		// program's to make promises for.
		HSTSIncludeSubdomains: off,
		UseGzip:               on,
		GzipLevel:             "5",
		GzipTypes:             strings.Join(compressed(), " "),
		EnableBrotli:          on,
		BrotliTypes:           strings.Join(compressed(), " "),
		ServerTokens:          off,
		HideHeaders:           "X-Powered-By,X-Runtime",
		// Nothing here needs an annotation that can write into nginx's configuration.
		AnnotationsRiskLevel: "Medium",
	}
	if a.LoadBalancer.ProxyProtocol {
		c.ProxyRealIPCIDR = a.TrustedRange
	}
	return c
}
