# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the vendors' stub packages, and a signed apt repository of them for each vendor.

`packages/<vendor>/<package>/` holds `control` (fields of the package; {version} is filled in), `versions` (one a line),
maintainer scripts, and `root/` (its files). The repositories go to `<target>/<vendor>`, the key to `<target>/key.asc`.
"""

from __future__ import annotations

import argparse
import email.utils
import gzip
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PACKAGES = Path(__file__).parent / "packages"
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


def build_package(source: Path, version: str, target: Path) -> str:
    """Build one package; returns its paragraph of a Packages file."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        shutil.copytree(source / "root", tree, symlinks=True)
        # The checkout's umask must not decide, nor an editor's executable bits.
        for path in [tree, *tree.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        control = (source / "control").read_text().replace("{version}", version).strip()
        (tree / "DEBIAN").mkdir(mode=0o755)
        (tree / "DEBIAN" / "control").write_text(f"{control}\n")
        for name in SCRIPTS:
            if (source / name).exists():
                shutil.copy(source / name, tree / "DEBIAN" / name)
                (tree / "DEBIAN" / name).chmod(0o644 if name == "conffiles" else 0o755)
        upstream = version.partition(":")[2] or version
        for path in tree.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.parent.name != "DEBIAN":
                data = path.read_bytes()
                if b"@VERSION@" in data:
                    path.write_bytes(
                        data.replace(b"@VERSION@", upstream.rpartition("-")[0].encode() or upstream.encode())
                    )
        deb = target / f"{source.name}_{upstream}_all.deb"
        run("dpkg-deb", "--root-owner-group", "--build", "-Znone", str(tree), str(deb))
    data = deb.read_bytes()
    facts = f"Filename: {deb.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}"
    return f"{control}\n{facts}\n"


def build_repository(vendor: Path, target: Path, keyring: str) -> None:
    """Build and sign the repository of a vendor."""
    target.mkdir()
    paragraphs = [
        build_package(source, version, target)
        for source in sorted(path for path in vendor.iterdir() if path.is_dir())
        for version in (source / "versions").read_text().split()
    ]
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
