// Asks through claviger.go what each line of JSON says, and writes what came of it as a line of JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"driver/claviger"
)

func ask(client *claviger.Client, method string, arguments []string, patience time.Duration) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	switch {
	case method == "visible":
		return client.Visible(ctx, arguments[0])
	case len(arguments) == 1:
		return client.Verify(ctx, arguments[0])
	default:
		return client.VerifyAccount(ctx, arguments[0], arguments[1])
	}
}

func main() {
	milliseconds, _ := strconv.Atoi(os.Args[1])
	client := claviger.New("")
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked struct {
			Method    string
			Arguments []string
		}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		granted, err := ask(client, asked.Method, asked.Arguments, time.Duration(milliseconds)*time.Millisecond)
		outcome := map[string]any{"granted": granted}
		if err != nil {
			var refused *claviger.Refused
			if !errors.As(err, &refused) {
				panic(err)
			}
			kind := "Refused"
			for name, one := range map[string]error{
				"Unauthorized":        claviger.Unauthorized,
				"StorageModeRequired": claviger.StorageModeRequired,
				"NotFound":            claviger.NotFound,
				"Busy":                claviger.Busy,
				"Unreachable":         claviger.Unreachable,
			} {
				if errors.Is(err, one) {
					kind = name
				}
			}
			outcome = map[string]any{
				"kind": kind, "code": refused.Code, "status": refused.Status, "message": refused.Message, "retry_after_ms": nil,
			}
			if refused.RetryAfter > 0 {
				outcome["retry_after_ms"] = refused.RetryAfter.Milliseconds()
			}
		}
		said, err := json.Marshal(outcome)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(said))
	}
}
