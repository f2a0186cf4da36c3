/// What `%` letters in a unit file stand for on one machine.
public struct Specifiers: Sendable {
    private let values: [Character: String]

    /// The four that fleet expands in its own section: `%n %N %p %i`.
    public init(_ name: UnitName) {
        values = ["n": name.text, "N": name.stem, "p": name.prefix, "i": name.instance ?? ""]
    }

    /// All that a unit manager expands.
    ///
    /// - Parameters:
    ///   - machine: the machine's ID, `%m`
    ///   - hostName: `%H`
    ///   - runtimeDirectory: `%t`
    ///   - stateDirectory: `%S`
    /// - Source: systemd.unit(5), "Specifiers".
    public init(
        _ name: UnitName, machine: ID<Machine>, hostName: String, runtimeDirectory: String, stateDirectory: String
    ) {
        let instance = name.instance ?? ""
        values = [
            "n": name.text, "N": name.stem, "p": name.prefix, "i": instance, "P": Self.unescaped(name.prefix),
            "I": Self.unescaped(instance), "j": name.prefix.split(separator: "-").last.map(String.init) ?? "",
            "m": machine.text, "b": machine.text, "H": hostName,
            "l": hostName.split(separator: ".").first.map(String.init) ?? "",
            "t": runtimeDirectory, "S": stateDirectory, "T": "/tmp", "V": "/var/tmp", "%": "%",
        ]
    }

    /// Replaces what is known; an unknown letter stays as it stands.
    public func expand(_ text: String) -> String {
        guard text.contains("%") else { return text }
        var result = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "%", let letter = rest.first, let value = values[letter] else {
                result.append(character)
                continue
            }
            rest.removeFirst()
            result += value
        }
        return result
    }

    /// The `%` letters in a text that stand for nothing here.
    public func unknown(in text: String) -> [String] {
        var found: [String] = []
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "%", let letter = rest.popFirst() else { continue }
            if values[letter] == nil { found.append("%\(letter)") }
        }
        return found
    }

    /// `-` becomes `/`, `\xHH` its byte.
    private static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "-") {
                bytes.append(UInt8(ascii: "/"))
            } else if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                rest.removeFirst(3)
                bytes.append(value)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
