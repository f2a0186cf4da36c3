import CSystemd
import Glibc
import Model

/// A method call to systemd.
struct BusRequest {
    enum Argument {
        case text(String)
        case texts([String])
        case flag(Bool)
    }

    static let destination = "org.freedesktop.systemd1"
    static let managerPath = "/org/freedesktop/systemd1"
    static let manager = "org.freedesktop.systemd1.Manager"
    static let properties = "org.freedesktop.DBus.Properties"

    var path = BusRequest.managerPath
    var interface = BusRequest.manager
    let member: String
    var arguments: [Argument] = []
    /// How long systemd may take to answer. It answers at once but while it reloads.
    var deadline = Duration.seconds(30)

    /// A method of the manager.
    static func manager(_ member: String, _ arguments: [Argument] = [], deadline: Duration = .seconds(30)) -> Self {
        BusRequest(member: member, arguments: arguments, deadline: deadline)
    }

    /// All properties of one interface of an object.
    static func all(_ path: String, _ interface: String) -> Self {
        BusRequest(path: path, interface: properties, member: "GetAll", arguments: [.text(interface)])
    }

    /// One property.
    static func property(_ path: String, _ interface: String, _ name: String) -> Self {
        BusRequest(path: path, interface: properties, member: "Get", arguments: [.text(interface), .text(name)])
    }

    /// The object that stands for a unit.
    static func unitPath(_ name: UnitName) -> String {
        var encoded: UnsafeMutablePointer<CChar>?
        guard sd_bus_path_encode(managerPath + "/unit", name.text, &encoded) >= 0, let encoded else {
            preconditionFailure("no object path can be made of '\(name)'")
        }
        defer { free(encoded) }
        return String(cString: encoded)
    }
}

/// Why a call failed: D-Bus's name of the error, and its words, sanitised.
struct BusFailure: Error, Hashable, Sendable {
    let name: String
    let words: String

    init(name: String, words: String) {
        self.name = name
        self.words = SafeText.clean(words, limit: 512)
    }

    init(number: Int32) {
        self.init(name: "errno", words: String(cString: strerror(abs(number))))
    }

    /// The connection is gone, or nobody answered.
    var isConnection: Bool {
        let names = ["NoReply", "Disconnected", "Timeout", "TimedOut", "ServiceUnknown", "NameHasNoOwner"]
        return name == "errno" || names.contains { name == "org.freedesktop.DBus.Error.\($0)" }
    }

    /// systemd knows no such unit.
    var isNoSuchUnit: Bool { name == "org.freedesktop.systemd1.NoSuchUnit" }
}

/// A value of a property, of the types that are read here.
enum BusValue: Hashable, Sendable {
    case text(String)
    case number(Int64)
    case pair(Int64, String)
    case texts([String])
}

/// Reads a message from its beginning on. Valid only while the message is being handled.
struct BusReader {
    private let message: OpaquePointer

    init(_ message: OpaquePointer) {
        self.message = message
    }

    var path: String { sd_bus_message_get_path(message).map { String(cString: $0) } ?? "" }
    var member: String { sd_bus_message_get_member(message).map { String(cString: $0) } ?? "" }

    /// The failure the message tells, if it is one.
    var failure: BusFailure? {
        guard sd_bus_message_is_method_error(message, nil) > 0 else { return nil }
        guard let error = sd_bus_message_get_error(message)?.pointee else { return BusFailure(number: EIO) }
        return BusFailure(
            name: error.name.map { String(cString: $0) } ?? "", words: error.message.map { String(cString: $0) } ?? "")
    }

    func text() throws -> String {
        var pointer: UnsafePointer<CChar>?
        let type = try kind()
        try check(sd_bus_message_read_basic(message, type, &pointer))
        return pointer.map { String(cString: $0) } ?? ""
    }

    /// A number or a flag of any width.
    func number() throws -> Int64 {
        let type = try kind()
        var word: UInt64 = 0
        try check(sd_bus_message_read_basic(message, type, &word))
        switch Character(Unicode.Scalar(UInt8(bitPattern: type))) {
        case "i", "b": return Int64(Int32(truncatingIfNeeded: word))
        case "n": return Int64(Int16(truncatingIfNeeded: word))
        default: return Int64(clamping: word)
        }
    }

    /// The wanted ones of a dictionary of properties.
    func properties(_ wanted: Set<String>) throws -> [String: BusValue] {
        var result: [String: BusValue] = [:]
        try check(sd_bus_message_enter_container(message, Self.code("a"), "{sv}"))
        while try check(sd_bus_message_enter_container(message, Self.code("e"), "sv")) > 0 {
            let name = try text()
            if wanted.contains(name) {
                result[name] = try variant()
            } else {
                try check(sd_bus_message_skip(message, "v"))
            }
            try check(sd_bus_message_exit_container(message))
        }
        try check(sd_bus_message_exit_container(message))
        return result
    }

    /// A value of any type; nil for a type that is not read here.
    func variant() throws -> BusValue? {
        var contents: UnsafePointer<CChar>?
        try check(sd_bus_message_peek_type(message, nil, &contents))
        guard let contents else { return nil }
        let type = String(cString: contents)
        guard ["s", "o", "g", "b", "n", "q", "i", "u", "x", "t", "y", "(uo)", "(ss)", "as"].contains(type) else {
            try check(sd_bus_message_skip(message, "v"))
            return nil
        }
        try check(sd_bus_message_enter_container(message, Self.code("v"), contents))
        let value = try value(type)
        try check(sd_bus_message_exit_container(message))
        return value
    }

    private func value(_ type: String) throws -> BusValue {
        switch type {
        case "s", "o", "g": return .text(try text())
        case "(uo)", "(ss)":
            try check(sd_bus_message_enter_container(message, Self.code("r"), String(type.dropFirst().dropLast())))
            let number = type == "(uo)" ? try number() : 0
            let first = type == "(ss)" ? try text() : ""
            let second = try text()
            try check(sd_bus_message_exit_container(message))
            return .pair(number, type == "(ss)" ? (second.isEmpty ? first : second) : second)
        case "as":
            var texts: [String] = []
            try check(sd_bus_message_enter_container(message, Self.code("a"), "s"))
            while sd_bus_message_at_end(message, 0) == 0 { texts.append(try text()) }
            try check(sd_bus_message_exit_container(message))
            return .texts(texts)
        default: return .number(try number())
        }
    }

    /// Goes through an array of structs.
    func structs(_ type: String, _ body: () throws -> Void) throws {
        try check(sd_bus_message_enter_container(message, Self.code("a"), "(\(type))"))
        while try check(sd_bus_message_enter_container(message, Self.code("r"), type)) > 0 {
            try body()
            try check(sd_bus_message_exit_container(message))
        }
        try check(sd_bus_message_exit_container(message))
    }

    private func kind() throws -> CChar {
        var type: CChar = 0
        try check(sd_bus_message_peek_type(message, &type, nil))
        return type
    }

    static func code(_ letter: Unicode.Scalar) -> CChar { CChar(letter.value) }

    @discardableResult
    private func check(_ result: Int32) throws -> Int32 {
        if result < 0 { throw BusFailure(number: result) }
        return result
    }
}
