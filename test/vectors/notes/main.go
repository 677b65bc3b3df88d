// Writes ../notes.json: notes, good and bad, with what golang.org/x/mod/sumdb/note and github.com/transparency-dev/formats say of them.
// The output is always the same. In this folder: go run . > ../notes.json
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"strings"

	"filippo.io/mldsa"
	cosigned "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

const seed = 6962

type verdict struct {
	Name      string   `json:"name"`
	Note      string   `json:"note"`
	Verifiers []string `json:"verifiers"`
	// Empty when the note was opened.
	Error string `json:"error,omitempty"`
	// Names of the keys whose signatures were verified, each once, in the order of their lines.
	Verified []string `json:"verified,omitempty"`
	Text     string   `json:"text,omitempty"`
}

func seedOf(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:]
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func keyID(name string, typed []byte) []byte {
	sum := sha256.Sum256(append([]byte(name+"\n"), typed...))
	return sum[:4]
}

func vkeyOf(name string, typed []byte) string {
	return fmt.Sprintf("%s+%x+%s", name, keyID(name, typed), base64.StdEncoding.EncodeToString(typed))
}

func lineOf(name string, typed []byte, signature []byte) string {
	return "— " + name + " " + base64.StdEncoding.EncodeToString(append(keyID(name, typed), signature...)) + "\n"
}

// signer is a key of sumdb/note, type 1.
func signer(name string) note.Signer {
	private := ed25519.NewKeyFromSeed(seedOf(name))
	id := keyID(name, append([]byte{1}, private.Public().(ed25519.PublicKey)...))
	skey := fmt.Sprintf("PRIVATE+KEY+%s+%x+%s", name, id, base64.StdEncoding.EncodeToString(append([]byte{1}, seedOf(name)...)))
	return must(note.NewSigner(skey))
}

func vkey(name string, kind byte) string {
	public := ed25519.NewKeyFromSeed(seedOf(name)).Public().(ed25519.PublicKey)
	return vkeyOf(name, append([]byte{kind}, public...))
}

func quantumKey(name string) (*mldsa.PrivateKey, []byte) {
	key := must(mldsa.NewPrivateKey(mldsa.MLDSA44(), seedOf(name)))
	return key, append([]byte{6}, key.PublicKey().Bytes()...)
}

// cosignV1 is the line of an Ed25519 cosignature, type 4.
func cosignV1(name string, time uint64, text string) string {
	private := ed25519.NewKeyFromSeed(seedOf(name))
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	typed := append([]byte{4}, private.Public().(ed25519.PublicKey)...)
	return lineOf(name, typed, append(binary.BigEndian.AppendUint64(nil, time), ed25519.Sign(private, []byte(message))...))
}

// cosignQuantum is the line of an ML-DSA-44 cosignature, type 6, of a checkpoint.
func cosignQuantum(name string, time uint64, origin string, size uint64, root [32]byte) string {
	private, typed := quantumKey(name)
	message := []byte("subtree/v1\n\x00")
	message = append(append(message, byte(len(name))), name...)
	message = binary.BigEndian.AppendUint64(message, time)
	message = append(append(message, byte(len(origin))), origin...)
	message = binary.BigEndian.AppendUint64(message, 0)
	message = binary.BigEndian.AppendUint64(message, size)
	message = append(message, root[:]...)
	signature := must(private.SignDeterministic(message, &mldsa.Options{}))
	return lineOf(name, typed, append(binary.BigEndian.AppendUint64(nil, time), signature...))
}

func verifierOf(vkey string) note.Verifier {
	parts := strings.SplitN(vkey, "+", 3)
	if must(base64.StdEncoding.DecodeString(parts[2]))[0] == 1 {
		return must(note.NewVerifier(vkey))
	}
	return must(cosigned.NewVerifierForCosignatureV1(vkey))
}

func judge(name string, message []byte, vkeys ...string) verdict {
	var verifiers []note.Verifier
	for _, vkey := range vkeys {
		verifiers = append(verifiers, verifierOf(vkey))
	}
	result := verdict{Name: name, Note: base64.StdEncoding.EncodeToString(message), Verifiers: append([]string{}, vkeys...)}
	opened, err := note.Open(message, note.VerifierList(verifiers...))
	var invalid *note.InvalidSignatureError
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &invalid):
		result.Error = "signature"
	case errors.As(err, &unverified):
		result.Error = "unverified"
	case err != nil:
		result.Error = "malformed"
	default:
		result.Text = opened.Text
		for _, signature := range opened.Sigs {
			result.Verified = append(result.Verified, signature.Name)
		}
	}
	return result
}

