// Package receiving verifies Standard Webhooks by Go's standard library alone.
package receiving

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const tolerance = 5 * time.Minute

// IsGenuine says whether a webhook is genuine. Secrets are `whsec_…`, several while you rotate. The body is the bytes as
// they came, never parsed and written again.
func IsGenuine(secrets []string, header http.Header, body []byte, now time.Time) bool {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" {
		return false
	}
	// An old request that somebody recorded is refused.
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return false
	}
	// The header holds one signature for each secret that is valid now: one that matches is enough.
	for _, signature := range strings.Fields(header.Get("webhook-signature")) {
		encoded, isV1 := strings.CutPrefix(signature, "v1,")
		given, err := base64.StdEncoding.DecodeString(encoded)
		if !isV1 || err != nil {
			continue
		}
		for _, secret := range secrets {
			key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
			// Without a key everybody could sign: a secret that is not set must not let anything in.
			if err != nil || len(key) == 0 {
				continue
			}
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(id + "." + timestamp + "."))
			mac.Write(body)
			// Equal takes the same time wherever the two differ.
			if hmac.Equal(given, mac.Sum(nil)) {
				return true
			}
		}
	}
	return false
}
