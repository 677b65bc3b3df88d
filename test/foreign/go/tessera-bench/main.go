// tessera-bench measures a log of Tessera on its POSIX driver, which keeps every file with fsync, in a new folder: leaves of 33 bytes in batches of 256, then one leaf
// after the other. Writes one JSON object: leaves per second, and the times of the lone leaves in milliseconds.
//
//	tessera-bench FOLDER LEAVES LONE
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

const (
	batchSize  = 256
	batchAge   = 10 * time.Millisecond
	entryBytes = 33
)

type result struct {
	LeavesPerSecond float64   `json:"leavesPerSecond"`
	LoneMs          []float64 `json:"loneMs"`
}

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: tessera-bench FOLDER LEAVES LONE"))
	}
	measured, err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(measured); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func run(ctx context.Context, folder, leavesText, loneText string) (*result, error) {
	leaves, err := strconv.Atoi(leavesText)
	if err != nil {
		return nil, err
	}
	lone, err := strconv.Atoi(loneText)
	if err != nil {
		return nil, err
	}
	add, stop, err := open(ctx, folder)
	if err != nil {
		return nil, err
	}
	defer stop(ctx)
	entries := make([]*tessera.Entry, leaves+lone)
	for i := range entries {
		data := make([]byte, entryBytes)
		if _, err := rand.Read(data); err != nil {
			return nil, err
		}
		entries[i] = tessera.NewEntry(data)
	}
	begun := time.Now()
	if err := addAll(ctx, add, entries[:leaves]); err != nil {
		return nil, err
	}
	measured := &result{LeavesPerSecond: float64(leaves) / time.Since(begun).Seconds()}
	for _, entry := range entries[leaves:] {
		begun := time.Now()
		if err := addAll(ctx, add, []*tessera.Entry{entry}); err != nil {
			return nil, err
		}
		measured.LoneMs = append(measured.LoneMs, float64(time.Since(begun).Microseconds())/1000)
	}
	return measured, nil
}

func open(ctx context.Context, folder string) (tessera.AddFn, func(context.Context) error, error) {
	skey, _, err := note.GenerateKey(rand.Reader, "bench.example/log")
	if err != nil {
		return nil, nil, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, nil, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return nil, nil, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(batchSize, batchAge).
		WithCheckpointInterval(time.Second)
	appender, stop, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, nil, err
	}
	return appender.Add, stop, nil
}

// A future is ready once its entry is durable.
func addAll(ctx context.Context, add tessera.AddFn, entries []*tessera.Entry) error {
	added := make([]tessera.IndexFuture, len(entries))
	for i, entry := range entries {
		added[i] = add(ctx, entry)
	}
	for _, future := range added {
		if _, err := future(); err != nil {
			return err
		}
	}
	return nil
}
