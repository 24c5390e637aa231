#!/usr/bin/env python3
"""Writes the syntax files for Vim and VS Code from the tables of the language.

    generate.py            writes them beside this file
    generate.py --check    exit code 1 when one is not what it would write

Words come from the scanner (dsl/tpp.l), element types from include/tpp/dtypes.def, mnemonics from include/tpp/ops.def.
"""
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Calls that are no row of ops.def: a conversion of types has no definition of its own.
CALLS = ["convert"]


def rows(path, macro, column):
    text = (ROOT / path).read_text(encoding="utf-8")
    pattern = rf'^{macro}\(' + r"[^,]*," * column + r'\s*"([^"]*)"'
    return re.findall(pattern, re.sub(r"/\*.*?\*/", "", text, flags=re.S), re.M)


def words(pattern):
    return re.findall(pattern, (ROOT / "dsl/tpp.l").read_text(encoding="utf-8"), re.M)


def tables():
    reserved = words(r'^"([a-z]+)"\s+(?:TOKEN\(|\{$)')
    soft = words(r'^"([a-z]+)"\s+NAME\(')
    types = rows("include/tpp/dtypes.def", "DTYPE", 2)
    ops = rows("include/tpp/ops.def", "ELTWISE", 2) + rows("include/tpp/ops.def", "CONTRACT", 2)
    ops += rows("include/tpp/ops.def", "REDUCE", 2) + CALLS
    constants = [w for w in reserved if w == "inf"]
    return {
        "reserved": [w for w in reserved if w not in constants],
        "constants": constants,
        "soft": soft,
        "types": types,
        "ops": list(dict.fromkeys(ops)),
    }


def vim_syntax(t):
    def lines(group, items):
        out, line = [], f"syntax keyword {group}"
        for item in items:
            if len(line) + len(item) > 98:
                out.append(line)
                line = f"syntax keyword {group}"
            line += " " + item
        return out + [line]

    # Mnemonics and modifiers are names elsewhere: they count where a bracket or an operand follows.
    ops, soft = "|".join(t["ops"]), "|".join(t["soft"])
    text = ['" Syntax of .tpp programs and .sched files. Written by generate.py; do not edit.',
            'if exists("b:current_syntax")', "  finish", "endif", ""]
    text += lines("tppKeyword", t["reserved"]) + lines("tppConstant", t["constants"]) + lines("tppType", t["types"])
    text += [
        rf'syntax match tppOp "\v<%({ops})>\ze\s*%(\<\s*\w+\s*\>\s*)?\("',
        rf'syntax match tppModifier "\v%(%([\])]|<%({"|".join(t["types"])})>)\s*)@<=<%({soft})>"',
        rf'syntax match tppKnob "\v%([{{;]\s*)@<=<%({soft})>\ze\s+\w|<prefetch>\ze\s*;"',
        r'syntax match tppNumber "\v<\d+%(\.\d*)?%([eE][+-]?\d+)?>|\.\d+%([eE][+-]?\d+)?>"',
        r'syntax match tppOperator "\v-\>|[-+*/<>=!]\=?|<%(max|min)\="',
        "syntax region tppString start='\"' end='\"' oneline",
        r'syntax match tppComment "//.*$" contains=@Spell',
        r'syntax region tppComment start="/\*" end="\*/" contains=@Spell', ""]
    for group, link in (("Keyword", "Keyword"), ("Constant", "Constant"), ("Type", "Type"), ("Op", "Function"),
                        ("Modifier", "StorageClass"), ("Knob", "Statement"), ("Number", "Number"),
                        ("Operator", "Operator"), ("String", "String"), ("Comment", "Comment")):
        text.append(f"highlight default link tpp{group} {link}")
    return "\n".join(text + ["", 'let b:current_syntax = "tpp"', ""])


def vim_detect(_):
    return "autocmd BufNewFile,BufRead *.tpp,*.sched setfiletype tpp\n"


