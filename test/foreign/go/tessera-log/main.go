// tessera-log runs a log of Tessera in a folder whose checkpoints need cosignatures. Each line on standard input holds entries with tabs between them; once a
// published checkpoint covers them all, it is written to standard output as a line of base64. Ends with standard input; what witnesses answer is told on
// standard error, by Tessera itself.
//
//	tessera-log FOLDER SKEY POLICY      SKEY and POLICY are files: a signer key of sumdb/note, a policy of c2sp.org/tlog-policy with URLs
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: tessera-log FOLDER SKEY POLICY"))
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func run(ctx context.Context, folder, skeyFile, policyFile string) error {
	skey, err := os.ReadFile(skeyFile)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(skey)))
	if err != nil {
		return err
	}
	policy, err := os.ReadFile(policyFile)
	if err != nil {
		return err
	}
	witnesses, err := tessera.NewWitnessGroupFromPolicy(policy)
	if err != nil {
		return err
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(256, 10*time.Millisecond).
		WithCheckpointInterval(200*time.Millisecond).
		WithCheckpointRepublishInterval(0).
		WithWitnesses(witnesses, &tessera.WitnessOptions{Timeout: 5 * time.Second, FailOpen: false})
	appender, _, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return err
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 20*time.Millisecond)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var added []tessera.IndexFuture
		for _, entry := range strings.Split(lines.Text(), "\t") {
			added = append(added, appender.Add(ctx, tessera.NewEntry([]byte(entry))))
		}
		var checkpoint []byte
		for _, future := range added {
			if _, checkpoint, err = awaiter.Await(ctx, future); err != nil {
				return err
			}
		}
		fmt.Println(base64.StdEncoding.EncodeToString(checkpoint))
	}
	return lines.Err()
}
