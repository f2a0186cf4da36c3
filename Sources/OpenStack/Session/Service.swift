/// The services of a cloud that we talk to.
enum Service: String, Sendable, CaseIterable {
    case identity, compute, placement, image, network

    /// The types of the catalog that mean it, old ones too.
    var types: [String] {
        switch self {
        case .identity: ["identity", "identityv3"]
        case .compute: ["compute", "computev21", "computev3"]
        case .placement: ["placement"]
        case .image: ["image", "imagev2"]
        case .network: ["network"]
        }
    }

    /// A base address with the version of the API that we speak.
    func versioned(_ url: String) -> String {
        var base = url[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        let last = base.lastIndex(of: "/").map { base[base.index(after: $0)...] } ?? ""
        let isVersion = last.first == "v" && last.dropFirst().first?.isNumber == true
        switch self {
        case .identity: return OpenStackSettings.base(String(base)) + "/v3"
        case .image: return (isVersion ? String(base.dropLast(last.count + 1)) : String(base)) + "/v2"
        case .network: return isVersion ? String(base) : base + "/v2.0"
        case .compute: return isVersion || base.contains("/v2") ? String(base) : base + "/v2.1"
        case .placement: return String(base)
        }
    }
}

/// A version of an API below its main one.
struct Microversion: Comparable, Hashable, Sendable, CustomStringConvertible {
    var major: Int
    var minor: Int

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 2 else { return nil }
        self.init(parts[0], parts[1])
    }

    var description: String { "\(major).\(minor)" }

    static func < (left: Microversion, right: Microversion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