func main() {
	one, two := "example.com/one", "example.com/zwei–due"
	known := []string{vkey(one, 1), vkey(two, 1)}
	root := sha256.Sum256([]byte("root"))
	origin := "example.com/log"
	checkpoint := origin + "\n20852163\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"
	verdicts := append(plain(one, two, known, checkpoint), cosignatures(origin, checkpoint, root)...)
	verdicts = append(verdicts, mutations(one, two, known, checkpoint)...)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(map[string]any{
		"source":   "golang.org/x/mod v0.42.0 sumdb/note, github.com/transparency-dev/formats v0.1.1 note",
		"verdicts": verdicts,
	}); err != nil {
		panic(err)
	}
}

// plain are notes signed with Ed25519, and ways to spoil them.
func plain(one, two string, known []string, checkpoint string) []verdict {
	sign := func(text string, names ...string) string {
		var signers []note.Signer
		for _, name := range names {
			signers = append(signers, signer(name))
		}
		return string(must(note.Sign(&note.Note{Text: text}, signers...)))
	}
	text := "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
	good := sign(text, one, two)
	lines := strings.SplitAfter(strings.TrimPrefix(good, text+"\n"), "\n")
	alone, first, second := text+"\n"+lines[0], lines[0], lines[1]
	stranger := strings.TrimPrefix(sign(text, "stranger"), text+"\n")
	raw := must(base64.StdEncoding.DecodeString(strings.TrimSpace(strings.TrimPrefix(first, "— "+one+" "))))
	raw[20] ^= 1
	spoiled := "— " + one + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
	short := "— " + one + " " + base64.StdEncoding.EncodeToString(raw[:4]) + "\n"
	stray := strings.Replace(alone, "=\n", "", 1)
	stray = stray[:len(stray)-1] + strayBits(stray[len(stray)-1]) + "=\n"
	cases := []struct{ name, note string }{
		{"signed by two", good},
		{"signed by one", alone},
		{"a checkpoint", sign(checkpoint, one)},
		{"text with blank lines", sign("\na\n\nb\n\n", one, two)},
		{"text of other scripts", sign("è 漢字 𝄞 \u00a0\n", one)},
		{"an empty line as text", sign("\n", one)},
		{"a byte order mark", sign("\ufeffa\n", one)},
		{"a stranger first", text + "\n" + stranger + first},
		{"a stranger last", text + "\n" + first + stranger},
		{"a stranger alone", text + "\n" + stranger},
		{"a stranger twice", text + "\n" + stranger + stranger + first},
		{"the first signature twice", text + "\n" + first + first},
		{"the second signature wrong", text + "\n" + second + spoiled},
		{"a wrong signature before the right one", text + "\n" + spoiled + first},
		{"a wrong signature after the right one", text + "\n" + first + spoiled},
		{"a signature under the name of another", text + "\n" + strings.Replace(first, one, two, 1)},
		{"other text", strings.Replace(good, "answer", "problem", 1)},
		{"no signature", text + "\n"},
		{"no blank line", text + first},
		{"no text", "\n" + first},
		{"nothing", ""},
		{"no last line feed", strings.TrimSuffix(good, "\n")},
		{"bytes at the end", good + "x"},
		{"a blank line at the end", good + "\n"},
		{"CRLF", strings.ReplaceAll(good, "\n", "\r\n")},
		{"CR in the text", strings.Replace(good, "the", "\r", 1)},
		{"tab in the text", strings.Replace(good, " ", "\t", 1)},
		{"NUL in the text", strings.Replace(good, " ", "\x00", 1)},
		{"bytes that are no UTF-8", strings.Replace(good, "the", "\xff", 1)},
		{"a surrogate", strings.Replace(good, "the", "\xed\xa0\x80", 1)},
		{"hyphen for dash", strings.ReplaceAll(good, "—", "-")},
		{"no name", strings.Replace(alone, one+" ", "", 1)},
		{"empty name", strings.Replace(alone, one, "", 1)},
		{"name with plus", strings.Replace(alone, one, "a+b", 1)},
		{"name with a wide space", strings.Replace(alone, one, "a\u3000b", 1)},
		{"name with a zero-width space, which is none", text + "\n" + first + strings.Replace(first, one, "a\u200bb", 1)},
		{"two spaces", strings.Replace(alone, one+" ", one+"  ", 1)},
		{"space at the end", strings.Replace(alone, "=\n", "= \n", 1)},
		{"base64 without padding", strings.Replace(alone, "=\n", "\n", 1)},
		{"base64 with stray bits", stray},
		{"key ID without a signature", text + "\n" + short},
		{"100 signatures", text + "\n" + first + strings.Repeat(stranger, 99)},
		{"101 signatures", text + "\n" + first + strings.Repeat(stranger, 100)},
	}
	var verdicts []verdict
	for _, each := range cases {
		verdicts = append(verdicts, judge(each.name, []byte(each.note), known...))
	}
	return append(verdicts, judge("no known key", []byte(good)), judge("one known key", []byte(good), known[1]))
}

