#!/bin/sh
# Draws docs/demo.svg, the picture in README.md, from what `./dev demo` prints.
set -eu
cd "$(dirname "$0")/.."

{
    printf '$ ./dev demo\n'
    ./dev demo
} | awk -v column=7.3 -v row=17 -v margin=16 -v quote='"' '
    function escaped(text) {
        gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
        return text
    }
    # attributes: name, value, name, value ... between blanks
    function tag(name, attributes,    part, n, i, text) {
        n = split(attributes, part, " ")
        text = "<" name
        for (i = 1; i < n; i += 2) text = text " " part[i] "=" quote part[i + 1] quote
        return text ">"
    }
    { line[NR] = $0; if (length($0) > longest) longest = length($0) }
    END {
        width = longest * column + 2 * margin
        height = NR * row + 2 * margin - 4
        print tag("svg", "xmlns http://www.w3.org/2000/svg width " width " height " height)
        print "<title>What ./dev demo prints</title>"
        print tag("rect", "width 100% height 100% rx 6 fill #1d2329") "</rect>"
        print tag("g", "font-family monospace font-size 12 fill #d7dde3 xml:space preserve")
        for (i = 1; i <= NR; i++) {
            if (line[i] == "") continue
            place = "x " margin " y " i * row + 10 " textLength " length(line[i]) * column
            if (i == 1) place = place " fill #8fd18b"
            if (i == NR) place = place " fill #ffffff"
            print tag("text", place) escaped(line[i]) "</text>"
        }
        print "</g>\n</svg>"
    }' >docs/demo.svg
