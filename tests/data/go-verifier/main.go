// Verifies an unpacked export with golang.org/x/mod/sumdb alone: note and tlog.
//
//	verifier FOLDER [CHECKPOINT]
//
// CHECKPOINT is an earlier head of the newest epoch, which the log must extend.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(h)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		found[i] = h[index]
	}
	return found, nil
}

func demand(err error, what string) {
	if err != nil {
		fmt.Println("refused:", what+":", err)
		os.Exit(1)
	}
}

func head(path string, keys note.Verifiers) tlog.Tree {
	message, err := os.ReadFile(path)
	demand(err, "checkpoint")
	opened, err := note.Open(message, keys)
	demand(err, "note")
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	demand(err, "size")
	root, err := tlog.ParseHash(lines[2])
	demand(err, "root")
	return tlog.Tree{N: size, Hash: root}
}

func path(level string, number int64, width int64) string {
	name := fmt.Sprintf("%03d", number%1000)
	for number >= 1000 {
		number /= 1000
		name = fmt.Sprintf("x%03d/%s", number%1000, name)
	}
	if width < 256 {
		name += fmt.Sprintf(".p/%d", width)
	}
	return filepath.Join("tile", level, name)
}

func wholeLog(folder string, tree tlog.Tree) hashes {
	var stored hashes
	var count int64
	for number := int64(0); number*256 < tree.N; number++ {
		width := tree.N - number*256
		if width > 256 {
			width = 256
		}
		bundle, err := os.ReadFile(filepath.Join(folder, path("entries", number, width)))
		demand(err, "entries")
		for len(bundle) > 0 {
			length := int(bundle[0])<<8 | int(bundle[1])
			made, err := tlog.StoredHashes(count, bundle[2:2+length], stored)
			demand(err, "hashes")
			stored = append(stored, made...)
			bundle = bundle[2+length:]
			count++
		}
	}
	root, err := tlog.TreeHash(tree.N, stored)
	demand(err, "tree")
	if root != tree.Hash {
		demand(fmt.Errorf("%v is not %v", root, tree.Hash), "root")
	}
	for index := int64(0); index < tree.N; index += 97 {
		proof, err := tlog.ProveRecord(tree.N, index, stored)
		demand(err, "proof")
		leaf := stored[tlog.StoredHashIndex(0, index)]
		demand(tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf), "record")
	}
	return stored
}

type line struct {
	Index int64
	Leaf  string
	Proof [][]byte
}

func proofs(file string, tree tlog.Tree) int {
	opened, err := os.Open(file)
	demand(err, "entries")
	scanner := bufio.NewScanner(opened)
	scanner.Buffer(nil, 1<<20)
	count := 0
	for scanner.Scan() {
		var one line
		demand(json.Unmarshal(scanner.Bytes(), &one), "line")
		var proof tlog.RecordProof
		for _, raw := range one.Proof {
			hash, err := tlog.ParseHash(base64.StdEncoding.EncodeToString(raw))
			demand(err, "hash")
			proof = append(proof, hash)
		}
		leaf := tlog.RecordHash([]byte(one.Leaf))
		what := fmt.Sprintf("record %d", one.Index)
		demand(tlog.CheckRecord(proof, tree.N, tree.Hash, one.Index, leaf), what)
		count++
	}
	return count
}

func main() {
	folder := os.Args[1]
	vkeys, err := os.ReadFile(filepath.Join(folder, "vkeys"))
	demand(err, "vkeys")
	var known []note.Verifier
	for _, vkey := range strings.Fields(string(vkeys)) {
		verifier, err := note.NewVerifier(vkey)
		demand(err, "vkey")
		known = append(known, verifier)
	}
	keys := note.VerifierList(known...)
	checkpoints, _ := filepath.Glob(filepath.Join(folder, "*", "checkpoint"))
	for _, name := range checkpoints {
		tree := head(name, keys)
		epoch := filepath.Dir(name)
		lines := filepath.Join(epoch, "entries.jsonl")
		if _, err := os.Stat(lines); err == nil {
			fmt.Println("ok", filepath.Base(epoch), proofs(lines, tree))
			continue
		}
		stored := wholeLog(epoch, tree)
		if len(os.Args) > 2 {
			old := head(os.Args[2], keys)
			if old.N > tree.N {
				demand(fmt.Errorf("%d entries, not %d", tree.N, old.N), "cut off")
			}
			proof, err := tlog.ProveTree(tree.N, old.N, stored)
			demand(err, "consistency")
			demand(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash), "extends")
		}
		fmt.Println("ok", filepath.Base(epoch), tree.N)
	}
}
