package pictures

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"oss.terrastruct.com/d2/d2graph"
	"oss.terrastruct.com/d2/d2layouts/d2elklayout"
	"oss.terrastruct.com/d2/d2lib"
	"oss.terrastruct.com/d2/d2renderers/d2fonts"
	"oss.terrastruct.com/d2/d2renderers/d2svg"
	"oss.terrastruct.com/d2/d2target"
	"oss.terrastruct.com/d2/lib/log"
	"oss.terrastruct.com/d2/lib/textmeasure"
)

// Picture is one of them, before it is drawn.
type Picture struct {
	// Name is the file's, without .svg.
	Name string
	// Title and Description are what somebody hears who does not see it.
	Title, Description string
	// Boxes are what is in it, from the top.
	Boxes []*Box
	// Lines are drawn between boxes. A picture without any is a stack of boxes, one below the other.
	Lines []Line
}

// Box is a thing, or a place with things in it.
type Box struct {
	// Title is in bold; Lines are below it.
	Title string
	Lines []string
	// Look is how it is drawn.
	Look Look
	// Boxes are what is in it, in so many columns; 0 is one. Free leaves it to the layout engine where they go.
	Boxes   []*Box
	Columns int
	Free    bool

	width int
	path  string
	// titles is the title in lines that fit.
	titles []string
}

// Line goes from a box to another one.
type Line struct {
	From, To *Box
	Label    string
	Dashed   bool
	// Hidden lines only put one box below the other.
	Hidden bool
}

// Look is how a box is drawn: the names of colours in the palette, and its form.
type Look struct {
	Fill, Stroke string
	Dash         bool
	Radius       int
	Shape        string
}

// The looks there are.
var (
	// Places, from the outermost to the innermost.
	region  = Look{Fill: "B6", Stroke: "B3", Radius: 10}
	network = Look{Fill: "B5", Stroke: "B3", Radius: 10, Dash: true}
	cluster = Look{Fill: "B4", Stroke: "B3", Radius: 10}
	pool    = Look{Fill: "B5", Stroke: "B3", Radius: 8}
	// Things.
	thing = Look{Fill: "N7", Stroke: "N4", Radius: 6}
	work  = Look{Fill: "N7", Stroke: "B2", Radius: 6}
	data  = Look{Fill: "AA5", Stroke: "AA2", Radius: 6}
	edge  = Look{Fill: "AB5", Stroke: "AB4", Radius: 6}
	guest = Look{Fill: "N6", Stroke: "N4", Radius: 16}
	// What the tool does not know.
	plain = Look{Fill: "N7", Stroke: "N3", Radius: 6, Dash: true}
)

// Sizes in pixels. The pictures are 600 wide, so that a phone shows a detail with 9 pixels at least.
const (
	wide       = 600
	gap        = 12
	titleSize  = 17
	detailSize = 15
	titleLine  = 21
	detailLine = 19
	margin     = 10
	labelWide  = 180 // of a line: what is wider would push boxes apart
)

func override(colours string) *d2target.ThemeOverrides {
	c := strings.Fields(colours)
	return &d2target.ThemeOverrides{
		N1: &c[0], N2: &c[1], N3: &c[2], N4: &c[3], N5: &c[4], N6: &c[5], N7: &c[6],
		B1: &c[7], B2: &c[8], B3: &c[9], B4: &c[10], B5: &c[11], B6: &c[12],
		AA2: &c[13], AA4: &c[14], AA5: &c[15], AB4: &c[16], AB5: &c[17],
	}
}

// The palette in the light and in the dark: text, details, lines, borders, and two neutral fills with the background
// last; blue for places, green for data, amber for what the internet reaches.
var (
	light = override("#1B1F2A #4B5563 #6B7280 #9CA3AF #D1D5DB #F3F4F6 #FFFFFF " +
		"#4F46E5 #6366F1 #C7CCF2 #E4E7FB #EFF1FD #F8F9FE #0F766E #CCEBE6 #E8F7F4 #C2730A #FFF5E2")
	dark = override("#F1F3F8 #B8C0CE #94A0B3 #5B677A #374151 #1E2430 #11151D " +
		"#A5A8FF #8385F7 #434B78 #262D4A #1D2339 #171C2C #2DD4BF #134E48 #0F2F2C #E8A33A #33270F")
)

type painter struct {
	ruler *textmeasure.Ruler
	boxes map[string]*Box
	text  strings.Builder
}

