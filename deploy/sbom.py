"""What the program is made of, as CycloneDX 1.6 in JSON, on the standard output.

    python3 deploy/sbom.py [--target TRIPLE] > suitsize.cdx.json

Crates that are linked in, or run while building (scope "excluded"), with checksums from the lock file; and what
is inside them or the program without being a crate: SQLite, zstd, mimalloc, the pages' libraries, the models, the
size charts, the texts. The same tree gives the same bytes. Needs cargo and Python 3.11; `--check` validates it too (PyPI: cyclonedx-python-lib[json-validation]).
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
# C that a crate brings along: crate, header, what it is called, its licence, and where its version stands.
VENDORED = [
    ("libsqlite3-sys", "sqlite3/sqlite3.h", "sqlite", "blessing", r'#define SQLITE_VERSION\s+"([^"]+)"'),
    ("zstd-sys", "zstd/lib/zstd.h", "zstd", "BSD-3-Clause", r"#define ZSTD_VERSION_(?:MAJOR|MINOR|RELEASE)\s+(\d+)"),
    ("libmimalloc-sys", "c_src/mimalloc/v3/include/mimalloc.h", "mimalloc", "MIT",
     r"#define MI_MALLOC_VERSION\s+0*(\d+)0(\d)0(\d)\b"),
]
SHIPPED = ["models/suit-male.onnx", "models/suit-female.onnx", "models/manifest.json", "data/charts/default.json"]
SHIPPED += [f"data/wording/{language}.json" for language in ("en", "de", "fr", "es", "it")]
# Libraries of the pages: directory of web/vendor, npm package, licence. The first line of its README has the version.
PAGES = [("lean-qr", "lean-qr", "MIT"), ("swagger-ui", "swagger-ui-dist", "Apache-2.0"), ("uplot", "uplot", "MIT")]


def cargo(*arguments):
    out = subprocess.run(["cargo", *arguments], cwd=TOP, capture_output=True, text=True, check=True).stdout
    return json.loads(out)


def host():
    out = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    return re.search(r"^host: (\S+)", out, re.M)[1]


def reachable(metadata):
    """Package ids by what they are needed for: "required" is linked in, "excluded" runs while building."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    macros = {package["id"] for package in metadata["packages"] if is_macro(package)}
    scopes = {}

    def visit(package, scope):
        scope = "excluded" if package in macros else scope
        if scopes.get(package) in (scope, "required"):
            return
        scopes[package] = scope
        for dependency in nodes[package]["deps"]:
            kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
            if None in kinds:
                visit(dependency["pkg"], scope)
            elif "build" in kinds:
                visit(dependency["pkg"], "excluded")

    visit(metadata["resolve"]["root"], "required")
    return scopes, nodes


def is_macro(package):
    return any("proc-macro" in target["kind"] for target in package["targets"])


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version'].replace('+', '%2B')}"


def licence(package):
    # "MIT/Apache-2.0" is the old way to write "MIT OR Apache-2.0".
    return [{"expression": " ".join(package["license"].replace("/", " OR ").split())}]


def crate(package, scope, checksums):
    component = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "scope": scope,
        "licenses": licence(package),
        "purl": purl(package),
    }
    if checksum := checksums.get((package["name"], package["version"])):
        component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if (repository := package.get("repository") or "").startswith("https://"):
        component["externalReferences"] = [{"type": "vcs", "url": repository}]
    return component


def vendored(packages):
    for name, header, called, terms, pattern in VENDORED:
        for package in packages:
            if package["name"] != name:
                continue
            with open(os.path.join(os.path.dirname(package["manifest_path"]), header)) as file:
                found = re.findall(pattern, file.read())
                version = ".".join(found[0] if isinstance(found[0], tuple) else found[:3])
            licences = [{"license": {"id": terms}}]
            reference = f"{purl(package)}#{called}"
            generic = f"pkg:generic/{called}@{version}"
            yield purl(package), {
                "type": "library", "bom-ref": reference, "name": called, "version": version,
                "scope": "required", "licenses": licences, "purl": generic,
            }


def shipped():
    for path in SHIPPED:
        with open(os.path.join(TOP, path), "rb") as file:
            content = file.read()
        kind = "machine-learning-model" if path.endswith(".onnx") else "data"
        digest = hashlib.sha256(content).hexdigest()
        yield {
            "type": kind, "bom-ref": path, "name": path, "version": digest[:12],
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }


def of_pages():
    for directory, name, terms in PAGES:
        with open(os.path.join(TOP, "web/vendor", directory, "README.md")) as file:
            version = file.readline().split()[-1]
        reference = f"pkg:npm/{name}@{version}"
        yield {
            "type": "library", "bom-ref": reference, "name": name, "version": version,
            "scope": "required", "licenses": [{"license": {"id": terms}}], "purl": reference,
        }


def bill(target):
    metadata = cargo("metadata", "--format-version", "1", "--locked", "--filter-platform", target)
    with open(os.path.join(TOP, "Cargo.lock"), "rb") as file:
        lock = file.read()
    checksums = {(p["name"], p["version"]): p.get("checksum") for p in tomllib.loads(lock.decode())["package"]}
    scopes, nodes = reachable(metadata)
    packages = {package["id"]: package for package in metadata["packages"] if package["id"] in scopes}
    root = packages[metadata["resolve"]["root"]]
    others = sorted((p for p in packages.values() if p is not root), key=purl)
    inside = list(vendored(others))
    files = list(of_pages()) + list(shipped())
    edges = {purl(p): {purl(packages[d]) for d in nodes[i]["dependencies"] if d in packages} for i, p in packages.items()}
    for owner, component in inside:
        edges[owner].add(component["bom-ref"])
    edges[purl(root)] |= {component["bom-ref"] for component in files}
    components = [crate(p, scopes[p["id"]], checksums) for p in others] + [c for _, c in inside] + files
    own = {"type": "application", "bom-ref": purl(root), "name": root["name"], "version": root["version"]}
    own |= {"licenses": licence(root), "purl": purl(root)}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, target + hashlib.sha256(lock).hexdigest())}",
        "version": 1,
        "metadata": {"component": own, "properties": [{"name": "target", "value": target}]},
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(to)} for ref, to in sorted(edges.items())],
    }


def validate(text):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"not CycloneDX 1.6: {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", help="platform that is built for; this one without it")
    parser.add_argument("--check", action="store_true", help="validate it against the schema")
    options = parser.parse_args()
    text = json.dumps(bill(options.target or host()), indent=1)
    if options.check:
        validate(text)
    print(text)


if __name__ == "__main__":
    main()
