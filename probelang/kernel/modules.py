"""Modules of a kernel: where their files are, and what is known of each.

A loaded module's BTF is in `/sys/kernel/btf`, its functions are in the lists of the kernel. Of others their file tells,
`lib/modules/RELEASE/**/NAME.ko`, found by `modules.dep` (depmod), `modules.order` (the kernel's build), or by looking into
the folders. No file is opened before its module is named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang import cache
from probelang.answers import Answer, Found, NotFound, Unknown
from probelang.btf.types import BtfError
from probelang.kernel.tables import Table, build_table
from probelang.near import find_near
from probelang.record import record

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.kernel.folder import Tree
    from probelang.kernel.interface import Kernel
    from probelang.kernel.module_file import ModuleFile

MAX_MODULE = 1 << 28
MAX_LIST = 1 << 24
MAX_FOLDERS = 20_000
MAX_DEPTH = 8
MAX_LOADED = 2000
PREFIXES = ("lib/modules", "usr/lib/modules")
_SUFFIX = r"\.ko(?:\.(?:xz|zst|gz))?"


@record
class Module:
    """A module that there is. `loaded` is whether the kernel that the facts are of had it loaded."""

    name: str
    loaded: bool


def canonical(name: str) -> str:
    """A module's name as the kernel has it: in names of files `-` and `_` are the same."""
    return name.replace("-", "_")


def release_folder(tree: Tree, release: str | None) -> tuple[str, str] | None:
    """The folder of a release's modules in a tree laid out like `/`, and the release; of the only one where None is given."""
    for prefix in PREFIXES:
        names = tree.list(prefix)
        if release is None and len(names) == 1 and re.match(r"\d[!-~]*\Z", names[0]):
            return f"{prefix}/{names[0]}", names[0]
        if release is not None and release in names:
            return f"{prefix}/{release}", release
    return None


