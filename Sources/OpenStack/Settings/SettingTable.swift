/// The keys of one map of the settings, read by kind; messages name the file, the line and the key.
struct SettingTable {
    /// `clouds.east.auth`.
    let path: String
    let values: [String: SettingValue]
    let place: SettingPlace

    /// - Throws: `OpenStackError.settings` when it is no map.
    init(_ value: SettingValue, path: String) throws {
        guard case .map(let values, let place) = value else {
            throw OpenStackError.settings(
                "\(value.place.words): '\(path)' is \(Self.kind(value)), not keys with values; write it as 'key: value'"
            )
        }
        self.path = path
        self.place = place
        self.values = Dictionary(values.map { ($0.key.replacing("-", with: "_"), $0.value) }) { _, last in last }
    }

    /// - Throws: `OpenStackError.settings` when it is no text.
    func text(_ keys: String...) throws -> String? {
        for key in keys {
            switch values[key] {
            case nil, .nothing: continue
            case .text(let text, _): return text
            case .some(let other):
                throw OpenStackError.settings(
                    "\(other.place.words): '\(path).\(key)' is \(Self.kind(other)), not text; write one value there")
            }
        }
        return nil
    }

    /// - Throws: `OpenStackError.settings` when it is neither yes nor no.
    func flag(_ key: String) throws -> Bool? {
        guard let word = try text(key) else { return nil }
        switch word.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default:
            throw OpenStackError.settings(
                "\(values[key]?.place.words ?? place.words): '\(path).\(key)' is neither 'true' nor 'false'")
        }
    }

    /// - Throws: `OpenStackError.settings` when it is there and no map.
    func table(_ key: String) throws -> SettingTable? {
        switch values[key] {
        case nil, .nothing: nil
        case .some(let value): try SettingTable(value, path: "\(path).\(key)")
        }
    }

    func missing(_ key: String, _ remedy: String) -> OpenStackError {
        .settings("\(place.words): '\(path).\(key)' is missing; \(remedy)")
    }

    private static func kind(_ value: SettingValue) -> String {
        switch value {
        case .text: "one text"
        case .list: "a list"
        case .map: "a map"
        case .nothing: "empty"
        }
    }
}
