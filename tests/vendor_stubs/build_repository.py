# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the vendors' stub packages, and a signed apt repository of them for each vendor.

`packages/<vendor>/<package>/` holds `control` (fields of the package; {version} is filled in), `versions` (one a line),
maintainer scripts, and `root/` (its files). The repositories go to `<target>/<vendor>`, the key to `<target>/key.asc`.

Where a package has a file `archive`, the vendor has a release archive as well: which directory below `root/` it holds,
what this is called in it, and its path below `<target>/<vendor>`.
"""

from __future__ import annotations

import argparse
import email.utils
import gzip
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGES = Path(__file__).parent / "packages"
SHEBANG = b"#!/usr/bin/python3\n"
SCRIPTS = ("preinst", "postinst", "prerm", "postrm", "conffiles")
IDENTITY = "Stub vendor <stub@vendors.test>"


def run(*argv: str, directory: Path | None = None, **environment: str) -> str:
    """Run a program; returns what it printed."""
    done = subprocess.run(
        argv, cwd=directory, env={**os.environ, **environment}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def own_interpreter(tree: Path, package: str) -> None:
    """Have the service run a program that comes with the package, as Java or Node.js: an upgrade replaces it."""
    program = tree / "usr" / "share" / package / "bin" / package
    if not program.exists() or not program.read_bytes().startswith(SHEBANG):
        return
    interpreter = f"/usr/share/{package}/bin/interpreter"
    program.write_bytes(program.read_bytes().replace(SHEBANG, f"#!{interpreter}\n".encode(), 1))
    postinst = tree / "DEBIAN" / "postinst"
    install = f"install -m 0755 /usr/bin/python3 {interpreter}"
    postinst.write_text(postinst.read_text().replace("set -e\n", f"set -e\n{install}\n", 1))


def copy_files(source: Path, version: str, tree: Path) -> None:
    """Make the files of a package; @VERSION@ in them becomes upstream's version."""
    shutil.copytree(source / "root", tree, symlinks=True)
    # The checkout's umask must not decide, nor an editor's executable bits.
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    upstream = version.partition(":")[2] or version
    for path in tree.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if b"@VERSION@" in data:
                path.write_bytes(data.replace(b"@VERSION@", upstream.rpartition("-")[0].encode() or upstream.encode()))


def build_archives(source: Path, version: str, target: Path) -> None:
    """Build the release archive of a package for each architecture, with a file of its checksum, where it has one."""
    if not (source / "archive").exists():
        return
    directory, top, name = (source / "archive").read_text().format(version=version, arch="{arch}").split()
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        copy_files(source, version, tree)
        for architecture in ("amd64", "arm64"):
            file = target / name.format(arch=architecture)
            file.parent.mkdir(parents=True, exist_ok=True)
            with tarfile.open(file, "w:gz") as archive:
                archive.add(tree / directory, arcname=top)
            # The sum alone, as dl.grafana.com has it.
            file.with_name(f"{file.name}.sha256").write_text(hashlib.sha256(file.read_bytes()).hexdigest())


def build_package(source: Path, version: str, target: Path) -> str:
    """Build one package; returns its paragraph of a Packages file."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        copy_files(source, version, tree)
        control = (source / "control").read_text().replace("{version}", version).strip()
        (tree / "DEBIAN").mkdir(mode=0o755)
        (tree / "DEBIAN" / "control").write_text(f"{control}\n")
        for name in SCRIPTS:
            if (source / name).exists():
                shutil.copy(source / name, tree / "DEBIAN" / name)
                (tree / "DEBIAN" / name).chmod(0o644 if name == "conffiles" else 0o755)
        own_interpreter(tree, source.name)
        upstream = version.partition(":")[2] or version
        deb = target / f"{source.name}_{upstream}_all.deb"
        run("dpkg-deb", "--root-owner-group", "--build", "-Znone", str(tree), str(deb))
    data = deb.read_bytes()
    facts = f"Filename: {deb.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}"
    return f"{control}\n{facts}\n"


def build_repository(vendor: Path, target: Path, keyring: str) -> None:
    """Build and sign the repository of a vendor."""
    target.mkdir()
    paragraphs = []
    for source in sorted(path for path in vendor.iterdir() if path.is_dir()):
        for version in (source / "versions").read_text().split():
            paragraphs.append(build_package(source, version, target))
            build_archives(source, version, target)
    index = "\n".join(paragraphs).encode()
    dist = target / "dists" / "stable"
    lines = []
    for architecture in ("amd64", "arm64", "all"):
        directory = dist / "main" / f"binary-{architecture}"
        directory.mkdir(parents=True)
        for name, data in (("Packages", index), ("Packages.gz", gzip.compress(index, mtime=0))):
            (directory / name).write_bytes(data)
            path = (directory / name).relative_to(dist)
            lines.append(f" {hashlib.sha256(data).hexdigest()} {len(data)} {path}")
    release = (
        f"Origin: stub {vendor.name}\nSuite: stable\nCodename: stable\nDate: {email.utils.formatdate(usegmt=True)}\n"
        "Architectures: amd64 arm64 all\nComponents: main\nSHA256:\n" + "\n".join(lines) + "\n"
    )
    (dist / "Release").write_text(release)
    arguments = ("--batch", "--yes", "--output", "InRelease", "--clearsign", "Release")
    run("gpg", *arguments, directory=dist, GNUPGHOME=keyring)


def main() -> None:
    """Build everything; the target is there whole or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, required=True)
    target = parser.parse_args().target
    scratch = target.with_name(f"{target.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    # Short: the path of gpg-agent's socket has a limit.
    with tempfile.TemporaryDirectory(prefix="gpg") as keyring:
        generate = ("--batch", "--passphrase", "", "--quick-gen-key", IDENTITY, "rsa2048", "sign", "never")
        run("gpg", *generate, GNUPGHOME=keyring)
        (scratch / "key.asc").write_text(run("gpg", "--armor", "--export", GNUPGHOME=keyring))
        for vendor in sorted(path for path in PACKAGES.iterdir() if path.is_dir()):
            build_repository(vendor, scratch / vendor.name, keyring)
        run("gpgconf", "--kill", "all", GNUPGHOME=keyring)
    scratch.chmod(0o755)
    scratch.rename(target)


if __name__ == "__main__":
    main()
