package receiving

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// IsGenuineByKey verifies Standard Webhooks that are signed by ed25519 (`v1a`). Public keys are `whpk_…`.
func IsGenuineByKey(publicKeys []string, header http.Header, body []byte, now time.Time) bool {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" {
		return false
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return false
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	for _, signature := range strings.Fields(header.Get("webhook-signature")) {
		encoded, isV1a := strings.CutPrefix(signature, "v1a,")
		given, err := base64.StdEncoding.DecodeString(encoded)
		if !isV1a || err != nil {
			continue
		}
		for _, publicKey := range publicKeys {
			key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(publicKey, "whpk_"))
			if err == nil && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, signed, given) {
				return true
			}
		}
	}
	return false
}
