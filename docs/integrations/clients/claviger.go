// Package claviger asks a Claviger daemon whose a secret is and what it opens. One file, Go 1.18 or later, nothing else.
//
//	daemon := claviger.New("")
//	verdict, err := daemon.VerifyAccount(ctx, secret, "everyday") // without an account: daemon.Verify(ctx, secret)
//	if err != nil {
//		return err // always a *claviger.Refused; one that errors.Is claviger.Busy has a RetryAfter
//	}
//
// A Client may be used by many goroutines, and keeps its connections. No verdict is kept.
package claviger

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Refused is every outcome but a grant. Code and Status are those of the protocol.
type Refused struct {
	Code       string
	Status     int
	Message    string
	RetryAfter time.Duration // where waiting helps
}

func (r *Refused) Error() string { return r.Code + ": " + r.Message }

// Is lets errors.Is compare with the values below: by code.
func (r *Refused) Is(other error) bool {
	refused, ok := other.(*Refused)
	return ok && refused.Code == r.Code
}

// What errors.Is can look for.
var (
	Unauthorized        = &Refused{Code: "UNAUTHORIZED", Status: 401}          // the secret is no living key's
	StorageModeRequired = &Refused{Code: "STORAGE_MODE_REQUIRED", Status: 403} // the secret is right, Storage Mode is off
	NotFound            = &Refused{Code: "NOT_FOUND", Status: 404}             // the account is out of scope or absent
	Busy                = &Refused{Code: "BUSY", Status: 503}                  // ask again after RetryAfter
	Unreachable         = &Refused{Code: "UNREACHABLE", Status: 503}           // nobody could be asked, or understood
	InvalidParams       = &Refused{Code: "INVALID_PARAMS", Status: 400}        // such as an empty account
)

// Account is what a key may see.
type Account struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Institution *string   `json:"institution"`
	Mask        *string   `json:"mask"`
	Kind        *string   `json:"kind"`
	ConnectedAt time.Time `json:"connected_at"`
	Version     uint64    `json:"version"`
}

// Verdict is a grant. Without an account, look at Scope yourself: it is "all", or {"accounts": [ids]}.
type Verdict struct {
	Key struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"key"`
	Scope    json.RawMessage `json:"scope"`
	Account  *Account        `json:"account"`
	Revision uint64          `json:"revision"`
}

// Client asks one daemon.
type Client struct{ http *http.Client }

// SocketPath is where the daemon listens by default.
func SocketPath() string {
	run := os.Getenv("CLAVIGER_RUNTIME_DIR")
	if run == "" {
		state := os.Getenv("XDG_STATE_HOME")
		if !filepath.IsAbs(state) {
			state = filepath.Join(os.Getenv("HOME"), ".local", "state")
		}
		run = filepath.Join(state, "claviger", "run")
	}
	return filepath.Join(run, "verify.sock")
}

// New makes a client of the daemon at this socket, by default that of SocketPath. It waits 10 s for an answer; a context may
// make that less.
func New(path string) *Client {
	if path == "" {
		path = SocketPath()
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	// The daemon closes what is idle for 10 s.
	transport := &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 32, IdleConnTimeout: 9 * time.Second}
	return &Client{&http.Client{Transport: transport, Timeout: 10 * time.Second}}
}

// Verify says whose a secret is. Every error is a *Refused.
func (c *Client) Verify(ctx context.Context, secret string) (*Verdict, error) {
	return c.verify(ctx, map[string]string{"secret": secret}, "")
}

// VerifyAccount says whose a secret is, and that it may see this account. An empty one is refused, since a variable that is
// not set must never skip the check.
func (c *Client) VerifyAccount(ctx context.Context, secret, account string) (*Verdict, error) {
	if account == "" {
		return nil, &Refused{Code: "INVALID_PARAMS", Status: 400, Message: "the account is empty: use Verify to check none"}
	}
	return c.verify(ctx, map[string]string{"secret": secret, "account": account}, account)
}

func (c *Client) verify(ctx context.Context, params map[string]string, account string) (*Verdict, error) {
	verdict := new(Verdict)
	if err := c.call(ctx, "keys.verify", params, verdict); err != nil {
		return nil, err
	}
	if verdict.Key.ID == "" || (verdict.Account == nil) != (account == "") || verdict.Account != nil && verdict.Account.ID != account {
		return nil, unreachable("what answered gave no verdict on this question")
	}
	return verdict, nil
}

// Visible lists the accounts that the secret's key may see.
func (c *Client) Visible(ctx context.Context, secret string) ([]Account, error) {
	var result struct{ Accounts []Account }
	if err := c.call(ctx, "accounts.visible", map[string]string{"secret": secret}, &result); err != nil {
		return nil, err
	}
	if result.Accounts == nil {
		return nil, unreachable("what answered gave no accounts")
	}
	return result.Accounts, nil
}

func unreachable(message string) error {
	return &Refused{Code: "UNREACHABLE", Status: 503, Message: message}
}

func (c *Client) call(ctx context.Context, method string, params, result any) error {
	// An id that nobody can guess: an answer to another question is never taken for the one to this.
	random := make([]byte, 12)
	if _, err := rand.Read(random); err != nil {
		return unreachable("no random bytes: " + err.Error())
	}
	id := hex.EncodeToString(random)
	// Text and maps of text can always be written as JSON.
	body, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	request, err := http.NewRequestWithContext(ctx, "POST", "http://localhost/", bytes.NewReader(body))
	if err != nil {
		return unreachable(err.Error())
	}
	request.Header.Set("Content-Type", "application/json")
	// Not sent, but read by net/http: to ask again on a new connection, where a kept one was closed meanwhile, does no harm.
	request.Header["Idempotency-Key"] = nil
	response, err := c.http.Do(request)
	if err == nil {
		defer response.Body.Close()
		body, err = io.ReadAll(response.Body)
	}
	if err != nil {
		return unreachable("nobody could be asked: " + err.Error())
	}
	type facts struct {
		Code         any
		Status       int
		RetryAfterMs time.Duration `json:"retry_after_ms"`
	}
	var answer struct {
		ID     any
		Result json.RawMessage
		Error  *struct {
			facts
			Message string
			Data    *facts
		}
	}
	broken := json.Unmarshal(body, &answer) != nil
	if !broken && answer.Error != nil {
		// Where HTTP itself refuses, the code stands beside the message.
		said := facts{answer.Error.Code, response.StatusCode, 0}
		if answer.Error.Data != nil {
			said = *answer.Error.Data
		}
		if said.Code == "BUSY" && said.RetryAfterMs == 0 {
			said.RetryAfterMs = 1000
		}
		return &Refused{fmt.Sprint(said.Code), said.Status, answer.Error.Message, said.RetryAfterMs * time.Millisecond}
	}
	if broken || response.StatusCode != 200 || answer.ID != id || json.Unmarshal(answer.Result, result) != nil {
		return unreachable("what answered was not understood")
	}
	return nil
}