class ModuleFiles:
    """The `.ko` files of one kernel below a folder of a tree."""

    def __init__(self, tree: Tree, folder: str, release: str | None) -> None:
        self._tree = tree
        self.folder = folder
        self.release = release
        self._lists: dict[str, str] = {}
        self._walked: dict[str, str] | None = None

    def find(self, name: str) -> str | None:
        """The path of a module's file in the tree."""
        pattern = r"(?:^|(?<=/))" + re.sub(r"[-_]", "[-_]", re.escape(canonical(name)))
        for file, end in (("modules.dep", _SUFFIX + "(?=:)"), ("modules.order", r"\.k?o$")):
            text = self._list(file)
            for match in re.finditer(pattern + end, text, re.MULTILINE):
                start = text.rfind("\n", 0, match.start()) + 1
                path = text[start : match.end()]
                if path.endswith(".o"):
                    path = path[:-1] + "ko"
                found = self._existing(path)
                if found is not None:
                    return found
        return self._walk().get(canonical(name))

    def names(self) -> list[str]:
        """The names of all modules that the lists tell of, or else the files."""
        texts = [self._list("modules.dep"), self._list("modules.order")]
        found = {
            canonical(name)
            for text in texts
            for name in re.findall(r"([^/\n:]+)\.k?o(?:\.(?:xz|zst|gz))?(?::.*)?$", text, re.MULTILINE)
        }
        return sorted(found or self._walk())

    def is_builtin(self, name: str) -> bool:
        """Whether a module is linked into the kernel (`modules.builtin`)."""
        pattern = r"(?:^|/)" + re.sub(r"[-_]", "[-_]", re.escape(canonical(name))) + r"\.k?o$"
        return re.search(pattern, self._list("modules.builtin"), re.MULTILINE) is not None

    @property
    def is_whole(self) -> bool:
        """Whether a module that is not here is not installed: depmod or the kernel's build has left its list."""
        return bool(self._list("modules.dep") or self._list("modules.order"))

    def read(self, name: str) -> ModuleFile | None:
        """What a module's file tells, None where there is none. Raises BtfError, with the file's name, for an unsound one."""
        path = self.find(name)
        if path is None:
            return None
        identity = self._tree.identity(path)
        origin = f"{identity}|module" if identity is not None else None
        kept = _from_cache(origin)
        if kept is not None:
            return kept
        data = self._tree.read(path, MAX_MODULE)
        if data is None:
            raise BtfError(f"{path} can't be read ({self._tree.why_unread(path) or 'it is gone'})")
        from probelang.kernel.module_file import read_module

        try:
            module = read_module(data)
        except BtfError as error:
            raise BtfError(f"{path}: {error}") from None
        _keep(origin, module)
        return module

    def _list(self, name: str) -> str:
        if name not in self._lists:
            path = f"{self.folder}/{name}" if self.folder else name
            self._lists[name] = (self._tree.read(path, MAX_LIST) or b"").decode("latin-1")
        return self._lists[name]

    def _existing(self, path: str) -> str | None:
        """A path of a list as one in the tree: lists may leave out how the file is compressed, and are not believed."""
        parts = path.split("/")
        if "" in parts or ".." in parts or "\0" in path:
            return None
        folder = "/".join((self.folder, *parts[:-1])).strip("/")
        names = self._tree.list(folder)
        for suffix in ("", ".xz", ".zst", ".gz"):
            if parts[-1] + suffix in names:
                return f"{folder}/{parts[-1]}{suffix}".lstrip("/")
        return None

    def _walk(self) -> dict[str, str]:
        """The files that are there, by module; those that are nearer to the top win."""
        if self._walked is None:
            self._walked = {}
            file = re.compile(r"([^/]+)" + _SUFFIX)
            level, count = [self.folder], 0
            # Beside a BTF file or an image lie its modules, or its build; a whole disk is not searched.
            for _ in range(MAX_DEPTH if self.folder or self.is_whole else 1):
                below: list[str] = []
                for folder in level:
                    count += 1
                    if count > MAX_FOLDERS:
                        return self._walked
                    for name in self._tree.list(folder):
                        path = f"{folder}/{name}" if folder else name
                        match = file.fullmatch(name)
                        if match is not None:
                            self._walked.setdefault(canonical(match.group(1)), path)
                        elif "." not in name and name not in ("build", "source"):
                            below.append(path)
                level = below
        return self._walked


def _from_cache(origin: str | None) -> ModuleFile | None:
    entry = cache.open_entry(origin) if origin is not None else None
    if entry is None:
        return None
    from probelang.kernel.module_file import ModuleFile

    parts = {name: entry.section(name) for name in ("release", "btf", "base", "functions", "traced")}
    if parts["release"] is None or parts["functions"] is None:
        return None
    btf, base = (None if part is None else bytes(part) for part in (parts["btf"], parts["base"]))
    release, functions = (bytes(parts[name] or b"").decode("latin-1") for name in ("release", "functions"))
    return ModuleFile(release, btf, base, tuple(functions.split("\n")), parts["traced"] is not None)


def _keep(origin: str | None, module: ModuleFile) -> None:
    if origin is None or not cache.can_store():
        return
    sections = {
        "release": module.release.encode("latin-1", "replace"),
        "functions": "\n".join(module.functions).encode("latin-1"),
    }
    optional = {"btf": module.btf, "base": module.base, "traced": b"\n" if module.knows_traced else None}
    cache.store_entry(
        origin, {**sections, **{name: data for name, data in optional.items() if data is not None}}
    )


