// Package page holds the assets of the page of cnncalc edit and of the documents of cnncalc report: scripts and style
// sheets. `make assets` builds them from web/; they are in the repository so that building cnncalc needs Go only.
package page

import (
	"embed"
	"io/fs"
)

//go:embed assets/index.html assets/licenses.txt assets/page.*
var files embed.FS

// The assets of a report.
var (
	//go:embed assets/report.js
	ReportScript string
	//go:embed assets/report.css
	ReportStyle string
)

// Assets returns the files of the page: index.html, and what it names.
func Assets() fs.FS {
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return assets
}
