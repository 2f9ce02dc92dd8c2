// Package draw makes pictures of networks.
//
// A Diagram is what a picture of the graph shows (diagram.go): boxes, frames around the layers of blocks and repeats,
// and edges; a repeat is drawn once (fold.go). It is written for Graphviz (dot.go) and for Mermaid (mermaid.go), which
// lay it out themselves, or drawn (graph_picture.go), for which each frame is laid out in ranks (layout.go, rank.go,
// order.go, straighten.go).
//
// Volumes are the boxes of the notes and of papers (volumes.go, volumes_picture.go), a Field is what one value sees
// (field.go, field_picture.go).
//
// Pictures are drawn on a canvas, which writes SVG or TikZ (canvas.go).
package draw
