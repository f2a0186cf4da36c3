import Yams

/// Where something stands in the settings.
struct SettingPlace: Hashable {
    var file: String
    var line: Int?

    var words: String { "'\(file)'" + (line.map { ", line \($0)" } ?? "") }
}

/// A value of a settings file, with its place.
indirect enum SettingValue: Hashable {
    case text(String, SettingPlace)
    case list([SettingValue], SettingPlace)
    case map([String: SettingValue], SettingPlace)
    case nothing(SettingPlace)

    var place: SettingPlace {
        switch self {
        case .text(_, let place), .list(_, let place), .map(_, let place), .nothing(let place): place
        }
    }

    /// With another laid over it: maps are merged, all else is replaced.
    func merged(with other: SettingValue) -> SettingValue {
        guard case .map(let mine, let place) = self, case .map(let theirs, _) = other else { return other }
        return .map(mine.merging(theirs) { $0.merged(with: $1) }, place)
    }

    /// Reads YAML; openstacksdk takes `-` in keys for `_`, and so do we.
    /// - Throws: `OpenStackError.settings`, without a word of the file's text.
    static func parse(_ text: String, file: String) throws -> SettingValue {
        do {
            guard let root = try Yams.compose(yaml: text) else { return .nothing(SettingPlace(file: file)) }
            var reader = NodeReader(file: file)
            return try reader.value(root)
        } catch let error as YamlError {
            throw OpenStackError.settings(describe(error, file))
        }
    }

    private static func describe(_ error: YamlError, _ file: String) -> String {
        let place: (String, Int?) =
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                (problem, mark.line)
            case .reader(let problem, _, _, _), .writer(let problem), .emitter(let problem), .representer(let problem):
                (problem, nil)
            case .duplicatedKeysInMapping(_, let context): ("a key is there twice", context.mark.line)
            case .no, .memory, .dataCouldNotBeDecoded: ("it cannot be read", nil)
            @unknown default: ("it cannot be read", nil)
            }
        return "\(SettingPlace(file: file, line: place.1).words) is no YAML: \(place.0); mend it there"
    }
}

/// Turns nodes of YAML into values, within bounds: aliases can make little text mean very much.
private struct NodeReader {
    let file: String
    var left = 100_000

    mutating func value(_ node: Node) throws -> SettingValue {
        left -= 1
        guard left > 0 else {
            throw OpenStackError.settings("'\(file)' holds more than 100000 values; is it the right file?")
        }
        switch node {
        case .scalar(let scalar):
            let place = SettingPlace(file: file, line: scalar.mark?.line)
            let isNothing = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return isNothing ? .nothing(place) : .text(scalar.string, place)
        case .sequence(let sequence):
            var list: [SettingValue] = []
            for item in sequence { list.append(try value(item)) }
            return .list(list, SettingPlace(file: file, line: sequence.mark?.line))
        case .mapping(let mapping):
            return try map(mapping)
        case .alias(let alias):
            return .nothing(SettingPlace(file: file, line: alias.mark?.line))
        }
    }

    private mutating func map(_ mapping: Node.Mapping) throws -> SettingValue {
        var map: [String: SettingValue] = [:]
        var inherited: [SettingValue] = []
        for (key, node) in mapping {
            guard let name = key.scalar?.string else { continue }
            let value = try value(node)
            switch (name, value) {
            case ("<<", .map): inherited.append(value)
            case ("<<", .list(let several, _)): inherited += several.reversed()
            default: map[name] = value
            }
        }
        let place = SettingPlace(file: file, line: mapping.mark?.line)
        let base = inherited.reduce(SettingValue.map([:], place)) { $0.merged(with: $1) }
        return base.merged(with: .map(map, place))
    }
}
