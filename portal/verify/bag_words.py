"""The sentences about packages of the archive, apart from those of the opening."""

PASSED: dict[str, tuple[str, str]] = {
    "bag.files": (
        "归档包 {count} 个文件与两份清单一致（BagIt 1.0）",
        "the package's {count} files are as both of its manifests say (BagIt 1.0)",
    ),
    "bag.inventory": (
        "归档包清单 {count} 个文件与见证日志所载一致",
        "the inventory of {count} files is the one the witnessed journal names",
    ),
    "bag.records": (
        "{count} 份归集资料都在见证日志中",
        "{count} filed records stand in the witnessed journal",
    ),
    "bag.catalogue": (
        "归档目录与文件一致：{present} 项齐全",
        "the catalogue fits the files: {present} present",
    ),
    "bag.sealed": ("归档包与封存时入日志的一致：{path}", "the package is the one journalled at its sealing: {path}"),
}

NOTED: dict[str, tuple[str, str]] = {
    "bag.gaps": ("封存时缺少 {count} 项，已说明原因", "sealed without {count} records, with the reasons given"),
    "bag.restricted": ("{count} 个文件不对外公开", "{count} files are not for everyone"),
    "bag.lot": ("以下为归档包中的 {lot}", "what follows is {lot} of the package"),
}

FAILED: dict[str, tuple[str, str]] = {
    "bag.form": ("不是完整的 BagIt 归档包：{path} {detail}", "not a whole BagIt package: {path} {detail}"),
    "bag.inventory": ("归档包清单不是见证日志所载的那一份", "the inventory is not the one the witnessed journal names"),
    "bag.changed": ("归档包文件与清单不符：{path}", "a file of the package is not the one its inventory names: {path}"),
    "bag.missing": ("清单中的文件不在归档包里：{path}", "a file of the inventory is not in the package: {path}"),
    "bag.unlisted": (
        "归档包里有清单之外的文件：{path}",
        "the package holds a file no inventory names: {path}",
    ),
    "bag.record": ("归集资料不在见证日志中：{path}", "a record of the package is not in the witnessed journal: {path}"),
    "bag.catalogue": ("归档目录与文件不符：{detail}", "the catalogue does not fit the files: {detail}"),
    "bag.unjournalled": ("日志中没有封存这个归档包：{path}", "the journal knows no sealing of this package: {path}"),
    "bag.other": ("归档包属于另一项目：{path}", "the package is of another project: {path}"),
}