// strayBits is the last character of unpadded base64 with a bit set that decodes to nothing.
func strayBits(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return string(alphabet[strings.IndexByte(alphabet, last)^1])
}

// cosignatures are checkpoints with cosignatures of both types.
func cosignatures(origin, checkpoint string, root [32]byte) []verdict {
	w1, w2, w3 := "witness.example/w1", "witness.example/w2", "witness.example/w3"
	_, typed := quantumKey(w3)
	known := []string{vkey(w1, 4), vkey(w2, 4), vkeyOf(w3, typed)}
	v1 := cosignV1(w1, 1679315147, checkpoint)
	quantum := cosignQuantum(w3, 1679315148, origin, 20852163, root)
	cases := []struct{ name, note string }{
		{"cosignature/v1", checkpoint + "\n" + v1},
		{"cosignature/v1 at the time zero", checkpoint + "\n" + cosignV1(w2, 0, checkpoint)},
		{"two cosignatures", checkpoint + "\n" + v1 + cosignV1(w2, 1679315149, checkpoint)},
		{"cosignature/v1 over an extension line", checkpoint + "x\n\n" + cosignV1(w1, 1679315147, checkpoint+"x\n")},
		{"cosignature/v1 without its extension line", checkpoint + "\n" + cosignV1(w1, 1679315147, checkpoint+"x\n")},
		{"cosignature/v1 of another size", strings.Replace(checkpoint, "20852163", "20852164", 1) + "\n" + v1},
		{"cosignature/v1 under the name of another", checkpoint + "\n" + strings.Replace(v1, w1, w2, 1)},
		{"ML-DSA-44", checkpoint + "\n" + quantum},
		{"ML-DSA-44 at the time zero", checkpoint + "\n" + cosignQuantum(w3, 0, origin, 20852163, root)},
		{"ML-DSA-44 of another size", strings.Replace(checkpoint, "20852163", "20852164", 1) + "\n" + quantum},
		{"ML-DSA-44 of another origin", "x" + checkpoint + "\n" + quantum},
	}
	var verdicts []verdict
	for _, each := range cases {
		verdicts = append(verdicts, judge(each.name, []byte(each.note), known...))
	}
	return verdicts
}

// mutations are a good note with some bytes changed at random.
func mutations(one, two string, known []string, checkpoint string) []verdict {
	random := rand.New(rand.NewSource(seed))
	good := must(note.Sign(&note.Note{Text: checkpoint}, signer(one), signer(two)))
	bytesOfNotes := []byte("\n\n— +=/AZ09 \r\x00\xff")
	var verdicts []verdict
	for i := range 120 {
		changed := bytes.Clone(good)
		for range 1 + random.Intn(2) {
			at := random.Intn(len(changed))
			switch random.Intn(3) {
			case 0:
				changed[at] ^= 1 << random.Intn(8)
			case 1:
				changed = append(changed[:at], changed[at+1:]...)
			case 2:
				inserted := bytesOfNotes[random.Intn(len(bytesOfNotes))]
				changed = append(changed[:at], append([]byte{inserted}, changed[at:]...)...)
			}
		}
		verdicts = append(verdicts, judge(fmt.Sprintf("changed at random, %d", i), changed, known...))
	}
	return verdicts
}
