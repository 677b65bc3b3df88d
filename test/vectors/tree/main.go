// Writes ../tree.json: what golang.org/x/mod/sumdb/tlog makes of the same trees.
//
//	go run . > ../tree.json
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	seed      = 6962
	exhausted = 300
	largest   = 70000
)

type rootVector struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
}

// All proofs of one size: SHA-256 over their hashes, by ascending index or old size.
type allProofs struct {
	Size        int64  `json:"size"`
	Inclusion   string `json:"inclusion"`
	Consistency string `json:"consistency"`
}

type inclusionVector struct {
	Index int64    `json:"index"`
	Size  int64    `json:"size"`
	Proof []string `json:"proof"`
}

type consistencyVector struct {
	OldSize int64    `json:"oldSize"`
	NewSize int64    `json:"newSize"`
	Proof   []string `json:"proof"`
}

type tileVector struct {
	Path   string `json:"path"`
	Sha256 string `json:"sha256"`
}

type growthVector struct {
	OldSize int64        `json:"oldSize"`
	NewSize int64        `json:"newSize"`
	Tiles   []tileVector `json:"tiles"`
}

type pathVector struct {
	Level int    `json:"level"`
	Index int64  `json:"index"`
	Width int    `json:"width"`
	Path  string `json:"path"`
}

type vectors struct {
	Source      string              `json:"source"`
	Entries     string              `json:"entries"`
	Roots       []rootVector        `json:"roots"`
	AllProofs   []allProofs         `json:"allProofs"`
	Inclusion   []inclusionVector   `json:"inclusion"`
	Consistency []consistencyVector `json:"consistency"`
	Growths     []growthVector      `json:"growths"`
	Paths       []pathVector        `json:"paths"`
}

var stored []tlog.Hash

var reader = tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = stored[index]
	}
	return hashes, nil
})

func entry(index int64) []byte {
	digest := sha256.Sum256([]byte(fmt.Sprintf("%d/%d", seed, index)))
	return digest[:index%33]
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func base64Of(hashes []tlog.Hash) []string {
	texts := make([]string, len(hashes))
	for i, hash := range hashes {
		texts[i] = hash.String()
	}
	return texts
}

func rootOf(size int64) rootVector {
	if size == 0 {
		return rootVector{0, tlog.Hash(sha256.Sum256(nil)).String()}
	}
	return rootVector{size, must(tlog.TreeHash(size, reader)).String()}
}

func allProofsOf(size int64) allProofs {
	inclusion, consistency := sha256.New(), sha256.New()
	for index := int64(0); index < size; index++ {
		for _, hash := range must(tlog.ProveRecord(size, index, reader)) {
			inclusion.Write(hash[:])
		}
		for _, hash := range must(tlog.ProveTree(size, index+1, reader)) {
			consistency.Write(hash[:])
		}
	}
	return allProofs{size, hex.EncodeToString(inclusion.Sum(nil)), hex.EncodeToString(consistency.Sum(nil))}
}

// The tlog package names the height of a tile in its path, the C2SP format does not.
func c2spPath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

func growthOf(oldSize, newSize int64) growthVector {
	growth := growthVector{OldSize: oldSize, NewSize: newSize, Tiles: []tileVector{}}
	for _, tile := range tlog.NewTiles(8, oldSize, newSize) {
		digest := sha256.Sum256(must(tlog.ReadTileData(tile, reader)))
		growth.Tiles = append(growth.Tiles, tileVector{c2spPath(tile), hex.EncodeToString(digest[:])})
	}
	return growth
}

func main() {
	random := rand.New(rand.NewSource(seed))
	for index := int64(0); index < largest; index++ {
		stored = append(stored, must(tlog.StoredHashes(index, entry(index), reader))...)
	}
	out := vectors{
		Source:  "golang.org/x/mod/sumdb/tlog v0.42.0",
		Entries: "entry i: the first (i mod 33) bytes of SHA-256 of the ASCII text '6962/i'",
	}
	for size := int64(0); size <= exhausted; size++ {
		out.Roots = append(out.Roots, rootOf(size))
		if size > 0 {
			out.AllProofs = append(out.AllProofs, allProofsOf(size))
		}
	}
	for _, size := range []int64{511, 512, 513, 1000, 4095, 4096, 4097, 10000, 65535, 65536, 65537, largest} {
		out.Roots = append(out.Roots, rootOf(size))
	}
	for range 60 {
		size := 1 + random.Int63n(largest)
		index := random.Int63n(size)
		inclusion := must(tlog.ProveRecord(size, index, reader))
		out.Inclusion = append(out.Inclusion, inclusionVector{index, size, base64Of(inclusion)})
		consistency := must(tlog.ProveTree(size, index+1, reader))
		out.Consistency = append(out.Consistency, consistencyVector{index + 1, size, base64Of(consistency)})
	}
	for _, sizes := range [][2]int64{
		{0, 0}, {0, 1}, {1, 2}, {2, 2}, {0, 255}, {0, 256}, {255, 256}, {256, 257}, {255, 257}, {256, 512}, {0, 300},
		{300, 1000}, {65535, 65536}, {65535, 65537}, {65300, 65536}, {65536, largest}, {0, largest},
	} {
		out.Growths = append(out.Growths, growthOf(sizes[0], sizes[1]))
	}
	for _, bits := range []int{0, 1, 4, 8, 10, 12, 20, 24, 32, 40, 44} {
		for range 3 {
			tile := tlog.Tile{H: 8, L: random.Intn(7), N: random.Int63n(1 << bits), W: 1 + random.Intn(256)}
			out.Paths = append(out.Paths, pathVector{tile.L, tile.N, tile.W, c2spPath(tile)})
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		log.Fatal(err)
	}
}
