// checker looks at a log with nothing but golang.org/x/mod/sumdb/note and tlog: the note of its checkpoint, inclusion of its entries, and that it grew out of
// what it was. It shares no code with what it checks.
//
//	checker log VKEY URL [OLD...]     reads the tiles at URL: every entry is included, and the tree begins with that of each older checkpoint
//	checker proof VKEY ENTRY PROOF    a .tlog-proof file proves this entry
//	checker growth VKEY OLD REQUEST   an add-checkpoint request proves that its checkpoint grew out of the older one
//
// All arguments but URL are files. Exit code 0 and a line of counts, or 1 and what is wrong.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("usage: checker log|proof|growth VKEY ...")
	}
	vkey, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	key, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return err
	}
	switch {
	case args[0] == "log":
		return checkLog(key, args[2], args[3:])
	case args[0] == "proof" && len(args) == 4:
		return checkProof(key, args[2], args[3])
	case args[0] == "growth" && len(args) == 4:
		return checkGrowth(key, args[2], args[3])
	}
	return errors.New("usage: checker log|proof|growth VKEY ...")
}

// openCheckpoint verifies the note and reads origin, size and root out of it.
func openCheckpoint(key note.Verifier, msg []byte) (tlog.Tree, error) {
	opened, err := note.Open(msg, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != key.Name() {
		return tlog.Tree{}, errors.New("checkpoint: no lines of a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func readCheckpoint(key note.Verifier, file string) (tlog.Tree, error) {
	msg, err := os.ReadFile(file)
	if err != nil {
		return tlog.Tree{}, err
	}
	return openCheckpoint(key, msg)
}

func checkLog(key note.Verifier, url string, olders []string) error {
	log := &served{url: strings.TrimSuffix(url, "/"), files: map[string][]byte{}}
	msg, err := log.get("checkpoint")
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(key, msg)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, log)
	for first := int64(0); first < tree.N; first += width {
		entries, err := log.entries(first, min(width, tree.N-first))
		if err != nil {
			return err
		}
		for place, entry := range entries {
			index := first + int64(place)
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
		}
	}
	for _, file := range olders {
		old, err := readCheckpoint(key, file)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		if err != nil {
			return fmt.Errorf("growth from %d: %w", old.N, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return fmt.Errorf("growth from %d: %w", old.N, err)
		}
	}
	fmt.Printf("%d entries included, %d older checkpoints consistent\n", tree.N, len(olders))
	return nil
}

func checkProof(key note.Verifier, entryFile, proofFile string) error {
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		return err
	}
	head, checkpoint, err := split(proofFile)
	if err != nil {
		return err
	}
	if len(head) < 2 || head[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("no .tlog-proof file")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(head[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	proof, err := parseHashes(head[2:])
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(key, checkpoint)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	fmt.Printf("entry %d of %d included\n", index, tree.N)
	return nil
}

func checkGrowth(key note.Verifier, oldFile, requestFile string) error {
	old, err := readCheckpoint(key, oldFile)
	if err != nil {
		return err
	}
	head, checkpoint, err := split(requestFile)
	if err != nil {
		return err
	}
	if head[0] != fmt.Sprintf("old %d", old.N) {
		return errors.New("the request begins with another size")
	}
	proof, err := parseHashes(head[1:])
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(key, checkpoint)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return err
	}
	fmt.Printf("%d grew out of %d\n", tree.N, old.N)
	return nil
}

// split takes the lines before the first blank line from the checkpoint behind it.
func split(file string) ([]string, []byte, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	head, checkpoint, found := bytes.Cut(content, []byte("\n\n"))
	if !found {
		return nil, nil, errors.New("no blank line")
	}
	return strings.Split(string(head), "\n"), checkpoint, nil
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return nil, fmt.Errorf("no hash: %q", line)
		}
		hashes = append(hashes, tlog.Hash(raw))
	}
	return hashes, nil
}

// served reads the files of a log over HTTP, each once; it is a tlog.TileReader.
type served struct {
	url   string
	files map[string][]byte
}

func (s *served) Height() int { return 8 }

func (s *served) SaveTiles([]tlog.Tile, [][]byte) {}

func (s *served) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var contents [][]byte
	for _, tile := range tiles {
		content, err := s.tile(tile)
		if err != nil {
			return nil, err
		}
		contents = append(contents, content)
	}
	return contents, nil
}

// tile knows that c2sp.org/tlog-tiles leaves the height out of the path and calls the data of the leaves entries.
func (s *served) tile(tile tlog.Tile) ([]byte, error) {
	path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
	return s.get(strings.Replace(path, "tile/data/", "tile/entries/", 1))
}

func (s *served) entries(first, count int64) ([][]byte, error) {
	bundle, err := s.tile(tlog.Tile{H: 8, L: -1, N: first / width, W: int(count)})
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(bundle) >= 2 {
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		if end > len(bundle) {
			return nil, fmt.Errorf("the bundle of entry %d ends within an entry", first)
		}
		entries = append(entries, bundle[2:end])
		bundle = bundle[end:]
	}
	if len(bundle) > 0 || int64(len(entries)) != count {
		return nil, fmt.Errorf("the bundle of entry %d has another number of entries", first)
	}
	return entries, nil
}

func (s *served) get(path string) ([]byte, error) {
	if content, ok := s.files[path]; ok {
		return content, nil
	}
	response, err := http.Get(s.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	s.files[path] = content
	return content, nil
}
