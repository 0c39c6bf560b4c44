#!/usr/bin/env python3
"""Writes cases.json: templates and what Jinja2, called as the transformers library calls it, makes of them.

    python3 -m venv venv && venv/bin/pip install jinja2==3.1.* && venv/bin/python tests/data/jinja/make.py
"""
import json
import os

import jinja2
import jinja2.ext
import jinja2.sandbox

CONTEXT = {
    "messages": [
        {"role": "system", "content": "You are brief."},
        {"role": "user", "content": " Hello, Wörld! 🦊 "},
        {"role": "assistant", "content": "Hi", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1, "b": [1.5, None, True]}}}]},
        {"role": "tool", "content": [{"type": "text", "text": "x<y"}, {"type": "image"}]},
    ],
    "n": 7, "x": 2.5, "neg": -7, "s": "the quick brown fox", "empty": "", "none_value": None, "yes": True, "no": False,
    "list": [3, 1, 2], "words": ["b", "A", "c", "a"], "nested": {"a": {"b": [10, 20, {"c": "deep"}]}}, "d": {"z": 1, "a": 2, "k": "v"},
    "big": 1e20, "small": 1e-7, "float": 3.0, "quote": "it's", "both": "it's \"x\"", "ctl": "a\tb\nc\\",
}

CASES = r"""
{{ n + 1 }} {{ n - 10 }} {{ n * 2 }} {{ n / 2 }} {{ n // 2 }} {{ n % 4 }} {{ n ** 2 }} {{ neg // 2 }} {{ neg % 4 }} {{ -n }} {{ +n }}
{{ x + 1 }} {{ x * 2 }} {{ big }} {{ small }} {{ float }} {{ 1.0 }} {{ 0.1 + 0.2 }} {{ 1e3 }} {{ 7.0 // 2 }} {{ -7.5 % 2 }} {{ 2 ** -1 }}
{{ 1 == 1.0 }} {{ yes == 1 }} {{ "a" < "b" }} {{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ [1,2] == [1,2] }} {{ (1,2) == [1,2] }} {{ {"a":1} == {"a":1} }} {{ none_value == none }}
{{ "a" ~ 1 ~ none ~ true ~ 1.5 }} {{ "ab" * 3 }} {{ [1] * 2 + [3] }} {{ "a" "b" }}
{{ s[0] }}{{ s[-1] }}{{ s[4:9] }}{{ s[::-1] }}{{ s[:3] }}{{ s[-3:] }}{{ s[::5] }}{{ s[100:] }}|{{ list[1:] }}{{ list[::-1] }}{{ list[-1] }}{{ list[:-1] }}
{{ messages[1].content[1:9] }}|{{ messages[1]['content'] | trim }}|{{ messages[1].content | length }}|{{ messages[-1].content[0].text }}
{{ none }} {{ true }} {{ false }} {{ list }} {{ d }} {{ (1,) }} {{ (1,2) }} {{ [] }} {{ {} }} {{ [none, true, 1.5, "a'b"] }} {{ quote }} {{ [quote, both, ctl] }}
{{ messages[2].tool_calls | tojson }} {{ messages | tojson(indent=2) }}
{{ d | tojson }} {{ d | tojson(sort_keys=true) }} {{ list | tojson(separators=(',', ':')) }} {{ ctl | tojson }} {{ "é🦊" | tojson }} {{ "é🦊" | tojson(ensure_ascii=true) }} {{ [] | tojson(indent=1) }} {{ {} | tojson(indent=1) }}
{{ undefined_name }}|{{ undefined_name is defined }}|{{ undefined_name | default("x") }}|{{ empty | default("y", true) }}|{{ d.missing }}|{{ d.missing is undefined }}|{{ messages[9] is defined }}
{{ "a" if yes else "b" }}{{ "a" if no else "b" }}{{ "a" if no }}{{ 1 if yes and not no or x }}{{ (no or "default") }}{{ (yes and "v") }}{{ not n }}
{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.previtem.role if loop.previtem is defined }}{{ loop.nextitem.role if not loop.last }}{{ loop.cycle('a','b') }} {% endfor %}
{% for m in messages if m.role != "system" %}{{ loop.index }}/{{ loop.length }}:{{ m.role }} {% else %}none{% endfor %}{% for m in [] %}x{% else %}none{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for c in "añ" %}[{{ c }}]{% endfor %}{% for a, b in [[1,2],(3,4)] %}{{ a+b }}{% endfor %}
{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i > 5 %}{% break %}{% endif %}{{ i }}{% endfor %}{{ range(3) | list }}{{ range(5, 0, -2) | list }}
{% set ns = namespace(found=false, n=0) %}{% for i in range(5) %}{% set ns.n = ns.n + i %}{% if i == 3 %}{% set ns.found = true %}{% endif %}{% endfor %}{{ ns.found }}{{ ns.n }}
{% set a = 1 %}{% for i in range(3) %}{% set a = a + 1 %}{{ a }}{% endfor %}{{ a }}{% if true %}{% set a = 9 %}{% endif %}{{ a }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, 2 %}{{ t }}{% set block %}x{{ n }}y{% endset %}[{{ block }}]{% set up | upper %}abc{% endset %}{{ up }}
{% macro m(a, b=2, c=none) %}({{ a }},{{ b }},{{ c }},{{ varargs }},{{ kwargs }}){% endmacro %}{{ m(1) }}{{ m(1, 5) }}{{ m(b=3, a=4) }}{{ m(1,2,3,4) }}{{ m(1, z=2) }}{{ m() }}{{ m.name }}
{% macro outer() %}<{{ caller() }}>{% endmacro %}{% call outer() %}in{{ n }}{% endcall %}{% macro w(x) %}{{ caller(x) }}{% endmacro %}{% call(v) w(3) %}v={{ v }}{% endcall %}
{% macro rec(n) %}{{ n }}{% if n > 0 %}{{ rec(n - 1) }}{% endif %}{% endmacro %}{{ rec(3) }}
{% set g = "late" %}{% macro usesg() %}{{ g }}{% endmacro %}{{ usesg() }}{% with a=1, b=n %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}
{% filter upper %}abc{{ n }}{% endfilter %}{% filter replace("a","b") | upper %}aa{% endfilter %}
{% raw %}{{ not }} {% evaluated %}{% endraw %}{# a comment {{ x }} #}end
  {% if yes %}
  kept
  {% endif %}
tail
a {%- if yes -%} b {%- endif -%} c {{- n -}} d
line1
    {%+ if yes %}plus{% endif +%}
line3
{{ "a\nb\t\"q\" \u00e9 \x41 \\ \'" }}{{ 'it''s' }}
{{ s.upper() }}{{ s.title() }}{{ s.capitalize() }}{{ "ABC".lower() }}{{ "aBc".swapcase() }}{{ s | title }}{{ s | capitalize }}{{ "ß".upper() }}{{ "o'neil's" | title }}
{{ s.split() }}{{ "a,b,,c".split(",") }}{{ "a,b,c".split(",", 1) }}{{ "a,b,c".rsplit(",", 1) }}{{ " a  b ".split() }}{{ "a\nb\r\nc".splitlines() }}{{ "  a b c ".split(none, 1) }}{{ "abc".split("x") }}
{{ " x ".strip() }}|{{ "xxaxx".strip("x") }}|{{ "xxaxx".lstrip("x") }}|{{ "xyaxy".rstrip("xy") }}|{{ "\n\n a \n".strip() }}|{{ "\n a".lstrip("\n") }}
{{ s.startswith("the") }}{{ s.endswith(("x","fox")) }}{{ s.startswith("q", 4) }}{{ s.find("quick") }}{{ s.find("zzz") }}{{ s.rfind("o") }}{{ s.count("o") }}{{ s.index("b") }}{{ "fox" in s }}{{ "cat" not in s }}
{{ s.replace("o", "0") }}{{ s.replace("o", "0", 1) }}{{ s | replace("quick ", "") }}{{ "aaa" | replace("a", "b", 2) }}{{ "ab".replace("", "-") }}
{{ ",".join(["a","b"]) }}{{ ["a", 1, none] | join("-") }}{{ words | join }}{{ messages | map(attribute="role") | join(",") }}
{{ "a:b:c".partition(":") }}{{ "a:b:c".rpartition(":") }}{{ "abc".partition("x") }}{{ "ab".removeprefix("a") }}{{ "ab".removesuffix("b") }}{{ "7".zfill(3) }}{{ "-7".zfill(4) }}{{ "a".center(5, "*") }}{{ "a".ljust(3) }}|{{ "a".rjust(3) }}
{{ "abc".isalpha() }}{{ "12".isdigit() }}{{ "a1".isalnum() }}{{ " ".isspace() }}{{ "ab".islower() }}{{ "AB".isupper() }}{{ "".isalpha() }}{{ "1.5".isnumeric() }}
{{ "%s is %d and %.2f %%" % ("a", 3, 2.5) }}{{ "%s" % "x" }}{{ "%5s|%-5s|%03d" % ("a", "b", 7) }}{{ "%s-%s" | format("a", "b") }}{{ "{} {1} {k}".format("a", "b", k="c") if false else "" }}{{ "{} {}".format("a", 2) }}{{ "{0}{k}".format("a", k=3) }}
{{ list | sort }}{{ list | sort(reverse=true) }}{{ words | sort }}{{ words | sort(case_sensitive=true) }}{{ messages | sort(attribute="role") | map(attribute="role") | list }}{{ d | dictsort }}{{ d | dictsort(by="value") if false else "" }}
{{ list | first }}{{ list | last }}{{ [] | first is defined }}{{ list | length }}{{ d | length }}{{ s | count }}{{ list | sum }}{{ list | max }}{{ list | min }}{{ [1.5, 2] | sum }}{{ words | unique | list }}{{ list | reverse | list }}{{ s | reverse }}
{{ messages | selectattr("role", "equalto", "user") | list | length }}{{ messages | rejectattr("role", "eq", "user") | map(attribute="role") | list }}{{ messages | selectattr("tool_calls") | list | length }}{{ messages | selectattr("tool_calls", "defined") | map(attribute="role") | list }}{{ list | select("odd") | list }}{{ list | reject("odd") | list }}{{ list | select(">", 1) | list }}{{ [0, 1, ""] | select | list }}{{ words | map("upper") | list }}{{ ["a"] | map("replace", "a", "b") | list }}{{ messages | map(attribute="x", default="-") | list }}
{{ messages | selectattr("role", "in", ["user", "system"]) | map(attribute="role") | list }}{{ messages | groupby("role") | map("first") | list }}
{{ [1,2,3,4,5] | batch(2) | list }}{{ [1,2,3] | batch(2, 0) | list }}{{ [1,2,3,4,5] | slice(2) | list }}
{{ "3" | int }}{{ "x" | int }}{{ "x" | int(5) }}{{ "3.7" | int }}{{ 3.7 | int }}{{ "1.5" | float }}{{ 2.567 | round(2) }}{{ 2.5 | round }}{{ 2.1 | round(0, "ceil") }}{{ -3 | abs }}{{ "ff" | int(base=16) }}{{ n | string }}{{ 42 | string | length }}
{{ n is number }}{{ s is string }}{{ list is sequence }}{{ d is mapping }}{{ list is iterable }}{{ n is integer }}{{ x is float }}{{ none_value is none }}{{ yes is boolean }}{{ yes is true }}{{ no is false }}{{ n is odd }}{{ n is even }}{{ n is divisibleby 7 }}{{ n is divisibleby(2) }}{{ 1 is in [1,2] }}{{ n is eq 7 }}{{ n is gt 3 }}{{ s is lower }}{{ "A" is upper }}{{ range is callable }}{{ x is not none }}{{ yes is integer }}{{ messages is string }}{{ n is sameas 7 }}
{{ "a\nb\n\nc" | indent }}|{{ "a\nb" | indent(2, true) }}|{{ "a\n\nb" | indent(2, blank=true) }}|{{ "a\nb" | indent("> ") }}
{{ "<b>&'\"" | escape }}{{ "<b>" | e }}{{ "<b>" | safe }}{{ "<p>a  b</p> c" | striptags }}{{ "a b/c?é" | urlencode }}{{ s | truncate(10) }}{{ s | truncate(10, true) }}{{ s | truncate(10, true, "", 0) }}{{ s | wordcount }}{{ s | upper | lower | trim }}{{ "a" | center(5) }}|
{{ d.items() | list }}{{ d.keys() | list }}{{ d.values() | list }}{{ d.get("a") }}{{ d.get("q") }}{{ d.get("q", 5) }}{{ d | items | list }}{{ dict(a=1, b=2) }}{{ "a" in d }}{{ nested.a.b[2].c }}{{ nested["a"]["b"][0] }}{{ nested.a.b.0 }}{{ d.k }}{{ list.index(1) }}{{ list.count(3) }}
{{ messages | map(attribute="content") | select("string") | list }}{{ nested | attr("a") is defined }}{{ {"a": 1, "b": {"c": [1, 2]}} }}{{ {"a": 1}.a }}{{ {"x": {}}.x }}{{ { "k": n }["k"] }}
{% for item in [[1, [2, [3]]]] recursive %}{{ item if item is number else loop(item) }}{% endfor %}
{% set c = cycler("x", "y") %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{% set j = joiner(", ") %}{{ j() }}a{{ j() }}b{% for i in [1,1,2] %}{{ loop.changed(i) }}{% endfor %}
{% if messages %}{% for m in messages %}{% if m.role == "user" %}U{% elif m.role == "tool" %}T{% else %}O{% endif %}{% endfor %}{% endif %}
{% generation %}kept {{ n }}{% endgeneration %}
{{ "x" if messages[0]["role"] == "system" else raise_exception("no") }}{{ 1 if false else 2 if false else 3 }}
{%- for m in messages -%}
    {%- if loop.first and m.role == 'system' -%}
        {{ '<<' + m.content + '>>\n' }}
    {%- elif m.content is string -%}
        {{ m.role + ': ' + m.content | trim + '\n' }}
    {%- else -%}
        {%- for part in m.content -%}{{ part.text if part.type == 'text' else '[' + part.type + ']' }}{%- endfor -%}
    {%- endif -%}
{%- endfor -%}
{{ strftime_now("%d %b %Y") }} {{ strftime_now("%Y-%m-%d") }}
{{ raise_exception("Refused: " + messages[0].role) }}
{{ missing.attribute }}
{{ d.missing.more }}
{{ "a" + 1 }}
{{ 1 + "a" }}
{{ [] + "a" }}
{{ "a" + none }}
{{ "a" + missing }}
{{ none < 1 }}
{{ "a" in 5 }}
{% for x in 5 %}{% endfor %}
{{ 1 / 0 }}
{{ missing() }}
{{ n() }}
{{ list.append(4) }}
{{ s | nofilter }}
{{ n is notest }}
{{ none | length }}
{{ missing | tojson }}
{% set s.x = 1 %}
{% set a, b = [1, 2, 3] %}
{{ messages[0].content.nothing() }}
{{ range(1000000) }}
{% if %}
{% for x in %}{% endfor %}
{{ (1 }}
{% unknown %}
{% if yes %}
{{ "open }}
{{ messages | first | attr("items") is callable }}{{ [messages[0]] | tojson }}{{ messages[0] }}
{{ (messages | length) - 1 }}{{ messages|length-1 }}{{ -1 | abs }}{{ 2 * 3 + 4 ~ "x" }}{{ not yes or yes }}{{ not (yes and no) }}{{ 1 + 2 == 3 and "a" in "abc" }}
{{ '%02d' % 5 }}{{ "é" | length }}{{ "日本語"[1] }}{{ "日本語"[::-1] }}{{ "🦊x".find("x") }}{{ "É".lower() }}
{{ [1, 2, 3][-2:] }}{{ (1, 2, 3)[1:] }}{{ "abc"[1:-1] }}{{ "abc"[5] is defined }}{{ list[n] is defined }}{{ none_value.x is defined }}
{{ namespace(a=1).a }}{{ namespace({"b": 2}).b }}{{ d | list }}{{ s | list | first }}{{ "" | list }}{{ true + 1 }}{{ 3 | string + "x" }}{{ 10 | string | reverse }}
{{ none_value or "fallback" }}{{ empty or none_value or 0 or [] }}{{ d and list }}{{ x > 2 and x < 3 }}{{ 5 not in list }}{{ 3 in list }}
{{- bos_token is defined -}}{%- set x = {"a": [1, 2, {"b": "c"}]} -%}{{ x.a[2].b }}{{ x["a"][0] + 5 }}
"""
SEPARATE = [
    "{% if yes %}\n{% for m in messages %}\n{{ m.role }}\n{% endfor %}\n{% endif %}\n",
    "  {# c #}\n  x\n\t{% set a = 1 %}\n{{ a }}\n\n",
    "a\n  {%- if yes %}\n  b\n  {%- endif %}\n\nc\n",
    "{% for i in range(2) %}\n  {{ i }},\n  {% endfor %}",
    "{%- macro f(x) -%}\n  [{{ x }}]\n{%- endmacro -%}\n{{ f(1) }}\n{{- f(2) }}",
    "{% raw -%}\n  {{ x }}\n{%- endraw %}\nz",
    "x {#- c -#} y {{- 1 }} {{ 2 -}} \n z",
    "{{ 'a' }}\r\n{{ 'b' }}\r\n",
    "",
    "\n",
    "plain { text } with % and # and }} and %}",
]


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    class Generation(jinja2.ext.Extension):
        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            return jinja2.nodes.Scope(body).set_lineno(line)

    import datetime
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                       extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda f: datetime.datetime(2026, 7, 26, 12).strftime(f)
    return env


def main():
    env = environment()
    lines = CASES.strip("\n").split("\n")
    templates = []
    block = []
    for line in lines:  # a template of several lines begins with a blank, or ends with what closes it
        block.append(line)
        text = "\n".join(block)
        try:
            env.parse(text)
            templates.append(text)
            block = []
        except jinja2.exceptions.TemplateSyntaxError:
            if not any(text.startswith(p) for p in ("  {% if", "{%- for", "a {%-")) or len(block) > 12:
                templates.append(text)
                block = []
    templates += SEPARATE
    cases = []
    for template in templates:
        case = {"template": template}
        try:
            case["text"] = env.from_string(template).render(**CONTEXT)
        except Exception as error:
            case["error"] = str(error)
            case["kind"] = type(error).__name__
        cases.append(case)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "cases.json"), "w", encoding="utf-8") as out:
        json.dump({"context": CONTEXT, "cases": cases}, out, ensure_ascii=False, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
