import FoundationEssentials
import Glibc
import Model

/// The units that pull another one in by its `[Install]` section: what `systemctl enable --runtime` would link.
///
/// - Source: systemd.unit(5), "[Install] Section Options"; fleet enables such units when it loads them.
extension UnitPlaces {
    private static let wishes = [("WantedBy", "wants"), ("RequiredBy", "requires"), ("UpheldBy", "upholds")]

    /// The links that a unit's file asks for, as paths without the root.
    func wantedLinks(_ name: UnitName, _ text: String) -> Set<String> {
        guard text.contains("[Install]"), let file = try? UnitFile(parsing: text) else { return [] }
        let specifiers = Specifiers(name)
        var links: Set<String> = []
        for (option, suffix) in Self.wishes {
            for word in file.values("Install", option).flatMap({ $0.split(whereSeparator: \.isWhitespace) }) {
                guard let other = try? UnitName(specifiers.expand(String(word))) else { continue }
                links.insert("\(Self.linkDirectory)/\(other.text).\(suffix)/\(name.text)")
            }
        }
        return links
    }

    /// Makes the links that a new file asks for, and takes those away that only the old one did.
    /// - Returns: whether anything changed, so that systemd has to read all files anew.
    func placeWanted(_ name: UnitName, old: String?, new: String) throws(PlaceError) -> Bool {
        let before = old.map { wantedLinks(name, $0) } ?? []
        let wanted = wantedLinks(name, new)
        removeLinks(before.subtracting(wanted), of: name)
        var isChanged = before != wanted
        for path in wanted.sorted() {
            let link = root + path
            if Self.target(link) == file(name) { continue }
            let folder = String(link[..<(link.lastIndex(of: "/") ?? link.endIndex)])
            _ = mkdir(folder, 0o755)
            unlink(link)
            guard symlink(file(name), link) == 0 else { throw PlaceError(path: link, number: errno) }
            isChanged = true
        }
        return isChanged
    }

    /// Takes away what a unit's file asked for.
    func removeWanted(_ name: UnitName) {
        guard let text = text(name) else { return }
        removeLinks(wantedLinks(name, text), of: name)
    }

    private func removeLinks(_ paths: Set<String>, of name: UnitName) {
        for path in paths where Self.target(root + path) == file(name) {
            unlink(root + path)
            // Only an empty directory goes.
            rmdir(String((root + path).dropLast(name.text.count + 1)))
        }
    }
}
