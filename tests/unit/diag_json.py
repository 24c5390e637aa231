#!/usr/bin/env python3
"""Reads what the JSON and SARIF renderers write for the messages of test_diag.c with Python's parser.

  diag_json.py path/of/test_diag
"""
import json
import sys
import subprocess


def output(program, option):
    return subprocess.run([program, option], capture_output=True, check=True).stdout.decode("utf-8")


def expect(what, got, want):
    if got != want:
        sys.exit(f"not ok {what}: got {got!r}, want {want!r}")


def check_json(text):
    lines = text.splitlines()
    expect("JSON lines", len(lines), 3)
    first, second, third = (json.loads(line) for line in lines)
    expect("code", [m["code"] for m in (first, second, third)], ["X0002", "X0003", "X0005"])
    expect("severity", [m["severity"] for m in (first, second, third)], ["error", "fatal", "warning"])
    expect("name", third["name"], "slow-path")
    expect("message", first["message"], 'quote " and \\ and \ufffd')
    expect("label", first["label"], "here")
    expect("place", [first[k] for k in ("file", "line", "column", "endLine", "endColumn")],
           ["fc.tpp", 1, 6, 1, 12])
    expect("no place", "file" in second, False)
    notes = first["notes"]
    expect("notes", [n["severity"] for n in notes], ["note", "note", "help", "help", "help"])
    expect("schedule", [notes[0][k] for k in ("file", "line", "column")], ["<--schedule>", 1, 4])
    expect("replacement", [n.get("replacement") for n in notes], [None, None, None, "'", "N"])
    expect("span behind the text", [third["begin"], third["end"]], [13, 15])


def check_location(location, artifact):
    place = location["physicalLocation"]
    expect("uri", place["artifactLocation"]["uri"], artifact)
    return [place["region"][k] for k in ("startLine", "startColumn", "endLine", "endColumn")]


def check_sarif(text):
    log = json.loads(text)
    expect("version", log["version"], "2.1.0")
    (run,) = log["runs"]
    expect("columns", run["columnKind"], "unicodeCodePoints")
    rules = run["tool"]["driver"]["rules"]
    expect("rules", [r["id"] for r in rules], [f"X000{i}" for i in range(1, 7)])
    for result in run["results"]:
        expect("rule", rules[result["ruleIndex"]]["id"], result["ruleId"])
        expect("level", result["level"] in ("note", "warning", "error"), True)
    first, second, third = run["results"]
    expect("message", first["message"]["text"],
           'quote " and \\ and \ufffd\nnote: no place\nhelp: two\nlines')
    # One code point less than the byte column: the line starts with a letter of two bytes.
    expect("region", check_location(first["locations"][0], "fc.tpp"), [1, 5, 1, 11])
    expect("related", check_location(first["relatedLocations"][0], "%3C--schedule%3E"), [1, 4, 1, 6])
    changes = first["fixes"][0]["artifactChanges"]
    expect("fixes", [c["replacements"][0]["insertedContent"]["text"] for c in changes], ["'", "N"])
    expect("no place", "locations" in second, False)
    expect("clamped", check_location(third["locations"][0], "fc.tpp"), [2, 2, 3, 1])


check_json(output(sys.argv[1], "--json"))
check_sarif(output(sys.argv[1], "--sarif"))
print("ok")
