#!/usr/bin/env python3
"""Makes whitespace.json: templates put together at random, and what Jinja puts out
with the settings of chat templates.

    pip install jinja2==3.1.6
    python3 make.py
"""
import json, os, random
import jinja2

PIECES = [
    " ", "  ", "\n", "\n\n", "\t", " \n ", "a", "a ", " a", "a\n", "\na",
    "{{ 'x' }}", "{{- 'x' }}", "{{ 'x' -}}", "{{- 'x' -}}", '{{ "y" }}',
    "{% set v = 1 %}", "{%- set v = 1 %}", "{% set v = 1 -%}", "{%- set v = 1 -%}", "{%+ set v = 1 %}", "{% set v = 1 +%}",
    "{% if true %}{% endif %}", "{%- if true -%}\n{%- endif -%}",
    "{# c #}", "{#- c #}", "{# c -#}", "{#- c -#}",
]

random.seed(7)
env = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
cases = {}
while len(cases) < 600:
    template = "".join(random.choice(PIECES) for _ in range(random.randint(1, 7)))
    cases[template] = env.from_string(template).render()
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "whitespace.json")
with open(path, "w", encoding="utf-8") as f:
    f.write("[\n" + ",\n".join(json.dumps([t, out]) for t, out in cases.items()) + "\n]\n")
