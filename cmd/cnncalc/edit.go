package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/page"
	"cnncalc/internal/pagecall"
	"cnncalc/internal/pagerun"
	"cnncalc/internal/pageserver"
	"cnncalc/internal/plain"
	"cnncalc/internal/spec"
)

const editLong = `edit opens a page in the browser to design a network in: its file is in an editor, and beside it are
the graph, the tables and the memory, which change as you type.

The page comes from a server on this machine that nobody else can reach. It reads and writes one file: SPEC, or for a
built-in network or an ONNX model a new one in the current folder. The server ends when the page is closed, or on
Ctrl-C. Nothing is sent anywhere else.

edit prints the address of the page. It has a token, without which the server answers nothing: keep it to yourself.`

type editFlags struct {
	noBrowser bool
}

func newEdit(a *app) *cobra.Command {
	var f editFlags
	cmd := &cobra.Command{
		Use:     "edit [SPEC]",
		Long:    editLong,
		Example: "  cnncalc edit mynet.yaml\n  cnncalc edit torchvision/resnet50",
		Args:    atMostOneSpec,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.edit(cmd.Context(), args, &f) },
	}
	cmd.Flags().BoolVar(&f.noBrowser, "no-browser", false, "only print the address of the page")
	return cmd
}

func (a *app) edit(ctx context.Context, args []string, f *editFlags) error {
	document, err := a.document(a.specOf(args))
	if err != nil {
		return err
	}
	answers := pagecall.Answers()
	maps.Copy(answers, pagerun.Answers())
	server, err := pageserver.New(pageserver.Options{
		Assets: page.Assets(), Calls: &pagecall.Calls{Answers: answers, Log: a.err}, Document: document,
		Grace: pageserver.DefaultGrace, ReloadGrace: pageserver.DefaultReloadGrace,
	})
	if err != nil {
		return outputError(err)
	}
	if document.Note != "" {
		a.note("%s; saving it makes %s", document.Note, plain.CutPath(document.Path))
	}
	if err := a.write("", func(w io.Writer) error {
		_, err := fmt.Fprintln(w, server.Address())
		return err
	}); err != nil {
		return err
	}
	if !f.noBrowser {
		if err := openBrowser(server.Address()); err != nil {
			a.note("no browser could be opened (%v): open the address yourself", err)
		}
	}
	return outputError(server.Serve(ctx))
}

// emptyNetwork is the text of a file that does not exist yet.
const emptyNetwork = `name: new
input: 32x32x3
layers: |
  INPUT
  -> [CONV3-16 -> RELU]*2 -> POOL2
  -> FC-10
`

// document returns what a SPEC is to the page: its file, or the text for a new one.
func (a *app) document(name string) (*pageserver.Document, error) {
	switch info, err := os.Stat(name); {
	case isModelFile(name):
		l, err := a.loadSound([]string{name}, &specFlags{})
		if err != nil {
			return nil, err
		}
		return newDocument(name, spec.PrintBlocks(l.network.Graph), name+" is an ONNX model"), nil
	case err == nil && !info.IsDir():
		return a.fileDocument(name)
	case errors.Is(err, fs.ErrNotExist) && isNewFile(name):
		return &pageserver.Document{Path: name, Initial: emptyNetwork, Note: name + " does not exist yet"}, nil
	}
	data, isBuiltIn, err := a.readSpec(name)
	switch {
	case err != nil:
		return nil, err
	case isBuiltIn:
		return newDocument(name, string(data), name+" is a built-in network"), nil
	case name == "-":
		return newDocument("network", string(data), "the network is from standard input"), nil
	case isArrowText(name):
		return newDocument("network", string(data), "the network is from the command line"), nil
	}
	return newDocument(name, string(data), name+" is a file of a git revision"), nil
}

// fileDocument returns the document of a file, which must be text: any other is not one that the page can show.
func (a *app) fileDocument(name string) (*pageserver.Document, error) {
	if err := checkModelName(name); err != nil {
		return nil, err
	}
	data, _, err := a.readSpec(name)
	if err != nil {
		return nil, err
	}
	document := &pageserver.Document{Path: name}
	if err := document.CheckText(data); err != nil {
		return nil, problemError("%w", err)
	}
	return document, nil
}

// isNewFile reports whether a SPEC that does not exist is meant to: it ends as files do, and is not a built-in network.
func isNewFile(name string) bool {
	if ending := path.Ext(name); ending != ".yaml" && ending != ".yml" {
		return false
	}
	_, err := builtIn(name)
	return err != nil
}

// newDocument returns the document of a text that is not a file: a new one in the current folder, named after the SPEC.
func newDocument(name, text, note string) *pageserver.Document {
	base := path.Base(filepath.ToSlash(name))
	base = strings.TrimSuffix(base, path.Ext(base))
	file := base + ".yaml"
	for i := 2; exists(file); i++ {
		file = fmt.Sprintf("%s-%d.yaml", base, i)
	}
	return &pageserver.Document{Path: file, Initial: text, Note: note}
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// openBrowser opens an address in the user's browser, and does not wait for it.
func openBrowser(address string) error {
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open"}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	browser := exec.Command(command[0], append(command[1:], address)...)
	if err := browser.Start(); err != nil {
		return err
	}
	go browser.Wait()
	return nil
}