// SVG draws a picture.
func (p Picture) SVG(ctx context.Context) ([]byte, error) {
	ruler, err := textmeasure.NewRuler()
	if err != nil {
		return nil, err
	}
	d := &painter{ruler: ruler, boxes: map[string]*Box{}}
	fmt.Fprintf(&d.text, "direction: down\n")
	if len(p.Lines) == 0 {
		fmt.Fprintf(&d.text, "grid-columns: 1\ngrid-gap: %d\n", gap)
	}
	for i, box := range p.Boxes {
		if len(p.Lines) == 0 {
			box.spread(wide - 2*margin)
		}
		d.box(box, fmt.Sprintf("b%d", i))
	}
	for _, line := range p.Lines {
		fmt.Fprintf(&d.text, "%s -> %s: %s { style.stroke-width: 2; style.font-size: %d", line.From.path, line.To.path,
			quote(strings.Join(d.fit(line.Label, labelWide, detailSize, d2fonts.FONT_STYLE_REGULAR), "\n")), detailSize)
		if line.Dashed {
			fmt.Fprint(&d.text, "; style.stroke-dash: 4")
		}
		if line.Hidden {
			fmt.Fprint(&d.text, "; style.opacity: 0")
		}
		fmt.Fprint(&d.text, " }\n")
	}
	return d.render(ctx, p)
}

// spread gives a box a width, and what is in it what is left of it.
func (b *Box) spread(width int) {
	b.width = width
	columns := max(1, b.Columns)
	for _, child := range b.Boxes {
		child.spread((width - (columns+1)*gap) / columns)
	}
}

// box writes a box in d2's language.
func (d *painter) box(b *Box, path string) {
	b.path = path
	d.boxes[path] = b
	name := path[strings.LastIndex(path, ".")+1:]
	b.titles = []string{b.Title}
	if b.width > 0 {
		d.wrap(b)
	}
	text := strings.Join(slices.Concat(b.titles, b.Lines), "\n")
	fmt.Fprintf(&d.text, "%s: %s {\n  style.font-size: %d\n", name, quote(text), titleSize)
	if b.Look.Shape != "" {
		fmt.Fprintf(&d.text, "  shape: %s\n", b.Look.Shape)
	}
	if len(b.Boxes) == 0 {
		fmt.Fprint(&d.text, "  label.near: center-center\n")
		if b.width > 0 {
			height := len(b.titles)*titleLine + len(b.Lines)*detailLine + 2*margin
			fmt.Fprintf(&d.text, "  width: %d\n  height: %d\n", b.width, height)
		}
		fmt.Fprint(&d.text, "}\n")
		return
	}
	if b.Free {
		// Lines come in at the middle.
		fmt.Fprint(&d.text, "  label.near: top-left\n")
	} else {
		columns := max(1, b.Columns)
		rows := (len(b.Boxes) + columns - 1) / columns
		fmt.Fprintf(&d.text, "  grid-rows: %d\n  grid-columns: %d\n  grid-gap: %d\n", rows, columns, gap)
	}
	for i, child := range b.Boxes {
		d.box(child, fmt.Sprintf("%s.b%d", path, i))
	}
	fmt.Fprint(&d.text, "}\n")
}

// wrap breaks what is too long for a box.
func (d *painter) wrap(b *Box) {
	width := b.width - 2*margin + 4
	b.titles = d.fit(b.Title, width, titleSize, d2fonts.FONT_STYLE_BOLD)
	var lines []string
	for _, line := range b.Lines {
		lines = append(lines, d.fit(line, width, detailSize, d2fonts.FONT_STYLE_REGULAR)...)
	}
	b.Lines = lines
}

// fit breaks a text into lines of a width.
func (d *painter) fit(text string, width, size int, style d2fonts.FontStyle) []string {
	var lines []string
	fits := func(line string) bool { return d.measure(line, size, style) <= width }
	for _, word := range strings.Split(text, " ") {
		last := len(lines) - 1
		if last >= 0 && fits(lines[last]+" "+word) {
			lines[last] += " " + word
			continue
		}
		for !fits(word) && len(word) > 1 {
			var head string
			head, word = split(word, fits)
			lines = append(lines, head)
		}
		lines = append(lines, word)
	}
	return lines
}

// split breaks a word that does not fit: a host before a dot, a name after a hyphen, anything else where it must.
func split(word string, fits func(string) bool) (head, tail string) {
	letters, at := []rune(word), 1
	for at < len(letters) && fits(string(letters[:at+1])) {
		at++
	}
	head = string(letters[:at])
	if last := max(strings.LastIndexByte(head, '.'), strings.LastIndexByte(head, '-')+1); last > 0 {
		head = head[:last]
	}
	return head, word[len(head):]
}

func (d *painter) measure(text string, size int, style d2fonts.FontStyle) int {
	width, _ := d.ruler.Measure(d2fonts.SourceSansPro.Font(size, style), text)
	return width
}

// quote writes a text as d2 reads it: it knows fewer escapes than Go.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "$", `\$`).Replace(text) + `"`
}

