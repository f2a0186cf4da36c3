import FoundationEssentials
import Model
import Web

/// The cluster that user data of CoreOS lets a machine join: the end of the address of a discovery service.
enum DiscoveryToken {
    /// How long user data may be: what Nova takes.
    private static let limit = 65_536
    private static let ends: Set<Character> = [" ", "\"", "'", "\\", ",", "<", ">", "`", ")", "}"]

    static func find(inBase64 text: String) -> String? {
        guard text.utf8.count <= limit, let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
            return nil
        }
        let plain = String(decoding: data, as: UTF8.self)
        return find(in: plain) ?? (plain.contains("%3A") ? find(in: plain.percentDecoded) : nil)
    }

    /// Looks for `discovery: URL`, `--discovery=URL`, `ETCD_DISCOVERY=URL` and the like.
    static func find(in text: String) -> String? {
        let small = text.lowercased()
        guard small.utf8.count == text.utf8.count else { return nil }
        var rest = small[...]
        while let word = rest.firstRange(of: "discovery") {
            rest = rest[word.upperBound...]
            let near = rest.prefix(40)
            guard let scheme = near.firstRange(of: "http://") ?? near.firstRange(of: "https://"),
                !near[..<scheme.lowerBound].contains(where: \.isNewline)
            else { continue }
            let start = small.utf8.distance(from: small.startIndex, to: scheme.lowerBound)
            if let token = token(text[text.utf8.index(text.startIndex, offsetBy: start)...]) { return token }
        }
        return nil
    }

    private static func token(_ text: Substring) -> String? {
        let url = text.prefix(512).prefix { !$0.isNewline && !ends.contains($0) }
        let path = url.split(separator: "/").dropFirst(2)
        guard let last = path.last?.prefix(while: { $0 != "?" && $0 != "#" }), !last.isEmpty, last.count <= 128 else {
            return nil
        }
        return SafeText.name(String(last))
    }
}