def vim_plugin(_):
    return """" Settings of .tpp buffers; gq formats with tppc. Written by generate.py; do not edit.
setlocal commentstring=//\\ %s comments=s1:/*,mb:*,ex:*/,:// shiftwidth=2 expandtab textwidth=0
if executable("tppc")
  setlocal formatprg=tppc\\ fmt
endif
"""


def as_json(value):
    return json.dumps(value, indent=2) + "\n"


def grammar(t):
    def group(items):
        return "|".join(items)

    return as_json({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "TPP",
        "scopeName": "source.tpp",
        "fileTypes": ["tpp", "sched"],
        "patterns": [
            {"name": "comment.line.double-slash.tpp", "match": "//.*$"},
            {"name": "comment.block.tpp", "begin": r"/\*", "end": r"\*/"},
            {"name": "string.quoted.double.tpp", "match": r'"[^"\n]*"'},
            {"match": r"\b(kernel|schedule)\s+(\w+)",
             "captures": {"1": {"name": "keyword.control.tpp"}, "2": {"name": "entity.name.function.tpp"}}},
            {"name": "keyword.control.tpp", "match": rf"\b({group(t['reserved'])})\b"},
            {"name": "constant.language.tpp", "match": rf"\b({group(t['constants'])})\b"},
            {"name": "storage.type.tpp", "match": rf"\b({group(t['types'])})\b"},
            {"name": "support.function.tpp", "match": rf"\b({group(t['ops'])})(?=\s*(<\s*\w+\s*>\s*)?\()"},
            {"name": "storage.modifier.tpp", "match": rf"(?<=[\])]|[\])] )({group(t['soft'])})\b"},
            {"name": "keyword.other.tpp", "match": rf"(?<=[{{;]|[{{;] )({group(t['soft'])})\b(?=\s+\w|\s*;)"},
            {"name": "constant.numeric.tpp", "match": r"\b\d+(\.\d*)?([eE][+-]?\d+)?\b|\.\d+([eE][+-]?\d+)?\b"},
            {"name": "keyword.operator.tpp", "match": r"->|\b(max|min)=(?!=)|[-+*/<>=!]=?"},
        ],
    })


def package(_):
    return as_json({
        "name": "tpp",
        "displayName": "TPP",
        "description": "Tensor Processing Primitives: .tpp programs and .sched schedules",
        "version": "0.1.0",
        "publisher": "tppc",
        "license": "BSD-3-Clause",
        "engines": {"vscode": "^1.60.0"},
        "categories": ["Programming Languages"],
        "contributes": {
            "languages": [{"id": "tpp", "aliases": ["TPP"], "extensions": [".tpp", ".sched"],
                           "configuration": "./language-configuration.json"}],
            "grammars": [{"language": "tpp", "scopeName": "source.tpp", "path": "./tpp.tmLanguage.json"}],
        },
    })


def configuration(_):
    pairs = [["{", "}"], ["[", "]"], ["(", ")"]]
    return as_json({
        "comments": {"lineComment": "//", "blockComment": ["/*", "*/"]},
        "brackets": pairs,
        "autoClosingPairs": pairs + [['"', '"']],
        "surroundingPairs": pairs + [['"', '"']],
    })


FILES = {
    "vim/syntax/tpp.vim": vim_syntax,
    "vim/ftdetect/tpp.vim": vim_detect,
    "vim/ftplugin/tpp.vim": vim_plugin,
    "vscode/package.json": package,
    "vscode/language-configuration.json": configuration,
    "vscode/tpp.tmLanguage.json": grammar,
}


def main():
    table = tables()
    lacking = [name for name, items in table.items() if not items]
    if lacking:
        sys.exit("nothing found for " + ", ".join(lacking))
    stale = 0
    for name, write in FILES.items():
        path, text = HERE / name, write(table)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if "--check" in sys.argv[1:]:
            print(f"dsl/editors/{name} is out of date; run: python3 dsl/editors/generate.py")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote dsl/editors/{name}")
    return 1 if stale and "--check" in sys.argv[1:] else 0


sys.exit(main())