// render lays the picture out and paints it.
func (d *painter) render(ctx context.Context, p Picture) ([]byte, error) {
	ctx = log.With(ctx, slog.New(slog.NewTextHandler(io.Discard, nil)))
	pad := int64(margin)
	options := &d2svg.RenderOpts{
		Pad: &pad, ThemeID: new(int64), DarkThemeID: new(int64(200)), ThemeOverrides: light, DarkThemeOverrides: dark,
		NoXMLTag: new(true),
	}
	diagram, _, err := d2lib.Compile(ctx, d.text.String(), &d2lib.CompileOptions{
		Ruler: d.ruler,
		LayoutResolver: func(string) (d2graph.LayoutGraph, error) {
			return func(ctx context.Context, g *d2graph.Graph) error {
				return d2elklayout.Layout(ctx, g, &d2elklayout.ConfigurableOpts{
					Algorithm: "layered", NodeSpacing: 44, Padding: "[top=14,left=14,bottom=14,right=14]",
					EdgeNodeSpacing: 18, SelfLoopSpacing: 20,
				})
			}, nil
		},
	}, options)
	if err != nil {
		return nil, fmt.Errorf("drawing %s: %w\n%s", p.Name, err, d.text.String())
	}
	for i := range diagram.Shapes {
		shape := &diagram.Shapes[i]
		look := d.boxes[shape.ID].Look
		shape.Fill, shape.Stroke, shape.StrokeWidth, shape.BorderRadius = look.Fill, look.Stroke, 1, look.Radius
		if look.Dash {
			shape.StrokeDash = 4
		}
	}
	diagram.Root.BorderRadius = 10
	for i := range diagram.Connections {
		diagram.Connections[i].Stroke, diagram.Connections[i].BorderRadius = "N3", 8
	}
	svg, err := d2svg.Render(diagram, options)
	if err != nil {
		return nil, fmt.Errorf("painting %s: %w", p.Name, err)
	}
	return finish(string(svg), d.texts(diagram), p)
}

// texts are what stands in the boxes: a first line that stands out, and details. d2 has one size for all lines.
func (d *painter) texts(diagram *d2target.Diagram) string {
	var all strings.Builder
	for _, shape := range diagram.Shapes {
		box := d.boxes[shape.ID]
		x, y, anchor := shape.Pos.X+shape.Width/2, shape.Pos.Y+titleLine, "middle"
		switch {
		case box.Free:
			x, anchor = d.corner(shape, box, diagram.Connections)
		case len(box.Boxes) == 0:
			y = shape.Pos.Y + (shape.Height-(len(box.titles)-1)*titleLine-len(box.Lines)*detailLine)/2 + titleSize/3
		}
		for i, line := range slices.Concat(box.titles, box.Lines) {
			class, size := "text-bold fill-N1", titleSize
			switch {
			case i >= len(box.titles):
				class, size = "text fill-N2", detailSize
				y += detailLine
			case i > 0:
				y += titleLine
			}
			fmt.Fprintf(&all, `<text x="%d" y="%d" class="%s" style="text-anchor:%s;font-size:%dpx">%s</text>`,
				x, y, class, anchor, size, html.EscapeString(line))
		}
	}
	return all.String()
}

// corner is where the title of a place stands: at the left, unless a line comes in there and none at the right.
func (d *painter) corner(shape d2target.Shape, box *Box, lines []d2target.Connection) (x int, anchor string) {
	width := d.measure(box.Title, titleSize, d2fonts.FONT_STYLE_BOLD)
	for _, line := range box.Lines {
		width = max(width, d.measure(line, detailSize, d2fonts.FONT_STYLE_REGULAR))
	}
	left, right := shape.Pos.X+gap, shape.Pos.X+shape.Width-gap
	crossed := func(from, to int) bool {
		for _, line := range lines {
			for i := 1; i < len(line.Route); i++ {
				a, b := line.Route[i-1], line.Route[i]
				if max(a.X, b.X) >= float64(from-margin) && min(a.X, b.X) <= float64(to+margin) &&
					max(a.Y, b.Y) >= float64(shape.Pos.Y) && min(a.Y, b.Y) <= float64(shape.Pos.Y+2*titleLine) {
					return true
				}
			}
		}
		return false
	}
	if crossed(left, left+width) && !crossed(right-width, right) {
		return right, "end"
	}
	return left, "start"
}

var (
	label = regexp.MustCompile(`<text [^>]* class="text[^"]* fill-N1"[^>]*>.*?</text>`)
	root  = regexp.MustCompile(`^<svg [^>]*viewBox="0 0 (\d+) (\d+)">`)
)

// mask is where d2 begins what hides lines below their labels: after everything that is seen.
const mask = "<mask id="

// finish gives a picture what d2 has no words for: the texts, a size, and words for whoever does not see it.
func finish(svg, texts string, p Picture) ([]byte, error) {
	if !label.MatchString(svg) || !root.MatchString(svg) || strings.Count(svg, mask) != 1 {
		return nil, fmt.Errorf("%s: d2 writes another kind of SVG than it did", p.Name)
	}
	svg = strings.Replace(label.ReplaceAllString(svg, ""), mask, texts+mask, 1)
	svg = root.ReplaceAllStringFunc(svg, func(tag string) string {
		size := root.FindStringSubmatch(tag)
		return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" `+
			`width="%s" height="%s" viewBox="0 0 %s %s"><title id="title">%s</title><desc id="description">%s</desc>`,
			size[1], size[2], size[1], size[2], html.EscapeString(p.Title), html.EscapeString(p.Description))
	})
	return []byte(svg + "\n"), nil
}
