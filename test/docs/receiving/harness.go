// Asks a snippet about each case of standard input: seven fields in base64, parted by tabs; answers a line each.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"example.com/snippets/receiving"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 1<<20), 1<<24)
	for lines.Scan() {
		var fields []string
		for _, field := range strings.Split(lines.Text(), "\t") {
			bytes, err := base64.StdEncoding.DecodeString(field)
			if err != nil {
				panic(err)
			}
			fields = append(fields, string(bytes))
		}
		header := http.Header{}
		for i, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
			if fields[i+1] != "" {
				header.Set(name, fields[i+1])
			}
		}
		now, err := strconv.ParseInt(fields[5], 10, 64)
		if err != nil {
			panic(err)
		}
		ask := receiving.IsGenuine
		if os.Args[1] == "IsGenuineByKey" {
			ask = receiving.IsGenuineByKey
		}
		fmt.Println(ask(strings.Split(fields[0], ","), header, []byte(fields[4]), time.Unix(now, 0)))
	}
}