class ModuleFacts:
    """What is known of the modules of one kernel, from its lists and from files; each is read once."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._files: dict[str, ModuleFile | None] = {}
        self._tables: dict[str, Table] = {}
        self._reasons: dict[str, str] = {}

    def is_loaded(self, name: str) -> bool:
        """Whether the kernel's own lists tell of a module."""
        if name in self._kernel.sources.modules():
            return True
        tables = (self._kernel.table("functions"), self._kernel.table("symbols.text"))
        return any(table is not None and table.has_module(name) for table in tables)

    def file(self, name: str) -> ModuleFile | None:
        """What a module's file tells, None where there is none or it is of no use, for a `reason`."""
        if name not in self._files:
            self._files[name] = None
            files = self._kernel.sources.module_files()
            if files is None:
                self._reasons[name] = f"neither its BTF nor its file ({name}.ko) is at hand"
                return None
            try:
                found = files.read(name)
            except BtfError as error:
                self._reasons[name] = str(error)
                return None
            if found is None:
                self._reasons[name] = (
                    f"there is no file {name}.ko{f' below {files.folder}' if files.folder else ''}"
                )
            elif files.release and found.release and found.release != files.release:
                self._reasons[name] = (
                    f"its file is of Linux {found.release[:80]}, and this is {files.release}"
                )
            else:
                self._files[name] = found
        return self._files[name]

    def functions(self, name: str) -> Table | None:
        """The functions of a module by its file, as lines of `ModuleFile.functions`."""
        if name not in self._tables:
            file = self.file(name)
            if file is None or not file.functions:
                return None
            self._tables[name] = Table(build_table(file.functions))
        return self._tables[name]

    def blob(self, name: str) -> tuple[bytes | memoryview | None, bytes | None]:
        """The BTF of a module, and the base that it brings, unchecked."""
        data = self._kernel.sources.section(f"btf:{name}") if name in self._kernel.sources.modules() else None
        if data is not None:
            return data, None
        file = self.file(name)
        if file is not None and file.btf is None:
            self._reasons[name] = "its file has no BTF"
        return (file.btf, file.base) if file is not None else (None, None)

    def say(self, name: str, reason: str) -> None:
        """Why a module's BTF is of no use."""
        self._reasons[name] = reason

    def reason(self, name: str) -> str:
        """Why little is known of a module: the end of a sentence."""
        return self._reasons.get(name) or f"the BTF of module {name} is not at hand"


def load_module_btf(kernel: Kernel, name: str) -> Btf | None:
    """See `Kernel.module_btf`."""
    base = kernel.btf
    data, own_base = kernel.modules.blob(name) if base is not None else (None, None)
    if base is None or data is None:
        return None
    from probelang.btf.blob import Btf as Blob
    from probelang.btf.split import check_fit, relocate

    try:
        if own_base is not None:
            data = relocate(bytes(data), own_base, base)
        btf = Blob.from_bytes(data, base=base, name=name)
        check_fit(btf)
    except BtfError as error:
        kernel.modules.say(name, f"the BTF of module {name} can't be used: {error}")
        return None
    return btf


def modules_naming(kernel: Kernel, name: str) -> list[str]:
    """The modules at hand whose BTF has a name, of whatever."""
    wanted = b"\0" + name.encode("utf-8", "replace") + b"\0"
    found = []
    for module in kernel.sources.modules()[:MAX_LOADED]:
        data = kernel.sources.section(f"btf:{module}")
        if data is not None and wanted in bytes(data):
            found.append(module)
    return found


def find_module(kernel: Kernel, name: str) -> Answer[Module]:
    """See `Kernel.find_module`."""
    if kernel.modules.is_loaded(name):
        return Found(Module(name, True))
    if kernel.modules.file(name) is not None:
        return Found(Module(name, False))
    files = kernel.sources.module_files()
    if files is None or not files.is_whole or files.find(name) is not None:
        return Unknown(kernel.modules.reason(name), _near(kernel, name))
    return NotFound(_near(kernel, name))


def _near(kernel: Kernel, name: str) -> tuple[str, ...]:
    if not kernel.may_suggest():
        return ()
    files = kernel.sources.module_files()
    known = {*kernel.sources.modules(), *(files.names() if files is not None else ())}
    return find_near(name, sorted(known))
