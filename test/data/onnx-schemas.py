"""Writes what ONNX defines of the operators that Thalweg reads: onnx-schemas.py OPS.txt > onnx-schemas.json (onnx 1.23.1)."""
import json, sys
import onnx.defs as d

FLOATS = {"tensor(float)", "tensor(double)", "tensor(float16)", "tensor(bfloat16)"}
wanted = set(open(sys.argv[1]).read().split())
out = {}
for schema in d.get_all_schemas_with_history():
    if schema.domain != "" or schema.name not in wanted or schema.since_version > 26:
        continue
    types = {c.type_param_str: set(c.allowed_type_strs) for c in schema.type_constraints}
    many = d.OpSchema.FormalParameterOption.Variadic
    out.setdefault(schema.name, []).append({
        "since": schema.since_version,
        "attributes": sorted(schema.attributes),
        "inputs": [
            {"name": i.name, **({"variadic": True} if i.option == many else {}),
             **({"anything": True} if "tensor(string)" in types.get(i.type_str, {i.type_str}) else {}),
             **({"float": True} if types.get(i.type_str, {i.type_str}) & FLOATS else {})}
            for i in schema.inputs
        ],
    })
for name, versions in out.items():
    versions.sort(key=lambda each: each["since"])
    # From opset 7 on, the oldest that is read, and only where something changes.
    first = max((each["since"] for each in versions if each["since"] <= 7), default=0)
    versions = [each for each in versions if each["since"] >= first]
    same = lambda a, b: (a["attributes"], a["inputs"]) == (b["attributes"], b["inputs"])
    out[name] = [each for i, each in enumerate(versions) if i == 0 or not same(each, versions[i - 1])]
print("{")
print(",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in sorted(out.items())))
print("}")
