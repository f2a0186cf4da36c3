import FoundationEssentials
import Glibc

/// Where settings are looked for, in order.
public struct SettingPlaces: Sendable {
    /// The directory of `./clouds.yaml`.
    public var working: String
    /// The user's own: `~/.config/openstack`.
    public var user: String
    /// The computer's: `/etc/openstack`.
    public var system: String

    /// These directories.
    public init(working: String, user: String, system: String = "/etc/openstack") {
        self.working = working
        self.user = user
        self.system = system
    }

    /// The ones openstacksdk searches.
    public init(environment: [String: String], working: String = ".") {
        let home = environment["HOME"] ?? "/root"
        let settings = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.config"
        self.init(working: working, user: "\(settings)/openstack")
    }
}

/// The files that settings come from, merged.
struct SettingFiles {
    /// All clouds by name; nil where there is no file.
    private(set) var clouds: [String: SettingValue]?
    /// The file that names them.
    private(set) var file: String?
    private(set) var warnings: [String] = []
    let searched: [String]

    /// - Throws: `OpenStackError.settings`.
    init(_ environment: [String: String], _ places: SettingPlaces) throws {
        let directories = [places.working, places.user, places.system]
        let named = environment["OS_CLIENT_CONFIG_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        searched = named.map { [$0] } ?? Self.candidates("clouds", directories)
        guard let file = searched.first(where: Self.exists) else {
            if let named {
                throw OpenStackError.settings(
                    "'\(named)', which OS_CLIENT_CONFIG_FILE names, is not there; correct that, or take it away")
            }
            return
        }
        self.file = file
        var root = try read(file)
        let beside = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        let secure = environment["OS_CLIENT_SECURE_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let candidates = (secure.map { [$0] } ?? []) + Self.candidates("secure", [beside] + directories)
        if let file = candidates.first(where: Self.exists) { root = root.merged(with: try read(file)) }
        guard case .map(let top, _) = root, let clouds = top["clouds"] else {
            throw OpenStackError.settings(
                "'\(file)' has no 'clouds:'; begin it with that line, and one key for each cloud")
        }
        guard case .map(let entries, _) = clouds else {
            throw OpenStackError.settings(
                "\(clouds.place.words): 'clouds' holds no clouds; write one key for each below it")
        }
        self.clouds = entries
    }

    private static func candidates(_ name: String, _ directories: [String]) -> [String] {
        directories.flatMap { directory in ["yaml", "yml", "json"].map { "\(directory)/\(name).\($0)" } }
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private mutating func read(_ path: String) throws -> SettingValue {
        var facts = stat()
        guard stat(path, &facts) == 0, facts.st_size <= 1 << 20, let data = FileManager.default.contents(atPath: path)
        else {
            throw OpenStackError.settings("'\(path)' cannot be read; check its mode, and that it is no directory")
        }
        let value = try SettingValue.parse(String(decoding: data, as: UTF8.self), file: path)
        if facts.st_mode & 0o077 != 0, Self.holdsSecret(value) {
            warnings.append("others can read the secrets in '\(path)'; run 'chmod 600 \(path)'")
        }
        return value
    }

    private static func holdsSecret(_ value: SettingValue) -> Bool {
        switch value {
        case .text, .nothing: return false
        case .list(let list, _): return list.contains(where: holdsSecret)
        case .map(let map, _):
            let secrets: Set<String> = ["password", "application_credential_secret", "token"]
            return map.contains { key, value in
                if secrets.contains(key.replacing("-", with: "_")), case .text = value {
                    true
                } else {
                    holdsSecret(value)
                }
            }
        }
    }
}
